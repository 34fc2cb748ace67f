/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore/sweep.c: what is tried, where, and that it finds what only a failure shows.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "explore/skeleton.h"
#include "explore/sweep.h"
#include "tests/explore/rig.h"

Suite *explore_sweep_suite(void);

#define STORY RIG_HEAD \
	"steps:\n" \
	"  - at: 1s\n    target: 64 pages\n" \
	"  - at: 3s\n    target: 0 pages\n" \
	"  - settle: {within: 2s}\n"

struct swept {
	struct rig rig;
	struct edit *skeleton;
	struct sweep_plan plan;
};

static void
sweep_up(struct swept *swept, const char *module, const char *story,
    const struct sweep_options *options)
{
	const struct scenario_case *c;

	if (module == NULL)
		rig_init(&swept->rig);
	else
		rig_init_named(&swept->rig, module);
	c = rig_load(&swept->rig, story);
	swept->skeleton = skeleton_new(&swept->rig.trial, c);
	sweep_plan_init(&swept->plan);
	sweep_plan_make(&swept->plan, &swept->rig.trial, swept->skeleton, c->id, options);
}

static void
sweep_down(struct swept *swept)
{
	sweep_plan_fini(&swept->plan);
	edit_free(swept->skeleton);
	rig_fini(&swept->rig);
}

static size_t
tries_of(const struct sweep_plan *plan, const char *fault, bool forever)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct deviation *what = &plan->item[i].what;

		count += what->kind == DEVIATION_FAULT && what->forever == forever &&
		    strcmp(what->fault->id, fault) == 0;
	}
	return count;
}

static size_t
tries_at(const struct sweep_plan *plan, enum deviation_kind kind, const char *call)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->item[i].what.kind == kind && (call == NULL ||
		    plan->item[i].what.at.call == trace_call_by_name(call));
	return count;
}

/* ---- which failures ---- */

/* A row that is real for some arguments only needs to say for which: sweep_fits.c. */
/* viomb allocates with waitok, in one place, and attaches once. */
START_TEST(every_call_once_and_from_then_on)
{
	struct sweep_options options = { .no_moments = true };
	struct swept swept;

	sweep_up(&swept, NULL, STORY, &options);
	ck_assert_uint_eq(tries_of(&swept.plan, "kthread_create.enomem", false), 1);
	ck_assert_uint_eq(tries_of(&swept.plan, "kthread_create.enomem", true), 1);
	ck_assert_uint_eq(tries_of(&swept.plan, "kthread_create.eagain", false), 1);
	ck_assert_uint_eq(tries_of(&swept.plan, "virtio_alloc_vq.fails", false), 2);
	ck_assert_uint_eq(tries_of(&swept.plan, "sysctl_createv.enomem", true), 3);
	/* From inflating and from deflating. */
	ck_assert_uint_eq(tries_of(&swept.plan, "virtio_enqueue_prep.eagain", false), 2);
	ck_assert_uint_eq(tries_of(&swept.plan, "uvm_pglistalloc.enomem", false), 0);
	ck_assert_uint_eq(tries_of(&swept.plan, "uvm_pglistalloc.block", false), 1);
	ck_assert_uint_eq(tries_of(&swept.plan, "uvm_pglistalloc.block", true), 0);
	ck_assert_uint_eq(tries_of(&swept.plan, "virtio_enqueue_reserve.eagain", false), 0);
	ck_assert_uint_eq(tries_of(&swept.plan, "virtio_dequeue.enoent", false), 0);
	ck_assert_uint_eq(tries_at(&swept.plan, DEVIATION_IRQ, NULL), 0);
	for (size_t i = 0; i < swept.plan.count; i++)
		ck_assert_int_eq(swept.plan.item[i].what.at.kind, MOMENT_BEFORE);
	sweep_down(&swept);
}
END_TEST

static size_t
points_without_failure(const struct outcome *plain)
{
	size_t count = 0;

	for (size_t i = 0; i < plain->point_count; i++)
		count += !plain->points[i].can_fail;
	return count;
}

START_TEST(contract_failures_are_asked_for)
{
	struct sweep_options options = { .no_moments = true, .contract = true };
	struct swept swept;

	sweep_up(&swept, NULL, STORY, &options);
	ck_assert_uint_ge(tries_of(&swept.plan, "virtio_dequeue.enoent", false), 2);
	ck_assert_uint_ge(points_without_failure(&swept.plan.plain), 1);
	sweep_down(&swept);
}
END_TEST

/* Two requests, one after the other, from the same place. */
START_TEST(a_stack_is_failed_once_unless_all_are_asked_for)
{
	struct sweep_options options = { .no_moments = true, .all_stacks = _i == 1 };
	struct swept swept;

	sweep_up(&swept, NULL, RIG_HEAD "steps:\n  - at: 1s\n    target: 512 pages\n"
	    "  - settle: {within: 5s}\n", &options);
	ck_assert_uint_eq(tries_of(&swept.plan, "virtio_enqueue_prep.eagain", false),
	    _i == 1 ? 2 : 1);
	sweep_down(&swept);
}
END_TEST

/* ---- which interrupts ---- */

