/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rig of the kernel tests: see rig.h.
 */
#include "rig.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/crash.h"
#include "tests/machine/bare.h"

void
krig_options_init(struct krig_options *options)
{
	*options = (struct krig_options){
		.config = {
			.segment = { { 0, KRIG_PAGES } }, .segments = 1,
			.reserve_pages = 16, .hz = 100, .cpus = 1, .diagnostic = true,
			.legacy = true, .keep_trace = true,
			.time_limit_ns = UINT64_C(3600000000000), .event_limit = 1000000,
			.slack_ns = 1000000, .points_limit = 20000,
			.access_limit = 1000000,
		},
	};
	balloon_config_init(&options->device, BALLOON_QEMU);
	child_plan = (struct child_plan){ .match = 1, .ipl = K_IPL_VM, .queues = 2,
	    .maxnsegs = 1 };
}

static void
boot(void *arg)
{
	const struct krig_options *options = arg;

	kern_boot(&(struct hw_driver){
		.cfattach = !options->driver ? NULL : options->driver_2023 ?
		    child_2023_cfattach() : child_cfattach(options->driver_detaches),
		.name = "child",
	}, options->driver);
}

struct krig *
krig_new(const struct krig_options *options)
{
	struct krig *rig = calloc(1, sizeof(*rig));
	struct krig_options plain;
	struct world_hooks hooks = { .fault = fault_ask };

	ck_assert_ptr_nonnull(rig);
	if (options == NULL) {
		krig_options_init(&plain);
		options = &plain;
	}
	bare_catch_crashes();
	hooks.faults = &rig->faults;
	device_begin(&rig->device, &rig->world, &balloon_class);
	balloon_init(&rig->device, &options->device);
	device_hooks(&rig->device, &hooks);
	faults_init(&rig->faults, &rig->world);
	ck_assert(world_init(&rig->world, &options->config, &hooks));
	world_current = &rig->world;
	if (options->seed != 0)
		choice_init_seed(&rig->world.choice, options->seed);
	device_power_on(&rig->device);
	child_plan.frag = &rig->frag;
	child_attaches = 0;
	crash_guard(&rig->world, boot, (void *)(uintptr_t)options);
	return rig;
}

void
krig_free(struct krig *rig)
{
	kern_halt();
	device_fini(&rig->device);
	world_fini(&rig->world);
	free(rig->console);
	free(rig);
}

/* ---- contexts ---- */

struct context *
krig_context(struct krig *rig, enum hw_context kind, unsigned cpu, int priority,
    void (*fn)(void *))
{
	return world_context_new(&rig->world, kind, "test", priority, cpu, fn, &rig->frag);
}

struct context *
krig_thread(struct krig *rig, void (*fn)(void *))
{
	return krig_context(rig, HW_CTX_KTHREAD, 0, K_PRI_KTHREAD, fn);
}

void
krig_go(struct krig *rig)
{
	bare_go_world(&rig->world);
}

struct until {
	struct world *world;
	uint64_t ns;
};

static void
go_until(void *arg)
{
	struct until *until = arg;

	world_run(until->world, until->ns);
}

void
krig_go_until(struct krig *rig, uint64_t ns)
{
	struct until until = { .world = &rig->world, .ns = ns };

	crash_guard(&rig->world, go_until, &until);
}

void
krig_run(struct krig *rig, void (*fn)(void *))
{
	krig_thread(rig, fn);
	krig_go(rig);
}

void
krig_forget_marks(struct krig *rig)
{
	rig->frag.marks = 0;
	memset(rig->frag.order, 0, sizeof(rig->frag.order));
}

static void
autoconf(void *arg)
{
	struct krig *rig = arg;

	kern_attach();
	rig->attached = kern_attached(0);
	rig->attach_over = true;
}

static void
step_until_attached(void *arg)
{
	struct krig *rig = arg;

	while (!rig->attach_over && world_step(&rig->world))
		;
}

bool
krig_attach(struct krig *rig)
{
	rig->attached = rig->attach_over = false;
	world_context_new(&rig->world, HW_CTX_AUTOCONF, "autoconf", K_PRI_KTHREAD, 0,
	    autoconf, rig);
	crash_guard(&rig->world, step_until_attached, rig);
	return rig->attached;
}

struct krig *
krig_new_attached(struct krig_options *options)
{
	struct krig *rig;

	options->driver = true;
	rig = krig_new(options);
	ck_assert_msg(krig_attach(rig), "%s%s", krig_console(rig), rig->world.end_text);
	return rig;
}

/* ---- interrupts ---- */

void
krig_handler(struct krig *rig, int ipl, void (*fn)(void *))
{
	hw_intr_establish(KRIG_VECTOR, ipl, fn, &rig->frag);
}

static void
raise_now(void *arg)
{
	irq_raise(arg, KRIG_VECTOR, 0);
}

