/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/explore/edit: copies are plans of their own, and print as what they are.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "device/balloon/balloon.h"
#include "explore/edit.h"
#include "run/run.h"
#include "scenario/table.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

static struct scenario_doc *
load(const char *steps)
{
	char text[2048];

	snprintf(text, sizeof(text), "format: 1\nscenario: t\nsummary: s\nsteps:\n%s", steps);
	return rig_doc("t.yaml", text);
}

static char *
printed(struct edit *edit, const char *name, const char *comment)
{
	return PRINTED(to, edit_print(edit, name, edit->scenario.summary, comment, to));
}

/* What is printed loads to the same plan, on the same one machine. */
static void
check_round_trip(struct edit *edit)
{
	const char *id = edit->scenario.id;
	HEAP(text) = printed(edit, id, "one\n\ntwo: [");
	HEAP(path) = xasprintf("scenarios/%s.yaml", id);
	DOC(doc) = rig_doc(path, text);
	const struct scenario_case *c;

	ck_assert_uint_eq(doc->count, 1);
	ck_assert_msg(map_equal(&map_scenario, &edit->scenario, doc->scenario[0]),
	    "another plan:\n%s", text);
	ck_assert_uint_eq(doc->scenario[0]->machines.count, 1);
	c = edit_case(edit);
	ck_assert_str_eq(c->machine->name, doc->scenario[0]->machines.machine[0].name);
	ck_assert(strncmp(c->id, id, strlen(id)) == 0);
}

TEST(all_cases_of_the_tree_print_as_what_they_are)
{
	char *names[] = { (char *)(uintptr_t)"scenarios" };
	const struct scenario_case *last = NULL;
	struct cli_cases cases;
	size_t seen = 0;

	ck_assert(cli_collect(&cases, names, 1));
	for (size_t i = 0; i < cases.count; i++) {
		const struct scenario_case *c = cases.item[i].c;
		EDIT(edit) = NULL;
		EDIT(copy) = NULL;

		/* One seed is like the other. */
		if (last != NULL && last->machine == c->machine)
			continue;
		last = c;
		seen++;
		edit = edit_new(c->scenario, c->machine, c->has_seed, c->seed);
		ck_assert(map_equal(&map_machine, &edit->machine, c->machine));
		ck_assert_uint_eq(edit->scenario.seeds.count, c->has_seed ? 1 : 0);
		copy = edit_copy(edit);
		check_round_trip(edit);
		check_round_trip(copy);
	}
	ck_assert_uint_gt(seen, 400);
	cli_cases_fini(&cases);
}

static struct balloon_target *
target_of(struct scenario_step *step)
{
	ck_assert_ptr_eq(step->row, &balloon_verb_target.format);
	return step->own.object;
}

TEST(a_copy_outlives_what_it_was_made_of)
{
	DOC(doc) = load("  - target: 1\n");
	struct edit *edit = rig_edit(doc, 0);
	struct scenario_step *step = edit_insert(edit, 0, SCENARIO_STEP_FAIL);
	EDIT(copy) = NULL;
	HEAP(text) = NULL;

	edit_seed(edit, true, 7);
	step->fail.id = arena_printf(edit->arena, "sweep%d", 12);
	step->fail.call = "uvm_pglistalloc";
	step->name = arena_printf(edit->arena, "a name");
	copy = edit_copy(edit);
	target_of(&copy->scenario.steps.step[1])->pages = 9;
	ck_assert_uint_eq(target_of(&edit->scenario.steps.step[1])->pages, 1);
	ck_assert_uint_eq(target_of(&doc->scenario[0]->steps.step[0])->pages, 1);
	edit_free(edit);
	text = printed(copy, "t", "why");
	ck_assert_str_eq(text, "# why\nformat: 1\nscenario: t\nsummary: s\nseed: 7\n"
	    "machines:\n  - {transport: virtio-1.0, dma: bounce}\n"
	    "steps:\n  - name: a name\n    fail: {id: sweep12, call: uvm_pglistalloc}\n"
	    "  - target: 9 pages\n");
	check_round_trip(copy);
}

TEST(holds_follow_the_step_that_ends_them)
{
	DOC(doc) = load(
	    "  - hold: {thread: viomb, until: there}\n"
	    "  - target: 1\n"
	    "  - name: there\n    target: 2\n");
	EDIT(edit) = rig_edit(doc, 0);
	struct scenario_steps *steps = &edit->scenario.steps;

	/* Enough insertions that the array moves. */
	for (size_t i = 1; i <= 20; i++) {
		edit_insert_row(edit, 1, &balloon_verb_target.format);
		ck_assert_uint_eq(steps->step[0].hold.until_step, 2 + i);
	}
	edit_insert(edit, steps->count, SCENARIO_STEP_SETTLE)->settle.within =
	    (struct scenario_time){ SCENARIO_NS, 5 };
	ck_assert_uint_eq(steps->step[0].hold.until_step, 22);
	/* In its very place: it moves on. */
	edit_insert_row(edit, 22, &balloon_verb_target.format);
	ck_assert_uint_eq(steps->step[0].hold.until_step, 23);
	edit_remove(edit, 22);
	ck_assert_uint_eq(steps->step[0].hold.until_step, 22);
	check_round_trip(edit);
	edit_remove(edit, 1);
	ck_assert_uint_eq(steps->step[0].hold.until_step, 21);
	ck_assert_str_eq(steps->step[21].name, "there");
	edit_remove(edit, 22);
	ck_assert_uint_eq(steps->step[0].hold.until_step, 21);
	edit_remove(edit, 21);
	ck_assert_ptr_null(steps->step[0].hold.until);
	ck_assert_uint_eq(steps->step[0].hold.lasts.value, 1);
	check_round_trip(edit);
}

