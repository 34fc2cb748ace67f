/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sweeping: see sweep.h.
 *
 * A plain run is done twice: once for its moments, once for its record, which has what was under
 * way at each moment.
 */
#include "explore/sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "device/class.h"
#include "machine/crash.h"

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

void
sweep_plan_init(struct sweep_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
}

void
sweep_plan_fini(struct sweep_plan *plan)
{
	free(plan->item);
	outcome_fini(&plan->plain);
	sweep_plan_init(plan);
}

static struct sweep_try *
add_try(struct sweep_plan *plan)
{
	struct sweep_try *try;

	if (plan->count == plan->max) {
		plan->max = 2 * plan->max + 64;
		plan->item = realloc(plan->item, plan->max * sizeof(plan->item[0]));
		if (plan->item == NULL)
			no_memory();
	}
	try = &plan->item[plan->count++];
	memset(try, 0, sizeof(*try));
	return try;
}

/* ---- what is under way at a moment ---- */

struct situation {
	bool live;			/* the device may interrupt */
	uint64_t out[DEVICE_QUEUES_MAX];	/* requests with the device */
};

static void
follow(struct situation *now, const struct event *event)
{
	uint64_t queue = event->arg[0];

	switch ((enum event_kind)event->kind) {
	case EV_DEV_STATUS:
		now->live = (event->arg[0] & TRANSPORT_STATUS_DRIVER_OK) != 0;
		if (event->arg[0] == 0)
			memset(now->out, 0, sizeof(now->out));
		break;
	case EV_DEV_TAKE:
		if (queue < DEVICE_QUEUES_MAX)
			now->out[queue]++;
		break;
	case EV_DEV_USED:
		if (queue < DEVICE_QUEUES_MAX && now->out[queue] > 0)
			now->out[queue]--;
		break;
	default:
		break;
	}
}

/* ---- planning ---- */

struct planner {
	struct sweep_plan *plan;
	const struct sweep_options *options;
	const struct moments *moments;
	uint32_t from;			/* nothing before that event */
	unsigned queues;		/* of the device */
	unsigned level;			/* of interrupts; 0: none came */
};

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	uint64_t both[2] = { hash, value };

	return trace_hash(both, sizeof(both));
}

static bool
is_same_thing(const struct deviation *a, const struct deviation *b)
{
	return a->kind == b->kind && a->fault == b->fault && a->forever == b->forever &&
	    a->queue == b->queue;
}

static bool
has_been_tried(const struct planner *planner, const struct deviation *what, uint64_t point)
{
	const struct sweep_plan *plan = planner->plan;

	for (size_t i = 0; i < plan->count && !planner->options->all_stacks; i++)
		if (plan->item[i].point == point && is_same_thing(&plan->item[i].what, what))
			return true;
	return false;
}

static void
try(struct planner *planner, const struct moment *moment, struct deviation what,
    uint64_t point)
{
	struct sweep_try *new;

	what.at = *moment;
	if (has_been_tried(planner, &what, point))
		return;
	new = add_try(planner->plan);
	new->what = what;
	new->point = point;
	new->seq = moment->seq;
}

static void
plan_failures(struct planner *planner, const struct moment *moment)
{
	struct outcome_point point = {
		.point = mix(moment->stack, moment->call), .line = moment->line,
		.call = trace_call_name((enum hw_call)moment->call),
	};
	const struct fault_row *row;
	bool is_fallible = false;
	size_t rows;

	row = fault_catalogue(&rows);
	for (size_t i = 0; i < rows; i++) {
		struct deviation what = { .kind = DEVIATION_FAULT, .queue = -1,
		    .fault = &row[i] };

		if (row[i].call != moment->call)
			continue;
		is_fallible = true;
		if ((moment->faults >> i & 1) == 0 &&
		    (row[i].when != FAULT_NEVER || !planner->options->contract))
			continue;
		point.can_fail = true;
		try(planner, moment, what, point.point);
		what.forever = true;
		/* Who sleeps until all is healed makes no second call. */
		if (row[i].error != HW_FAULT_BLOCK)
			try(planner, moment, what, point.point);
	}
	if (is_fallible)
		outcome_add_point(&planner->plan->plain, &point);
}

static void
plan_interrupts(struct planner *planner, const struct moment *moment,
    const struct situation *now)
{
	uint64_t point = mix(mix(moment->stack, moment->line),
	    (uint64_t)moment->kind << 32 | moment->call);

	/* What has no line cannot be named by a scenario. */
	if (!now->live || (moment->kind == MOMENT_ACCESS && moment->line == 0))
		return;
	for (unsigned q = 0; q < planner->queues; q++)
		point = mix(point, now->out[q] > 0);
	for (int q = -1; q < (int)planner->queues; q++) {
		struct deviation what = { .kind = DEVIATION_IRQ, .queue = q };

		/* Where it has to wait it comes at a later moment, which has its own run. */
		if (planner->level == 0 || moment->ipl < planner->level)
			try(planner, moment, what, point);
		what.kind = DEVIATION_ANSWER;
		if (q >= 0 && now->out[q] > 0)
			try(planner, moment, what, point);
	}
}

