/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two drivers on the same case: do they make the same kernel calls?
 *
 * Compared are kernel calls and their results: which, in what order, with what arguments, in
 * which context, at what level and time.  Not compared: wording of messages, source
 * positions, single memory accesses.
 */
#ifndef VIOSIM_RUN_COMPARE_H
#define VIOSIM_RUN_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/run.h"

/* One call or result, as it is compared. */
struct compare_call {
	uint64_t time_ns;
	uint64_t arg[HW_ARGS_MAX];	/* texts are 0 */
	uint32_t ctx;
	uint32_t site;			/* not compared */
	uint16_t kind, code;		/* EV_CALL or EV_RET, HW_CALL_* */
	uint8_t ctx_kind, cpu, ipl;
};

struct compare_stream {
	struct compare_call *call;
	size_t count, max;
	enum world_end end;
};

/* The calls of a case under the driver of `options`. */
void compare_record(const struct scenario_case *c, const struct run_options *options,
    struct compare_stream *stream);
void compare_stream_fini(struct compare_stream *stream);

/* Index of the first difference, or SIZE_MAX if the streams are equal. */
size_t compare_streams(const struct compare_stream *a, const struct compare_stream *b);

/* One line: time, context, call with arguments or result. */
void compare_print_call(const struct compare_call *call, struct source *source, FILE *stream);

#endif /* VIOSIM_RUN_COMPARE_H */
