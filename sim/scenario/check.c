/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no single key can tell: values that do not go together, names that are used before they
 * are there, steps that cannot come when they should, amounts that no machine has, expectations
 * that check nothing.
 *
 * An error here refuses a file, so each of them must be right for every driver and on every
 * machine of the file.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"
#include "load.h"
#include "text.h"

/* ---- machines ---- */

void
check_segments(struct loader *ld, const struct scenario_segments *s,
    const struct yaml_node *list)
{
	uint64_t end = 0;

	if (s->count == 0)
		load_error(ld, list, "scenario.machine", "the list of segments is empty");
	if (s->count > SCENARIO_SEGMENTS_MAX)
		load_error(ld, list->items[SCENARIO_SEGMENTS_MAX], "scenario.machine",
		    "a machine has at most %d segments of memory", SCENARIO_SEGMENTS_MAX);
	for (size_t i = 0; i < s->count; i++) {
		if (s->segment[i].at_pages < end)
			load_error(ld, list->items[i], "scenario.machine",
			    "segments must ascend and not overlap");
		if (__builtin_add_overflow(s->segment[i].at_pages, s->segment[i].size_pages,
		    &end) || end > (s->segment[i].at_pages < SCENARIO_FAR_PAGES ?
		    SCENARIO_ADDRESS_PAGES : SCENARIO_FAR_PAGES + SCENARIO_ADDRESS_PAGES)) {
			load_error(ld, list->items[i], "scenario.machine",
			    "memory lies below 8 TiB, or from 16 TiB up to 24 TiB");
			return;
		}
	}
}

/* Only what this map itself says: a base that is wrong was refused already. */
static void
check_memory(struct loader *ld, const struct scenario_machine *m, const struct yaml_node *map)
{
	const struct yaml_node *memory = map->kind == YAML_MAP ? yaml_lookup(map, "memory") : NULL;

	if (memory != NULL && m->segments.count == 0 && m->memory_pages != SCENARIO_UNSET &&
	    m->memory_pages > SCENARIO_ADDRESS_PAGES -
	    (SCENARIO_HIGH_PAGES - SCENARIO_LOW_PAGES))
		load_error(ld, memory, "scenario.machine",
		    "a machine has at most 8191 GiB of memory");
}

void
check_machine(struct loader *ld, const struct scenario_machine *m, const struct yaml_node *map)
{
	check_memory(ld, m, map);
	if (!load_has_failed(ld) && m->reserve_pages >= scenario_machine_pages(m))
		load_error(ld, yaml_value(map, "reserve"), "scenario.machine",
		    "the reserve leaves no memory");
	if (!load_has_failed(ld) && m->interrupt_cpu >= m->cpus)
		load_error(ld, yaml_value(map, "interrupt_cpu"), "scenario.machine",
		    "the machine has no CPU %" PRIu64 ": it has %" PRIu64 ", counted from 0",
		    m->interrupt_cpu, m->cpus);
}

/* ---- maps with a check of their own ---- */

bool
map_has(const struct map_check *check, const char *key)
{
	return check->node->kind == YAML_MAP && yaml_lookup(check->node, key) != NULL;
}

void
map_error(struct map_check *check, const char *key, const char *fmt, ...)
{
	const struct yaml_node *n = key != NULL ? yaml_value(check->node, key) : check->node;
	char message[400];

	FORMAT_INTO(message, fmt);
	load_error(check->ld, n, check->rule, "%s", message);
}

bool
map_is_param(const struct map_check *check, const char *key)
{
	const struct yaml_node *n = yaml_value(check->node, key);

	return n->kind == YAML_SCALAR && n->text[0] == '$';
}

void
map_only_true(struct map_check *check, const char *key, bool value)
{
	if (map_has(check, key) && yaml_lookup(check->node, key)->kind == YAML_SCALAR && !value)
		map_error(check, key, "\"%s\" must be true, or left out", key);
}

void
check_map(struct loader *ld, const struct map *map, const void *value,
    const struct yaml_node *node)
{
	struct map_check check = {
		ld, node, ld->in_steps ? "scenario.step" : "scenario.value",
	};

	if (map->check != NULL && node->kind != YAML_BROKEN)
		map->check(&check, value);
}

