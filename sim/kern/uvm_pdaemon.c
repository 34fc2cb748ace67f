/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for memory, after sys/uvm/uvm_pdaemon.c.
 *
 * There is no pagedaemon thread: nothing here could be paged out.  What is left of it is
 * whom it wakes, and when.
 */
#include "kernel.h"

/* ticks 0: until somebody wakes it. */
static void
uvm_sleep(uint64_t ticks)
{
	struct sleepq_waiter w = { .sw_context = hw_self() };

	(void)mutex_spl_raise(IPL_SCHED);
	sleepq_insert(&kernel->kn_uvm.ku_waiters, &w);
	kern_block(HW_SLEEP_MEMORY, 0, ticks);
	sleepq_remove(&kernel->kn_uvm.ku_waiters, &w);
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
	struct sleepq_waiter *w;

	while ((w = kernel->kn_uvm.ku_waiters) != NULL) {
		kernel->kn_uvm.ku_waiters = w->sw_next;
		hw_wake(w->sw_context);
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
