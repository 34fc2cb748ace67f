/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a text is not YAML: what authors do wrong, one function each, in one table.
 *
 * The text is read line by line, with just enough of the rules of YAML to know where quotes,
 * brackets, comments and block texts are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "table.h"
#include "yaml.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define DEPTH_MAX 64		/* brackets, or blocks, inside each other */

struct line {
	const char *start, *end;	/* without the newline */
	const char *text;		/* its first character that is no space or tab */
};

struct query {
	struct { VEC_MEMBERS(struct line); } lines;
	const struct line *line;	/* where the parser stopped */
	const char *at;			/* and in it */
	struct yaml_why *why;
};

/* ---- lines ---- */

static bool
char_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
split(struct query *q, const struct yaml_file *file)
{
	const char *end = file->text + file->size, *next;

	for (const char *start = file->text; start < end; start = next + 1) {
		struct line *line = vec_add(&q->lines);

		next = memchr(start, '\n', (size_t)(end - start));
		next = next != NULL ? next : end;
		*line = (struct line){ .start = start, .end = next, .text = start };
		while (line->text < line->end && char_is_blank(*line->text))
			line->text++;
	}
}

static bool
is_line(const struct query *q, const struct line *line)
{
	return line < q->lines.item + q->lines.count;
}

static const struct line *
line_of(const struct query *q, const char *at)
{
	const struct line *line = q->lines.item;

	while (at > line->end)
		line++;
	return line;
}

/* Counted from 1. */
static unsigned
number_of(const struct query *q, const struct line *line)
{
	return (unsigned)(line - q->lines.item) + 1;
}

/* Does it hold nothing, or a comment? */
static bool
line_is_empty(const struct line *line)
{
	return line->text == line->end || *line->text == '\r' || *line->text == '#';
}

static unsigned
line_indent(const struct line *line)
{
	return (unsigned)(line->text - line->start);
}

/* The next line that holds something, or NULL. */
static const struct line *
line_after(const struct query *q, const struct line *line)
{
	while (is_line(q, ++line))
		if (!line_is_empty(line))
			return line;
	return NULL;
}

/* Answers with what is wrong from `at` to `end`. */
static bool __attribute__((format(printf, 4, 5)))
because(const struct query *q, const char *at, const char *end, const char *fmt, ...)
{
	const struct line *line = line_of(q, at);

	FORMAT_INTO(q->why->text, fmt);
	q->why->line = number_of(q, line);
	q->why->col = 1 + (unsigned)utf8_count(line->start, at);
	q->why->width = end > at ? (unsigned)utf8_count(at, end) : 1;
	return true;
}

/* What that underlines becomes a text in this format. */
static bool __attribute__((format(printf, 2, 3)))
repaired(const struct query *q, const char *fmt, ...)
{
	const struct line *line = &q->lines.item[q->why->line - 1];
	const char *from = utf8_skip(line->start, q->why->col - 1);

	snprintf(q->why->from, sizeof(q->why->from), "%.*s",
	    (int)(utf8_skip(from, q->why->width) - from), from);
	FORMAT_INTO(q->why->to, fmt);
	return true;
}

/* For "%.*s": a word, cut where it is too long for a message. */
#define WORD(s, end) (int)((end) - (s) < 40 ? (end) - (s) : 40), s

/* ---- words ---- */

static bool
char_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '-' || c == '.';
}

static const char *
word_end(const char *s, const char *end)
{
	while (s < end && char_is_word(*s))
		s++;
	return s;
}

/* Is there a space, or nothing, at s? */
static bool
char_is_gap(const char *s, const char *end)
{
	return s >= end || char_is_blank(*s) || *s == '\r';
}

/* Behind all `- ` at the start of a line. */
static const char *
behind_dashes(const char *s, const char *end)
{
	while (s < end && *s == '-' && char_is_gap(s + 1, end)) {
		for (s++; s < end && char_is_blank(*s); s++)
			continue;
	}
	return s;
}

/* Is there `word:` here, with something or nothing behind it? */
static bool
begins_with_key(const char *s, const char *end)
{
	const char *word = word_end(s, end);

	return word > s && *s != '-' && word < end && *word == ':' && char_is_gap(word + 1, end);
}

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

/* The end of a value that is text: of its line, before spaces and a comment. */
static const char *
text_end(const struct query *q, const char *value)
{
	const char *end = value + 1;

	while (end < q->line->end && !(*end == '#' && char_is_blank(end[-1])))
		end++;
	while (end > value + 1 && (char_is_blank(end[-1]) || end[-1] == '\r'))
		end--;
	return end;
}