void
check_guest(struct map_check *check, const void *value)
{
	const struct scenario_guest *g = value;
	unsigned acts = map_has(check, "use") + map_has(check, "release") +
	    map_has(check, "reboot") + map_has(check, "attach") + map_has(check, "detach") +
	    map_has(check, "busy");

	if (acts != 1)
		map_error(check, NULL, "a step `guest` has exactly one of use, release, "
		    "reboot, attach, detach or busy");
	map_only_true(check, "reboot", g->reboot);
	map_only_true(check, "detach", g->detach);
}

void
check_hold(struct map_check *check, const void *value)
{
	(void)value;
	if (!map_has(check, "thread") && !map_has(check, "at"))
		map_error(check, NULL, "a hold needs \"thread\" or \"at\"");
	if (map_has(check, "for") == map_has(check, "until"))
		map_error(check, NULL, "a hold needs either \"for\" or with \"until\"");
}

void
check_deliver(struct map_check *check, const void *value)
{
	const struct scenario_deliver *d = value;

	map_only_true(check, "answer", d->answer);
	if (d->answer && d->irq != NULL && strcmp(d->irq, "config") == 0)
		map_error(check, "irq", "a completion comes with the interrupt of a queue, not "
		    "\"config\"");
}

void
check_fail(struct map_check *check, const void *value)
{
	const struct scenario_fail *f = value;
	const char *key = NULL;
	char why[240];

	if (f->block && f->error != NULL)
		map_error(check, "errno", "a call that blocks returns no error");
	else if (f->call != NULL && !check->ld->vocab->check_fault(f, &key, why, sizeof(why)))
		map_error(check, key, "%s", why);
	if (f->id != NULL && strcmp(f->id, "all") == 0)
		load_error(check->ld, yaml_value(check->node, "id"), "scenario.fail-id",
		    "the id \"all\" is taken: `heal: all`");
	if (f->id != NULL && strchr(f->id, '.') != NULL)
		load_error(check->ld, yaml_value(check->node, "id"), "scenario.fail-id",
		    "an id must not contain a dot");
}

/* ---- the path ---- */

const char *
scenario_id_of(const char *path, bool *is_below, struct arena *arena)
{
	const char *plain = path_plain(arena, path), *id = strrchr(plain, '/');
	size_t length;

	id = id != NULL ? id + 1 : plain;
	*is_below = false;
	for (const char *s = plain; (s = strstr(s, "scenarios/")) != NULL; s++)
		if (s == plain || s[-1] == '/') {
			id = s + strlen("scenarios/");
			*is_below = true;
		}
	length = strlen(id);
	if (length > 5 && strcmp(id + length - 5, ".yaml") == 0)
		length -= 5;
	return arena_copy(arena, id, length);
}

void
check_path(struct loader *ld, const struct scenario *sc, const struct yaml_node *id,
    const char *path)
{
	bool is_below;
	const char *wanted = scenario_id_of(path, &is_below, ld->arena);
	const char *slash = strrchr(sc->id, '/');
	const char *called = is_below || slash == NULL ? sc->id : slash + 1;

	if (strcmp(called, wanted) == 0)
		return;
	load_error(ld, id, "scenario.path",
	    "the scenario in this file is called \"%s\", not \"%s\"", wanted, sc->id);
	/* A copy begins with the name of what was copied. */
	diag_repair(ld->diags, called, wanted);
}

/* ---- the whole of a scenario ---- */

struct checker {
	struct loader *ld;
	const struct scenario *sc;
	const struct yaml_node *root;
	const struct yaml_node *steps;
};

/* What the steps so far have done. */
struct progress {
	uint64_t over_ns;	/* the earliest that all of them can be over, since attach */
	size_t step;		/* that says so */
	bool lasts;		/* it takes its time, or comes after one that does */
	size_t armed;		/* faults */
	uint64_t own;		/* of the type of device: verb.check */
	bool used;		/* the rest of the guest has memory */
};

/* ---- errors ---- */

/* At a place that has no node any more, in the file or the one that it extends. */
static void __attribute__((format(printf, 5, 6)))
check_error(const struct checker *c, struct loc loc, size_t width, const char *rule,
    const char *fmt, ...)
{
	const struct yaml_file *file = c->root->file;
	char message[400];

	if (strcmp(loc.file, file->path) != 0)
		file = c->ld->base_file;
	FORMAT_INTO(message, fmt);
	diag_add(c->ld->diags, loc, (unsigned)width, file != NULL ? file->text : NULL,
	    file != NULL ? file->size : 0, rule, "%s", message);
}

