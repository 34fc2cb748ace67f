/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame of the rules: areas, their state, what they look at, what they report.
 */
#include "rules/rules.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rules/area.h"
#include "rules/ledger.h"

struct rules_core {
	struct findings *findings;
	void (*view_fill)(void *arg, struct rules_view *view);
	void *view_arg;
	struct rules_view view;
	bool view_is_fresh;
	uint32_t seq;			/* event being shown */
	bool *off;			/* by row of the catalogue */
	struct ledger ledger;
};

struct watch {
	struct rules_core *core;
	const struct area *area;
	void *state;
};

static const struct area *const area_table[] = {
#define X(name) &area_##name,
	RULE_AREAS(X)
#undef X
};
#define AREAS (sizeof(area_table) / sizeof(area_table[0]))

struct rules {
	struct rules_core core;
	struct watch watch[AREAS];
};

static void *
zeroed(size_t bytes)
{
	void *p = calloc(1, bytes != 0 ? bytes : 1);

	if (p == NULL)
		abort();
	return p;
}

static void
begin(struct rules *rules)
{
	for (size_t i = 0; i < AREAS; i++) {
		struct watch *watch = &rules->watch[i];

		if (watch->area->begin != NULL)
			watch->area->begin(watch->state, watch->core);
	}
}

static void
fini(struct rules *rules)
{
	for (size_t i = 0; i < AREAS; i++) {
		struct watch *watch = &rules->watch[i];

		if (watch->area->fini != NULL)
			watch->area->fini(watch->state);
	}
}

struct rules *
rules_new(struct findings *findings, void (*view)(void *arg, struct rules_view *view), void *arg)
{
	struct rules *rules = zeroed(sizeof(*rules));
	size_t count;

	rules_catalogue(&count);
	rules->core.findings = findings;
	rules->core.view_fill = view;
	rules->core.view_arg = arg;
	rules->core.off = zeroed(count * sizeof(rules->core.off[0]));
	ledger_init(&rules->core.ledger);
	for (size_t i = 0; i < AREAS; i++)
		rules->watch[i] = (struct watch){
			.core = &rules->core, .area = area_table[i],
			.state = zeroed(area_table[i]->state_bytes),
		};
	begin(rules);
	return rules;
}

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	fini(rules);
	for (size_t i = 0; i < AREAS; i++)
		free(rules->watch[i].state);
	ledger_fini(&rules->core.ledger);
	free(rules->core.off);
	free(rules);
}

void
rules_reset(struct rules *rules)
{
	fini(rules);
	for (size_t i = 0; i < AREAS; i++)
		memset(rules->watch[i].state, 0, rules->watch[i].area->state_bytes);
	ledger_fini(&rules->core.ledger);
	ledger_init(&rules->core.ledger);
	rules->core.view_is_fresh = false;
	rules->core.seq = 0;
	begin(rules);
}

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct watch *watch = self;
	struct rules_core *core = watch->core;

	if (core->seq != event->seq) {
		core->seq = event->seq;
		core->view_is_fresh = false;
	}
	watch->area->see(watch->state, core, event, site, payload);
}

void
rules_watch(struct rules *rules, struct trace *trace)
{
	for (size_t i = 0; i < AREAS; i++)
		if (rules->watch[i].area->see != NULL)
			trace_observe(trace, (struct observer){
				.kinds = rules->watch[i].area->kinds, .see = see,
				.self = &rules->watch[i],
			});
}

void
rules_off(struct rules *rules, const char *id)
{
	size_t count;
	const struct rule *catalogue = rules_catalogue(&count);
	const struct rule *rule = rule_by_id(id);

	assert(rule != NULL);
	rules->core.off[rule - catalogue] = true;
}

void
rules_rest(struct rules *rules, const struct event *now)
{
	rules->core.view_is_fresh = false;
	for (size_t i = 0; i < AREAS; i++)
		if (rules->watch[i].area->rest != NULL)
			rules->watch[i].area->rest(rules->watch[i].state, &rules->core, now);
	rules->core.view_is_fresh = false;
}

void
rules_end(struct rules *rules, const struct event *now)
{
	rules->core.view_is_fresh = false;
	for (size_t i = 0; i < AREAS; i++)
		if (rules->watch[i].area->end != NULL)
			rules->watch[i].area->end(rules->watch[i].state, &rules->core, now);
	rules->core.view_is_fresh = false;
}

/* ---- what areas may ask ---- */

/* Unit tests of single areas do without. */
static const struct memory no_memory;

const struct rules_view *
rules_look(struct rules_core *core)
{
	if (!core->view_is_fresh) {
		core->view_fill(core->view_arg, &core->view);
		if (core->view.memory == NULL)
			core->view.memory = &no_memory;
		core->view_is_fresh = true;
	}
	return &core->view;
}

struct ledger *
rules_ledger(struct rules_core *core)
{
	if (core->ledger.page == NULL)
		ledger_open(&core->ledger, rules_look(core)->memory);
	return &core->ledger;
}

struct finding *
rules_report(struct rules_core *core, const char *rule, const struct event *event,
    uint32_t site, const char *format, ...)
{
	size_t count;
	const struct rule *catalogue = rules_catalogue(&count);
	const struct rule *row = rule_by_id(rule);
	struct finding *finding;
	va_list args;

	assert(row != NULL);
	if (core->off[row - catalogue])
		return NULL;
	va_start(args, format);
	finding = finding_addv(core->findings, row, event, site, format, args);
	va_end(args);
	return finding;
}
