/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving a `deliver` through the points of a run, to where it does no harm: see shrink.h.
 */
#include "explore/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"
#include "explore/inject.h"
#include "explore/baseline.h"
#include "run/source.h"

/* Where the driver's own variables are: found by listening to one run. */
struct state {
	const struct world *world;
	size_t offset, bytes;		/* in the kernel's heap; bytes 0: not known */
};

struct search {
	struct trial *trial;
	uint64_t key;
	struct edit *edit;			/* with the `deliver` at the head of its list */
	struct state state;
	struct source *source;
	struct inject_points course;		/* of the scenario without it */
	struct inject_points hit;		/* of the scenario as it is */
	size_t *at;			/* indexes of the points that a point can name */
	size_t count;
};

/* ---- runs ---- */

/* Does the scenario show the finding with the point at that place of the list? */
static bool
does_harm(struct search *search, size_t place)
{
	const struct inject_point *ip = &search->course.item[search->at[place]];
	struct scenario_step *step = &search->edit->scenario.steps.step[0];
	struct trial_result result;

	step->deliver.at = inject_point_place(ip);
	trial_run(search->trial, edit_case(search->edit), NULL, &result);
	return trial_find(&result, search->key) != NULL;
}

/*
 * From a harmful place on in steps of 1, 2, 4, ... to one that is not, and back in halves: the
 * harmful place with a harmless one right beside it.  False when it is harmful to the end.
 */
static bool
edge(struct search *search, size_t from, int way, size_t *found)
{
	size_t harmful = from, harmless = from, reach = way < 0 ? from : search->count - 1 - from;
	bool is_edge = false;

	for (size_t step = 1; !is_edge && reach > 0; step *= 2) {
		if (step > reach)
			step = reach;
		reach -= step;
		harmless = way < 0 ? harmful - step : harmful + step;
		is_edge = !does_harm(search, harmless);
		if (!is_edge)
			harmful = harmless;
	}
	while (is_edge && (harmful > harmless ? harmful - harmless : harmless - harmful) > 1) {
		size_t middle = harmful + (harmless - harmful) / 2;

		if (harmless < harmful)
			middle = harmless + (harmful - harmless) / 2;
		if (does_harm(search, middle))
			harmful = middle;
		else
			harmless = middle;
	}
	*found = harmful;
	return is_edge;
}

/* ---- the driver's variables ---- */

static void
on_memory(void *self, unsigned what, uintptr_t low, uintptr_t high, uint64_t number)
{
	struct state *state = self;

	(void)number;
	if (what == HW_MEMORY_SOFTC && state->bytes == 0) {
		state->offset = low - (uintptr_t)state->world->memory.arena;
		state->bytes = high - low;
	}
}

/* In place of the rules: of this run nothing else is wanted. */
static void
listen(void *arg, struct world *world)
{
	struct state *state = arg;

	state->world = world;
	access_observe(&world->access, &(struct access_observer){
		.memory = on_memory, .self = state,
	});
}

static void
find_state(struct search *search)
{
	struct run_options options = { .started = listen, .arg = &search->state };
	struct run_result result;

	trial_watch(search->trial, edit_case(search->edit), &options, &result);
	run_result_fini(&result);
}

/* "sc_npages", or "memory" when it has no name. */
static void
name_memory(const struct search *search, const struct inject_point *ip, char name[64])
{
	const struct state *state = &search->state;
	const char *member = NULL;
	char whole[SOURCE_NAME];
	size_t offset;

	if (ip->touches > 0 && state->bytes > 0 &&
	    inject_heap_offset(ip->touch[0].thing, &offset) &&
	    offset - state->offset < state->bytes && source_name(search->source, ip->site,
	    state->bytes, offset - state->offset, 4, whole, sizeof(whole)))
		member = strpbrk(whole, ".>");
	/* Whichever element of an array it is. */
	snprintf(name, 64, "%.*s", member == NULL ? 6 : (int)strcspn(member + 1, "["),
	    member == NULL ? "memory" : member + 1);
}

/* ---- what is done at a point ---- */

static void
op_of(const struct search *search, const struct inject_point *ip, struct why_op *op)
{
	struct source_pos pos;
	const char *slash;
	char name[64];

	*op = (struct why_op){ .known = true };
	if (ip->kind == INJECT_ACCESS) {
		name_memory(search, ip, name);
		snprintf(op->what, sizeof(op->what), "%s %s",
		    ip->touches > 0 && ip->touch[0].write ? "writes" : "reads", name);
	} else {
		snprintf(op->what, sizeof(op->what), "%s%s",
		    ip->kind == INJECT_AFTER ? "return of " : "",
		    trace_call_name((enum hw_call)ip->call));
	}
	if (ip->site == 0 || !source_lookup(search->source, ip->site, &pos))
		return;
	op->line = pos.line;
	snprintf(op->function, sizeof(op->function), "%s", pos.function);
	slash = strrchr(pos.file, '/');
	snprintf(op->file, sizeof(op->file), "%s", slash != NULL ? slash + 1 : pos.file);
}

/*
 * What the interrupt does that what it comes between minds: of its points, until the context
 * that it broke into goes on, the first that shares a thing with one of these.
 */
static bool
find_intruder(const struct search *search, size_t struck, size_t first, size_t last, bool writes,
    struct why_op *op)
{
	uint32_t victim = search->hit.item[struck].ctx;

	for (size_t i = struck + 1; i < search->hit.count; i++) {
		const struct inject_point *ip = &search->hit.item[i];

		if (ip->ctx == victim)
			break;
		for (size_t j = first; j <= last; j++)
			if (inject_points_share(ip, &search->course.item[j], writes)) {
				op_of(search, ip, op);
				return true;
			}
	}
	return false;
}

