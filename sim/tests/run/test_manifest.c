/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/manifest: what is known of a driver, and what is said of a bad manifest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/manifest.h"
#include "run/run.h"
#include "tests/suite.h"

#define HEAD "driver: d\nsource: d.c\napi: netbsd-2022\ndevice: balloon\n"

static struct diag_list diags;
static const struct run_facts *facts;	/* of the finding; NULL: none are known */
static struct run_facts held;
static char why[128];
static const struct manifest_names *names;	/* what the next manifest is held against */

/* NULL after errors, which are in `diags`. */
static struct manifest *
manifest_of(const char *text)
{
	FOLDER(folder);
	char path[64];

	snprintf(path, sizeof(path), "%s/known.yaml", folder.path);
	suite_write(path, text);
	diag_list_init(&diags);
	return manifest_load(path, run_vocab(), names, &diags);
}

/* Of a good text, for the block. */
#define MANIFEST(name) __attribute__((cleanup(end))) struct manifest *name
static void
end(struct manifest **manifest)
{
	manifest_free(*manifest);
	diag_list_fini(&diags);
}

static struct manifest *
good(const char *text)
{
	struct manifest *manifest = manifest_of(text);

	ck_assert_ptr_nonnull(manifest);
	return manifest;
}

static void
assert_refused(const char *text, unsigned line, const char *rule)
{
	struct manifest *manifest = manifest_of(text);

	ck_assert_ptr_null(manifest);
	ck_assert_uint_eq(diags.count, 1);
	ck_assert_uint_eq(diags.items[0].loc.line, line);
	ck_assert_str_eq(diags.items[0].rule, rule);
	diag_list_fini(&diags);
}

/* The id of what explains it, or of what it is like with a `~` before it, or "-". */
static const char *
explained(const struct manifest *manifest, const char *scenario, const char *rule,
    const char *where)
{
	static char text[80];
	const struct sighting sighting = {
		.scenario = scenario, .rule = rule, .where = where, .facts = facts, .seq = 10,
		.because = { "", "cause" },
	};
	struct defect_like like;
	const struct defect *defect = manifest_explains(manifest, &sighting, &like);

	snprintf(text, sizeof(text), "%s%s", defect != NULL ? "" : like.defect != NULL ? "~" : "-",
	    defect != NULL ? defect->id : like.defect != NULL ? like.defect->id : "");
	snprintf(why, sizeof(why), "%s", like.why);
	return text;
}

TEST(defects_explain_where_they_say)
{
	MANIFEST(manifest) = good(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], where: [f], scenarios: [a/b, \"c/*\"]}\n"
	    "  - {id: two, title: t, rules: [log.quiet, page.double-free], scenarios: [a/b]}\n"
	    "  - {id: three, title: t, rules: [log.flood], where: g, explored: [a/b]}\n");

	ck_assert_str_eq(explained(manifest, "a/b", "log.quiet", "f"), "one");
	ck_assert_str_eq(explained(manifest, "a/b", "log.quiet", "h"), "two");
	ck_assert_str_eq(explained(manifest, "c/d", "log.quiet", "f"), "one");
	ck_assert_str_eq(explained(manifest, "c/d", "log.quiet", "h"), "-");
	ck_assert_str_eq(explained(manifest, "a/b", "log.flood", "g"), "~three");
	/* Of what was explored, the scenario does not count. */
	ck_assert_str_eq(explained(manifest, NULL, "log.flood", "g"), "three");
	ck_assert_str_eq(explained(manifest, NULL, "log.flood", "f"), "-");
	ck_assert_str_eq(explained(NULL, NULL, "log.quiet", "f"), "-");
	ck_assert(defect_names(&manifest->defects[0], "a/b"));
	ck_assert(!defect_names(&manifest->defects[2], "a/b"));
}

