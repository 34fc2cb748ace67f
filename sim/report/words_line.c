/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of text that grows: see words_line.h.
 */
#include "report/words_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "device/balloon.h"

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

/* The letter of value `index` in "name:letter name:letter"; 0 if there are fewer. */
static char
letter_at(const char *args, unsigned index)
{
	const char *p = strchr(args, ':');

	while (p != NULL && index-- > 0)
		p = strchr(p + 1, ':');
	return p != NULL ? p[1] : '\0';
}

void
say_template(struct line *line, const struct words *words, const char *template,
    const char *args, const uint64_t *value)
{
	for (; *template != '\0'; template++) {
		unsigned index = (unsigned)(template[1] - '1');

		if (*template != '$' || index >= HW_ARGS_MAX) {
			say(line, "%c", *template);
			continue;
		}
		say_value(line, words, letter_at(args, index), value[index]);
		template++;
	}
}

void
say_text(struct line *line, const struct words *words, uint64_t number)
{
	say(line, "%s", trace_text_of(&words->world->trace, number));
}

void
say_features(struct line *line, uint64_t features)
{
	static const struct { uint64_t bit; const char *name; } name[] = {
		{ BALLOON_F_MUST_TELL_HOST, "MUST_TELL_HOST" },
		{ BALLOON_F_STATS_VQ, "STATS_VQ" },
		{ BALLOON_F_DEFLATE_ON_OOM, "DEFLATE_ON_OOM" },
		{ TRANSPORT_F_NOTIFY_ON_EMPTY, "NOTIFY_ON_EMPTY" },
		{ TRANSPORT_F_ANY_LAYOUT, "ANY_LAYOUT" },
		{ TRANSPORT_F_INDIRECT_DESC, "INDIRECT_DESC" },
		{ TRANSPORT_F_EVENT_IDX, "EVENT_IDX" },
		{ TRANSPORT_F_VERSION_1, "VERSION_1" },
	};
	const char *between = "";

	if (features == 0)
		say(line, "none");
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (!(features & name[i].bit))
			continue;
		say(line, "%s%s", between, name[i].name);
		features &= ~name[i].bit;
		between = "|";
	}
	if (features != 0)
		say(line, "%s0x%" PRIx64, between, features);
}
