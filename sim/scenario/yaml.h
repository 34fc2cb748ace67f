/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML file as a tree with positions: maps, lists, scalars, nothing else.
 *
 * yaml.c is the only file that knows libfyaml.  Anchors, aliases, tags, merge keys,
 * directives, further documents, repeated keys, null values and keys that are no plain
 * words are errors here, so that the rest never sees them.
 */
#ifndef VIOSIM_SCENARIO_YAML_H
#define VIOSIM_SCENARIO_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"

struct arena;

struct yaml_file {
	const char *path;
	const char *text;	/* NUL-terminated */
	size_t size;
};

enum yaml_kind {
	YAML_SCALAR,
	YAML_MAP,
	YAML_LIST,
	YAML_BROKEN,		/* an error was reported here already */
};

struct yaml_node {
	enum yaml_kind kind;
	const struct yaml_file *file;
	struct loc loc;
	unsigned width;		/* characters on the first line */
	const char *text;	/* YAML_SCALAR: without quotes, NUL-terminated */
	bool plain;		/* YAML_SCALAR: unquoted, so `$name` is a parameter */
	bool exact;		/* YAML_SCALAR: character n of text is column text_col + n */
	unsigned text_col;
	struct yaml_pair *pairs;	/* YAML_MAP */
	struct yaml_node **items;	/* YAML_LIST */
	size_t count;
};

struct yaml_pair {
	struct yaml_node *key;	/* always a scalar */
	struct yaml_node *value;
};

#define YAML_FILE_MAX (1024 * 1024)	/* bytes */
#define YAML_DEPTH_MAX 32		/* nesting of maps and lists */

/* The bytes of a regular file (no more than show that they are too many); false after an error. */
bool	yaml_read_file(const char *path, struct arena *, struct yaml_file *, struct diag_list *);

/* Such a text without errors as JSON, in one line; heap. */
char	*yaml_to_json(const char *text);

/*
 * The tree of a file's single document; NULL if there is none.  The tree is usable even
 * after errors (parts may be YAML_BROKEN); the list tells.
 */
struct yaml_node *yaml_parse(const struct yaml_file *, struct arena *, struct diag_list *);

/* The value of a key, or NULL.  The node must be a map. */
struct yaml_node *yaml_lookup(const struct yaml_node *map, const char *key);

/* The same of any node; without such a key the node itself: where an error is shown. */
const struct yaml_node *yaml_value(const struct yaml_node *, const char *key);

/* "a map", "a list", "a value": for messages. */
const char *yaml_kind_name(enum yaml_kind);

/*
 * Why a text is not YAML, in words for its author.  A parser says what it could not go on with.
 * What went wrong stands mostly before that: a bracket that was not closed, a space that is
 * missing, a line that is indented wrongly.
 */
struct yaml_why {
	unsigned line, col;	/* what is wrong, counted from 1; col in characters */
	unsigned width;		/* in characters, at least 1 */
	char text[200];		/* one clause that says what to do */
	char from[200], to[208];	/* and how it is done, if that is sure; else "" */
};
/*
 * The parser stopped at line:col.  True, and *why is filled, if the text shows the reason; false
 * if only the parser's own words are left.
 */
bool	yaml_why(const struct yaml_file *, unsigned line, unsigned col, struct yaml_why *why);

/* An error at a node. */
void	yaml_error(struct diag_list *, const struct yaml_node *, const char *rule,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
