/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments: drivers in the small, one for each thing a test wants to see the kernel do.
 *
 * A fragment is compiled like a driver and sees what a driver sees; the test that starts it
 * does not.  This header stands between the two, so only base C types are in it.
 */
#ifndef SIM_TESTS_KERN_KSIDE_FRAG_H
#define SIM_TESTS_KERN_KSIDE_FRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What test and fragments share.  `order` collects one letter for each thing that happened,
 * by whichever context: the test compares it with the order it expects.
 */
#define FRAG_IN		8
#define FRAG_OUT	64
#define FRAG_MARKS	120
struct frag {
	int64_t	 in[FRAG_IN];
	int64_t	 out[FRAG_OUT];
	char	 order[FRAG_MARKS + 1];
	unsigned marks;
	char	 text[256];
};

static inline void
frag_mark(struct frag *f, char letter)
{
	if (f->marks < FRAG_MARKS)
		f->order[f->marks++] = letter;
}

/*
 * Every fragment is void frag_NAME(void *frag), written as FRAG(NAME) and its body.  In a file
 * that is compiled twice, once without DIAGNOSTIC, that is frag_NAME_plain the second time.
 */
#ifdef FRAG_PLAIN
#define FRAG_NAME(name) frag_##name##_plain
#else
#define FRAG_NAME(name) frag_##name
#endif
#define FRAG(name) \
static void name##_of(struct frag *f); \
void \
FRAG_NAME(name)(void *frag) \
{ \
	name##_of(frag); \
} \
static void \
name##_of(struct frag *f __attribute__((unused)))

#define FRAGS_PARAM(X) \
	X(constants) X(types) X(byte_orders) X(mstohz) X(errnos) X(kassert_effect) \
	X(kassert_effect_plain) X(kassert_fails) X(kassert_fails_plain) X(module)
#define FRAGS_QUEUE(X) \
	X(tailq_layout) X(tailq_foreach_removal) X(tailq_foreach_reverse_removal) \
	X(tailq_poison) X(tailq_poison_plain) X(tailq_remove_twice) \
	X(tailq_remove_twice_plain) X(tailq_wrong_list) X(tailq_init_forgets) X(simpleq_fifo)
#define FRAGS_PRF(X) \
	X(printf_is_void) X(printf_under_lock) X(printf_formats) X(aprint_family) \
	X(aprint_dev) X(printf_long) X(snprintb_new) X(snprintb_old) X(snprintb_mixed) \
	X(panic) X(string)
#define FRAGS_MUTEX(X) \
	X(mutex_types) X(mutex_nest) X(mutex_nest_crossed) \
	X(mutex_under_splhigh) X(mutex_again) X(mutex_exit_unheld) X(mutex_hold_a_while) \
	X(mutex_take_once) X(mutex_setup_vm) X(mutex_setup_adaptive) X(mutex_try) \
	X(mutex_owned_by_other) X(mutex_destroy_held) X(mutex_use_dead) X(mutex_use_raw) \
	X(mutex_use_copy) X(mutex_sleep_with_spin) X(mutex_protected_work) X(mutex_bad_type) \
	X(mutex_adaptive_ipl) X(spl_levels)
#define FRAGS_CONDVAR(X) \
	X(cv_setup) X(cv_signal_then_wait) X(cv_broadcast_then_wait) X(cv_wait_now) \
	X(cv_signal_once) X(cv_low_priority_waiter) X(cv_signal_order) X(cv_broadcast_all) \
	X(cv_wait_unlocked) X(cv_wait_negative) X(cv_destroy_waited) X(cv_use_dead) \
	X(cv_use_raw) X(cv_wait_with_other_spin) X(cv_late_signal) X(cv_has_waiters) \
	X(cv_wait_here) X(cv_signal_catching) X(cv_destroy_woken)
#define FRAGS_KTHREAD(X) \
	X(kthread_return) X(kthread_early_lp) X(kthread_names) X(kthread_join) \
	X(kthread_join_wrong) X(kthread_mustjoin_no_lp) \
	X(kthread_intr_alone) X(kthread_many) X(kthread_create_once) X(kthread_exit_locked) \
	X(kthread_exit_foreign) X(kthread_idle_starves) X(kthread_never_started) \
	X(kpause_one) X(kpause_mutex) X(delay_a_while) X(biglock_sleeper) \
	X(biglock_thread) X(mpsafe_thread)
#define FRAGS_SOFTINT(X) \
	X(softint_setup) X(softint_twice) X(softint_from_hardint) X(softint_adaptive) \
	X(softint_sleeps) X(softint_full) X(softint_gone) X(hardint_mark) X(hardint_adaptive) \
	X(hardint_adaptive_setup) X(softint_from_thread) X(hardint_alloc) X(hardint_cv_wait) \
	X(intr_contexts)
