/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Perturbations as steps and as text.
 */
#include "explore/perturb.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const places[] = {
	[INJECT_BEFORE] = "before", [INJECT_AFTER] = "after", [INJECT_ACCESS] = "line",
};

unsigned
plan_faults(const struct plan *plan)
{
	unsigned count = 0;

	for (unsigned i = 0; i < plan->count; i++)
		count += plan->item[i].kind == PERTURB_FAULT;
	return count;
}

bool
plan_takes(const struct plan *plan, size_t step)
{
	for (unsigned i = 0; i < plan->count; i++)
		if (plan->item[i].kind == PERTURB_NEXT && plan->item[i].step == step)
			return true;
	return false;
}

/* ---- as steps ---- */

/* What is runnable elsewhere runs in no time. */
#define HOLD_NS 1000
#define HOLD_TEXT "1us"

/* `config`, or the name of a queue. */
static const char *
source(const struct plan *plan, int queue)
{
	return queue < 0 ? "config" : plan->class->language.queues[queue];
}

static void
add_fault(struct edit *edit, size_t at, const struct perturbation *perturb)
{
	struct scenario_step *step = edit_insert(edit, at, SCENARIO_STEP_FAIL);

	step->fail.id = arena_printf(edit->arena, "explored-%zu", at + 1);
	step->fail.call = perturb->fault->id;
	step->fail.nth = perturb->at.nth;
	if (perturb->forever)
		step->fail.count = SCENARIO_FOREVER;
}

static void
add_deliver(const struct plan *plan, struct edit *edit, size_t at,
    const struct perturbation *perturb)
{
	struct scenario_deliver *deliver =
	    &edit_insert(edit, at, SCENARIO_STEP_DELIVER)->deliver;

	deliver->at = inject_point_place(&perturb->at);
	deliver->irq = source(plan, perturb->queue);
	deliver->answer = perturb->kind == PERTURB_COMPLETE;
	if (perturb->kind == PERTURB_NEXT || perturb->kind == PERTURB_TARGET)
		deliver->act = perturb->pages;
}

static void
add_hold(struct edit *edit, size_t at, const struct perturbation *perturb)
{
	struct scenario_hold *hold = &edit_insert(edit, at, SCENARIO_STEP_HOLD)->hold;

	hold->at = inject_point_place(&perturb->at);
	hold->lasts = (struct scenario_time){ SCENARIO_NS, HOLD_NS };
}

static bool
has_hold(const struct perturbation *perturb, const struct edit *baseline)
{
	return perturb->kind == PERTURB_HOLD ||
	    (perturb->kind != PERTURB_FAULT && baseline->machine.cpus > 1);
}

size_t
plan_steps(const struct plan *plan, const struct edit *baseline)
{
	size_t steps = 0;

	for (unsigned i = 0; i < plan->count; i++)
		steps += (plan->item[i].kind != PERTURB_HOLD) +
		    has_hold(&plan->item[i], baseline);
	return steps;
}

struct edit *
plan_apply(const struct plan *plan, const struct edit *baseline)
{
	struct edit *edit = edit_copy(baseline);
	size_t at = 0;

	for (size_t i = edit->scenario.steps.count; i-- > 0;)
		if (plan_takes(plan, i))
			edit_remove(edit, i);
	for (unsigned i = 0; i < plan->count; i++) {
		const struct perturbation *perturb = &plan->item[i];

		if (perturb->kind == PERTURB_FAULT)
			add_fault(edit, at++, perturb);
		else if (perturb->kind != PERTURB_HOLD)
			add_deliver(plan, edit, at++, perturb);
		if (has_hold(perturb, baseline))
			add_hold(edit, at++, perturb);
	}
	return edit;
}

/* ---- as text ---- */

/* Before the `=` of its text. */
static const char *
word_of(const struct plan *plan, enum perturb_kind kind, bool forever)
{
	static const char *const words[] = {
		[PERTURB_NEXT] = "next", [PERTURB_COMPLETE] = "answer", [PERTURB_IRQ] = "irq",
		[PERTURB_HOLD] = "hold", [PERTURB_FAULT] = "fail",
	};

	if (kind == PERTURB_TARGET)
		return plan->class->act != NULL ? plan->class->act->key : "";
	return forever ? "fails" : words[kind];
}

static void
perturb_print(const struct plan *plan, const struct perturbation *perturb, FILE *stream)
{
	const struct inject_point *at = &perturb->at;

	fprintf(stream, "%s=", word_of(plan, perturb->kind, perturb->forever));
	if (perturb->kind == PERTURB_NEXT)
		fprintf(stream, "%zu/", perturb->step);
	if (perturb->kind == PERTURB_NEXT || perturb->kind == PERTURB_TARGET)
		fprintf(stream, "%" PRIu64, perturb->pages);
	else
		fputs(perturb->kind == PERTURB_HOLD ? HOLD_TEXT :
		    perturb->kind == PERTURB_FAULT ? perturb->fault->id :
		    source(plan, perturb->queue), stream);
	fprintf(stream, "@%s ", places[at->kind]);
	if (at->kind == INJECT_ACCESS)
		fprintf(stream, "%u", at->line);
	else
		fputs(trace_call_name((enum hw_call)at->call), stream);
	fprintf(stream, "#%" PRIu32, at->nth);
}

