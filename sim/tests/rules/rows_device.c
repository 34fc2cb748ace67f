/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenarios of fragments: areas dma, page, balloon, config, mem, log.
 */
#include "tests/rules/fragments.h"

#include <stddef.h>

/* At rest host and driver have different pages. */
#define COUNTS_DIFFER "page.conservation balloon.count"

#define LATE "latency: 1ms"
#define TOLD_LATE "latency: 1ms, features: [MUST_TELL_HOST]"
#define NO_DIAGNOSTIC "diagnostic: false"
#define TWO_REQUESTS "- {at: 1s, target: 100 pages}\n- settle: {within: 10s}\n"
#define DOWN_TO_TWO \
	"- {at: 1s, target: 4 pages}\n- settle: {within: 2s}\n" \
	"- {at: 5s, target: 2 pages}\n- settle: {within: 10s}\n"
#define TARGET_WHILE_READ \
	"- deliver: {irq: config, at: virtio_read_device_config_le after, target: 4 pages}\n" \
	"- {at: 1s, expect: host.actual == 4}\n- settle: {within: 10s}\n"
#define LOAD_FAILS \
	"- fail: {id: load, call: bus_dmamap_load, nth: 2}\n" \
	"- {at: 1s, target: 4 pages}\n- settle: {within: 10s}\n"
#define ATTACH_FAILS \
	"- fail: {id: finish, call: virtio_child_attach_finish.fails}\n" \
	"- expect: attach.result == failed\n"
#define GO_IN_FLIGHT \
	"- device: {pause: inflate}\n- {at: 1s, target: 4 pages}\n" \
	"- {at: 2s, guest: {detach: true}}\n"
#define DETACH \
	"- guest: {detach: true}\n- {expect: device.status == reset, within: 5s}\n"

#define OUT_OF_MEMORY .machine = "memory: 4MiB", .device = "features: [DEFLATE_ON_OOM]", \
	.steps = "- {at: 1s, target: 4 pages}\n- settle: {within: 2s}\n" \
	    "- guest: {use: 1000 pages}\n- irq: {source: config, spurious: false}\n" \
	    "- {at: +1s, note: still short}\n"
#define RESTART .device = "latency: 1s", \
	.steps = "- {at: 1s, target: 4 pages}\n- {at: +100ms, target: 5 pages}\n" \
	    "- settle: {within: 10s}\n"
#define ASK "- {at: +1s, device: {ask_statistics: true}}\n"
#define STATISTICS_ONCE .device = "features: [STATS_VQ]"
#define STATISTICS .device = "features: [STATS_VQ]", \
	.steps = "- {at: 1s, target: 4 pages}\n- settle: {within: 2s}\n" ASK ASK ASK \
	    "- settle: {within: 2s}\n"

