/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uvm_pglistalloc(9), after sys/uvm/uvm_pglist.c 1.90.
 *
 * The simple path takes free pages one by one, the contiguous one a single run.  Pages come
 * from a rotating hint upwards, so freed pages are not handed out again at once.  With
 * waitok the simple path keeps what it has and waits for the rest as long as it takes.
 */
#include "kernel.h"

/*
 * What the links of a free page hold: the free list's business.  No address of this kind
 * is ever mapped (not canonical on x86-64), so whoever follows it faults.
 */
#define PGLIST_POISON	((void *)(uintptr_t)0xdead0000deadbee8)

/* A request; page frame numbers. */
struct pglist_request {
	int64_t		 num;		/* still wanted */
	uint64_t	 low, high;
	uint64_t	 align, boundary;
	enum hw_owner	 owner;		/* whose the pages will be */
	struct pglist	*list;
};

static void
pglist_append(struct pglist *list, struct vm_page *p)
{

	p->pageq.queue.tqe_next = NULL;
	p->pageq.queue.tqe_prev = list->tqh_last;
	*list->tqh_last = p;
	list->tqh_last = &p->pageq.queue.tqe_next;
}

static void
pglist_add(const struct pglist_request *r, struct uvm_seg *seg, const uint64_t *pfns,
    size_t n)
{

	hw_pages(r->owner, pfns, n);
	for (size_t i = 0; i < n; i++) {
		struct vm_page *p = &seg->us_page[pfns[i] - seg->us_start];

		p->phys_addr = ptoa(pfns[i]) | seg->us_freelist;
		p->flags = PG_CLEAN;
		p->pqflags = 0;
		p->wire_count = 0;
		pglist_append(r->list, p);
	}
}

/* ---- The simple path ---- */

/*
 * Pages of one segment, in two passes: from the hint up, then from the start to the hint.
 * A request for 0 pages is never satisfied: the real loop decrements before it compares.
 */
static int64_t
pglist_simple_seg(const struct pglist_request *r, struct uvm_seg *seg)
{
	uint64_t pfns[UVM_BATCH];
	uint64_t low = MAX(r->low, seg->us_start) - seg->us_start;
	uint64_t limit = MIN(r->high - seg->us_start, seg->us_pages);
	uint64_t from = MAX(low, seg->us_hint);
	int64_t todo = r->num;
	bool is_second = false;
	size_t got, want;

	for (;;) {
		if (from >= limit) {
			if (seg->us_hint == 0 || is_second)
				break;
			is_second = true;
			from = low;
			limit = MIN(limit, seg->us_hint);
			continue;
		}
		want = todo > 0 ? MIN((uint64_t)todo, UVM_BATCH) : UVM_BATCH;
		got = uvm_seg_take(seg, from, limit, want, pfns, &from);
		if (got == 0)
			continue;
		pglist_add(r, seg, pfns, got);
		todo -= (int64_t)got;
		if (todo == 0)
			break;
	}
	seg->us_hint = todo == 0 && r->num != 0 ? from : limit;
	return r->num - todo;
}

/* 0 enough, ENOMEM not enough, EINVAL no memory in that range at all. */
static int
pglist_simple_round(struct pglist_request *r)
{
	struct uvm_seg *seg;
	int error = EINVAL;

	for (unsigned i = 0; (seg = uvm_seg_in_order(i)) != NULL; i++) {
		if (!uvm_seg_overlaps(seg, r->low, r->high))
			continue;
		error = ENOMEM;
		r->num -= pglist_simple_seg(r, seg);
		if (r->num == 0)
			return 0;
	}
	return error;
}

static bool
pglist_is_reserve_left(void)
{

	return kernel->kn_uvm.ku_free > kernel->kn_uvm.ku_reserve;
}

static void pglist_free(struct pglist *);

static int
pglist_simple(struct pglist_request *r, bool waitok)
{
	int error;

	for (;;) {
		error = ENOMEM;
		if (pglist_is_reserve_left())
			error = pglist_simple_round(r);
		if (error != ENOMEM)
			return error;
		if (!waitok)
			break;
		uvm_wait("pglalloc");
	}
	pglist_free(r->list);
	return error;
}

