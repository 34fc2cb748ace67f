/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts, CPUs, and the one step of the world (world.h states its order).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "machine/world.h"

bool
world_stack(const struct context *context, uintptr_t *low, uintptr_t *high)
{
	if (context->state == CTX_DONE || context->fiber == NULL)
		return false;
	*low = fiber_stack_used(context->fiber);
	*high = fiber_stack_low(context->fiber) + FIBER_STACK_SIZE;
	return true;
}

bool
world_registers(const struct world *world, uint32_t ordinal, char *text, size_t size)
{
	const struct fiber *fiber = ordinal == 0 ? world->main :
	    ordinal <= world->contexts && world->context[ordinal - 1].state != CTX_DONE ?
	    world->context[ordinal - 1].fiber : NULL;

	return fiber != NULL && fiber_registers(fiber, text, size);
}

struct context *
world_context(struct world *world, uint32_t ordinal)
{
	assert(ordinal >= 1 && ordinal <= world->contexts);
	return &world->context[ordinal - 1];
}

static bool
is_interrupt(enum hw_context kind)
{
	return kind == HW_CTX_HARDINT || kind == HW_CTX_SOFTINT;
}

static void
make_runnable(struct world *world, struct context *ctx)
{
	ctx->state = CTX_RUNNABLE;
	ctx->runnable_seq = world->runnable_seq++;
	ctx->since_ns = world->clock.now_ns;
}

/* ---- Giving the CPU up; these run on the context's own fiber ---- */

static void
to_machine(struct world *world, struct context *ctx)
{
	fiber_switch(ctx->fiber, world->main);
}

static void
leave_cpu(struct world *world, struct context *ctx)
{
	struct cpu *cpu = &world->cpu[ctx->cpu];

	assert(cpu->depth > 0 && cpu->nest[cpu->depth - 1] == ctx);
	cpu->depth--;
}

void
world_context_end(struct world *world)
{
	struct context *ctx = world->running;

	world_emit(world, EV_CTX_END, 0, ctx->ordinal, 0, 0, 0, 0);
	ctx->state = CTX_DONE;
	ctx->runnable_seq = world->runnable_seq++;
	leave_cpu(world, ctx);
	/* A thread that ends at a raised level leaves its CPU there only until the next runs. */
	world->cpu[ctx->cpu].ipl = 0;
	to_machine(world, ctx);
	internal_error("a context that is done was resumed");
}

static void
timed_out(void *arg)
{
	struct context *ctx = arg;

	ctx->timer = NULL;
	world_wake(world_current, ctx, true);
}

static uint64_t
tick_ns(const struct world *world)
{
	return UINT64_C(1000000000) / (uint64_t)world->config.hz;
}

/* The n-th clock tick from now; a real callout ends anywhere in (n-1, n] (kernel.md 5). */
static uint64_t
tick_after(struct world *world, uint64_t ticks)
{
	uint64_t tick = tick_ns(world), now = world->clock.now_ns;
	uint64_t end = (now / tick + ticks) * tick;
	unsigned slack = world_choose(world, CHOICE_TIMER, 4);

	if (end <= now)
		end += tick;
	return slack == 0 || end - now <= tick ? end : end - slack * (tick / 4);
}

void
world_sleep(struct world *world, enum hw_sleep why, uint64_t object, uint64_t ticks)
{
	struct context *ctx = world->running;
	struct cpu *cpu = &world->cpu[ctx->cpu];

	world_emit(world, EV_CTX_SLEEP, why, object, ticks, 0, 0, 0);
	if (ctx->kind == HW_CTX_HARDINT)
		hw_panic("a context that may not sleep would have to", false);
	ctx->state = CTX_ASLEEP;
	ctx->why = why;
	ctx->object = object;
	ctx->sleep_ticks = ticks;
	ctx->since_ns = world->clock.now_ns;
	leave_cpu(world, ctx);
	if (ctx->kind == HW_CTX_SOFTINT)
		cpu->ipl = ctx->ipl;	/* of what it interrupted, which goes on */
	else {
		ctx->ipl = cpu->ipl;
		cpu->ipl = 0;
	}
	if (ticks != 0)
		ctx->timer = clock_at(&world->clock, tick_after(world, ticks), CLOCK_TIMER,
		    timed_out, ctx);
	to_machine(world, ctx);
}

