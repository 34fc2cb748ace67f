/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pairing the items of two sequences: see align.h.
 */
#include "run/align.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Items from a0 to before a1, and from b0 to before b1. */
struct range {
	uint32_t a0, a1, b0, b1;
};

/*
 * The search at one level.  `reach` holds, for each number d of items without a partner, the
 * d + 1 furthest places on the diagonals -d, -d + 2, ... d, as counts of items of a.
 */
struct search {
	const struct align_input *input;
	unsigned level;
	struct range range;
	uint32_t **reach;
	unsigned steps;			/* kept in `reach` */
	unsigned diagonal;		/* where it ended, of the last step */
	bool arrived;
};

static void
push(struct alignment *out, uint32_t a, uint32_t b)
{
	*(struct align_row *)vec_add(out) = (struct align_row){ a, b };
}

static void
push_alone(struct alignment *out, const struct range *gap)
{
	for (uint32_t a = gap->a0; a < gap->a1; a++)
		push(out, a, ALIGN_NONE);
	for (uint32_t b = gap->b0; b < gap->b1; b++)
		push(out, ALIGN_NONE, b);
}

/* ---- the search ---- */

/* The place of diagonal `i` of step `d` before equal items: (x, y) with x - y = 2i - d. */
static int64_t
enter(const uint32_t *before, unsigned d, unsigned i)
{
	if (d == 0)
		return 0;
	/* One more item of b (from the diagonal above), or one more of a (from below). */
	if (i == 0 || (i < d && before[i - 1] < before[i]))
		return before[i];
	return (int64_t)before[i - 1] + 1;
}

/* Places out of the range are kept like others: what they hide is never on a shortest way. */
static bool
step(struct search *search, unsigned d)
{
	const struct range *r = &search->range;
	uint32_t count_a = r->a1 - r->a0, count_b = r->b1 - r->b0;
	const uint32_t *before = d > 0 ? search->reach[d - 1] : NULL;
	uint32_t *now = xmalloc((d + 1) * sizeof(now[0]));

	search->reach[d] = now;
	search->steps = d + 1;
	for (unsigned i = 0; i <= d; i++) {
		int64_t x = enter(before, d, i), y = x - (2 * (int64_t)i - d);

		while (x < count_a && y >= 0 && y < count_b && search->input->equal(
		    search->input->arg, search->level, r->a0 + (uint32_t)x,
		    r->b0 + (uint32_t)y)) {
			x++;
			y++;
		}
		now[i] = (uint32_t)x;
		if (x == count_a && y == count_b) {
			search->diagonal = i;
			return search->arrived = true;
		}
	}
	return false;
}

/* Out of steps: the place that got furthest inside of the range. */
static void
take_furthest(struct search *search)
{
	const struct range *r = &search->range;
	unsigned d = search->steps - 1;
	int64_t best = -1;

	for (unsigned i = 0; i <= d; i++) {
		int64_t x = search->reach[d][i], y = x - (2 * (int64_t)i - d);

		if (x > r->a1 - r->a0 || y > r->b1 - r->b0 || y < 0 || x + y <= best)
			continue;
		best = x + y;
		search->diagonal = i;
	}
}

static void
search_init(struct search *search, const struct align_input *input, unsigned level,
    const struct range *range)
{
	uint64_t most = (uint64_t)(range->a1 - range->a0) + (range->b1 - range->b0);
	unsigned bound = most < input->bound ? (unsigned)most : input->bound;

	*search = (struct search){ .input = input, .level = level, .range = *range };
	search->reach = xcalloc(bound + 1, sizeof(search->reach[0]));
	for (unsigned d = 0; d <= bound; d++)
		if (step(search, d))
			return;
	take_furthest(search);
}

static void
search_fini(struct search *search)
{
	for (unsigned d = 0; d < search->steps; d++)
		free(search->reach[d]);
	free(search->reach);
}

/* The pairs of the way to where it ended, in order; *count of them. */
static struct align_row *
pairs_of(const struct search *search, size_t *count, struct align_row *end)
{
	const struct range *r = &search->range;
	unsigned d = search->steps - 1, i = search->diagonal;
	int64_t x = search->reach[d][i], y = x - (2 * (int64_t)i - d);
	struct align_row *pair = xmalloc((size_t)(x + 1) * sizeof(pair[0]));
	size_t first = (size_t)x, last = first;

	*end = (struct align_row){ r->a0 + (uint32_t)x, r->b0 + (uint32_t)y };
	for (;;) {
		const uint32_t *before = d > 0 ? search->reach[d - 1] : NULL;
		int64_t start = enter(before, d, i);

		for (; x > start; x--, y--)
			pair[--first] = (struct align_row){ r->a0 + (uint32_t)x - 1,
			    r->b0 + (uint32_t)y - 1 };
		if (d == 0)
			break;
		if (i == 0 || (i < d && before[i - 1] < before[i])) {
			y--;
		} else {
			x--;
			i--;
		}
		d--;
	}
	*count = last - first;
	memmove(pair, pair + first, *count * sizeof(pair[0]));
	return pair;
}

/* ---- level by level ---- */

static void fill(const struct align_input *input, unsigned level, const struct range *range,
    struct alignment *out);

static void
fill_gap(const struct align_input *input, unsigned level, const struct range *gap,
    struct alignment *out)
{
	if (gap->a0 < gap->a1 && gap->b0 < gap->b1 && level + 1 < input->levels)
		fill(input, level + 1, gap, out);
	else
		push_alone(out, gap);
}

static void
fill(const struct align_input *input, unsigned level, const struct range *range,
    struct alignment *out)
{
	struct range gap = *range;
	struct search search;
	struct align_row *pair, end;
	size_t count;

	search_init(&search, input, level, range);
	if (!search.arrived && level + 1 < input->levels) {
		search_fini(&search);
		fill(input, level + 1, range, out);
		return;
	}
	pair = pairs_of(&search, &count, &end);
	for (size_t i = 0; i < count; i++) {
		gap.a1 = pair[i].a;
		gap.b1 = pair[i].b;
		fill_gap(input, level, &gap, out);
		push(out, pair[i].a, pair[i].b);
		gap.a0 = pair[i].a + 1;
		gap.b0 = pair[i].b + 1;
	}
	gap.a1 = search.arrived ? range->a1 : gap.a0;
	gap.b1 = search.arrived ? range->b1 : gap.b0;
	fill_gap(input, level, &gap, out);
	if (!search.arrived) {
		out->lost = true;
		out->lost_a = gap.a0;
		out->lost_b = gap.b0;
	}
	free(pair);
	search_fini(&search);
}

void
align(const struct align_input *input, struct alignment *out)
{
	struct range all = { 0, input->count_a, 0, input->count_b };

	*out = (struct alignment){ .lost_a = input->count_a, .lost_b = input->count_b };
	fill(input, 0, &all, out);
}