/* ---- The contiguous path ---- */

static void
pglist_add_run(const struct pglist_request *r, struct uvm_seg *seg, uint64_t index)
{
	uint64_t pfns[UVM_BATCH], n = (uint64_t)r->num;
	size_t part;

	for (; n > 0; n -= part, index += part) {
		part = MIN(n, UVM_BATCH);
		for (size_t i = 0; i < part; i++)
			pfns[i] = seg->us_start + index + i;
		pglist_add(r, seg, pfns, part);
	}
}

/*
 * With waitok the real one goes on to collect pages while the pagedaemon evicts others
 * (uvm_pglistalloc_contig_aggressive()), as long as uvm_reclaimable(): nothing is here.
 */
static int
pglist_contig(const struct pglist_request *r)
{
	struct uvm_seg *seg;
	uint64_t index, n = (uint64_t)r->num;
	int error = EINVAL;

	if (!pglist_is_reserve_left())
		return ENOMEM;
	for (unsigned i = 0; (seg = uvm_seg_in_order(i)) != NULL; i++) {
		if (!uvm_seg_overlaps(seg, r->low, r->high))
			continue;
		error = ENOMEM;
		if (uvm_seg_take_run(seg, r->low, r->high, n, r->align,
		    r->boundary, &index)) {
			pglist_add_run(r, seg, index);
			return 0;
		}
	}
	return error;
}

/* ---- uvm_pglistalloc(9) ---- */

static int
pglist_alloc(enum hw_owner owner, psize_t size, paddr_t low, paddr_t high,
    paddr_t alignment, paddr_t boundary, struct pglist *rlist, int nsegs, bool waitok)
{
	struct pglist_request r = { .high = atop(high), .owner = owner, .list = rlist };
	int error = 0;

	KERN_ASSERT(!cpu_intr_p());
	KERN_ASSERT(!cpu_softintr_p());
	KERN_ASSERT((alignment & (alignment - 1)) == 0);
	KERN_ASSERT((boundary & (boundary - 1)) == 0);
	if (alignment < PAGE_SIZE)
		alignment = PAGE_SIZE;
	if (boundary != 0 && boundary < size)
		return EINVAL;
	r.num = (int64_t)atop(round_page(size));
	r.low = atop(roundup2(low, alignment));
	r.align = atop(alignment);
	r.boundary = atop(boundary);
	TAILQ_INIT(rlist);
	if (owner == HW_PAGE_DRIVER)
		error = kern_fault(HW_CALL_UVM_PGLISTALLOC, -1, waitok, ENOMEM);
	if (error != 0)
		return error;
	if (nsegs < r.num || alignment != PAGE_SIZE || boundary != 0)
		return pglist_contig(&r);
	return pglist_simple(&r, waitok);
}

int
uvm_pglistalloc(psize_t size, paddr_t low, paddr_t high, paddr_t alignment,
    paddr_t boundary, struct pglist *rlist, int nsegs, int waitok)
{
	int error;

	KCALL(UVM_PGLISTALLOC, size, low, high, nsegs, waitok);
	error = pglist_alloc(HW_PAGE_DRIVER, size, low, high, alignment, boundary, rlist,
	    nsegs, waitok != 0);
	hw_memory(HW_MEMORY_FILLED, rlist, sizeof(*rlist), 0);
	KRETURN(UVM_PGLISTALLOC, error);
}

int
uvm_pages_take(psize_t size, paddr_t high, paddr_t alignment, paddr_t boundary,
    int nsegs, bool waitok, uint64_t *pfns)
{
	struct pglist list;
	struct vm_page *p;
	int error = pglist_alloc(HW_PAGE_KERNEL, size, 0, high, alignment, boundary, &list,
	    nsegs, waitok);

	if (error == 0) {
		TAILQ_FOREACH(p, &list, pageq.queue)
			*pfns++ = atop(VM_PAGE_TO_PHYS(p));
	}
	return error;
}

/* ---- uvm_pglistfree(9) ---- */

/* Pages freed together, to tell the machine in one go. */
struct pglist_batch {
	size_t		 n;
	uint64_t	 pfns[UVM_BATCH];
};

