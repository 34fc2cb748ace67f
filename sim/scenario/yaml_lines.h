/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML text line by line, with just enough of its rules to know where quotes, brackets,
 * comments and block texts are: for yaml_why.c, when the parser has given up.
 */
#ifndef VIOSIM_SCENARIO_YAML_LINES_H
#define VIOSIM_SCENARIO_YAML_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "yaml.h"

#define LINES_DEPTH_MAX 64	/* brackets, or blocks, inside each other */

/* Where in the text: a byte, and the line that it is in. */
struct spot {
	const char *at;		/* NULL: nowhere */
	unsigned line;
};

struct line {
	const char *start, *end;	/* without the newline */
	const char *text;		/* its first character that is no space or tab */
	unsigned number;
};

/* What the text is at the start of a line. */
struct reader {
	const char *end;
	struct spot quote;		/* open, or nowhere */
	struct spot bracket[LINES_DEPTH_MAX];	/* open */
	size_t depth;
	struct spot stray;		/* the first bracket that closes no such bracket */
	struct spot block;		/* the line whose block text (| or >) this is */
};

/* The line that begins there; false at the end of the text. */
bool	line_at(const struct yaml_file *, const char *start, unsigned number, struct line *);
bool	line_next(const struct yaml_file *, struct line *);
bool	line_find(const struct yaml_file *, unsigned number, struct line *);
/* The next line that holds something. */
bool	line_after(const struct yaml_file *, const struct line *, struct line *next);
bool	line_is_empty(const struct line *);	/* or a comment */
unsigned line_indent(const struct line *);

bool	char_is_blank(char);
bool	char_is_word(char);
/* Is there a space, or nothing, at s? */
bool	char_is_gap(const char *s, const char *end);
const char *word_end(const char *s, const char *end);
/* Behind all `- ` at the start of a line. */
const char *behind_dashes(const char *s, const char *end);
/* Is there `word:` here, with something or nothing behind it? */
bool	begins_with_key(const char *s, const char *end);

/* Reads a line that is no block text; a reader begins with all zeros. */
void	reader_line(struct reader *, const struct line *);
/* Reads the next line, whatever it is: does it go on with what a line before it began? */
bool	reader_next(struct reader *, const struct yaml_file *, const struct line *);

#endif
