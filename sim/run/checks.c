/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expectations and rules, each checked when it is due.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "run/state.h"
#include "scenario/text.h"

struct failure *
run_fail(struct run *run, struct loc loc, const char *what,
    const char *expected, const char *actual)
{
	struct run_result *result = run->result;
	struct failure *failure;
	const struct event *last;

	result->failures_all++;
	if (result->failures == FAILURES_MAX)
		return NULL;
	failure = &result->failure[result->failures++];
	*failure = (struct failure){
		.loc = loc, .time_ns = run->world.clock.now_ns,
	};
	last = run->world.trace.count > 0 ?
	    trace_event(&run->world.trace, run->world.trace.count - 1) : NULL;
	failure->seq = last != NULL ? last->seq : 0;
	snprintf(failure->file, sizeof(failure->file), "%s", loc.file);
	snprintf(failure->what, sizeof(failure->what), "%s", what);
	snprintf(failure->expected, sizeof(failure->expected), "%s", expected);
	snprintf(failure->actual, sizeof(failure->actual), "%s", actual);
	return failure;
}

void
run_fail_expect(struct run *run, const struct expect *expect, const char *what)
{
	char *actual = SBUF_TEXT(f, expect_print_actual(expect, &run->env, f));

	run_fail(run, expect->loc, what, expect->text, actual);
	free(actual);
}

/* ---- a run that ended early ---- */

static const char *const ended_by[] = {
	[WORLD_RUNNING] = "itself", [WORLD_PANIC] = "a panic", [WORLD_CRASH] = "a crash",
	[WORLD_ENDLESS] = "an endless loop",
	[WORLD_DEVICE_FAULT] = "the device's misbehaviour",
	[WORLD_TIME_LIMIT] = "limits.time", [WORLD_EVENT_LIMIT] = "limits.events",
	[WORLD_STOPPED] = "itself", [WORLD_STACK] = "an overflow of the kernel stack",
	[WORLD_TRAP] = "a trap",
};

static void
print_end(const struct run *run, char *text, size_t size)
{
	char when[32];

	text_duration(run->world.clock.now_ns, when, sizeof(when));
	snprintf(text, size, "the run ended at %s by %s", when, ended_by[run->world.end]);
}

void
run_undecided(struct run *run, struct loc loc, const char *what, const char *expected,
    uint64_t end_ns)
{
	char why[sizeof(run->result->undecided.why)], when[32], actual[160];

	print_end(run, why, sizeof(why));
	text_duration(end_ns, when, sizeof(when));
	if (end_ns > run->world.clock.now_ns)
		snprintf(actual, sizeof(actual), "not decided: %s, before %s", why, when);
	else
		snprintf(actual, sizeof(actual), "not decided: %s", why);
	run_fail(run, loc, what, expected, actual);
}

void
run_count_undecided(struct run *run)
{
	const struct scenario *scenario = run->scenario;
	struct run_result *result = run->result;
	size_t claims = scenario->always.count + scenario->never.count;

	if (run->world.end == WORLD_RUNNING || run->world.end == WORLD_STOPPED)
		return;
	print_end(run, result->undecided.why, sizeof(result->undecided.why));
	for (size_t i = result->steps_done; i < scenario->steps.count; i++)
		result->undecided.steps += scenario_step_judges(&scenario->steps.step[i]);
	for (size_t i = 0; i < claims; i++)
		result->undecided.claims += !run->claims_broken[i];
	/* They are checked as the last thing, and only in a run that still goes on. */
	result->undecided.finally = (unsigned)scenario->finally.count;
}

/* ---- needs ---- */

void
run_needs(struct run *run)
{
	const struct scenario_claims *needs = &run->scenario->needs;
	struct run_result *result = run->result;

	for (size_t i = 0; i < needs->count; i++) {
		const struct expect *need = needs->claim[i].that;
		char *actual;

		if (expect_holds(need, &run->env))
			continue;
		actual = SBUF_TEXT(f, expect_print_actual(need, &run->env, f));
		snprintf(result->unmet, sizeof(result->unmet), "needs %s: %s", need->text,
		    actual);
		free(actual);
		run_failures_drop(result);
		return;
	}
}

/* ---- always, never ---- */

static void
check_claims(struct run *run, const struct scenario_claims *claims, bool never,
    size_t first)
{
	for (size_t i = 0; i < claims->count; i++) {
		if (run->claims_broken[first + i] ||
		    expect_holds(claims->claim[i].that, &run->env) != never)
			continue;
		run->claims_broken[first + i] = true;
		run_fail_expect(run, claims->claim[i].that, never ? "never" : "always");
	}
}

static void
on_event(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	struct run *run = arg;

	(void)event;
	(void)site;
	(void)payload;
	if (run->checking)
		return;
	run->checking = true;
	check_claims(run, &run->scenario->always, false, 0);
	check_claims(run, &run->scenario->never, true, run->scenario->always.count);
	run->checking = false;
}

void
run_watch_claims(struct run *run)
{
	size_t claims = run->scenario->always.count + run->scenario->never.count;

	run->claims_broken = xcalloc(claims, sizeof(run->claims_broken[0]));
	if (claims == 0)
		return;
	trace_observe(&run->world.trace, (struct observer){
		.kinds = ~UINT64_C(0), .see = on_event, .self = run,
	});
}

/* ---- settling ---- */

#define SETTLED_SIZE 120

