/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of choices, in memory and as text files.
 */
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "machine/choice.h"

static const char *const kind_names[CHOICE_KINDS] = {
	[CHOICE_SCHEDULE] = "schedule",
	[CHOICE_INTERRUPT] = "interrupt",
	[CHOICE_FAULT] = "fault",
	[CHOICE_DEVICE] = "device",
	[CHOICE_TIMER] = "timer",
	[CHOICE_PLACEMENT] = "placement",
};

const char *
choice_kind_name(enum choice_kind kind)
{
	assert((unsigned)kind < CHOICE_KINDS);
	return kind_names[kind];
}

void
choice_list_init(struct choice_list *list)
{
	*list = (struct choice_list){ .draws = NULL };
}

void
choice_list_fini(struct choice_list *list)
{
	free(list->draws);
	choice_list_init(list);
}

void
choice_list_clear(struct choice_list *list)
{
	list->count = 0;
}

void
choice_list_push(struct choice_list *list, enum choice_kind kind, uint32_t n,
    uint32_t value)
{
	assert(value < n);
	if (list->count == list->size) {
		size_t size = list->size == 0 ? 64 : list->size * 2;
		void *draws;

		draws = reallocarray(list->draws, size, sizeof(*list->draws));
		if (draws == NULL)
			err(3, "recording choices");
		list->draws = draws;
		list->size = size;
	}
	list->draws[list->count++] = (struct choice_draw){ kind, n, value };
}

bool
choice_list_is_equal(const struct choice_list *a, const struct choice_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct choice_draw *x = &a->draws[i], *y = &b->draws[i];

		if (x->kind != y->kind || x->n != y->n || x->value != y->value)
			return false;
	}
	return true;
}

__attribute__((format(printf, 4, 5)))
static bool
fail(struct choice_error *error, const char *path, unsigned line,
    const char *format, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);

	error->line = line;
	if (line == 0)
		snprintf(error->text, sizeof(error->text), "%.300s: error: %s",
		    path, what);
	else
		snprintf(error->text, sizeof(error->text),
		    "%.300s:%u: error: %s", path, line, what);
	return false;
}

static void
write_comment(FILE *file, const char *comment)
{
	fputs("# ", file);
	for (; *comment != '\0'; comment++)
		fputc((unsigned char)*comment < ' ' ? ' ' : *comment, file);
	fputc('\n', file);
}

/* False with errno set. */
static bool
write_list(FILE *file, const struct choice_list *list, const char *comment)
{
	fprintf(file, "%s\n", CHOICE_FILE_HEADER);
	if (comment != NULL)
		write_comment(file, comment);
	for (size_t i = 0; i < list->count && !ferror(file); i++) {
		const struct choice_draw *draw = &list->draws[i];

		fprintf(file, "%s %u %u\n", choice_kind_name(draw->kind),
		    (unsigned)draw->n, (unsigned)draw->value);
	}
	return fflush(file) == 0 && !ferror(file);
}

/* Write all of it to the open descriptor and close that. */
static bool
write_and_close(int fd, const struct choice_list *list, const char *comment)
{
	FILE *file = fdopen(fd, "w");
	bool ok;
	int error;

	if (file == NULL) {
		error = errno;
		close(fd);
		errno = error;
		return false;
	}
	ok = write_list(file, list, comment) && fchmod(fd, 0644) == 0;
	error = errno;
	if (fclose(file) != 0 && ok) {
		ok = false;
		error = errno;
	}
	errno = error;
	return ok;
}

bool
choice_list_save(const struct choice_list *list, const char *path,
    const char *comment, struct choice_error *error)
{
	char *beside;
	bool ok;
	int fd;

	if (asprintf(&beside, "%s.XXXXXX", path) == -1)
		return fail(error, path, 0, "%s", strerror(ENOMEM));
	fd = mkstemp(beside);
	if (fd == -1) {
		fail(error, path, 0, "%s", strerror(errno));
		free(beside);
		return false;
	}
	cleanup_file(beside);
	ok = write_and_close(fd, list, comment) && rename(beside, path) == 0;
	if (!ok) {
		fail(error, path, 0, "%s", strerror(errno));
		unlink(beside);
	}
	cleanup_file_done(beside);
	free(beside);
	return ok;
}

