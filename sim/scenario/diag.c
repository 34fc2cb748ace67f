/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors with a place: collected, then printed all at once.
 */
#include "diag.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/utf8.h"


/* Most characters of a source line that are printed. */
#define DIAG_LINE_CHARS 100
/* Characters shown before the caret when a long line is cropped. */
#define DIAG_LEAD_CHARS 60

void
diag_list_init(struct diag_list *dl)
{
	*dl = (struct diag_list){ .items = NULL };
}

static void
diag_fini(struct diag *d)
{
	free((char *)(uintptr_t)d->loc.file);
	free(d->message);
	free(d->excerpt);
	free(d->from);
	free(d->to);
}

void
diag_list_fini(struct diag_list *dl)
{
	for (size_t i = 0; i < dl->count; i++)
		diag_fini(&dl->items[i]);
	free(dl->items);
	diag_list_init(dl);
}

/* Tabs stay. */
static char *
diag_clean(char *text)
{
	utf8_clean(text, "\t");
	return text;
}

/* The source line numbered `line`, without its end; NULL if there is none. */
static char *
diag_excerpt(const char *text, size_t size, unsigned line)
{
	const char *end = text + size, *eol;
	size_t length;

	for (; line > 1; line--) {
		text = memchr(text, '\n', (size_t)(end - text));
		if (text == NULL)
			return NULL;
		text++;
	}
	eol = memchr(text, '\n', (size_t)(end - text));
	length = (size_t)((eol != NULL ? eol : end) - text);
	if (length > 0 && text[length - 1] == '\r')
		length--;
	if (length > DIAG_EXCERPT_MAX)
		length = DIAG_EXCERPT_MAX;
	return diag_clean(xstrndup(text, length));
}

static struct diag *
diag_known(const struct diag_list *dl, struct loc loc, const char *message)
{
	for (size_t i = 0; i < dl->count; i++) {
		struct diag *d = &dl->items[i];

		if (d->loc.line == loc.line && d->loc.col == loc.col &&
		    strcmp(d->loc.file, loc.file) == 0 && strcmp(d->message, message) == 0)
			return d;
	}
	return NULL;
}

static void
diag_push(struct diag_list *dl, struct diag d)
{
	if (dl->count == DIAG_MAX) {
		dl->dropped++;
		dl->last = NULL;
		diag_fini(&d);
		return;
	}
	if (dl->items == NULL)
		dl->items = xcalloc(DIAG_MAX, sizeof(*dl->items));
	dl->last = &dl->items[dl->count++];
	*dl->last = d;
}

void
diag_add(struct diag_list *dl, struct loc loc, unsigned width, const char *text, size_t size,
    const char *rule, const char *fmt, ...)
{
	char *message;
	va_list ap;

	va_start(ap, fmt);
	message = diag_clean(xvasprintf(fmt, ap));
	va_end(ap);
	dl->reported++;
	dl->last = diag_known(dl, loc, message);
	if (dl->last != NULL) {
		free(message);
		return;
	}
	diag_push(dl, (struct diag){
		.loc = { xstrdup(loc.file), loc.line, loc.col },
		.width = width > 0 ? width : 1,
		.message = message,
		.rule = rule,
		.excerpt = text != NULL && loc.line > 0 && loc.col <= DIAG_EXCERPT_MAX ?
		    diag_excerpt(text, size, loc.line) : NULL,
	});
}

void
diag_repair(struct diag_list *dl, const char *from, const char *to)
{
	struct diag *d = dl->last;
	const char *start, *end, *at;

	if (d == NULL || d->excerpt == NULL || d->to != NULL)
		return;
	start = utf8_skip(d->excerpt, d->loc.col - 1);
	end = utf8_skip(start, d->width);
	at = strstr(start, from);
	if (at == NULL || at + strlen(from) > end)
		return;
	if (strstr(at + 1, from) != NULL && strstr(at + 1, from) + strlen(from) <= end)
		return;
	d->from = xstrdup(from);
	d->to = xstrdup(to);
	d->repair_col = d->loc.col + (unsigned)utf8_count(start, at);
}

/* The first repair of that line from a column on, or NULL. */
static const struct diag *
diag_next_repair(const struct diag_list *dl, const char *file, unsigned line, unsigned col)
{
	const struct diag *best = NULL;

	for (size_t i = 0; i < dl->count; i++) {
		const struct diag *d = &dl->items[i];

		if (d->to != NULL && d->loc.line == line && d->repair_col >= col &&
		    strcmp(d->loc.file, file) == 0 &&
		    (best == NULL || d->repair_col < best->repair_col))
			best = d;
	}
	return best;
}