/* The value of a key of step i, or the step. */
static const struct yaml_node *
step_value(const struct checker *c, size_t i, const char *key)
{
	return yaml_value(c->steps->items[i], key);
}

/* The value of a key of the verb's map, or the verb's value. */
static const struct yaml_node *
verb_value(const struct checker *c, size_t i, const char *key)
{
	return yaml_value(step_value(c, i, scenario_verb_key(&c->sc->steps.step[i])), key);
}

/* ---- ids of faults ---- */

/* The step (its index) that arms a fault, or the number of steps. */
static size_t
find_fail(const struct scenario *sc, const char *id)
{
	size_t i;

	for (i = 0; i < sc->steps.count; i++)
		if (sc->steps.step[i].verb == SCENARIO_STEP_FAIL &&
		    strcmp(sc->steps.step[i].fail.id, id) == 0)
			break;
	return i;
}

/* What is wrong with the use of a fault's id in step `now` (the number of steps: after all). */
static const char *
fail_id_complaint(const struct checker *c, const char *id, size_t now)
{
	const struct scenario_steps *steps = &c->sc->steps;
	size_t i = find_fail(c->sc, id);
	struct text_nearest near = text_nearest(id);

	if (i < now)
		return NULL;
	if (i < steps->count)
		return arena_printf(c->ld->arena, "\"%s\" is armed only later, in line %u", id,
		    steps->step[i].loc.line);
	for (i = 0; i < steps->count; i++)
		if (steps->step[i].verb == SCENARIO_STEP_FAIL)
			text_nearest_offer(&near, steps->step[i].fail.id);
	return arena_printf(c->ld->arena, "no step arms a fault with the id \"%s\"%s", id,
	    text_nearest_hint(&near, ""));
}

#define NO_DEVICE "there is no %s: give the key \"instances\" to \"device\""

static void
check_on(const struct checker *c, size_t i)
{
	const struct scenario_step *s = &c->sc->steps.step[i];

	if ((unsigned)s->on >= scenario_devices(c->sc))
		load_error(c->ld, step_value(c, i, "on"), "scenario.device", NO_DEVICE,
		    scenario_device_words[s->on].word);
	if (s->verb == SCENARIO_STEP_GUEST && s->on != 0 && !s->guest.detach)
		load_error(c->ld, step_value(c, i, "on"), "scenario.device",
		    "what the guest does here is not of one device");
}

static void
check_expect(const struct checker *c, const struct expect *e, size_t now)
{
	const struct expect_term *t;

	for (size_t i = 0; (t = expect_term_at(e, i)) != NULL; i++) {
		const char *complaint;

		if (t->kind == EXPECT_OBSERVE && t->device >= scenario_devices(c->sc))
			check_error(c, t->loc, strlen(t->text), "scenario.device", NO_DEVICE,
			    scenario_device_words[t->device].word);
		if (t->kind != EXPECT_OBSERVE || strstr(t->obs->pattern, "<id>") == NULL)
			continue;
		complaint = fail_id_complaint(c, t->arg, now);
		if (complaint != NULL)
			check_error(c, t->loc, strlen(t->text), "scenario.fail-id", "%s",
			    complaint);
	}
}

/* The last step before `now` that heals this fault, or `now`. */
static size_t
find_heal(const struct scenario *sc, size_t fail, size_t now)
{
	for (size_t i = now; i-- > fail;) {
		const struct scenario_step *s = &sc->steps.step[i];

		if (s->verb == SCENARIO_STEP_HEAL && (s->heal.id == NULL ||
		    strcmp(s->heal.id, sc->steps.step[fail].fail.id) == 0))
			return i;
	}
	return now;
}

static void
check_heal_id(const struct checker *c, size_t now, struct progress *p)
{
	const struct scenario_steps *steps = &c->sc->steps;
	const char *id = steps->step[now].heal.id, *complaint = fail_id_complaint(c, id, now);
	const struct yaml_node *n = step_value(c, now, "heal");
	size_t healed = complaint == NULL ? find_heal(c->sc, find_fail(c->sc, id), now) : now;

	if (complaint != NULL)
		load_error(c->ld, n, "scenario.fail-id", "%s", complaint);
	else if (healed < now)
		load_error(c->ld, n, "scenario.fail-id", "\"%s\" was healed before, in line %u",
		    id, steps->step[healed].loc.line);
	else if (p->armed > 0)
		p->armed--;
}

