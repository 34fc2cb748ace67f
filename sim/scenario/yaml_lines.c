/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML text line by line: see yaml_lines.h.
 */
#include "yaml_lines.h"

#include <string.h>

/* ---- lines ---- */

bool
char_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
line_at(const struct yaml_file *file, const char *start, unsigned number, struct line *line)
{
	const char *end = file->text + file->size;

	if (start == NULL || start >= end)
		return false;
	line->start = line->text = start;
	line->end = memchr(start, '\n', (size_t)(end - start));
	if (line->end == NULL)
		line->end = end;
	while (line->text < line->end && char_is_blank(*line->text))
		line->text++;
	line->number = number;
	return true;
}

bool
line_next(const struct yaml_file *file, struct line *line)
{
	return line_at(file, line->end + 1, line->number + 1, line);
}

bool
line_is_empty(const struct line *line)
{
	return line->text == line->end || *line->text == '\r' || *line->text == '#';
}

unsigned
line_indent(const struct line *line)
{
	return (unsigned)(line->text - line->start);
}

bool
line_find(const struct yaml_file *file, unsigned number, struct line *line)
{
	bool found = line_at(file, file->text, 1, line);

	while (found && line->number < number)
		found = line_next(file, line);
	return found;
}

bool
line_after(const struct yaml_file *file, const struct line *line, struct line *next)
{
	*next = *line;
	while (line_next(file, next))
		if (!line_is_empty(next))
			return true;
	return false;
}

/* ---- words ---- */

bool
char_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '-' || c == '.';
}

const char *
word_end(const char *s, const char *end)
{
	while (s < end && char_is_word(*s))
		s++;
	return s;
}

bool
char_is_gap(const char *s, const char *end)
{
	return s >= end || char_is_blank(*s) || *s == '\r';
}

const char *
behind_dashes(const char *s, const char *end)
{
	while (s < end && *s == '-' && char_is_gap(s + 1, end)) {
		for (s++; s < end && char_is_blank(*s); s++)
			continue;
	}
	return s;
}

bool
begins_with_key(const char *s, const char *end)
{
	const char *word = word_end(s, end);

	return word > s && *s != '-' && word < end && *word == ':' && char_is_gap(word + 1, end);
}

/* ---- reading quotes, brackets and comments ---- */

static const char *
read_quoted(struct reader *r, const char *s, const char *end)
{
	char quote = *r->quote.at;

	for (; s < end; s++) {
		if (quote == '"' && *s == '\\' && s + 1 < end)
			s++;
		else if (*s == quote && quote == '\'' && s + 1 < end && s[1] == quote)
			s++;
		else if (*s == quote)
			break;
	}
	if (s == end)
		return s;
	r->quote.at = NULL;
	return s + 1;
}

static void
read_bracket(struct reader *r, const char *s, unsigned number)
{
	bool opens = *s == '{' || *s == '[';

	if (opens && r->depth < LINES_DEPTH_MAX)
		r->bracket[r->depth++] = (struct spot){ s, number };
	else if (!opens && r->depth > 0 &&
	    *r->bracket[r->depth - 1].at == (*s == '}' ? '{' : '['))
		r->depth--;
	else if (r->stray.at == NULL)
		r->stray = (struct spot){ s, number };
}

/* `|` or `>` as a value: what stands below and further right is text. */
static bool
is_block_head(const char *s, const char *end)
{
	if (s == end || (*s != '|' && *s != '>'))
		return false;
	for (s++; s < end && (*s == '+' || *s == '-' || (*s >= '1' && *s <= '9')); s++)
		continue;
	while (s < end && (char_is_blank(*s) || *s == '\r'))
		s++;
	return s == end || *s == '#';
}

void
reader_line(struct reader *r, const struct line *line)
{
	const char *s = r->quote.at != NULL ? line->start : line->text;
	bool start = true;	/* of a value: only here quotes and brackets are signs */

	if (r->quote.at != NULL)
		s = read_quoted(r, s, line->end);
	for (; s < line->end; s++) {
		if (*s == '#' && (s == line->start || char_is_blank(s[-1])))
			return;
		if (start && (*s == '"' || *s == '\'')) {
			r->quote = (struct spot){ s, line->number };
			s = read_quoted(r, s + 1, line->end) - 1;
			start = false;
		} else if ((start || r->depth > 0) && strchr("{[", *s) != NULL) {
			read_bracket(r, s, line->number);
			start = true;
		} else if (r->depth > 0 && strchr("}]", *s) != NULL) {
			read_bracket(r, s, line->number);
			start = false;
		} else if (start && r->depth == 0 && is_block_head(s, line->end)) {
			r->block = (struct spot){ line->text, line->number };
			return;
		} else if ((*s == ':' || (*s == '-' && start)) && char_is_gap(s + 1, line->end)) {
			start = true;
		} else if (*s == ',' && r->depth > 0) {
			start = true;
		} else if (!char_is_blank(*s)) {
			start = false;
		}
	}
}

static bool
is_inside(struct reader *r, const struct yaml_file *file, const struct line *line)
{
	struct line head;

	if (r->quote.at != NULL || r->depth > 0)
		return true;
	if (r->block.at == NULL || line_is_empty(line))
		return r->block.at != NULL;
	if (line_find(file, r->block.line, &head) && line_indent(line) > line_indent(&head))
		return true;
	r->block.at = NULL;
	return false;
}

bool
reader_next(struct reader *r, const struct yaml_file *file, const struct line *line)
{
	bool inside = is_inside(r, file, line);

	if (!inside || r->quote.at != NULL || r->depth > 0)
		reader_line(r, line);
	return inside;
}