static unsigned
level_of_interrupts(const struct trace *trace)
{
	unsigned level = 0;

	for (uint32_t seq = 0; seq < trace->count; seq++) {
		const struct event *event = trace_event(trace, seq);

		if (event->ctx_kind == HW_CTX_HARDINT && event->ctx != 0 && event->ipl > level)
			level = event->ipl;
	}
	return level;
}

static void
finished(void *arg, struct world *world, const struct run_result *result)
{
	struct planner *planner = arg;
	const struct moments *moments = planner->moments;
	struct situation now = { 0 };
	uint32_t seq = 0;

	(void)result;
	planner->queues = ((const struct device *)world->hooks.device)->active;
	planner->level = level_of_interrupts(&world->trace);
	for (size_t i = 0; i < moments->count; i++) {
		const struct moment *moment = &moments->item[i];

		for (; seq < moment->seq && seq < world->trace.count; seq++)
			follow(&now, trace_event(&world->trace, seq));
		if (moment->seq < planner->from)
			continue;
		if (!planner->options->no_faults && moment->kind == MOMENT_BEFORE)
			plan_failures(planner, moment);
		if (!planner->options->no_moments)
			plan_interrupts(planner, moment, &now);
	}
}

/* What can be tried in this scenario, from an event on. */
static void
plan_edit(struct sweep_plan *plan, struct trial *trial, struct edit *edit, uint32_t from,
    const struct sweep_options *options, struct trial_result *result)
{
	struct moments moments;
	struct scenario_case c;
	struct planner planner = {
		.plan = plan, .options = options, .moments = &moments, .from = from,
	};
	struct run_options run = { .keep_trace = true, .finished = finished, .arg = &planner,
	    .shelf = &trial->shelf };
	struct run_result again;

	moments_init(&moments);
	edit_case(edit, &c);
	run.module = trial_module(trial, c.machine);
	trial_run(trial, &c, &moments, result);
	crash_limit(CRASH_SECONDS);
	run_case(&c, &run, &again);
	crash_limit(0);
	trial->runs++;
	run_result_fini(&again);
	scenario_case_fini(&c);
	moments_fini(&moments);
}

void
sweep_plan_make(struct sweep_plan *plan, struct trial *trial, const struct edit *skeleton,
    const char *base, const struct sweep_options *options)
{
	struct edit *edit = edit_copy(skeleton);
	struct trial_result result;

	plan->count = 0;
	outcome_clear(&plan->plain);
	plan_edit(plan, trial, edit, 0, options, &result);
	outcome_take(&plan->plain, &result, NULL);
	for (unsigned i = 0; i < plan->plain.findings; i++)
		plan->plain.plain[i] = true;
	snprintf(plan->plain.base, sizeof(plan->plain.base), "%s", base);
	plan->plain.steps = (unsigned)skeleton->scenario.steps.count;
	edit_free(edit);
}

/* ---- plans as text ---- */

void
sweep_plan_print(const struct sweep_plan *plan, FILE *stream)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct sweep_try *item = &plan->item[i];
		struct plan one = { .item = { item->what }, .count = 1 };

		fprintf(stream, "%016" PRIx64 " %" PRIu32 " ", item->point, item->seq);
		plan_print(&one, stream);
		fputc('\n', stream);
	}
}

bool
sweep_plan_parse(struct sweep_plan *plan, const char *text)
{
	plan->count = 0;
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		char line[512];
		struct plan one;
		struct sweep_try *item = add_try(plan);
		int at = 0;

		if (length >= sizeof(line))
			return false;
		memcpy(line, text, length);
		line[length] = '\0';
		if (sscanf(line, "%" SCNx64 " %" SCNu32 " %n", &item->point, &item->seq,
		    &at) != 2 || !plan_parse(&one, line + at) || one.count != 1)
			return false;
		item->what = one.item[0];
		text += length + (text[length] == '\n');
	}
	return true;
}

/* ---- runs ---- */

struct walker {
	struct trial *trial;
	const struct edit *skeleton;
	const struct outcome *plain;
	void (*done)(void *arg, struct outcome *outcome);
	void *arg;
	struct outcome *outcome;
	uint64_t number;
	struct trial_result first;	/* of a pair's first thing alone */
};

static void
name_group(const struct deviation *what, bool is_second, struct outcome *outcome)
{
	const char *then = is_second ? " (second)" : "";

	const char *source = deviation_source(what->queue);

	if (what->kind == DEVIATION_FAULT)
		snprintf(outcome->group, sizeof(outcome->group), "%s%s",
		    what->fault->call_name, then);
	else
		snprintf(outcome->group, sizeof(outcome->group), "%s %s%s", source,
		    what->kind == DEVIATION_ANSWER ? "answer" : "interrupt", then);
}

