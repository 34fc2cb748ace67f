/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/stdbool.h>: bool, true, false. */
#ifndef _SYS_STDBOOL_H_
#define	_SYS_STDBOOL_H_

#include <stdbool.h>

#endif /* !_SYS_STDBOOL_H_ */
