/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balloon device (virtio 1.2 clause 5.5) and what can be odd about it.
 *
 * Without a habit it does what QEMU does: a notification is answered inside it, oldest
 * request first, the whole device-readable part is walked in 4-byte page numbers (a tail of
 * 1 to 3 bytes is ignored), a number that is no memory is skipped and acknowledged all the
 * same, `actual` is stored and given back and never compared with anything.  With a latency
 * a request is read and acted upon inside the notification and acknowledged later (clause
 * 5.5.6.2 permits that).
 */
#ifndef VIOSIM_DEVICE_BALLOON_H
#define VIOSIM_DEVICE_BALLOON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/transport.h"

enum balloon_queue { BALLOON_INFLATE, BALLOON_DEFLATE, BALLOON_STATS };
#define BALLOON_QUEUES 3
#define BALLOON_ACTIVE 2		/* queues whose requests are answered */
#define BALLOON_NO_QUEUE (-1)

#define BALLOON_DEVICE_ID 5
#define BALLOON_ENTRIES_MAX (UINT64_C(1) << 24)	/* of one request; more breaks the device */

/* Feature bits (clause 5.5.3). */
#define BALLOON_F_MUST_TELL_HOST (UINT64_C(1) << 0)
#define BALLOON_F_STATS_VQ (UINT64_C(1) << 1)
#define BALLOON_F_DEFLATE_ON_OOM (UINT64_C(1) << 2)

/*
 * Device models: which numbers and manners the device starts with.
 * X(ID, "word of the scenario format", "what is particular")
 */
#define DEVICE_MODELS(X) \
	X(QEMU, "qemu", "answers in the notification, one interrupt a buffer") \
	X(CROSVM, "crosvm", "offers MUST_TELL_HOST") \
	X(CLOUD_HYPERVISOR, "cloud-hypervisor", \
	    "acknowledges and ignores requests over 1024 bytes, one interrupt a batch") \
	X(FIRECRACKER, "firecracker", \
	    "never acknowledges requests over 1024 bytes, forgets `actual` at reset")

enum device_model {
#define X(id, word, what) DEVICE_##id,
	DEVICE_MODELS(X)
#undef X
};

enum device_ack {
	DEVICE_ACK_IN_NOTIFY,		/* the notification returns after the answer */
	DEVICE_ACK_LATER		/* after the latency, if only at once after it */
};

enum device_overlong {
	DEVICE_OVERLONG_DONE,		/* no limit */
	DEVICE_OVERLONG_IGNORED,	/* acknowledged, nothing done */
	DEVICE_OVERLONG_LOST		/* not acknowledged */
};

struct device_config {
	enum device_model model;
	uint64_t features;		/* the whole offer; VERSION_1 comes with the transport */
	uint64_t features_required;	/* FEATURES_OK is refused without them */
	uint16_t queue_size[BALLOON_ACTIVE];	/* 0: no such queue */
	enum device_ack ack;
	uint64_t latency_ns[BALLOON_ACTIVE];	/* DEVICE_ACK_LATER */
	uint64_t jitter_ns;		/* up to so much is added (CHOICE_DEVICE) */
	uint32_t target_pages, actual_pages;	/* at power on */
	uint64_t held_pages;		/* pages the host has at power on: the highest ones */
	bool keeps_actual;		/* false: what is written to `actual` is lost */
	bool reset_keeps_actual;	/* false: 0 after a device reset */
	bool config_irq_on_change;	/* no interrupt for a target that is the old one */
	bool irq_per_batch;		/* one interrupt for all buffers answered together */
	bool used_bytes;		/* the used length is the request's length, not 0 */
	bool actual_whole;		/* `actual` only by a 4-byte write */
	bool strict_format;		/* a writable buffer or odd length: acknowledged, ignored */
	uint32_t request_bytes_max;	/* 0: no limit */
	enum device_overlong overlong;
	bool quiet_kicks;		/* asks for no kicks while it has requests */
	uint8_t config_isr;		/* ISR bits of a configuration interrupt */
};

/* The manners of a model; target, actual and held 0. */
void device_config_init(struct device_config *config, enum device_model model);
/* False, and a sentence in `why`, for what no device can be (queue sizes). */
bool device_config_is_valid(const struct device_config *config, char *why, size_t why_size);

/*
 * Habits: departures from the above, at a moment or for a number of completions.
 * X(ID, "word", breaks the specification, "what the device does")
 * The code of EV_DEV_HABIT; its second argument is in the comment.
 */
