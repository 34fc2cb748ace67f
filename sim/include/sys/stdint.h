/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/stdint.h>: exact-width types; the compiler's freestanding header has them all. */
#ifndef _SYS_STDINT_H_
#define	_SYS_STDINT_H_

#include <stdint.h>

#endif /* !_SYS_STDINT_H_ */