void
world_wake(struct world *world, struct context *ctx, bool timeout)
{
	if (ctx->state != CTX_ASLEEP)
		return;
	clock_cancel(&world->clock, &ctx->timer);
	ctx->wakeups++;
	world_emit(world, EV_CTX_WAKE, 0, ctx->ordinal, timeout, 0, 0, 0);
	make_runnable(world, ctx);
	if (is_interrupt(ctx->kind))
		irq_woken(&world->irq, ctx->line, true);
}

static void
busy_over(void *arg)
{
	struct context *ctx = arg;

	ctx->timer = NULL;
	ctx->state = CTX_ACTIVE;
}

void
world_busy(struct world *world, uint64_t ns)
{
	struct context *ctx = world->running;

	ctx->state = CTX_BUSY;
	ctx->timer = clock_at(&world->clock, world->clock.now_ns + ns, CLOCK_TIMER, busy_over,
	    ctx);
	to_machine(world, ctx);
}

/* ---- Points ---- */

static bool
could_come_early(struct world *world)
{
	uint64_t next;

	if (world->choice.source == CHOICE_FROM_DEFAULT)
		return false;
	next = clock_next_ns(&world->clock);
	return next != UINT64_MAX &&
	    next - world->clock.now_ns <= world->config.slack_ns &&
	    world_choose(world, CHOICE_DEVICE, 8) == 1;
}

void
world_point(struct world *world)
{
	struct context *ctx = world->running;
	const struct cpu *cpu = &world->cpu[ctx->cpu];
	/* What struck here may have ended the world. */
	bool give_way = ctx->held || world->end != WORLD_RUNNING;

	if (--world->points_left == 0)
		world_finish(world, WORLD_ENDLESS,
		    "the driver goes on without letting time pass");
	if (could_come_early(world))
		world->fire_next = give_way = true;
	if (irq_pending(&world->irq, ctx->cpu, cpu->ipl) >= 0 &&
	    world_choose(world, CHOICE_INTERRUPT, 2) == 0)
		give_way = true;
	if (world->config.cpus > 1)
		give_way = true;
	if (give_way)
		to_machine(world, ctx);
}

/* ---- Interrupts ---- */

static void
interrupt_loop(void *arg)
{
	struct context *ctx = arg;

	/* One fiber serves a line for the whole run; each round is one delivery. */
	for (;;) {
		ctx->fn(ctx->arg);
		ctx->handler = false;
		to_machine(world_current, ctx);
	}
}

/* A handler begins, or goes on after it slept. */
static void
deliver(struct world *world, unsigned cpu_number, unsigned line_number)
{
	struct cpu *cpu = &world->cpu[cpu_number];
	struct irq_line *line = &world->irq.line[line_number];
	struct context *ctx = world_context(world, line->context);
	bool begins = !line->woken;

	assert(cpu->depth < NEST_MAX);
	if (begins && !irq_is_level(line_number))
		irq_lower(world, line_number);
	irq_woken(&world->irq, line_number, false);
	line->in_service = true;
	line->delivered += begins;
	loop_heard(world);
	ctx->cpu = cpu_number;
	ctx->ipl = cpu->ipl;
	ctx->state = CTX_ACTIVE;
	ctx->handler = true;
	cpu->nest[cpu->depth++] = ctx;
	cpu->ipl = line->ipl;
	world->running = ctx;
	if (begins)
		world_emit(world, EV_IRQ_ENTER, 0, irq_vector(line_number), 0, 0, 0, 0);
	else
		world_emit(world, EV_CTX_RUN, 0, ctx->ordinal, 0, 0, 0, 0);
	world->running = NULL;
}

static void
interrupt_over(struct world *world, struct context *ctx)
{
	world->running = ctx;
	world_emit(world, EV_IRQ_EXIT, 0, irq_vector(ctx->line), 0, 0, 0, 0);
	world->running = NULL;
	leave_cpu(world, ctx);
	world->cpu[ctx->cpu].ipl = ctx->ipl;
	ctx->state = CTX_DONE;
	ctx->site = 0;
	world->irq.line[ctx->line].in_service = false;
	irq_wake(world, ctx->line);
}