/* Of the driver's threads; NULL: all of them sleep. */
static const struct context *
thread_awake(const struct world *world)
{
	for (uint32_t i = 0; i < world->contexts; i++)
		if (run_is_thread(&world->context[i]) && world->context[i].state != CTX_ASLEEP)
			return &world->context[i];
	return NULL;
}

static bool
is_anybody_held(const struct world *world)
{
	for (uint32_t i = 0; i < world->contexts; i++)
		if (world->context[i].held && world->context[i].state != CTX_DONE)
			return true;
	return false;
}

/* Of the devices the first with which something goes on, or NULL. */
static const struct device *
device_unsettled(const struct run *run)
{
	for (unsigned i = 0; i < run->devices; i++) {
		const struct device *device = &run->device[i];

		if (device_inflight_all(device) > 0 || (run_is_worked(run, i) &&
		    device->class->is_settled != NULL && !device->class->is_settled(device)))
			return device;
	}
	return NULL;
}

static bool
is_settled(const struct run *run)
{
	return !world_is_busy(&run->world) && thread_awake(&run->world) == NULL &&
	    run->autoconfs == 0 && device_unsettled(run) == NULL;
}

static struct event
event_now(struct run *run)
{
	return (struct event){
		.time_ns = run->world.clock.now_ns,
		.seq = run->world.trace.count > 0 ? run->world.trace.count - 1 : 0,
	};
}

/* What had to come true. */
static void
settled_text(const struct run *run, char text[static SETTLED_SIZE])
{
	const char *more = run->device[0].class->settled;

	snprintf(text, SETTLED_SIZE, "nothing in flight, the driver asleep%s%s",
	    more != NULL ? ", " : "", more != NULL ? more : "");
}

static void
never_settled(struct run *run)
{
	const struct device *device = device_unsettled(run);
	const struct context *awake = thread_awake(&run->world);
	char expected[SETTLED_SIZE], *actual;
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);

	if (device == NULL)
		device = run->device;
	settled_text(run, expected);
	if (device->class->print_unsettled != NULL) {
		device->class->print_unsettled(device, stream);
		fputs(", ", stream);
	}
	fprintf(stream, "requests with the device = %" PRIu64, device_inflight_all(device));
	if (awake != NULL)
		fprintf(stream, ", thread %s does not sleep", awake->name);
	if (run->autoconfs > 0)
		fputs(", an attach or detach goes on", stream);
	actual = sbuf_close(&buf);
	run_fail(run, run->scenario->steps.step[run->at_step].loc, "settle", expected,
	    actual);
	free(actual);
}

/* The run ended first.  A panic or a crash is a finding, and that explains it; a limit is none. */
static void
unsettled(struct run *run, uint64_t end_ns)
{
	enum world_end end = run->world.end;
	char expected[SETTLED_SIZE];

	if (end != WORLD_TIME_LIMIT && end != WORLD_EVENT_LIMIT) {
		run->result->undecided.steps++;
		return;
	}
	settled_text(run, expected);
	run_undecided(run, run->scenario->steps.step[run->at_step].loc, "settle",
	    expected, end_ns);
}

void
run_rules_overdue(struct run *run)
{
	const struct event now = event_now(run);

	rules_overdue(run->rules, &now);
}

/* Run until nothing is left to do or the time is over; the rules look at what is then. */
void
run_settle(struct run *run, uint64_t within_ns)
{
	struct world *world = &run->world;
	uint64_t end = world->clock.now_ns + within_ns;
	size_t findings = run->result->findings.count;
	struct event now;

	/* In the end what is held up goes on: the scenario says for how long it is. */
	while (world->end == WORLD_RUNNING &&
	    (!is_settled(run) || (!run->in_steps && is_anybody_held(world)))) {
		if (!world_is_busy(world) && clock_next_ns(&world->clock) > end) {
			world_run(world, end);
			break;
		}
		world_step(world);
		run_limit(run);
	}
	if (world->end != WORLD_RUNNING) {
		if (run->in_steps && !is_settled(run))
			unsettled(run, end);
		return;
	}
	now = event_now(run);
	rules_rest(run->rules, &now);
	if (!is_settled(run) && run->result->findings.count == findings &&
	    run->in_steps)
		never_settled(run);
}

/* ---- what the rules may look at ---- */

void
run_view(void *arg, unsigned at, struct rules_view *view)
{
	struct run *run = arg;
	const struct world *world = &run->world;
	const struct device *device = &run->device[at];

	*view = (struct rules_view){
		.memory = &world->memory, .trace = &world->trace,
		.hz = world->config.hz,
		.bounce = world->config.bounce, .legacy = world->config.legacy,
		.strict = run->scenario->policy == SCENARIO_STRICT,
		.faults_armed = fault_armed_count(&run->faults),
		.faults_struck = (unsigned)run->faults.hits,
		.thread_alive = run_thread(world) != NULL,
		.detaching = run->with[at].detach == DETACH_RUNNING,
		.world = world,
		.device = {
			.features_offered = transport_offer(&device->transport),
			.features = device->transport.accepted,
			.status = device->transport.status,
			.legacy = world->config.legacy,
			.healthy = !device->unhealthy,
			.completes = device_completes(device),
			.own = device->class->facts != NULL ? device->class->facts(device) : NULL,
		},
	};
	view->at_rest = !world_is_busy(world) && thread_awake(world) == NULL &&
	    !is_anybody_held(world) && !device_is_busy(device);
	for (unsigned i = 0; i < run->devices; i++)
		view->works |= (unsigned)transport_is_live(&run->device[i].transport) << i;
}
