/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the loader: load_doc.c (the file), load.c (maps and lists),
 * load_value.c (single values), check*.c (what no single key can tell).
 */
#ifndef VIOSIM_SCENARIO_LOAD_H
#define VIOSIM_SCENARIO_LOAD_H

#include "arena.h"
#include "scenario.h"
#include "table.h"
#include "yaml.h"

/* One parameter of the matrix with the value of this combination. */
struct load_param {
	struct scenario_param bound;
	const struct yaml_node *key;
	const struct yaml_node *values;		/* the list */
	const struct yaml_node *item;		/* of it, the one with this value */
	bool used;
};

struct loader {
	struct arena *arena;
	struct diag_list *diags;
	const struct scenario_vocab *vocab;
	struct scenario_vocab of_type;	/* with the names of the file's type of device */
	struct load_param *params;
	size_t nparams;
	bool matrix_broken;	/* reported; `$name` is not complained about any more */
	bool in_steps;		/* reading the steps */
	bool lost_step_key;	/* a key of a step stands beside the list of steps */
	bool in_base;		/* reading the file that is extended */
	const struct yaml_file *base_file;	/* that file, or NULL */
	size_t reported_before;	/* of the list, when this file was begun */
};

static inline bool
load_has_failed(const struct loader *ld)
{
	return ld->diags->reported != ld->reported_before;
}

/* An error at a value: where it stands, be it in the matrix. */
void	load_error(struct loader *, const struct yaml_node *, const char *rule, const char *fmt,
	    ...) __attribute__((format(printf, 4, 5)));

/* A single value: its text with the parameter put in.  NULL after an error. */
const char *load_scalar(struct loader *, const struct yaml_node *);

/* Read a value of one of the single-value kinds into its slot. */
void	load_value(struct loader *, const struct field *, const struct yaml_node *, void *slot);

/* ---- load_doc.c ---- */

/* The same path without `.`, `//` and `..` behind a name: for people, not for opening. */
const char *path_plain(struct arena *, const char *path);

/* ---- event.c ---- */

/* An event of `expect-trace`. */
void	load_event(struct loader *, const struct yaml_node *, struct scenario_event *);

/* ---- load.c ---- */

/* The type of device that the files name comes before all else: their keys depend on it. */
void	load_type(struct loader *, const struct yaml_node *root, const struct yaml_node *base,
	    struct scenario *);

/* All keys of a file, over what is in the scenario already. */
void	load_top(struct loader *, const struct yaml_node *root, struct scenario *);

/* One entry of `machines`, over a copy of `machine`. */
void	load_machine(struct loader *, const struct yaml_node *, struct scenario_machine *);

/* ---- check.c: errors that need more than one key; `root` is the scenario's tree ---- */

void	check_segments(struct loader *, const struct scenario_segments *,
	    const struct yaml_node *list);
void	check_machine(struct loader *, const struct scenario_machine *,
	    const struct yaml_node *map);

struct map_check {
	struct loader *ld;
	const struct yaml_node *node;
	const char *rule;		/* of its errors */
};

void	check_fail(struct map_check *, const void *);
void	check_guest(struct map_check *, const void *);
void	check_hold(struct map_check *, const void *);

/* What the map itself checks. */
void	check_map(struct loader *, const struct map *, const void *value,
	    const struct yaml_node *node);

/* `scenario:` against the path of the file. */
void	check_path(struct loader *, const struct scenario *, const struct yaml_node *id,
	    const char *path);

/* A scenario, once all of it was read without errors; `root` is its tree. */
void	check_scenario(struct loader *, struct scenario *, const struct yaml_node *root);

/* What is known of all machines and all combinations of a file. */
struct bounds {
	uint64_t memory_pages;	/* of the largest machine */
	uint64_t claimed_pages;	/* most that the device is made to say of itself */
};

void	bounds_add(struct bounds *, const struct scenario *);

/* Amounts and expectations against what can be on any of its machines. */
void	check_bounds(struct loader *, const struct scenario *, const struct yaml_node *root,
	    const struct bounds *);

/* ---- check_expect.c ---- */

/*
 * Is the expectation true or false whatever the driver does?  Then what it is, as a message of
 * the arena; else NULL.  `must`: it has to become true, so what only a wrong driver makes true
 * counts as false.
 */
const char *expect_decided(const struct expect *, const struct bounds *, bool must,
	    struct arena *);

/* ---- case.c ---- */

/* `a b` and `ab` are the same word in a case id. */
bool	text_equals_but_spaces(const char *a, const char *b);

/* The part of a case id after '#', as text of the arena. */
const char *machine_name(const struct scenario_machine *, const struct scenario_machine *base,
	    struct arena *);

#endif
