/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two sequences side by side: which item of one is which item of the other.
 *
 * Items are numbers from 0; who asks says when two are equal, at one level or at several,
 * the strictest first.  As many items as possible are paired at the first level (Myers'
 * O(ND) method); what is left between two pairs is paired at the next level, and so on.  If
 * more than `bound` items find no partner, the next level begins anew; if that is so at the
 * last one, the sequences are said to have nothing to do with each other from some place on.
 */
#ifndef VIOSIM_RUN_ALIGN_H
#define VIOSIM_RUN_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

#define ALIGN_NONE UINT32_MAX
#define ALIGN_BOUND 1000		/* items without a partner */

struct align_input {
	uint32_t count_a, count_b;
	/* Is item `a` of the first equal to item `b` of the second, at that level? */
	bool (*equal)(const void *arg, unsigned level, uint32_t a, uint32_t b);
	const void *arg;
	unsigned levels;		/* at least 1 */
	unsigned bound;			/* at least 1 */
};

/* An item of both, or of one only (the other is ALIGN_NONE). */
struct align_row {
	uint32_t a, b;
};

struct alignment {
	VEC_MEMBERS(struct align_row);	/* in order of both; without a partner: a before b */
	bool lost;			/* the rows end where the sequences part for good, ... */
	uint32_t lost_a, lost_b;	/* ... before these items; else the two counts */
};

/* vec_fini() ends the result. */
void align(const struct align_input *input, struct alignment *out);

#endif /* VIOSIM_RUN_ALIGN_H */
