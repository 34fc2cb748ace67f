/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of area live share.
 */
#ifndef VIOSIM_RULES_KERNEL_LIVE_H
#define VIOSIM_RULES_KERNEL_LIVE_H

#include "rules/area.h"
#include "rules/device.h"

#define LIVE_SECOND_NS UINT64_C(1000000000)
/* A sleep this long with work at hand was not meant. */
#define LIVE_LONG_NS (2 * LIVE_SECOND_NS)

/* A result of what a driver tries when it makes a request: for a hook. */
#define LIVE_TRIES \
	ON_RET(UVM_PGLISTALLOC), ON_RET(KMEM_ALLOC), ON_RET(KMEM_ZALLOC), \
	ON_RET(BUS_DMAMEM_ALLOC), ON_RET(BUS_DMAMEM_MAP), ON_RET(BUS_DMAMAP_CREATE), \
	ON_RET(BUS_DMAMAP_LOAD), ON_RET(VIRTIO_ENQUEUE_PREP), ON_RET(VIRTIO_ENQUEUE_RESERVE)

/* A context that waits, or did. */
struct sleeper {
	bool asleep;
	bool zero;			/* in cv_timedwait() with 0 ticks */
	enum hw_context kind;
	enum hw_sleep why;
	uint64_t object, ticks;
	uint64_t since_ns;
	uint32_t seq, site;
};

/* condvar(9): a timeout of 0 is none. */
#define LIVE_SLEPT(sleeper) \
	((sleeper)->zero ? "went to sleep, for ever: cv_timedwait of 0 ticks" : "went to sleep")

extern const struct area area_live_wait;

/* What a context sleeps on, or slept on last; ctx < SHADOW_CONTEXTS.  Never NULL. */
const struct sleeper *live_sleeper(struct rules_core *core, uint32_t ctx);
/* The thread that last took a step towards what is asked; 0: none did. */
uint32_t live_worker(struct rules_core *core);

/* At rest: that a thread sleeps on what it would act on is told already. */
bool live_overslept(struct rules_core *core);
/* A thread that sleeps and was not woken since that event while another was, in words. */
bool live_passed_over(struct rules_core *core, uint32_t since, char *words, size_t size);

/* Nothing is in the way: the device works and completes requests, no fault is armed. */
bool live_is_fair(struct rules_core *core);
/* Does the device say that there is work?  It can tell more of it then (rules/device.h). */
bool live_has_work(struct rules_core *core);

/* The newest change of what the host asks for, 0: none. */
uint32_t live_asked_seq(struct rules_core *core);
/* That it is not done has been reported. */
void live_reported(struct rules_core *core);

#endif /* VIOSIM_RULES_KERNEL_LIVE_H */