static void
pglist_flush(struct pglist_batch *batch)
{

	if (batch->n > 0)
		hw_pages(HW_PAGE_FREE, batch->pfns, batch->n);
	batch->n = 0;
}

static void
pglist_batch_add(struct pglist_batch *batch, uint64_t pfn)
{

	if (batch->n == UVM_BATCH)
		pglist_flush(batch);
	batch->pfns[batch->n++] = pfn;
}

/* queue.h 1.76: what TAILQ_REMOVE asserts in a DIAGNOSTIC kernel. */
static void
pglist_check_links(const struct pglist *list, const struct vm_page *p)
{
	const struct vm_page *next = p->pageq.queue.tqe_next;

	if (next == NULL && list->tqh_last != &p->pageq.queue.tqe_next)
		kern_panic("TAILQ_PREREMOVE: last page of another list");
	if (next != NULL && next->pageq.queue.tqe_prev != &p->pageq.queue.tqe_next)
		kern_panic("TAILQ_REMOVE: next page does not point back");
}

/*
 * uvm_pagefree() of a page that is free already: the machine reports it first, then comes
 * the kernel's own assertion.
 */
static void
pglist_free_twice(struct pglist_batch *batch, const struct vm_page *p, uint64_t pfn)
{

	pglist_batch_add(batch, pfn);
	pglist_flush(batch);
	KERN_ASSERT((p->flags & PG_FREE) == 0);
}

static struct uvm_seg *
pglist_seg(struct uvm_seg *guess, const struct vm_page *p, uint64_t *index)
{
	struct uvm_seg *seg;

	if (guess != NULL && p >= guess->us_page &&
	    p < guess->us_page + guess->us_pages) {
		*index = (uint64_t)(p - guess->us_page);
		return guess;
	}
	seg = uvm_seg_of(p, index);
	if (seg != NULL)
		return seg;
	/* A wild pointer faults here, as it would in the real one. */
	kern_panic("uvm_page_lookup_freelist: physical address %#jx is not "
	    "a page", (uintmax_t)*(const volatile paddr_t *)&p->phys_addr);
}

static void
pglist_free(struct pglist *list)
{
	struct pglist_batch batch;
	struct vm_page *p = list->tqh_first, *next;
	struct uvm_seg *seg = NULL;
	bool is_diagnostic = kern_diagnostic();
	uint64_t index;

	batch.n = 0;
	for (; p != NULL; p = next) {
		seg = pglist_seg(seg, p, &index);
		next = p->pageq.queue.tqe_next;
		if (!uvm_seg_is_used(seg, index)) {
			pglist_free_twice(&batch, p, seg->us_start + index);
			continue;
		}
		if (is_diagnostic)
			pglist_check_links(list, p);
		uvm_seg_give(seg, index);
		p->flags = PG_FREE;
		p->pageq.queue.tqe_next = PGLIST_POISON;
		p->pageq.queue.tqe_prev = PGLIST_POISON;
		pglist_batch_add(&batch, seg->us_start + index);
	}
	pglist_flush(&batch);
	TAILQ_INIT(list);
	uvm_freed();
}

/* For the record only: stops at anything that is not a page, and at a loop. */
static uint64_t
pglist_count(const struct pglist *list)
{
	const struct vm_page *p = list->tqh_first;
	const struct uvm_seg *seg = NULL;
	uint64_t n = 0, index;

	for (; p != NULL && n < kernel->kn_uvm.ku_total; n++) {
		if (seg == NULL || p < seg->us_page ||
		    p >= seg->us_page + seg->us_pages)
			seg = uvm_seg_of(p, &index);
		if (seg == NULL)
			break;
		p = p->pageq.queue.tqe_next;
	}
	return n;
}

void
uvm_pglistfree(struct pglist *list)
{
	uint64_t n = pglist_count(list);

	KCALL(UVM_PGLISTFREE, n);
	KERN_ASSERT(!cpu_intr_p());
	KERN_ASSERT(!cpu_softintr_p());
	pglist_free(list);
	hw_memory(HW_MEMORY_SPENT, list, sizeof(*list), n);
	KRET(UVM_PGLISTFREE, 0);
}
