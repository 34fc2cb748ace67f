/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One case, from power on to its result.
 */
#include "run/run.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "machine/crash.h"
#include "run/source.h"
#include "run/state.h"

#define END_LOOK_BACK 3			/* calls before the end that may be its cause */

static const char *call_names[HW_CALLS];
static const char **rule_names;

/* Built once from the tables of those who own the names. */
const struct scenario_vocab *
run_vocab(void)
{
	static struct scenario_vocab vocab;
	const struct scenario_type **type_list;
	const char **type_names;
	const struct rule *const *rules;
	size_t count, types = 0;

	if (vocab.calls != NULL)
		return &vocab;
	for (unsigned call = HW_CALL_NONE + 1; call < HW_CALLS; call++)
		call_names[call - 1] = trace_call_name((enum hw_call)call);
	rules = rules_catalogue(&count);
	rule_names = xcalloc(count + 1, sizeof(rule_names[0]));
	for (size_t i = 0; i < count; i++)
		rule_names[i] = rules[i]->id;
	while (device_classes[types] != NULL)
		types++;
	type_list = xcalloc(types + 1, sizeof(type_list[0]));
	type_names = xcalloc(types + 1, sizeof(type_names[0]));
	for (size_t i = 0; i < types; i++) {
		type_list[i] = &device_classes[i]->language;
		type_names[i] = type_list[i]->name;
	}
	vocab = (struct scenario_vocab){
		.types = type_list, .devices = type_names, .observables = run_observables,
		.calls = call_names, .faults = fault_names, .errnos = fault_errno_names,
		.errno_texts = fault_errno_texts, .about = run_about,
		.rules = rule_names, .check_fault = run_check_fault,
		.events = run_event_kinds(), .event_words = trace_words,
	};
	vocab = scenario_vocab_of(&vocab, type_list[0]);
	return &vocab;
}

static void
start_choices(struct run *run)
{
	struct choice *choice = &run->world.choice;

	if (run->c->has_seed)
		choice_init_seed(choice, run->c->seed);
	else
		choice_init_default(choice);
}

static bool
name_place(void *arg, const struct rules_place *place, char *name, size_t size)
{
	struct run *run = arg;

	return source_name(module_source(run->options->module), place->site,
	    place->object_size, place->offset, place->size, name, size);
}

static void
start_rules(struct run *run)
{
	const struct scenario_names *off = &run->scenario->rules.off;

	run->rules = rules_new(&run->result->findings,
	    rules_device_by_id(run->world.hooks.device[0].id), run->devices, run_view, run);
	for (size_t i = 0; i < off->count; i++)
		rules_off(run->rules, off->name[i]);
	rules_watch(run->rules, &run->world.trace);
	rules_watch_memory(run->rules, &run->world);
	rules_name_by(run->rules, name_place, run);
}

/* Asked early in what may be an endless loop; the choice of name is loop.h's lowest place. */
static bool
is_known_loop(void *arg, const struct loop_seen *seen)
{
	struct run *run = arg;
	struct loops_met *met = &run->result->loops;

	loops_meet(met, seen->site[0]);
	met->cut = loops_find(run->options->loops, met->diagnostic, seen->site[0]) != NULL;
	return met->cut;
}

static void
power_on(struct run *run)
{
	const struct run_options *options = run->options;
	struct world_hooks hooks = { .faults = &run->faults, .fault = fault_ask };
	struct world_config config;
	const struct scenario_device *device = &run->scenario->device;

	run_world_config(run, &config);
	run->devices = scenario_devices(run->scenario);
	for (unsigned i = 0; i < run->devices; i++) {
		run->with[i].run = run;
		device_init(&run->device[i], &run->world, device_class_of(device->type),
		    device->own.object, run->machine->hz);
		device_hooks(&run->device[i], &hooks);
	}
	faults_init(&run->faults, &run->world);
	if (!world_init(&run->world, &config, &hooks))
		out_of_memory();
	world_current = &run->world;
	run->result->loops.diagnostic = run->machine->diagnostic;
	if (options->loops != NULL)
		loop_ask(&run->world.loop, is_known_loop, run);
	module_bounds(options->module, &run->world.module_low, &run->world.module_high);
	module_data_bounds(options->module, &run->world.data_low, &run->world.data_high);
	run->world.frames = module_frames(options->module);
	start_choices(run);
	start_rules(run);
	facts_watch(&run->result->facts, &run->world.trace,
	    run->world.memory.pfn_max * MEMORY_PAGE_SIZE);
	run_env_init(run);
	run_watch_claims(run);
	run_traces_init(run);
	module_reset(options->module);
	if (options->started != NULL)
		options->started(options->arg, &run->world);
	for (unsigned i = 0; i < run->devices; i++)
		device_power_on(&run->device[i]);
	/* The planted source of nondeterminism: proves that the determinism check can fail. */
	if (options->draw_noise != 0)
		world_emit(&run->world, EV_STEP, 0, UINT32_MAX, 0, options->draw_noise, 0, 0);
}

