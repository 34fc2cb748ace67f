/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/explore/points and of the recorder that lists them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/explore/rig.h"
#include "tests/suite.h"

struct listing {
	struct rig rig;
	struct inject_points points;
	struct trial_result result;
};

static void
listing_init(struct listing *listing, void (*init)(struct rig *), const char *text)
{
	*listing = (struct listing){ .points = { 0 } };
	init(&listing->rig);
	rig_load(&listing->rig, text);
	rig_run(&listing->rig, &listing->points, &listing->result);
}

static void
list_built(struct listing *listing)
{
	listing_init(listing, rig_init, RIG_SCENARIO);
}

static void
list_small(struct listing *listing)
{
	listing_init(listing, rig_init_small, RIG_SCENARIO);
}

static void
listing_fini(struct listing *listing)
{
	vec_fini(&listing->points);
	rig_fini(&listing->rig);
}

/* A test with the points of RIG_SCENARIO, `listing`, of one of these drivers. */
#define LISTING_TEST(name, list) \
	TEST_WITH_IN(name, struct listing, struct listing *listing, list, listing_fini)

static void
ck_same(const struct inject_point *a, const struct inject_point *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->call, b->call);
	ck_assert_uint_eq(a->line, b->line);
	ck_assert_uint_eq(a->nth, b->nth);
	ck_assert_uint_eq(a->seq, b->seq);
	ck_assert_uint_eq(a->ctx, b->ctx);
	ck_assert_int_eq(a->ctx_kind, b->ctx_kind);
	ck_assert_uint_eq(a->ipl, b->ipl);
	ck_assert_int_eq(a->queue, b->queue);
	ck_assert_uint_eq(a->stack, b->stack);
	ck_assert_int_eq(a->everything, b->everything);
	ck_assert_uint_eq(a->touches, b->touches);
	for (unsigned i = 0; i < a->touches; i++) {
		ck_assert_uint_eq(a->touch[i].thing, b->touch[i].thing);
		ck_assert_int_eq(a->touch[i].write, b->touch[i].write);
	}
}

/* The same run has the same points, also when its memory and its module lie elsewhere. */
TEST(test_same)
{
	struct listing first, second;
	struct inject_points again = { 0 };

	list_built(&first);
	rig_run(&first.rig, &again, &first.result);
	ck_assert_uint_gt(first.points.count, 300);
	ck_assert_uint_eq(first.points.count, again.count);
	for (size_t i = 0; i < again.count; i++)
		ck_same(&first.points.item[i], &again.item[i]);
	vec_fini(&again);
	trial_fini(&first.rig.trial);
	module_close(first.rig.module);
	list_built(&second);
	ck_assert_uint_eq(first.points.count, second.points.count);
	for (size_t i = 0; i < second.points.count; i++)
		ck_same(&first.points.item[i], &second.points.item[i]);
	vec_fini(&first.points);
	listing_fini(&second);
}

/* ---- a `deliver` at the point strikes there ---- */

#define ASKED 7

/* When the host wishes for so many pages. */
static void
see_target(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	(void)site;
	(void)payload;
	if (event->arg[0] == ASKED)
		*(uint32_t *)arg = event->seq;
}

static void
watch_target(void *arg, struct world *world)
{
	trace_observe(&world->trace, (struct observer){
		.kinds = UINT64_C(1) << EV_HOST_TARGET, .see = see_target, .self = arg,
	});
}

/* The event at which it did; 0: it did not. */
static uint32_t
strike_at(struct rig *rig, const char *point)
{
	uint32_t seq = 0;

	rig->how = (struct run_options){
		.regions = &rig->trial.regions, .started = watch_target, .arg = &seq,
	};
	rig_case(rig, RIG_HEAD
	    "steps:\n"
	    "  - deliver: {irq: config, at: \"%s\", target: 7 pages}\n"
	    "  - at: 1s\n"
	    "    target: 64 pages\n"
	    "  - settle: {within: 1s}\n", point);
	return seq;
}

/* The step is one event more than there was without it. */
static void
ck_struck(struct rig *rig, const struct inject_point *ip)
{
	struct scenario_point point = inject_point_place(ip);
	char text[64];
	uint32_t seq;

	ck_assert(point.given);
	scenario_point_text(&point, text, sizeof(text));
	seq = strike_at(rig, text);
	ck_assert_msg(seq == ip->seq + 1, "%s: event %u instead of %u", text,
	    (unsigned)seq, (unsigned)ip->seq + 1);
}

