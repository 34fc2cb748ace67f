/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of virtqueues share: rigs with a driver attached, and what to ask of it.
 */
#ifndef VIOSIM_TESTS_KERN_QUEUES_H
#define VIOSIM_TESTS_KERN_QUEUES_H


#include "rig.h"

#define MS UINT64_C(1000000)
#define FIRST_PFN 200			/* of the pages that requests name */

/* Attached, with queues of n slots. */
static inline struct krig *
rig_of(uint16_t slots, bool modern)
{
	struct krig *rig = KRIG_ATTACHED(options.config.legacy = !modern,
	    options.device.device.queue_size[0] = options.device.device.queue_size[1] = slots);

	return rig;
}

/* The same with a driver that does not dequeue, or does, and a device that completes later. */
static inline struct krig *
rig_completing(bool at_once, uint64_t latency_ns)
{
	struct krig_options options;
	struct krig *rig;

	krig_options_init(&options);
	options.device.device.queue_size[0] = options.device.device.queue_size[1] = 8;
	if (latency_ns != 0) {
		options.device.device.ack = DEVICE_ACK_LATER;
		options.device.device.latency_ns[0] = latency_ns;
	}
	child_plan.takes_at_once = at_once;
	rig = krig_new_attached(&options);
	krig_forget_marks(rig);
	return rig;
}

/* Send n page numbers; `bytes` of the buffer are loaded, 0: all. */
static inline void
ask(struct krig *rig, int64_t n, int64_t bytes)
{
	rig->frag.in[0] = n;
	rig->frag.in[1] = FIRST_PFN;
	rig->frag.in[2] = bytes;
}

/* A test with queues of 4 slots. */
#define QUEUE_TEST(name) TEST_WITH(name, struct krig *rig, rig_of(4, false), krig_free)

#endif /* VIOSIM_TESTS_KERN_QUEUES_H */
