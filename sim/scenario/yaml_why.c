/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a text is not YAML: what authors do wrong, one function each, in one table.
 */
#include "yaml_why.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/utf8.h"
#include "yaml_lines.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define WHY_DEPTH_MAX LINES_DEPTH_MAX

struct query {
	const struct yaml_file *file;
	struct line line;		/* where the parser stopped */
	const char *at;			/* and in it */
	struct yaml_why *why;
};

/* ---- answers ---- */

static bool __attribute__((format(printf, 5, 6)))
because(const struct query *q, const struct line *line, const char *at, const char *end,
    const char *fmt, ...)
{
	FORMAT_INTO(q->why->text, fmt);
	q->why->line = line->number;
	q->why->col = 1 + (unsigned)utf8_count(line->start, at);
	q->why->width = end > at ? (unsigned)utf8_count(at, end) : 1;
	return true;
}

/* ---- tabs ---- */

static bool
why_tab(const struct query *q)
{
	struct line line = q->line, next;
	const char *tab;

	for (int i = 0; i < 2; i++) {
		tab = memchr(line.start, '\t', (size_t)(line.text - line.start));
		if (tab != NULL)
			return because(q, &line, tab, tab + 1,
			    "lines are indented by spaces, not by tabs");
		if (!line_after(q->file, &line, &next))
			return false;
		line = next;
	}
	return false;
}

/* ---- quotes and brackets ---- */

/* The first quote that its own line does not close, if the parser stopped in what follows it. */
static bool
why_quote(const struct query *q)
{
	struct reader r = { .depth = 0 };
	struct line line, head;
	struct spot open = { .at = NULL };
	bool more = line_at(q->file, q->file->text, 1, &line);

	for (; more && line.number <= q->line.number; more = line_next(q->file, &line)) {
		reader_next(&r, q->file, &line);
		open = r.quote.at != NULL ? r.quote : (struct spot){ .at = NULL };
		if (open.at != NULL && open.line < q->line.number &&
		    line.number == q->line.number)
			break;
	}
	if (open.at == NULL || !line_find(q->file, open.line, &head))
		return false;
	return because(q, &head, open.at, open.at + 1,
	    "this quote is not closed: the %s that ends the text is missing in its line",
	    *open.at == '"' ? "\"" : "'");
}

/* Is the bracket closed before a line that stands no further right than its own? */
static bool
bracket_is_closed(const struct query *q, const struct spot *open)
{
	struct reader r = { .depth = 0 };
	struct line line;
	unsigned indent;

	if (!line_find(q->file, open->line, &line))
		return false;
	indent = line_indent(&line);
	line.text = open->at;
	do {
		if (line.number > open->line && line_indent(&line) <= indent &&
		    !line_is_empty(&line) && strchr("]}", *line.text) == NULL)
			return false;
		reader_line(&r, &line);
		if (r.depth == 0)
			return true;
	} while (line_next(q->file, &line));
	return false;
}

static bool
why_stray_bracket(const struct query *q, const struct reader *r)
{
	struct line line;
	const struct spot *open = r->depth > 0 ? &r->bracket[r->depth - 1] : NULL;

	if (!line_find(q->file, r->stray.line, &line))
		return false;
	if (open == NULL)
		return because(q, &line, r->stray.at, r->stray.at + 1,
		    "this \"%c\" closes nothing", *r->stray.at);
	return because(q, &line, r->stray.at, r->stray.at + 1,
	    "this \"%c\" does not close the \"%c\" that was opened in line %u", *r->stray.at,
	    *open->at, open->line);
}

static bool
why_bracket(const struct query *q)
{
	struct reader r = { .depth = 0 };
	struct line line;
	bool more = line_at(q->file, q->file->text, 1, &line);

	for (; more && line.number <= q->line.number; more = line_next(q->file, &line)) {
		reader_next(&r, q->file, &line);
		if (r.stray.at != NULL)
			return why_stray_bracket(q, &r);
		for (size_t i = 0; i < r.depth; i++) {
			struct line head;

			if (bracket_is_closed(q, &r.bracket[i]) ||
			    !line_find(q->file, r.bracket[i].line, &head))
				continue;
			return because(q, &head, r.bracket[i].at, r.bracket[i].at + 1,
			    "this \"%c\" is not closed: a \"%c\" is missing",
			    *r.bracket[i].at, *r.bracket[i].at == '{' ? '}' : ']');
		}
	}
	return false;
}

/* Reads all before the place where the parser stopped. */
static void
read_before(const struct query *q, struct reader *r)
{
	struct line line;
	bool more = line_at(q->file, q->file->text, 1, &line);

	*r = (struct reader){ .depth = 0 };
	for (; more && line.number < q->line.number; more = line_next(q->file, &line))
		reader_next(r, q->file, &line);
	if (more && q->at > line.text) {
		line.end = q->at;
		reader_line(r, &line);
	}
}