/* What is underlined gets quotes, of a kind that it has not. */
static bool
quoted(const struct query *q)
{
	char quote;

	repaired(q, "%s", "");
	quote = strpbrk(q->why->from, "\"\\") == NULL ? '"' : '\'';
	return strchr(q->why->from, quote) != NULL ||
	    repaired(q, "%c%s%c", quote, q->why->from, quote);
}

/* The key of that name, if all scenarios have it, or NULL. */
static const struct field *
key_of(const char *s, const char *end)
{
	char key[40];

	snprintf(key, sizeof(key), "%.*s", (int)(end - s), s);
	return field_named(key);
}

/* ---- reading quotes, brackets and comments ---- */

/* What the text is at the start of a line. */
struct reader {
	const char *quote;		/* open, or NULL */
	const char *bracket[DEPTH_MAX];	/* open */
	size_t depth;
	const char *stray;		/* the first bracket that closes no such bracket */
	bool block;			/* it is a block text (| or >): all lines that are */
	unsigned block_indent;		/* indented further than so much */
};

static const char *
read_quoted(struct reader *r, const char *s, const char *end)
{
	char quote = *r->quote;

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
	r->quote = NULL;
	return s + 1;
}

static void
read_bracket(struct reader *r, const char *s)
{
	bool opens = *s == '{' || *s == '[';

	if (opens && r->depth < DEPTH_MAX)
		r->bracket[r->depth++] = s;
	else if (!opens && r->depth > 0 &&
	    *r->bracket[r->depth - 1] == (*s == '}' ? '{' : '['))
		r->depth--;
	else if (r->stray == NULL)
		r->stray = s;
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

/* A line that is no block text. */
static void
reader_line(struct reader *r, const struct line *line)
{
	const char *s = r->quote != NULL ? line->start : line->text;
	bool start = true;	/* of a value: only here quotes and brackets are signs */

	if (r->quote != NULL)
		s = read_quoted(r, s, line->end);
	for (; s < line->end; s++) {
		if (*s == '#' && (s == line->start || char_is_blank(s[-1])))
			return;
		if (start && (*s == '"' || *s == '\'')) {
			r->quote = s;
			s = read_quoted(r, s + 1, line->end) - 1;
			start = false;
		} else if ((start || r->depth > 0) && strchr("{[", *s) != NULL) {
			read_bracket(r, s);
			start = true;
		} else if (r->depth > 0 && strchr("}]", *s) != NULL) {
			read_bracket(r, s);
			start = false;
		} else if (start && r->depth == 0 && is_block_head(s, line->end)) {
			r->block = true;
			r->block_indent = line_indent(line);
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
is_inside(struct reader *r, const struct line *line)
{
	if (r->quote != NULL || r->depth > 0)
		return true;
	if (r->block && !line_is_empty(line))
		r->block = line_indent(line) > r->block_indent;
	return r->block;
}

/* Reads the next line, whatever it is: does it go on with what a line before it began? */
static bool
reader_next(struct reader *r, const struct line *line)
{
	bool inside = is_inside(r, line);

	if (!inside || r->quote != NULL || r->depth > 0)
		reader_line(r, line);
	return inside;
}

/* All before that place. */
static struct reader
read_until(const struct query *q, const char *at)
{
	struct reader r = { .depth = 0 };

	for (const struct line *line = q->lines.item; is_line(q, line) && line->start <= at;
	    line++) {
		struct line part = *line;

		if (at < part.end)
			part.end = at;
		if (part.text > part.end)
			part.text = part.end;
		reader_next(&r, &part);
	}
	return r;
}

/* ---- tabs ---- */

static bool
has_tab(const struct query *q, const struct line *line)
{
	const char *tab = memchr(line->start, '\t', line_indent(line));

	return tab != NULL && because(q, tab, tab + 1, "lines are indented by spaces, not by tabs");
}

static bool
why_tab(const struct query *q)
{
	const struct line *next = line_after(q, q->line);

	return has_tab(q, q->line) || (next != NULL && has_tab(q, next));
}

/* ---- quotes and brackets ---- */

/* A quote that its own line does not close, and nor does the line where the parser stopped. */
static bool
why_quote(const struct query *q)
{
	struct reader r = read_until(q, q->line->end);

	return r.quote != NULL && because(q, r.quote, r.quote + 1,
	    "this quote is not closed: the %s that ends the text is missing in its line",
	    *r.quote == '"' ? "\"" : "'");
}

/* Is the bracket closed before a line that stands no further right than its own? */
static bool
bracket_is_closed(const struct query *q, const char *open)
{
	const struct line *first = line_of(q, open);
	struct reader r = { .depth = 0 };

	for (const struct line *line = first; is_line(q, line); line++) {
		struct line part = *line;

		if (line == first)
			part.text = open;
		else if (line_indent(line) <= line_indent(first) && !line_is_empty(line) &&
		    strchr("]}", *line->text) == NULL)
			return false;
		reader_line(&r, &part);
		if (r.depth == 0)
			return true;
	}
	return false;
}

static bool
why_stray_bracket(const struct query *q, const struct reader *r)
{
	const char *open = r->depth > 0 ? r->bracket[r->depth - 1] : NULL;

	if (open == NULL)
		return because(q, r->stray, r->stray + 1, "this \"%c\" closes nothing", *r->stray);
	return because(q, r->stray, r->stray + 1,
	    "this \"%c\" does not close the \"%c\" that was opened in line %u", *r->stray,
	    *open, number_of(q, line_of(q, open)));
}

static bool
why_bracket(const struct query *q)
{
	struct reader r = { .depth = 0 };

	for (const struct line *line = q->lines.item; line <= q->line; line++) {
		reader_next(&r, line);
		if (r.stray != NULL)
			return why_stray_bracket(q, &r);
		for (size_t i = 0; i < r.depth; i++)
			if (!bracket_is_closed(q, r.bracket[i]))
				return because(q, r.bracket[i], r.bracket[i] + 1,
				    "this \"%c\" is not closed: a \"%c\" is missing",
				    *r.bracket[i], *r.bracket[i] == '{' ? '}' : ']');
	}
	return false;
}

static bool
why_extra_bracket(const struct query *q)
{
	struct reader r = read_until(q, q->at);

	if (q->at >= q->line->end || (*q->at != '}' && *q->at != ']'))
		return false;
	if (r.depth == 0)
		return because(q, q->at, q->at + 1, "this \"%c\" closes nothing",
		    *q->at);
	return because(q, q->at, q->at + 1,
	    "what stands in brackets is indented further than line %u, where they were opened",
	    number_of(q, line_of(q, r.bracket[r.depth - 1])));
}

/* Inside brackets: `hz: 100 cpus: 2`, `a,, b`. */
static bool
why_comma(const struct query *q)
{
	struct reader r = read_until(q, q->at);
	const char *key;

	if (q->at >= q->line->end || r.depth == 0)
		return false;
	if (*q->at == ',')
		return because(q, q->at, q->at + 1,
		    "nothing stands before this comma");
	if (*q->at != ':')
		return false;
	for (key = q->at; key > q->line->text && char_is_word(key[-1]); key--)
		continue;
	return because(q, key, q->at, "a comma is missing before \"%.*s\"",
	    WORD(key, q->at));
}

/* ---- keys and dashes ---- */

static bool
why_dash(const struct query *q)
{
	const char *s = q->line->text;

	if (q->line->end - s < 2 || *s != '-' || !begins_with_key(s + 1, q->line->end))
		return false;
	return because(q, s, s + 1, "a space is missing after the dash") && repaired(q, "- ");
}

static bool
why_colon_space(const struct query *q)
{
	const char *s = behind_dashes(q->line->text, q->line->end);
	const char *word = word_end(s, q->line->end);

	if (word == s || word >= q->line->end || *word != ':' ||
	    char_is_gap(word + 1, q->line->end))
		return false;
	return because(q, word, word + 1,
	    "a space is missing after the colon of \"%.*s\"",
	    WORD(s, word)) && repaired(q, ": ");
}

/* `summary s`, or `steps` above its list. */
static bool
why_no_colon(const struct query *q)
{
	const char *s = behind_dashes(q->line->text, q->line->end);
	const char *word = word_end(s, q->line->end), *rest = word;

	if (word == s || !char_is_gap(word, q->line->end) || q->at > word)
		return false;
	for (; rest < q->line->end; rest++)
		if (*rest == ':' && char_is_gap(rest + 1, q->line->end))
			return false;
	because(q, s, word, "a colon is missing after \"%.*s\"", WORD(s, word));
	return key_of(s, word) == NULL || repaired(q, "%.*s:", WORD(s, word));
}

/* ---- values that are not what they seem ---- */

static bool
why_sign(const struct query *q)
{
	const char *value = line_value(q->line);
	bool is_free;			/* YAML has no other use for it */

	if (value == q->line->end || strchr("@`%?*&!|>", *value) == NULL || q->at < value)
		return false;
	is_free = *value == '@' || *value == '`';
	because(q, value, is_free ? text_end(q, value) : value + 1,
	    "a text that begins with \"%c\" needs quotes around it", *value);
	return !is_free || quoted(q);
}

static bool
why_list_beside_key(const struct query *q)
{
	const char *value = line_value(q->line);

	if (q->at != value || value == q->line->text || q->line->end - value < 2 ||
	    *value != '-' || !char_is_gap(value + 1, q->line->end))
		return false;
	return because(q, value, value + 1,
	    "a list begins below its key; a text that begins with \"- \" needs quotes around it");
}

/* More behind a text in quotes, a list or a map. */
static bool
why_more_behind(const struct query *q)
{
	const char *value = line_value(q->line);

	if (value == q->line->end || q->at <= value)
		return false;
	if (*value == '"')
		return because(q, q->at, q->at + 1,
		    "the text in quotes is over before this; inside it a quote is written \\\"");
	if (*value == '\'')
		return because(q, q->at, q->at + 1,
		    "the text in quotes is over before this; inside it a quote is written ''");
	if (*value == '[' || *value == '{')
		return because(q, value, value + 1,
		    "a text that begins with \"%c\" needs quotes around it", *value);
	return false;
}

static bool
why_two_keys(const struct query *q)
{
	const char *value = line_value(q->line), *s;
	const struct field *f;

	if (q->at <= value || q->at >= q->line->end || *q->at != ':' ||
	    !char_is_gap(q->at + 1, q->line->end))
		return false;
	s = behind_dashes(q->line->text, q->line->end);
	f = key_of(s, word_end(s, q->line->end));
	/* A key that takes text has one. */
	if (f != NULL && f->kind == FIELD_TEXT)
		return because(q, value, text_end(q, value),
		    "a text with \": \" in it needs quotes around it") && quoted(q);
	return because(q, q->at, q->at + 1,
	    "a text with \": \" in it needs quotes around it; two keys stand in two lines");
}

/* ---- indentation ---- */

struct block {
	unsigned indent;
	const struct line *line;	/* that began it */
	bool list;
};

struct blocks {
	struct block open[DEPTH_MAX];
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
	if (b->count < DEPTH_MAX)
		b->open[b->count++] = (struct block){ indent, line, list };
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
			return because(q, line->text, end, b->open[i].list ?
			    "entries of the list of line %u begin with \"- \"; keys of such an "
			    "entry are indented by %u spaces" :
			    "a list entry cannot stand among the keys of line %u",
			    number_of(q, b->open[i].line), indent + 2);
	return because(q, line->text, end,
	    "this line is indented by %u space%s; with %u it belongs to the %s of line %u",
	    indent, plural(indent), near->indent, near->list ? "list" : "keys",
	    number_of(q, near->line));
}

/* The line where the parser stopped, or one next to it, stands where no line may. */
static bool
why_indent(const struct query *q)
{
	const struct line *last = line_after(q, q->line);
	struct reader r = { .depth = 0 };
	struct blocks b = { .count = 0 };
	bool list, inside;

	for (const struct line *line = q->lines.item; line <= (last != NULL ? last : q->line);
	    line++) {
		inside = reader_next(&r, line);
		if (inside || line_is_empty(line))
			continue;
		list = *line->text == '-' && char_is_gap(line->text + 1, line->end);
		if (!list && !begins_with_key(line->text, line->end))
			continue;
		if (line + 1 >= q->line && !blocks_fit(&b, line_indent(line), list))
			return why_not_here(q, &b, line, list);
		blocks_enter(&b, line);
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
	struct query q = { .why = why };
	bool found = false;

	split(&q, file);
	/* At the end of the file: the last line is what it stopped in. */
	if (line > q.lines.count)
		line = (unsigned)q.lines.count;
	if (line == 0)
		return false;
	q.line = &q.lines.item[line - 1];
	for (q.at = q.line->start; col > 1 && q.at < q.line->end; q.at++)
		if (q.at + 1 == q.line->end || utf8_count(q.at + 1, q.at + 2) > 0)
			col--;
	for (size_t i = 0; i < NELEM(whys) && !found; i++)
		found = whys[i](&q);
	vec_fini(&q.lines);
	return found;
}
