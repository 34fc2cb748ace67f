/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame of the rules: areas, their state, what they look at, what they report.
 */
#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "rules/area.h"
#include "rules/device.h"

/* ---- which hooks an event has ---- */

/* A slot for each call, return and note, and one for each other kind of event. */
#define SLOT_RET HW_CALLS
#define SLOT_NOTE (SLOT_RET + HW_CALLS)
#define SLOT_KIND (SLOT_NOTE + HW_NOTES)
#define SLOTS (SLOT_KIND + EV_KINDS)

struct hooked {
	rules_hook *hook;
	size_t area;
};

/*
 * The areas that there are with a device, and their hooks.  Put together once, from constants,
 * and never changed: a constant in all but name.
 */
struct setup {
	struct { VEC_MEMBERS(const struct area *); } area;
	struct hooked *hooked;		/* by slot */
	uint32_t end[SLOTS];		/* where a slot's hooks end and the next one's begin */
	uint64_t kinds;			/* of events that have hooks, and the shadow's */
};

/* Holds the place of the device's areas. */
const struct area area_device = { 0 };

static const struct area *const area_table[] = {
#define X(name) &area_##name,
	RULE_AREAS(X)
#undef X
};

static inline unsigned
slot_of(unsigned kind, unsigned code)
{
	switch (kind) {
	case EV_CALL:
		return code;
	case EV_RET:
		return SLOT_RET + code;
	case EV_NOTE:
		return SLOT_NOTE + code;
	}
	return SLOT_KIND + kind;
}

/* The slots of an event that is hooked: [*first, the result). */
static unsigned
slots_of(const struct hook_event *event, unsigned *first)
{
	unsigned codes = event->kind == EV_CALL || event->kind == EV_RET ? HW_CALLS :
	    event->kind == EV_NOTE ? HW_NOTES : 1;

	if (event->code != HOOK_ANY)
		codes = 1;
	*first = slot_of(event->kind, event->code != HOOK_ANY ? event->code : 0);
	return *first + codes;
}

/* What HOOK() has gathered. */
extern const struct hook_row *__start_hooks[], *__stop_hooks[];

static int
compare_lines(const void *one, const void *other)
{
	const struct hook_row *const *a = one, *const *b = other;

	return (*a)->line < (*b)->line ? -1 : (*a)->line > (*b)->line;
}

static void
enter_row(struct setup *setup, size_t area, const struct hook_row *row, bool counting)
{
	for (const struct hook_event *event = row->event; event->kind != EV_NONE; event++) {
		unsigned slot, end = slots_of(event, &slot);

		setup->kinds |= UINT64_C(1) << event->kind;
		for (; slot < end; slot++) {
			uint32_t at = setup->end[slot]++;

			if (!counting)
				setup->hooked[at] = (struct hooked){ row->hook, area };
		}
	}
}

/* Each row of each area, with its slots: once to count them, once to enter them. */
static void
enter_rows(struct setup *setup, bool counting)
{
	for (size_t i = 0; i < setup->area.count; i++)
		for (const struct hook_row **row = __start_hooks; row < __stop_hooks; row++)
			if ((*row)->area == setup->area.item[i])
				enter_row(setup, i, *row, counting);
}

static void
build(struct setup *setup, const struct rules_device *device)
{
	uint32_t all = 0;

	for (size_t i = 0; i < sizeof(area_table) / sizeof(area_table[0]); i++) {
		if (area_table[i] != &area_device) {
			*vec_add(&setup->area) = area_table[i];
			continue;
		}
		for (size_t k = 0; device->areas != NULL && device->areas[k] != NULL; k++)
			*vec_add(&setup->area) = device->areas[k];
	}
	setup->kinds = SHADOW_KINDS | UINT64_C(1) << EV_HOST_REBOOT |
	    UINT64_C(1) << EV_DEV_STATUS | UINT64_C(1) << EV_BUSY |
	    UINT64_C(1) << EV_HOLD;
	qsort(__start_hooks, (size_t)(__stop_hooks - __start_hooks), sizeof(__start_hooks[0]),
	    compare_lines);
	enter_rows(setup, true);
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		uint32_t count = setup->end[slot];

		setup->end[slot] = all;
		all += count;
	}
	setup->hooked = xcalloc(all, sizeof(setup->hooked[0]));
	enter_rows(setup, false);
}

