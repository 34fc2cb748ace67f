/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device of a world: the part that all types of virtio device share.
 *
 * It takes requests from the queues, shows each to its class (class.h), and completes them: at
 * once, or after a latency, in the order in which they were taken; with an interrupt each or one
 * a batch; and with the misbehaviours that a scenario has switched on (behaviour.h).
 *
 * Order: device_init(), device_hooks() into what goes to world_init(), world_init(),
 * device_power_on(); at the end device_fini() before world_fini().
 */
#ifndef VIOSIM_DEVICE_DEVICE_H
#define VIOSIM_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "device/transport.h"
#include "machine/world.h"

struct device_class;

#define DEVICE_QUEUES_MAX TRANSPORT_QUEUES_MAX
#define DEVICE_BEHAVIOURS_MAX 48	/* rows of behaviour.h */
#define DEVICE_SNAPSHOTS 4
#define DEVICE_CONFIGURATION (-1)	/* in place of a queue: the configuration's interrupt */

enum device_ack {
	DEVICE_ACK_IN_NOTIFY,		/* the notification returns after the completion */
	DEVICE_ACK_LATER		/* after the latency, if only at once after it */
};

/* What every device has.  The class fills it in; all zero is a device that does its duty. */
struct device_config {
	uint64_t features;		/* the whole offer; VERSION_1 comes with the transport */
	uint64_t features_required;	/* FEATURES_OK is refused without them */
	unsigned config_bytes;		/* of the configuration (0: what the class has) */
	unsigned queues;		/* queues there are, those of the class first */
	uint16_t queue_size[DEVICE_QUEUES_MAX];	/* entries; 0: no such queue */
	enum device_ack ack;
	uint64_t latency_ns[DEVICE_QUEUES_MAX];	/* DEVICE_ACK_LATER */
	uint64_t jitter_ns;		/* up to so much is added (CHOICE_DEVICE) */
	bool irq_per_batch;		/* one interrupt for all requests completed together */
	int used_length;		/* of a legacy device: enum used_length (behaviour.h) */
	bool left_live;			/* at power on: by firmware that did not reset it */
	bool quiet_notify;		/* asks for no notification while it has requests */
	uint8_t config_isr;		/* ISR bits of a configuration interrupt; 0: its own */
};

/* A request that was taken and is not completed. */
struct device_request {
	uint64_t due_ns;
	uint32_t asked;			/* bytes of the request */
	uint32_t length;		/* of the used entry */
	uint16_t head;
};
struct device_requests { VEC_MEMBERS(struct device_request); };

struct device_queue {
	struct device *device;
	unsigned number;
	struct device_requests flight;	/* oldest first */
	struct clock_event *timer;	/* for the oldest request */
	uint64_t lost;			/* taken and never to be completed */
	bool paused;
	bool missed;			/* a notification; requests stand there unseen */
	int wrong_length, wrong_id;	/* enum used_length, used_id */
	struct device_outliving {	/* a request that is completed after a reset */
		struct virtqueue vq;	/* as it was */
		struct device_request request;
		struct clock_event *timer;	/* NULL: none */
	} outliving;
	uint64_t left[DEVICE_BEHAVIOURS_MAX];	/* completions that one still holds for, */
	bool waits[DEVICE_BEHAVIOURS_MAX];	/* and no completion has met it yet */
	uint64_t latency_ns, jitter_ns;	/* while left[BEHAVIOUR_LATENCY] */
	uint64_t held_back;		/* completions without their interrupt so far (COALESCE) */
	uint64_t requests;		/* taken since the driver began */
};

/* Interrupts without a cause, one after the other. */
struct device_source {
	struct device *device;
	int queue;			/* or DEVICE_CONFIGURATION */
	bool spurious;			/* ISR does not show them */
	uint64_t left;
	struct clock_event *timer;
};

/* What a device is, without what it misbehaves in (snapshot.c). */
struct device_snapshot {
	bool used;
	uint64_t time_ns;
	struct transport transport;
	struct { struct device_requests flight; uint64_t lost; } queue[DEVICE_QUEUES_MAX];
	void *own;			/* the class's */
};

struct device {
	struct world *world;
	const struct device_class *class;
	void *self;			/* the class's own state */
	struct device_config config;
	struct transport transport;
	unsigned active;		/* queues of the class: their requests are completed */
	struct device_queue queue[DEVICE_QUEUES_MAX];
	struct device_source source[DEVICE_QUEUES_MAX + 1];	/* the last: configuration */
	unsigned notify;		/* queues (bits) that still get this batch's interrupt */
	struct virtqueue_chain chain;	/* the request at hand */
	bool broken;			/* by the driver's ring */
	bool unhealthy;			/* a behaviour that breaks the specification showed */
	struct device_snapshot *snapshot;	/* [DEVICE_SNAPSHOTS], once there is one */
};

