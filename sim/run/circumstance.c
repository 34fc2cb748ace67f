/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Under what circumstances a known defect shows: the keys of `circumstances` in a manifest.
 */
#include "run/manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "device/class.h"
#include "scenario/text.h"

/* ---- one row each ---- */

#define HOLDS(name) \
	static bool name(const struct circumstance *c, const struct sighting *sighting)
#define BEFORE(number) ((number) <= sighting->seq && (number) != FACTS_NEVER)

HOLDS(memory_above)
{
	return sighting->facts->memory_end > c->memory_above * 4096;
}

HOLDS(failed)
{
	for (size_t i = 0; i < c->failed.count; i++)
		if (BEFORE(sighting->facts->failed[trace_call_by_name(c->failed.name[i])]))
			return true;
	return false;
}

static bool
is_interrupted(const struct scenario_names *names, const uint32_t *awake,
    const struct sighting *sighting)
{
	for (size_t i = 0; i < names->count; i++) {
		bool any = strcmp(names->name[i], "awake") == 0;

		if (BEFORE(awake[any ? HW_CALLS : trace_call_by_name(names->name[i])]))
			return true;
	}
	return false;
}

HOLDS(config_interrupt)
{
	return is_interrupted(&c->config_interrupt, sighting->facts->awake[0], sighting);
}

HOLDS(queue_interrupt)
{
	return is_interrupted(&c->queue_interrupt, sighting->facts->awake[1], sighting);
}

HOLDS(behaviour)
{
	for (size_t i = 0; device_classes[i] != NULL; i++)
		for (size_t k = 0; k < c->behaviour.count; k++) {
			const struct device_behaviour *row =
			    device_behaviour_by_word(device_classes[i], c->behaviour.name[k]);

			if (row != NULL && row->code < FACTS_BEHAVIOURS &&
			    BEFORE(sighting->facts->behaviour[row->code]))
				return true;
		}
	return false;
}

HOLDS(because)
{
	for (size_t i = 0; i < SIGHTING_CAUSES; i++)
		if (sighting->because[i] != NULL &&
		    scenario_names_has(&c->because, sighting->because[i]))
			return true;
	return false;
}

HOLDS(odd_target)
{
	for (unsigned i = 0; i < sighting->facts->targets; i++)
		if (BEFORE(sighting->facts->target[i].seq) &&
		    sighting->facts->target[i].pages % c->odd_target != 0)
			return true;
	return false;
}

HOLDS(targets)
{
	return sighting->facts->targets >= c->targets &&
	    BEFORE(sighting->facts->target[c->targets - 1].seq);
}

HOLDS(requests)
{
	return sighting->facts->requests >= c->requests &&
	    BEFORE(sighting->facts->request[c->requests - 1]);
}

#define FACT_ROW(name, id, missing) \
	{ name, MANIFEST_FLAG, offsetof(struct circumstance, fact) + FACT_##id * sizeof(bool), \
	    false, NULL, missing }
