/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenarios of fragments: areas ring, lock, irq, thread, attach, live, scenario.
 */
#include "tests/rules/fragments.h"

#include <stddef.h>

#define STEPS_USUAL "- {at: 1s, target: 4 pages}\n- settle: {within: 10s}\n"
#define STEPS_EIGHT "- {at: 20s, target: 8 pages}\n- settle: {within: 10s}\n"
#define STEPS_IDLE "- {at: 1s, note: nothing happens}\n"
#define STEPS_NO_END "- {at: 1s, target: 4 pages}\n- {at: 2s, note: gone}\n"
#define STEPS_DETACH "- {at: 20s, guest: {detach: true}}\n- {at: 21s, note: gone}\n"
#define STEPS_AGAIN "- guest: {detach: true}\n- guest: {attach: again}\n"
#define STEPS_AGAIN_FIVE STEPS_AGAIN STEPS_AGAIN STEPS_AGAIN STEPS_AGAIN STEPS_AGAIN
#define STEPS_AGAIN_MANY STEPS_AGAIN_FIVE STEPS_AGAIN_FIVE STEPS_AGAIN_FIVE STEPS_AGAIN_FIVE \
	STEPS_AGAIN_FIVE STEPS_AGAIN_FIVE STEPS_AGAIN_FIVE STEPS_AGAIN_FIVE
/* The driver is detached while the device has a request. */
#define REQUEST_OUT .device = "latency: 1min", \
	.steps = "- {at: 1s, target: 4 pages}\n- {at: 2s, guest: {detach: true}}\n" \
	    "- {at: 3s, note: gone}\n"
#define STEPS_NO_THREAD "- fail: {id: thread, call: kthread_create}\n"
#define STEPS_NO_QUEUE "- fail: {id: vq, call: virtio_alloc_vq, vq: deflate}\n" STEPS_IDLE
/* The first configuration interrupt comes inside a request. */
#define STEPS_IRQ_IN_REQUEST \
	"- deliver: {irq: config, at: virtio_enqueue_reserve after, target: 8 pages}\n" \
	STEPS_USUAL

#define LATE_AND_LONG .device = "latency: 1ms", \
	.steps = "- {at: 1s, target: 4 pages}\n- settle: {within: 80s}\n"

/* What the kernel cannot fail there shall fail all the same. */
#define ANY_FAULT "rules: {off: [scenario.impossible-fault], why: any fault will do}\n"

#define REFUSES "features: [RING_EVENT_IDX], requires: [RING_EVENT_IDX]"
#define POISON "features: [PAGE_POISON]"