LISTING_TEST(test_calls_are_points, list_small)
{
	unsigned befores = 0, afters = 0;

	for (size_t i = 0; i < listing->points.count; i++) {
		const struct inject_point *ip = &listing->points.item[i];

		if (ip->kind == INJECT_ACCESS)
			continue;
		ck_struck(&listing->rig, ip);
		befores += ip->kind == INJECT_BEFORE;
		afters += ip->kind == INJECT_AFTER;
	}
	ck_assert_uint_gt(befores, 40);
	ck_assert_uint_gt(afters, 40);
}

/* Between two events all accesses look alike: of each line the last one is looked for. */
LISTING_TEST(test_accesses_are_points, list_small)
{
	unsigned tried = 0;

	for (size_t i = 0; i < listing->points.count; i++) {
		const struct inject_point *ip = &listing->points.item[i];
		bool is_last = ip->kind == INJECT_ACCESS && ip->line != 0;

		for (size_t k = i + 1; k < listing->points.count && is_last; k++)
			is_last = listing->points.item[k].kind != INJECT_ACCESS ||
			    listing->points.item[k].line != ip->line;
		if (!is_last)
			continue;
		ck_struck(&listing->rig, ip);
		tried++;
	}
	ck_assert_uint_ge(tried, 2);
}

/* ---- what is listed ---- */

/* The nth call of that function, or access at that line. */
static const struct inject_point *
point_at(const struct listing *listing, enum inject_kind kind, unsigned what, unsigned nth)
{
	for (size_t i = 0; i < listing->points.count; i++) {
		const struct inject_point *ip = &listing->points.item[i];

		if (ip->kind == kind && ip->nth == nth &&
		    (kind == INJECT_ACCESS ? ip->line : ip->call) == what)
			return ip;
	}
	ck_abort_msg("no point %u of kind %d at %u", nth, kind, what);
}

LISTING_TEST(test_accesses, list_small)
{
	const struct inject_point *load, *store, *other;

	/* sc->sc_n++ in the interrupt handler: the same cell, read and then written. */
	load = point_at(listing, INJECT_ACCESS, rig_line("counts"), 1);
	store = point_at(listing, INJECT_ACCESS, rig_line("counts"), 2);
	ck_assert_int_eq(load->ctx_kind, HW_CTX_HARDINT);
	ck_assert_uint_eq(load->touches, 1);
	ck_assert(!load->touch[0].write && store->touch[0].write);
	ck_assert_uint_eq(load->touch[0].thing, store->touch[0].thing);
	ck_assert(!inject_points_independent(load, store));
	ck_assert(inject_points_independent(load, load));
	ck_assert(!inject_points_independent(store, store));
	/* A variable of the module, in the thread. */
	other = point_at(listing, INJECT_ACCESS, rig_line("steps"), 1);
	ck_assert_int_eq(other->ctx_kind, HW_CTX_KTHREAD);
	ck_assert_uint_ne(other->touch[0].thing, load->touch[0].thing);
	ck_assert(inject_points_independent(store, other));
}

LISTING_TEST(test_calls, list_small)
{
	const struct inject_point *enter, *commit, *dequeue, *read, *write, *init;

	enter = point_at(listing, INJECT_BEFORE, HW_CALL_MUTEX_ENTER, 1);
	/* A spin mutex keeps interrupts off, too. */
	ck_assert_uint_eq(enter->touches, 2);
	ck_assert_uint_eq(enter->ipl, 0);
	ck_assert_uint_gt(point_at(listing, INJECT_AFTER, HW_CALL_MUTEX_ENTER, 1)->ipl, 0);
	commit = point_at(listing, INJECT_BEFORE, HW_CALL_VIRTIO_ENQUEUE_COMMIT, 1);
	dequeue = point_at(listing, INJECT_BEFORE, HW_CALL_VIRTIO_DEQUEUE, 1);
	ck_assert_int_eq(commit->queue, 0);
	ck_assert_int_eq(dequeue->queue, 0);
	ck_assert_int_eq(enter->queue, -1);
	ck_assert(commit->everything);
	ck_assert(!dequeue->everything);
	ck_assert(inject_points_independent(dequeue, enter));
	ck_assert(!inject_points_independent(dequeue, commit));
	read = point_at(listing, INJECT_BEFORE, HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE, 1);
	write = point_at(listing, INJECT_BEFORE, HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG_LE, 1);
	ck_assert(inject_points_independent(read, read));
	ck_assert(!inject_points_independent(read, write));
	ck_assert(!inject_points_independent(write, write));
	ck_assert(inject_points_independent(write, dequeue));
	init = point_at(listing, INJECT_BEFORE, HW_CALL_MUTEX_INIT, 1);
	ck_assert(init->everything);
	ck_assert(!inject_points_independent(init, read));
	ck_assert(inject_points_independent(init,
	    point_at(listing, INJECT_AFTER, HW_CALL_MUTEX_ENTER, 1)));
}

