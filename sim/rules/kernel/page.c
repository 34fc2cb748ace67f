/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area page: allocating and freeing pages (uvm(9)), and the table of pages.  What the host may
 * take is for the rules of its device.
 */
#include <assert.h>
#include <inttypes.h>

#include "base/sbuf.h"
#include "rules/area.h"
#include "rules/device.h"
#include "rules/kernel/pages.h"

/* What UINT32_MAX * PAGE_SIZE comes to where PAGE_SIZE is an int. */
#define WRAPPED_HIGH UINT64_C(0xfffff000)

/* The head of a list of pages that was freed, and that nobody has written since. */
struct page_spent {
	uintptr_t low, high;
	uint32_t seq;
};

struct page_state {
	struct pages pages;
	struct { VEC_MEMBERS(struct page_spent); } spent;
	bool allocating[SHADOW_CONTEXTS];
	unsigned allocations;		/* calls of uvm_pglistalloc that did not return yet */
};

/* ---- uvm_pglistalloc, uvm_pglistfree ---- */

RULE_ROW(rule_irq_context) = {
	"page.irq-context", SEVERITY_ERROR,
	"pages are neither allocated nor freed in an interrupt",
	"NetBSD uvm(9); KASSERT(!cpu_intr_p()) in uvm_pglist.c 1.90",
	"The page allocator takes locks that may not be taken there, and may sleep."
};

static void
check_context(struct rules_core *core)
{
	if (is_interrupt(core->event->ctx_kind))
		rules_sleeps(core, &rule_irq_context, 0, "");
}

/* The highest frame of memory, plus one. */
static uint64_t
memory_top(const struct rules_view *view)
{
	return view->memory->pfn_max << MEMORY_PAGE_SHIFT;
}

RULE_ROW(rule_sleep_context) = {
	"page.sleep-context", SEVERITY_ERROR,
	"no allocation that may wait, and no freeing, while a spin mutex is held",
	"NetBSD uvm(9), mutex(9)",
	"The thread sleeps with interrupts blocked, and who could free memory waits for it; "
	"freeing takes the page allocator's own spin mutexes inside the driver's.",
	"mutex_spin_enter(&m); uvm_pglistalloc(..., 1 /* waitok */);",
	"uvm_pglistalloc(..., 1); mutex_spin_enter(&m);"
};

RULE_ROW(rule_alloc_range) = {
	"page.alloc-range", SEVERITY_LINT,
	"an allocation is of whole pages, and its limits not from wrapped 32-bit arithmetic",
	"NetBSD uvm(9), uvm_pglistalloc: low and high are paddr_t",
	"PAGE_SIZE is an int: UINT32_MAX*PAGE_SIZE wraps to 0xfffff000, and memory above "
	"4 GiB is never used, however short the rest is.",
	"uvm_pglistalloc(size, 0, UINT32_MAX*PAGE_SIZE, ...)",
	"uvm_pglistalloc(size, 0, ~(paddr_t)0, ...)",
	.distance = RULE_SUSPECT
};

RULE_ROW(rule_alloc_nothing) = {
	"page.alloc-nothing", SEVERITY_ERROR,
	"an allocation is of one page at least",
	"NetBSD sys/uvm/uvm_pglist.c, uvm_pglistalloc_simple()",
	"It counts the pages that are left to take, and for none of them down from 0: it takes all "
	"memory before it fails, or waits for more.",
	"uvm_pglistalloc(n * PAGE_SIZE, ...)",
	"if (n > 0)\n\tuvm_pglistalloc(n * PAGE_SIZE, ...)"
};

