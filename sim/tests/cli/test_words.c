/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what is said of words that are not there, and of those that are.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "device/class.h"
#include "rules/rules.h"
#include "run/run.h"
#include "scenario/arena.h"
#include "scenario/table.h"
#include "scenario/text.h"
#include "tests/cli/said.h"
#include "tests/suite.h"

struct refusal {
	const char *line, *message;
};

static void
assert_all_refused(const struct refusal *refusal, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_refused(refusal[i].line, refusal[i].message);
}

/* A command with a word that it does not know, and the one that may be meant. */
#define UNKNOWN(command, kind, word, meant) { command " " word, \
	"viosim " command ": unknown " kind " " word "; did you mean \"" meant "\"?" }
#define NO_SCENARIO(command, name, meant) { command " " name, \
	"viosim: there is no scenario, file or folder " name "; did you mean \"" meant "\"?" }

#define ASSERT_ALL_REFUSED(table)	assert_all_refused(table, sizeof(table) / sizeof(table[0]))

TEST(mistyped_commands_and_options)
{
	static const struct refusal refusals[] = {
		{ "rn", "viosim: unknown command rn; did you mean \"run\"?" },
		{ "qqqq", "viosim: unknown command qqqq; `viosim help` lists the commands" },
		{ "--hlep", "viosim: unknown option --hlep; did you mean \"--help\"?" },
		{ "help rnu", "viosim: unknown command rnu; did you mean \"run\"?" },
		{ "version 2", "viosim version: takes no arguments: `2`" },
		UNKNOWN("run", "option", "--no-manfest", "--no-manifest"),
		{ "run --timline=3",
		    "viosim run: unknown option --timline; did you mean "
		    "\"--timeline\"?" },
		UNKNOWN("run", "option", "-verbose", "--verbose"),
		{ "check -x",
		    "viosim check: unknown option -x; `viosim check --help` lists them" },
		{ "explore --se x",
		    "viosim explore: --se is ambiguous: --seconds or --seed" },
		{ "explore --stat x",
		    "viosim explore: unknown option --stat; did you mean \"--state\"?" },
		UNKNOWN("run", "option", "--hel", "--help"),
		{ "check --quiet-verdct",
		    "viosim check: unknown option --quiet-verdct; --quiet-verdict is an option "
		    "of run" },
		{ "run --quiet=1", "viosim run: --quiet takes no value" },
		{ "run --jobs", "viosim run: --jobs: N is missing" },
		{ "run --junit=", "viosim run: --junit: FILE is empty" },
	};

	ASSERT_ALL_REFUSED(refusals);
}

TEST(bad_values_of_options)
{
	static const struct refusal refusals[] = {
		{ "run --jobs 0", "viosim run: --jobs: 0 is not in 1..64" },
		{ "compare -j x", "viosim compare: --jobs: x is not a number in 1..64" },
		{ "sweep --runs 0", "viosim sweep: --runs: 0 is not a number of at least 1" },
		{ "shrink --seconds 86401 x",
		    "viosim shrink: --seconds: 86401 is not in 1..86400" },
		{ "explore --shard 5/4",
		    "viosim explore: --shard: 5/4 is not K/N, part K of N (2/4)" },
		{ "run --color alwas", "viosim run: --color: alwas is not one of auto, always, "
		    "never; did you mean \"always\"?" },
		{ "shrink --rule live.lost-wakup x", "viosim shrink: --rule: live.lost-wakup is "
		    "not a rule; did you mean \"live.lost-wakeup\"?" },
		{ "explore --random --depth 3",
		    "viosim explore: --depth and --random exclude each other" },
		{ "explore --seed 3", "viosim explore: --seed has no effect without --random" },
		{ "sweep --no-faults --no-interrupts",
		    "viosim sweep: --no-faults and --no-interrupts exclude each other" },
		{ "run --manifest x --no-manifest",
		    "viosim run: --manifest and --no-manifest exclude each other" },
		{ "bytes --save -o x y",
		    "viosim bytes: --output and --save exclude each other" },
		{ "bytes /nope", "viosim bytes: cannot read /nope: No such file or directory" },
	};

	ASSERT_ALL_REFUSED(refusals);
}