TEST(the_nearest_defect_is_the_one_that_it_is_like)
{
	MANIFEST(manifest) = good(HEAD "known_defects:\n"
	    "  - {id: zero, title: t, rules: [log.quiet], scenarios: [x/y]}\n"
	    "  - {id: one, title: t, rules: [log.flood, log.quiet], where: f, scenarios: a/b}\n"
	    "  - {id: two, title: t, rules: [log.quiet], where: [g, f], scenarios: a/c}\n"
	    "  - {id: three, title: t, rules: [log.quiet], where: [f, g], scenarios: a/d}\n"
	    "  - {id: four, title: t, rules: [log.quiet], where: [f], scenarios: a/e}\n");

	/* The rule of `one` and the function of `two` come second; `zero` has no function. */
	ck_assert_str_eq(explained(manifest, "u/v", "log.quiet", "f"), "~three");
	ck_assert_str_eq(explained(manifest, "u/v", "log.quiet", "g"), "~two");
	ck_assert_str_eq(explained(manifest, "u/v", "log.flood", "f"), "~one");
	ck_assert_str_eq(explained(manifest, "u/v", "log.quiet", "h"), "-");
	ck_assert_str_eq(explained(manifest, "u/v", "log.quiet", ""), "-");
	ck_assert_str_eq(explained(manifest, "u/v", "log.missing", "f"), "-");
}

/* Each key once: what is missing, and that it holds from the event on at which it came true. */
TEST(circumstances_must_hold)
{
	static const struct row { const char *say, *missing; uint32_t *fact; } rows[] = {
		{ "failed: [kmem_alloc, kthread_create]",
		  "no call failed before of kmem_alloc, kthread_create",
		  &held.failed[HW_CALL_KTHREAD_CREATE] },
		{ "config_interrupt: awake",
		  "no configuration change interrupted the driver (awake)",
		  &held.awake[0][HW_CALLS] },
		{ "queue_interrupt: virtio_dequeue",
		  "no used buffer interrupted the driver (virtio_dequeue)",
		  &held.awake[1][HW_CALL_VIRTIO_DEQUEUE] },
		{ "behaviour: duplicate", "the device did nothing odd of duplicate",
		  &held.behaviour[4] },
		{ "odd_target: 256 pages", "each target was a multiple of 256 pages",
		  &held.target[1].seq },
		{ "targets: 3", "there were fewer targets than 3", &held.target[2].seq },
		{ "requests: 2", "there were fewer requests than 2", &held.request[1] },
		{ "waits_for_memory: true", "no allocation waited for memory",
		  &held.fact[FACT_WAITS_FOR_MEMORY] },
		{ "target_while_out: true", "the target did not change while a request was out",
		  &held.fact[FACT_TARGET_WHILE_OUT] },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[400];

		snprintf(text, sizeof(text), HEAD "known_defects:\n  - {id: one, title: t, rules: "
		    "[log.quiet], where: [f], explored: a/b, circumstances: {%s}}\n", rows[i].say);
		MANIFEST(manifest) = good(text);
		memset(&held, 0xff, sizeof(held));
		held.targets = held.requests = 3;
		held.target[1].pages = 257;
		held.target[0].pages = held.target[2].pages = 256;
		facts = &held;
		ck_assert_str_eq(explained(manifest, NULL, "log.quiet", "f"), "~one");
		ck_assert_str_eq(why, rows[i].missing);
		*rows[i].fact = 11;
		ck_assert_str_eq(explained(manifest, NULL, "log.quiet", "f"), "~one");
		*rows[i].fact = 10;
		ck_assert_str_eq(explained(manifest, NULL, "log.quiet", "f"), "one");
	}
}

