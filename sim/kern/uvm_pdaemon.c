/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for memory, after sys/uvm/uvm_pdaemon.c.
 *
 * There is no pagedaemon thread: nothing here could be paged out.  What is left of it is
 * whom it wakes, and when.
 */
#include "kernel.h"

struct page_waiter {
	uint32_t		 pw_context;
	struct page_waiter	*pw_next;
};

static void
uvm_waiter_remove(const struct page_waiter *w)
{
	struct page_waiter **link = &kernel->kn_uvm.ku_waiters;

	while (*link != NULL && *link != w)
		link = &(*link)->pw_next;
	if (*link != NULL)
		*link = w->pw_next;
}

/* ticks 0: until somebody wakes it. */
static void
uvm_sleep(uint64_t ticks)
{
	struct page_waiter w = { .pw_context = hw_self() };
	struct page_waiter **link = &kernel->kn_uvm.ku_waiters;

	(void)mutex_spl_raise(IPL_SCHED);
	while (*link != NULL)
		link = &(*link)->pw_next;
	*link = &w;
	(void)kern_block(HW_SLEEP_MEMORY, 0, ticks);
	uvm_waiter_remove(&w);
}

static bool
uvm_is_short(void)
{

	return kernel->kn_uvm.ku_free <= kernel->kn_uvm.ku_reserve;
}

/*
 * With memory to be had, only not where the caller wants it, the pagedaemon wakes the
 * caller at once and again and again (uvm_pageout(): uvm_availmem() > reserve_kernel).
 * That live-lock stays one here, but each round lasts to the next clock tick: virtual time
 * moves only when nothing can run.
 */
void
uvm_wait(const char *wmesg)
{

	(void)wmesg;
	uvm_sleep(uvm_is_short() ? 0 : 1);
}

void
uvm_wait_healed(void)
{

	uvm_sleep(0);
}

static void
uvm_wake_all(void)
{
	struct page_waiter *w;

	while ((w = kernel->kn_uvm.ku_waiters) != NULL) {
		kernel->kn_uvm.ku_waiters = w->pw_next;
		hw_wake(w->pw_context);
	}
}

/* The pagedaemon runs at once and finds enough, or sleeps on. */
void
uvm_freed(void)
{

	if (!uvm_is_short())
		uvm_wake_all();
}

void
kern_heal(void)
{

	uvm_wake_all();
}
