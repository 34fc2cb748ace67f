/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two drivers on the same case: what does one do that the other does not?
 *
 * Compared are kernel calls and their results, interrupts, and what the device and the host
 * behind it see: requests with their entries, notifications, status, features, queues, the
 * balloon's count.  Of each: order, arguments, context, CPU, level and time.  Not compared:
 * wording of messages, source positions, single memory accesses.
 */
#ifndef VIOSIM_RUN_COMPARE_H
#define VIOSIM_RUN_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/align.h"
#include "run/run.h"

#define COMPARE_BOUND ALIGN_BOUND

/* One event, as it is compared. */
struct compare_event {
	uint64_t time_ns;
	uint64_t value[HW_ARGS_MAX];	/* texts are 0 */
	uint32_t ctx;
	uint32_t site;			/* not compared; of the call it happened in, else 0 */
	uint32_t call;			/* not compared; of a result: index of its call */
	uint16_t kind, code;		/* enum event_kind; of calls and results HW_CALL_* */
	uint8_t ctx_kind, cpu, ipl;
};

struct compare_stream {
	struct compare_event *event;
	size_t count, max;
	enum world_end end;
	uint32_t end_site;		/* where it panicked or crashed, or 0 */
};

enum compare_kind {
	COMPARE_SAME,
	COMPARE_REMOVED,		/* a has it, b has not */
	COMPARE_ADDED,			/* b has it, a has not */
	COMPARE_CHANGED,		/* both have it, with other values */
	COMPARE_LATER, COMPARE_EARLIER,	/* in b; all else is the same */
	COMPARE_END,			/* the runs end differently */
	COMPARE_LOST,			/* from here on they have nothing to do with each other */
	COMPARE_KINDS
};

/* What of a changed event: a bit for each argument, and these. */
#define COMPARE_CTX (1u << HW_ARGS_MAX)
#define COMPARE_CPU (2u << HW_ARGS_MAX)
#define COMPARE_IPL (4u << HW_ARGS_MAX)

struct compare_row {
	uint32_t a, b;			/* indices of events; ALIGN_NONE: has none */
	uint8_t kind;			/* enum compare_kind */
	uint8_t what;			/* of COMPARE_CHANGED */
	bool follows;			/* from another difference: the result of a call that is
					   added or removed too, or after the other run's end */
};

struct compare_result {
	struct compare_row *row;	/* the streams side by side; LOST comes last */
	size_t count;
	size_t differences;		/* rows that are neither COMPARE_SAME nor follow */
	size_t moved;			/* equal rows, shifted as the one before is */
	uint32_t lost_a, lost_b;	/* COMPARE_LOST: first events that were not aligned */
};

/* What happens in a case under the driver of `options`. */
void compare_record(const struct scenario_case *c, const struct run_options *options,
    struct compare_stream *stream);
void compare_stream_fini(struct compare_stream *stream);

/*
 * Align them.  An event that is only later or earlier counts where the shift begins or changes;
 * those after it, in the same context, that are shifted by the same are `moved`, and no
 * difference.  `bound`: events without a partner, at most.
 */
void compare_streams(const struct compare_stream *a, const struct compare_stream *b,
    unsigned bound, struct compare_result *result);
void compare_result_fini(struct compare_result *result);

#endif /* VIOSIM_RUN_COMPARE_H */