static const struct rules_device no_device;

struct made {
	const struct rules_device *device;
	struct setup *setup;
};

static const struct setup *
setup_of(const struct rules_device *device)
{
	static struct { VEC_MEMBERS(struct made); } made;
	struct made *fresh;

	for (size_t i = 0; i < made.count; i++)
		if (made.item[i].device == device)
			return made.item[i].setup;
	fresh = vec_add(&made);
	*fresh = (struct made){ .device = device, .setup = xcalloc(1, sizeof(*fresh->setup)) };
	build(fresh->setup, device);
	return fresh->setup;
}

/* ---- a run ---- */

struct rules {
	struct rules_core core;
};

static inline unsigned
states_of(const struct rules_core *core, size_t area)
{
	return core->setup->area.item[area]->each_device ? core->devices : 1;
}

/* That of the device at hand. */
static inline void *
state_of(const struct rules_core *core, size_t area)
{
	const struct area *a = core->setup->area.item[area];

	return (char *)core->state[area] + (a->each_device ? core->at * a->state_bytes : 0);
}

static inline void
turn_to(struct rules_core *core, unsigned device)
{
	core->view_is_fresh &= core->at == device;
	core->at = device;
}

/* For each area that has that function, call it with each of its states and the core. */
#define EACH_AREA(rules, function, ...) do { \
	struct rules_core *core_ = &(rules)->core; \
	for (size_t i_ = 0; i_ < core_->setup->area.count; i_++) { \
		if (core_->setup->area.item[i_]->function == NULL) \
			continue; \
		for (unsigned at_ = states_of(core_, i_); at_-- > 0; ) { \
			turn_to(core_, at_); \
			core_->setup->area.item[i_]->function(state_of(core_, i_), \
			    ##__VA_ARGS__); \
		} \
	} \
} while (0)

struct rules *
rules_new(struct findings *findings, const struct rules_device *device, unsigned devices,
    void (*view)(void *arg, unsigned at, struct rules_view *view), void *arg)
{
	struct rules *rules = xcalloc(1, sizeof(*rules));
	struct rules_core *core = &rules->core;
	size_t count;

	rules_catalogue(&count);
	core->findings = findings;
	core->device = device != NULL ? device : &no_device;
	core->devices = devices;
	core->setup = setup_of(core->device);
	core->view_fill = view;
	core->view_arg = arg;
	core->off = xcalloc(count, sizeof(core->off[0]));
	core->state = xcalloc(core->setup->area.count, sizeof(core->state[0]));
	for (size_t i = 0; i < core->setup->area.count; i++)
		core->state[i] = xcalloc(states_of(core, i),
		    core->setup->area.item[i]->state_bytes);
	EACH_AREA(rules, begin, core);
	return rules;
}

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	EACH_AREA(rules, fini);
	for (size_t i = 0; i < rules->core.setup->area.count; i++)
		free(rules->core.state[i]);
	shadow_clear(&rules->core.shadow);
	free(rules->core.state);
	free(rules->core.off);
	free(rules);
}

/* The guest restarted: nothing of it is left that an area could know of. */
static void
begin_anew(struct rules *rules)
{
	const struct setup *setup = rules->core.setup;

	EACH_AREA(rules, fini);
	for (size_t i = 0; i < setup->area.count; i++)
		memset(rules->core.state[i], 0,
		    states_of(&rules->core, i) * setup->area.item[i]->state_bytes);
	shadow_clear(&rules->core.shadow);
	memset(rules->core.status, 0, sizeof(rules->core.status));
	EACH_AREA(rules, begin, &rules->core);
}

/* This is what findings are about from now on. */
static void
look_at(struct rules_core *core, const struct event *event, uint32_t site)
{
	core->view_is_fresh = false;
	core->findings->is_fresh = false;
	core->event = event;
	core->call = &core->shadow.call[event->ctx];
	core->site = site;
}

static void
follow_status(struct rules_status *status, const struct event *event, uint32_t site)
{
	bool live = (event->dev_status.status & STATUS_DRIVER_OK) != 0;

	status->now = (uint8_t)event->dev_status.status;
	status->seq = event->seq;
	if (live && !status->live)
		status->live_seq = event->seq;
	if (!live && status->live) {
		status->dead_seq = event->seq;
		status->dead_site = site;
	}
	status->live = live;
}