const struct fragment_row rows_device[] = {
	{ .fragment = "dma_sync_range_bad2", .machine = NO_DIAGNOSTIC },
	{ .fragment = "dma_sync_ops_bad", .also = "live.panic" },
	{ .fragment = "dma_pre_before_device_bad3",
	  .also = "balloon.stale-entry config.actual-write " COUNTS_DIFFER },
	{ .fragment = "dma_sync_pairing_bad2", .steps = TWO_REQUESTS },
	{ .fragment = "dma_sync_pairing_bad3", .device = LATE },
	{ .fragment = "dma_sync_pairing_ok3", .device = "latency: 5s",
	  .steps = "- {at: 1s, target: 4 pages}\n- {at: +1ms, target: 5 pages}\n"
	  "- {at: +100ms, device: {gone: true}}\n- {at: 5s, note: it took all back}\n" },
	{ .fragment = "dma_cpu_write_owned_bad", .device = LATE,
	  .says = "write of bytes 0..3 of map" },
	{ .fragment = "dma_release_owned_bad", .device = LATE },
	{ .fragment = "dma_release_owned_bad4", .device = LATE },
	{ .fragment = "dma_cpu_write_owned_bad2", .device = LATE,
	  .machine = "dma: coherent", .where = "probe_send",
	  .says = "byte 4 of map 1" },
	{ .fragment = "dma_release_owned_ok2", RESTART },
	{ .fragment = "dma_release_owned_bad2", .steps = GO_IN_FLIGHT,
	  .also = "dma.destroy-loaded ring.free-queue attach.leak" },
	{ .fragment = "dma_load_twice_ok2", .machine = "dma: coherent", .steps = LOAD_FAILS },
	/* A bounce buffer is in one piece. */
	{ .fragment = "dma_load_limits_bad", .machine = "softc: straddle, dma: coherent" },
	{ .fragment = "dma_load_limits_ok", .machine = "softc: straddle" },
	{ .fragment = "dma_unchecked_result_bad", .machine = "dma: coherent",
	  .steps = LOAD_FAILS },
	{ .fragment = "dma_unchecked_result_ok", .machine = "dma: coherent",
	  .steps = LOAD_FAILS },
	{ .fragment = "dma_bad_memory_bad3", .also = "dma.free-mismatch", .follows = true },
	{ .fragment = "dma_unchecked_result_bad2", .also = "live.panic",
	  .steps = "- fail: {id: alloc, call: bus_dmamem_alloc.enomem, nth: 2}\n" },
	{ .fragment = "dma_unchecked_result_bad4", .also = "live.panic",
	  .steps = "- fail: {id: alloc, call: bus_dmamem_alloc.enomem, nth: 2}\n" },
	{ .fragment = "dma_unchecked_result_bad3", .also = "mem.wild-access",
	  .steps = "- fail: {id: create, call: bus_dmamap_create.enomem, nth: 2}\n" },
	{ .fragment = "dma_dead_map_bad", .also = "live.panic" },
	{ .fragment = "dma_dead_map_bad2", .also = "live.panic" },
	{ .fragment = "dma_free_mismatch_bad3", .also = "live.panic" },
	{ .fragment = "dma_leak_bad3", .steps = ATTACH_FAILS },
	{ .fragment = "dma_free_mismatch_bad", .also = "live.panic" },
	{ .fragment = "dma_leak_bad", .steps = ATTACH_FAILS },
	{ .fragment = "dma_leak_ok", .steps = ATTACH_FAILS },
	{ .fragment = "dma_leak_bad2", .steps = DETACH },
	{ .fragment = "dma_leak_ok2", .steps = DETACH },
	{ .fragment = "page_alloc_range_bad",
	  .machine = "segments: [{at: 0, size: 32MiB}, {at: 4GiB, size: 32MiB}]" },
	{ .fragment = "page_alloc_range_ok",
	  .machine = "segments: [{at: 0, size: 32MiB}, {at: 4GiB, size: 32MiB}]" },
	{ .fragment = "page_conservation_bad2", .steps = STEPS_UP_DOWN },
	{ .fragment = "page_conservation_bad3", RESTART, .where = "probe_alloc" },
	{ .fragment = "page_conservation_ok3", RESTART },
	{ .fragment = "page_conservation_ok4", RESTART },
	{ .fragment = "page_conservation_ok2", .machine = "cpus: 2, interrupts: msix",
	  .device = LATE,
	  .more = "seeds: 1..8\nrules: {off: [scenario.impossible-fault], why: any will do}\n",
	  .steps = "- {at: 1s, storm: {targets: [200, 0, 4, 1000], every: 3ms, count: 20}}\n"
	    "- fail: {id: page, call: uvm_pglistalloc.enomem, nth: 3, count: 2}\n"
	    "- fail: {id: full, call: virtio_enqueue_reserve.eagain, nth: 5}\n"
	    "- {at: +5ms, irq: {source: inflate, count: 2}}\n"
	    "- {at: 5s, target: 500}\n- {at: 10s, target: 0}\n- settle: {within: 10s}\n"
	    "- guest: {detach: true}\n" },
	{ .fragment = "page_conservation_ok5",
	  .steps = TWO_REQUESTS "- guest: {reboot: true}\n- {at: 20s, target: 4 pages}\n"
	    "- settle: {within: 10s}\n" },
	{ .fragment = "page_discarded_in_use_bad",
	  .also = "balloon.stale-entry " COUNTS_DIFFER, .follows = true },
	{ .fragment = "page_double_free_bad", .also = "live.panic" },
	{ .fragment = "page_double_free_bad2", .machine = NO_DIAGNOSTIC,
	  .also = "page.use-after-free", .follows = true },
	{ .fragment = "page_host_owned_bad", .device = LATE,
	  .also = "config.actual-write " COUNTS_DIFFER },
	{ .fragment = "page_host_owned_bad2", .device = TOLD_LATE, .steps = STEPS_UP_DOWN },
	{ .fragment = "page_host_owned_bad3", .steps = STEPS_UP_DOWN,
	  .also = COUNTS_DIFFER },
	{ .fragment = "page_host_owned_ok", .device = LATE ", features: [DEFLATE_ON_OOM]",
	  .steps = STEPS_UP_DOWN },
	{ .fragment = "page_host_owned_ok2", .device = TOLD_LATE, .steps = STEPS_UP_DOWN },
	{ .fragment = "page_host_owned_ok3", .machine = "transport: virtio-1.0",
	  .steps = "- device: {wrong_len: inflate}\n"
	    TWO_REQUESTS },
	{ .fragment = "page_host_owned_ok4", .machine = "memory: 4MiB", .device = LATE,
	  .steps = STEPS_UP_DOWN "- {at: 20s, target: 8 pages}\n- settle: {within: 10s}\n" },
	{ .fragment = "page_irq_context_bad", .machine = NO_DIAGNOSTIC },
	{ .fragment = "page_irq_context_bad2", .machine = NO_DIAGNOSTIC },
	{ .fragment = "balloon_count_bad", .where = "",
	  .also = "config.actual-write live.lost-wakeup live.convergence", .follows = true },
	{ .fragment = "balloon_count_ok", .steps = TWO_REQUESTS },
	{ .fragment = "balloon_deflate_direction_bad", .steps = DOWN_TO_TWO },
	{ .fragment = "balloon_deflate_direction_ok", .steps = DOWN_TO_TWO },
	{ .fragment = "balloon_deflate_direction_bad2", OUT_OF_MEMORY },
	{ .fragment = "balloon_deflate_direction_ok3", OUT_OF_MEMORY },
	{ .fragment = "balloon_deflate_direction_ok2", .device = LATE,
	  .steps = TWO_REQUESTS DETACH "- expect: mem.balloon == 0\n" },
	{ .fragment = "balloon_deflate_entries_bad", .steps = STEPS_UP_DOWN,
	  .also = "page.host-owned " COUNTS_DIFFER },
	{ .fragment = "balloon_deflate_entries_bad2", .steps = STEPS_UP_DOWN,
	  .also = COUNTS_DIFFER },
	{ .fragment = "balloon_deflate_entries_ok", .steps = STEPS_UP_DOWN },
	{ .fragment = "balloon_entry_byte_order_bad",
	  .also = "config.actual-write " COUNTS_DIFFER },
	{ .fragment = "balloon_entry_byte_order_bad2",
	  .machine = "byte_order: swapped, transport: virtio-1.0",
	  .also = "config.actual-write " COUNTS_DIFFER },
	{ .fragment = "balloon_entry_byte_order_ok", .steps = STEPS_UP_DOWN },
	{ .fragment = "balloon_entry_byte_order_ok2",
	  .machine = "byte_order: swapped, transport: virtio-1.0", .steps = STEPS_UP_DOWN },
	{ .fragment = "balloon_inflate_direction_ok", .device = LATE,
	  .steps = "- {at: 1s, target: 40 pages}\n- {at: +500us, target: 20 pages}\n"
	    "- settle: {within: 10s}\n" },
	{ .fragment = "balloon_inflate_direction_bad3", .device = "keeps_actual: false" },
	{ .fragment = "balloon_inflate_direction_ok2", .more = "policy: lenient\n" },
	{ .fragment = "balloon_unasked_bad", .also = "balloon.inflate-direction",
	  .follows = true },
	{ .fragment = "balloon_unasked_ok", .also = "balloon.inflate-direction" },
	{ .fragment = "balloon_inflate_entries_bad",
	  .also = "config.actual-write " COUNTS_DIFFER },
	{ .fragment = "balloon_inflate_entries_bad2",
	  .also = "config.actual-write " COUNTS_DIFFER },
	{ .fragment = "ring_slot_balance_bad7", STATISTICS_ONCE,
	  .steps = "- {at: 1s, target: 4 pages}\n"
	    "- {at: 2s, device: {ask_statistics: true, statistics_fault: wrong_id}}\n"
	    "- {at: 3s, note: it went wrong}\n" },
	{ .fragment = "balloon_statistics_ok", STATISTICS },
	{ .fragment = "balloon_statistics_ok2", STATISTICS },
	{ .fragment = "balloon_statistics_bad", STATISTICS_ONCE, .where = "probe_make_statistics" },
	{ .fragment = "balloon_statistics_bad2", STATISTICS_ONCE, .where = "probe_give_part" },
	{ .fragment = "balloon_statistics_bad3", STATISTICS_ONCE, .where = "probe_give_part" },
	{ .fragment = "balloon_statistics_bad4", STATISTICS_ONCE, .where = "probe_give_part" },
	{ .fragment = "balloon_statistics_bad5", STATISTICS, .where = "probe_make_statistics" },
	{ .fragment = "balloon_statistics_bad6", STATISTICS, .where = "probe_give_part" },
	{ .fragment = "balloon_statistics_bad7", STATISTICS, .where = "probe_give_part" },
	{ .fragment = "config_field_access_bad", .machine = "transport: virtio-1.0" },
	{ .fragment = "config_field_access_ok6", .machine = "transport: legacy" },
	{ .fragment = "config_field_access_bad2", .machine = "transport: virtio-1.0" },
	{ .fragment = "balloon_length_bad", .also = "mem.uninitialised", .follows = true },
	{ .fragment = "balloon_length_bad2", .also = "ring.broken" },
	{ .fragment = "dma_address_space_bad", .also = "ring.broken" },
	{ .fragment = "balloon_stale_entry_bad",
	  .also = "page.discarded-in-use " COUNTS_DIFFER },
	{ .fragment = "balloon_stale_entry_bad2", .steps = TWO_REQUESTS },
	{ .fragment = "balloon_stale_entry_bad3", .steps = DOWN_TO_TWO,
	  .also = "balloon.deflate-direction " COUNTS_DIFFER, .follows = true },
	{ .fragment = "balloon_stale_entry_ok", .steps = TWO_REQUESTS },
	{ .fragment = "config_actual_write_bad", .device = LATE },
	{ .fragment = "config_actual_write_bad3",
	  .also = "balloon.count live.lost-wakeup live.convergence", .follows = true },
	{ .fragment = "config_actual_write_bad5", .device = LATE, .steps = STEPS_UP_DOWN },
	{ .fragment = "config_byte_order_bad", .machine = "transport: legacy" },
	{ .fragment = "config_byte_order_bad2", .machine = "transport: legacy" },
	{ .fragment = "config_torn_read_bad", .steps = TARGET_WHILE_READ },
	{ .fragment = "config_torn_read_ok",
	  .steps = "- {at: 1ms, target: 4 pages}\n- settle: {within: 10s}\n" },
	{ .fragment = "mem_free_size_bad", .also = "live.panic" },
	{ .fragment = "mem_uninitialised_bad4", .also = "balloon.stale-entry dma.sync-pairing",
	  .says = "bytes 16..19 of DMA memory 1" },
	{ .fragment = "mem_uninitialised_bad5", .says = "bytes 14..15 of kmem block 1",
	  .also = "balloon.inflate-entries config.actual-write " COUNTS_DIFFER },
	{ .fragment = "mem_sleep_context_bad2", .machine = NO_DIAGNOSTIC },
	{ .fragment = "mem_stack_overflow_bad3", .also = "mem.stack-use", .follows = true },
	{ .fragment = "mem_use_after_free_bad", .also = "live.panic" },
	{ .fragment = "mem_use_after_free_bad2", .also = "live.panic" },
	{ .fragment = "mem_leak_bad", .steps = ATTACH_FAILS },
	{ .fragment = "mem_leak_ok", .steps = ATTACH_FAILS },
	{ .fragment = "mem_leak_bad2", .steps = DETACH },
	{ .fragment = "mem_leak_ok2", .steps = DETACH },
	{ .fragment = "mem_wild_access_bad3",
	  .steps = "- fail: {id: node, call: sysctl_createv}\n- {at: 1s, note: end}\n" },
	{ .fragment = "log_quiet_ok2",
	  .steps = "- fail: {id: page, call: uvm_pglistalloc.enomem}\n"
	    "- {at: 1s, target: 4 pages}\n- settle: {within: 10s}\n" },
	{ .fragment = NULL },
};
