/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs done again: see same.h.
 */
#include "explore/same.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/vec.h"

struct stream { VEC_MEMBERS(struct event); };

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct stream *stream = self;

	(void)site;
	(void)payload;
	*(struct event *)vec_add(stream) = *event;
}

static void
started(void *self, struct world *world)
{
	trace_observe(&world->trace, (struct observer){
		.kinds = ~UINT64_C(0), .see = see, .self = self,
	});
}

/* One run; its events too when there is a stream for them. */
static uint64_t
run(struct trial *trial, const struct scenario_case *c, uint64_t noise, struct stream *stream)
{
	struct run_options options = {
		.started = stream != NULL ? started : NULL, .arg = stream,
		.draw_noise = noise,
	};
	struct run_result result;
	uint64_t digest;

	trial_watch(trial, c, &options, &result);
	digest = result.digest;
	run_result_fini(&result);
	return digest;
}

static void
print_event(const struct stream *stream, size_t at, FILE *out)
{
	const struct event *event;

	if (at >= stream->count) {
		fputs("the run is over", out);
		return;
	}
	event = &stream->item[at];
	fprintf(out, "%s", trace_kind_word((enum event_kind)event->kind));
	if (event->kind == EV_CALL || event->kind == EV_RET)
		fprintf(out, " %s", trace_call_name((enum hw_call)event->code));
	fprintf(out, " in context %" PRIu32 " at %" PRIu64 " ns (", event->ctx, event->time_ns);
	for (unsigned i = 0; i < HW_ARGS_MAX; i++)
		fprintf(out, "%s%" PRIx64, i > 0 ? " " : "", event_values(event)[i]);
	fputc(')', out);
}

static void
print_difference(const struct stream *a, const struct stream *b, FILE *out)
{
	size_t at = 0, least = a->count < b->count ? a->count : b->count;

	while (at < least && memcmp(&a->item[at], &b->item[at], sizeof(a->item[0])) == 0)
		at++;
	if (at == a->count && at == b->count) {
		fputs("two more runs had the same events: it is not the run but what was done "
		    "in this process before", out);
		return;
	}
	fprintf(out, "the first event that differs is number %zu: ", at);
	print_event(a, at, out);
	fputs(" in one run, ", out);
	print_event(b, at, out);
	fputs(" in the next", out);
}

char *
same_again(struct trial *trial, const struct scenario_case *c, uint64_t digest, uint64_t noise)
{
	struct stream a = { 0 }, b = { 0 };
	struct sbuf buf;

	if (run(trial, c, noise, NULL) == digest)
		return NULL;
	run(trial, c, noise != 0 ? noise + 1 : 0, &a);
	run(trial, c, noise != 0 ? noise + 2 : 0, &b);
	print_difference(&a, &b, sbuf_open(&buf));
	vec_fini(&a);
	vec_fini(&b);
	return sbuf_close(&buf);
}