/* A file that is being read. */
struct reader {
	FILE		*file;
	const char	*path;
	unsigned	 line;		/* number of the line in text */
	char		 text[80];	/* without newline */
	struct choice_error *error;
};

enum read_result { READ_LINE, READ_END, READ_FAILED };

/* The next line, whatever is in it; only the start of a comment is kept. */
static enum read_result
read_any_line(struct reader *r)
{
	size_t len = 0;
	int c;

	r->line++;
	while ((c = getc(r->file)) != EOF && c != '\n') {
		if (len > 0 && r->text[0] == '#')
			continue;
		if (c < ' ' || c > '~') {
			fail(r->error, r->path, r->line,
			    "byte 0x%02x in a file of choices", (unsigned)c);
			return READ_FAILED;
		}
		if (len + 1 == sizeof(r->text)) {
			fail(r->error, r->path, r->line, "line too long");
			return READ_FAILED;
		}
		r->text[len++] = (char)c;
	}
	r->text[len] = '\0';
	if (ferror(r->file)) {
		fail(r->error, r->path, 0, "%s", strerror(errno));
		return READ_FAILED;
	}
	return c == EOF && len == 0 ? READ_END : READ_LINE;
}

/* The next line that is neither empty nor a comment. */
static enum read_result
read_line(struct reader *r)
{
	enum read_result result;

	do {
		result = read_any_line(r);
	} while (result == READ_LINE &&
	    (r->text[0] == '\0' || r->text[0] == '#'));
	return result;
}

static bool
parse_kind(char **at, enum choice_kind *kind)
{
	size_t len = strcspn(*at, " ");

	for (unsigned i = 0; i < CHOICE_KINDS; i++) {
		if (strlen(kind_names[i]) == len &&
		    memcmp(kind_names[i], *at, len) == 0) {
			*kind = (enum choice_kind)i;
			*at += len;
			return true;
		}
	}
	return false;
}

/* One space and a decimal number. */
static bool
parse_number(char **at, uint32_t *number)
{
	uint64_t value = 0;
	char *p = *at;

	if (*p++ != ' ' || *p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*number = (uint32_t)value;
	*at = p;
	return true;
}

static bool
parse_draw(struct reader *r, struct choice_list *list)
{
	enum choice_kind kind;
	uint32_t n, value;
	char *at = r->text;

	if (!parse_kind(&at, &kind))
		return fail(r->error, r->path, r->line,
		    "unknown kind of choice: %.*s",
		    (int)strcspn(r->text, " "), r->text);
	if (!parse_number(&at, &n) || !parse_number(&at, &value) || *at != '\0')
		return fail(r->error, r->path, r->line,
		    "expected KIND N VALUE, got: %s", r->text);
	if (n < 2)
		return fail(r->error, r->path, r->line,
		    "%u is no choice: N must be 2 or more", (unsigned)n);
	if (value >= n)
		return fail(r->error, r->path, r->line,
		    "value %u is not below %u", (unsigned)value, (unsigned)n);
	if (list->count == CHOICE_FILE_DRAWS_MAX)
		return fail(r->error, r->path, r->line,
		    "more than %zu draws", CHOICE_FILE_DRAWS_MAX);
	choice_list_push(list, kind, n, value);
	return true;
}

static bool
read_list(struct reader *r, struct choice_list *list)
{
	enum read_result result = read_any_line(r);

	if (result == READ_FAILED)
		return false;
	if (result == READ_END ||
	    strcmp(r->text, CHOICE_FILE_HEADER) != 0)
		return fail(r->error, r->path, 1,
		    "not a file of choices: it must begin with \"%s\"",
		    CHOICE_FILE_HEADER);
	while ((result = read_line(r)) == READ_LINE)
		if (!parse_draw(r, list))
			return false;
	return result == READ_END;
}

bool
choice_list_load(struct choice_list *list, const char *path,
    struct choice_error *error)
{
	struct reader r = { .path = path, .error = error };
	bool ok;

	choice_list_clear(list);
	r.file = fopen(path, "re");
	if (r.file == NULL)
		return fail(error, path, 0, "%s", strerror(errno));
	ok = read_list(&r, list);
	fclose(r.file);
	if (!ok)
		choice_list_clear(list);
	return ok;
}
