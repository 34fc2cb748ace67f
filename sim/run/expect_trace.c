/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `expect-trace`: events that come in a given order from a step on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "run/state.h"
#include "scenario/text.h"

/* ---- what there is to name ---- */

#define BETWEEN(kind) ((kind) >= EV_IRQ_RAISE && (kind) <= EV_HOST_REBOOT)

const struct scenario_event_kind *
run_event_kinds(void)
{
	static struct scenario_event_kind kinds[HW_CALLS + HW_NOTES + EV_KINDS];
	size_t n = 0;

	for (unsigned call = HW_CALL_NONE + 1; call < HW_CALLS; call++)
		kinds[n++] = (struct scenario_event_kind){
			.name = trace_call_name((enum hw_call)call),
			.args = trace_call_names((enum hw_call)call),
			.kind = EV_CALL, .code = (uint16_t)call, .is_call = true,
		};
	for (unsigned note = 0; note < HW_NOTES; note++)
		kinds[n++] = (struct scenario_event_kind){
			.name = trace_note_word((enum hw_note)note),
			.args = trace_note_args((enum hw_note)note),
			.kind = EV_NOTE, .code = (uint16_t)note,
		};
	for (unsigned kind = 0; kind < EV_KINDS; kind++)
		if (BETWEEN(kind))
			kinds[n++] = (struct scenario_event_kind){
				.name = trace_kind_word((enum event_kind)kind),
				.args = trace_kind_args((enum event_kind)kind),
				.kind = (uint16_t)kind,
			};
	return kinds;
}

/* ---- one list ---- */

struct trace_watch {
	const struct scenario_step *step;	/* NULL: not begun, or over */
	uint64_t end_ns;			/* by then all of it has come */
	size_t at;				/* events that have come */
	struct trace_seen {
		char *text;
		uint64_t time_ns;
	} *seen;				/* of the list's length */
};

static bool
is_kind(const struct scenario_event_kind *kind, const struct event *event)
{
	return event->kind == kind->kind && (event->code == kind->code ||
	    (kind->kind != EV_CALL && kind->kind != EV_NOTE));
}

static bool
fits_arg(const struct run *run, const struct scenario_event_arg *arg, uint64_t value)
{
	bool bits;

	if (arg->letter == 'S')
		return strcmp(trace_text_of(&run->world.trace, value), arg->string) == 0;
	if (trace_words(arg->letter, &bits) != NULL && bits && arg->value != 0)
		return (value & arg->value) == arg->value;
	return value == arg->value;
}

static bool
fits(const struct run *run, const struct scenario_event *wanted, const struct event *event)
{
	if (!is_kind(wanted->kind, event))
		return false;
	for (size_t i = 0; i < wanted->count; i++)
		if (!fits_arg(run, &wanted->wants[i], event_values(event)[wanted->wants[i].index]))
			return false;
	return true;
}

static const struct scenario_event_arg *
queue_of(const struct scenario_event *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (wanted->wants[i].letter == 'q')
			return &wanted->wants[i];
	return NULL;
}

/* An event of another queue is of another kind where the list names queues. */
static bool
is_of_their_kinds(const struct scenario_trace *list, const struct event *event)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct scenario_event_arg *queue = queue_of(&list->event[i]);

		if (is_kind(list->event[i].kind, event) && (queue == NULL ||
		    event_values(event)[queue->index] == queue->value))
			return true;
	}
	return false;
}

/* Does the list give this argument of such events? */
static bool
names_arg(const struct scenario_trace *list, const struct event *event, unsigned index)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t a = 0; a < list->event[i].count; a++)
			if (is_kind(list->event[i].kind, event) &&
			    list->event[i].wants[a].index == index)
				return true;
	return false;
}

/* The event as the list would have it; heap. */
static char *
text_of(const struct run *run, const struct scenario_trace *list, const struct event *event)
{
	struct scenario_vocab vocab = scenario_vocab_of(run_vocab(), run->scenario->device.type);
	const struct scenario_event_kind *kind = vocab.events;
	const char *between = ": {";
	struct sbuf buf;
	FILE *f = sbuf_open(&buf);
	char letter, name[SCENARIO_ARG_NAME];

	while (!is_kind(kind, event))
		kind++;
	fputs(kind->name, f);
	for (unsigned i = 0; (letter = scenario_event_arg_of(kind->args, i, name)) != 0; i++) {
		if (!names_arg(list, event, i))
			continue;
		fprintf(f, "%s%s: ", between, name);
		scenario_event_value_print(letter, event_values(event)[i], letter == 'S' ?
		    trace_text_of(&run->world.trace, event_values(event)[i]) : NULL, &vocab, f);
		between = ", ";
	}
	fputs(*between == ',' ? "}" : "", f);
	return sbuf_close(&buf);
}

/* ---- failing ---- */