static void
check_heal(const struct checker *c, size_t now, struct progress *p)
{
	if (c->sc->steps.step[now].heal.id != NULL) {
		check_heal_id(c, now, p);
		return;
	}
	if (p->armed == 0)
		load_error(c->ld, step_value(c, now, "heal"), "scenario.fail-id",
		    "no fault is armed here");
	p->armed = 0;
}

/* ---- names ---- */

static size_t
find_named(const struct scenario *sc, const char *name)
{
	size_t i;

	for (i = 0; i < sc->steps.count; i++)
		if (sc->steps.step[i].name != NULL && strcmp(sc->steps.step[i].name, name) == 0)
			break;
	return i;
}

static void
check_step_names(const struct checker *c, size_t i)
{
	const struct scenario_step *s = &c->sc->steps.step[i];
	size_t first;

	if (s->name != NULL && (first = find_named(c->sc, s->name)) < i)
		load_error(c->ld, step_value(c, i, "name"), "scenario.step",
		    "duplicate step name \"%s\" (the first in line %u)", s->name,
		    c->sc->steps.step[first].loc.line);
	if (s->verb == SCENARIO_STEP_FAIL && (first = find_fail(c->sc, s->fail.id)) < i)
		load_error(c->ld, verb_value(c, i, "id"), "scenario.fail-id",
		    "duplicate fault id \"%s\" (the first in line %u)", s->fail.id,
		    c->sc->steps.step[first].loc.line);
}

static void
check_until(const struct checker *c, struct scenario_hold *hold, size_t now)
{
	const struct scenario_steps *steps = &c->sc->steps;
	const struct yaml_node *n = verb_value(c, now, "until");
	struct text_nearest near;

	if (hold->until == NULL)
		return;
	near = text_nearest(hold->until);
	hold->until_step = find_named(c->sc, hold->until);
	for (size_t i = now + 1; i < steps->count; i++)
		if (steps->step[i].name != NULL)
			text_nearest_offer(&near, steps->step[i].name);
	if (hold->until_step == steps->count) {
		load_error(c->ld, n, "scenario.step", "there is no step named \"%s\"%s",
		    hold->until, text_nearest_hint(&near, ""));
		text_nearest_repair(&near, c->ld->diags);
	} else if (hold->until_step <= now) {
		load_error(c->ld, n, "scenario.step", "the step \"%s\" is not a later one",
		    hold->until);
	}
}

/* The machine has room for so many that wait for their point. */
static void
check_points(const struct checker *c, size_t i, unsigned *points)
{
	const struct scenario_step *s = &c->sc->steps.step[i];

	if (s->verb != SCENARIO_STEP_DELIVER && s->verb != SCENARIO_STEP_HOLD)
		return;
	if (++*points == SCENARIO_POINTS_MAX + 1)
		check_error(c, s->verb_loc, strlen(scenario_verb_key(s)), "scenario.step",
		    "a scenario has at most %d steps `deliver` and `hold`", SCENARIO_POINTS_MAX);
}

/* ---- what must have come before ---- */

static void
check_own(const struct checker *c, size_t now, struct progress *p)
{
	const struct scenario_step *s = &c->sc->steps.step[now];
	struct map_check check = {
		c->ld, step_value(c, now, scenario_verb_key(s)), "scenario.step",
	};

	if (s->row->check != NULL)
		s->row->check(&check, step_data(s), &p->own);
}

/* The rest of a guest that has just started uses nothing. */
static void
check_memory_use(const struct checker *c, size_t now, struct progress *p)
{
	const struct scenario_guest *guest = &c->sc->steps.step[now].guest;

	p->used = (p->used || guest->use_pages != SCENARIO_UNSET) && !guest->reboot;
	if (guest->release_pages != SCENARIO_UNSET && !p->used)
		load_error(c->ld, verb_value(c, now, "release"), "scenario.step",
		    "nothing to release: there is no `guest: {use: ...}` before");
}

/* ---- time ---- */

/* As short, or as long, as the machines make it. */
static uint64_t
time_ns(const struct scenario *sc, struct scenario_time time, bool longest)
{
	uint64_t ns = 0, here;

	for (size_t i = 0; i < sc->machines.count; i++) {
		here = (uint64_t)scenario_time_ns(time, sc->machines.machine[i].hz);
		if (i == 0 || (longest ? here > ns : here < ns))
			ns = here;
	}
	return ns;
}

static const char *
time_text(const struct checker *c, uint64_t ns)
{
	struct sbuf text;

	text_print_time((struct scenario_time){ SCENARIO_NS, ns }, sbuf_open(&text));
	return arena_take(c->ld->arena, &text);
}

