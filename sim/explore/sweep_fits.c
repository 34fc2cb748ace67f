/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which failures a call with given arguments can really have.
 */
#include <string.h>

#include "explore/sweep.h"

/* As recorded, in NetBSD's numbers (sys/kmem.h). */
#define KM_SLEEP 1
#define KM_NOSLEEP 2

static bool
waits(const uint64_t *arg)
{
	return arg[4] != 0;		/* uvm_pglistalloc: waitok */
}

static bool
does_not_wait(const uint64_t *arg)
{
	return arg[4] == 0;
}

static bool
kmem_sleeps(const uint64_t *arg)
{
	return (arg[1] & KM_SLEEP) != 0;
}

static bool
kmem_does_not_sleep(const uint64_t *arg)
{
	return (arg[1] & KM_NOSLEEP) != 0;
}

static bool
has_several_segments(const uint64_t *arg)
{
	return arg[2] > 1;		/* virtio_enqueue_reserve: nsegs */
}

/* Arguments that bring about the failure do so without help. */
static bool
never(const uint64_t *arg)
{
	(void)arg;
	return false;
}

static const struct {
	const char *id;
	bool (*fits)(const uint64_t *arg);
} sometimes[] = {
	{ "uvm_pglistalloc.enomem", does_not_wait },
	{ "uvm_pglistalloc.block", waits },
	{ "kmem_alloc.fails", kmem_does_not_sleep },
	{ "kmem_alloc.block", kmem_sleeps },
	{ "kmem_zalloc.fails", kmem_does_not_sleep },
	{ "kmem_zalloc.block", kmem_sleeps },
	{ "virtio_enqueue_reserve.eagain", has_several_segments },
	{ "bus_dmamap_load.einval", never },
	{ "sysctl_createv.einval", never },
	{ "sysctl_createv.enametoolong", never },
};

bool
sweep_fits(const struct fault_row *row, const uint64_t *arg, bool contract)
{
	if (row->reality == FAULT_CONTRACT)
		return contract;
	for (size_t i = 0; i < sizeof(sometimes) / sizeof(sometimes[0]); i++)
		if (strcmp(row->id, sometimes[i].id) == 0)
			return sometimes[i].fits(arg);
	return row->reality == FAULT_REAL;
}
