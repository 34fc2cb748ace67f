/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no single key can tell: values that do not go together.  check_steps.c has what more
 * than one step tells.
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
	    map_has(check, "reboot") + map_has(check, "attach") + map_has(check, "detach");

	if (acts != 1)
		map_error(check, NULL, "a step `guest` has exactly one of use, release, "
		    "reboot, attach or detach");
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

	if (strcmp(is_below || slash == NULL ? sc->id : slash + 1, wanted) != 0)
		load_error(ld, id, "scenario.path",
		    "the scenario in this file is called \"%s\", not \"%s\"", wanted, sc->id);
}