static bool
why_extra_bracket(const struct query *q)
{
	struct reader r;

	if (q->at >= q->line.end || (*q->at != '}' && *q->at != ']'))
		return false;
	read_before(q, &r);
	if (r.depth == 0)
		return because(q, &q->line, q->at, q->at + 1, "this \"%c\" closes nothing",
		    *q->at);
	return because(q, &q->line, q->at, q->at + 1,
	    "what stands in brackets is indented further than line %u, where they were opened",
	    r.bracket[r.depth - 1].line);
}

/* Inside brackets: `hz: 100 cpus: 2`, `a,, b`. */
static bool
why_comma(const struct query *q)
{
	struct reader r;
	const char *key;

	read_before(q, &r);
	if (q->at >= q->line.end || r.depth == 0)
		return false;
	if (*q->at == ',')
		return because(q, &q->line, q->at, q->at + 1,
		    "nothing stands before this comma");
	if (*q->at != ':')
		return false;
	for (key = q->at; key > q->line.text && char_is_word(key[-1]); key--)
		continue;
	return because(q, &q->line, key, q->at, "a comma is missing before \"%.*s\"",
	    (int)(q->at - key < 40 ? q->at - key : 40), key);
}

/* ---- keys and dashes ---- */

static bool
why_dash(const struct query *q)
{
	const char *s = q->line.text;

	if (q->line.end - s < 2 || *s != '-' || !begins_with_key(s + 1, q->line.end))
		return false;
	return because(q, &q->line, s, s + 1, "a space is missing after the dash");
}

static bool
why_colon_space(const struct query *q)
{
	const char *s = behind_dashes(q->line.text, q->line.end);
	const char *word = word_end(s, q->line.end);

	if (word == s || word >= q->line.end || *word != ':' ||
	    char_is_gap(word + 1, q->line.end))
		return false;
	return because(q, &q->line, word, word + 1,
	    "a space is missing after the colon of \"%.*s\"",
	    (int)(word - s < 40 ? word - s : 40), s);
}

/* `summary s`, or `steps` above its list. */
static bool
why_no_colon(const struct query *q)
{
	const char *s = behind_dashes(q->line.text, q->line.end);
	const char *word = word_end(s, q->line.end), *rest = word;

	if (word == s || !char_is_gap(word, q->line.end) || q->at > word)
		return false;
	for (; rest < q->line.end; rest++)
		if (*rest == ':' && char_is_gap(rest + 1, q->line.end))
			return false;
	return because(q, &q->line, s, word, "a colon is missing after \"%.*s\"",
	    (int)(word - s < 40 ? word - s : 40), s);
}

/* ---- values that are not what they seem ---- */

/* The value in the line: behind its dashes and its key. */
static const char *
line_value(const struct line *line)
{
	const char *s = behind_dashes(line->text, line->end);

	if (begins_with_key(s, line->end))
		for (s = word_end(s, line->end) + 1; s < line->end && char_is_blank(*s); s++)
			continue;
	return s;
}

static bool
why_sign(const struct query *q)
{
	const char *value = line_value(&q->line);

	if (value == q->line.end || strchr("@`%?*&!|>", *value) == NULL || q->at < value)
		return false;
	return because(q, &q->line, value, value + 1,
	    "a text that begins with \"%c\" needs quotes around it", *value);
}

static bool
why_list_beside_key(const struct query *q)
{
	const char *value = line_value(&q->line);

	if (q->at != value || value == q->line.text || q->line.end - value < 2 ||
	    *value != '-' || !char_is_gap(value + 1, q->line.end))
		return false;
	return because(q, &q->line, value, value + 1,
	    "a list begins below its key; a text that begins with \"- \" needs quotes around it");
}

/* More behind a text in quotes, a list or a map. */
static bool
why_more_behind(const struct query *q)
{
	const char *value = line_value(&q->line);

	if (value == q->line.end || q->at <= value)
		return false;
	if (*value == '"')
		return because(q, &q->line, q->at, q->at + 1,
		    "the text in quotes is over before this; inside it a quote is written \\\"");
	if (*value == '\'')
		return because(q, &q->line, q->at, q->at + 1,
		    "the text in quotes is over before this; inside it a quote is written ''");
	if (*value == '[' || *value == '{')
		return because(q, &q->line, value, value + 1,
		    "a text that begins with \"%c\" needs quotes around it", *value);
	return false;
}

static bool
why_two_keys(const struct query *q)
{
	const char *value = line_value(&q->line);

	if (q->at <= value || q->at >= q->line.end || *q->at != ':' ||
	    !char_is_gap(q->at + 1, q->line.end))
		return false;
	return because(q, &q->line, q->at, q->at + 1,
	    "a text with \": \" in it needs quotes around it; two keys stand in two lines");
}

/* ---- indentation ---- */

struct block {
	unsigned indent;
	unsigned line;		/* that began it */
	bool list;
};

struct blocks {
	struct block open[WHY_DEPTH_MAX];
	size_t count;
	bool hungry;		/* the last key or dash has no value yet */
};

