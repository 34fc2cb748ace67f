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
#include "device/class.h"

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

/* A plan's text names queues, and says nothing of the type of device: the default one. */
const char *
perturb_source(int queue)
{
	return queue < 0 ? "config" : device_classes[0]->language.queues[queue];
}

static void
add_fault(struct edit *edit, size_t at, const struct perturbation *perturb)
{
	struct scenario_step *step = edit_insert(edit, at, SCENARIO_STEP_FAIL);

	step->fail.id = edit_text(edit, "explored-%zu", at + 1);
	step->fail.call = perturb->fault->id;
	step->fail.nth = perturb->at.nth;
	if (perturb->forever)
		step->fail.count = SCENARIO_FOREVER;
}

static void
add_event(struct edit *edit, size_t at, const struct perturbation *perturb)
{
	struct scenario_step *step = edit_insert(edit, at, SCENARIO_STEP_DELIVER);
	struct scenario_deliver *deliver = &step->deliver;

	deliver->at = inject_point_place(&perturb->at);
	switch (perturb->kind) {
	case PERTURB_NEXT:
	case PERTURB_TARGET:
		deliver->irq = "config";
		deliver->act = perturb->pages;
		break;
	case PERTURB_ANSWER:
		deliver->answer = true;
		deliver->irq = perturb_source(perturb->queue);
		break;
	case PERTURB_IRQ:
	case PERTURB_FAULT:
		deliver->irq = perturb_source(perturb->queue);
		break;
	}
}

struct edit *
plan_apply(const struct plan *plan, const struct edit *baseline)
{
	struct edit *edit = edit_copy(baseline);

	for (size_t i = edit->scenario.steps.count; i-- > 0;)
		if (plan_takes(plan, i))
			edit_remove(edit, i);
	for (unsigned i = 0; i < plan->count; i++)
		if (plan->item[i].kind == PERTURB_FAULT)
			add_fault(edit, i, &plan->item[i]);
		else
			add_event(edit, i, &plan->item[i]);
	return edit;
}

/* ---- as text ---- */

static void
perturb_print(const struct perturbation *perturb, FILE *stream)
{
	const struct inject_point *at = &perturb->at;

	switch (perturb->kind) {
	case PERTURB_NEXT:
		fprintf(stream, "next=%zu/%" PRIu64, perturb->step, perturb->pages);
		break;
	case PERTURB_TARGET:
		fprintf(stream, "%s=%" PRIu64, device_classes[0]->act->key, perturb->pages);
		break;
	case PERTURB_ANSWER:
		fprintf(stream, "answer=%s", perturb_source(perturb->queue));
		break;
	case PERTURB_IRQ:
		fprintf(stream, "irq=%s", perturb_source(perturb->queue));
		break;
	case PERTURB_FAULT:
		fprintf(stream, "%s=%s", perturb->forever ? "fails" : "fail",
		    perturb->fault->id);
		break;
	}
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
		perturb_print(&plan->item[i], stream);
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
	fclose(stream);
}

void
plan_group(const struct plan *plan, char group[48])
{
	const struct perturbation *last = &plan->item[plan->count - 1];
	const char *then = plan->count > 1 ? " (second)" : "";

	group[0] = '\0';
	if (plan->count == 0)
		return;
	switch (last->kind) {
	case PERTURB_NEXT:
	case PERTURB_TARGET:
		snprintf(group, 48, "%s%s", device_classes[0]->act->key, then);
		break;
	case PERTURB_ANSWER:
		snprintf(group, 48, "%s answer%s", perturb_source(last->queue), then);
		break;
	case PERTURB_IRQ:
		snprintf(group, 48, "%s interrupt%s", perturb_source(last->queue), then);
		break;
	case PERTURB_FAULT:
		snprintf(group, 48, "%s%s", last->fault->call_name, then);
		break;
	}
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
parse_source(const char *name, int *queue)
{
	*queue = strcmp(name, "config") == 0 ? -1 :
	    device_queue_by_name(device_classes[0], name);
	return *queue >= 0 || strcmp(name, "config") == 0;
}

static bool
parse_what(struct perturbation *perturb, const char *what, const char *value)
{
	uint64_t step;

	if (strcmp(what, "next") == 0) {
		perturb->kind = PERTURB_NEXT;
		if (!parse_number(value, &value, SIZE_MAX, &step) || *value++ != '/')
			return false;
		perturb->step = (size_t)step;
		return parse_number(value, &value, UINT32_MAX, &perturb->pages);
	}
	if (strcmp(what, device_classes[0]->act->key) == 0) {
		perturb->kind = PERTURB_TARGET;
		return parse_number(value, &value, UINT32_MAX, &perturb->pages);
	}
	if (strcmp(what, "answer") == 0) {
		perturb->kind = PERTURB_ANSWER;
		return parse_source(value, &perturb->queue) && perturb->queue >= 0;
	}
	if (strcmp(what, "irq") == 0) {
		perturb->kind = PERTURB_IRQ;
		return parse_source(value, &perturb->queue);
	}
	perturb->kind = PERTURB_FAULT;
	perturb->fault = fault_row_by_id(value);
	perturb->forever = strcmp(what, "fails") == 0;
	return (perturb->forever || strcmp(what, "fail") == 0) && perturb->fault != NULL;
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
perturb_parse(struct perturbation *perturb, const char *text, size_t length)
{
	char what[16], value[64], place[16], name[64], nth[16], all[192];

	if (length >= sizeof(all))
		return false;
	memcpy(all, text, length);
	all[length] = '\0';
	*perturb = (struct perturbation){ .queue = -1 };
	return sscanf(all, "%15[^=]=%63[^@]@%15[^ ] %63[^#]#%15[0-9]",
	    what, value, place, name, nth) == 5 &&
	    parse_what(perturb, what, value) && parse_place(&perturb->at, place, name, nth);
}

bool
plan_parse(struct plan *plan, const char *text)
{
	plan->count = 0;
	while (*text != '\0') {
		size_t length = strcspn(text, ";");

		if (plan->count == PLAN_MAX ||
		    !perturb_parse(&plan->item[plan->count++], text, length))
			return false;
		text += length;
		text += strspn(text, "; ");
	}
	return true;
}
