/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recording and comparing the kernel calls of two drivers.
 */
#include "run/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/source.h"

static void
push(struct compare_stream *stream, const struct compare_call *call)
{
	if (stream->count == stream->max) {
		stream->max = stream->max ? 2 * stream->max : 256;
		stream->call = realloc(stream->call, stream->max * sizeof(*call));
		if (stream->call == NULL)
			abort();
	}
	stream->call[stream->count++] = *call;
}

static void
add(struct compare_stream *stream, const struct event *event, uint32_t site)
{
	const char *letters = event->kind == EV_CALL ?
	    trace_call_args((enum hw_call)event->code) :
	    trace_call_result((enum hw_call)event->code);
	struct compare_call call = {
		.time_ns = event->time_ns, .ctx = event->ctx, .site = site,
		.kind = event->kind, .code = event->code,
		.ctx_kind = (uint8_t)event->ctx_kind, .cpu = event->cpu, .ipl = event->ipl,
	};

	for (int i = 0; i < HW_ARGS_MAX; i++) {
		bool is_text = letters[0] != '\0' && letters[0] == 'S';

		call.arg[i] = is_text ? 0 : event->arg[i];
		letters += letters[0] != '\0';
	}
	push(stream, &call);
}

static void
collect(void *arg, struct world *world, const struct run_result *result)
{
	struct compare_stream *stream = arg;

	for (uint32_t seq = 0; seq < world->trace.count; seq++) {
		const struct event *event = trace_event(&world->trace, seq);

		if (event->kind == EV_CALL || event->kind == EV_RET)
			add(stream, event, trace_site(&world->trace, seq));
	}
	stream->end = result->end;
}

void
compare_record(const struct scenario_case *c, const struct run_options *options,
    struct compare_stream *stream)
{
	struct run_options mine = *options;
	struct run_result result;

	memset(stream, 0, sizeof(*stream));
	mine.keep_trace = true;
	mine.finished = collect;
	mine.arg = stream;
	run_case(c, &mine, &result);
	run_result_fini(&result);
}

void
compare_stream_fini(struct compare_stream *stream)
{
	free(stream->call);
}

static bool
is_same(const struct compare_call *a, const struct compare_call *b)
{
	return a->time_ns == b->time_ns && a->ctx == b->ctx && a->kind == b->kind &&
	    a->code == b->code && a->ctx_kind == b->ctx_kind && a->cpu == b->cpu &&
	    a->ipl == b->ipl && memcmp(a->arg, b->arg, sizeof(a->arg)) == 0;
}

size_t
compare_streams(const struct compare_stream *a, const struct compare_stream *b)
{
	size_t n = a->count < b->count ? a->count : b->count;

	for (size_t i = 0; i < n; i++)
		if (!is_same(&a->call[i], &b->call[i]))
			return i;
	return a->count == b->count && a->end == b->end ? SIZE_MAX : n;
}

void
compare_print_call(const struct compare_call *call, struct source *source, FILE *stream)
{
	static const char *const contexts[] = { "autoconf", "thread", "softint", "interrupt" };
	const char *letters = call->kind == EV_CALL ?
	    trace_call_args((enum hw_call)call->code) :
	    trace_call_result((enum hw_call)call->code);
	struct source_pos pos;

	fprintf(stream, "%" PRIu64 ".%09" PRIu64 "s %s ipl %u: %s%s(",
	    call->time_ns / 1000000000, call->time_ns % 1000000000,
	    call->ctx_kind < 4 ? contexts[call->ctx_kind] : "?", call->ipl,
	    call->kind == EV_RET ? "return of " : "",
	    trace_call_name((enum hw_call)call->code));
	for (int i = 0; i < HW_ARGS_MAX && letters[i] != '\0'; i++)
		fprintf(stream, letters[i] == 'x' ? "%s0x%" PRIx64 : "%s%" PRId64,
		    i > 0 ? ", " : "", call->arg[i]);
	fputc(')', stream);
	if (call->site != 0 && source_lookup(source, call->site, &pos))
		fprintf(stream, " at %s:%u (%s)", pos.file, pos.line, pos.function);
}