static void
blocks_push(struct blocks *b, const struct line *line, const char *at, bool list)
{
	unsigned indent = (unsigned)(at - line->start);
	const struct block *top = b->count > 0 ? &b->open[b->count - 1] : NULL;

	/* A list may stand as far left as its key. */
	if (top != NULL && top->indent == indent && top->list == list)
		return;
	if (b->count < WHY_DEPTH_MAX)
		b->open[b->count++] = (struct block){ indent, line->number, list };
}

/* Does the line begin where a line may? */
static bool
blocks_fit(const struct blocks *b, unsigned indent, bool list)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->open[i].indent == indent && (b->open[i].list == list ||
		    (list && b->hungry && i + 1 == b->count)))
			return true;
	return b->count == 0 || (b->hungry && indent > b->open[b->count - 1].indent);
}

static void
blocks_enter(struct blocks *b, const struct line *line)
{
	const char *s = line->text;

	while (b->count > 0 && b->open[b->count - 1].indent > line_indent(line))
		b->count--;
	if (b->count > 0 && b->open[b->count - 1].list && *s != '-' &&
	    b->open[b->count - 1].indent == line_indent(line))
		b->count--;
	while (s < line->end && *s == '-' && char_is_gap(s + 1, line->end)) {
		blocks_push(b, line, s, true);
		for (s++; s < line->end && char_is_blank(*s); s++)
			continue;
	}
	b->hungry = s == line->end;
	if (begins_with_key(s, line->end)) {
		blocks_push(b, line, s, false);
		s = line_value(line);
		b->hungry = s == line->end || *s == '#' || *s == '\r';
	}
}

/* The open block of that kind whose indentation is nearest; of two the inner one. */
static const struct block *
blocks_nearest(const struct blocks *b, unsigned indent, bool list)
{
	const struct block *best = NULL;
	unsigned least = UINT32_MAX, far;

	for (size_t i = b->count; i-- > 0;) {
		far = b->open[i].indent > indent ? b->open[i].indent - indent :
		    indent - b->open[i].indent;
		if (b->open[i].list == list && far < least) {
			best = &b->open[i];
			least = far;
		}
	}
	return best;
}

static bool
why_not_here(const struct query *q, const struct blocks *b, const struct line *line, bool list)
{
	unsigned indent = line_indent(line);
	const struct block *near = blocks_nearest(b, indent, list);
	const char *end = word_end(line->text, line->end);

	if (near == NULL || near->indent == indent)
		near = &b->open[b->count - 1];
	for (size_t i = 0; i < b->count; i++)
		if (b->open[i].indent == indent)
			return because(q, line, line->text, end, b->open[i].list ?
			    "entries of the list of line %u begin with \"- \"; keys of such an "
			    "entry are indented by %u spaces" :
			    "a list entry cannot stand among the keys of line %u",
			    b->open[i].line, indent + 2);
	return because(q, line, line->text, end,
	    "this line is indented by %u space%s; with %u it belongs to the %s of line %u",
	    indent, plural(indent), near->indent, near->list ? "list" : "keys", near->line);
}

/* The line where the parser stopped, or one next to it, stands where no line may. */
static bool
why_indent(const struct query *q)
{
	struct reader r = { .depth = 0 };
	struct blocks b = { .count = 0 };
	struct line line, last;
	bool more = line_at(q->file, q->file->text, 1, &line), list, inside;

	if (!line_after(q->file, &q->line, &last))
		last = q->line;
	for (; more && line.number <= last.number; more = line_next(q->file, &line)) {
		inside = reader_next(&r, q->file, &line);
		if (inside || line_is_empty(&line))
			continue;
		list = *line.text == '-' && char_is_gap(line.text + 1, line.end);
		if (!list && !begins_with_key(line.text, line.end))
			continue;
		if (line.number + 1 >= q->line.number && !blocks_fit(&b, line_indent(&line), list))
			return why_not_here(q, &b, &line, list);
		blocks_enter(&b, &line);
	}
	return false;
}

/* ---- all ---- */

/* The surest signs first. */
static bool (*const whys[])(const struct query *) = {
	why_tab, why_quote, why_bracket, why_extra_bracket, why_comma, why_dash,
	why_colon_space, why_list_beside_key, why_sign, why_more_behind, why_two_keys,
	why_no_colon, why_indent,
};

bool
yaml_why(const struct yaml_file *file, unsigned line, unsigned col, struct yaml_why *why)
{
	struct query q = { .file = file, .why = why };

	/* At the end of the file: the last line is what it stopped in. */
	while (line > 0 && !line_find(file, line, &q.line))
		line--;
	if (line == 0)
		return false;
	for (q.at = q.line.start; col > 1 && q.at < q.line.end; q.at++)
		if (q.at + 1 == q.line.end || utf8_count(q.at + 1, q.at + 2) > 0)
			col--;
	for (size_t i = 0; i < NELEM(whys); i++)
		if (whys[i](&q))
			return true;
	return false;
}
