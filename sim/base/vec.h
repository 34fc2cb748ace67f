/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors: arrays that grow.
 *
 *	struct { VEC_MEMBERS(struct claim); } claims = { 0 };
 *	struct claim *claim = vec_add(&claims);		zeroed, valid until the next
 *	vec_each(claim, &claims)
 *		use(claim);
 *	vec_fini(&claims);
 *
 * An all-zero vector is empty.
 */
#ifndef VIOSIM_BASE_VEC_H
#define VIOSIM_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VEC_MEMBERS(type) type *item; size_t count, max

/* Room for one more at the end, zeroed: a pointer to it. */
#define vec_add(v) \
	((v)->item = vec_room((v)->item, (v)->count, &(v)->max, 1, sizeof((v)->item[0])), \
	 (__typeof__((v)->item))vec_at(&(v)->item[(v)->count++]))
/* Room for n more at the end, zeroed, in one piece: a pointer to the first; n may be 0. */
#define vec_add_n(v, n) \
	((v)->item = vec_room((v)->item, (v)->count, &(v)->max, (n), sizeof((v)->item[0])), \
	 (v)->count += (n), (__typeof__((v)->item))vec_at(&(v)->item[(v)->count - (n)]))
/* The element of that number, which makes it and all before it, zeroed; `n` is taken often. */
#define vec_reach(v, n) \
	((size_t)(n) < (v)->count ? &(v)->item[n] : \
	    (vec_add_n(v, (size_t)(n) + 1 - (v)->count), &(v)->item[n]))
/* The same if it is there, else NULL. */
#define vec_get(v, n) ((size_t)(n) < (v)->count ? &(v)->item[n] : NULL)
/* Room at `i` for one that is not filled in yet, all from there on moved up: a pointer to it. */
#define vec_insert(v, i) \
	(vec_add(v), memmove(&(v)->item[(i) + 1], &(v)->item[i], \
	    ((v)->count - 1 - (i)) * sizeof((v)->item[0])), &(v)->item[i])
/* Without the n elements from `i` on. */
#define vec_remove(v, i, n) \
	(memmove(&(v)->item[i], &(v)->item[(i) + (n)], \
	    ((v)->count - (i) - (n)) * sizeof((v)->item[0])), (v)->count -= (n), (void)0)
/* for (each of its elements in order): `p` points to it. */
#define vec_each(p, v) \
	for (__typeof__((v)->item[0]) *p = (v)->item; \
	    p != NULL && p < (v)->item + (v)->count; p++)
/* By qsort(3). */
#define vec_sort(v, order) \
	((v)->count > 0 ? qsort((v)->item, (v)->count, sizeof((v)->item[0]), order) : (void)0)
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
