/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two runs side by side, for people: see compared.h.
 */
#include "report/compared.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/world.h"
#include "report/words.h"
#include "scenario/text.h"
#include "scenario/scenario.h"

#define CONTEXT 3			/* equal rows before and after a difference */
#define HUNK_MAX 16			/* differing rows of the first difference */

#define NS_PER_S UINT64_C(1000000000)

/* ---- single events ---- */

const char *
compared_kind_word(enum compare_kind kind)
{
	static const char *const words[COMPARE_KINDS] = {
		[COMPARE_SAME] = "same", [COMPARE_REMOVED] = "removed",
		[COMPARE_ADDED] = "added", [COMPARE_CHANGED] = "changed",
		[COMPARE_LATER] = "later", [COMPARE_EARLIER] = "earlier",
		[COMPARE_END] = "ends differently", [COMPARE_LOST] = "parted",
	};

	return words[kind];
}

bool
compared_position(const struct compared_side *side, uint32_t site, struct source_pos *pos)
{
	return site != 0 && side->source != NULL && source_lookup(side->source, site, pos);
}

void
compared_thing(const struct compare_event *event, char *text, size_t size)
{
	if (event->kind == EV_CALL || event->kind == EV_RET)
		snprintf(text, size, "%s%s", event->kind == EV_RET ? "return of " : "",
		    trace_call_name((enum hw_call)event->code));
	else
		snprintf(text, size, "%s", trace_kind_word((enum event_kind)event->kind));
}

/* The letter of a value, and its name (of a result ""); 0: there are no more. */
static char
value_at(const struct compare_event *event, unsigned index, char name[SCENARIO_ARG_NAME])
{
	name[0] = '\0';
	if (event->kind == EV_RET)
		return index == 0 ? *trace_call_result((enum hw_call)event->code) : '\0';
	return scenario_event_arg_of(event->kind == EV_CALL ?
	    trace_call_names((enum hw_call)event->code) :
	    trace_kind_args((enum event_kind)event->kind), index, name);
}

static void
say_one(char letter, uint64_t value, char *text, size_t size)
{
	static const struct words nowhere;

	if (letter == 'S')
		snprintf(text, size, "text");
	else
		words_value(&nowhere, letter, value, text, size);
}

unsigned
compared_values(const struct compare_event *event, char value[][COMPARED_NAME])
{
	char name[SCENARIO_ARG_NAME], text[COMPARED_NAME], letter;
	unsigned count = 0;
	/* Calls stand as the driver wrote them. */
	bool named = event->kind != EV_CALL && event->kind != EV_RET;

	for (; count < HW_ARGS_MAX && (letter = value_at(event, count, name)) != '\0'; count++) {
		say_one(letter, event->value[count], text, sizeof(text));
		snprintf(value[count], COMPARED_NAME, "%.20s%s%.40s", named ? name : "",
		    named ? " " : "", text);
	}
	return count;
}

static void
add_word(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", word);
}

void
compared_what(const struct compare_event *event, unsigned what, char *text, size_t size)
{
	char name[SCENARIO_ARG_NAME];

	text[0] = '\0';
	for (unsigned i = 0; i < HW_ARGS_MAX; i++) {
		value_at(event, i, name);
		if (what >> i & 1)
			add_word(text, size, name[0] != '\0' ? name : "result");
	}
	if (what & COMPARE_CTX)
		add_word(text, size, "context");
	if (what & COMPARE_CPU)
		add_word(text, size, "cpu");
	if (what & COMPARE_IPL)
		add_word(text, size, "ipl");
}

/* ---- cases ---- */

/* Rows from `first` to before `end`. */
struct hunk {
	size_t first, end;
};

static void
print_position(const struct compared_side *side, uint32_t site, const char *before,
    FILE *stream)
{
	struct source_pos pos;

	if (compared_position(side, site, &pos))
		fprintf(stream, "%s%s:%u (%s)", before, pos.file, pos.line, pos.function);
}

static const char *
who(const struct compare_event *event)
{
	static const char *const contexts[] = {
		[HW_CTX_AUTOCONF] = "autoconf", [HW_CTX_KTHREAD] = "thread",
		[HW_CTX_SOFTINT] = "softint", [HW_CTX_HARDINT] = "interrupt",
	};

	if (event->ctx == 0)
		return "machine";
	return event->ctx_kind < sizeof(contexts) / sizeof(contexts[0]) &&
	    contexts[event->ctx_kind] != NULL ? contexts[event->ctx_kind] : "?";
}

static void
print_event(char mark, const struct compare_event *event, FILE *stream)
{
	char thing[COMPARED_NAME], value[HW_ARGS_MAX][COMPARED_NAME];
	unsigned count = compared_values(event, value);

	compared_thing(event, thing, sizeof(thing));
	fprintf(stream, "  %c %4" PRIu64 ".%09" PRIu64 "s %-9s ipl %u  %s(", mark,
	    event->time_ns / NS_PER_S, event->time_ns % NS_PER_S, who(event), event->ipl,
	    thing);
	for (unsigned i = 0; i < count; i++)
		fprintf(stream, "%s%s", i > 0 ? ", " : "", value[i]);
	fputc(')', stream);
}

static void
print_one(const struct compared_side *side, char mark, uint32_t index, FILE *stream)
{
	const struct compare_event *event = &side->stream->event[index];

	print_event(mark, event, stream);
	print_position(side, event->site, "  ", stream);
	fputc('\n', stream);
}

