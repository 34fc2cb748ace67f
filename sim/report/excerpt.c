/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of the driver: see excerpt.h.
 */
#include "report/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/utf8.h"

#define MARKS_MAX 64			/* bytes of the marks of a line */
#define MARKS_WIDTH 8			/* columns that they take, at least */
#define TAB 8

struct shown_line {
	struct source_pos pos;
	char marks[MARKS_MAX];
};

struct shown_lines {
	VEC_MEMBERS(struct shown_line);
};

/* A line of the driver has that mark too. */
static void
add_line(struct shown_lines *lines, const struct report_input *input, uint32_t site,
    const char *mark)
{
	struct shown_line *line = NULL;
	struct source_pos pos;
	size_t length;

	if (!report_position(input, site, &pos))
		return;
	vec_each(there, lines)
		if (there->pos.line == pos.line && strcmp(there->pos.file, pos.file) == 0)
			line = there;
	if (line == NULL) {
		line = vec_add(lines);
		line->pos = pos;
	}
	length = strlen(line->marks);
	if (strstr(line->marks, mark) == NULL)
		snprintf(line->marks + length, MARKS_MAX - length, "%s%s",
		    length > 0 ? " " : "", mark);
}

static int
by_place(const void *pa, const void *pb)
{
	const struct shown_line *a = pa, *b = pb;
	int order = strcmp(a->pos.file, b->pos.file);

	return order != 0 ? order : a->pos.line < b->pos.line ? -1 : a->pos.line > b->pos.line;
}

static void
collect(struct shown_lines *lines, const struct report_input *input, const struct story *story,
    const struct finding *finding)
{
	char mark[16];

	for (unsigned i = 0; i < finding->becauses; i++) {
		unsigned number = story_number(story, input, finding, i);

		snprintf(mark, sizeof(mark), "(%u)", number);
		if (number > 0)
			add_line(lines, input, report_because_site(input, finding, i), mark);
		vec_each(stand, &story->stands)
			if (stand->cause + 1 == number)
				add_line(lines, input, stand->site, stand->who);
	}
	add_line(lines, input, finding->site, ">");
	vec_sort(lines, by_place);
}

/* Heap: with its tabs as blanks. */
static char *
without_tabs(const char *text, size_t length)
{
	struct sbuf buf;
	FILE *to = sbuf_open(&buf);
	unsigned column = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned blanks = text[i] == '\t' ? TAB - column % TAB : 1;

		fprintf(to, "%*s", (int)blanks, text[i] == '\t' ? "" :
		    (char[]){ text[i], '\0' });
		column += blanks;
	}
	report_clean(sbuf_close(&buf));
	return buf.text;
}

static void
print_line(FILE *stream, const struct report_input *input, const struct shown_line *line,
    size_t marks, bool with_file)
{
	size_t length;
	const char *found = source_text(input->source, line->pos.file, line->pos.line, &length);
	size_t left = marks + 13 + (with_file ? strlen(line->pos.file) + 1 : 0);
	char *text;

	if (found == NULL)
		return;
	text = without_tabs(found, length);
	fprintf(stream, "  %-*s ", (int)marks, line->marks);
	if (with_file)
		fprintf(stream, "%s:", line->pos.file);
	fprintf(stream, "%6u | %.*s\n", line->pos.line, (int)(utf8_skip(text,
	    report_width(input) > left + 8 ? report_width(input) - left : 8) - text), text);
	free(text);
}

void
excerpt_print(FILE *stream, const struct report_input *input, const struct story *story,
    const struct finding *finding)
{
	struct shown_lines lines = { 0 };
	size_t marks = MARKS_WIDTH;
	bool with_file = false;

	if (input->source == NULL)
		return;
	collect(&lines, input, story, finding);
	vec_each(line, &lines) {
		if (strlen(line->marks) > marks)
			marks = strlen(line->marks);
		with_file |= strcmp(line->pos.file, lines.item[0].pos.file) != 0;
	}
	vec_each(line, &lines)
		print_line(stream, input, line, marks, with_file);
	vec_fini(&lines);
}
