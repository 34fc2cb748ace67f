/* SPDX-License-Identifier: BSD-2-Clause */
/* <machine/endian.h>: byte order of amd64. */
#ifndef _MACHINE_ENDIAN_H_
#define	_MACHINE_ENDIAN_H_

#include <sys/endian.h>

#endif /* !_MACHINE_ENDIAN_H_ */
