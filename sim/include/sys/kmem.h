/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/kmem.h>: kmem(9). */
#ifndef _SYS_KMEM_H_
#define	_SYS_KMEM_H_

#include <sys/types.h>

typedef unsigned int km_flag_t;

#define	KM_SLEEP	0x00000001u	/* wait for memory, never NULL */
#define	KM_NOSLEEP	0x00000002u	/* NULL when short */

/*
 * kmem(9): size bytes, more than 0, contents arbitrary (zalloc: zeroed).  Not from
 * interrupt context, soft ones included.
 */
void	*kmem_alloc(size_t size, km_flag_t flags);
void	*kmem_zalloc(size_t size, km_flag_t flags);
/* kmem(9): give it back; size is the size asked for. */
void	kmem_free(void *p, size_t size);

#endif /* !_SYS_KMEM_H_ */
