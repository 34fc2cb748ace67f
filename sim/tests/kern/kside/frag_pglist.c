/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about uvm_pglistalloc(9).
 *
 * in: 0 size in bytes, 1 low, 2 high, 3 alignment, 4 boundary, 5 nsegs (0: as many as pages),
 * 6 waitok, 7 which list.  out: 0 error, 1 pages on the list, from 8 on their frame numbers.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/mutex.h>

#include <uvm/uvm_extern.h>
#include <uvm/uvm_page.h>

#include "frag.h"

#define FRAG_PAGES	8	/* first of out */

static struct pglist frag_list, frag_second_list;

static struct pglist *
list_of(const struct frag *f)
{
	return f->in[7] == 0 ? &frag_list : &frag_second_list;
}

static int
alloc(struct frag *f, struct pglist *list)
{
	psize_t size = (psize_t)f->in[0];
	int nsegs = f->in[5] != 0 ? (int)f->in[5] : (int)atop(round_page(size));

	return uvm_pglistalloc(size, (paddr_t)f->in[1], (paddr_t)f->in[2],
	    (paddr_t)f->in[3], (paddr_t)f->in[4], list, nsegs, (int)f->in[6]);
}

static void
tell(struct frag *f, const struct pglist *list)
{
	const struct vm_page *p;

	f->out[1] = 0;
	TAILQ_FOREACH(p, list, pageq.queue) {
		if (f->out[1] + FRAG_PAGES < FRAG_OUT)
			f->out[FRAG_PAGES + f->out[1]] =
			    (int64_t)atop(VM_PAGE_TO_PHYS(p));
		f->out[1]++;
	}
}

FRAG(pglist_alloc)
{
	struct pglist *list = list_of(f);

	TAILQ_INIT(list);
	f->out[0] = alloc(f, list);
	frag_mark(f, 'r');
	tell(f, list);
}

void
frag_pglist_free_it(void *arg)
{
	struct pglist *list = list_of(arg);

	uvm_pglistfree(list);
	frag_mark(arg, TAILQ_EMPTY(list) ? 'f' : '?');
}

FRAG(pglist_alloc_free)
{
	frag_pglist_alloc(f);
	frag_pglist_free_it(f);
}

/* What a driver sees that walks a list while it is freed. */
FRAG(pglist_link_after_free)
{
	const struct vm_page *p, *next;

	frag_pglist_alloc(f);
	p = TAILQ_FIRST(&frag_list);
	uvm_pglistfree(&frag_list);
	next = TAILQ_NEXT(p, pageq.queue);
	frag_mark(f, next != NULL ? 'n' : '0');
	f->out[2] = (int64_t)VM_PAGE_TO_PHYS(next);
	frag_mark(f, '!');
}

/* A copy of the head still names the freed pages. */
FRAG(pglist_free_twice)
{
	struct pglist copy;

	frag_pglist_alloc(f);
	copy = frag_list;
	uvm_pglistfree(&frag_list);
	uvm_pglistfree(&copy);
	frag_mark(f, '!');
}

/* A page that is free already, put on a proper list again. */
FRAG(pglist_free_twice_relinked)
{
	struct pglist again;
	struct vm_page *p;

	frag_pglist_alloc(f);
	p = TAILQ_FIRST(&frag_list);
	uvm_pglistfree(&frag_list);
	TAILQ_INIT(&again);
	TAILQ_INSERT_TAIL(&again, p, pageq.queue);
	uvm_pglistfree(&again);
	frag_mark(f, '!');
}

FRAG(pglist_raw_address)
{
	const struct vm_page *p;

	frag_pglist_alloc(f);
	p = TAILQ_FIRST(&frag_list);
	f->out[2] = (int64_t)p->phys_addr;
	f->out[3] = (int64_t)VM_PAGE_TO_PHYS(p);
	f->out[4] = (p->flags & PG_CLEAN) != 0;
	f->out[5] = (p->flags & PG_FREE) != 0;
}

/* The old content of the head is overwritten, not freed. */
FRAG(pglist_dirty_head)
{
	frag_pglist_alloc(f);
	f->out[2] = f->out[FRAG_PAGES];
	f->out[0] = alloc(f, &frag_list);
	tell(f, &frag_list);
}

FRAG(pglist_free_empty)
{
	TAILQ_INIT(&frag_list);
	frag_pglist_free_it(f);
}

/* out: lowest and highest frame, and whether each frame is above the one before. */
FRAG(pglist_sum)
{
	const struct vm_page *p;
	uint64_t low = UINT64_MAX, high = 0, last = 0;

	TAILQ_INIT(&frag_list);
	f->out[0] = alloc(f, &frag_list);
	f->out[4] = 1;
	TAILQ_FOREACH(p, &frag_list, pageq.queue) {
		uint64_t pfn = atop(VM_PAGE_TO_PHYS(p));

		low = MIN(low, pfn);
		high = MAX(high, pfn);
		f->out[4] &= pfn > last;
		last = pfn;
		f->out[1]++;
	}
	f->out[2] = (int64_t)low;
	f->out[3] = (int64_t)high;
}

FRAG(pglist_spin_held)
{
	kmutex_t lock;

	mutex_init(&lock, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&lock);
	frag_pglist_alloc(f);
	frag_mark(f, '!');
}

/* A list that lost its middle by a wrong link is noticed when it is freed. */
FRAG(pglist_mixed_lists)
{
	struct pglist stolen;
	struct vm_page *p;

	frag_pglist_alloc(f);
	p = TAILQ_NEXT(TAILQ_FIRST(&frag_list), pageq.queue);
	TAILQ_INIT(&stolen);
	TAILQ_INSERT_TAIL(&stolen, p, pageq.queue);
	uvm_pglistfree(&frag_list);
	frag_mark(f, '!');
}

/* The limit as a driver writes it that counts in ints. */
FRAG(pglist_driver_limit)
{
	f->in[2] = (int64_t)(paddr_t)(UINT32_MAX * PAGE_SIZE);
	frag_pglist_sum(f);
}