/* Begin the outcome of the run with that plan. */
static void
describe(const struct plan *plan, uint64_t point, const struct outcome *plain,
    uint64_t number, struct outcome *outcome)
{
	FILE *stream;

	outcome_clear(outcome);
	outcome->number = number;
	snprintf(outcome->base, sizeof(outcome->base), "%s", plain->base);
	stream = fmemopen(outcome->plan, sizeof(outcome->plan), "w");
	if (stream == NULL)
		no_memory();
	plan_print(plan, stream);
	fclose(stream);
	name_group(&plan->item[plan->count - 1], plan->count > 1, outcome);
	outcome->point = point;
	outcome->steps = plain->steps + plan->count;
}

void
sweep_try_describe(const struct sweep_try *one, const struct outcome *plain, uint64_t number,
    struct outcome *outcome)
{
	struct plan plan = { .item = { one->what }, .count = 1 };

	describe(&plan, one->point, plain, number, outcome);
}

/* What the plan fails is armed before anything that the scenario fails. */
static bool
some_fault_is_idle(const struct plan *plan, const struct trial_result *result)
{
	uint64_t ours = (UINT64_C(1) << plan_faults(plan)) - 1;

	return (result->counts.idle & ours) != 0;
}

/* The failure behind a finding: the first, if that alone has it, else the last. */
static uint64_t
cause_of(const struct walker *walker, const struct sweep_try *first,
    const struct sweep_try *second, uint64_t key)
{
	if (first->what.kind != DEVIATION_FAULT)
		return 0;
	if (second == NULL || second->what.kind != DEVIATION_FAULT ||
	    trial_find(&walker->first, key) != NULL)
		return first->point;
	return second->point;
}

static void
tell(struct walker *walker, const struct plan *plan, const struct trial_result *result,
    const struct sweep_try *first, const struct sweep_try *second)
{
	outcome_take(walker->outcome, result, walker->plain);
	for (unsigned i = 0; i < result->findings; i++)
		walker->outcome->cause[i] = cause_of(walker, first, second,
		    result->finding[i].key);
	walker->outcome->idle = some_fault_is_idle(plan, result);
	walker->done(walker->arg, walker->outcome);
}

static void
run_pair(struct walker *walker, const struct sweep_try *first, const struct sweep_try *second)
{
	struct plan plan = { .item = { first->what, second->what }, .count = 2 };
	struct edit *edit = plan_apply(&plan, walker->skeleton);
	struct trial_result result;
	struct scenario_case c;

	describe(&plan, mix(first->point, second->point), walker->plain, walker->number++,
	    walker->outcome);
	edit_case(edit, &c);
	trial_run(walker->trial, &c, NULL, &result);
	tell(walker, &plan, &result, first, second);
	scenario_case_fini(&c);
	edit_free(edit);
}

/* Who fails a call for good leaves nothing of it to fail. */
static bool
is_no_other(const struct deviation *first, const struct deviation *second)
{
	return first->forever && second->kind == DEVIATION_FAULT &&
	    first->fault->call == second->fault->call;
}

void
sweep_try_run(const struct sweep_try *one, struct trial *trial, const struct edit *skeleton,
    const struct outcome *plain, uint64_t number, const struct sweep_options *options,
    void (*done)(void *arg, struct outcome *outcome), void *arg)
{
	struct walker walker = {
		.trial = trial, .skeleton = skeleton, .plain = plain, .done = done, .arg = arg,
		.number = number, .outcome = calloc(1, sizeof(*walker.outcome)),
	};
	struct plan plan = { .item = { one->what }, .count = 1 };
	struct edit *edit = plan_apply(&plan, skeleton);
	struct trial_result result;
	struct sweep_plan more;

	if (walker.outcome == NULL)
		no_memory();
	sweep_plan_init(&more);
	sweep_try_describe(one, plain, walker.number++, walker.outcome);
	if (options->pairs && one->what.kind == DEVIATION_FAULT) {
		plan_edit(&more, trial, edit, one->seq + 1, options, &result);
	} else {
		struct scenario_case c;

		edit_case(edit, &c);
		trial_run(trial, &c, NULL, &result);
		scenario_case_fini(&c);
	}
	walker.first = result;
	tell(&walker, &plan, &result, one, NULL);
	for (size_t i = 0; i < more.count; i++)
		if (!is_no_other(&one->what, &more.item[i].what))
			run_pair(&walker, one, &more.item[i]);
	sweep_plan_fini(&more);
	outcome_fini(walker.outcome);
	free(walker.outcome);
	edit_free(edit);
}