#define DEVICE_HABITS(X) \
	X(PAUSE, "pause", false, "looks at a queue no more")	/* 0 */ \
	X(RESUME, "resume", false, "goes on with a queue")	/* 0 */ \
	X(DROP, "drop", false, "does not acknowledge a request")	/* head */ \
	X(DUPLICATE, "duplicate", true, "acknowledges a request twice")	/* head */ \
	X(WRONG_QUEUE, "wrong_queue", true, \
	    "acknowledges a request on the other queue")	/* head */ \
	X(WRONG_ID, "wrong_id", true, "acknowledges with a wrong id")	/* the id */ \
	X(WRONG_LEN, "wrong_len", true, "claims to have written bytes")	/* the length */ \
	X(NO_IRQ, "no_irq", true, "acknowledges without an interrupt")	/* head */ \
	X(COALESCE, "coalesce", false, \
	    "holds an interrupt back until a later answer")	/* answers held back */ \
	X(LATENCY, "latency", false, "takes another time to answer")	/* ns */ \
	X(NEEDS_RESET, "needs_reset", false, "gives up and wants a reset")	/* 0 */ \
	X(ACTUAL, "actual", false, "changes `actual` by itself")	/* pages */ \
	X(SPURIOUS, "spurious", false, "interrupts without a cause")	/* still to come */ \
	X(IGNORED, "ignored", false, \
	    "acknowledges a request and does nothing")	/* bytes */ \
	X(OVERLONG, "overlong", false, "never acknowledges an over-long request") /* bytes */ \
	X(BROKEN, "broken", false, \
	    "stops, because the ring the driver wrote is wrong") /* enum virtqueue_fault */

enum device_habit {
	HABIT_NONE,
#define X(id, word, breaks, what) HABIT_##id,
	DEVICE_HABITS(X)
#undef X
	HABITS
};

const char *device_habit_word(enum device_habit habit);
const char *device_habit_text(enum device_habit habit);
bool device_habit_breaks_rules(enum device_habit habit);

/* Requests that were taken and not acknowledged, oldest first. */
struct balloon_request {
	uint64_t due_ns;
	uint32_t bytes;			/* length of its device-readable part */
	uint16_t head;
};

struct balloon;

struct balloon_side {			/* one of the two queues */
	struct balloon *balloon;
	enum balloon_queue queue;
	struct balloon_request *request;	/* ring of `max` */
	uint32_t first, count, max;
	struct clock_event *timer;	/* for the oldest request */
	uint64_t lost;			/* taken and never to be acknowledged */
	bool paused;
	uint64_t left[HABITS];		/* completions that a habit still holds for */
	uint64_t latency_ns, jitter_ns;	/* while left[HABIT_LATENCY] */
	uint64_t held_back;		/* answers without their interrupt, HABIT_COALESCE */
	uint64_t requests, entries;	/* since the driver began */
};

/* Interrupts without a cause, one after the other. */
struct balloon_source {
	struct balloon *balloon;
	int queue;			/* BALLOON_NO_QUEUE: configuration */
	bool spurious;			/* ISR does not show them */
	uint64_t left;
	struct clock_event *timer;
};

struct balloon {
	struct transport transport;
	struct device_config config;
	uint32_t num_pages, actual;	/* configuration space */
	struct balloon_side side[BALLOON_ACTIVE];
	struct balloon_source source[BALLOON_ACTIVE + 1];	/* the last: configuration */
	unsigned notify;		/* queues (bits) that still get this batch's interrupt */
	struct virtqueue_chain chain;
	uint32_t *entry;		/* page numbers of the request at hand */
	size_t entries_max;
	bool broken;			/* by the driver's ring */
	bool unhealthy;			/* a habit that breaks the specification struck */
	bool actual_foreign;		/* `actual` is not what this driver wrote */
};

void balloon_init(struct balloon *balloon, struct world *world,
    const struct device_config *config);
void balloon_fini(struct balloon *balloon);
/* Once the world is there: what the host has from the start. */
void balloon_power_on(struct balloon *balloon);

/*
 * Switch a habit on for the next `count` completions of a queue (DROP, DUPLICATE, WRONG_*,
 * NO_IRQ, COALESCE), or do it now (PAUSE, RESUME).  UINT64_MAX: for good; 0: off.
 */
void balloon_habit(struct balloon *balloon, enum device_habit habit, enum balloon_queue queue,
    uint64_t count);
/* Other times for the next `count` requests of a queue. */
void balloon_latency(struct balloon *balloon, enum balloon_queue queue, uint64_t latency_ns,
    uint64_t jitter_ns, uint64_t count);
void balloon_need_reset(struct balloon *balloon);
/* The device writes `actual` itself; no interrupt. */
void balloon_set_actual(struct balloon *balloon, uint32_t pages);
/*
 * `count` interrupts for a queue, or with BALLOON_NO_QUEUE for the configuration, one after
 * the other.  spurious: nothing shows in ISR; else the bit shows, yet nothing is new.
 */
void balloon_interrupt(struct balloon *balloon, int queue, bool spurious, uint64_t count);

/* Requests that the device was told of or took, and did not answer. */
uint64_t balloon_inflight(const struct balloon *balloon, enum balloon_queue queue);
/* Will anything still come by itself (answers, interrupts)? */
bool balloon_is_busy(const struct balloon *balloon);
/* Nothing paused, lost, broken or due to be dropped: a request will be answered. */
bool balloon_answers(const struct balloon *balloon);

#endif /* VIOSIM_DEVICE_BALLOON_H */
