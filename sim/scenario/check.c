/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no single key can tell: values that do not go together.  check_story.c has what more
 * than one step tells.
 */
#include <string.h>

#include "load.h"
#include "text.h"

/* ---- machine and device ---- */

/* The value of the key, or the map, which may be no map at all. */
static const struct yaml_node *
value_or_map(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = map->kind == YAML_MAP ? yaml_lookup(map, key) : NULL;

	return n != NULL ? n : map;
}

void
check_segments(struct loader *ld, const struct scenario_segments *s,
    const struct yaml_node *list)
{
	uint64_t end = 0;

	if (s->count == 0)
		load_error(ld, list, "scenario.machine", "memory of no segments");
	if (s->count > SCENARIO_SEGMENTS_MAX)
		load_error(ld, list->items[SCENARIO_SEGMENTS_MAX], "scenario.machine",
		    "a machine has at most %d segments of memory", SCENARIO_SEGMENTS_MAX);
	for (size_t i = 0; i < s->count; i++) {
		if (s->segment[i].at_pages < end)
			load_error(ld, list->items[i], "scenario.machine",
			    "segments ascend and do not overlap");
		if (__builtin_add_overflow(s->segment[i].at_pages, s->segment[i].size_pages,
		    &end) || end > SCENARIO_ADDRESS_PAGES) {
			load_error(ld, list->items[i], "scenario.machine",
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
		load_error(ld, memory, "scenario.machine",
		    "a machine has at most 8191 GiB of memory");
}

void
check_machine(struct loader *ld, const struct scenario_machine *m, const struct yaml_node *map)
{
	check_memory(ld, m, map);
	if (!load_has_failed(ld) && m->reserve_pages >= scenario_machine_pages(m))
		load_error(ld, value_or_map(map, "reserve"), "scenario.machine",
		    "the reserve leaves no memory at all");
}

static bool
is_power_of_two(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

static void
check_queue_size(struct loader *ld, uint64_t size, const struct yaml_node *map, const char *key)
{
	if (size != SCENARIO_UNSET && !is_power_of_two(size))
		load_error(ld, value_or_map(value_or_map(map, "queue_size"), key),
		    "scenario.value", "a queue size is a power of two, or 0 for no queue");
}

void
check_device(struct loader *ld, const struct scenario_device *d, const struct yaml_node *map)
{
	check_queue_size(ld, d->queue_size.inflate, map, "inflate");
	check_queue_size(ld, d->queue_size.deflate, map, "deflate");
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
		load_error(ld, n, "scenario.step", "\"%s\" is true, or left out", key);
}

static void
check_guest(struct loader *ld, const struct scenario_guest *g, const struct yaml_node *map)
{
	static const char *const acts[] = { "use", "release", "reboot", "attach", "detach", NULL };

	if (count_keys(map, acts) != 1)
		load_error(ld, map, "scenario.step",
		    "the guest does one thing in a step: use, release, reboot, attach or detach");
	check_true(ld, map, "reboot", g->reboot);
	check_true(ld, map, "detach", g->detach);
}

static void
check_hold(struct loader *ld, const struct yaml_node *map)
{
	static const char *const ends[] = { "for", "until", NULL };

	if (count_keys(map, ends) != 1)
		load_error(ld, map, "scenario.step",
		    "a hold ends either with \"for\" or with \"until\"");
}

static void
check_deliver(struct loader *ld, const struct scenario_deliver *d, const struct yaml_node *map)
{
	bool config = d->irq == NULL || strcmp(d->irq, "config") == 0;

	check_true(ld, map, "answer", d->answer);
	if (d->target_pages != SCENARIO_UNSET && d->answer)
		load_error(ld, yaml_lookup(map, "answer"), "scenario.step",
		    "one step delivers either a target or an answer");
	else if (d->target_pages != SCENARIO_UNSET && !config)
		load_error(ld, yaml_lookup(map, "irq"), "scenario.step",
		    "a target comes with the interrupt \"config\"");
	else if (d->answer && config && d->irq != NULL)
		load_error(ld, yaml_lookup(map, "irq"), "scenario.step",
		    "an answer comes with the interrupt of a queue, not \"config\"");
}

static void
check_fail(struct loader *ld, const struct scenario_fail *f, const struct yaml_node *map)
{
	const struct yaml_node *id = yaml_lookup(map, "id");

	if (f->block && f->error != NULL)
		load_error(ld, yaml_lookup(map, "errno"), "scenario.step",
		    "a call that blocks returns no error");
	if (f->id != NULL && strcmp(f->id, "all") == 0)
		load_error(ld, id, "scenario.fail-id",
		    "the id \"all\" is taken: `heal: all`");
	if (f->id != NULL && strchr(f->id, '.') != NULL)
		load_error(ld, id, "scenario.fail-id", "the id has no dot in it");
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
		load_error(ld, map, "scenario.step", "this changes nothing at the device");
	else if (yaml_lookup(map, "count") != NULL && count_keys(map, counted) == 0)
		load_error(ld, yaml_lookup(map, "count"), "scenario.step",
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
		load_error(ld, id, "scenario.path",
		    "the scenario in this file is called \"%s\", not \"%s\"", wanted, have);
}
