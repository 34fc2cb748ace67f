/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registry of live locks: which address is which numbered mutex or condvar.
 */
#include "kernel.h"

static void
registry_grow(struct kern_registry *r, uint32_t size)
{
	const void **at = kmem_take(size * sizeof(at[0]));

	if (r->kr_size > 0) {
		memcpy(at, r->kr_at, r->kr_size * sizeof(at[0]));
		kmem_give(r->kr_at, r->kr_size * sizeof(at[0]));
	}
	r->kr_at = at;
	r->kr_size = size;
}

void
registry_set(struct kern_registry *r, uint32_t ordinal, const void *object)
{

	if (ordinal >= r->kr_size)
		registry_grow(r, 2 * ordinal + 62);
	r->kr_at[ordinal] = object;
}

bool
registry_has(const struct kern_registry *r, uint32_t ordinal, const void *object)
{

	return ordinal < r->kr_size && r->kr_at[ordinal] == object;
}