void
krig_raise(struct krig *rig)
{
	raise_now(&rig->world);
}

void
krig_raise_at(struct krig *rig, uint64_t ns)
{
	clock_at(&rig->world.clock, ns, CLOCK_DEVICE, raise_now, &rig->world);
}

void
krig_at_point(struct krig *rig, enum point_kind kind, unsigned what, uint64_t nth,
    void (*strike)(void *), void *arg)
{
	struct point point = {
		.kind = kind, .what = what, .countdown = nth, .strike = strike, .arg = arg,
	};

	ck_assert_ptr_nonnull(world_point_arm(&rig->world, &point));
}

void
krig_raise_on(struct krig *rig, enum point_kind kind, unsigned what, uint64_t nth)
{
	krig_at_point(rig, kind, what, nth, raise_now, &rig->world);
}

void
krig_fault(struct krig *rig, const char *id, uint64_t count)
{
	struct fault_order order = {
		.call = id, .queue = FAULT_ANY_QUEUE, .nth = 1, .count = count,
		.probability_ppm = FAULT_CERTAIN_PPM,
	};
	char why[200];

	ck_assert_msg(fault_arm(&rig->faults, &order, why, sizeof(why)) != NULL, "%s", why);
}

/* ---- the record ---- */

static bool
fits(const struct event *event, enum event_kind kind, unsigned code)
{
	return event->kind == kind && (code == KRIG_ANY_CODE || event->code == code);
}

unsigned
krig_count(const struct krig *rig, enum event_kind kind, unsigned code)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < rig->world.trace.count; i++)
		n += fits(trace_event(&rig->world.trace, i), kind, code);
	return n;
}

const struct event *
krig_nth(const struct krig *rig, enum event_kind kind, unsigned code, unsigned n)
{
	for (uint32_t i = 0; i < rig->world.trace.count; i++) {
		const struct event *event = trace_event(&rig->world.trace, i);

		if (fits(event, kind, code) && n-- == 0)
			return event;
	}
	return NULL;
}

const struct event *
krig_event(const struct krig *rig, enum event_kind kind, unsigned code, unsigned n)
{
	const struct event *event = krig_nth(rig, kind, code, n);

	ck_assert_msg(event != NULL, "no event %s %u number %u", trace_kind_word(kind), code,
	    n);
	return event;
}

const char *
krig_console(struct krig *rig)
{
	const struct trace *trace = &rig->world.trace;
	size_t length = 0;

	free(rig->console);
	rig->console = calloc(1, trace->text_length + 1);
	ck_assert_ptr_nonnull(rig->console);
	for (uint32_t i = 0; i < trace->count; i++) {
		const struct event *event = trace_event(trace, i);
		const char *text;

		if (event->kind != EV_CONSOLE || event->code == HW_CON_QUIET)
			continue;
		text = trace_text_of(trace, event->arg[0]);
		memcpy(rig->console + length, text, strlen(text));
		length += strlen(text);
	}
	return rig->console;
}

void
krig_assert_row(struct krig *rig, const struct krig_row *row)
{
	const struct world *world = &rig->world;

	memcpy(rig->frag.in, row->in, sizeof(row->in));
	if (row->fault != NULL)
		krig_fault(rig, row->fault, 1);
	if (row->nth != 0) {
		krig_handler(rig, row->ipl, row->handler);
		krig_raise_on(rig, row->kind, row->call, row->nth);
	}
	krig_run(rig, row->fn);
	ck_assert_msg(world->end == row->how, "%s: the world is %s: %s", row->name,
	    world_end_word(world->end), world->end_text);
	ck_assert_msg(row->ends == NULL || strstr(world->end_text, row->ends) != NULL,
	    "%s: ended with \"%s\"", row->name, world->end_text);
	ck_assert_msg(row->order == NULL || strcmp(rig->frag.order, row->order) == 0,
	    "%s: the order is \"%s\"", row->name, rig->frag.order);
	ck_assert_msg(row->ticks == 0 || world->clock.now_ns == row->ticks * KRIG_TICK_NS,
	    "%s: it is %" PRIu64 " ns", row->name, world->clock.now_ns);
	ck_assert_msg(row->text == NULL || strcmp(rig->frag.text, row->text) == 0,
	    "%s: the text is \"%s\"", row->name, rig->frag.text);
	ck_assert_msg(row->says == NULL || strstr(krig_console(rig), row->says) != NULL,
	    "%s: the console says \"%s\"", row->name, krig_console(rig));
	for (size_t i = 0; i < row->outs; i++)
		ck_assert_msg(rig->frag.out[row->from + i] == row->out[i],
		    "%s: out[%zu] is %jd", row->name, row->from + i,
		    (intmax_t)rig->frag.out[row->from + i]);
}