static void
follow_stall(struct rules_core *core, const struct event *event)
{
	bool begins = event->kind == EV_BUSY ? event->busy.is_busy : event->hold.is_held;

	if (begins && core->stalls++ == 0)
		core->stalled_since_ns = event->time_ns;
	else if (!begins && --core->stalls == 0)
		core->stalled_ns += event->time_ns - core->stalled_since_ns;
}

uint64_t
rules_patience_ns(const struct rules_core *core)
{
	return (core->stalls > 0 ? core->stalled_since_ns : core->event->time_ns) -
	    core->stalled_ns;
}

static void
on_event(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct rules *rules = self;
	struct rules_core *core = &rules->core;
	const struct setup *setup = core->setup;
	unsigned slot = slot_of(event->kind, event->code);
	uint32_t end = setup->end[slot];

	look_at(core, event, site);
	core->at = event->device;
	core->payload = payload;
	shadow_on_event(&core->shadow, event, site);
	for (uint32_t i = slot > 0 ? setup->end[slot - 1] : 0; i < end; i++) {
		const struct hooked *hooked = &setup->hooked[i];

		hooked->hook(state_of(core, hooked->area), core, event, site);
	}
	if (event->kind == EV_BUSY || event->kind == EV_HOLD)
		follow_stall(core, event);
	if (event->kind == EV_DEV_STATUS)
		follow_status(&core->status[event->device], event, core->call->site);
	if (event->kind == EV_HOST_REBOOT)
		begin_anew(rules);
}

void
rules_watch(struct rules *rules, struct trace *trace)
{
	trace_observe(trace, (struct observer){
		.kinds = rules->core.setup->kinds, .see = on_event, .self = rules,
	});
}

/* ---- loads and stores, and memory: at the newest event, by who makes them ---- */

static void
look_at_instant(struct rules *rules, uint32_t site)
{
	const struct world *world = rules->core.world;
	const struct context *ctx = world->running;

	rules->core.instant = (struct event){
		.time_ns = world->clock.now_ns, .seq = world->trace.count - 1,
	};
	if (ctx != NULL) {
		rules->core.instant.ctx = ctx->ordinal;
		rules->core.instant.ctx_kind = (uint8_t)ctx->kind;
		rules->core.instant.cpu = (uint8_t)ctx->cpu;
		rules->core.instant.ipl = (uint8_t)world->cpu[ctx->cpu].ipl;
	}
	rules->core.instant.device = (uint8_t)world_device(world);
	rules->core.at = rules->core.instant.device;
	look_at(&rules->core, &rules->core.instant, site);
}

static enum access_verdict
on_access(void *self, const struct access_event *event)
{
	struct rules *rules = self;
	enum access_verdict worst = ACCESS_ORDINARY;

	look_at_instant(rules, world_site_of(rules->core.world, event->pc));
	for (size_t i = 0; i < rules->core.setup->area.count; i++) {
		const struct area *area = rules->core.setup->area.item[i];
		enum access_verdict verdict = area->touch == NULL ? ACCESS_ORDINARY :
		    area->touch(state_of(&rules->core, i), &rules->core, event);

		if (verdict > worst)
			worst = verdict;
	}
	return worst;
}

static void
on_fence(void *self, const struct access_event *event)
{
	struct rules *rules = self;

	look_at_instant(rules, world_site_of(rules->core.world, event->pc));
	EACH_AREA(rules, fence, &rules->core, event);
}

static void
on_memory(void *self, unsigned what, uintptr_t low, uintptr_t high, uint64_t number)
{
	struct rules *rules = self;

	look_at_instant(rules, 0);
	rules->core.site = rules->core.call->site;
	EACH_AREA(rules, memory, &rules->core, (enum hw_memory)what, low, high, number);
}

static void
on_forget(void *self)
{
	struct rules *rules = self;

	EACH_AREA(rules, forget, &rules->core);
}

