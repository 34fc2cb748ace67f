/* SPDX-License-Identifier: BSD-2-Clause */
/* <machine/limits.h>: ranges of the basic types on LP64. */
#ifndef _MACHINE_LIMITS_H_
#define	_MACHINE_LIMITS_H_

#define	CHAR_BIT	8
#define	SCHAR_MAX	0x7f
#define	SCHAR_MIN	(-SCHAR_MAX - 1)
#define	UCHAR_MAX	0xff
#define	CHAR_MAX	SCHAR_MAX
#define	CHAR_MIN	SCHAR_MIN
#define	SHRT_MAX	0x7fff
#define	SHRT_MIN	(-SHRT_MAX - 1)
#define	USHRT_MAX	0xffff
#define	INT_MAX		0x7fffffff
#define	INT_MIN		(-INT_MAX - 1)
#define	UINT_MAX	0xffffffffU
#define	LONG_MAX	0x7fffffffffffffffL
#define	LONG_MIN	(-LONG_MAX - 1)
#define	ULONG_MAX	0xffffffffffffffffUL
#define	LLONG_MAX	0x7fffffffffffffffLL
#define	LLONG_MIN	(-LLONG_MAX - 1)
#define	ULLONG_MAX	0xffffffffffffffffULL
#define	SSIZE_MAX	LONG_MAX
#define	SIZE_T_MAX	ULONG_MAX

#endif /* !_MACHINE_LIMITS_H_ */