void
plan_print(const struct plan *plan, FILE *stream)
{
	for (unsigned i = 0; i < plan->count; i++) {
		fputs(i > 0 ? "; " : "", stream);
		perturb_print(plan, &plan->item[i], stream);
	}
}

void
plan_text(const struct plan *plan, char text[PLAN_TEXT])
{
	FILE *stream = fmemopen(text, PLAN_TEXT, "w");

	if (stream == NULL)
		out_of_memory();
	text[0] = '\0';
	plan_print(plan, stream);
	if (fclose(stream) != 0)
		internal_error("a plan of %u perturbations is too long a text", plan->count);
}

void
plan_group(const struct plan *plan, char group[48])
{
	static const char *const what[] = {
		[PERTURB_NEXT] = "", [PERTURB_TARGET] = "", [PERTURB_COMPLETE] = " completion",
		[PERTURB_IRQ] = " interrupt", [PERTURB_HOLD] = "", [PERTURB_FAULT] = "",
	};
	const struct perturbation *last = &plan->item[plan->count - 1];
	const char *of;

	group[0] = '\0';
	if (plan->count == 0)
		return;
	of = last->kind == PERTURB_FAULT ? last->fault->call_name :
	    last->kind == PERTURB_HOLD ? "other CPUs" : *what[last->kind] != '\0' ?
	    source(plan, last->queue) : plan->class->act->key;
	snprintf(group, 48, "%s%s%s", of, what[last->kind], plan->count > 1 ? " (second)" : "");
}

static bool
parse_number(const char *text, const char **end, uint64_t max, uint64_t *number)
{
	char *after;

	if (*text < '0' || *text > '9')
		return false;
	*number = strtoull(text, &after, 10);
	*end = after;
	return *number <= max;
}

static bool
parse_source(const struct plan *plan, const char *name, int *queue)
{
	*queue = strcmp(name, "config") == 0 ? -1 : device_queue_by_name(plan->class, name);
	return *queue >= 0 || strcmp(name, "config") == 0;
}

static bool
parse_what(const struct plan *plan, struct perturbation *perturb, const char *what,
    const char *value)
{
	uint64_t step;

	perturb->forever = strcmp(what, "fails") == 0;
	perturb->kind = perturb->forever ? PERTURB_FAULT : PERTURB_NEXT;
	while (!perturb->forever && strcmp(what, word_of(plan, perturb->kind, false)) != 0)
		if (perturb->kind++ == PERTURB_FAULT)
			return false;
	switch (perturb->kind) {
	case PERTURB_NEXT:
		if (!parse_number(value, &value, SIZE_MAX, &step) || *value++ != '/')
			return false;
		perturb->step = (size_t)step;
		/* FALLTHROUGH */
	case PERTURB_TARGET:
		return parse_number(value, &value, UINT32_MAX, &perturb->pages);
	case PERTURB_COMPLETE:
	case PERTURB_IRQ:
		return parse_source(plan, value, &perturb->queue) &&
		    (perturb->queue >= 0 || perturb->kind == PERTURB_IRQ);
	case PERTURB_HOLD:
		return strcmp(value, HOLD_TEXT) == 0;
	case PERTURB_FAULT:
		perturb->fault = fault_row_by_id(value);
		break;
	}
	return perturb->fault != NULL;
}

static bool
parse_place(struct inject_point *at, const char *place, const char *name, const char *nth)
{
	uint64_t number;

	if (!parse_number(nth, &nth, UINT32_MAX, &number) || number == 0)
		return false;
	at->nth = (uint32_t)number;
	for (unsigned kind = 0; kind < 3; kind++)
		if (strcmp(place, places[kind]) == 0) {
			at->kind = (enum inject_kind)kind;
			if (kind != INJECT_ACCESS)
				at->call = (uint16_t)trace_call_by_name(name);
			else if (parse_number(name, &name, UINT32_MAX, &number))
				at->line = (unsigned)number;
			return at->call != 0 || at->line != 0;
		}
	return false;
}

static bool
perturb_parse(const struct plan *plan, struct perturbation *perturb, const char *text,
    size_t length)
{
	char what[16], value[64], place[16], name[64], nth[16], all[192];

	if (length >= sizeof(all))
		return false;
	memcpy(all, text, length);
	all[length] = '\0';
	*perturb = (struct perturbation){ .queue = -1 };
	return sscanf(all, "%15[^=]=%63[^@]@%15[^ ] %63[^#]#%15[0-9]",
	    what, value, place, name, nth) == 5 &&
	    parse_what(plan, perturb, what, value) && parse_place(&perturb->at, place, name, nth);
}

bool
plan_parse(struct plan *plan, const char *text)
{
	plan->count = 0;
	while (*text != '\0') {
		size_t length = strcspn(text, ";");

		if (plan->count == PLAN_MAX ||
		    !perturb_parse(plan, &plan->item[plan->count++], text, length))
			return false;
		text += length;
		text += strspn(text, "; ");
	}
	return true;
}
