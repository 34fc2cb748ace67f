/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/types.h>: types(3) as the kernel sees them. */
#ifndef _SYS_TYPES_H_
#define	_SYS_TYPES_H_

#include <sys/cdefs.h>
#include <sys/null.h>
#include <sys/stdbool.h>
#include <sys/stdint.h>

#include <machine/types.h>

#include <sys/endian.h>

typedef unsigned char	u_char;
typedef unsigned short	u_short;
typedef unsigned int	u_int;
typedef unsigned long	u_long;
typedef unsigned char	unchar;
typedef unsigned short	ushort;
typedef unsigned int	uint;
typedef unsigned long	ulong;
typedef uint8_t		u_int8_t;
typedef uint16_t	u_int16_t;
typedef uint32_t	u_int32_t;
typedef uint64_t	u_int64_t;
typedef uint64_t	u_quad_t;
typedef int64_t		quad_t;
typedef char		*caddr_t;

typedef __SIZE_TYPE__	size_t;
typedef long		ssize_t;
typedef int64_t		off_t;
typedef int64_t		daddr_t;
typedef int64_t		time_t;
typedef uint64_t	dev_t;
typedef int32_t		pid_t;
typedef int32_t		lwpid_t;
typedef int32_t		devmajor_t;
typedef int		pri_t;		/* scheduling priority, see <sys/param.h> */

#endif /* !_SYS_TYPES_H_ */