static void
play(void *arg)
{
	struct run *run = arg;

	kern_boot(run->driver, run->drivers);
	run_steps(run);
}

/* The first line of a loop stands for it. */
static uint32_t
line_of_loop(struct run *run, const struct loop_seen *seen)
{
	struct source *source = module_source(run->options->module);
	struct loops_met *met = &run->result->loops;
	struct source_pos pos, first = { .line = UINT_MAX };
	uint32_t site = seen->site[0];

	for (unsigned i = 0; i < seen->sites; i++)
		if (source_lookup(source, seen->site[i], &pos) && pos.line < first.line) {
			first = pos;
			site = seen->site[i];
		}
	met->end = seen->site[0];
	/* Not all of it was seen: it has the place that it had before. */
	if (met->cut)
		site = loops_find(run->options->loops, met->diagnostic, met->end)->line;
	met->line = site;
	if (first.line != UINT_MAX)
		snprintf(met->where, sizeof(met->where), "%s:%u (%s)", first.file, first.line,
		    first.function);
	return site;
}

/* A panic or crash often comes of what failed just before; NULL: nothing did. */
static const struct event *
failed_before(const struct trace *trace, const struct event *end, uint32_t ctx)
{
	unsigned rets = 0;

	for (uint32_t seq = end->seq; seq-- > 0 && rets < END_LOOK_BACK;) {
		const struct event *event = trace_event(trace, seq);

		if (event == NULL)
			break;
		if (event->kind != EV_RET || event->ctx != ctx ||
		    trace_call_result(event->code)[0] == '\0')
			continue;
		if (trace_call_result(event->code)[0] == 'e' && event->ret.result != 0 &&
		    event->code != HW_CALL_CV_TIMEDWAIT && event->code != HW_CALL_KPAUSE &&
		    event->code != HW_CALL_VIRTIO_DEQUEUE)
			return event;
		rets++;
	}
	return NULL;
}

/* The ways a run can end early are findings too; a limit is the scenario's. */
static const struct rule *const end_rules[WORLD_ENDS] = {
	[WORLD_PANIC] = &rule_panic, [WORLD_CRASH] = &rule_wild_access,
	[WORLD_STACK] = &rule_stack_overflow, [WORLD_TRAP] = &rule_trap,
	[WORLD_ENDLESS] = &rule_endless_loop, [WORLD_DEVICE_FAULT] = &rule_device_abuse,
};

static void
report_loop(struct run *run)
{
	struct world *world = &run->world;
	bool endless = world->end == WORLD_ENDLESS;
	const struct loop_seen *seen = endless ? loop_of(world, world->end_context) :
	    loop_of_events(world);
	uint32_t site = seen != NULL ? line_of_loop(run, seen) : 0;

	if (endless && seen != NULL)
		world->end_site = site;
	if (!endless)
		run_fail(run, run->scenario->loc, "limits",
		    "the run ends within its limits", world->end_text);
}

static void
report_end(struct run *run)
{
	struct world *world = &run->world;
	const struct rule *rule = end_rules[world->end];
	const struct event *failed = NULL;
	struct event event = { 0 };
	size_t length = strlen(world->end_text);

	if (world->end == WORLD_ENDLESS || world->end == WORLD_TIME_LIMIT ||
	    world->end == WORLD_EVENT_LIMIT)
		report_loop(run);
	if (rule == NULL || scenario_names_has(&run->scenario->rules.off, rule->id))
		return;
	if (world->trace.count > 0)
		event = *trace_event(&world->trace, world->trace.count - 1);
	if (world->end == WORLD_PANIC || world->end == WORLD_CRASH)
		failed = failed_before(&world->trace, &event, world->end_context);
	while (length > 0 && failed != NULL && world->end_text[length - 1] == ' ')
		length--;
	finding_add(&run->result->findings, rule, &event, world->end_site, "%.*s%s%s%s",
	    (int)length, world->end_text, failed != NULL ? ", after " : "",
	    failed != NULL ? trace_call_name(failed->code) : "",
	    failed != NULL ? " had failed" : "");
	if (failed != NULL)
		finding_because(&run->result->findings, failed->seq, 0, "%s failed",
		    trace_call_name(failed->code));
}

