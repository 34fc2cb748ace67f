/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compared events in words: see compared.h.
 */
#include "report/compared.h"

#include <string.h>

#include "report/words.h"

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

void
compared_thing(const struct compare_event *event, char *text, size_t size)
{
	if (event->kind == EV_CALL || event->kind == EV_RET)
		snprintf(text, size, "%s%s", event->kind == EV_RET ? "return of " : "",
		    trace_call_name((enum hw_call)event->code));
	else
		snprintf(text, size, "%s", trace_kind_word((enum event_kind)event->kind));
}

/* "name:letter name:letter"; of a return one letter. */
static const char *
rows_of(const struct compare_event *event)
{
	if (event->kind == EV_CALL)
		return trace_call_names((enum hw_call)event->code);
	if (event->kind == EV_RET)
		return trace_call_result((enum hw_call)event->code);
	return trace_kind_args((enum event_kind)event->kind);
}

/* The next value's name (may be empty) and letter; false: there is none. */
static bool
next_value(const char **rows, char *name, size_t size, char *letter)
{
	size_t length = strchr(*rows, ':') != NULL ? strcspn(*rows, ":") : 0;

	if (**rows == '\0')
		return false;
	snprintf(name, size, "%.*s", (int)length, *rows);
	*rows += length;
	*rows += **rows == ':';
	*letter = **rows;
	*rows += **rows != '\0';
	*rows += strspn(*rows, " ");
	return true;
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
	char name[COMPARED_NAME], text[COMPARED_NAME], letter;
	unsigned count = 0;
	/* Calls stand as the driver wrote them. */
	bool named = event->kind != EV_CALL && event->kind != EV_RET;

	for (const char *rows = rows_of(event); count < HW_ARGS_MAX &&
	    next_value(&rows, name, sizeof(name), &letter); count++) {
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
	const char *rows = rows_of(event);
	char name[COMPARED_NAME], letter;

	text[0] = '\0';
	for (unsigned i = 0; i < HW_ARGS_MAX; i++) {
		if (!next_value(&rows, name, sizeof(name), &letter) || name[0] == '\0')
			snprintf(name, sizeof(name), "result");
		if (what >> i & 1)
			add_word(text, size, name);
	}
	if (what & COMPARE_CTX)
		add_word(text, size, "context");
	if (what & COMPARE_CPU)
		add_word(text, size, "cpu");
	if (what & COMPARE_IPL)
		add_word(text, size, "ipl");
}