TEST(what_follows_a_step_taken_out_keeps_its_time)
{
	DOC(doc) = load(
	    "  - at: 1s\n    target: 1\n"
	    "  - target: 2\n"
	    "  - at: +2s\n    target: 3\n"
	    "  - at: +3s\n    target: 4\n"
	    "  - at: 9s\n    target: 5\n"
	    "  - at: +1ticks\n    target: 6\n"
	    "  - at: +1s\n    target: 7\n");
	EDIT(edit) = rig_edit(doc, 0);
	const struct scenario_steps *steps = &edit->scenario.steps;

	edit_take_out(edit, 6);
	ck_assert_uint_eq(steps->count, 6);
	edit_take_out(edit, 0);
	ck_assert_int_eq(steps->step[0].at.when, SCENARIO_ABSOLUTE);
	ck_assert_uint_eq(steps->step[0].at.time.value, 1000000000);
	edit_take_out(edit, 1);
	ck_assert_int_eq(steps->step[1].at.when, SCENARIO_RELATIVE);
	ck_assert_uint_eq(steps->step[1].at.time.value, 5000000000);
	edit_take_out(edit, 0);
	ck_assert_int_eq(steps->step[0].at.when, SCENARIO_ABSOLUTE);
	ck_assert_uint_eq(steps->step[0].at.time.value, 6000000000);
	edit_take_out(edit, 0);
	ck_assert_uint_eq(steps->step[0].at.time.value, 9000000000);
	/* Ticks and seconds have no sum before there is a machine. */
	edit_take_out(edit, 0);
	ck_assert_int_eq(steps->step[0].at.when, SCENARIO_RELATIVE);
	ck_assert_uint_eq(steps->step[0].at.time.value, 1);
}

/* Verbs of each kind as the loader would fill them when only what must be there is given. */
static const struct {
	const char *key, *yaml;
} fresh[] = {
	{ "fail", "  - fail: {id: a, call: uvm_pglistalloc}\n" },
	{ "device", "  - device: {drop: inflate}\n" },
	{ "deliver", "  - deliver: {irq: config, at: mutex_enter}\n" },
	{ "note", "  - note: x\n" },
};

static void
fill_in(struct scenario_step *step)
{
	struct balloon_step *device = step->own.object;

	switch (step->verb) {
	case SCENARIO_STEP_FAIL:
		step->fail.id = "a";
		step->fail.call = "uvm_pglistalloc";
		break;
	case SCENARIO_STEP_DELIVER:
		step->deliver.irq = "config";
		step->deliver.at = (struct scenario_point){
			.given = true, .place = SCENARIO_CALL, .name = "mutex_enter", .nth = 1,
		};
		break;
	case SCENARIO_STEP_NOTE:
		step->note = "x";
		break;
	default:
		device->common.queue[BEHAVIOUR_DROP] = "inflate";
	}
}

TEST_EACH(fresh_steps_are_as_the_loader_fills_them, fresh)
{
	DOC(doc) = load(fresh[_i].yaml);
	EDIT(edit) = rig_edit(doc, 0);
	size_t last = edit->scenario.steps.count - 1;
	struct scenario_step *step = edit_insert_row(edit, last + 1,
	    verb_find(edit->scenario.device.type, fresh[_i].key));

	fill_in(step);
	ck_assert_msg(step_equal(step, &edit->scenario.steps.step[last]), "%s", fresh[_i].yaml);
	ck_assert_ptr_nonnull(step->loc.file);
	edit_remove(edit, last);
	check_round_trip(edit);
}

TEST(a_changed_machine_prints_and_names_itself)
{
	DOC(doc) = load("  - target: 1\n");
	EDIT(edit) = rig_edit(doc, 3);
	const struct scenario_case *c;
	HEAP(text) = NULL;

	edit_seed(edit, true, 5);
	edit->machine.cpus = 2;
	edit->machine.memory_pages = 32 * 256;
	edit->machine.transport = SCENARIO_VIRTIO_1;
	c = edit_case(edit);
	ck_assert_str_eq(c->id, "t@5#1.0,coherent");
	ck_assert_uint_eq(c->machine->cpus, 2);
	ck_assert(c->has_seed);
	ck_assert_uint_eq(c->seed, 5);
	edit_seed(edit, false, 0);
	text = printed(edit, "t", NULL);
	ck_assert_str_eq(text, "format: 1\nscenario: t\nsummary: s\n"
	    "machine: {memory: 32MiB, cpus: 2}\n"
	    "machines:\n  - {transport: virtio-1.0, dma: coherent}\n"
	    "steps:\n  - target: 1 page\n");
	check_round_trip(edit);
}

SUITE(explore_edit, .timeout = 60, .reads = SCENARIOS)