TEST(mistyped_scenarios)
{
	static const struct refusal refusals[] = {
		NO_SCENARIO("list", "inflate/exact-reques", "inflate/exact-request"),
		NO_SCENARIO("list", "exact-request", "inflate/exact-request"),
		NO_SCENARIO("list", "inflat", "inflate"),
		{ "check scenarios/inflate/exact-reques.yaml", "viosim: there is no file "
		    "scenarios/inflate/exact-reques.yaml; did you mean "
		    "\"scenarios/inflate/exact-request.yaml\"?" },
		{ "check scenarios/nosuch.yaml", "viosim: there is no file scenarios/nosuch.yaml; "
		    "`viosim list` lists the scenarios" },
		{ "explain nosuch.yaml", "viosim: there is no file nosuch.yaml; `viosim list` "
		    "lists the scenarios" },
		{ "explain inflat#legacy", "viosim: there is no scenario, file or folder "
		    "inflat; did you mean \"inflate\"?" },
		{ "list inflate/exact-request#1.0,bonce", "viosim: inflate/exact-request: none of "
		    "its machines is bonce; did you mean \"bounce\"?" },
		{ "list inflate/pace[ack=in-notfy]", "viosim: inflate/pace: its parameter ack is "
		    "never in-notfy; did you mean \"in-notify\"?" },
		{ "list inflate/pace[akc=in-notify]", "viosim: inflate/pace: it has no parameter "
		    "akc; did you mean \"ack\"?" },
		{ "list inflate/exact-request@9#1.0,bounce", "viosim: inflate/exact-request: it "
		    "has no seeds, and so no case @9; `viosim list --cases "
		    "inflate/exact-request` lists its cases" },
		{ "list inflate/exact-request#1.0,legacy", "viosim: inflate/exact-request: no case "
		    "has all of that together; `viosim list --cases inflate/exact-request` lists "
		    "its cases" },
		/* Two spaces: an empty word between them. */
		{ "list  inflate", "viosim: a scenario name is empty; without any names, all "
		    "scenarios below scenarios/ are taken" },
		{ "list inflate#legacy", "viosim: inflate#legacy: a replay id names a scenario, "
		    "but scenarios/inflate is a folder" },
	};

	ASSERT_ALL_REFUSED(refusals);
}

/* Spelled in any of these ways, it is found. */
TEST(scenarios_by_path_or_id)
{
	static const char *const names[] = {
		"inflate/exact-request", "inflate/exact-request.yaml",
		"scenarios/inflate/exact-request", "scenarios/inflate/exact-request.yaml",
		"./scenarios//inflate/exact-request.yaml",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct arena *arena = arena_new();
		char line[100];
		struct said it;

		snprintf(line, sizeof(line), "list %s", names[i]);
		it = said(line);
		ck_assert_msg(it.code == CLI_OK, "%s: %s", line, it.err);
		ck_assert_ptr_eq(strstr(it.out, "inflate/exact-request "), it.out);
		ck_assert_str_eq(cli_scenario_id(names[i], arena), "inflate/exact-request");
		arena_free(arena);
	}
}

TEST(tags)
{
	struct said it = said("list --tag smok");

	ck_assert_int_eq(it.code, CLI_USAGE);
	ck_assert_ptr_eq(strstr(it.err, "viosim: --tag: no scenario has the tag smok"), it.err);
	ck_assert_str_eq(it.out, "");
}

TEST(mistyped_words)
{
	static const struct refusal refusals[] = {
		UNKNOWN("explain", "name", "live.lost-wakup", "live.lost-wakeup"),
		UNKNOWN("explain", "name", "viomb-6", "viomb-06"),
		UNKNOWN("explain", "name", "kmem_aloc", "kmem_alloc"),
		UNKNOWN("rules", "rule", "live.lost-wakup", "live.lost-wakeup"),
		UNKNOWN("describe", "name", "targt", "target"),
		UNKNOWN("describe", "name", "viomb-6", "viomb-06"),
		{ "describe nosuchthing", "viosim describe: unknown name nosuchthing; `viosim "
		    "explain`, `viosim rules` and `viosim describe` list what is" },
		{ "describe --schema target",
		    "viosim describe: --schema prints the whole schema: it takes "
		    "no argument, and `target` is one" },
	};

	ASSERT_ALL_REFUSED(refusals);
}

/* Both commands say something of it. */
static void
assert_known(const char *word)
{
	static const char *const commands[] = { "explain", "describe" };

	for (size_t i = 0; i < 2; i++) {
		char line[128];
		struct said it;

		snprintf(line, sizeof(line), "%s %s", commands[i], word);
		it = said(line);
		ck_assert_msg(it.code == CLI_OK && it.out[0] != '\0' && it.err[0] == '\0',
		    "%s: %s", line, it.err);
		ck_assert_msg(strchr(word, '<') != NULL || strchr(word, '.') != NULL ||
		    strcasestr(it.out, word) != NULL, "%s: %.200s", line, it.out);
	}
}

