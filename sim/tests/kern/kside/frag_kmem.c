/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about kmem(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kmem.h>

#include "frag.h"

FRAG(kmem_basic)
{
	unsigned char *p, *q;

	p = kmem_alloc(100, KM_SLEEP);
	f->out[0] = p != NULL;
	f->out[1] = p[0] | p[99];
	memset(p, 0x11, 100);
	kmem_free(p, 100);
	q = kmem_zalloc(100, KM_SLEEP);
	f->out[2] = q == p;
	f->out[3] = q[0] | q[99];
	p = kmem_alloc(100, KM_NOSLEEP);
	f->out[4] = p != q;
	f->out[5] = (uintptr_t)kmem_alloc(3 * PAGE_SIZE, KM_SLEEP) % PAGE_SIZE == 0;
}

FRAG(kmem_wrong_size)
{
	void *p = kmem_alloc(100, KM_SLEEP);

	kmem_free(p, 96);
	frag_mark(f, '!');
}

FRAG(kmem_free_twice)
{
	void *p = kmem_alloc(100, KM_SLEEP);

	kmem_free(p, 100);
	kmem_free(p, 100);
	frag_mark(f, '!');
}

/* in[0]: KM_*.  out: pages that could be had. */
FRAG(kmem_until_full)
{
	while (kmem_alloc(PAGE_SIZE, (km_flag_t)f->in[0]) != NULL)
		f->out[0]++;
	frag_mark(f, '0');
}

FRAG(kmem_bad_flags)
{
	kmem_alloc(16, KM_SLEEP | KM_NOSLEEP);
}

FRAG(kmem_zero_size)
{
	kmem_alloc(0, KM_SLEEP);
}

/* Blocks larger than a pool's; they go back at once, and the same memory comes again. */
FRAG(kmem_large)
{
	size_t size = (2 << 20) + 1;
	void *p = kmem_alloc(size, KM_NOSLEEP);

	f->out[0] = p != NULL;
	f->out[1] = (uintptr_t)kmem_alloc((size_t)1 << 40, KM_NOSLEEP);
	f->out[2] = (uintptr_t)kmem_alloc(~(size_t)0, KM_NOSLEEP);
	kmem_free(p, size);
	for (int i = 0; i < 100; i++) {
		p = kmem_zalloc(size, KM_SLEEP);
		kmem_free(p, size);
	}
	frag_mark(f, '0');
}

/* in[0]: KM_*.  A leak of a megabyte at a time; out: how often. */
FRAG(kmem_leak)
{
	while (kmem_alloc((size_t)1 << 20, (km_flag_t)f->in[0]) != NULL)
		f->out[0]++;
	frag_mark(f, '0');
}
