/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scenario being rewritten: a copy whose steps, machine and device may be changed.
 *
 * Exploring, sweeping, shrinking and fuzzing all do the same: they change a scenario and run
 * it.  So whatever they find is a scenario from the start, and replays as one.
 *
 * Texts, lists, expectations and places in files are borrowed from the scenario it was made from,
 * which must outlive it and its copies.  What a list holds is not changed in place.
 */
#ifndef VIOSIM_EXPLORE_EDIT_H
#define VIOSIM_EXPLORE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scenario/arena.h"
#include "scenario/scenario.h"

struct edit {
	struct scenario scenario;	/* machines.count is 1, params are put in; change it in
					   place, but the machine only in: */
	struct scenario_machine machine;
	size_t room;			/* steps that fit */
	struct scenario_case c;		/* of edit_case() */
	struct arena *arena;		/* also for texts that are put in (scenario/arena.h) */
};

/* A copy of the scenario on one of its machines, with one seed or none. */
struct edit *edit_new(const struct scenario *base, const struct scenario_machine *machine,
    bool has_seed, uint64_t seed);
/* It may outlive `from`. */
struct edit *edit_copy(const struct edit *from);
void edit_free(struct edit *edit);	/* NULL is fine */

/*
 * A step of that verb at index `at` (at most steps.count), everything else of it as when left
 * out in YAML.  Valid until the next insertion or removal.
 */
struct scenario_step *edit_insert(struct edit *edit, size_t at, enum scenario_verb verb);
/* The same by the row of the verb, which may be one of the type of device. */
struct scenario_step *edit_insert_row(struct edit *edit, size_t at, const struct verb *row);
/* A `hold until` that named the step becomes the shortest: `for: 1ns`. */
void edit_remove(struct edit *edit, size_t at);
/* The same; a step that came after it without a time of its own has then that of this one. */
void edit_take_out(struct edit *edit, size_t at);
/* Replaces the seeds by one, or by none (default choices). */
void edit_seed(struct edit *edit, bool has_seed, uint64_t seed);

/*
 * The case that runs it, the edit's; valid until the edit changes.  Its id names the machine as
 * the file of edit_print() would: by transport and dma.
 */
const struct scenario_case *edit_case(struct edit *edit);

/*
 * The file that tells it: `name` becomes its `scenario:`, `summary` its summary, and each line
 * of `comment` (may be NULL) a comment at the head.  It loads to the same plan.
 */
void edit_print(struct edit *edit, const char *name, const char *summary,
    const char *comment, FILE *stream);

#endif /* VIOSIM_EXPLORE_EDIT_H */
