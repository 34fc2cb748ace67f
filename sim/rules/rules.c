/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame of the rules: areas, their state, what they look at, what they report.
 */
#include "rules/rules.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "machine/world.h"
#include "rules/area.h"
#include "rules/ledger.h"
#include "rules/shadow.h"

struct rules_core {
	struct findings *findings;
	void (*view_fill)(void *arg, struct rules_view *view);
	void *view_arg;
	struct rules_view view;
	bool view_is_fresh;
	bool *off;			/* by row of the catalogue */
	struct ledger ledger;
	struct shadow shadow;
};

static const struct area *const area_table[] = {
#define X(name) &area_##name,
	RULE_AREAS(X)
#undef X
};
#define AREAS (sizeof(area_table) / sizeof(area_table[0]))

/* Areas as a set: bit 1 << place in area_table. */
typedef uint16_t areas;
_Static_assert(AREAS <= 8 * sizeof(areas), "a bit for each area");

struct rules {
	struct rules_core core;
	void *state[AREAS];
	areas touched;			/* who hears of loads and stores */
	struct world *world;		/* whose loads and stores are watched, or NULL */
	/* Who hears of what; the kinds call, return and note by their codes. */
	areas by_kind[EV_KINDS], by_call[HW_CALLS], by_return[HW_CALLS], by_note[HW_NOTES];
};