/* A lint of the scenario's, not the driver's. */
static void
report_impossible_faults(struct run *run)
{
	const struct faults *faults = &run->faults;

	if (scenario_names_has(&run->scenario->rules.off, rule_impossible_fault.id))
		return;
	for (unsigned i = 0; i < faults->count; i++)
		if (faults->armed[i].impossible)
			finding_add(&run->result->findings, &rule_impossible_fault,
			    &faults->armed[i].at, faults->armed[i].site,
			    "the kernel cannot fail this call with %s: %s",
			    faults->armed[i].row->id, fault_when(faults->armed[i].row));
}

void
run_limit(struct run *run)
{
	const struct findings *findings = &run->result->findings;
	struct world *world = &run->world;
	uint32_t more;

	if (run->options->more_events == NULL || findings->count == run->findings_seen)
		return;
	run->findings_seen = findings->count;
	more = run->options->more_events(run->options->more_arg, findings);
	if (world->config.event_limit <= world->trace.count ||
	    more >= world->config.event_limit - world->trace.count)
		return;
	world->config.event_limit = world->trace.count + more;
	if (world->event_stop > world->config.event_limit)
		world->event_stop = world->config.event_limit;
}

static uint64_t
idle_faults(const struct run *run)
{
	const struct fault_armed *fault = NULL;
	uint64_t idle = 0;

	_Static_assert(FAULTS_ARMED_MAX <= 64, "one bit each");
	while ((fault = fault_unstruck(&run->faults, fault)) != NULL)
		idle |= UINT64_C(1) << (fault - run->faults.armed);
	return idle;
}

static void
take_stock(struct run *run)
{
	struct run_result *result = run->result;
	struct world *world = &run->world;
	uint64_t idle = idle_faults(run);

	world->running = NULL;
	run_count_undecided(run);
	run_needs(run);
	report_end(run);
	report_impossible_faults(run);
	if (world->end == WORLD_RUNNING)
		world->end = WORLD_STOPPED;
	world_emit(world, EV_END, 0, world->end, 0, 0, 0, 0);
	result->end = world->end;
	snprintf(result->end_text, sizeof(result->end_text), "%s", world->end_text);
	result->digest = trace_digest(&world->trace);
	result->counts = (struct run_counts){
		.virtual_ns = world->clock.now_ns,
		.events = world->trace.count,
		.accesses = access_count(&world->access),
		.draws = world->choice.draw_count,
		.faults_armed = run->faults.count,
		.faults_struck = (unsigned)run->faults.hits,
		.faults_idle = (unsigned)__builtin_popcountll(idle),
		.idle = idle,
	};
}

static void
power_off(struct run *run)
{
	kern_halt();
	for (unsigned i = 0; i < run->devices; i++)
		device_fini(&run->device[i]);
	rules_free(run->rules);
	world_fini(&run->world);
	run_env_fini(run);
	free(run->claims_broken);
	run_traces_fini(run);
}

void
run_failures_drop(struct run_result *result)
{
	for (unsigned i = 0; i < result->failures; i++) {
		struct failure *failure = &result->failure[i];

		for (size_t r = 0; r < failure->rows; r++) {
			free(failure->row[r].expected);
			free(failure->row[r].actual);
		}
		free(failure->row);
	}
	result->failures = result->failures_all = 0;
}

static void
add_driver(struct run *run, const struct module_attachment *attachment)
{
	const char *name = run->options->name;

	assert(attachment != NULL && run->drivers < HW_DRIVERS);
	run->driver[run->drivers] = (struct hw_driver){
		.cfattach = attachment->cfattach,
		.name = run->drivers == 0 && name != NULL ? name : attachment->name,
	};
	run->drivers++;
}

/* All of the module, as if they were linked into one kernel, or the one that was asked for. */
static void
find_drivers(struct run *run)
{
	const struct module *module = run->options->module;

	if (run->options->driver != NULL)
		add_driver(run, module_attachment_find(module, run->options->driver));
	else
		for (size_t i = 0; i < module_attachment_count(module); i++)
			add_driver(run, module_attachment(module, i));
}

void
run_case(const struct scenario_case *c, const struct run_options *options,
    struct run_result *result)
{
	struct run *run = xmalloc(sizeof(*run));

	memset(run, 0, offsetof(struct run, world));
	memset(result, 0, sizeof(*result));
	findings_init(&result->findings);
	run->c = c;
	run->scenario = c->scenario;
	run->machine = c->machine;
	run->options = options;
	run->result = result;
	find_drivers(run);
	result->steps = (unsigned)c->scenario->steps.count;
	power_on(run);
	crash_guard(&run->world, play, run);
	take_stock(run);
	if (options->finished != NULL)
		options->finished(options->arg, &run->world, result);
	power_off(run);
	free(run);
}

void
run_result_fini(struct run_result *result)
{
	findings_fini(&result->findings);
	run_failures_drop(result);
}
