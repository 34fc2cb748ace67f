/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring: a ring that the device cannot read.
 */
#include "rules/area.h"
#include "rules/device.h"

RULE_ROW(rule_broken) = {
	"ring.broken", SEVERITY_ERROR,
	"the device can read what the driver makes available",
	"virtio 1.2 clauses 2.7.4.2 and 2.7.5.2; NetBSD sys/dev/pci/virtio.c, virtio_enqueue()",
	"A device stops at a ring that breaks the specification, and completes nothing more until "
	"it is reset.",
	"virtio_enqueue(vsc, vq, slot, reply, false);\n"
	"virtio_enqueue(vsc, vq, slot, question, true);",
	"virtio_enqueue(vsc, vq, slot, question, true);\n"
	"virtio_enqueue(vsc, vq, slot, reply, false);"
};

/* By enum virtqueue_fault of the device. */
static const char *const faults[] = {
	"nothing is wrong with it",
	"an address in it is no memory",
	"the available index is too far ahead",
	"an available entry names no descriptor",
	"a descriptor leads to one that does not exist",
	"a chain is longer than its table",
	"an indirect descriptor is malformed, or was not agreed on",
	"a device-readable buffer comes after a device-writable one",
	"a buffer has no byte",
	"a request is longer than the device can read",
	"more requests are in flight than the queue holds",
};

/* Where the request was committed: the newest commit to that queue. */
struct broken { uint32_t seq[RULES_QUEUES_MAX], site[RULES_QUEUES_MAX]; };

HOOK(call_commit, struct broken *broken)
{
	uint64_t queue = event->call.virtio_enqueue_commit.queue;

	if (queue >= RULES_QUEUES_MAX)
		return;
	broken->seq[queue] = event->seq;
	broken->site[queue] = site;
}

HOOK(on_behaviour, struct broken *broken)
{
	uint64_t queue = event->dev_behaviour.queue, fault = event->dev_behaviour.what;

	if (event->code != RULES_BEHAVIOUR_BROKEN || queue >= RULES_QUEUES_MAX ||
	    !rules_look(core)->device.healthy)
		return;
	rules_report_at(core, &rule_broken, broken->site[queue], "the device stops at queue %u: %s",
	    (unsigned)queue, fault < sizeof(faults) / sizeof(faults[0]) ? faults[fault] :
	    "it cannot be read");
	rules_because(core, broken->seq[queue], "the newest request");
}

const struct area area_ring_broken = {
	.hooks = HOOKS(
	    ON_CALL(VIRTIO_ENQUEUE_COMMIT, call_commit), ON_EVENT(DEV_BEHAVIOUR, on_behaviour)),
	.state_bytes = sizeof(struct broken),
	.each_device = true,
};
