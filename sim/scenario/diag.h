/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors with a place: collected, then printed all at once.
 */
#ifndef VIOSIM_SCENARIO_DIAG_H
#define VIOSIM_SCENARIO_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * A place in a text file.  `line` and `col` count from 1, `col` in characters;
 * 0 means "the file as a whole".  `file` is owned by whoever made the place
 * (for a loaded scenario: by its document).
 */
struct loc {
	const char *file;
	unsigned line;
	unsigned col;
};

struct diag {
	struct loc loc;		/* file is owned by the list */
	unsigned width;		/* characters to underline, at least 1 */
	char *message;
	const char *rule;	/* "scenario.unknown-key"; a literal */
	char *excerpt;		/* the source line without newline, or NULL */
	/* What is meant, if there is no doubt: `from` at a column of that line becomes `to`. */
	char *from, *to;	/* both NULL: not known */
	unsigned repair_col;
};

/* Caller-owned; diag_list_init before the first use, diag_list_fini at the end. */
struct diag_list {
	struct diag *items;
	size_t count;		/* at most DIAG_MAX */
	size_t dropped;		/* errors beyond that, counted only */
	size_t reported;	/* calls of diag_add, with those that said the same again */
	struct diag *last;	/* what the latest of them said; NULL: it was dropped */
};

#define DIAG_MAX 20

/* Most bytes of a source line that are kept for the excerpt. */
#define DIAG_EXCERPT_MAX 4096

void	diag_list_init(struct diag_list *);
void	diag_list_fini(struct diag_list *);

/*
 * Add an error.  `text` is the whole source of `size` bytes, from which the line is
 * copied (NULL: no excerpt).  The same message at the same place is kept once.
 */
void	diag_add(struct diag_list *, struct loc, unsigned width, const char *text,
	    size_t size, const char *rule, const char *fmt, ...)
	    __attribute__((format(printf, 7, 8)));

/*
 * The latest error is repaired by writing `to` for `from`, which must stand once in what it
 * underlines; else it is left without.
 */
void	diag_repair(struct diag_list *, const char *from, const char *to);

/*
 * The text of `file` with all these repairs, heap; each is told to `made`, if that is not NULL.
 * NULL: there are none.
 * One that no longer fits the text is left out.
 */
char	*diag_list_repaired(const struct diag_list *, const char *file, const char *text,
	    void (*made)(const struct diag *));

/* Only the first `count` errors stay. */
void	diag_list_cut(struct diag_list *, size_t count);

/* In order of file, line, column. */
void	diag_list_sort(struct diag_list *);

/*
 * `file:line:col: error: message [rule]`, the source line and a caret, for every
 * error in order of file, line, column.  `colour` adds ANSI colours.
 */
void	diag_list_print(struct diag_list *, FILE *, bool colour);

#endif