char *
diag_list_repaired(const struct diag_list *dl, const char *file, const char *text,
    void (*made)(const struct diag *))
{
	struct sbuf buf;
	FILE *f = sbuf_open(&buf);
	bool any = false;

	for (unsigned line = 1; *text != '\0'; line++) {
		const char *end = text + strcspn(text, "\n"), *start = text, *at;
		const struct diag *d;
		unsigned col = 1;

		end += *end == '\n';
		while ((d = diag_next_repair(dl, file, line, col)) != NULL) {
			at = utf8_skip(start, d->repair_col - 1);
			col = d->repair_col + 1;
			if (at < text || strncmp(at, d->from, strlen(d->from)) != 0)
				continue;
			fprintf(f, "%.*s%s", (int)(at - text), text, d->to);
			text = at + strlen(d->from);
			if (made != NULL)
				made(d);
			any = true;
		}
		fwrite(text, 1, (size_t)(end - text), f);
		text = end;
	}
	sbuf_close(&buf);
	if (any)
		return buf.text;
	free(buf.text);
	return NULL;
}

void
diag_list_cut(struct diag_list *dl, size_t count)
{
	dl->last = NULL;
	while (dl->count > count)
		diag_fini(&dl->items[--dl->count]);
}

static int
diag_compare(const void *pa, const void *pb)
{
	const struct diag *a = pa, *b = pb;
	int order = strcmp(a->loc.file, b->loc.file);

	if (order != 0)
		return order;
	if (a->loc.line != b->loc.line)
		return a->loc.line < b->loc.line ? -1 : 1;
	if (a->loc.col != b->loc.col)
		return a->loc.col < b->loc.col ? -1 : 1;
	return strcmp(a->message, b->message);
}

/* Spaces (tabs stay tabs) under the characters from s to end. */
static void
diag_print_padding(const char *s, const char *end, FILE *f)
{
	for (; s < end; s++)
		if (utf8_count(s, s + 1) > 0)
			fputc(*s == '\t' ? '\t' : ' ', f);
}

static void
diag_print_excerpt(const struct diag *d, FILE *f, bool colour)
{
	size_t col = d->loc.col > 0 ? d->loc.col - 1 : 0;
	size_t first = col > DIAG_LINE_CHARS - 10 ? col - DIAG_LEAD_CHARS : 0;
	const char *from = utf8_skip(d->excerpt, first);
	const char *to = utf8_skip(from, DIAG_LINE_CHARS);
	const char *at = utf8_skip(from, col - first);
	size_t room = DIAG_LINE_CHARS > col - first ? DIAG_LINE_CHARS - (col - first) : 1;

	fprintf(f, "  %s%.*s%s\n  %s", first > 0 ? "..." : "", (int)(to - from), from,
	    *to != '\0' ? "..." : "", first > 0 ? "   " : "");
	diag_print_padding(from, at, f);
	fputs(colour ? "\033[1;32m^" : "^", f);
	for (size_t i = 1; i < d->width && i < room && *utf8_skip(at, i) != '\0'; i++)
		fputc('~', f);
	fputs(colour ? "\033[0m\n" : "\n", f);
}

static void
diag_print(const struct diag *d, FILE *f, bool colour)
{
	fputs(colour ? "\033[1m" : "", f);
	fputs(d->loc.file, f);
	if (d->loc.line > 0)
		fprintf(f, ":%u:%u", d->loc.line, d->loc.col);
	fprintf(f, ": %serror:%s %s [%s]\n", colour ? "\033[31m" : "",
	    colour ? "\033[0m" : "", d->message, d->rule);
	if (d->excerpt != NULL)
		diag_print_excerpt(d, f, colour);
}

void
diag_list_sort(struct diag_list *dl)
{
	if (dl->count > 0)
		qsort(dl->items, dl->count, sizeof(*dl->items), diag_compare);
	dl->last = NULL;
}

void
diag_list_print(struct diag_list *dl, FILE *f, bool colour)
{
	diag_list_sort(dl);
	for (size_t i = 0; i < dl->count; i++)
		diag_print(&dl->items[i], f, colour);
	if (dl->dropped > 0)
		fprintf(f, "%zu more errors are not shown\n", dl->dropped);
}
