/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expectations that check nothing: true, or false, whatever a driver does.
 *
 * The difference of both sides is a sum of observables and a number.  What stands on both
 * sides goes away; every observable that is left lies between two bounds, and so does the sum.
 */
#include <stdint.h>
#include <string.h>

#include "base/sbuf.h"
#include "expect.h"
#include "load.h"
#include "text.h"

/* Why an observable cannot be larger; each level also has the bounds of those before it. */
enum bound_level {
	BOUND_ZERO, BOUND_WIDTH, BOUND_WHOLE, BOUND_MEMORY, BOUND_CLAIMED, BOUND_LEVELS
};

/* INT64_MIN and INT64_MAX: there is no bound. */
struct range {
	int64_t low, high;
};

/* The observables of a comparison, each once, with how often it is added. */
struct difference {
	struct {
		const struct expect_term *term;
		int64_t times;
	} *part;
	size_t count;
	int64_t number;
	bool open;		/* nothing is known of a part */
};

enum verdict { VERDICT_OPEN, VERDICT_NEVER, VERDICT_ALWAYS };

/* ---- parts ---- */

static unsigned
flags_of(const struct expect_term *t)
{
	return t->obs != NULL ? t->obs->flags : 0;
}

/* The first with that flag (0: the first at all) that does not go away, or NULL. */
static const struct expect_term *
part_with(const struct difference *d, unsigned flag)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->part[i].times != 0 && (flags_of(d->part[i].term) & flag) == flag)
			return d->part[i].term;
	return NULL;
}

/* ---- ranges ---- */

static int64_t
bounded_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

static int64_t
bounded_times(int64_t a, int64_t times)
{
	int64_t product;

	if (a == INT64_MIN || a == INT64_MAX ||
	    __builtin_mul_overflow(a, times, &product))
		return (a < 0) != (times < 0) ? INT64_MIN : INT64_MAX;
	return product;
}

static int64_t
smaller(uint64_t a, int64_t b)
{
	return a < (uint64_t)b ? (int64_t)a : b;
}

static int64_t
highest(const struct expect_term *t, const struct bounds *bounds, enum bound_level level)
{
	unsigned known = flags_of(t);
	int64_t high = INT64_MAX;

	if (level >= BOUND_WIDTH && (known & EXPECT_32BIT))
		high = UINT32_MAX;
	if (level >= BOUND_MEMORY && (known & EXPECT_MEMORY))
		high = smaller(bounds->memory_pages, high);
	/* A driver can make the host believe more; it must not. */
	if (level >= BOUND_CLAIMED && (known & EXPECT_CLAIMED))
		high = smaller(bounds->memory_pages + bounds->claimed_pages, high);
	return high;
}

/* Is it a part of the memory, or all of it: never more than mem.total? */
static bool
is_part(const struct expect_term *t, const struct bounds *bounds, enum bound_level level)
{
	unsigned known = flags_of(t);

	return (known & EXPECT_MEMORY) || ((known & EXPECT_CLAIMED) && level >= BOUND_CLAIMED &&
	    bounds->claimed_pages == 0);
}

/*
 * The parts of a memory of T pages and T itself, all added up: each part is from 0 to T, so the
 * sum is from T times what is taken away of T to T times what is added, whatever T is.
 */
static struct range
memory_range(const struct difference *d, const struct bounds *bounds, enum bound_level level)
{
	int64_t whole = 0, added = 0, taken = 0;
	int64_t memory = level >= BOUND_MEMORY ? smaller(bounds->memory_pages, INT64_MAX) :
	    INT64_MAX;

	for (size_t i = 0; i < d->count; i++) {
		int64_t times = d->part[i].times;

		if (!is_part(d->part[i].term, bounds, level))
			continue;
		if (d->part[i].term->obs->flags & EXPECT_WHOLE)
			whole = bounded_add(whole, times);
		else if (times > 0)
			added = bounded_add(added, times);
		else
			taken = bounded_add(taken, times);
	}
	added = bounded_add(added, whole);
	taken = bounded_add(taken, whole);
	return (struct range){
		.low = taken < 0 ? bounded_times(memory, taken) : 0,
		.high = added > 0 ? bounded_times(memory, added) : 0,
	};
}

static struct range
difference_range(const struct difference *d, const struct bounds *bounds,
    enum bound_level level)
{
	struct range range = { d->number, d->number }, memory;
	bool whole = level >= BOUND_WHOLE && part_with(d, EXPECT_WHOLE) != NULL;

	if (whole) {
		memory = memory_range(d, bounds, level);
		range.low = bounded_add(range.low, memory.low);
		range.high = bounded_add(range.high, memory.high);
	}
	for (size_t i = 0; i < d->count; i++) {
		int64_t times = d->part[i].times, high;

		if (times == 0 || (whole && is_part(d->part[i].term, bounds, level)))
			continue;
		high = bounded_times(highest(d->part[i].term, bounds, level), times);
		if (times > 0)
			range.high = bounded_add(range.high, high);
		else
			range.low = bounded_add(range.low, high);
	}
	return range;
}

/* ---- the difference of two sums ---- */