static void *
zeroed(size_t bytes)
{
	void *p = calloc(1, bytes != 0 ? bytes : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

static void
begin(struct rules *rules)
{
	for (size_t i = 0; i < AREAS; i++)
		if (area_table[i]->begin != NULL)
			area_table[i]->begin(rules->state[i], &rules->core);
}

static void
fini(struct rules *rules)
{
	for (size_t i = 0; i < AREAS; i++)
		if (area_table[i]->fini != NULL)
			area_table[i]->fini(rules->state[i]);
}

/* ---- who hears of what ---- */

static void
add_calls(areas *by_call, areas bit, bool wanted, const uint16_t *calls)
{
	if (!wanted)
		return;
	for (unsigned call = 0; calls == NULL && call < HW_CALLS; call++)
		by_call[call] |= bit;
	for (; calls != NULL && *calls != HW_CALL_NONE; calls++)
		by_call[*calls] |= bit;
}

static void
add_area(struct rules *rules, const struct area *area, areas bit)
{
	for (unsigned kind = 0; kind < EV_KINDS; kind++)
		if (area->kinds >> kind & 1)
			rules->by_kind[kind] |= bit;
	if (area->touch != NULL)
		rules->touched |= bit;
	add_calls(rules->by_call, bit, area->kinds & KIND(CALL), area->calls);
	add_calls(rules->by_return, bit, area->kinds & KIND(RET), area->returns);
	for (unsigned note = 0; area->kinds & KIND(NOTE) && note < HW_NOTES; note++)
		if (area->notes == 0 || area->notes >> note & 1)
			rules->by_note[note] |= bit;
}

static areas
who_hears(const struct rules *rules, const struct event *event)
{
	if (event->kind == EV_CALL)
		return rules->by_call[event->code];
	if (event->kind == EV_RET)
		return rules->by_return[event->code];
	if (event->kind == EV_NOTE)
		return rules->by_note[event->code];
	return rules->by_kind[event->kind];
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
	for (size_t i = 0; i < AREAS; i++) {
		rules->state[i] = zeroed(area_table[i]->state_bytes);
		add_area(rules, area_table[i], (areas)(1u << i));
	}
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
		free(rules->state[i]);
	ledger_fini(&rules->core.ledger);
	free(rules->core.off);
	free(rules);
}

void
rules_reset(struct rules *rules)
{
	fini(rules);
	for (size_t i = 0; i < AREAS; i++)
		memset(rules->state[i], 0, area_table[i]->state_bytes);
	memset(&rules->core.shadow, 0, sizeof(rules->core.shadow));
	ledger_fini(&rules->core.ledger);
	ledger_init(&rules->core.ledger);
	rules->core.view_is_fresh = false;
	begin(rules);
}

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct rules *rules = self;
	struct rules_core *core = &rules->core;

	core->view_is_fresh = false;
	shadow_see(&core->shadow, event, site);
	for (areas left = who_hears(rules, event); left != 0; left &= (areas)(left - 1)) {
		unsigned i = (unsigned)__builtin_ctz(left);

		area_table[i]->see(rules->state[i], core, event, site, payload);
	}
	if (event->kind == EV_HOST_REBOOT)
		memset(&core->shadow, 0, sizeof(core->shadow));
}

void
rules_watch(struct rules *rules, struct trace *trace)
{
	uint64_t kinds = SHADOW_KINDS;

	for (size_t i = 0; i < AREAS; i++)
		kinds |= area_table[i]->kinds;
	trace_observe(trace, (struct observer){ .kinds = kinds, .see = see, .self = rules });
}

/* ---- loads and stores ---- */

static enum access_verdict
look(void *self, const struct access_event *event)
{
	struct rules *rules = self;
	const struct touch touch = {
		.world = rules->world, .ctx = rules->world->running,
		.address = event->address, .size = event->size, .write = event->write,
		.marked = event->marked, .site = world_site_of(rules->world, event->pc),
	};
	enum access_verdict worst = ACCESS_ORDINARY;

	rules->core.view_is_fresh = false;
	for (areas left = rules->touched; left != 0; left &= (areas)(left - 1)) {
		unsigned i = (unsigned)__builtin_ctz(left);
		enum access_verdict verdict = area_table[i]->touch(rules->state[i],
		    &rules->core, &touch);

		if (verdict > worst)
			worst = verdict;
	}
	return worst;
}

static void
hands(void *self, unsigned what, uintptr_t low, uintptr_t high, uint64_t number)
{
	struct rules *rules = self;

	rules->core.view_is_fresh = false;
	for (size_t i = 0; i < AREAS; i++)
		if (area_table[i]->memory != NULL)
			area_table[i]->memory(rules->state[i], &rules->core,
			    (enum hw_memory)what, low, high, number);
}

static void
forget(void *self)
{
	struct rules *rules = self;

	for (size_t i = 0; i < AREAS; i++)
		if (area_table[i]->forget != NULL)
			area_table[i]->forget(rules->state[i]);
}

struct event
touch_event(const struct touch *touch)
{
	const struct cpu *cpu = &touch->world->cpu[touch->ctx->cpu];

	return (struct event){
		.time_ns = touch->world->clock.now_ns, .seq = touch->world->trace.count - 1,
		.ctx = touch->ctx->ordinal, .ctx_kind = (uint16_t)touch->ctx->kind,
		.cpu = (uint8_t)touch->ctx->cpu, .ipl = (uint8_t)cpu->ipl,
	};
}

void
rules_watch_memory(struct rules *rules, struct world *world)
{
	rules->world = world;
	for (size_t i = 0; i < AREAS; i++)
		if (area_table[i]->watch != NULL)
			area_table[i]->watch(rules->state[i], &rules->core, world);
	access_observe(&world->access, &(const struct access_observer){
		.look = look, .forget = forget, .memory = hands, .self = rules,
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
		if (area_table[i]->rest != NULL)
			area_table[i]->rest(rules->state[i], &rules->core, now);
	rules->core.view_is_fresh = false;
}

void
rules_end(struct rules *rules, const struct event *now)
{
	rules->core.view_is_fresh = false;
	for (size_t i = 0; i < AREAS; i++)
		if (area_table[i]->end != NULL)
			area_table[i]->end(rules->state[i], &rules->core, now);
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

const struct shadow *
rules_shadow(const struct rules_core *core)
{
	return &core->shadow;
}

struct ledger *
rules_ledger(struct rules_core *core)
{
	if (core->ledger.page == NULL)
		ledger_open(&core->ledger, rules_look(core)->memory);
	return &core->ledger;
}

struct event
rules_call_now(struct rules_core *core, uint32_t *site)
{
	const struct rules_view *view = rules_look(core);
	const struct context *ctx = view->world != NULL ? view->world->running : NULL;
	uint32_t number = ctx != NULL ? ctx->ordinal : 0;

	*site = core->shadow.call[number].site;
	return (struct event){
		.time_ns = view->now_ns, .seq = view->trace->count - 1, .ctx = number,
		.ctx_kind = (uint16_t)(ctx != NULL ? ctx->kind : 0),
	};
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
