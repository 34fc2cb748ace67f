/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no single key can tell: values that do not go together, names that are used before
 * they are there, a story that runs backwards.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "load.h"
#include "text.h"

/* ---- machine and device ---- */

void
check_segments(struct loader *ld, const struct scenario_segments *s,
    const struct yaml_node *list)
{
	uint64_t end = 0;

	if (s->count == 0)
		yaml_error(ld->diags, list, "scenario.machine", "memory of no segments");
	if (s->count > SCENARIO_SEGMENTS_MAX)
		yaml_error(ld->diags, list->items[SCENARIO_SEGMENTS_MAX], "scenario.machine",
		    "a machine has at most %d segments of memory", SCENARIO_SEGMENTS_MAX);
	for (size_t i = 0; i < s->count; i++) {
		if (s->segment[i].at_pages < end)
			yaml_error(ld->diags, list->items[i], "scenario.machine",
			    "segments ascend and do not overlap");
		if (__builtin_add_overflow(s->segment[i].at_pages, s->segment[i].size_pages,
		    &end) || end > SCENARIO_ADDRESS_PAGES) {
			yaml_error(ld->diags, list->items[i], "scenario.machine",
			    "this segment ends beyond 8 TiB, where all memory of a machine ends");
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
		yaml_error(ld->diags, memory, "scenario.machine",
		    "a machine has at most 8191 GiB of memory");
}

void
check_machine(struct loader *ld, const struct scenario_machine *m, const struct yaml_node *map)
{
	check_memory(ld, m, map);
	if (!load_has_failed(ld) && m->reserve_pages >= scenario_machine_pages(m))
		yaml_error(ld->diags, map, "scenario.machine",
		    "the reserve leaves no memory at all");
}

static bool
is_power_of_two(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

void
check_device(struct loader *ld, const struct scenario_device *d, const struct yaml_node *map)
{
	const struct scenario_queue_size *q = &d->queue_size;

	if ((q->inflate != SCENARIO_UNSET && !is_power_of_two(q->inflate)) ||
	    (q->deflate != SCENARIO_UNSET && !is_power_of_two(q->deflate)))
		yaml_error(ld->diags, map->kind == YAML_MAP ? yaml_lookup(map, "queue_size") :
		    map, "scenario.value", "a queue size is a power of two, or 0 for no queue");
}

/* ---- maps of steps ---- */

/* How many of the map's keys are among these (the list ends with NULL)? */
static size_t
count_keys(const struct yaml_node *map, const char *const *keys)
{
	size_t n = 0;

	for (; *keys != NULL; keys++)
		n += yaml_lookup(map, *keys) != NULL;
	return n;
}

static void
check_true(struct loader *ld, const struct yaml_node *map, const char *key, bool value)
{
	const struct yaml_node *n = yaml_lookup(map, key);

	if (n != NULL && n->kind == YAML_SCALAR && !value)
		yaml_error(ld->diags, n, "scenario.step", "\"%s\" is true, or left out", key);
}

static void
check_guest(struct loader *ld, const struct scenario_guest *g, const struct yaml_node *map)
{
	static const char *const acts[] = { "use", "release", "reboot", "attach", "detach", NULL };

	if (count_keys(map, acts) != 1)
		yaml_error(ld->diags, map, "scenario.step",
		    "the guest does one thing in a step: use, release, reboot, attach or detach");
	check_true(ld, map, "reboot", g->reboot);
	check_true(ld, map, "detach", g->detach);
}

static void
check_hold(struct loader *ld, const struct yaml_node *map)
{
	static const char *const ends[] = { "for", "until", NULL };

	if (count_keys(map, ends) != 1)
		yaml_error(ld->diags, map, "scenario.step",
		    "a hold ends either with \"for\" or with \"until\"");
}

static void
check_deliver(struct loader *ld, const struct scenario_deliver *d, const struct yaml_node *map)
{
	bool config = d->irq == NULL || strcmp(d->irq, "config") == 0;

	check_true(ld, map, "answer", d->answer);
	if (d->target_pages != SCENARIO_UNSET && d->answer)
		yaml_error(ld->diags, yaml_lookup(map, "answer"), "scenario.step",
		    "one step delivers either a target or an answer");
	else if (d->target_pages != SCENARIO_UNSET && !config)
		yaml_error(ld->diags, yaml_lookup(map, "irq"), "scenario.step",
		    "a target comes with the interrupt \"config\"");
	else if (d->answer && config && d->irq != NULL)
		yaml_error(ld->diags, yaml_lookup(map, "irq"), "scenario.step",
		    "an answer comes with the interrupt of a queue, not \"config\"");
}

static void
check_fail(struct loader *ld, const struct scenario_fail *f, const struct yaml_node *map)
{
	const struct yaml_node *id = yaml_lookup(map, "id");

	if (f->block && f->error != NULL)
		yaml_error(ld->diags, yaml_lookup(map, "errno"), "scenario.step",
		    "a call that blocks returns no error");
	if (f->id != NULL && strcmp(f->id, "all") == 0)
		yaml_error(ld->diags, id, "scenario.fail-id",
		    "the id \"all\" is taken: `heal: all`");
	if (f->id != NULL && strchr(f->id, '.') != NULL)
		yaml_error(ld->diags, id, "scenario.fail-id", "the id has no dot in it");
}

static void
check_habit(struct loader *ld, const struct yaml_node *map)
{
	static const char *const habits[] = {
		"latency", "jitter", "pause", "resume", "drop", "duplicate", "wrong_queue",
		"wrong_id", "wrong_len", "no_irq", "coalesce", "needs_reset", "actual", NULL
	};
	static const char *const counted[] = {
		"drop", "duplicate", "wrong_queue", "wrong_id", "wrong_len", "no_irq",
		"coalesce", NULL
	};

	if (count_keys(map, habits) == 0)
		yaml_error(ld->diags, map, "scenario.step", "this changes nothing at the device");
	else if (yaml_lookup(map, "count") != NULL && count_keys(map, counted) == 0)
		yaml_error(ld->diags, yaml_lookup(map, "count"), "scenario.step",
		    "\"count\" counts completions: drop, duplicate, wrong_..., no_irq, "
		    "coalesce");
}

void
check_step_map(struct loader *ld, const struct map *map, const void *value,
    const struct yaml_node *node)
{
	const struct scenario_habit *habit = value;

	if (node->kind != YAML_MAP)
		return;
	if (map == &map_guest)
		check_guest(ld, value, node);
	else if (map == &map_hold)
		check_hold(ld, node);
	else if (map == &map_deliver)
		check_deliver(ld, value, node);
	else if (map == &map_fail)
		check_fail(ld, value, node);
	else if (map == &map_habit) {
		check_habit(ld, node);
		check_true(ld, node, "needs_reset", habit->needs_reset);
	}
}

/* ---- the path ---- */

/*
 * A path is walked part by part; `/`, `//` and `/./` are all one step.  Returns the length
 * of the next part, 0 at the end.
 */
static size_t
path_next(const char **p)
{
	while (**p == '/' || ((*p)[0] == '.' && ((*p)[1] == '/' || (*p)[1] == '\0')))
		(*p)++;
	return strcspn(*p, "/");
}

/* The path below the last folder `scenarios`, or else its last part; without .yaml. */
static const char *
path_called(struct loader *ld, const char *path)
{
	char *out = arena_calloc(ld->arena, strlen(path) + 1, 1);
	bool below = false;
	size_t length;

	for (; (length = path_next(&path)) > 0; path += length) {
		if (length == strlen("scenarios") && path[length] == '/' &&
		    strncmp(path, "scenarios", length) == 0) {
			below = true;
			out[0] = '\0';
			continue;
		}
		if (!below)
			out[0] = '\0';
		else if (out[0] != '\0')
			strcat(out, "/");
		strncat(out, path, length);
	}
	length = strlen(out);
	if (length > 5 && strcmp(out + length - 5, ".yaml") == 0)
		out[length - 5] = '\0';
	return out;
}

void
check_path(struct loader *ld, const struct scenario *sc, const struct yaml_node *id,
    const char *path)
{
	const char *wanted = path_called(ld, path), *slash = strrchr(sc->id, '/');
	bool below = strncmp(path, "scenarios/", 10) == 0 || strstr(path, "/scenarios/") != NULL;
	const char *have = below || slash == NULL ? sc->id : slash + 1;

	if (strcmp(have, wanted) != 0)
		yaml_error(ld->diags, id, "scenario.path",
		    "the scenario in this file is called \"%s\", not \"%s\"", wanted, have);
}

/* ---- the whole ---- */

struct checker {
	struct loader *ld;
	const struct scenario *sc;
	const struct yaml_file *file;
};

static void check_error(const struct checker *, struct loc, const char *rule, const char *fmt,
	    ...) __attribute__((format(printf, 4, 5)));

static void
check_error(const struct checker *c, struct loc loc, const char *rule, const char *fmt, ...)
{
	bool here = strcmp(loc.file, c->file->path) == 0;
	char message[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	diag_add(c->ld->diags, loc, 1, here ? c->file->text : NULL, here ? c->file->size : 0,
	    rule, "%s", message);
}

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

static size_t
find_named(const struct scenario *sc, const char *name)
{
	size_t i;

	for (i = 0; i < sc->steps.count; i++)
		if (sc->steps.step[i].name != NULL && strcmp(sc->steps.step[i].name, name) == 0)
			break;
	return i;
}

/* A use of a fault's id, in step `now` (the number of steps: after all of them). */
static void
check_fail_id(const struct checker *c, struct loc loc, const char *id, size_t now)
{
	const struct scenario_steps *steps = &c->sc->steps;
	size_t i = find_fail(c->sc, id);
	struct text_nearest near;
	struct text_why hint;

	if (i < now)
		return;
	if (i < steps->count) {
		check_error(c, loc, "scenario.fail-id", "\"%s\" is armed only later, in line %u",
		    id, steps->step[i].loc.line);
		return;
	}
	text_nearest_init(&near, id);
	for (i = 0; i < steps->count; i++)
		if (steps->step[i].verb == SCENARIO_STEP_FAIL)
			text_nearest_offer(&near, steps->step[i].fail.id);
	check_error(c, loc, "scenario.fail-id", "no step arms a fault with the id \"%s\"%s", id,
	    text_nearest_hint(&near, &hint));
}

static void
check_sum(const struct checker *c, const struct expect_sum *sum, size_t now)
{
	for (size_t i = 0; i < sum->count; i++)
		if (sum->terms[i].kind == EXPECT_OBSERVE &&
		    sum->terms[i].obs == EXPECT_OBS_FAIL_HITS)
			check_fail_id(c, sum->terms[i].loc, sum->terms[i].arg, now);
}

static void
check_expect(const struct checker *c, const struct expect *e, size_t now)
{
	check_sum(c, &e->left, now);
	check_sum(c, &e->right, now);
	check_sum(c, &e->high, now);
}

static void
check_step_names(const struct checker *c, size_t i)
{
	const struct scenario_step *s = &c->sc->steps.step[i];
	size_t first;

	if (s->name != NULL && (first = find_named(c->sc, s->name)) < i)
		check_error(c, s->loc, "scenario.step",
		    "two steps have the name \"%s\" (the first in line %u)", s->name,
		    c->sc->steps.step[first].loc.line);
	if (s->verb == SCENARIO_STEP_FAIL && (first = find_fail(c->sc, s->fail.id)) < i)
		check_error(c, s->verb_loc, "scenario.fail-id",
		    "two faults have the id \"%s\" (the first in line %u)", s->fail.id,
		    c->sc->steps.step[first].loc.line);
}

static void
check_until(const struct checker *c, struct scenario_hold *hold, struct loc loc, size_t now)
{
	if (hold->until == NULL)
		return;
	hold->until_step = find_named(c->sc, hold->until);
	if (hold->until_step == c->sc->steps.count)
		check_error(c, loc, "scenario.step", "no step has the name \"%s\"", hold->until);
	else if (hold->until_step <= now)
		check_error(c, loc, "scenario.step", "the step \"%s\" is not a later one",
		    hold->until);
}

/* Absolute times go forward and end before the limit; ticks depend on the machine. */
static void
check_time(const struct checker *c, const struct scenario_step *s, uint64_t *latest_ns)
{
	const struct scenario_time *limit = &c->sc->limits.time;

	if (s->at.when != SCENARIO_ABSOLUTE || s->at.time.unit != SCENARIO_NS)
		return;
	if (s->at.time.value < *latest_ns)
		check_error(c, s->loc, "scenario.time", "this step is earlier than one before it");
	if (limit->unit == SCENARIO_NS && s->at.time.value >= limit->value)
		check_error(c, s->loc, "scenario.time",
		    "this step lies beyond the time limit of the run (limits: {time: ...})");
	*latest_ns = s->at.time.value;
}

/* The machine has room for so many that wait for their point. */
static void
check_points(const struct checker *c, const struct scenario_step *s, unsigned *points)
{
	if (s->verb != SCENARIO_STEP_DELIVER && s->verb != SCENARIO_STEP_HOLD)
		return;
	if (++*points == SCENARIO_POINTS_MAX + 1)
		check_error(c, s->verb_loc, "scenario.step",
		    "a story has at most %d steps deliver and hold", SCENARIO_POINTS_MAX);
}

static void
check_steps(const struct checker *c, const struct scenario *sc)
{
	uint64_t latest_ns = 0;
	unsigned points = 0;

	for (size_t i = 0; i < sc->steps.count; i++) {
		struct scenario_step *s = &sc->steps.step[i];

		check_step_names(c, i);
		check_points(c, s, &points);
		check_time(c, s, &latest_ns);
		if (s->verb == SCENARIO_STEP_HEAL && s->heal.id != NULL)
			check_fail_id(c, s->verb_loc, s->heal.id, i);
		if (s->verb == SCENARIO_STEP_HOLD)
			check_until(c, &s->hold, s->verb_loc, i);
		if (s->verb == SCENARIO_STEP_EXPECT || s->verb == SCENARIO_STEP_WAIT)
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
				check_error(c, claim->loc, "scenario.value",
				    "two expectations have the id \"%s\"", claim->id);
	}
}

void
check_scenario(struct loader *ld, struct scenario *sc, const struct yaml_file *file)
{
	const struct checker c = { .ld = ld, .sc = sc, .file = file };

	check_steps(&c, sc);
	check_claims(&c, &sc->always);
	check_claims(&c, &sc->never);
	check_claims(&c, &sc->finally);
}