START_TEST(interrupts_come_where_they_may)
{
	struct sweep_options options = { .no_faults = true };
	struct swept swept;
	size_t config = 0, answers;

	sweep_up(&swept, NULL, STORY, &options);
	answers = tries_at(&swept.plan, DEVIATION_ANSWER, NULL);
	for (size_t i = 0; i < swept.plan.count; i++) {
		const struct deviation *what = &swept.plan.item[i].what;

		config += what->kind == DEVIATION_IRQ && what->queue < 0;
		/* Masked, it would come later. */
		ck_assert(what->kind != DEVIATION_IRQ ||
		    what->at.ctx_kind != HW_CTX_HARDINT);
	}
	/* Each moment that can have one can have all three. */
	ck_assert_uint_gt(config, 20);
	ck_assert_uint_eq(tries_at(&swept.plan, DEVIATION_IRQ, NULL), 3 * config);
	/* Only while a request is out. */
	ck_assert_uint_gt(answers, 0);
	ck_assert_uint_lt(answers, config);
	/* The device is silent before DRIVER_OK. */
	ck_assert_uint_eq(tries_at(&swept.plan, DEVIATION_IRQ, "virtio_alloc_vq"), 0);
	ck_assert_uint_gt(tries_at(&swept.plan, DEVIATION_IRQ, "kthread_create"), 0);
	sweep_down(&swept);
}
END_TEST

START_TEST(a_plan_survives_as_text)
{
	struct sweep_options options = { 0 };
	struct sweep_plan again;
	struct swept swept;
	char *text = NULL, *twice = NULL;
	size_t size, size_twice;
	FILE *stream = open_memstream(&text, &size);

	sweep_up(&swept, NULL, STORY, &options);
	sweep_plan_print(&swept.plan, stream);
	ck_assert_int_eq(fclose(stream), 0);
	sweep_plan_init(&again);
	ck_assert(sweep_plan_parse(&again, text));
	ck_assert_uint_eq(again.count, swept.plan.count);
	stream = open_memstream(&twice, &size_twice);
	sweep_plan_print(&again, stream);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(text, twice);
	ck_assert(!sweep_plan_parse(&again, "0123456789abcdef 7 nonsense\n"));
	ck_assert(!sweep_plan_parse(&again, "nonsense\n"));
	free(text);
	free(twice);
	sweep_plan_fini(&again);
	sweep_down(&swept);
}
END_TEST

/* ---- what is found ---- */

struct sums {
	uint64_t next, runs, found, idle, pairs;
	char plan[384];			/* of the last that found something */
};

static void
sum(void *arg, struct outcome *outcome)
{
	struct sums *sums = arg;

	ck_assert_uint_eq(outcome->number, sums->next);
	sums->next++;
	sums->runs++;
	sums->idle += outcome->idle;
	sums->pairs += strstr(outcome->plan, "; ") != NULL;
	if (outcome_class(outcome) == OUTCOME_OK)
		return;
	ck_assert_int_eq(outcome_class(outcome), OUTCOME_NEW);
	sums->found++;
	strcpy(sums->plan, outcome->plan);
}

/* All tries of failures of that call. */
static struct sums
try_all(const char *call, const struct sweep_options *options)
{
	struct sums sums = { 0 };
	struct swept swept;

	sweep_up(&swept, "clumsy", STORY, options);
	ck_assert_uint_eq(swept.plan.plain.findings, 0);
	for (size_t i = 0; i < swept.plan.count; i++) {
		const struct sweep_try *one = &swept.plan.item[i];

		sums.next = i * SWEEP_RUNS_MAX + 1;
		if (strcmp(one->what.fault->call_name, call) == 0)
			sweep_try_run(one, &swept.rig.trial, swept.skeleton,
			    &swept.plan.plain, sums.next, options, sum, &sums);
	}
	sweep_down(&swept);
	return sums;
}

START_TEST(a_leak_behind_one_failure)
{
	struct sweep_options options = { .no_moments = true };
	struct sums sums = try_all("virtio_enqueue_prep", &options);

	/* Once and from then on, when inflating (harmless) and when deflating. */
	ck_assert_uint_eq(sums.runs, 4);
	ck_assert_uint_ge(sums.found, 1);
	ck_assert_uint_lt(sums.found, 4);
	ck_assert_uint_eq(sums.idle, 0);
	ck_assert_uint_eq(sums.pairs, 0);
	ck_assert_ptr_nonnull(strstr(sums.plan, "virtio_enqueue_prep#2"));
}
END_TEST

START_TEST(a_leak_behind_two_failures)
{
	struct sweep_options options = { .no_moments = true };
	struct sums single = try_all("uvm_pglistalloc", &options), pairs;

	ck_assert_uint_gt(single.runs, 0);
	ck_assert_uint_eq(single.found, 0);
	options.pairs = true;
	pairs = try_all("uvm_pglistalloc", &options);
	ck_assert_uint_eq(pairs.runs - pairs.pairs, single.runs);
	ck_assert_uint_gt(pairs.pairs, single.runs);
	ck_assert_uint_gt(pairs.found, 0);
	ck_assert_uint_eq(pairs.idle, 0);
	ck_assert_ptr_eq(strstr(pairs.plan, "fail=uvm_pglistalloc"), pairs.plan);
	ck_assert_ptr_nonnull(strstr(pairs.plan, "virtio_enqueue_prep"));
}
END_TEST

Suite *
explore_sweep_suite(void)
{
	Suite *suite = suite_create("explore/sweep");
	TCase *tcase = tcase_create("sweep");

	tcase_add_test(tcase, every_call_once_and_from_then_on);
	tcase_add_test(tcase, contract_failures_are_asked_for);
	tcase_add_loop_test(tcase, a_stack_is_failed_once_unless_all_are_asked_for, 0, 2);
	tcase_add_test(tcase, interrupts_come_where_they_may);
	tcase_add_test(tcase, a_plan_survives_as_text);
	tcase_add_test(tcase, a_leak_behind_one_failure);
	tcase_add_test(tcase, a_leak_behind_two_failures);
	tcase_set_timeout(tcase, 30);
	suite_add_tcase(suite, tcase);
	return suite;
}
