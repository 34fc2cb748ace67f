/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which failures the kernel can produce: by the arguments of the call and the machine.
 *
 * Sources are files of NetBSD's sys/ as of 2022 and manual pages; machines are amd64.
 */
#include "fault/fault.h"

#include "machine/world.h"

/* As recorded, in NetBSD's numbers (sys/kmem.h, sys/bus_proto.h). */
#define KM_SLEEP 1
#define KM_NOSLEEP 2
#define BUS_DMA_NOWAIT 1

#define CONDITION(name, test) \
static bool \
name(const struct event *call, const struct world_config *machine) \
{ \
	(void)call; \
	(void)machine; \
	return (test); \
}

CONDITION(always, true)
CONDITION(never, false)
CONDITION(has_waitok, call->call.uvm_pglistalloc.waitok != 0)
CONDITION(has_no_waitok, call->call.uvm_pglistalloc.waitok == 0)
/* kmem_alloc and kmem_zalloc have the same arguments. */
CONDITION(may_sleep, (call->call.kmem_alloc.flags & KM_SLEEP) != 0)
CONDITION(may_not_sleep, (call->call.kmem_alloc.flags & KM_NOSLEEP) != 0)
CONDITION(creates_nowait, (call->call.bus_dmamap_create.flags & BUS_DMA_NOWAIT) != 0)
CONDITION(allocates_nowait, (call->call.bus_dmamem_alloc.flags & BUS_DMA_NOWAIT) != 0)
CONDITION(maps_nowait, (call->call.bus_dmamem_map.flags & BUS_DMA_NOWAIT) != 0)
CONDITION(does_not_bounce, !machine->bounce)
CONDITION(has_several_segments, call->call.virtio_enqueue_reserve.nsegs > 1)

static const struct {
	const char *words, *source;
	bool (*holds)(const struct event *call, const struct world_config *machine);
} condition[] = {
	[FAULT_ALWAYS] = { "", "", always },
	[FAULT_NO_WAITOK] = {
		"only without waitok; with it the kernel waits for pages, without end",
		"uvm/uvm_pglist.c, uvm(9)", has_no_waitok
	},
	[FAULT_WAITOK] = {
		"only with waitok; without it the call fails",
		"uvm/uvm_pglist.c, uvm(9)", has_waitok
	},
	[FAULT_KM_NO_SLEEP] = {
		"only with KM_NOSLEEP; with KM_SLEEP the kernel waits",
		"kern/subr_kmem.c, kmem(9)", may_not_sleep
	},
	[FAULT_KM_MAY_SLEEP] = {
		"only with KM_SLEEP; with KM_NOSLEEP the call fails",
		"kern/subr_kmem.c, kmem(9)", may_sleep
	},
	[FAULT_NOWAIT_CREATE] = {
		"only with BUS_DMA_NOWAIT; without it the kernel waits for memory",
		"arch/x86/x86/bus_dma.c (_bus_dmamap_create), bus_dma(9)", creates_nowait
	},
	[FAULT_NOWAIT_ALLOC] = {
		"only with BUS_DMA_NOWAIT; without it the kernel waits for pages",
		"arch/x86/x86/bus_dma.c (_bus_dmamem_alloc_range), bus_dma(9)", allocates_nowait
	},
	[FAULT_NOWAIT_MAP] = {
		"only with BUS_DMA_NOWAIT; without it the kernel waits for addresses",
		"arch/x86/x86/bus_dma.c (_bus_dmamem_map), uvm_km(9)", maps_nowait
	},
	[FAULT_NO_BOUNCE] = {
		"only where no buffer bounces (dma: coherent); elsewhere this one does",
		"arch/x86/x86/bus_dma.c (_bus_dmamap_load)", does_not_bounce
	},
	[FAULT_SEGMENTS] = {
		"only for two segments or more; one has its slot from virtio_enqueue_prep",
		"dev/pci/virtio.c (virtio_enqueue_reserve)", has_several_segments
	},
	[FAULT_BY_ITSELF] = {
		"only for arguments that make it fail without a fault",
		"uvm(9), bus_dma(9), sysctl(9)", never
	},
	[FAULT_NEVER] = {
		"never; only the interface would allow it",
		"dev/pci/virtio.c", never
	},
};
_Static_assert(sizeof(condition) / sizeof(condition[0]) == FAULT_CONDITION_COUNT,
    "a row for each condition");

bool
fault_possible(const struct fault_row *row, const struct event *call,
    const struct world_config *machine)
{
	return condition[row->when].holds(call, machine);
}

const char *
fault_when(const struct fault_row *row)
{
	return condition[row->when].words;
}

const char *
fault_when_source(const struct fault_row *row)
{
	return condition[row->when].source;
}