/* An equal event is printed once, with where it stands in both. */
static void
print_same(const struct compared *compared, const struct compare_row *row, FILE *stream)
{
	const struct compare_event *a = &compared->a.stream->event[row->a];
	const struct compare_event *b = &compared->b.stream->event[row->b];
	struct source_pos pos_a, pos_b;

	print_event(' ', a, stream);
	print_position(&compared->a, a->site, "  ", stream);
	if (compared_position(&compared->a, a->site, &pos_a) &&
	    compared_position(&compared->b, b->site, &pos_b) &&
	    (pos_a.line != pos_b.line || strcmp(pos_a.file, pos_b.file) != 0 ||
	    strcmp(pos_a.function, pos_b.function) != 0))
		print_position(&compared->b, b->site, ", b: ", stream);
	fputc('\n', stream);
}

static void
print_shift(const struct compare_event *a, const struct compare_event *b, FILE *stream)
{
	bool later = b->time_ns > a->time_ns;
	char text[48];

	if (a->time_ns == b->time_ns)
		return;
	text_duration(later ? b->time_ns - a->time_ns : a->time_ns - b->time_ns, text,
	    sizeof(text));
	fprintf(stream, "%s %s in b", text, later ? "later" : "earlier");
}

static void
print_changed(const struct compared *compared, const struct compare_row *row, FILE *stream)
{
	const struct compare_event *a = &compared->a.stream->event[row->a];
	const struct compare_event *b = &compared->b.stream->event[row->b];
	char what[COMPARED_NAME];

	compared_what(b, row->what, what, sizeof(what));
	print_one(&compared->a, '-', row->a, stream);
	print_one(&compared->b, '+', row->b, stream);
	fprintf(stream, "  ^ %s%s", what,
	    what[0] != '\0' && a->time_ns != b->time_ns ? ", " : "");
	print_shift(a, b, stream);
	fputc('\n', stream);
}

static void
print_end(const struct compared_side *side, char mark, FILE *stream)
{
	fprintf(stream, "  %c the run ends: %s", mark, world_end_word(side->stream->end));
	print_position(side, side->stream->end_site, "  ", stream);
	fputc('\n', stream);
}

static void
print_lost(const struct compared *compared, FILE *stream)
{
	const struct compare_result *result = compared->result;

	fputs("  ! from here on the two have nothing to do with each other:\n", stream);
	if (result->lost_a < compared->a.stream->count)
		print_one(&compared->a, '-', result->lost_a, stream);
	if (result->lost_b < compared->b.stream->count)
		print_one(&compared->b, '+', result->lost_b, stream);
	fprintf(stream, "  ! %zu further events in a and %zu in b are not compared\n",
	    compared->a.stream->count - result->lost_a, compared->b.stream->count - result->lost_b);
}

static void
print_row(const struct compared *compared, const struct compare_row *row, FILE *stream)
{
	switch ((enum compare_kind)row->kind) {
	case COMPARE_SAME:
		print_same(compared, row, stream);
		break;
	case COMPARE_REMOVED:
		print_one(&compared->a, '-', row->a, stream);
		break;
	case COMPARE_ADDED:
		print_one(&compared->b, '+', row->b, stream);
		break;
	case COMPARE_CHANGED: case COMPARE_LATER: case COMPARE_EARLIER:
		print_changed(compared, row, stream);
		break;
	case COMPARE_END:
		print_end(&compared->a, '-', stream);
		print_end(&compared->b, '+', stream);
		break;
	case COMPARE_LOST: case COMPARE_KINDS:
		print_lost(compared, stream);
		break;
	}
}

/* The next one from row `at` on, with equal rows around it; false: there is none. */
static bool
next_hunk(const struct compare_result *result, size_t at, struct hunk *hunk)
{
	size_t last = at, same = 0;

	while (last < result->count && result->row[last].kind == COMPARE_SAME)
		last++;
	if (last == result->count)
		return false;
	hunk->first = last - at > CONTEXT ? last - CONTEXT : at;
	for (size_t i = last; i < result->count && same <= 2 * CONTEXT; i++) {
		same = result->row[i].kind == COMPARE_SAME ? same + 1 : 0;
		if (same == 0)
			last = i;
	}
	hunk->end = result->count - last - 1 > CONTEXT ? last + 1 + CONTEXT : result->count;
	return true;
}

/* Not `all`: no more than a screen of it, and less of what only follows from a bad end. */
static void
print_hunk(const struct compared *compared, const struct hunk *hunk, bool all, FILE *stream)
{
	unsigned left = HUNK_MAX;

	for (size_t i = hunk->first; i < hunk->end && (all || left > 0); i++) {
		const struct compare_row *row = &compared->result->row[i];

		left -= row->kind != COMPARE_SAME;
		if (row->kind == COMPARE_END && left > CONTEXT)
			left = CONTEXT;
		print_row(compared, row, stream);
	}
}

void
compared_print(const struct compared *compared, bool all, FILE *stream)
{
	const struct compare_result *result = compared->result;
	struct hunk hunk;
	size_t at = 0, same = 0;

	if (result->differences == 0)
		return;
	while (same < result->count && result->row[same].kind == COMPARE_SAME)
		same++;
	fprintf(stream, "%s: %zu difference%s after %zu equal events\n", compared->id,
	    result->differences, result->differences == 1 ? "," : "s, the first",
	    same);
	while (next_hunk(result, at, &hunk)) {
		if (at > 0)
			fputs("  ...\n", stream);
		print_hunk(compared, &hunk, all, stream);
		if (!all)
			break;
		at = hunk.end;
	}
}
