/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/endian.h>: byteorder(3). */
#ifndef _SYS_ENDIAN_H_
#define	_SYS_ENDIAN_H_

#include <sys/cdefs.h>
#include <sys/bswap.h>

#define	_LITTLE_ENDIAN	1234
#define	_BIG_ENDIAN	4321
#define	_PDP_ENDIAN	3412
#define	_BYTE_ORDER	_LITTLE_ENDIAN

#define	LITTLE_ENDIAN	_LITTLE_ENDIAN
#define	BIG_ENDIAN	_BIG_ENDIAN
#define	PDP_ENDIAN	_PDP_ENDIAN
#define	BYTE_ORDER	_BYTE_ORDER

/*
 * Whether these swap is up to the machine of the run, so they are functions: no constant
 * expressions, unlike NetBSD's.  BYTE_ORDER is that of the compiler.
 */
uint16_t kern_swap16(uint16_t);
uint32_t kern_swap32(uint32_t);
uint64_t kern_swap64(uint64_t);

#define	htole16(x)	kern_swap16(x)
#define	le16toh(x)	kern_swap16(x)
#define	htole32(x)	kern_swap32(x)
#define	le32toh(x)	kern_swap32(x)
#define	htole64(x)	kern_swap64(x)
#define	le64toh(x)	kern_swap64(x)

#define	htobe16(x)	bswap16(kern_swap16(x))
#define	be16toh(x)	bswap16(kern_swap16(x))
#define	htobe32(x)	bswap32(kern_swap32(x))
#define	be32toh(x)	bswap32(kern_swap32(x))
#define	htobe64(x)	bswap64(kern_swap64(x))
#define	be64toh(x)	bswap64(kern_swap64(x))

/* byteorder(9): store a number in that order, and fetch it, wherever it lies. */
#define	__ENDIAN_CODEC(bits, order)					\
static inline __unused void						\
order##bits##enc(void *p, uint##bits##_t x)				\
{									\
	x = hto##order##bits(x);					\
	__builtin_memcpy(p, &x, sizeof(x));				\
}									\
static inline __unused uint##bits##_t					\
order##bits##dec(const void *p)						\
{									\
	uint##bits##_t x;						\
	__builtin_memcpy(&x, p, sizeof(x));				\
	return order##bits##toh(x);					\
}
__ENDIAN_CODEC(16, le)
__ENDIAN_CODEC(32, le)
__ENDIAN_CODEC(64, le)
__ENDIAN_CODEC(16, be)
__ENDIAN_CODEC(32, be)
__ENDIAN_CODEC(64, be)
#undef __ENDIAN_CODEC

#endif /* !_SYS_ENDIAN_H_ */