const struct fragment_row rows_kernel[] = {
	/* ring */
	{ "ring_slot_order_bad", .also = "live.panic" },
	{ "ring_slot_order_bad3", .steps = STEPS_IDLE, .also = "ring.broken" },
	{ "ring_slot_order_bad4", .also = "live.panic" },
	{ "ring_slot_order_bad5", REQUEST_OUT },
	{ "ring_slot_order_bad6", .steps = STEPS_UP_DOWN STEPS_DETACH },
	{ "ring_slot_order_ok2", REQUEST_OUT },
	{ "ring_slot_order_ok3", REQUEST_OUT },
	{ "ring_slot_balance_bad5", .steps = "- device: {duplicate: inflate}\n" STEPS_NO_END },
	{ "ring_slot_balance_bad6",
	    .steps = "- device: {wrong_id: inflate, id: free}\n" STEPS_NO_END },
	{ "ring_slot_balance_ok2", .steps = "- device: {duplicate: inflate}\n" STEPS_USUAL },
	{ "ring_slot_balance_ok3",
	    .steps = "- device: {wrong_id: inflate, id: free}\n" STEPS_NO_END },
	{ "ring_not_live_bad2", .steps = STEPS_DETACH },
	{ "ring_abort_bad", .more = ANY_FAULT,
	    .steps = "- fail: {id: full, call: virtio_enqueue_reserve}\n" STEPS_IDLE },
	{ "ring_abort_bad2", .more = ANY_FAULT,
	    .steps = "- fail: {id: load, call: bus_dmamap_load, nth: 2}\n" STEPS_USUAL },
	{ "ring_abort_ok", .more = ANY_FAULT,
	    .steps = "- fail: {id: load, call: bus_dmamap_load, nth: 2}\n"
	    "- fail: {id: full, call: virtio_enqueue_reserve}\n" STEPS_IDLE },
	{ "ring_uninitialised_bad", .steps = STEPS_UP_DOWN, .also = "live.convergence" },
	{ "ring_uninitialised_bad2", .also = "live.panic" },
	{ "ring_uninitialised_ok", .steps = STEPS_UP_DOWN },
	{ "ring_free_queue_bad", .steps = STEPS_DETACH, .also = "attach.undo-order" },
	{ "ring_free_queue_bad2", .steps = STEPS_DETACH },
	{ "ring_free_queue_ok", .steps = STEPS_UP_DOWN STEPS_DETACH },
	{ "ring_dequeue_empty_bad", .device = "latency: 10ms" },
	{ "ring_dequeue_empty_ok", .device = "latency: 1s",
	    .steps = "- {at: 1s, storm: {targets: [4 pages, 5 pages], every: 10ms, count: 40}}\n"
	    "- settle: {within: 10s}\n" },
	{ "ring_missing_kick_bad", .also = "live.convergence" },
	{ "ring_concurrent_use_bad", .steps = STEPS_IRQ_IN_REQUEST },
	{ "ring_concurrent_use_ok", .steps = STEPS_IRQ_IN_REQUEST },
	{ "ring_segment_count_bad", .also = "ring.broken" },
	{ "ring_broken_bad", .device = "features: [STATS_VQ]", .steps = STEPS_IDLE,
	    .also = "balloon.statistics", .follows = true },
	{ "ring_broken_ok", .device = "features: [STATS_VQ]" },
	{ "ring_request_reuse_bad", .device = "latency: 10ms",
	    .also = "balloon.stale-entry dma.sync-pairing" },
	{ "ring_device_abuse_bad", .device = "queue_size: 1",
	    .steps = "- device: {wrong_id: inflate}\n- {at: 1s, target: 4 pages}\n"
	    "- {at: 2s, note: gone}\n" },
	{ "ring_device_abuse_ok", .steps = "- device: {wrong_id: inflate}\n"
	    "- {at: 1s, target: 4 pages}\n- {at: 2s, note: there}\n" },

	/* lock */
	{ "lock_cv_interlock_bad2", .also = "live.panic" },
	{ "lock_lifecycle_bad", .also = "live.panic" },
	{ "lock_lifecycle_bad3", .steps = STEPS_IDLE, .also = "live.panic" },
	{ "lock_lifecycle_bad4", .steps = STEPS_IDLE, .also = "attach.undo-order live.panic" },
	{ "lock_lifecycle_bad5", .steps = STEPS_IDLE, .also = "live.panic" },
	{ "lock_held_at_return_bad4", .also = "live.panic" },
	{ "lock_held_at_return_bad5", .steps = STEPS_UP_DOWN STEPS_DETACH },
	{ "lock_held_at_return_ok2",
	    .steps = STEPS_UP_DOWN STEPS_DETACH "- {at: 25s, guest: {detach: true}}\n" },
	{ "lock_lifecycle_bad7", .where = "probe_adaptive" },
	{ "lock_lifecycle_bad6", .also = "live.panic" },
	{ "lock_not_owner_bad", .also = "live.panic" },
	{ "lock_not_owner_bad2", .steps = STEPS_IDLE, .also = "live.panic" },
	{ "lock_data_race_bad11", .device = "latency: 1ms" },
	{ "lock_data_race_bad12", .machine = "cpus: 2" },
	{ "lock_data_race_ok13", .steps = STEPS_UP_DOWN STEPS_DETACH },
	{ "lock_order_bad2", .where = "probe_tell" },
	{ "lock_recursion_bad", .also = "live.panic" },
	{ "lock_recursion_bad2", .where = "probe_tell", .also = "live.panic" },
	{ "lock_sleep_context_bad3", .also = "live.panic" },
	{ "lock_sleep_context_bad", .also = "live.panic" },

	/* dma: uvm_pglistalloc(9) asserts that it is not called in an interrupt */
	{ "dma_sleep_context_bad2", .also = "live.panic" },
	{ "dma_sleep_context_bad3", .also = "live.panic" },

	/* irq */
	{ "irq_ipl_bad3", .steps = STEPS_IDLE, .also = "attach.refused" },
	{ "irq_after_teardown_bad", .steps = STEPS_NO_THREAD
	    "- deliver: {irq: config, at: aprint_error_dev before}\n" STEPS_IDLE,
	    .also = "attach.undo-order" },
	{ "irq_after_teardown_bad2", .steps = STEPS_NO_THREAD
	    "- deliver: {irq: config, at: kthread_create before}\n" STEPS_IDLE,
	    .also = "attach.undo-order" },
	{ "irq_after_teardown_ok2", .steps = STEPS_NO_THREAD
	    "- deliver: {irq: config, at: kthread_create before}\n" STEPS_IDLE },
	{ "irq_softint_bad", .also = "live.panic" },
	{ "irq_softint_ok", .steps = STEPS_DETACH },
	{ "queue_intr_unseen_bad", .also = "live.convergence", .follows = true },
	{ "queue_intr_unseen_ok2", .device = "latency: 1ms",
	    .steps = "- device: {wrong_queue: inflate}\n- {at: 1s, target: 4 pages}\n"
	    "- {at: 60s, note: long enough}\n" },
	{ "irq_after_teardown_ok", .steps = STEPS_NO_THREAD
	    "- deliver: {irq: config, at: virtio_reset before}\n" STEPS_IDLE },

	/* thread */
	{ "thread_exit_bad", .also = "live.panic" },
	{ "thread_exit_bad4", .also = "live.panic" },
	{ "thread_exit_bad5", .steps = STEPS_DETACH },
	{ "thread_exit_ok2", .steps = STEPS_UP_DOWN STEPS_DETACH },
	{ "thread_exit_bad6",
	    .steps = "- fail: {id: thread, call: kthread_create, nth: 2}\n" STEPS_IDLE },
	{ "thread_exit_ok3",
	    .steps = "- fail: {id: thread, call: kthread_create, nth: 2}\n" STEPS_IDLE },
	{ "thread_timeout_bad3", .also = "live.panic" },

	/* attach */
	{ "attach_leak_bad4", .steps = STEPS_NO_QUEUE },
	{ "attach_sysctl_ok3", .device = "instances: 2", .steps = STEPS_USUAL STEPS_DETACH },
	{ "attach_again_bad2", .device = "instances: 2", .steps = STEPS_NO_THREAD STEPS_IDLE },
	{ "attach_again_ok2", .device = "instances: 2", .steps = STEPS_USUAL },
	{ "attach_call_order_bad7", .steps = STEPS_NO_QUEUE },
	{ "attach_call_order_bad8", .steps = STEPS_IDLE, .also = "attach.status" },
	{ "attach_call_order_bad9", .steps = STEPS_NO_QUEUE },
	{ "attach_call_order_bad10",
	    .steps = "- fail: {id: irq, call: virtio_child_attach_finish}\n" STEPS_IDLE },
	{ "attach_call_order_bad11", .steps = STEPS_NO_QUEUE },
	{ "attach_leak_bad", .steps = STEPS_NO_QUEUE },
	{ "attach_leak_ok", .steps = STEPS_NO_QUEUE },
	{ "attach_leak_bad2", .steps = STEPS_NO_THREAD STEPS_IDLE },
	{ "attach_leak_bad3", .steps = STEPS_DETACH, .also = "lock.freed-live",
	  .follows = true },
	{ "attach_leak_ok2", .steps = STEPS_UP_DOWN STEPS_DETACH },
	{ "attach_leak_ok3",
	  .steps = STEPS_AGAIN_MANY "- {target: 4 pages}\n- settle: {within: 10s}\n" },
	{ "attach_again_bad", .steps = STEPS_NO_THREAD "- {at: 1s, guest: {attach: again}}\n"
	    "- {at: 2s, note: not attached}\n" },
	{ "attach_again_ok", .steps = STEPS_NO_THREAD "- {at: 1s, guest: {attach: again}}\n"
	    "- {at: 2s, expect: attach.result == ok}\n" },
	{ "attach_undo_order_bad", .steps = STEPS_NO_THREAD STEPS_IDLE },
	{ "attach_undo_order_ok", .steps = STEPS_NO_THREAD STEPS_IDLE },
	{ "attach_call_order_bad", .steps = STEPS_NO_QUEUE },
	{ "attach_call_order_bad2",
	    .steps = "- fail: {id: map, call: bus_dmamap_create}\n" STEPS_IDLE,
	    .also = "mem.wild-access" },
	{ "attach_call_order_bad3", .steps = STEPS_IDLE },
	{ "attach_call_order_bad4", .steps = STEPS_IDLE },
	{ "attach_call_order_bad5", .also = "mem.wild-access" },
	{ "attach_call_order_ok",
	    .steps = "- fail: {id: irq, call: virtio_child_attach_finish}\n" STEPS_IDLE },
	{ "attach_features_bad", .machine = "transport: legacy", .device = "features: [none]",
	    .steps = STEPS_IDLE },
	{ "attach_features_bad3", .device = "features: [STATS_VQ]", .steps = STEPS_IDLE,
	    .also = "attach.refused" },
	{ "attach_must_tell_host_bad", .machine = "transport: virtio-1.0",
	    .device = "features: [MUST_TELL_HOST]", .steps = STEPS_IDLE,
	    .also = "attach.refused" },
	{ "attach_features_ok", .machine = "transport: legacy", .device = "features: [none]" },
	{ "attach_poison_ok", .device = POISON },
	{ "attach_poison_bad", .device = POISON, .where = "probe_attach" },
	{ "attach_poison_bad2", .device = POISON },
	{ "attach_status_bad", .machine = "transport: virtio-1.0" },
	{ "attach_status_bad2", .machine = "transport: virtio-1.0", .device = REFUSES,
	    .steps = STEPS_IDLE },
	{ "attach_status_bad4", .machine = "transport: virtio-1.0" },
	{ "attach_status_ok3", .machine = "transport: legacy" },
	{ "attach_status_ok2", .machine = "transport: virtio-1.0", .device = REFUSES,
	    .steps = STEPS_IDLE },
	{ "attach_must_tell_host_ok", .device = "features: [MUST_TELL_HOST]" },
	{ "attach_match_bad", .where = "attach_match_bad_match" },
	{ "attach_match_bad2", .steps = STEPS_IDLE, .where = "attach_match_bad2_match" },
	{ "attach_refused_bad2", .steps = STEPS_IDLE },
	{ "attach_refused_bad", .steps = STEPS_IDLE },
	{ "attach_refused_bad3", .steps = STEPS_IDLE },
	{ "attach_refused_ok",
	    .steps = "- fail: {id: memory, call: bus_dmamem_alloc}\n" STEPS_IDLE },
	{ "attach_sysctl_bad",
	    .steps = "- fail: {id: node, call: sysctl_createv}\n" STEPS_IDLE,
	    .also = "mem.wild-access" },
	{ "attach_sysctl_bad3", .steps = STEPS_DETACH },
	{ "attach_sysctl_ok", .steps = STEPS_UP_DOWN STEPS_DETACH },

	{ "attach_call_order_bad6", .steps = "- guest: {detach: true}\n" },

	/* live */
	{ "live_convergence_bad", .also = "live.left-buffer", .follows = true,
	    .steps = "- {at: 1s, target: 4 pages}\n- settle: {within: 20s}\n" },
	{ "live_left_buffer_bad", .device = "latency: 1ms", .steps = STEPS_USUAL STEPS_EIGHT,
	    .also = "live.convergence" },
	{ "live_left_buffer_ok", .device = "latency: 1ms", .steps = STEPS_USUAL STEPS_EIGHT },
	{ "live_convergence_bad2", .where = "probe_loop", .also = "live.lost-wakeup",
	  .follows = true },
	{ "live_convergence_ok2", .steps = "- {at: 1s, target: 100000 pages}\n"
	    "- {at: 20s, note: as much as there is}\n" },
	{ "live_convergence_ok3", .device = "latency: 700ms",
	    .steps = "- {at: 1s, target: 40 pages}\n- {at: 10s, note: not yet}\n" },
	{ "live_convergence_bad3", .where = "probe_loop", .device = "latency: 700ms",
	    .steps = "- {at: 1s, target: 40 pages}\n- {at: 10s, note: not yet}\n" },
	{ "live_convergence_bad4", .where = "", .says = "was never made",
	    .steps = STEPS_NO_THREAD "- {at: 1s, target: 4 pages}\n- {at: 30s, note: never}\n" },
	{ "live_convergence_bad5",
	    .says = "; behind its target for 63.0 s; no closer for 62.0 s; ",
	    .steps = "- {at: 1s, target: 8 pages}\n- settle: {within: 2s}\n"
	    "- {at: 20s, target: 24 pages}\n- {at: 23s, note: never}\n" },
	{ "live_convergence_bad6",
	    .steps = "- {at: 1s, target: 4 pages}\n- {at: 18s, note: never}\n" },
	{ "live_convergence_ok4", .steps = "- {at: 1s, guest: {busy: 20s}}\n"
	    "- {at: 2s, target: 4 pages}\n- {at: 18s, target: 8 pages}\n"
	    "- {at: 25s, target: 9 pages}\n- {at: 26s, guest: {busy: 30s}}\n"
	    "- {at: 27s, target: 10 pages}\n- {at: 45s, note: not yet}\n" },
	{ "live_convergence_ok5",
	    .steps = "- fail: {id: short, call: kmem_alloc.block}\n"
	    "- {at: 1s, target: 4 pages}\n- {at: 40s, note: it waits still}\n" },
	{ "live_convergence_ok6",
	    .steps = "- {at: 1s, hold: {thread: every, for: 40s}}\n- {at: 2s, target: 4 pages}\n"
	    "- {at: 20s, target: 8 pages}\n- {at: 45s, settle: {within: 3s}}\n" },
	{ "live_convergence_bad8",
	    .steps = "- {at: 1s, hold: {thread: every, for: 20s}}\n- {at: 2s, target: 4 pages}\n"
	    "- {at: 38s, note: never}\n" },
	{ "live_convergence_bad7", .steps = "- {at: 1s, guest: {busy: 20s}}\n"
	    "- {at: 2s, target: 4 pages}\n- {at: 40s, note: never}\n" },
	{ "live_lost_wakeup_bad6", LATE_AND_LONG,
	    .says = "virtio_dequeue of queue 1 found nothing" },
	{ "live_lost_wakeup_ok7", .device = "latency: 975ms" },
	{ "live_lost_wakeup_ok8", .machine = "cpus: 2",
	    .more = "rules: {off: [irq.busy-wait], why: the callback has to take long}" },
	{ "live_lost_wakeup_bad3", .steps = "- {at: 30s, note: long enough}\n" },
	{ "live_lost_wakeup_ok2", .steps = "- {at: 30s, note: long enough}\n" },
	{ "live_lost_wakeup_bad4", LATE_AND_LONG },
	{ "live_lost_wakeup_ok3", .device = "latency: 1ms" },
	{ "live_lost_wakeup_ok4", .device = "latency: 1ms" },
	{ "live_lost_wakeup_bad5", LATE_AND_LONG,
	    .also = "config.actual-write", .follows = true },
	{ "live_lost_wakeup_ok5", .device = "latency: 1ms" },
	{ "live_lost_wakeup_ok6", .more = ANY_FAULT, .device = "latency: 1ms",
	    .steps = "- fail: {id: map, call: bus_dmamap_create, nth: 2}\n" STEPS_USUAL },
	{ "live_lost_wakeup_bad2", LATE_AND_LONG },
	{ "live_lost_wakeup_bad", LATE_AND_LONG },
	{ "live_lost_wakeup_ok", .device = "latency: 1ms" },
	{ "live_endless_loop_bad4", .steps = STEPS_NO_END },
	{ "live_endless_loop_bad5", .steps = STEPS_NO_END },
	{ "live_endless_loop_bad7", .steps = STEPS_DETACH, .also = "log.flood",
	    .follows = true },
	{ "live_deadlock_bad", .steps = STEPS_IDLE, .also = "page.alloc-nothing",
	  .follows = true },
	{ "live_deadlock_bad2", .steps = STEPS_IDLE },
	{ "live_deadlock_bad3", .steps = "- {at: 20s, note: long enough}\n" },
	{ "live_deadlock_bad4", .steps = STEPS_IDLE },
	{ "live_deadlock_bad5", .steps = "- {at: 20s, note: long enough}\n",
	    .says = "held, for " },
	{ "live_deadlock_ok", .steps = "- guest: {use: 10000 pages}\n"
	    "- {at: 5s, guest: {release: 5000 pages}}\n- settle: {within: 10s}\n" },
	{ "live_slow_detach_bad", .steps = STEPS_DETACH "- {at: 60s, note: gone}\n",
	    .where = "probe_end_thread" },
	{ "live_slow_detach_ok", .steps = STEPS_DETACH "- {at: 60s, note: gone}\n" },
	{ "live_endless_loop_bad", .steps = STEPS_IDLE },
	{ "live_endless_loop_bad2", .steps = STEPS_IDLE },
	{ "live_endless_loop_ok4", .machine = "memory: 4 MiB", .steps = STEPS_IDLE },
	{ "live_endless_loop_ok2", .device = "ack: in-notify",
	    .steps = "- {at: 1s, target: 12000 pages}\n- settle: {within: 1s}\n"
	    "- {at: 5s, target: 0}\n- settle: {within: 1s}\n" },
	{ "live_panic_bad",
	    .steps = "- {at: 1s, target: 64 pages}\n- settle: {within: 10s}\n" },
	{ "live_panic_ok",
	    .steps = "- {at: 1s, target: 64 pages}\n- settle: {within: 10s}\n" },

	/* scenario */
	{ "scenario_expect_bad", .where = "", .steps = "- {at: 2s, target: 4 pages}\n"
	    "- {expect: host.held == 4, within: 500ms}\n- settle: {within: 10s}\n" },
	{ "scenario_expect_ok", .steps = "- {at: 2s, target: 4 pages}\n"
	    "- {expect: host.held == 4, within: 500ms}\n- settle: {within: 10s}\n" },
	{ "scenario_impossible_fault_bad", .machine = "dma: bounce",
	    .says = "only where no buffer bounces",
	    .steps = "- fail: {id: load, call: bus_dmamap_load.efbig, nth: 2}\n" STEPS_USUAL },
	{ "scenario_impossible_fault_ok", .machine = "dma: coherent",
	    .steps = "- fail: {id: load, call: bus_dmamap_load.efbig, nth: 2}\n" STEPS_USUAL },
	{ "live_trap_bad7", .where = "check_alignment" },
	{ "live_trap_bad9", .where = "probe_attach" },
	{ "live_trap_bad10", .where = "lose_segment" },
	{ .fragment = NULL },
};
