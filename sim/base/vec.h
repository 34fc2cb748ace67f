/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors: arrays that grow.
 *
 *	struct { VEC_MEMBERS(struct claim); } claims = { 0 };
 *	struct claim *claim = vec_add(&claims);		zeroed, valid until the next
 *	for (size_t i = 0; i < claims.count; i++)
 *		use(&claims.item[i]);
 *	vec_fini(&claims);
 *
 * An all-zero vector is empty.
 */
#ifndef VIOSIM_BASE_VEC_H
#define VIOSIM_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>

#define VEC_MEMBERS(type) type *item; size_t count, max

/* Room for one more at the end, zeroed: a pointer to it. */
#define vec_add(v) \
	((v)->item = vec_room((v)->item, (v)->count, &(v)->max, 1, sizeof((v)->item[0])), \
	 (__typeof__((v)->item))vec_at(&(v)->item[(v)->count++]))
/* Room for n more at the end, zeroed, in one piece: a pointer to the first; n may be 0. */
#define vec_add_n(v, n) \
	((v)->item = vec_room((v)->item, (v)->count, &(v)->max, (n), sizeof((v)->item[0])), \
	 (v)->count += (n), (__typeof__((v)->item))vec_at(&(v)->item[(v)->count - (n)]))
#define vec_fini(v) \
	(free((v)->item), (v)->item = NULL, (v)->count = (v)->max = 0, (void)0)

/* A function, so that nobody need look at what it returns. */
static inline void *
vec_at(void *item)
{
	return item;
}

/*
 * The array with room for `more` elements behind the first `count`, which are zeroed; it may
 * have moved.  Out of memory ends viosim (alloc.h).
 */
void *vec_room(void *item, size_t count, size_t *max, size_t more, size_t size);

#endif /* VIOSIM_BASE_VEC_H */