LISTING_TEST(test_symmetric, list_built)
{
	size_t independent = 0, dependent = 0;

	for (size_t i = 0; i < listing->points.count; i++)
		for (size_t k = 0; k <= i; k++) {
			const struct inject_point *a = &listing->points.item[i];
			const struct inject_point *b = &listing->points.item[k];

			ck_assert_int_eq(inject_points_independent(a, b),
			    inject_points_independent(b, a));
			independent += inject_points_independent(a, b);
			dependent += !inject_points_independent(a, b);
		}
	/* Most have nothing to do with each other, or nothing would be gained. */
	ck_assert_uint_gt(independent, 2 * dependent);
	ck_assert_uint_gt(dependent, 0);
}

/* The last thing a handler does is followed by the kernel's own work. */
LISTING_TEST(test_end_of_handler, list_small)
{
	const struct inject_point *last = NULL;

	for (size_t i = 0; i < listing->points.count; i++) {
		const struct inject_point *ip = &listing->points.item[i];

		if (last != NULL && ip->ctx != last->ctx)
			ck_assert(last->everything);
		last = ip->ctx_kind == HW_CTX_HARDINT ? ip : NULL;
	}
}

/* probe_tell() takes the lock for two handlers: one line, two stacks. */
LISTING_TEST(test_stacks, list_small)
{
	const struct inject_point *first = NULL;
	unsigned same = 0, other = 0;

	for (size_t i = 0; i < listing->points.count; i++) {
		const struct inject_point *ip = &listing->points.item[i];

		if (ip->kind != INJECT_BEFORE || ip->call != HW_CALL_CV_SIGNAL)
			continue;
		ck_assert_uint_ne(ip->stack, 0);
		if (first == NULL)
			first = ip;
		same += ip->stack == first->stack;
		other += ip->stack != first->stack;
	}
	ck_assert_uint_ge(same, 1);
	ck_assert_uint_ge(other, 1);
}

/* After a restart of the guest nothing strikes that was armed at power on. */
TEST(test_reboot)
{
	static const char text[] = RIG_SCENARIO
	    "  - guest: {reboot: true}\n  - settle: {within: 1s}\n";
	struct listing listing, plain;

	listing_init(&listing, rig_init_small, text);
	list_small(&plain);
	ck_assert_uint_gt(listing.result.counts.events, plain.result.counts.events + 50);
	ck_assert_uint_eq(listing.points.count, plain.points.count);
	listing_fini(&plain);
	listing_fini(&listing);
}

/* ---- by hand ---- */

static struct inject_point
touching(uint64_t thing, bool write)
{
	return (struct inject_point){ .touch = { { thing, write } }, .touches = 1 };
}

TEST(test_independent)
{
	struct inject_point read = touching(1, false), write = touching(1, true);
	struct inject_point elsewhere = touching(2, true), all = { .everything = true };
	struct inject_point both = {
		.touch = { { 3, true }, { 1, false } }, .touches = 2,
	};
	struct inject_point nothing = { .touches = 0 };

	ck_assert(inject_points_independent(&read, &read));
	ck_assert(!inject_points_independent(&read, &write));
	ck_assert(!inject_points_independent(&write, &write));
	ck_assert(inject_points_independent(&write, &elsewhere));
	ck_assert(inject_points_independent(&both, &read));
	ck_assert(!inject_points_independent(&both, &write));
	ck_assert(!inject_points_independent(&write, &both));
	ck_assert(!inject_points_independent(&all, &read));
	ck_assert(!inject_points_independent(&read, &all));
	ck_assert(!inject_points_independent(&all, &all));
	ck_assert(inject_points_independent(&all, &nothing));
	ck_assert(inject_points_independent(&nothing, &write));
}

SUITE(explore_inject, .reads = DRIVER " " SMALL)
