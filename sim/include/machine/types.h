/* SPDX-License-Identifier: BSD-2-Clause */
/* <machine/types.h>: addresses of amd64; all are 64 bits, unsigned. */
#ifndef _MACHINE_TYPES_H_
#define	_MACHINE_TYPES_H_

#include <sys/stdint.h>

#if __SIZEOF_POINTER__ != 8 || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the fake kernel is amd64: 64-bit and little endian"
#endif

typedef unsigned long	paddr_t;	/* physical address */
typedef unsigned long	psize_t;	/* bytes of physical memory */
typedef unsigned long	vaddr_t;	/* kernel virtual address */
typedef unsigned long	vsize_t;	/* bytes of virtual memory */
typedef long		register_t;

#define	PRIxPADDR	"lx"
#define	PRIxPSIZE	"lx"
#define	PRIxVADDR	"lx"
#define	PRIxVSIZE	"lx"
#define	PRIuPADDR	"lu"
#define	PRIuPSIZE	"lu"

#endif /* !_MACHINE_TYPES_H_ */