/*
 * The world may be uninitialised: only its address is kept.  `options` is a struct of the
 * class's map for `device:` (class.h); times in ticks are of a clock of `hz`.
 */
void device_init(struct device *device, struct world *world, const struct device_class *class,
    const void *options, uint64_t hz);
void device_fini(struct device *device);
/* The device is the next one at the door: its part of the hooks. */
void device_hooks(struct device *device, struct world_hooks *hooks);
void device_power_on(struct device *device);
/* The guest restarts: the device is reset; misbehaviours stay. */
void device_reboot(struct device *device);

/* The number of a queue that completes requests, DEVICE_CONFIGURATION for any other name. */
int device_queue_by_name(const struct device_class *class, const char *name);

/* ---- for classes ---- */

/* device_init() in two steps: for a class's init function, and tests that have a config. */
void device_begin(struct device *device, struct world *world, const struct device_class *class);
void device_configure(struct device *device, const struct device_config *config);

/*
 * The class takes the request at hand (device->chain): counted and recorded.  `entries` and
 * `payload` (uint32_t each) as the class reads it; hash of the bytes that it read.
 */
void device_taken(struct device *device, unsigned queue, size_t entries, const void *payload);
/* Read bytes of the request at hand; false, and the device has stopped, on a bad address. */
bool device_read(struct device *device, unsigned queue, uint64_t offset, void *to, size_t size);
/* Done with the request, `written` bytes went into it: completed at once or when it is time. */
void device_complete(struct device *device, unsigned queue, uint32_t written);
/* The request at hand is never completed. */
void device_lose(struct device *device, unsigned queue);
/* The driver's ring is wrong: stop, as QEMU does (and say so where status bit 64 exists). */
void device_break(struct device *device, unsigned queue, enum virtqueue_fault fault);

/* ---- for the transport ---- */

/* The driver notified a queue that is enabled; only with DRIVER_OK. */
void device_on_notify(struct device *device, unsigned queue);
/* The driver gives up one queue: forget what was in flight on it. */
void device_on_queue_gone(struct device *device, unsigned queue);
/* A device reset: forget everything that was in flight. */
void device_on_reset(struct device *device);
/* The driver begins (ACKNOWLEDGE): counters start. */
void device_on_start(struct device *device);

/* ---- for those who make things happen ---- */

/* Other times for the next `count` requests of a queue. */
void device_latency(struct device *device, unsigned queue, uint64_t latency_ns,
    uint64_t jitter_ns, uint64_t count);
void device_need_reset(struct device *device);
/* It is pulled out: registers read all ones, nothing is done any more, also after a reset. */
void device_remove(struct device *device);
/*
 * Save the state of the device, its queues and what the host wants of it; take it back, as a
 * virtual machine monitor does that was stopped and started again.  The guest is as it is.  An
 * interrupt for each queue and the configuration follows, so that none is lost.  Restoring what
 * was not saved does nothing.
 */
void device_save(struct device *device, unsigned number);
void device_restore(struct device *device, unsigned number);
void device_forget_snapshots(struct device *device);
/*
 * `count` interrupts for a queue, or for the configuration, one after the other.  spurious:
 * nothing shows in ISR; else the bit shows, yet nothing is new.
 */
void device_interrupt(struct device *device, int queue, bool spurious, uint64_t count);
/*
 * The oldest request of the queue is completed now, whatever its latency, with its interrupt and
 * the misbehaviours that hold for it.  False, and nothing done, if the device has no request of
 * that queue or completes none (paused, broken, not driven).
 */
bool device_complete_now(struct device *device, int queue);

/* ---- what can be observed ---- */

/* Requests that the device was notified of or took, and did not complete. */
uint64_t device_inflight(const struct device *device, unsigned queue);
uint64_t device_inflight_all(const struct device *device);
/* Since the driver began; queue or DEVICE_CONFIGURATION. */
uint64_t device_interrupts(const struct device *device, int queue);
/* Will anything still come by itself (completions, interrupts)? */
bool device_is_busy(const struct device *device);
/* Nothing paused, lost, broken or due to be dropped: a request will be completed. */
bool device_completes(const struct device *device);

#endif /* VIOSIM_DEVICE_DEVICE_H */
