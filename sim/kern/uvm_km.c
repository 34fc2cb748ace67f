/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page frames for the kernel itself: softc, rings, bounce pages, kmem(9).
 *
 * They come in the same order as those of uvm_pglistalloc(9), without its reserve.
 */
#include "kernel.h"

static void
uvm_frames_note(enum hw_owner owner, const uint64_t *pfns, size_t n)
{
	size_t part;

	for (; n > 0; n -= part, pfns += part) {
		part = MIN(n, UVM_BATCH);
		hw_pages(owner, pfns, part);
	}
}

static void
uvm_frames_release(const uint64_t *pfns, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		struct uvm_seg *seg = uvm_seg_of_frame(pfns[i]);

		uvm_seg_give(seg, pfns[i] - seg->us_start);
	}
}

/* From the hint up, then from the start of the segment. */
static size_t
uvm_frames_from(struct uvm_seg *seg, size_t n, uint64_t *pfns)
{
	uint64_t next;
	size_t got;

	got = uvm_seg_take(seg, seg->us_hint, seg->us_pages, n, pfns, &next);
	if (got < n)
		got += uvm_seg_take(seg, 0, seg->us_pages, n - got, pfns + got, &next);
	if (got > 0)
		seg->us_hint = next;
	return got;
}

static bool
uvm_frames_find(size_t n, bool contiguous, uint64_t *pfns)
{
	struct uvm_seg *seg;
	uint64_t index;
	size_t got = 0;

	for (unsigned i = 0; (seg = uvm_seg_in_order(i)) != NULL && got < n; i++) {
		if (!contiguous) {
			got += uvm_frames_from(seg, n - got, pfns + got);
		} else if (uvm_seg_take_run(seg, 0, UINT64_MAX, n, 1, 0, &index)) {
			for (; got < n; got++)
				pfns[got] = seg->us_start + index + got;
		}
	}
	if (got < n)
		uvm_frames_release(pfns, got);
	return got == n;
}

int
uvm_frames_take(size_t n, bool contiguous, uint64_t *pfns)
{

	if (!uvm_frames_find(n, contiguous, pfns))
		return ENOMEM;
	uvm_frames_note(HW_PAGE_KERNEL, pfns, n);
	return 0;
}

void
uvm_frames_give(const uint64_t *pfns, size_t n)
{

	uvm_frames_release(pfns, n);
	uvm_frames_note(HW_PAGE_FREE, pfns, n);
	uvm_freed();
}