static uint64_t
later(uint64_t ns, uint64_t by_ns)
{
	return ns > INT64_MAX - by_ns ? INT64_MAX : ns + by_ns;
}

/* How long the step takes at least, once it has begun. */
static uint64_t
least_ns(const struct scenario *sc, const struct scenario_step *s)
{
	uint64_t ns = 0, here;

	if (s->verb == SCENARIO_STEP_EXPECT)
		return time_ns(sc, s->lasts, false);
	for (size_t i = 0; s->row->least_ns != NULL && i < sc->machines.count; i++) {
		here = s->row->least_ns(step_data(s), sc->machines.machine[i].hz);
		if (i == 0 || here < ns)
			ns = here;
	}
	return ns;
}

/* A step that would have to come before the steps above it are over. */
static void
check_order(const struct checker *c, size_t i, const struct progress *p)
{
	const struct scenario_step *s = &c->sc->steps.step[i];
	uint64_t at = time_ns(c->sc, s->at.time, true);

	if (s->at.when != SCENARIO_ABSOLUTE || at >= p->over_ns)
		return;
	load_error(c->ld, step_value(c, i, "at"), "scenario.time",
	    p->lasts ? "this step is at %s, but the one of line %u is not over before %s" :
	    "this step is at %s, earlier than the one of line %u (%s)", time_text(c, at),
	    c->sc->steps.step[p->step].loc.line, time_text(c, p->over_ns));
}

static void
check_limit(const struct checker *c, size_t i, uint64_t start_ns, uint64_t end_ns)
{
	const struct scenario_step *s = &c->sc->steps.step[i];
	const struct scenario_time *limit = &c->sc->limits.time;

	if (limit->unit != SCENARIO_NS)
		return;
	if (s->at.when != SCENARIO_AT_ONCE && start_ns >= limit->value)
		load_error(c->ld, step_value(c, i, "at"), "scenario.time",
		    "this step is beyond the time limit of the run (limits: {time: ...})");
	else if (start_ns < limit->value && end_ns > limit->value)
		load_error(c->ld, s->verb == SCENARIO_STEP_EXPECT ? step_value(c, i, "for") :
		    verb_value(c, i, s->row->least_key), "scenario.time",
		    "this step ends at the earliest at %s, beyond the time limit of the run "
		    "(limits: {time: ...})", time_text(c, end_ns));
}

static void
check_time(const struct checker *c, size_t i, struct progress *p)
{
	const struct scenario_step *s = &c->sc->steps.step[i];
	uint64_t start = p->over_ns, at = time_ns(c->sc, s->at.time, false), least;

	check_order(c, i, p);
	if (s->at.when == SCENARIO_RELATIVE)
		start = later(start, at);
	else if (s->at.when == SCENARIO_ABSOLUTE && at > start)
		start = at;
	least = least_ns(c->sc, s);
	check_limit(c, i, start, later(start, least));
	if (later(start, least) > p->over_ns) {
		p->over_ns = later(start, least);
		p->step = i;
		p->lasts = least > 0 || s->at.when == SCENARIO_RELATIVE;
	}
}

/* ---- all steps and claims ---- */

static void
check_steps(const struct checker *c, const struct scenario *sc)
{
	struct progress progress = { .step = 0 };
	unsigned points = 0;

	for (size_t i = 0; i < sc->steps.count; i++) {
		struct scenario_step *s = &sc->steps.step[i];

		check_step_names(c, i);
		check_on(c, i);
		check_points(c, i, &points);
		check_time(c, i, &progress);
		check_own(c, i, &progress);
		progress.armed += s->verb == SCENARIO_STEP_FAIL;
		if (s->verb == SCENARIO_STEP_HEAL)
			check_heal(c, i, &progress);
		else if (s->verb == SCENARIO_STEP_GUEST)
			check_memory_use(c, i, &progress);
		else if (s->verb == SCENARIO_STEP_HOLD)
			check_until(c, &s->hold, i);
		else if (s->verb == SCENARIO_STEP_EXPECT || s->verb == SCENARIO_STEP_WAIT)
			check_expect(c, s->expect, i);
	}
}