HOOK(page, call_alloc, struct page_state *state, ON_CALL(UVM_PGLISTALLOC))
{
	uint64_t high = event->call.uvm_pglistalloc.high;
	const struct shadow_lock *lock = shadow_spin(&core->shadow, event->ctx, 0);

	check_context(core);
	if (!state->allocating[event->ctx])
		state->allocations++;
	state->allocating[event->ctx] = true;
	if (high == WRAPPED_HIGH && memory_top(rules_look(core)) > high + MEMORY_PAGE_SIZE)
		rules_report(core, &rule_alloc_range, "upper limit %#" PRIx64
		    " is 2^32 - 1 pages in 32-bit arithmetic; memory goes up to %#" PRIx64, high,
		    memory_top(rules_look(core)));
	if (event->call.uvm_pglistalloc.size == 0)
		rules_report(core, &rule_alloc_nothing, "uvm_pglistalloc of 0 bytes");
	if (event->call.uvm_pglistalloc.size % MEMORY_PAGE_SIZE != 0)
		rules_report(core, &rule_alloc_range, "uvm_pglistalloc of %" PRIu64
		    " bytes, which is no number of whole pages", event->call.uvm_pglistalloc.size);
	if (event->call.uvm_pglistalloc.waitok == 0 || lock == NULL)
		return;
	rules_report(core, &rule_sleep_context, "uvm_pglistalloc of %" PRIu64 " bytes may wait, "
	    "with spin mutex %u held", event->call.uvm_pglistalloc.size, lock->mutex);
	rules_because(core, lock->seq, "mutex %u taken", lock->mutex);
}

HOOK(page, call_free, void *self, ON_CALL(UVM_PGLISTFREE))
{
	const struct shadow_lock *lock = shadow_spin(&core->shadow, event->ctx, 0);

	check_context(core);
	if (lock == NULL || event->ctx_kind == HW_CTX_HARDINT)
		return;
	rules_report(core, &rule_sleep_context, "uvm_pglistfree with spin mutex %u held",
	    lock->mutex);
	rules_because(core, lock->seq, "mutex %u taken", lock->mutex);
}

HOOK(page, ret_alloc, struct page_state *state, ON_RET(UVM_PGLISTALLOC))
{
	if (!state->allocating[event->ctx])
		return;
	state->allocating[event->ctx] = false;
	state->allocations--;
}

/* ---- pages that change hands ---- */

RULE_ROW(rule_double_free) = {
	"page.double-free", SEVERITY_ERROR,
	"a page is freed once, and only by who allocated it",
	"NetBSD uvm(9), uvm_pglistfree; KASSERT in uvm_page.c",
	"The free list is corrupted, or somebody else's page is given away.",
	"uvm_pglistfree(&list); ... uvm_pglistfree(&list);",
	"uvm_pglistfree(&list); TAILQ_INIT(&list);"
};

/* What is wrong with a batch of freed pages. */
struct release {
	struct pages_found twice, foreign;
	uint64_t busy;
};

static void
free_one(struct rules_core *core, struct pages *pages, const struct memory *memory, uint64_t pfn,
    bool by_driver, struct release *bad)
{
	const struct rules_device *device = core->device;
	unsigned state = pages->state[pfn], kept;

	if (!(state & PAGE_OWNED)) {
		enum hw_owner owner = memory_owner(memory, pfn);

		/* A page of the driver that is not owned here was in this batch before. */
		if (owner == HW_PAGE_FREE || (owner == HW_PAGE_DRIVER && by_driver))
			pages_find(&bad->twice, pfn);
		else if (by_driver)
			pages_find(&bad->foreign, pfn);
		return;
	}
	if (state & device->page_busy) {
		bad->busy++;
		device->page_freed(core, pfn, state);
	}
	/* Kept bits stay with their device. */
	kept = state & device->page_kept;
	pages_set(pages, pfn, kept == 0 ? 0 : kept | (state & PAGE_DEVICE(HW_DEVICES - 1)));
}

static void
free_all(struct rules_core *core, struct pages *pages, const struct memory *memory,
    const uint64_t *pfn, uint64_t n, bool by_driver, struct release *bad)
{
	/* Pages of the driver that nothing keeps busy may go, and nothing remains of them. */
	unsigned checked = PAGE_OWNED | core->device->page_busy;
	struct pages_move move = { .from = PAGE_OWNED | PAGE_DEVICE(pages->device), .to = 0 };

	for (uint64_t i = 0; i < n; i++) {
		unsigned state;

		assert(pfn[i] < pages->frames);	/* the kernel knows its pages */
		state = pages->state[pfn[i]];
		if (state != move.from && (state & checked) == PAGE_OWNED)
			pages_turn(pages, &move, state, 0);
		if (state == move.from)
			pages_step(pages, &move, pfn[i]);
		else
			free_one(core, pages, memory, pfn[i], by_driver, bad);
	}
	pages_moved(pages, &move);
}

