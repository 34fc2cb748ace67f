/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules that nobody checks, and why.
 */
#include <string.h>

#include "rules/rules.h"

static const struct rule_absent table[] = {
	{ "dma.segmentation", "a driver copes with any split of its buffer into segments",
	  "A buffer is cut where its pages are not neighbours, which the machine arranges for "
	  "the softc (softc: straddle) and nowhere else.  dma.load-limits reports what comes of "
	  "it." },
	{ "mem.alignment", "memory is accessed at multiples of the size of the access",
	  "The machine is an amd64, which allows any address; no other is modelled." },
	{ "mem.unsigned-wrap", "no unsigned number wraps unless it is meant to",
	  "C defines it, drivers count on it, and nothing says what is meant.  The limits of "
	  "an allocation are looked at one by one (page.alloc-range)." },
	{ "page.reclaim", "no memory is waited for with a lock that freeing memory needs",
	  "The pagedaemon is modelled as somebody who frees memory, not as code that takes "
	  "locks.  Waiting with a spin mutex held is page.sleep-context." },
	{ "ring.real-virtio", "the descriptors that NetBSD's own virtio.c writes are right",
	  "The kernel's side of the ring is viosim's, written after the real one; what the "
	  "device reads is checked, but it is not that code which wrote it." },
	{ "ring.reset-with-requests", "a device is not reset while it has requests",
	  "That is how a driver takes buffers back (virtio 1.2 clause 3.3.1).  What it must do "
	  "with them afterwards is checked: page.conservation, ring.slot-balance, "
	  "dma.sync-pairing." },
	{ "thread.priority", "a thread that the host waits for is not of the lowest priority",
	  "PRI_IDLE is a driver's right: to run when nothing else wants to is a policy, and "
	  "kthread(9) offers it.  What becomes of such a driver in a busy guest shows a scenario "
	  "with the step guest: {busy: ...}." },
};

const struct rule_absent *
rules_absent(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}

const struct rule_absent *
rule_absent_by_id(const char *id)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].id, id) == 0)
			return &table[i];
	return NULL;
}
