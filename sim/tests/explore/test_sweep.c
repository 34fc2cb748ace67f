/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore/sweep.c: what is tried, where, and that it finds what only a failure shows.
 */
#include <stdlib.h>
#include <string.h>

#include "explore/explore.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

#define SCENARIO RIG_HEAD \
	"steps:\n" \
	"  - at: 1s\n    target: 64 pages\n" \
	"  - at: 3s\n    target: 0 pages\n" \
	"  - settle: {within: 2s}\n"

struct ran {
	char *plan;
	uint64_t number;
	enum record_class class;
};

/* The runs of a sweep. */
struct swept {
	struct rig rig;
	struct explore explore;
	struct { VEC_MEMBERS(struct ran); } runs;
	size_t fallible, cannot;	/* call stacks */
};

static void
on_run(void *arg, const struct record *run)
{
	struct swept *swept = arg;
	struct ran *ran = vec_add(&swept->runs);

	ran->plan = strdup(run->plan);
	ran->number = run->number;
	ran->class = record_class(run);
	swept->fallible += run->points.count;
	for (size_t i = 0; i < run->points.count; i++)
		swept->cannot += !run->points.item[i].can_fail;
}

static void
sweep(struct swept *swept, const char *module, const char *text,
    const struct explore_options *options)
{
	*swept = (struct swept){ .fallible = 0 };
	if (module == NULL)
		rig_init(&swept->rig);
	else
		rig_init_named(&swept->rig, module);
	swept->explore = (struct explore){
		.options = *options, .c = rig_load(&swept->rig, text), .cases = 1,
		.module = swept->rig.module, .run = on_run, .arg = swept,
	};
	swept->explore.options.strategy = &explore_sweep;
	swept->explore.options.jobs = 2;
	ck_assert(explore_run(&swept->explore));
}

static void
swept_fini(struct swept *swept)
{
	for (size_t i = 0; i < swept->runs.count; i++)
		free(swept->runs.item[i].plan);
	vec_fini(&swept->runs);
	explore_fini(&swept->explore);
	rig_fini(&swept->rig);
}

/* How many plans have that in them. */
static size_t
count(const struct swept *swept, const char *words)
{
	size_t n = 0;

	for (size_t i = 0; i < swept->runs.count; i++)
		n += strstr(swept->runs.item[i].plan, words) != NULL;
	return n;
}

/* ---- which failures ---- */

/* viomb allocates with waitok, in one place, and attaches once. */
TEST(every_call_once_and_from_then_on)
{
	struct swept swept;

	sweep(&swept, NULL, SCENARIO, &(struct explore_options){ .no_interrupts = true });
	ck_assert_uint_eq(count(&swept, "fail=kthread_create.enomem@"), 1);
	ck_assert_uint_eq(count(&swept, "fails=kthread_create.enomem@"), 1);
	ck_assert_uint_eq(count(&swept, "fail=kthread_create.eagain@"), 1);
	ck_assert_uint_eq(count(&swept, "fail=virtio_alloc_vq.fails@"), 2);
	ck_assert_uint_eq(count(&swept, "fails=sysctl_createv.enomem@"), 3);
	/* From inflating and from deflating. */
	ck_assert_uint_eq(count(&swept, "fail=virtio_enqueue_prep.eagain@"), 2);
	ck_assert_uint_eq(count(&swept, "fail=uvm_pglistalloc.block@"), 1);
	ck_assert_uint_eq(count(&swept, "fails=uvm_pglistalloc.block@"), 0);
	/* What the kernel cannot do. */
	ck_assert_uint_eq(count(&swept, "uvm_pglistalloc.enomem"), 0);
	ck_assert_uint_eq(count(&swept, "virtio_enqueue_reserve"), 0);
	ck_assert_uint_eq(count(&swept, "virtio_dequeue"), 0);
	ck_assert_uint_eq(count(&swept, "irq="), 0);
	ck_assert_uint_eq(count(&swept, "@before"), swept.runs.count - 1);
	ck_assert_uint_ge(swept.cannot, 2);
	swept_fini(&swept);
}

TEST(contract_failures_are_asked_for)
{
	struct swept swept;

	sweep(&swept, NULL, SCENARIO, &(struct explore_options){
		.no_interrupts = true, .contract = true,
	});
	ck_assert_uint_ge(count(&swept, "fail=virtio_dequeue.enoent@"), 2);
	ck_assert_uint_ge(swept.cannot, 1);
	swept_fini(&swept);
}

