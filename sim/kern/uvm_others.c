/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rest of the guest: processes and caches that use memory because a scenario says so.
 *
 * It takes pages from low to high and gives back the highest first.  Like any process it
 * leaves the reserve of the kernel alone.
 */
#include "kernel.h"

/* Of the segments with a start in [from, end) the lowest one or the highest; NULL: none. */
static struct uvm_seg *
others_seg(uint64_t from, uint64_t end, bool highest)
{
	struct kern_uvm *ku = &kernel->kn_uvm;
	struct uvm_seg *best = NULL;

	for (unsigned i = 0; i < ku->ku_seg_count; i++) {
		struct uvm_seg *seg = &ku->ku_segs[i];

		if (seg->us_start >= from && seg->us_start < end &&
		    (best == NULL || (seg->us_start > best->us_start) == highest))
			best = seg;
	}
	return best;
}

static uint64_t
others_take_from(struct uvm_seg *seg, uint64_t n)
{
	uint64_t pfns[UVM_BATCH], next = 0, taken = 0;
	size_t got;

	while (taken < n && next < seg->us_pages) {
		got = uvm_seg_take(seg, next, seg->us_pages,
		    MIN(n - taken, UVM_BATCH), pfns, &next);
		if (got == 0)
			break;
		for (size_t i = 0; i < got; i++) {
			uint64_t index = pfns[i] - seg->us_start;

			seg->us_others[index / 64] |= UINT64_C(1) << index % 64;
		}
		hw_pages(HW_PAGE_OTHERS, pfns, got);
		taken += got;
	}
	seg->us_others_count += taken;
	return taken;
}

static uint64_t
others_take(uint64_t n)
{
	const struct kern_uvm *ku = &kernel->kn_uvm;
	uint64_t spare = ku->ku_free > ku->ku_reserve ?
	    ku->ku_free - ku->ku_reserve : 0;
	uint64_t taken = 0;
	struct uvm_seg *seg = others_seg(0, UINT64_MAX, false);

	n = MIN(n, spare);
	while (seg != NULL && taken < n) {
		taken += others_take_from(seg, n - taken);
		seg = others_seg(seg->us_start + 1, UINT64_MAX, false);
	}
	return taken;
}

/* Up to `max` pages of one word, highest first. */
static size_t
others_give_word(struct uvm_seg *seg, uint64_t word, size_t max, uint64_t *pfns)
{
	size_t got = 0;

	while (seg->us_others[word] != 0 && got < max) {
		unsigned bit = 63 - (unsigned)__builtin_clzll(seg->us_others[word]);

		seg->us_others[word] &= ~(UINT64_C(1) << bit);
		uvm_seg_give(seg, word * 64 + bit);
		pfns[got++] = seg->us_start + word * 64 + bit;
	}
	return got;
}

static uint64_t
others_give_from(struct uvm_seg *seg, uint64_t n)
{
	uint64_t pfns[UVM_BATCH], given = 0, word = howmany(seg->us_pages, 64);
	size_t got = 0;

	n = MIN(n, seg->us_others_count);
	while (given + got < n) {
		size_t room = MIN(UVM_BATCH - got, n - given - got);

		got += others_give_word(seg, word - 1, room, pfns + got);
		if (seg->us_others[word - 1] == 0)
			word--;
		if (got == UVM_BATCH || given + got == n) {
			hw_pages(HW_PAGE_FREE, pfns, got);
			given += got;
			got = 0;
		}
	}
	seg->us_others_count -= n;
	return n;
}

static uint64_t
others_give(uint64_t n)
{
	uint64_t given = 0;
	struct uvm_seg *seg = others_seg(0, UINT64_MAX, true);

	while (seg != NULL && given < n) {
		given += others_give_from(seg, n - given);
		seg = others_seg(0, seg->us_start, true);
	}
	uvm_freed();
	return given;
}

int64_t
kern_others(int64_t pages)
{

	if (pages < 0)
		return -(int64_t)others_give(-(uint64_t)pages);
	return (int64_t)others_take((uint64_t)pages);
}
