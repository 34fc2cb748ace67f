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

void
words_count_pages(uint64_t pages, char *text, size_t size)
{
	snprintf(text, size, "%" PRIu64 " page%s", pages, plural(pages));
}

void
words_errno(uint64_t value, char *text, size_t size)
{
	int error = (int)value;
	const char *name = value != 0 ? fault_errno_name(error) : NULL;

	if ((int64_t)value == HW_FAULT_BLOCK)
		snprintf(text, size, "blocks");
	else if (name != NULL)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%d", error);
}

/* ---- names behind numbers ---- */

/* The name of a value (trace_words), or `other` and the number. */
static void
name_of(char letter, uint64_t value, const char *other, char *text, size_t size)
{
	bool bits;
	const char *const *name = trace_words(letter, &bits);
	uint64_t i = 0;

	while (i < value && name[i] != NULL)
		i++;
	if (name[i] != NULL && *name[i] != '\0')
		snprintf(text, size, "%s", name[i]);
	else
		snprintf(text, size, "%s%" PRId64, other, (int64_t)value);
}

/* Ordinals: "mutex1"; 0 was never one. */
static void
ordinal(const char *kind, uint64_t value, char *text, size_t size)
{
	if (value == 0)
		snprintf(text, size, "no %s", kind);
	else
		snprintf(text, size, "%s%" PRIu64, kind, value);
}

static void
queue(const struct words *words, uint64_t value, char *text, size_t size)
{
	const char *const *names = device_class_in(words->world)->queue_names;
	uint64_t i = 0;

	while (i < value && names[i] != NULL)
		i++;
	if (value > UINT16_MAX)
		snprintf(text, size, "no queue");
	else if (names[i] != NULL)
		snprintf(text, size, "%s", names[i]);
	else
		snprintf(text, size, "queue%" PRIu64, value);
}

static void
sync_ops(uint64_t value, char *text, size_t size)
{
	bool bits;
	const char *const *name = trace_words('y', &bits);
	size_t length = 0;

	snprintf(text, size, "0");
	for (name++; *name != NULL && value != 0; value >>= 1, name++)
		if ((value & 1) != 0 && length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
			    length > 0 ? "|" : "", *name);
	if (value != 0 && length < size)
		snprintf(text + length, size - length, "%s0x%" PRIx64, length > 0 ? "|" : "",
		    value << 4);
}

static void
vector(uint64_t value, char *text, size_t size)
{
	if (value < HW_VECTORS)
		name_of('V', value, "", text, size);
	else
		snprintf(text, size, "softint%" PRIu64, value - HW_VECTORS + 1);
}

static void
fault_row(uint64_t value, char *text, size_t size)
{
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);

	if (value < count)
		snprintf(text, size, "%s", row[value].id);
	else
		snprintf(text, size, "fault%" PRIu64, value);
}

static void
string(const struct words *words, uint64_t value, char *text, size_t size)
{
	snprintf(text, size, "\"%s", trace_text_of(&words->world->trace, value));
	report_clean(text);
	if (size > 2) {
		size_t length = 0;

		while (text[length] != '\0' && length < size - 2)
			length++;
		text[length] = '"';
		text[length + 1] = '\0';
	}
}

static void
number(char letter, uint64_t value, char *text, size_t size)
{
	switch (letter) {
	case 's':
		snprintf(text, size, "slot %" PRId64, (int64_t)value);
		break;
	case 'i':
		snprintf(text, size, "%" PRId64, (int64_t)value);
		break;
	case 'x':
	case 'U':
		snprintf(text, size, "0x%" PRIx64, value);
		break;
	case 'b':
		snprintf(text, size, "%s", value != 0 ? "true" : "false");
		break;
	case 'k':
		snprintf(text, size, "%" PRId64 " tick%s", (int64_t)value,
		    plural(value));
		break;
	case 'p':
		words_count_pages(value, text, size);
		break;
	default:
		snprintf(text, size, "%" PRIu64, value);
		break;
	}
}

void
words_value(const struct words *words, char letter, uint64_t value, char *text, size_t size)
{
	static const struct { char letter; bool is_ordinal; const char *word; } named[] = {
		{ 'm', true, "mutex" }, { 'c', true, "cv" }, { 'd', true, "map" },
		{ 'g', true, "mem" }, { 'n', true, "node" }, { 'f', true, "softint" },
		{ 'h', true, "module" }, { 'D', true, "device" }, { 'P', false, "level " },
		{ 'Z', false, "state " }, { 'B', false, "callback " }, { 'A', false, "step " },
		{ 'G', false, "edge " }, { 'R', false, "region" },
	};

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].letter == letter) {
			if (named[i].is_ordinal)
				ordinal(named[i].word, value, text, size);
			else
				name_of(letter, value, named[i].word, text, size);
			return;
		}
	switch (letter) {
	case 't':
		snprintf(text, size, "%s", words_context_name(words, (uint32_t)value,
		    HW_CTX_KTHREAD));
		break;
	case 'q':
		queue(words, value, text, size);
		break;
	case 'e':
	case 'E':
		words_errno(value, text, size);
		break;
	case 'y':
		sync_ops(value, text, size);
		break;
	case 'S':
		string(words, value, text, size);
		break;
	case 'V':
		vector(value, text, size);
		break;
	case 'K':
		snprintf(text, size, "%s", trace_call_name((enum hw_call)value));
		break;
	case 'F':
		fault_row(value, text, size);
		break;
	default:
		number(letter, value, text, size);
		break;
	}
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

void
say_value(struct line *line, const struct words *words, char letter, uint64_t value)
{
	char text[WORDS_TEXT];

	words_value(words, letter, value, text, sizeof(text));
	say(line, "%s", text);
}

void
say_template(struct line *line, const struct words *words, const char *template,
    const char *args, const uint64_t *value)
{
	const char *name;
	size_t length;

	for (; *template != '\0'; template++) {
		unsigned index = (unsigned)(template[1] - '1');

		if (*template != '$' || index >= HW_ARGS_MAX) {
			say(line, "%c", *template);
			continue;
		}
		say_value(line, words, scenario_event_arg_of(args, index, &name, &length),
		    value[index]);
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
	struct sbuf buf;
	char *text;

	device_print_features(device_class_in(words->world), features, sbuf_open(&buf));
	text = sbuf_close(&buf);
	say(line, "%s", text);
	free(text);
}