void
rules_watch_memory(struct rules *rules, struct world *world)
{
	rules->core.world = world;
	access_observe(&world->access, &(const struct access_observer){
		.look = on_access, .fence = on_fence, .forget = on_forget, .memory = on_memory,
		.self = rules,
	});
}

void
rules_name_by(struct rules *rules, rules_namer *namer, void *arg)
{
	rules->core.namer = namer;
	rules->core.namer_arg = arg;
}

bool
rules_name(const struct rules_core *core, const struct rules_place *place, char *name,
    size_t size)
{
	return core->namer != NULL && core->namer(core->namer_arg, place, name, size);
}

/* Whether the scenario switched it off. */
static bool *
is_off(struct rules_core *core, const struct rule *rule)
{
	size_t count;
	const struct rule *const *catalogue = rules_catalogue(&count);

	for (size_t i = 0; i < count; i++)
		if (catalogue[i] == rule)
			return &core->off[i];
	internal_error("rule %s is in no area's list", rule->id);
}

void
rules_off(struct rules *rules, const char *id)
{
	const struct rule *rule = rule_by_id(id);

	if (rule == NULL)
		internal_error("there is no rule %s to switch off", id);
	*is_off(&rules->core, rule) = true;
}

void
rules_rest(struct rules *rules, const struct event *now)
{
	look_at(&rules->core, now, 0);
	EACH_AREA(rules, rest, &rules->core);
	rules->core.view_is_fresh = false;
}

void
rules_overdue(struct rules *rules, const struct event *now)
{
	rules->core.overdue = true;
	rules_rest(rules, now);
	rules->core.overdue = false;
}

void
rules_end(struct rules *rules, const struct event *now)
{
	look_at(&rules->core, now, 0);
	EACH_AREA(rules, end, &rules->core);
	rules->core.view_is_fresh = false;
}

/* ---- what areas may ask ---- */

/* Unit tests of single areas do without. */
static const struct memory no_memory;

const struct rules_view *
rules_look(struct rules_core *core)
{
	if (!core->view_is_fresh) {
		core->view_fill(core->view_arg, core->at, &core->view);
		if (core->view.memory == NULL)
			core->view.memory = &no_memory;
		core->view_is_fresh = true;
	}
	return &core->view;
}

void *
rules_state(struct rules_core *core, const struct area *area)
{
	for (size_t i = 0; i < core->setup->area.count; i++)
		if (core->setup->area.item[i] == area)
			return state_of(core, i);
	internal_error("an area that is not of this run");
}

void *
rules_state_of(struct rules_core *core, const struct area *area, unsigned device)
{
	unsigned at = core->at;
	void *state;

	core->at = device;
	state = rules_state(core, area);
	core->at = at;
	return state;
}

void
rules_report_when(struct rules_core *core, const struct rule *rule, const struct event *event,
    uint32_t site, const char *format, ...)
{
	va_list args;

	core->findings->is_fresh = false;
	if (*is_off(core, rule))
		return;
	va_start(args, format);
	finding_addv(core->findings, rule, event, site, format, args);
	va_end(args);
}

bool
rules_failed(const struct event *ret)
{
	switch (ret->code) {
	case HW_CALL_VIRTIO_ALLOC_VQ:
	case HW_CALL_VIRTIO_CHILD_ATTACH_FINISH:
		return ret->ret.result != 0;
	case HW_CALL_KMEM_ALLOC:
	case HW_CALL_KMEM_ZALLOC:
	case HW_CALL_SOFTINT_ESTABLISH:
		return ret->ret.result == 0;
	default:
		return trace_call_result(ret->code)[0] == 'e' && ret->ret.result != 0;
	}
}

void
rules_sleeps(struct rules_core *core, const struct rule *rule, uint32_t except, const char *how)
{
	const struct shadow_lock *lock = shadow_spin(&core->shadow, core->event->ctx, except);
	const char *call = trace_call_name(core->event->code);

	if (is_interrupt(core->event->ctx_kind)) {
		rules_report(core, rule, "%s%s in a %s interrupt", call, how,
		    core->event->ctx_kind == HW_CTX_HARDINT ? "hard" : "soft");
	} else if (lock != NULL) {
		rules_report(core, rule, "%s%s with spin mutex %u held", call, how, lock->mutex);
		rules_because(core, lock->seq, "the mutex was taken here");
	}
}