TEST(one_of_several_circumstances_must_hold)
{
	MANIFEST(manifest) = good(HEAD "known_defects:\n"
	    "  - id: one\n    title: t\n    rules: [log.quiet, log.flood, live.panic]\n"
	    "    where: f\n    explored: a/b\n    circumstances:\n"
	    "      - {rules: log.quiet, memory_above: 4GiB, because: cause}\n"
	    "      - {rules: [log.quiet, log.flood], because: [other]}\n");

	memset(&held, 0xff, sizeof(held));
	held.memory_end = UINT64_C(4) << 30;
	facts = &held;
	ck_assert_str_eq(explained(manifest, NULL, "log.quiet", "f"), "~one");
	ck_assert_str_eq(why, "no memory above 4GiB here");
	held.memory_end++;
	ck_assert_str_eq(explained(manifest, NULL, "log.quiet", "f"), "one");
	ck_assert_str_eq(explained(manifest, NULL, "log.flood", "f"), "~one");
	ck_assert_str_eq(why, "it is not because of other");
	ck_assert_str_eq(explained(manifest, NULL, "live.panic", "f"), "~one");
	ck_assert_str_eq(why, "it is not known to show as live.panic");
}

#define CIRCUMSTANCES(text) \
	HEAD "known_defects:\n  - id: one\n    title: t\n    rules: [log.quiet]\n" \
	"    explored: [a/b]\n    circumstances: " text "\n"

TEST(bad_circumstances_are_refused)
{
	assert_refused(CIRCUMSTANCES("{failing: kmem_alloc}"), 10, "manifest.unknown-key");
	assert_refused(CIRCUMSTANCES("{failed: kmem_aloc}"), 10, "manifest.circumstance");
	assert_refused(CIRCUMSTANCES("{config_interrupt: asleep}"), 10, "manifest.circumstance");
	assert_refused(CIRCUMSTANCES("{behaviour: twice}"), 10, "manifest.circumstance");
	assert_refused(CIRCUMSTANCES("{requests: 65}"), 10, "manifest.circumstance");
	assert_refused(CIRCUMSTANCES("{requests: 0}"), 10, "manifest.circumstance");
	assert_refused(CIRCUMSTANCES("{memory_above: much}"), 10, "manifest.type");
	assert_refused(CIRCUMSTANCES("{attach_failed: false}"), 10, "manifest.circumstance");
	assert_refused(CIRCUMSTANCES("{rules: log.quite}"), 10, "manifest.unknown-rule");
	assert_refused(CIRCUMSTANCES("{because: []}"), 10, "manifest.type");
	assert_refused(CIRCUMSTANCES("[]"), 10, "manifest.type");
	assert_refused(CIRCUMSTANCES("{}"), 10, "manifest.type");
	assert_refused(CIRCUMSTANCES("always"), 10, "manifest.type");
}

TEST(bad_manifests_are_refused)
{
	assert_refused(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], where: [f]}\n",
	    6, "manifest.missing-key");
	assert_refused(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b]}\n"
	    "  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b]}\n",
	    7, "manifest.duplicate");
}

static bool has_guess;			/* the error that assert_said() saw last */

/* At which column, and which sentence? */
static void
assert_said(const char *line, unsigned col, const char *rule, const char *sentence)
{
	char text[512];

	snprintf(text, sizeof(text), HEAD "known_defects:\n%s\n", line);
	ck_assert_ptr_null(manifest_of(text));
	ck_assert_uint_eq(diags.count, 1);
	ck_assert_uint_eq(diags.items[0].loc.line, 6);
	ck_assert_uint_eq(diags.items[0].loc.col, col);
	ck_assert_str_eq(diags.items[0].rule, rule);
	HAS(diags.items[0].message, sentence);
	has_guess = strstr(diags.items[0].message, "did you mean") != NULL;
	diag_list_fini(&diags);
}