/* The lowest and the highest of them. */
static void
set_bounds(struct page_batch *batch, const uint64_t *pfn, uint64_t n)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (uint64_t i = 0; i < n; i++) {
		low = pfn[i] < low ? pfn[i] : low;
		high = pfn[i] > high ? pfn[i] : high;
	}
	batch->low = low;
	batch->high = high;
}

static void
because_freed(struct rules_core *core, uint64_t pfn)
{
	const struct page_batch *batch = pages_batch_of(rules_pages(core), pfn, HW_PAGE_FREE);

	if (batch != NULL)
		rules_because(core, batch->seq, "freed before");
}

static void
report_twice(struct rules_core *core, const struct release *bad)
{
	if (bad->twice.n > 0) {
		rules_report(core, &rule_double_free, "%" PRIu64
		    " page%s freed that %s free already; first: frame %#" PRIx64, bad->twice.n,
		    plural(bad->twice.n), bad->twice.n == 1 ? "is" : "are", bad->twice.first);
		because_freed(core, bad->twice.first);
	}
	if (bad->foreign.n > 0) {
		rules_report(core, &rule_double_free, "%" PRIu64
		    " page%s freed that somebody else uses by now; first: frame %#" PRIx64,
		    bad->foreign.n, plural(bad->foreign.n), bad->foreign.first);
		because_freed(core, bad->foreign.first);
	}
}

static void
on_freed(struct page_state *state, struct rules_core *core, const uint64_t *pfn)
{
	struct pages *pages = rules_pages(core);
	bool by_driver = core->event->ctx != 0 && core->call->code == HW_CALL_UVM_PGLISTFREE;
	struct page_batch batch = { .seq = core->event->seq, .site = core->site,
	    .owner = HW_PAGE_FREE };
	struct release bad = { { 0 } };

	free_all(core, pages, rules_look(core)->memory, pfn, core->event->pages.count, by_driver,
	    &bad);
	report_twice(core, &bad);
	if (bad.busy > 0)
		core->device->pages_freed(core);
	if (!by_driver)
		return;
	set_bounds(&batch, pfn, core->event->pages.count);
	pages_note_batch(pages, &batch);
}

static void
on_taken(struct rules_core *core, const uint64_t *pfn)
{
	struct pages *pages = rules_pages(core);
	unsigned kept = core->device->page_kept;
	struct page_batch batch = { .seq = core->event->seq, .site = core->site,
	    .owner = HW_PAGE_DRIVER };
	unsigned taken = PAGE_OWNED | PAGE_FRESH | PAGE_DEVICE(pages->device);
	struct pages_move move = { .from = 0, .to = taken };

	for (uint64_t i = 0; i < core->event->pages.count; i++) {
		unsigned state = pages->state[pfn[i]];

		if (state != move.from)
			pages_turn(pages, &move, state, taken | (state & kept));
		pages_step(pages, &move, pfn[i]);
	}
	pages_moved(pages, &move);
	set_bounds(&batch, pfn, core->event->pages.count);
	pages_note_batch(pages, &batch);
}

HOOK(page, on_pages, void *state, ON_EVENT(PAGES))
{
	switch ((enum hw_owner)event->code) {
	case HW_PAGE_FREE:
		on_freed(state, core, core->payload);
		return;
	case HW_PAGE_DRIVER:
		on_taken(core, core->payload);
		return;
	case HW_PAGE_KERNEL:
	case HW_PAGE_OTHERS:
		return;
	}
}

/* ---- lists that were freed ---- */

