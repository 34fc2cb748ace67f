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

static struct swept *
sweep(const char *module, const char *text, const struct explore_options *options)
{
	struct swept *swept = calloc(1, sizeof(*swept));

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
	return swept;
}

static void
swept_free(struct swept **freed)
{
	struct swept *swept = *freed;

	for (size_t i = 0; i < swept->runs.count; i++)
		free(swept->runs.item[i].plan);
	vec_fini(&swept->runs);
	explore_fini(&swept->explore);
	rig_fini(&swept->rig);
	free(swept);
}

/* The runs of a sweep, for the block. */
#define SWEPT(name) __attribute__((cleanup(swept_free))) struct swept *name

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
	SWEPT(swept) = sweep(NULL, SCENARIO, &(struct explore_options){ .no_interrupts = true });

	ck_assert_uint_eq(count(swept, "fail=kthread_create.enomem@"), 1);
	ck_assert_uint_eq(count(swept, "fails=kthread_create.enomem@"), 1);
	ck_assert_uint_eq(count(swept, "fail=kthread_create.eagain@"), 1);
	ck_assert_uint_eq(count(swept, "fail=virtio_alloc_vq.fails@"), 2);
	ck_assert_uint_eq(count(swept, "fails=sysctl_createv.enomem@"), 3);
	/* From inflating and from deflating. */
	ck_assert_uint_eq(count(swept, "fail=virtio_enqueue_prep.eagain@"), 2);
	ck_assert_uint_eq(count(swept, "fail=uvm_pglistalloc.block@"), 1);
	ck_assert_uint_eq(count(swept, "fails=uvm_pglistalloc.block@"), 0);
	/* What the kernel cannot do. */
	ck_assert_uint_eq(count(swept, "uvm_pglistalloc.enomem"), 0);
	ck_assert_uint_eq(count(swept, "virtio_enqueue_reserve"), 0);
	ck_assert_uint_eq(count(swept, "virtio_dequeue"), 0);
	ck_assert_uint_eq(count(swept, "irq="), 0);
	ck_assert_uint_eq(count(swept, "@before"), swept->runs.count - 1);
	ck_assert_uint_ge(swept->cannot, 2);
}

TEST(contract_failures_are_asked_for)
{
	SWEPT(swept) = sweep(NULL, SCENARIO, &(struct explore_options){
		.no_interrupts = true, .contract = true,
	});

	ck_assert_uint_ge(count(swept, "fail=virtio_dequeue.enoent@"), 2);
	ck_assert_uint_ge(swept->cannot, 1);
}

/* Two requests, one after the other, from the same place. */
TEST_RANGE(a_stack_is_failed_once_unless_all_are_asked_for, 0, 2)
{
	SWEPT(swept) = sweep(NULL, RIG_HEAD "steps:\n  - at: 1s\n    target: 512 pages\n"
	    "  - settle: {within: 5s}\n", &(struct explore_options){
		.no_interrupts = true, .all_stacks = _i == 1,
	});

	ck_assert_uint_eq(count(swept, "fail=virtio_enqueue_prep.eagain@"), _i == 1 ? 2 : 1);
}

/* ---- which interrupts ---- */

TEST(interrupts_come_where_they_may)
{
	SWEPT(swept) = sweep(NULL, SCENARIO, &(struct explore_options){ .no_faults = true });
	size_t config, completions;

	config = count(swept, "irq=config@");
	completions = count(swept, "answer=");
	/* Each point that can have one can have all three. */
	ck_assert_uint_gt(config, 20);
	ck_assert_uint_eq(count(swept, "irq="), 2 * config);
	/* Only while a request is out. */
	ck_assert_uint_gt(completions, 0);
	ck_assert_uint_lt(completions, config);
	/* The device is silent before DRIVER_OK. */
	ck_assert_uint_eq(count(swept, "virtio_alloc_vq"), 0);
	ck_assert_uint_gt(count(swept, "kthread_create"), 0);
}

/* ---- parts ---- */

/* Parts do together what the whole does, each run once and under the same number. */
TEST(parts_are_the_whole)
{
	struct explore_options options = { .no_interrupts = true };
	SWEPT(whole) = sweep(NULL, SCENARIO, &options);
	size_t runs = 0, at;

	for (options.shards = 3, options.shard = 1; options.shard <= 3; options.shard++) {
		SWEPT(part) = sweep(NULL, SCENARIO, &options);

		ck_assert_uint_eq(part->explore.units, whole->explore.units);
		for (size_t i = 0; i < part->runs.count; i++) {
			for (at = 0; whole->runs.item[at].number != part->runs.item[i].number;)
				ck_assert_uint_lt(++at, whole->runs.count);
			ck_assert_str_eq(whole->runs.item[at].plan, part->runs.item[i].plan);
		}
		runs += part->runs.count;
	}
	ck_assert_uint_eq(runs, whole->runs.count);
}

TEST(a_bound_ends_it_at_that_run)
{
	SWEPT(swept) = sweep(NULL, SCENARIO, &(struct explore_options){ .runs_max = 7 });

	ck_assert_uint_eq(swept->runs.count, 7);
	ck_assert(swept->explore.cut && !swept->explore.complete);
}

/* ---- what is found ---- */

TEST(a_leak_behind_one_failure)
{
	SWEPT(swept) = sweep("clumsy", SCENARIO,
	    &(struct explore_options){ .no_interrupts = true });
	size_t new = 0;

	/* Once and from then on, when inflating (harmless) and when deflating. */
	ck_assert_uint_eq(count(swept, "=virtio_enqueue_prep.eagain@"), 4);
	for (size_t i = 0; i < swept->runs.count; i++) {
		if (swept->runs.item[i].class == RECORD_OK)
			continue;
		ck_assert_int_eq(swept->runs.item[i].class, RECORD_NEW);
		HAS(swept->runs.item[i].plan, "virtio_enqueue_prep#2");
		new++;
	}
	ck_assert_uint_ge(new, 1);
	ck_assert_uint_lt(new, 4);
	ck_assert_uint_eq(swept->explore.tally.idle, 0);
	ck_assert_uint_ge(tally_count(&swept->explore.tally, false, false), 1);
}

TEST(a_leak_behind_two_failures)
{
	SWEPT(swept) = sweep("clumsy", SCENARIO, &(struct explore_options){
		.no_interrupts = true, .pairs = true,
	});
	bool found = false;

	for (size_t i = 0; i < swept->runs.count; i++) {
		const char *plan = swept->runs.item[i].plan;

		found |= swept->runs.item[i].class == RECORD_NEW &&
		    strncmp(plan, "fail=uvm_pglistalloc", 20) == 0 &&
		    strstr(plan, "; fail") != NULL &&
		    strstr(plan, "virtio_enqueue_prep") != NULL;
	}
	ck_assert(found);
	ck_assert_uint_gt(2 * count(swept, "; "), swept->runs.count);
}

SUITE(explore_sweep, .timeout = 60, .reads = DRIVER " " SMALL)