TEST(every_name_is_known)
{
	const struct scenario_vocab *vocab = run_vocab();
	const struct observable *o;
	const char *const *const lists[] = {
		vocab->devices, vocab->features, vocab->vqs, vocab->calls, vocab->faults,
		vocab->errnos, vocab->rules,
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const char *const *name = lists[i]; *name != NULL; name++)
			assert_known(*name);
	for (size_t i = 0; (o = scenario_observable(vocab, i)) != NULL; i++)
		assert_known(o->pattern);
	for (size_t i = 0; vocab->events[i].name != NULL; i++)
		assert_known(vocab->events[i].name);
	assert_known("vq.inflate.kicks");
	assert_known("sleeping");
	assert_known("amount");
	assert_known("verbs");
}

/* A key, alone and as that of its map, the words it takes, and all that is below it. */
static void
assert_key_known(const struct map *map, const struct field *f)
{
	const struct map *below = field_map(f, run_vocab()->type);
	char whole[80];

	snprintf(whole, sizeof(whole), "%s.%s", map->name, f->key);
	assert_known(f->key);
	assert_known(whole);
	for (const struct field_word *w = f->words; w != NULL && w->word != NULL; w++)
		assert_known(w->word);
	for (size_t i = 0; below != NULL && i < below->count; i++)
		assert_key_known(below, &below->fields[i]);
}

TEST(every_key_and_verb_is_known)
{
	const struct verb *const *verbs = run_vocab()->type->verbs;

	for (size_t i = 0; i < map_scenario.count; i++)
		assert_key_known(&map_scenario, &map_scenario.fields[i]);
	for (size_t i = 0; i < map_step.count; i++)
		assert_key_known(&map_step, &map_step.fields[i]);
	for (size_t i = 0; verbs[i] != NULL; i++)
		assert_key_known(&map_step, &verbs[i]->field);
}

TEST(every_rule_behaviour_model_and_defect_is_known)
{
	struct diag_list diags = { 0 };
	struct manifest *manifest = manifest_load("driver/viomb.yaml", run_vocab(), NULL, &diags);
	const struct device_behaviour *b;
	size_t count;
	const struct rule_absent *absent = rules_absent(&count);

	for (size_t i = 0; i < count; i++)
		assert_known(absent[i].id);
	ck_assert_msg(manifest != NULL && manifest->count > 15, "no known defects");
	for (size_t i = 0; i < manifest->count; i++)
		assert_known(manifest->defects[i].id);
	manifest_free(manifest);
	for (size_t i = 0; device_classes[i] != NULL; i++) {
		for (unsigned k = 0; (b = device_behaviour_at(device_classes[i], k)) != NULL; k++)
			assert_known(b->word);
		for (const struct device_word *m = device_classes[i]->models;
		    m != NULL && m->word != NULL; m++)
			assert_known(m->word);
	}
}

/* Only what was asked for: `dma` of a machine is no other key. */
TEST(describe_is_of_one_word)
{
	struct said whole = said("describe"), one = said("describe settle");

	ck_assert_int_eq(one.code, CLI_OK);
	ck_assert_uint_lt(strlen(one.out), 300);
	ck_assert_uint_gt(strlen(whole.out), 5000);
	HAS(one.out, "within");
	LACKS(one.out, "expect");
	/* A key of two maps is described as often; of one, once. */
	one = said("describe target");
	HAS(one.out, "A verb:", "A key of `deliver`:");
	one = said("describe deliver.target");
	LACKS(one.out, "A verb:");
	HAS(one.out, "A key of `deliver`:");
}

TEST(wrapped_text)
{
	HEAP(text) = PRINTED(to, fputs("ab ", to);
	    text_print_wrapped("one two.  three\n\nfour five", 3, 10, to));

	ck_assert_str_eq(text, "ab one\n   two.\n   three\n\n   four\n   five\n");
}

TEST(versions)
{
	struct said it = said("version");

	ck_assert_int_eq(it.code, CLI_OK);
	ck_assert_ptr_eq(strstr(it.out, "viosim 0."), it.out);
	ck_assert_str_eq(said("-V").out, it.out);
	ck_assert_str_eq(said("--version").out, it.out);
	ck_assert_str_eq(said("help").out, said("--help").out);
}

SUITE(cli_words, .timeout = 60, .reads = SCENARIOS " " DRIVER)