/* ---- the sentence ---- */

static void
print_op(const struct why_op *op, FILE *stream)
{
	if (op->line != 0)
		fprintf(stream, "%s:%u (%s: %s)", op->file, op->line, op->function,
		    op->what);
	else
		fputs(op->what, stream);
}

static void
print_intruder(const struct edit *edit, const struct scenario_deliver *deliver, FILE *stream)
{
	if (deliver->act != SCENARIO_UNSET)
		fputs(device_class_of(edit->scenario.device.type)->act->words, stream);
	else if (deliver->answer)
		fprintf(stream, "the device's completion on the %s queue", deliver->irq);
	else
		fprintf(stream, "the %s interrupt", deliver->irq);
}

static void
say_why(struct why *why, const struct edit *edit, const struct scenario_deliver *deliver)
{
	FILE *stream = fmemopen(why->text, sizeof(why->text), "w");

	if (stream == NULL)
		out_of_memory();
	fputs("fails when ", stream);
	print_intruder(edit, deliver, stream);
	if (why->before.known && why->behind.known) {
		fputs(" comes between ", stream);
		print_op(&why->before, stream);
		fputs(" and ", stream);
		print_op(&why->behind, stream);
		fputs("; one point earlier or later it passes", stream);
	} else if (why->before.known) {
		fputs(" comes after ", stream);
		print_op(&why->before, stream);
		fputs("; one point earlier it passes", stream);
	} else {
		fputs(" comes before ", stream);
		print_op(&why->behind, stream);
		fputs(" is done; one point later it passes", stream);
	}
	if (why->intruder.known) {
		fputs("; conflicting access: ", stream);
		print_op(&why->intruder, stream);
	}
	fclose(stream);
}

static uint64_t
cause_of(const struct why *why)
{
	char text[512];
	int length;

	if (!why->before.known || !why->behind.known)
		return 0;
	length = snprintf(text, sizeof(text), "%s:%u %s; %s:%u %s", why->before.function,
	    why->before.line, why->before.what, why->behind.function, why->behind.line,
	    why->behind.what);
	return trace_hash(text, (size_t)length);
}

/* ---- one `deliver` ---- */

static void
list_places(struct search *search)
{
	search->at = xcalloc(search->course.count, sizeof(search->at[0]));
	for (size_t i = 0; i < search->course.count; i++)
		if (inject_point_has_name(&search->course.item[i]))
			search->at[search->count++] = i;
}

static bool
same_point(const struct inject_point *a, const struct inject_point *b)
{
	return a->kind == b->kind && a->call == b->call && a->line == b->line &&
	    a->nth == b->nth && a->ctx == b->ctx;
}

/* The place in the list at which the scenario as it is delivers; false: none. */
static bool
place_of(const struct search *search, size_t struck, size_t *place)
{
	for (*place = 0; *place < search->count; (*place)++)
		if (search->at[*place] == struck)
			return same_point(&search->course.item[struck],
			    &search->hit.item[struck]);
	return false;
}

/* The harmful stretch around that place, and what lies on its edges. */
static bool
find_edges(struct search *search, size_t struck, size_t place, struct why *why)
{
	size_t first, last;

	why->earlier_harmless = edge(search, place, -1, &first);
	why->later_harmless = edge(search, place, 1, &last);
	if (!why->earlier_harmless && !why->later_harmless)
		return false;
	find_state(search);
	first = search->at[first];
	last = search->at[last];
	if (why->earlier_harmless)
		op_of(search, &search->course.item[--first], &why->before);
	if (why->later_harmless)
		op_of(search, &search->course.item[last], &why->behind);
	/* Rather what it overwrites than what it reads. */
	if (!find_intruder(search, struck, first, last, true, &why->intruder))
		find_intruder(search, struck, first, last, false, &why->intruder);
	return true;
}

static bool
look_at(struct trial *trial, const struct edit *edit, size_t step, uint64_t key,
    struct why *why)
{
	struct search search = { .trial = trial, .key = key, .edit = edit_copy(edit) };
	struct edit *without = edit_copy(edit);
	struct scenario_step moved = search.edit->scenario.steps.step[step];
	struct trial_result result;
	bool found = false;
	size_t struck, place;

	search.source = module_source(trial_module(trial, &edit->machine));
	edit_take_out(without, step);
	trial_run(trial, edit_case(without), &search.course, &result);
	trial_run(trial, edit_case(search.edit), &search.hit, &result);
	struck = timing_struck(trial, search.edit, step, &search.hit);
	edit_take_out(search.edit, step);
	moved.at.when = SCENARIO_AT_ONCE;
	*edit_insert(search.edit, 0, SCENARIO_STEP_DELIVER) = moved;
	list_places(&search);
	if (struck < search.hit.count && struck < search.course.count &&
	    place_of(&search, struck, &place))
		found = find_edges(&search, struck, place, why);
	if (found)
		say_why(why, edit, &moved.deliver);
	why->cause = cause_of(why);
	edit_free(search.edit);
	edit_free(without);
	vec_fini(&search.course);
	vec_fini(&search.hit);
	free(search.at);
	return found;
}

bool
why(struct trial *trial, const struct edit *edit, uint64_t key, struct why *why)
{
	const struct scenario_steps *steps = &edit->scenario.steps;
	bool found = false;

	for (size_t i = 0; i < steps->count && !found; i++) {
		*why = (struct why){ .cause = 0 };
		if (steps->step[i].verb == SCENARIO_STEP_DELIVER &&
		    (steps->step[i].deliver.at.place == SCENARIO_CALL ||
		    steps->step[i].deliver.at.place == SCENARIO_LINE))
			found = look_at(trial, edit, i, key, why);
	}
	return found;
}