/* A handler is found again only when the CPU it may have been held off on looks. */
static bool
deliver_one(struct world *world)
{
	for (unsigned i = 0; i < world->config.cpus; i++) {
		int line = irq_pending(&world->irq, i, world->cpu[i].ipl);

		if (line >= 0) {
			deliver(world, i, (unsigned)line);
			return true;
		}
	}
	return false;
}

/* ---- The step ---- */

static void
context_main(void *arg)
{
	struct context *ctx = arg;

	ctx->fn(ctx->arg);
	world_context_end(world_current);
}

/* A thread that has ended: of autoconf, which nobody joins, or else the one that ended first. */
static struct context *
ended_thread(struct world *world)
{
	struct context *found = NULL;

	for (uint32_t i = 0; i < world->contexts; i++) {
		struct context *ctx = &world->context[i];

		if (ctx->state != CTX_DONE || is_interrupt(ctx->kind))
			continue;
		if (ctx->kind == HW_CTX_AUTOCONF)
			return ctx;
		if (found == NULL || ctx->runnable_seq < found->runnable_seq)
			found = ctx;
	}
	return found;
}

/* Room for a context, with its number in it. */
static struct context *
context_place(struct world *world, enum hw_context kind)
{
	uint32_t threads = 0;
	struct context *ctx;

	for (uint32_t i = 0; i < world->contexts; i++)
		threads += !is_interrupt(world->context[i].kind);
	if (is_interrupt(kind) || threads < CONTEXTS_MAX - IRQ_LINES) {
		assert(world->contexts < CONTEXTS_MAX);
		ctx = &world->context[world->contexts++];
		ctx->ordinal = world->contexts;
		ctx->fiber = NULL;
		return ctx;
	}
	return ended_thread(world);
}

struct context *
world_context_new(struct world *world, enum hw_context kind, const char *name,
    int priority, unsigned cpu, void (*fn)(void *), void *arg)
{
	struct context *ctx = context_place(world, kind);

	if (ctx == NULL)
		return NULL;
	fiber_free(ctx->fiber);
	*ctx = (struct context){
		.ordinal = ctx->ordinal, .kind = kind, .priority = priority,
		.cpu = cpu, .fn = fn, .arg = arg, .state = CTX_DONE,
		.device = world_device(world),
	};
	snprintf(ctx->name, sizeof(ctx->name), "%s", name);
	ctx->fiber = fiber_new(world->fibers, is_interrupt(kind) ? interrupt_loop :
	    context_main, ctx);
	ctx->stack_mark = fiber_stack_low(ctx->fiber) + FIBER_STACK_SIZE - STACK_NEAR_BYTES;
	ctx->stack_floor = fiber_stack_low(ctx->fiber) + STACK_RESERVE;
	world_emit(world, EV_CTX_START, 0, ctx->ordinal, kind, (uint64_t)priority, 0, 0);
	if (!is_interrupt(kind))
		make_runnable(world, ctx);
	return ctx;
}

static struct context *
best_thread(struct world *world, unsigned cpu)
{
	struct context *best = NULL;

	for (uint32_t i = 0; i < world->contexts; i++) {
		struct context *ctx = &world->context[i];

		if (ctx->state != CTX_RUNNABLE || is_interrupt(ctx->kind) || ctx->cpu != cpu ||
		    ctx->held || ctx->priority < world->others_priority)
			continue;
		if (best == NULL || ctx->priority > best->priority ||
		    (ctx->priority == best->priority &&
		    ctx->runnable_seq < best->runnable_seq))
			best = ctx;
	}
	return best;
}

void
world_others_run(struct world *world, int priority)
{
	if ((priority != 0) == (world->others_priority != 0))
		return;
	world->others_priority = priority;
	world_emit(world, EV_BUSY, 0, priority != 0, 0, 0, 0, 0);
}

/* What CPU i could run now, or NULL. */
static struct context *
candidate(struct world *world, unsigned i)
{
	const struct cpu *cpu = &world->cpu[i];
	struct context *top;

	if (cpu->depth == 0)
		return best_thread(world, i);
	top = cpu->nest[cpu->depth - 1];
	return top->state == CTX_ACTIVE && !top->held ? top : NULL;
}

bool
world_is_busy(const struct world *world)
{
	for (unsigned i = 0; i < world->config.cpus; i++)
		if (candidate((struct world *)(uintptr_t)world, i) != NULL ||
		    irq_pending(&world->irq, i, world->cpu[i].ipl) >= 0)
			return true;
	return false;
}