#define ROW(name, kind, missing) \
	{ #name, MANIFEST_##kind, offsetof(struct circumstance, name), false, name, missing }
const struct manifest_key circumstance_keys[] = {
	{ .name = "rules", .kind = MANIFEST_RULES, .offset = offsetof(struct circumstance, rules) },
	ROW(memory_above, AMOUNT, "no memory above %s here"),
	ROW(failed, CALLS, "no call failed before of %s"),
	ROW(config_interrupt, INTERRUPTED, "no configuration change interrupted the driver (%s)"),
	ROW(queue_interrupt, INTERRUPTED, "no used buffer interrupted the driver (%s)"),
	ROW(behaviour, BEHAVIOURS, "the device did nothing odd of %s"),
	ROW(because, FUNCTIONS, "it is not because of %s"),
	ROW(odd_target, AMOUNT, "each target was a multiple of %s"),
	ROW(targets, COUNT, "there were fewer targets than %s"),
	ROW(requests, COUNT, "there were fewer requests than %s"),
	FACT_ROW("waits_for_memory", WAITS_FOR_MEMORY, "no allocation waited for memory"),
	FACT_ROW("attach_failed", ATTACH_FAILED, "no attach failed before"),
	FACT_ROW("no_features", NO_FEATURES, "the device offers features"),
	FACT_ROW("config_differs", CONFIG_DIFFERS,
	    "the device kept in its configuration what the driver wrote"),
	FACT_ROW("target_before_live", TARGET_BEFORE_LIVE,
	    "the target did not change before DRIVER_OK"),
	FACT_ROW("target_while_out", TARGET_WHILE_OUT,
	    "the target did not change while a request was out"),
	{ .name = NULL }
};

/* ---- all ---- */

bool
circumstance_says(const struct circumstance *c, const struct manifest_key *key)
{
	const void *value = (const char *)c + key->offset;

	switch (key->kind) {
	case MANIFEST_AMOUNT:
	case MANIFEST_COUNT:
		return *(const uint64_t *)value != 0;
	case MANIFEST_FLAG:
		return *(const bool *)value;
	default:
		return ((const struct scenario_names *)value)->count > 0;
	}
}

void
circumstance_print(const struct circumstance *c, const struct manifest_key *key,
    FILE *stream)
{
	const void *value = (const char *)c + key->offset;
	const struct scenario_names *names = value;

	switch (key->kind) {
	case MANIFEST_AMOUNT:
		if (*(const uint64_t *)value >= 1024)
			text_print_bytes(*(const uint64_t *)value, stream);
		else
			text_print_amount(*(const uint64_t *)value, stream);
		break;
	case MANIFEST_COUNT:
		fprintf(stream, "%" PRIu64, *(const uint64_t *)value);
		break;
	case MANIFEST_FLAG:
		fputs("true", stream);
		break;
	default:
		for (size_t i = 0; i < names->count; i++)
			fprintf(stream, "%s%s", i > 0 ? ", " : "", names->name[i]);
		break;
	}
}

static bool
holds(const struct circumstance *c, const struct manifest_key *key,
    const struct sighting *sighting)
{
	if (key->kind == MANIFEST_FLAG)
		return BEFORE(sighting->facts->fact[(key->offset -
		    offsetof(struct circumstance, fact)) / sizeof(bool)]);
	return key->holds == NULL || key->holds(c, sighting);
}

/* NULL: all that it says holds. */
static const struct manifest_key *
missing(const struct circumstance *c, const struct sighting *sighting)
{
	for (const struct manifest_key *key = circumstance_keys; key->name != NULL; key++)
		if (circumstance_says(c, key) && !holds(c, key, sighting))
			return key;
	return NULL;
}

static void
say(const struct circumstance *c, const struct manifest_key *key, char *why, size_t size)
{
	const char *at = strstr(key->missing, "%s");
	char *text;

	if (at == NULL) {
		snprintf(why, size, "%s", key->missing);
		return;
	}
	text = SBUF_TEXT(f, circumstance_print(c, key, f));
	snprintf(why, size, "%.*s%s%s", (int)(at - key->missing), key->missing, text, at + 2);
	free(text);
}

bool
circumstances_hold(const struct circumstance *list, size_t count,
    const struct sighting *sighting, char *why, size_t size)
{
	bool said = false;

	for (size_t i = 0; sighting->facts != NULL && i < count; i++) {
		const struct manifest_key *key;

		if (list[i].rules.count > 0 && !scenario_names_has(&list[i].rules, sighting->rule))
			continue;
		key = missing(&list[i], sighting);
		if (key == NULL)
			return true;
		if (!said)
			say(&list[i], key, why, size);
		said = true;
	}
	if (!said)
		snprintf(why, size, "it is not known to show as %s", sighting->rule);
	return count == 0 || sighting->facts == NULL;
}