/* Two requests, one after the other, from the same place. */
TEST_RANGE(a_stack_is_failed_once_unless_all_are_asked_for, 0, 2)
{
	struct swept swept;

	sweep(&swept, NULL, RIG_HEAD "steps:\n  - at: 1s\n    target: 512 pages\n"
	    "  - settle: {within: 5s}\n", &(struct explore_options){
		.no_interrupts = true, .all_stacks = _i == 1,
	});
	ck_assert_uint_eq(count(&swept, "fail=virtio_enqueue_prep.eagain@"), _i == 1 ? 2 : 1);
	swept_fini(&swept);
}

/* ---- which interrupts ---- */

TEST(interrupts_come_where_they_may)
{
	struct swept swept;
	size_t config, completions;

	sweep(&swept, NULL, SCENARIO, &(struct explore_options){ .no_faults = true });
	config = count(&swept, "irq=config@");
	completions = count(&swept, "answer=");
	/* Each point that can have one can have all three. */
	ck_assert_uint_gt(config, 20);
	ck_assert_uint_eq(count(&swept, "irq="), 2 * config);
	/* Only while a request is out. */
	ck_assert_uint_gt(completions, 0);
	ck_assert_uint_lt(completions, config);
	/* The device is silent before DRIVER_OK. */
	ck_assert_uint_eq(count(&swept, "virtio_alloc_vq"), 0);
	ck_assert_uint_gt(count(&swept, "kthread_create"), 0);
	swept_fini(&swept);
}

/* ---- parts ---- */

/* Parts do together what the whole does, each run once and under the same number. */
TEST(parts_are_the_whole)
{
	struct explore_options options = { .no_interrupts = true };
	struct swept whole, part;
	size_t runs = 0, at;

	sweep(&whole, NULL, SCENARIO, &options);
	for (options.shards = 3, options.shard = 1; options.shard <= 3; options.shard++) {
		sweep(&part, NULL, SCENARIO, &options);
		ck_assert_uint_eq(part.explore.units, whole.explore.units);
		for (size_t i = 0; i < part.runs.count; i++) {
			for (at = 0; whole.runs.item[at].number != part.runs.item[i].number;)
				ck_assert_uint_lt(++at, whole.runs.count);
			ck_assert_str_eq(whole.runs.item[at].plan, part.runs.item[i].plan);
		}
		runs += part.runs.count;
		swept_fini(&part);
	}
	ck_assert_uint_eq(runs, whole.runs.count);
	swept_fini(&whole);
}

TEST(a_bound_ends_it_at_that_run)
{
	struct swept swept;

	sweep(&swept, NULL, SCENARIO, &(struct explore_options){ .runs_max = 7 });
	ck_assert_uint_eq(swept.runs.count, 7);
	ck_assert(swept.explore.cut && !swept.explore.complete);
	swept_fini(&swept);
}

/* ---- what is found ---- */

TEST(a_leak_behind_one_failure)
{
	struct swept swept;
	size_t new = 0;

	sweep(&swept, "clumsy", SCENARIO, &(struct explore_options){ .no_interrupts = true });
	/* Once and from then on, when inflating (harmless) and when deflating. */
	ck_assert_uint_eq(count(&swept, "=virtio_enqueue_prep.eagain@"), 4);
	for (size_t i = 0; i < swept.runs.count; i++) {
		if (swept.runs.item[i].class == RECORD_OK)
			continue;
		ck_assert_int_eq(swept.runs.item[i].class, RECORD_NEW);
		ck_assert_ptr_nonnull(strstr(swept.runs.item[i].plan, "virtio_enqueue_prep#2"));
		new++;
	}
	ck_assert_uint_ge(new, 1);
	ck_assert_uint_lt(new, 4);
	ck_assert_uint_eq(swept.explore.tally.idle, 0);
	ck_assert_uint_ge(tally_count(&swept.explore.tally, false, false), 1);
	swept_fini(&swept);
}

TEST(a_leak_behind_two_failures)
{
	struct swept swept;
	bool found = false;

	sweep(&swept, "clumsy", SCENARIO, &(struct explore_options){
		.no_interrupts = true, .pairs = true,
	});
	for (size_t i = 0; i < swept.runs.count; i++) {
		const char *plan = swept.runs.item[i].plan;

		found |= swept.runs.item[i].class == RECORD_NEW &&
		    strncmp(plan, "fail=uvm_pglistalloc", 20) == 0 &&
		    strstr(plan, "; fail") != NULL &&
		    strstr(plan, "virtio_enqueue_prep") != NULL;
	}
	ck_assert(found);
	ck_assert_uint_gt(2 * count(&swept, "; "), swept.runs.count);
	swept_fini(&swept);
}

SUITE(explore_sweep_suite, "explore/sweep", .timeout = 60)