#define FRAGS_PGLIST(X) \
	X(pglist_alloc) X(pglist_alloc_free) X(pglist_free_it) X(pglist_link_after_free) \
	X(pglist_free_twice) X(pglist_free_twice_relinked) X(pglist_raw_address) \
	X(pglist_dirty_head) X(pglist_free_empty) X(pglist_sum) X(pglist_spin_held) \
	X(pglist_mixed_lists) X(pglist_driver_limit)
#define FRAGS_KMEM(X) \
	X(kmem_basic) X(kmem_wrong_size) X(kmem_free_twice) X(kmem_until_full) X(kmem_large) \
	X(kmem_leak) X(kmem_bad_flags) X(kmem_zero_size)
#define FRAGS_DMA(X) \
	X(dma_two_pages) X(dma_too_long) X(dma_softc) X(dma_boundary) X(dma_window_setup) \
	X(dma_window_sync) X(dma_sync_range) X(dma_sync_unloaded) X(dma_unload) \
	X(dma_destroy_loaded) X(dma_use_dead) X(dma_memory) X(dma_memory_layout) \
	X(dma_create) X(dma_load) X(dma_stack) X(dma_memory_botch) X(dma_allocnow) \
	X(dma_constants) X(dma_scattered) X(dma_addresses_run_out)
#define FRAGS_SYSCTL(X) \
	X(sysctl_tree) X(sysctl_again) X(sysctl_errors) X(sysctl_one) X(sysctl_types) \
	X(sysctl_numbers)
#define FRAGS_AUTOCONF(X) \
	X(device_accessors) X(detach_force) X(component_twice) X(component_fini) \
	X(config_defer) X(config_defer_twice) X(config_at_once) X(detach_twice)
#define FRAGS_VIRTIO(X) \
	X(vq_slots) X(vq_fifo) X(vq_reserve_last) X(vq_reserve_short) X(vq_abort) X(vq_send) \
	X(vq_flush) X(vq_dequeue_all) X(vq_dequeue_twice) \
	X(vq_bad_slot) X(vq_unreserved) X(vq_reserve_twice) X(vq_free_busy) X(vq_stop_intr) \
	X(vq_start_intr) X(vq_postpone) X(vq_chain) X(vq_wait_used) X(vq_layout) \
	X(config_pair) X(config_widths) X(device_reinit) X(device_child) \
	X(device_reset_masked)
#define FRAGS(X) \
	FRAGS_PARAM(X) FRAGS_QUEUE(X) FRAGS_PRF(X) FRAGS_MUTEX(X) FRAGS_CONDVAR(X) \
	FRAGS_KTHREAD(X) FRAGS_SOFTINT(X) FRAGS_PGLIST(X) FRAGS_KMEM(X) FRAGS_DMA(X) \
	FRAGS_SYSCTL(X) FRAGS_AUTOCONF(X) FRAGS_VIRTIO(X)

/* in[3] of vq_send */
enum { FRAG_PART = 1, FRAG_QUIET };

#define X(name) void frag_##name(void *);
FRAGS(X)
#undef X

/*
 * The driver of these tests (child.c), a child of virtio0, and how it is to behave.  Set it
 * before the kernel attaches it.
 */
enum child_end {
	CHILD_UP,		/* attach_finish, and that is it */
	CHILD_NOTHING,		/* returns before attach_start */
	CHILD_STARTED,		/* returns after attach_start */
	CHILD_FAILED,		/* attach_failed after attach_start */
	CHILD_LATE_FAILURE	/* attach_failed after a successful attach_finish */
};
enum child_mistake {		/* of the child of 2023, before attach_finish */
	CHILD_RIGHT, CHILD_ENQUEUES_EARLY, CHILD_NO_HANDLER, CHILD_TWO_HANDLERS,
	CHILD_WRONG_ORDER, CHILD_STARTS_TWICE
};
struct child_plan {
	enum child_end end;
	enum child_mistake mistake;
	uint64_t wide_features;		/* what the child of 2023 asks for */
	int	match;			/* what its ca_match says */
	int	req_flags, req_features;
	int	ipl;
	int	queues;			/* 0 to 2 */
	bool	per_queue;		/* a handler for each, and a message if it can be */
	int	maxnsegs;
	bool	takes_at_once;	/* vq_done dequeues everything */
	bool	thread;			/* kthread_create after attach_finish */
	bool	sysctl;			/* nodes hw.child.value, read only */
	int	detach_error;		/* of the driver that has a ca_detach */
	struct frag *frag;		/* marks: see child.c */
};
extern struct child_plan child_plan;
/* A static of the driver, like any: attaches so far, since it was loaded. */
extern int child_attaches;

/* The driver's struct cfattach, without and with a ca_detach. */
const void *child_cfattach(bool with_detach);
/* Of a driver for the bus of 2023 (child_2023.c). */
const void *child_2023_cfattach(void);

#endif /* SIM_TESTS_KERN_KSIDE_FRAG_H */