/* Somebody writes these bytes: no list head there is as it was left. */
static void
forget_spent(struct page_state *state, uintptr_t low, uintptr_t high)
{
	for (size_t i = state->spent.count; i-- > 0; )
		if (state->spent.item[i].low < high && low < state->spent.item[i].high)
			state->spent.item[i] = state->spent.item[--state->spent.count];
}

/* Lists on the stack are another function's each time. */
static void
spend(struct page_state *state, struct rules_core *core, uintptr_t low, uintptr_t high,
    uint64_t pages)
{
	const struct rules_view *view = rules_look(core);

	if (low - (uintptr_t)view->memory->arena >= MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE)
		return;
	for (size_t i = 0; pages == 0 && view->device.healthy && i < state->spent.count; i++) {
		if (state->spent.item[i].low != low)
			continue;
		rules_report(core, &rule_double_free,
		    "the pages of this list were freed already, and none were put there since");
		rules_because(core, state->spent.item[i].seq, "freed before");
	}
	forget_spent(state, low, high);
	*vec_add(&state->spent) = (struct page_spent){
		.low = low, .high = high, .seq = view->trace->count - 1,
	};
}

MEMORY(page_memory, void *state)
{
	if (what == HW_MEMORY_SPENT)
		spend(state, core, low, high, number);
	else if (what <= HW_MEMORY_DMA || what == HW_MEMORY_FILLED)
		forget_spent(state, low, high);
}

/* ---- the links of pages ---- */

RULE_ROW(rule_use_after_free) = {
	"page.use-after-free", SEVERITY_ERROR,
	"the links of a page are touched only while the driver has the page",
	"uvm(9), uvm_pglistfree()",
	"A free page is on a list of the allocator, which uses the same links.",
	"TAILQ_FOREACH(pg, &list, pageq.queue)\n\tfree_one(pg);\t/* and then its link */",
	"while ((pg = TAILQ_FIRST(&list)) != NULL) {\n"
	"\tTAILQ_REMOVE(&list, pg, pageq.queue);\n\tfree_one(pg);\n}"
};

/* A page that the driver has does not come here. */
static void
touch_page(struct rules_core *core, uint64_t pfn, const struct access_event *touch)
{
	enum hw_owner owner = memory_owner(&core->world->memory, pfn);
	const struct page_batch *batch = pages_batch_of(rules_pages(core), pfn, owner);

	rules_report(core, &rule_use_after_free, "%s of the links of page 0x%llx, which %s",
	    touch->write ? "write" : "read", (unsigned long long)pfn, owner == HW_PAGE_FREE ?
	    "is free" : "the driver does not have");
	if (batch != NULL)
		rules_because(core, batch->seq, "it changed hands here");
}

TOUCH(page_touch, void *state)
{
	uint64_t pfn;

	if (touch->write)
		forget_spent(state, touch->address, touch->address + touch->size);
	if (!memory_struct_at(&core->world->memory, touch->address, &pfn))
		return ACCESS_ORDINARY;
	touch_page(core, pfn, touch);
	return ACCESS_SHOW;
}

/* ---- the area ---- */

struct pages *
rules_pages(struct rules_core *core)
{
	struct page_state *state = rules_state(core, &area_page);

	if (state->pages.state == NULL)
		pages_open(&state->pages, rules_look(core)->memory);
	state->pages.device = core->at;
	return &state->pages;
}

bool
pages_spare(struct rules_core *core, uint64_t wanted)
{
	const struct memory *memory = rules_look(core)->memory;

	return memory->counts.free + pages_count(rules_pages(core), PAGE_FRESH, PAGE_FRESH) >=
	    memory->reserve + wanted;
}

unsigned
pages_allocating(struct rules_core *core)
{
	const struct page_state *state = rules_state(core, &area_page);

	return state->allocations;
}

FINI(page_fini, struct page_state *state)
{
	pages_fini(&state->pages);
	vec_fini(&state->spent);
}

const struct area area_page = {
	.state_bytes = sizeof(struct page_state),
	.fini = page_fini,
	.touch = page_touch,
	.memory = page_memory,
};
