/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of uvm_pglistalloc(9) share.
 */
#ifndef VIOSIM_TESTS_KERN_PAGES_H
#define VIOSIM_TESTS_KERN_PAGES_H

#include <check.h>
#include <string.h>

#include "rig.h"

#define PAGE 4096
#define ANYWHERE (-PAGE)		/* as an unsigned address: all there is */

/* One segment of n pages from frame 16 on; the reserve is 2. */
static inline struct krig *
rig_of(uint64_t pages)
{

	return KRIG_WITH(options.config.segment[0] = (struct hw_segment){ 16, pages },
	    options.config.reserve_pages = 2);
}

static inline void
ask(struct krig *rig, int64_t pages, int64_t high, bool waitok)
{
	memset(rig->frag.in, 0, sizeof(rig->frag.in));
	rig->frag.in[0] = pages * PAGE;
	rig->frag.in[2] = high;
	rig->frag.in[6] = waitok;
}

#define assert_frames(rig, ...) do { \
	static const int64_t frames[] = { __VA_ARGS__ }; \
	ck_assert_int_eq((rig)->frag.out[0], 0); \
	ck_assert_int_eq((rig)->frag.out[1], sizeof(frames) / sizeof(frames[0])); \
	for (size_t nth = 0; nth < sizeof(frames) / sizeof(frames[0]); nth++) \
		ck_assert_int_eq((rig)->frag.out[8 + nth], frames[nth]); \
} while (0)

static inline const struct memory_counts *
counts(const struct krig *rig)
{
	return &rig->world.memory.counts;
}

/* Tests with 32 pages: of each of the rows; one. */
#define PAGES_ROWS(name, rows) \
	TEST_EACH(name, rows) \
	{ \
		KRIG(rig) = rig_of(32); \
		krig_assert_row(rig, &rows[_i]); \
	}
#define PAGES_TEST(name) TEST_WITH(name, struct krig *rig, rig_of(32), krig_free)

#endif /* VIOSIM_TESTS_KERN_PAGES_H */