TEST(errors_stand_at_the_item)
{
	assert_said("  - {id: one, titel: t, rules: [log.quiet], scenarios: [a/b]}", 15,
	    "manifest.unknown-key", "did you mean \"title\"?");
	assert_said("  - {id: one, title: t, rules: [log.quiet, live.panik], scenarios: [a/b]}", 44,
	    "manifest.unknown-rule", "did you mean \"live.panic\"?");
	assert_said("  - {id: one, title: t, rules: [log.quiet, log.quiet], scenarios: [a/b]}", 44,
	    "manifest.duplicate", "twice");
	assert_said("  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b, a]}", 62,
	    "manifest.scenario", "area/situation");
	assert_said("  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b, \"a*b\"]}", 63,
	    "manifest.scenario", "at its end");
	assert_said("  - {id: one, title: \"\", rules: [log.quiet], scenarios: [a/b]}", 23,
	    "manifest.type", "missing");
	assert_said("  - {id: one, title: t, rules: [], scenarios: [a/b]}", 32,
	    "manifest.type", "empty");
	assert_said("  - [a]", 5, "manifest.type", "not a list");
}

TEST(names_are_looked_up)
{
	static const char *const scenarios[] = { "a/bee", "c/dee", NULL };
	static const char *const functions[] = { "inflate", "thread", "viomb_attach", NULL };
	static const struct manifest_names both = { scenarios, functions };

	names = &both;
	assert_said("  - {id: one, title: t, rules: [log.quiet], scenarios: [a/bee, c/de]}", 64,
	    "manifest.unknown-scenario", "did you mean \"c/dee\"?");
	assert_said("  - {id: one, title: t, rules: [log.quiet], explored: [\"x/*\"]}", 57,
	    "manifest.unknown-scenario", "x/*");
	assert_said("  - {id: one, title: t, rules: [log.quiet], where: infalte, explored: a/bee}",
	    52, "manifest.unknown-function", "did you mean \"inflate\"?");
	/* The same driver's name before it makes no function like another. */
	assert_said("  - {id: one, title: t, rules: [log.quiet], where: viomb_nosuch, "
	    "explored: a/bee}",
	    52, "manifest.unknown-function", "no function \"viomb_nosuch\"");
	ck_assert(!has_guess);
	assert_said("  - {id: one, title: t, rules: [log.quiet], explored: a/bee, fix: no.patch}",
	    67, "manifest.file", "no.patch");
	assert_said("  - {id: one, title: t, rules: [log.quiet], explored: a/bee, finding: no.md}",
	    71, "manifest.file", "no.md");
	/* Another text of the driver may have the others. */
	MANIFEST(manifest) = good(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], where: [x_inflate, thread], "
	    "scenarios: [\"a/*\", c/dee]}\n");
	names = NULL;
}

/* ---- eras ---- */

#define ERAS "known_defects:\n" \
    "  - {id: d-01, title: In both., rules: live.panic, scenarios: a/b}\n" \
    "  - {id: d-02, title: In one., rules: live.panic, scenarios: a/b, api: netbsd-2022}\n" \
    "  - {id: d-03, title: In one., rules: live.panic, scenarios: a/b, api: [netbsd-2023]}\n"

TEST(a_defect_may_be_of_one_era)
{
	static const struct { const char *era; const char *id[2]; } rows[] = {
		{ "netbsd-2022", { "d-01", "d-02" } }, { "netbsd-2023", { "d-01", "d-03" } },
		{ NULL, { "d-01", "d-02" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		MANIFEST(manifest) = good("driver: d\napi: [netbsd-2022, netbsd-2023]\n"
		    "device: balloon\n" ERAS);

		ck_assert(manifest_for_era(manifest, rows[i].era));
		ck_assert_uint_eq(manifest->count, 2);
		for (size_t n = 0; n < 2; n++)
			ck_assert_str_eq(manifest->defects[n].id, rows[i].id[n]);
	}
}

/* One for another era is used as it is. */
TEST(a_manifest_of_another_era_is_told)
{
	MANIFEST(manifest) = good(HEAD ERAS);

	ck_assert(!manifest_for_era(manifest, "netbsd-2023"));
	ck_assert_uint_eq(manifest->count, 3);
	assert_refused("driver: d\napi: netbsd-2024\ndevice: balloon\nknown_defects: []\n", 2,
	    "manifest.api");
}

SUITE(run_manifest)