bool
world_others_can_run(const struct world *world)
{
	for (unsigned i = 0; i < world->config.cpus; i++)
		if (i != world->running->cpu &&
		    candidate((struct world *)(uintptr_t)world, i) != NULL)
			return true;
	return false;
}

static struct context *
pick(struct world *world)
{
	struct context *found[CPUS_MAX], *spinner = NULL;
	unsigned n = 0;

	for (unsigned k = 0; k < world->config.cpus; k++) {
		unsigned i = k == 0 ? world->cpu_last :
		    k <= world->cpu_last ? k - 1 : k;
		struct context *ctx = candidate(world, i);

		if (ctx != NULL && ctx->spinning)
			spinner = ctx;
		else if (ctx != NULL)
			found[n++] = ctx;
	}
	if (n > 0)
		return found[world_choose(world, CHOICE_SCHEDULE, n)];
	if (spinner != NULL && world->clock.first != NULL && !world->time_moved)
		return NULL;	/* let time move: what it spins for may come of it */
	return spinner;
}

static void
resume(struct world *world, struct context *ctx)
{
	struct cpu *cpu = &world->cpu[ctx->cpu];

	world->cpu_last = ctx->cpu;
	world->running = ctx;
	access_switch(&world->access, ctx->ordinal);
	if (ctx->state == CTX_RUNNABLE) {
		ctx->state = CTX_ACTIVE;
		cpu->nest[cpu->depth++] = ctx;
		cpu->ipl = ctx->ipl;
		world_emit(world, EV_CTX_RUN, 0, ctx->ordinal, 0, 0, 0, 0);
	}
	if (world->end != WORLD_RUNNING) {
		world->running = NULL;
		return;
	}
	/* After anything but a vain spin, a spinner should look again before time moves. */
	world->time_moved = !ctx->spinning;
	ctx->spinning = false;
	fiber_switch(world->main, ctx->fiber);
	world->running = NULL;
	if (ctx->fn != NULL && is_interrupt(ctx->kind) && !ctx->handler &&
	    ctx->state == CTX_ACTIVE)
		interrupt_over(world, ctx);
}

static bool
fire(struct world *world)
{
	uint64_t before = world->clock.now_ns;

	if (clock_next_ns(&world->clock) > world->config.time_limit_ns) {
		if (world->clock.first == NULL)
			return false;
		world->clock.now_ns = world->config.time_limit_ns;
		world_finish(world, WORLD_TIME_LIMIT, "the run reached its limit of time");
		return false;
	}
	if (world->clock.first != NULL && world->clock.first->class != CLOCK_TIMER)
		loop_heard(world);
	if (!clock_fire(&world->clock))
		return false;
	world->time_moved = true;
	if (world->clock.now_ns != before) {
		world->points_left = world->config.points_limit;
		access_refill(&world->access);
		loop_refill(world);
	}
	return true;
}

bool
world_step(struct world *world)
{
	struct context *ctx;

	if (world->end != WORLD_RUNNING)
		return false;
	if (world->fire_next) {
		world->fire_next = false;
		return fire(world);
	}
	if (deliver_one(world))
		return true;
	ctx = pick(world);
	if (ctx != NULL) {
		resume(world, ctx);
		return true;
	}
	return fire(world);
}

/* Nothing happens until then.  The limit of time holds all the same. */
static void
pass_time(struct world *world, uint64_t until_ns)
{
	if (until_ns == UINT64_MAX || until_ns <= world->clock.now_ns)
		return;
	if (until_ns <= world->config.time_limit_ns) {
		world->clock.now_ns = until_ns;
		return;
	}
	world->clock.now_ns = world->config.time_limit_ns;
	world_finish(world, WORLD_TIME_LIMIT, "the run reached its limit of time");
}

void
world_run(struct world *world, uint64_t until_ns)
{
	while (world->end == WORLD_RUNNING) {
		if (!world->fire_next && !world_is_busy(world)) {
			uint64_t next = clock_next_ns(&world->clock);

			if (next > until_ns || next == UINT64_MAX) {
				pass_time(world, until_ns);
				return;
			}
		}
		world_step(world);
	}
}
