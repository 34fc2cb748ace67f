/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single values in words, and lines that grow of them: see words.h, words_line.h.
 */
#include "report/words_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "device/class.h"
#include "fault/fault.h"
#include "report/report.h"

#define NS_PER_S UINT64_C(1000000000)

void
words_time(uint64_t ns, char *text, size_t size)
{
	snprintf(text, size, "%4" PRIu64 ".%06" PRIu64 "s", ns / NS_PER_S,
	    ns % NS_PER_S / 1000);
}

/* ---- lines ---- */

void
say(struct line *line, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line->text + line->length, line->size - line->length, format, ap);
	va_end(ap);
	if (n > 0)
		line->length += (size_t)n;
	if (line->length >= line->size)
		line->length = line->size - 1;
}

/* ---- names behind numbers ---- */

/* The name of a value (trace_words), or `other` and the number. */
static void
say_name(struct line *line, char letter, uint64_t value, const char *other)
{
	bool bits;
	const char *const *name = trace_words(letter, &bits);
	uint64_t i = 0;

	while (i < value && name[i] != NULL)
		i++;
	if (name[i] != NULL && *name[i] != '\0')
		say(line, "%s", name[i]);
	else
		say(line, "%s%" PRId64, other, (int64_t)value);
}

/* Ordinals: "mutex1"; 0 was never one. */
static void
say_ordinal(struct line *line, const char *kind, uint64_t value)
{
	if (value == 0)
		say(line, "no %s", kind);
	else
		say(line, "%s%" PRIu64, kind, value);
}

static void
say_queue(struct line *line, const struct words *words, uint64_t value)
{
	const char *const *names = device_class_in(words->world)->queue_names;
	uint64_t i = 0;

	while (i < value && names[i] != NULL)
		i++;
	if (value > UINT16_MAX)
		say(line, "no queue");
	else if (names[i] != NULL)
		say(line, "%s", names[i]);
	else
		say(line, "queue%" PRIu64, value);
}

/* A NetBSD errno by name; negative HW_FAULT_BLOCK is none. */
static void
say_errno(struct line *line, uint64_t value)
{
	const char *name = value != 0 ? fault_errno_name((int)value) : NULL;

	if ((int64_t)value == HW_FAULT_BLOCK)
		name = "blocks";
	if (name != NULL)
		say(line, "%s", name);
	else
		say(line, "%d", (int)value);
}

static void
say_sync_ops(struct line *line, uint64_t value)
{
	bool bits;
	const char *const *name = trace_words('y', &bits);
	const char *between = "";

	if (value == 0)
		say(line, "0");
	for (name++; *name != NULL && value != 0; value >>= 1, name++)
		if ((value & 1) != 0) {
			say(line, "%s%s", between, *name);
			between = "|";
		}
	if (value != 0)
		say(line, "%s0x%" PRIx64, between, value << 4);
}

static void
say_fault_row(struct line *line, uint64_t value)
{
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);

	if (value < count)
		say(line, "%s", row[value].id);
	else
		say(line, "fault%" PRIu64, value);
}

/* In quotes; cut so that the second of them fits. */
static void
say_string(struct line *line, const struct words *words, uint64_t number)
{
	char text[WORDS_TEXT];
	size_t room = line->size - line->length;

	snprintf(text, room > 2 && room - 2 < sizeof(text) ? room - 2 : sizeof(text), "%s",
	    trace_text_of(&words->world->trace, number));
	report_clean(text);
	say(line, "\"%s\"", text);
}

static void
say_number(struct line *line, char letter, uint64_t value)
{
	switch (letter) {
	case 's':
		say(line, "slot %" PRId64, (int64_t)value);
		break;
	case 'i':
		say(line, "%" PRId64, (int64_t)value);
		break;
	case 'x':
	case 'U':
		say(line, "0x%" PRIx64, value);
		break;
	case 'b':
		say(line, "%s", value != 0 ? "true" : "false");
		break;
	case 'k':
		say(line, "%" PRId64 " tick%s", (int64_t)value, plural(value));
		break;
	case 'p':
		say(line, "%" PRIu64 " page%s", value, plural(value));
		break;
	default:
		say(line, "%" PRIu64, value);
		break;
	}
}

void
say_value(struct line *line, const struct words *words, char letter, uint64_t value)
{
	static const struct { char letter; bool is_ordinal; const char *word; } named[] = {
		{ 'm', true, "mutex" }, { 'c', true, "cv" }, { 'd', true, "map" },
		{ 'g', true, "mem" }, { 'n', true, "node" }, { 'f', true, "softint" },
		{ 'h', true, "module" }, { 'D', true, "device" }, { 'P', false, "level " },
		{ 'Z', false, "state " }, { 'B', false, "callback " }, { 'A', false, "step " },
		{ 'G', false, "edge " }, { 'R', false, "region" }, { 'C', false, "context " },
	};

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].letter == letter) {
			if (named[i].is_ordinal)
				say_ordinal(line, named[i].word, value);
			else
				say_name(line, letter, value, named[i].word);
			return;
		}
	switch (letter) {
	case 't':
		say(line, "%s", words_context_name(words, (uint32_t)value, HW_CTX_KTHREAD));
		break;
	case 'q':
		say_queue(line, words, value);
		break;
	case 'e':
	case 'E':
		say_errno(line, value);
		break;
	case 'y':
		say_sync_ops(line, value);
		break;
	case 'S':
		say_string(line, words, value);
		break;
	case 'V':
		if (value < HW_VECTORS)
			say_name(line, 'V', value, "");
		else
			say(line, "softint%" PRIu64, value - HW_VECTORS + 1);
		break;
	case 'K':
		say(line, "%s", trace_call_name((enum hw_call)value));
		break;
	case 'F':
		say_fault_row(line, value);
		break;
	default:
		say_number(line, letter, value);
		break;
	}
}

void
words_value(const struct words *words, char letter, uint64_t value, char *text, size_t size)
{
	struct line line = { text, size, 0 };

	text[0] = '\0';
	say_value(&line, words, letter, value);
}

/* ---- of them: sentences ---- */

void
say_template(struct line *line, const struct words *words, const char *template,
    const char *args, const uint64_t *value)
{
	char name[SCENARIO_ARG_NAME];

	for (; *template != '\0'; template++) {
		unsigned index = (unsigned)(template[1] - '1');

		if (*template != '$' || index >= HW_ARGS_MAX) {
			say(line, "%c", *template);
			continue;
		}
		say_value(line, words, scenario_event_arg_of(args, index, name), value[index]);
		template++;
	}
}

void
say_text(struct line *line, const struct words *words, uint64_t number)
{
	say(line, "%s", trace_text_of(&words->world->trace, number));
}

void
say_features(struct line *line, const struct words *words, uint64_t features)
{
	const struct device_class *class = device_class_in(words->world);
	char *text = SBUF_TEXT(f, device_print_features(class, features, f));

	say(line, "%s", text);
	free(text);
}
