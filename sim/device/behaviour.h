/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Behaviours of a device: what can be odd about it, whatever its type.
 *
 * Each is a row here and a function `behave_ID` in behaviour.c.  A row of QUEUE_BEHAVIOURS is
 * also a key of the step `device:` of every class (scenario.h of this folder); its value is a
 * queue.
 */
#ifndef VIOSIM_DEVICE_BEHAVIOUR_H
#define VIOSIM_DEVICE_BEHAVIOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/class.h"

/* When the function of a behaviour is asked. */
enum behaviour_when {
	BEHAVES_NOW,			/* when the step is done */
	BEHAVES_BEFORE_USED,		/* with a completion, before its used entry is written */
	BEHAVES_AFTER_USED,		/* after it */
	BEHAVES_BEFORE_IRQ,		/* before its interrupt */
	BEHAVES_ON_NOTIFY,		/* when the driver notifies the queue */
	BEHAVES_AT_RESET,		/* when the driver resets the device */
	BEHAVES_BY_ITSELF		/* elsewhere; recorded only */
};

/*
 * X(code, ID, word, when, breaks, "what the device does", "help for the key of the step")
 * code: of EV_DEV_BEHAVIOUR, never to be changed.  breaks: the specification forbids it, and from
 * then on nobody can hold the driver to it.  In brackets: the argument of the event.
 */
#define QUEUE_BEHAVIOURS(X) \
	X(1, PAUSE, pause, NOW, false, "stops processing a queue", \
	    "stop completing requests of this queue")			/* 0 */ \
	X(2, RESUME, resume, NOW, false, "resumes processing a queue", \
	    "resume completing requests of this queue")			/* 0 */ \
	X(3, DROP, drop, BEFORE_USED, false, "does not complete a request", \
	    "lose the next completions of this queue")			/* head */ \
	X(4, DUPLICATE, duplicate, AFTER_USED, true, "completes a request twice", \
	    "complete twice")						/* head */ \
	X(5, WRONG_QUEUE, wrong_queue, BEFORE_USED, true, \
	    "completes a request on the other queue", \
	    "complete on the other queue")				/* head */ \
	X(6, WRONG_ID, wrong_id, BEFORE_USED, true, "completes a request with a wrong id", \
	    "complete with another id (`id`)")			/* the id */ \
	X(7, WRONG_LEN, wrong_len, BEFORE_USED, true, "claims to have written bytes", \
	    "complete with a wrong length (`length`)")		/* the length */ \
	X(8, NO_IRQ, no_irq, BEFORE_IRQ, true, "completes a request without an interrupt", \
	    "complete without an interrupt")				/* head */ \
	X(9, COALESCE, coalesce, BEFORE_IRQ, false, \
	    "delays an interrupt until a later completion", \
	    "one interrupt for several completions while more requests are in flight") \
							/* completions held back */ \
	X(17, MISS, miss, ON_NOTIFY, false, "misses a notification", \
	    "miss the next notifications of this queue; one that is not missed serves all") \
						/* requests that nobody looks at */ \
	X(18, AFTER_RESET, after_reset, AT_RESET, true, "completes a request after its reset", \
	    "complete the oldest request in flight in spite of a reset, 1 ms after it") /* head */

/* X(code, ID, word, breaks, "what the device does"): not of a completion. */
#define OTHER_BEHAVIOURS(X) \
	X(10, LATENCY, latency, false, "changes its latency")	/* ns */ \
	X(11, NEEDS_RESET, needs_reset, false, "sets DEVICE_NEEDS_RESET and stops") /* 0 */ \
	X(13, SPURIOUS, spurious, false, \
	    "raises an interrupt without a cause")		/* still to come */ \
	X(16, BROKEN, broken, false, \
	    "stops, because the ring the driver wrote is wrong") /* enum virtqueue_fault */ \
	X(19, GONE, gone, false, "is gone: its registers read all ones")	/* 0 */ \
	X(20, SNAPSHOT, snapshot, false, "saves its state")	/* number of the snapshot */ \
	X(21, RESTORE, restore, false, \
	    "takes its state back from a snapshot")	/* 1: requests were made in between */

enum behaviour {
#define X(code, id, word, when, breaks, what, help) BEHAVIOUR_##id,
	QUEUE_BEHAVIOURS(X)
#undef X
#define X(code, id, word, breaks, what) BEHAVIOUR_##id,
	OTHER_BEHAVIOURS(X)
#undef X
	BEHAVIOURS
};
_Static_assert(BEHAVIOURS <= DEVICE_BEHAVIOURS_MAX, "raise the limit in device.h");

extern const struct device_behaviour device_behaviours[BEHAVIOURS];

/* Used lengths.  X(ID, "word", value), of a request of `asked` bytes, `written` by the device. */
#define USED_LENGTHS(X) \
	X(WRITTEN, "written", written) \
	X(ASKED, "asked", asked) \
	X(ONE, "one", 1) \
	X(FOUR, "four", 4) \
	X(MORE, "over", asked + 4) \
	X(MAX31, "max31", INT32_MAX) \
	X(MAX32, "max32", UINT32_MAX)
/* Used ids that are not that of the request.  X(ID, "word", "what") */
#define USED_IDS(X) \
	X(NEXT, "next", "one more") \
	X(FREE, "free", "one that is in no request in flight") \
	X(IN_USE, "in-use", "that of another request in flight; its own if there is none") \
	X(BEYOND, "beyond", "the first that the queue does not have")
#define X(id, ...) USED_LENGTH_##id,
enum used_length { USED_LENGTHS(X) };
#undef X
#define X(id, ...) USED_ID_##id,
enum used_id { USED_IDS(X) };
#undef X
extern const struct field_word used_length_words[], used_id_words[];

uint32_t used_length(enum used_length kind, uint32_t asked, uint32_t written);

/* A completion in the making: what the function of a behaviour may change. */
struct completion {
	struct device_queue *queue;	/* whose request it is */
	unsigned on;			/* number of the queue that gets the used entry */
	uint16_t head;			/* of the request */
	uint32_t asked;			/* bytes of the request */
	uint32_t id, length;		/* of the used entry */
};

/*
 * Switch a behaviour on for the next `count` completions of a queue, or do it now
 * (BEHAVES_NOW).  UINT64_MAX: for good; 0: off.
 */
void device_behave(struct device *device, enum behaviour behaviour, unsigned queue,
    uint64_t count);

/*
 * The behaviours that hold for this completion and are of that time, each counted down.  False
 * as soon as one says that this is as far as the completion gets.
 */
bool behaviours_apply(struct completion *completion, enum behaviour_when when);
/* Does it hold for this completion?  Counts down. */
bool behaviour_spend(struct device_queue *queue, enum behaviour behaviour);

/* Is it one of the next so many completions? */
bool behaviour_is_counted(enum behaviour behaviour);

/* Record one that showed (queue or DEVICE_CONFIGURATION). */
void behaviour_emit(struct device *device, const struct device_behaviour *behaviour, int queue,
    uint64_t what);

#endif /* VIOSIM_DEVICE_BEHAVIOUR_H */