static void
check_claims(const struct checker *c, const struct scenario_claims *claims)
{
	for (size_t i = 0; i < claims->count; i++) {
		const struct scenario_claim *claim = &claims->claim[i];

		check_expect(c, claim->that, c->sc->steps.count);
		for (size_t j = 0; j < i && claim->id != NULL; j++)
			if (claims->claim[j].id != NULL &&
			    strcmp(claims->claim[j].id, claim->id) == 0)
				check_error(c, claim->loc, 1, "scenario.value",
				    "duplicate expectation id \"%s\"", claim->id);
	}
}

static struct checker
checker(struct loader *ld, const struct scenario *sc, const struct yaml_node *root)
{
	return (struct checker){
		.ld = ld, .sc = sc, .root = root, .steps = yaml_lookup(root, "steps"),
	};
}

void
check_scenario(struct loader *ld, struct scenario *sc, const struct yaml_node *root)
{
	const struct checker c = checker(ld, sc, root);

	check_steps(&c, sc);
	check_claims(&c, &sc->always);
	check_claims(&c, &sc->never);
	check_claims(&c, &sc->finally);
	check_claims(&c, &sc->needs);
}

/* ---- what no machine can do ---- */

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void
bounds_add(struct bounds *b, const struct scenario *sc)
{
	for (size_t i = 0; i < sc->machines.count; i++)
		b->memory_pages = larger(b->memory_pages,
		    scenario_machine_pages(&sc->machines.machine[i]));
	if (sc->device.type->claimed_pages != NULL)
		b->claimed_pages = larger(b->claimed_pages, sc->device.type->claimed_pages(sc));
}

static void
check_amount(const struct checker *c, size_t i, const char *key, uint64_t pages,
    const struct bounds *bounds)
{
	if (pages != SCENARIO_UNSET && pages > bounds->memory_pages)
		load_error(c->ld, verb_value(c, i, key), "scenario.step",
		    "no machine of this scenario has more than %llu pages of memory",
		    (unsigned long long)bounds->memory_pages);
}

/* The node of a claim, if it is of the file itself; NULL if of the one that it extends. */
static const struct yaml_node *
claim_node(const struct checker *c, const struct scenario_claim *claim, const char *key)
{
	const struct yaml_node *list = yaml_lookup(c->root, key), *n;

	if (list == NULL || strcmp(claim->loc.file, c->root->file->path) != 0)
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		n = list->items[i];
		if (n->loc.line == claim->loc.line && n->loc.col == claim->loc.col)
			return yaml_value(n, "that");
	}
	return NULL;
}

/* Claims of an extended file are for many machines. */
static void
check_claims_decided(const struct checker *c, const struct scenario_claims *claims,
    const char *key, const struct bounds *bounds)
{
	static const struct bounds anywhere = { TEXT_PAGES_MAX, TEXT_PAGES_MAX };

	for (size_t i = 0; i < claims->count; i++) {
		const struct expect *e = claims->claim[i].that;
		const struct yaml_node *n = claim_node(c, &claims->claim[i], key);
		const char *decided = expect_decided(e, n != NULL ? bounds : &anywhere,
		    claims != &c->sc->never, c->ld->arena);

		if (decided != NULL && n != NULL)
			load_error(c->ld, n, "scenario.expectation", "%s", decided);
		else if (decided != NULL)
			check_error(c, e->loc, strlen(e->text), "scenario.expectation", "%s",
			    decided);
	}
}

void
check_bounds(struct loader *ld, const struct scenario *sc, const struct yaml_node *root,
    const struct bounds *bounds)
{
	const struct checker c = checker(ld, sc, root);

	for (size_t i = 0; i < sc->steps.count; i++) {
		const struct scenario_step *s = &sc->steps.step[i];
		const char *decided = NULL;

		if (s->verb == SCENARIO_STEP_GUEST) {
			check_amount(&c, i, "use", s->guest.use_pages, bounds);
			check_amount(&c, i, "release", s->guest.release_pages, bounds);
		} else if (s->verb == SCENARIO_STEP_EXPECT || s->verb == SCENARIO_STEP_WAIT) {
			decided = expect_decided(s->expect, bounds, true, ld->arena);
		}
		if (decided != NULL)
			load_error(ld, step_value(&c, i, scenario_verb_key(s)),
			    "scenario.expectation", "%s", decided);
	}
	check_claims_decided(&c, &sc->always, "always", bounds);
	check_claims_decided(&c, &sc->never, "never", bounds);
	check_claims_decided(&c, &sc->finally, "finally", bounds);
	check_claims_decided(&c, &sc->needs, "needs", bounds);
}
