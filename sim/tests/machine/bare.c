/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rig of the machine tests: see bare.h.
 */
#include "bare.h"

#include <check.h>
#include <stdlib.h>

#include "machine/crash.h"

void
bare_config(struct world_config *config)
{
	*config = (struct world_config){
		.segment = { { 0, 256 }, { 4096, 16 } }, .segments = 2,
		.reserve_pages = 4, .hz = 100, .cpus = 1, .keep_trace = true,
		.time_limit_ns = UINT64_C(1000000000000), .event_limit = 100000,
		.slack_ns = 1000000, .points_limit = 1000, .access_limit = 1000,
	};
}

/* The handlers of signals are the process's, so they are installed once. */
void
bare_catch_crashes(void)
{
	static bool is_done;

	if (!is_done)
		crash_install();
	is_done = true;
}

struct bare *
bare_new(const struct world_config *config)
{
	struct bare *bare = calloc(1, sizeof(*bare));
	struct world_config plain;

	ck_assert_ptr_nonnull(bare);
	bare_catch_crashes();
	bare_config(&plain);
	ck_assert(world_init(&bare->world, config != NULL ? config : &plain, NULL));
	world_current = &bare->world;
	return bare;
}

void
bare_free(struct bare *bare)
{
	world_fini(&bare->world);
	free(bare);
}

void
bare_mark(struct bare *bare, char letter)
{
	if (bare->marks < BARE_MARKS)
		bare->order[bare->marks++] = letter;
}

struct context *
bare_thread(struct bare *bare, unsigned cpu, int priority, void (*fn)(void *))
{
	return world_context_new(&bare->world, HW_CTX_KTHREAD, "test", priority, cpu, fn,
	    bare);
}

static void
go(void *world)
{
	world_run(world, UINT64_MAX);
}

void
bare_go_world(struct world *world)
{
	crash_guard(world, go, world);
}

void
bare_go(struct bare *bare)
{
	bare_go_world(&bare->world);
}

void
bare_call(enum hw_call call)
{
	hw_call(call, NULL, 0, 0, 0, 0, 0);
	hw_ret(call, NULL, 0);
}

unsigned
bare_count(const struct bare *bare, enum event_kind kind)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < bare->world.trace.count; i++)
		n += trace_event(&bare->world.trace, i)->kind == kind;
	return n;
}

void
bare_run(struct bare *bare, void (*fn)(void *))
{
	bare_thread(bare, 0, BARE_PRIORITY, fn);
	bare_go(bare);
}

void
bare_mark_a(void *arg)
{
	bare_mark(arg, 'a');
}

void
bare_mark_b(void *arg)
{
	bare_mark(arg, 'b');
}

void
bare_mark_c(void *arg)
{
	bare_mark(arg, 'c');
}

/* Three kernel calls, with marks between them. */
void
bare_three_a(void *arg)
{
	for (int i = 0; i < 3; i++) {
		bare_mark(arg, 'a');
		bare_call(HW_CALL_PRINTF);
	}
}

void
bare_three_b(void *arg)
{
	for (int i = 0; i < 3; i++) {
		bare_mark(arg, 'b');
		bare_call(HW_CALL_DELAY);
	}
}

void
bare_sleep_for_ever(void *arg)
{
	for (;;) {
		hw_sleep(HW_SLEEP_PAUSE, 0, 1);
		bare_mark(arg, '.');
	}
}

void
bare_raise_config(void *arg)
{
	struct bare *bare = arg;

	irq_raise(&bare->world, HW_VEC_MSIX_CONFIG, 0);
}

void
bare_arm(struct bare *bare, enum point_kind kind, unsigned what, uint64_t countdown,
    void (*fn)(void *))
{
	struct point point = {
		.kind = kind, .what = what, .countdown = countdown, .strike = fn,
		.arg = bare,
	};

	ck_assert_ptr_nonnull(world_point_arm(&bare->world, &point));
}

/* Which events the strikes stand between. */
void
bare_strike(void *arg)
{
	struct bare *bare = arg;

	ck_assert_ptr_null(bare->world.running);
	world_emit(&bare->world, EV_STEP, 0, 0, 0, 0, 0, 0);
	bare_mark(bare, '*');
}