static void
difference_add(struct difference *d, const struct expect_term *t, int64_t times,
    struct arena *arena)
{
	if (t->kind == EXPECT_NUMBER || t->kind == EXPECT_SPAN) {
		/* Ticks are as long as the machine makes them. */
		d->open |= t->ticks && t->value != 0;
		d->number = bounded_add(d->number, bounded_times(t->value, times));
		return;
	}
	/* `sysctl.x == sysctl.x` asks whether there is such a node. */
	d->open |= t->kind == EXPECT_WORD || t->type == EXPECT_STATE || t->type == EXPECT_ANY;
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->part[i].term->text, t->text) == 0) {
			d->part[i].times += times;
			return;
		}
	arena_push(arena, &d->part, &d->count, sizeof(*d->part));
	d->part[d->count - 1].term = t;
	d->part[d->count - 1].times = times;
}

static struct difference
difference(const struct expect_sum *left, const struct expect_sum *right, struct arena *arena)
{
	struct difference d = { .count = 0 };

	for (size_t i = 0; i < left->count; i++)
		difference_add(&d, &left->terms[i], left->terms[i].minus ? -1 : 1, arena);
	for (size_t i = 0; i < right->count; i++)
		difference_add(&d, &right->terms[i], right->terms[i].minus ? 1 : -1, arena);
	return d;
}

/* ---- verdicts ---- */

static enum verdict
verdict_not(enum verdict v)
{
	return v == VERDICT_OPEN ? v : v == VERDICT_NEVER ? VERDICT_ALWAYS : VERDICT_NEVER;
}

/* Of a difference compared with 0. */
static enum verdict
compare(enum expect_op op, struct range r)
{
	switch (op) {
	case EXPECT_EQ:
		return r.low > 0 || r.high < 0 ? VERDICT_NEVER :
		    r.low == 0 && r.high == 0 ? VERDICT_ALWAYS : VERDICT_OPEN;
	case EXPECT_LT:
		return r.high < 0 ? VERDICT_ALWAYS : r.low >= 0 ? VERDICT_NEVER : VERDICT_OPEN;
	case EXPECT_LE:
		return r.high <= 0 ? VERDICT_ALWAYS : r.low > 0 ? VERDICT_NEVER : VERDICT_OPEN;
	case EXPECT_NE:
		return verdict_not(compare(EXPECT_EQ, r));
	case EXPECT_GE:
		return verdict_not(compare(EXPECT_LT, r));
	case EXPECT_GT:
		return verdict_not(compare(EXPECT_LE, r));
	case EXPECT_IN:
	case EXPECT_LOG:
		break;
	}
	return VERDICT_OPEN;
}

static enum verdict
decide(const struct expect *e, const struct difference *low, const struct difference *high,
    const struct bounds *bounds, enum bound_level level)
{
	enum verdict a, b;

	if (e->op != EXPECT_IN)
		return compare(e->op, difference_range(low, bounds, level));
	a = compare(EXPECT_GE, difference_range(low, bounds, level));
	b = compare(EXPECT_LE, difference_range(high, bounds, level));
	return a == VERDICT_NEVER || b == VERDICT_NEVER ? VERDICT_NEVER :
	    a == b ? a : VERDICT_OPEN;
}

/* ---- words ---- */

static const char *
reason(const struct difference *d, const struct bounds *bounds, enum bound_level level,
    struct arena *arena)
{
	const struct expect_term *narrow = part_with(d, EXPECT_32BIT);
	struct sbuf size;

	if (part_with(d, 0) == NULL)
		return "both sides observe the same";
	if (level == BOUND_ZERO)
		return d->count > 1 ? "no such number is below 0" :
		    arena_printf(arena, "%s is never below 0", d->part[0].term->text);
	if (level == BOUND_WIDTH)
		return arena_printf(arena, "%s has 32 bits",
		    narrow != NULL ? narrow->text : "this");
	if (level == BOUND_WHOLE || part_with(d, EXPECT_WHOLE) != NULL)
		return "no part of the memory is more than mem.total";
	text_print_bytes(bounds->memory_pages, sbuf_open(&size));
	return arena_printf(arena, "no machine of this scenario has more than %s of memory",
	    arena_take(arena, &size));
}

const char *
expect_decided(const struct expect *e, const struct bounds *bounds, bool must,
    struct arena *arena)
{
	struct difference low, high = { .count = 0 };
	enum verdict verdict;

	if (e->op == EXPECT_LOG)
		return NULL;
	low = difference(&e->left, &e->right, arena);
	if (e->op == EXPECT_IN)
		high = difference(&e->left, &e->high, arena);
	if (low.open || high.open)
		return NULL;
	for (int level = BOUND_ZERO; level < BOUND_LEVELS; level++) {
		verdict = decide(e, &low, &high, bounds, (enum bound_level)level);
		if (verdict == VERDICT_OPEN ||
		    (level == BOUND_CLAIMED && (!must || verdict == VERDICT_ALWAYS)))
			continue;
		return arena_printf(arena, "this is %s true: %s",
		    verdict == VERDICT_NEVER ? "never" : "always",
		    reason(&low, bounds, (enum bound_level)level, arena));
	}
	return NULL;
}