/* Side by side; `event` came where another was due, or none did (NULL). */
static void
add_rows(struct run *run, const struct trace_watch *watch, struct failure *failure,
    const struct event *event)
{
	const struct scenario_trace *list = &watch->step->trace;

	failure->row = xcalloc(list->count, sizeof(failure->row[0]));
	failure->rows = list->count;
	for (size_t i = 0; i < list->count; i++) {
		struct failure_row *row = &failure->row[i];

		row->expected = xstrdup(list->event[i].text);
		row->differs = i == watch->at;
		if (i < watch->at) {
			row->actual = xstrdup(watch->seen[i].text);
			row->time_ns = watch->seen[i].time_ns;
		} else if (i == watch->at && event != NULL) {
			row->actual = text_of(run, list, event);
			row->time_ns = event->time_ns;
		}
	}
}

static void
fail(struct run *run, struct trace_watch *watch, const struct event *event, const char *why)
{
	const struct scenario_trace *list = &watch->step->trace;
	char expected[160];
	struct failure *failure;

	snprintf(expected, sizeof(expected), "%s, event %zu of %zu",
	    list->event[watch->at].text, watch->at + 1, list->count);
	failure = run_fail(run, list->event[watch->at].loc, "expect-trace", expected, why);
	if (failure != NULL)
		add_rows(run, watch, failure, event);
	watch->step = NULL;
}

static void
fail_late(struct run *run, struct trace_watch *watch)
{
	char *time = SBUF_TEXT(f, text_print_time(watch->step->within, f)), why[80];

	snprintf(why, sizeof(why), "it did not come within %s", time);
	free(time);
	fail(run, watch, NULL, why);
}

static void
fail_with(struct run *run, struct trace_watch *watch, const struct event *event)
{
	char *text = text_of(run, &watch->step->trace, event);

	fail(run, watch, event, text);
	free(text);
}

/* ---- watching ---- */

/* Is the event one that comes later in the list, and none of those that have come? */
static bool
is_too_early(const struct run *run, const struct trace_watch *watch, const struct event *event)
{
	const struct scenario_trace *list = &watch->step->trace;
	bool later = false;

	for (size_t i = 0; i < list->count; i++)
		if (fits(run, &list->event[i], event)) {
			if (i < watch->at)
				return false;
			later = true;
		}
	return later;
}

static void
look(struct run *run, struct trace_watch *watch, const struct event *event)
{
	const struct scenario_trace *list = &watch->step->trace;

	if (event->time_ns > watch->end_ns) {
		fail_late(run, watch);
	} else if (fits(run, &list->event[watch->at], event)) {
		watch->seen[watch->at].text = text_of(run, list, event);
		watch->seen[watch->at].time_ns = event->time_ns;
		if (++watch->at == list->count)
			watch->step = NULL;
	} else if (watch->step->exactly && watch->at > 0 ? is_of_their_kinds(list, event) :
	    is_too_early(run, watch, event)) {
		fail_with(run, watch, event);
	}
}

static void
on_event(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	struct run *run = arg;

	(void)site;
	(void)payload;
	for (size_t i = 0; i < run->scenario->steps.count; i++)
		if (run->watch[i].step != NULL)
			look(run, &run->watch[i], event);
}

void
run_traces_init(struct run *run)
{
	const struct scenario_steps *steps = &run->scenario->steps;
	uint64_t kinds = 0;

	for (size_t i = 0; i < steps->count; i++) {
		if (steps->step[i].verb != SCENARIO_STEP_EXPECT_TRACE)
			continue;
		for (size_t e = 0; e < steps->step[i].trace.count; e++)
			kinds |= UINT64_C(1) << steps->step[i].trace.event[e].kind->kind;
	}
	if (kinds == 0)
		return;
	run->watch = xcalloc(steps->count, sizeof(run->watch[0]));
	trace_observe(&run->world.trace, (struct observer){
		.kinds = kinds, .see = on_event, .self = run,
	});
}

void
run_trace_begin(struct run *run, const struct scenario_step *step)
{
	struct trace_watch *watch = &run->watch[run->at_step];
	uint64_t within = (uint64_t)scenario_time_ns(step->within, run->machine->hz);

	*watch = (struct trace_watch){
		.step = step, .end_ns = UINT64_MAX,
		.seen = xcalloc(step->trace.count, sizeof(watch->seen[0])),
	};
	if (scenario_time_is_given(step->within))
		watch->end_ns = run->world.clock.now_ns + within;
}

void
run_traces_end(struct run *run)
{
	for (size_t i = 0; run->watch != NULL && i < run->scenario->steps.count; i++) {
		struct trace_watch *watch = &run->watch[i];

		if (watch->step == NULL)
			continue;
		if (run->world.clock.now_ns > watch->end_ns)
			fail_late(run, watch);
		else if (run->world.end == WORLD_RUNNING)
			fail(run, watch, NULL, "it did not come before the run was over");
		else
			fail(run, watch, NULL, "not decided: the run ended early");
	}
}

void
run_traces_fini(struct run *run)
{
	for (size_t i = 0; run->watch != NULL && i < run->scenario->steps.count; i++) {
		for (size_t e = 0; run->watch[i].seen != NULL &&
		    e < run->scenario->steps.step[i].trace.count; e++)
			free(run->watch[i].seen[e].text);
		free(run->watch[i].seen);
	}
	free(run->watch);
}
