/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of scenarios: the scenario itself, its list of steps and the structs of the type of
 * device are the copy's, because they are what is changed; what these point at is shared.
 */
#include "explore/edit.h"

#include <assert.h>
#include <string.h>

#include "scenario/table.h"

#define ROOM_SPARE 8		/* steps more than there are */

/* ---- edits ---- */

/*
 * `machine` holds all but transport and dma, `machines` the one with both: so the name of the
 * machine depends on these two only.
 */
static void
sync_machine(struct edit *edit)
{
	static const char *const names[2][2] = {
		[SCENARIO_VIRTIO_1] = {
			[SCENARIO_BOUNCE] = "1.0,bounce", [SCENARIO_COHERENT] = "1.0,coherent",
		},
		[SCENARIO_LEGACY] = {
			[SCENARIO_BOUNCE] = "legacy,bounce",
			[SCENARIO_COHERENT] = "legacy,coherent",
		},
	};
	struct scenario_machine *machine = &edit->machine;

	machine->name = names[machine->transport][machine->dma];
	edit->scenario.base = *machine;
	edit->scenario.base.transport = edit->scenario.base.dma = -1;
	edit->scenario.machines = (struct scenario_machines){ machine, 1 };
}

static void
own_object(struct arena *arena, struct scenario_own *own)
{
	void *copy = arena_calloc(arena, 1, own->map->size);

	own->object = memcpy(copy, own->object, own->map->size);
}

static struct edit *
edit_of(const struct scenario *scenario, const struct scenario_machine *machine)
{
	struct arena *arena = arena_new();
	struct edit *edit = arena_calloc(arena, 1, sizeof(*edit));
	struct scenario_steps *steps = &edit->scenario.steps;

	edit->arena = arena;
	edit->scenario = *scenario;
	edit->machine = *machine;
	edit->scenario.params = NULL;
	edit->scenario.nparams = 0;
	sync_machine(edit);
	own_object(arena, &edit->scenario.device.own);
	edit->room = steps->count + ROOM_SPARE;
	steps->step = arena_calloc(arena, edit->room, sizeof(steps->step[0]));
	for (size_t i = 0; i < steps->count; i++) {
		steps->step[i] = scenario->steps.step[i];
		if (steps->step[i].verb == SCENARIO_STEP_OWN)
			own_object(arena, &steps->step[i].own);
	}
	return edit;
}

struct edit *
edit_new(const struct scenario *base, const struct scenario_machine *machine,
    bool has_seed, uint64_t seed)
{
	struct edit *edit = edit_of(base, machine);

	edit_seed(edit, has_seed, seed);
	return edit;
}

struct edit *
edit_copy(const struct edit *from)
{
	struct edit *edit = edit_of(&from->scenario, &from->machine);

	arena_hold(edit->arena, from->arena);
	return edit;
}

void
edit_free(struct edit *edit)
{
	if (edit == NULL)
		return;
	scenario_case_fini(&edit->c);
	arena_free(edit->arena);
}

/* ---- steps ---- */

struct scenario_step *
edit_insert(struct edit *edit, size_t at, enum scenario_verb verb)
{
	return edit_insert_row(edit, at, verb_of(edit->scenario.device.type, verb));
}

struct scenario_step *
edit_insert_row(struct edit *edit, size_t at, const struct verb *row)
{
	struct scenario_steps *steps = &edit->scenario.steps;
	const struct field *f = &row->field;
	struct scenario_step *step, *wider;

	assert(at <= steps->count);
	if (steps->count == edit->room) {
		edit->room = 2 * edit->room + ROOM_SPARE;
		wider = arena_calloc(edit->arena, edit->room, sizeof(*wider));
		memcpy(wider, steps->step, steps->count * sizeof(*wider));
		steps->step = wider;
	}
	step = &steps->step[at];
	memmove(step + 1, step, (steps->count++ - at) * sizeof(*step));
	for (size_t i = 0; i < steps->count; i++)
		if (i != at && steps->step[i].verb == SCENARIO_STEP_HOLD &&
		    steps->step[i].hold.until != NULL && steps->step[i].hold.until_step >= at)
			steps->step[i].hold.until_step++;
	*step = (struct scenario_step){
		.verb = row->id, .row = row, .loc = edit->scenario.loc,
		.verb_loc = edit->scenario.loc,
	};
	if (f->kind == FIELD_MAP)
		memcpy(field_slot(f, step), f->map->defaults, f->map->size);
	else if (f->kind == FIELD_OWN)
		step->own = (struct scenario_own){ f->map, map_new(f->map, edit->arena) };
	return step;
}

void
edit_remove(struct edit *edit, size_t at)
{
	struct scenario_steps *steps = &edit->scenario.steps;

	assert(at < steps->count);
	for (size_t i = 0; i < steps->count; i++) {
		struct scenario_hold *hold = &steps->step[i].hold;

		if (steps->step[i].verb != SCENARIO_STEP_HOLD || hold->until == NULL)
			continue;
		if (hold->until_step == at) {
			hold->until = NULL;
			hold->until_step = 0;
			hold->lasts = (struct scenario_time){ SCENARIO_NS, 1 };
		} else if (hold->until_step > at) {
			hold->until_step--;
		}
	}
	memmove(&steps->step[at], &steps->step[at + 1],
	    (--steps->count - at) * sizeof(steps->step[0]));
}

void
edit_take_out(struct edit *edit, size_t at)
{
	struct scenario_steps *steps = &edit->scenario.steps;
	struct scenario_at gone = steps->step[at].at, *next;

	edit_remove(edit, at);
	if (at == steps->count || gone.when == SCENARIO_AT_ONCE)
		return;
	next = &steps->step[at].at;
	if (next->when == SCENARIO_AT_ONCE) {
		*next = gone;
	} else if (next->when == SCENARIO_RELATIVE && next->time.unit == gone.time.unit) {
		next->when = gone.when;
		next->time.value += gone.time.value;
	}
}

void
edit_seed(struct edit *edit, bool has_seed, uint64_t seed)
{
	struct scenario_seeds *seeds = &edit->scenario.seeds;

	*seeds = (struct scenario_seeds){ .count = 0 };
	if (!has_seed)
		return;
	seeds->seed = arena_calloc(edit->arena, 1, sizeof(seed));
	seeds->seed[seeds->count++] = seed;
}

/* ---- what it is for ---- */

const struct scenario_case *
edit_case(struct edit *edit)
{
	const struct scenario_seeds *seeds = &edit->scenario.seeds;

	sync_machine(edit);
	scenario_case_fini(&edit->c);
	scenario_case_init(&edit->c, &edit->scenario, &edit->machine, seeds->count > 0,
	    seeds->count > 0 ? seeds->seed[0] : 0);
	return &edit->c;
}

static void
print_comment(const char *comment, FILE *stream)
{
	while (comment != NULL && *comment != '\0') {
		size_t length = strcspn(comment, "\n");

		fprintf(stream, "#%s%.*s\n", length > 0 ? " " : "", (int)length, comment);
		comment += length + (comment[length] == '\n');
	}
}

void
edit_print(struct edit *edit, const char *name, const char *summary,
    const char *comment, FILE *stream)
{
	struct scenario whole;

	sync_machine(edit);
	whole = edit->scenario;
	whole.id = name;
	whole.summary = summary;
	print_comment(comment, stream);
	scenario_print(&whole, stream);
}
