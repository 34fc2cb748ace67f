/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/load: what a good file becomes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/balloon/balloon.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

static const struct balloon_options *
options_of(const struct scenario *sc)
{
	return balloon_options_of(sc);
}

static const struct balloon_step *
device_of(const struct scenario_step *step)
{
	ck_assert_ptr_eq(step->row, &balloon_verb_device.format);
	return step->own.object;
}

TEST(example_gives_its_steps)
{
	DOC(doc) = fixture_load_as(FIXTURE_EXAMPLE_PATH, fixture_example);
	const struct scenario *sc = doc->scenario[0];
	const struct scenario_step *s = sc->steps.step;

	ck_assert_uint_eq(doc->count, 1);
	ck_assert_str_eq(sc->id, "inflate/odd-target");
	ck_assert_uint_eq(sc->tags.count, 2);
	ck_assert_uint_eq(sc->steps.count, 5);
	ck_assert_ptr_eq(s[0].row, &balloon_verb_target.format);
	ck_assert_int_eq(s[0].at.when, SCENARIO_ABSOLUTE);
	ck_assert_uint_eq(s[0].at.time.value, 1000000000);
	ck_assert_str_eq(s[0].name, "host asks for 300 pages");
	ck_assert_uint_eq(balloon_target_of(&s[0])->pages, 300);
	ck_assert_int_eq(balloon_target_of(&s[0])->no_irq, 0);
	ck_assert_int_eq(s[1].verb, SCENARIO_STEP_EXPECT);
	ck_assert_int_eq(s[1].at.when, SCENARIO_AT_ONCE);
	ck_assert_uint_eq(s[1].within.value, 2000000000);
	ck_assert(!scenario_time_is_given(s[1].lasts));
	ck_assert_str_eq(s[1].expect->text, "host.actual == 300");
	ck_assert_int_eq(s[4].verb, SCENARIO_STEP_SETTLE);
	ck_assert_uint_eq(s[4].settle.within.value, UINT64_C(60000000000));
	ck_assert_uint_eq(sc->always.count, 1);
	ck_assert_uint_eq(sc->never.count, 1);
	ck_assert_uint_eq(sc->finally.count, 1);
}

TEST(example_gives_machine_and_device)
{
	DOC(doc) = fixture_load_as(FIXTURE_EXAMPLE_PATH, fixture_example);
	const struct scenario *sc = doc->scenario[0];

	ck_assert_uint_eq(sc->machines.count, 4);
	ck_assert_str_eq(sc->machines.machine[0].name, "1.0,bounce");
	ck_assert_str_eq(sc->machines.machine[3].name, "legacy,coherent");
	ck_assert_uint_eq(scenario_machine_pages(&sc->machines.machine[2]), 16384);
	ck_assert_uint_eq(sc->machines.machine[0].hz, 100);
	ck_assert_uint_eq(sc->machines.machine[0].cpus, 1);
	ck_assert(sc->machines.machine[0].diagnostic);
	ck_assert_str_eq(sc->device.type->name, "balloon");
	ck_assert_str_eq(options_of(sc)->common.type, "balloon");
	ck_assert_ptr_nonnull(options_of(sc)->common.features.name);
	ck_assert_str_eq(options_of(sc)->common.features.name[0], "MUST_TELL_HOST");
	ck_assert_uint_eq(options_of(sc)->latency.inflate.value, 1000000);
	ck_assert_uint_eq(options_of(sc)->latency.deflate.value, 1000000);
	ck_assert(!scenario_time_is_given(options_of(sc)->latency.jitter));
	ck_assert_uint_eq(options_of(sc)->queue_size.inflate, SCENARIO_UNSET);
	ck_assert_int_eq(options_of(sc)->reset_keeps_actual, SCENARIO_BY_MODEL);
	ck_assert_uint_eq(sc->limits.time.value, UINT64_C(120000000000));
	ck_assert_uint_eq(sc->limits.events, 1000000);
}

TEST(steps_know_their_place)
{
	DOC(doc) = fixture_load(FIXTURE_STEPS
	    "  - at: 1s\n    name: x\n    target: 5\n  - {note: hello}\n"
	    "  - expect: mem.free == 5\n");
	const struct scenario_step *s = doc->scenario[0]->steps.step;

	ck_assert_str_eq(s[0].loc.file, "t.yaml");
	ck_assert_uint_eq(s[0].loc.line, 5);
	ck_assert_uint_eq(s[0].loc.col, 5);
	ck_assert_uint_eq(s[0].verb_loc.line, 7);
	ck_assert_uint_eq(s[1].loc.line, 8);
	ck_assert_uint_eq(s[1].verb_loc.col, 6);
	ck_assert_uint_eq(s[2].expect->loc.col, 13);
	ck_assert_uint_eq(s[2].expect->right.terms[0].loc.col, 25);
}

TEST(everything_keeps_its_values)
{
	DOC(doc) = fixture_load_as("all.yaml", fixture_everything);
	const struct scenario *sc = doc->scenario[0];
	const struct scenario_step *s = sc->steps.step;

	ck_assert_uint_eq(sc->machines.machine[0].segments.segment[1].at_pages, 1048576);
	ck_assert_str_eq(sc->machines.machine[0].name, "legacy,coherent,msix,straddle");
	ck_assert_str_eq(sc->machines.machine[1].name,
	    "1.0,bounce,diagnostic=false,cpus=2,memory=32MiB");
	ck_assert_uint_eq(sc->machines.machine[1].hz, 1000);
	ck_assert_ptr_nonnull(options_of(sc)->common.features.name);
	ck_assert_uint_eq(options_of(sc)->common.features.count, 0);
	ck_assert_int_eq(options_of(sc)->latency.jitter.unit, SCENARIO_TICKS);
	ck_assert(!scenario_time_is_given(options_of(sc)->latency.deflate));
	ck_assert_uint_eq(options_of(sc)->queue_size.deflate, 0);
	ck_assert_int_eq(options_of(sc)->reset_keeps_actual, SCENARIO_NO);
	ck_assert_int_eq(options_of(sc)->keeps_actual, SCENARIO_YES);
	ck_assert_int_eq(options_of(sc)->ack, DEVICE_ACK_IN_NOTIFY);
	ck_assert_int_eq(sc->policy, SCENARIO_LENIENT);
	ck_assert_uint_eq(balloon_target_of(&s[1])->pages, 1024);
	ck_assert_int_eq(s[2].at.when, SCENARIO_RELATIVE);
	ck_assert_uint_eq(balloon_storm_of(&s[2])->targets.pages[1], 2);
	ck_assert_uint_eq(s[3].fail.count, SCENARIO_FOREVER);
	ck_assert_uint_eq(s[3].fail.probability_ppm, 125000);
	ck_assert_str_eq(s[3].fail.error, "ENOMEM");
	ck_assert(s[5].fail.block);
	ck_assert_str_eq(s[6].heal.id, "f1");
	ck_assert_ptr_null(s[7].heal.id);
	ck_assert_uint_eq(device_of(&s[8])->latency.jitter.value, 1000);
	ck_assert_uint_eq(device_of(&s[8])->latency.deflate.value, 5000000);
	ck_assert_str_eq(device_of(&s[9])->common.queue[BEHAVIOUR_PAUSE], "inflate");
	ck_assert_uint_eq(device_of(&s[12])->actual_pages, 9);
	ck_assert_int_eq(s[15].deliver.at.place, SCENARIO_ENTRY);
	ck_assert_int_eq(s[16].deliver.at.place, SCENARIO_CALL);
	ck_assert_uint_eq(s[16].deliver.at.nth, 2);
	ck_assert(s[16].deliver.at.after);
	ck_assert(!s[17].deliver.at.after);
	ck_assert(!s[17].deliver.answer);
	ck_assert_int_eq(s[18].deliver.at.place, SCENARIO_LINE);
	ck_assert_uint_eq(s[18].deliver.at.line, 351);
	ck_assert_uint_eq(s[18].deliver.at.nth, 2);
	ck_assert(s[18].deliver.answer);
	ck_assert_uint_eq(s[19].hold.at.line, 7);
	ck_assert_uint_eq(s[19].hold.at.nth, 1);
	ck_assert_int_eq(s[20].hold.at.place, SCENARIO_ACCESS);
	ck_assert_uint_eq(s[20].hold.at.nth, 17);
	ck_assert(!s[21].hold.at.given);
	ck_assert_uint_eq(s[21].hold.until_step, 22);
	ck_assert_uint_eq(s[22].guest.use_pages, 1000);
	ck_assert_uint_eq(s[22].guest.release_pages, SCENARIO_UNSET);
	ck_assert_str_eq(sc->finally.claim[1].id, "c2");
}

TEST(parameters_are_put_in)
{
	DOC(doc) = fixture_load(FIXTURE_HEAD
	    "matrix: {n: [5 pages, 8MiB], e: [host.actual == 3, mem.free > 1]}\n"
	    "steps:\n  - target: $n\n  - expect: $e\n  - note: \"$n\"\n");

	ck_assert_uint_eq(doc->count, 4);
	ck_assert_uint_eq(balloon_target_of(doc->scenario[1]->steps.step)->pages, 5);
	ck_assert_str_eq(doc->scenario[1]->steps.step[1].expect->text, "mem.free > 1");
	ck_assert_uint_eq(balloon_target_of(doc->scenario[2]->steps.step)->pages, 2048);
	ck_assert_str_eq(doc->scenario[2]->steps.step[2].note, "$n");
	ck_assert_str_eq(doc->scenario[3]->params[0].value, "8MiB");
}

TEST(open_dimensions_of_the_machine_multiply)
{
	DOC(doc) = fixture_load(FIXTURE_STEP "machine: {transport: legacy}\n");
	DOC(one) = fixture_load(FIXTURE_STEP "machine: {transport: legacy, dma: bounce}\n");
	const struct scenario_machines *m = &doc->scenario[0]->machines;

	ck_assert_uint_eq(m->count, 2);
	ck_assert_str_eq(m->machine[0].name, "legacy,bounce");
	ck_assert_str_eq(m->machine[1].name, "legacy,coherent");
	ck_assert_uint_eq(one->scenario[0]->machines.count, 1);
}

TEST(extended_file_gives_what_is_not_said)
{
	FOLDER(folder);
	char base[64], path[64];
	const struct scenario *sc;
	struct scenario_doc *doc;

	snprintf(base, sizeof(base), "%s/base.yaml", folder.path);
	snprintf(path, sizeof(path), "%s/t.yaml", folder.path);
	suite_write(base, "format: 1\nmachine: {memory: 8MiB, hz: 1000}\n"
	    "device: {latency: {inflate: 1ms, jitter: 1us}, features: [STATS_VQ]}\n"
	    "always: [mem.free > 0]\n");
	doc = fixture_load_as(path, "extends: base.yaml\n" FIXTURE_STEP
	    "machine: {segments: [{at: 0, size: 1GiB}]}\ndevice: {latency: {deflate: 2ms}}\n"
	    "always: [mem.free > 1]\n");
	sc = doc->scenario[0];
	ck_assert_uint_eq(sc->base.hz, 1000);
	ck_assert_uint_eq(sc->base.memory_pages, SCENARIO_UNSET);
	ck_assert_uint_eq(scenario_machine_pages(&sc->base), 262144);
	ck_assert(!scenario_time_is_given(options_of(sc)->latency.inflate));
	ck_assert_uint_eq(options_of(sc)->latency.deflate.value, 2000000);
	ck_assert_str_eq(options_of(sc)->common.features.name[0], "STATS_VQ");
	ck_assert_uint_eq(sc->always.count, 2);
	ck_assert_str_eq(sc->always.claim[0].loc.file, base);
	scenario_doc_free(doc);
}

/* What extends a file that is not there, or is another kind of file, says so in one line. */
TEST(extended_file_is_told_by_name)
{
	static const struct { const char *extends, *error; } cases[] = {
		{ "include/usal.yaml", "include/usal.yaml: No such file or directory; did you mean "
		  "\"include/usual.yaml\"? [scenario.extends]" },
		{ "inclde/usual.yaml", "inclde/usual.yaml: No such file or directory; did you mean "
		  "\"include/usual.yaml\"? [scenario.extends]" },
		{ "inclde/usal.yaml", "inclde/usal.yaml: No such file or directory; did you mean "
		  "\"include/usual.yaml\"? [scenario.extends]" },
		/* No path that does not exist is suggested. */
		{ "inclde/elsewhere.yaml", "inclde/elsewhere.yaml: No such file or directory "
		  "[scenario.extends]" },
		{ "./include/../inclde/usual.yaml", "inclde/usual.yaml: No such file or directory; "
		  "did you mean \"./include/../include/usual.yaml\"? [scenario.extends]" },
		/* As it stands in the installed scenarios' own folders. */
		{ "../include/usual.yaml", "/tmp/include/usual.yaml: No such file or directory; "
		  "did you mean \"<usual>\"? [scenario.extends]" },
		{ "include/xyz.yaml", "include/xyz.yaml: No such file or directory "
		  "[scenario.extends]" },
		{ "include", "include: this is a directory, not a scenario file "
		  "[scenario.extends]" },
		{ "include/other.yaml", "include/other.yaml is a scenario by itself; a file that "
		  "is extended has only machine, device, always and never [scenario.extends]" },
		{ "t.yaml", "a file cannot extend itself [scenario.extends]" },
		{ "include/../t.yaml", "a file cannot extend itself [scenario.extends]" },
	};
	FOLDER(folder);
	char path[64], text[256], wanted[400], *errors;
	const char *in_folder;

	snprintf(path, sizeof(path), "%s/include", folder.path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/include/usual.yaml", folder.path);
	suite_write(path, "format: 1\n");
	snprintf(path, sizeof(path), "%s/include/other.yaml", folder.path);
	suite_write(path, FIXTURE_STEP);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), FIXTURE_STEP "extends: %s\n", cases[i].extends);
		snprintf(path, sizeof(path), "%s/t.yaml", folder.path);
		errors = fixture_errors_of(path, text, strlen(text));
		ck_assert_ptr_nonnull(errors);
		in_folder = strncmp(cases[i].error, "inc", 3) == 0 ? folder.path : "";
		snprintf(wanted, sizeof(wanted), "%s:6:10: error: %s%s%s\n", path, in_folder,
		    *in_folder != '\0' ? "/" : "", cases[i].error);
		errors[strcspn(errors, "\n") + 1] = '\0';
		ck_assert_str_eq(errors, wanted);
		free(errors);
	}
}

/* `<usual>` is the installed file, whatever is beside the scenario. */
TEST(installed_file_is_extended_by_its_name)
{
	FOLDER(folder);
	char path[64], wanted[200], *errors;
	const char *text = FIXTURE_STEP "extends: <usual>\n";
	const char *typo = FIXTURE_STEP "extends: <usal>\n";
	struct scenario_doc *doc;

	snprintf(path, sizeof(path), "%s/usual.yaml", folder.path);
	suite_write(path, "format: 1\nmachine: {hz: 1000}\n");
	snprintf(path, sizeof(path), "%s/t.yaml", folder.path);
	doc = fixture_load_as(path, text);
	ck_assert_uint_ne(doc->scenario[0]->base.hz, 1000);
	ck_assert_uint_eq(doc->scenario[0]->always.count, 1);
	HAS(doc->scenario[0]->always.claim[0].loc.file, "scenarios/include/usual.yaml");
	scenario_doc_free(doc);
	errors = fixture_errors_of(path, typo, strlen(typo));
	ck_assert_ptr_nonnull(errors);
	snprintf(wanted, sizeof(wanted), "%s:6:10: error: there is no scenarios/include/usal.yaml "
	    "in ", path);
	ck_assert_ptr_eq(strstr(errors, wanted), errors);
	HAS(errors, "/share/viosim and ", "; did you mean \"<usual>\"? [scenario.extends]\n");
	free(errors);
	/* VIOSIM_PATH comes first. */
	setenv("VIOSIM_PATH", folder.path, 1);
	snprintf(path, sizeof(path), "%s/scenarios", folder.path);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/scenarios/include", folder.path);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/scenarios/include/usual.yaml", folder.path);
	suite_write(path, "format: 1\nmachine: {hz: 20}\n");
	snprintf(path, sizeof(path), "%s/t.yaml", folder.path);
	doc = fixture_load_as(path, text);
	ck_assert_uint_eq(doc->scenario[0]->base.hz, 20);
	scenario_doc_free(doc);
	unsetenv("VIOSIM_PATH");
}

/* Claims of an extended file are for many machines: what one of them has no use for stays. */
TEST(extended_claims_fit_any_machine)
{
	FOLDER(folder);
	char base[64], path[64], *errors;
	const char *text = "extends: base.yaml\n" FIXTURE_STEP;

	snprintf(base, sizeof(base), "%s/base.yaml", folder.path);
	snprintf(path, sizeof(path), "%s/t.yaml", folder.path);
	suite_write(base, "format: 1\nnever: [mem.free > 1TiB]\n");
	scenario_doc_free(fixture_load_as(path, text));
	suite_write(base, "format: 1\nnever: [mem.free < 0]\n");
	errors = fixture_errors_of(path, text, strlen(text));
	ck_assert_ptr_nonnull(errors);
	HAS(errors, "base.yaml:2:9: error: this is never true: "
	    "mem.free is never below 0", "\n          ^~~~~~~~~~~~\n");
	free(errors);
}

TEST(one_list_serves_many_files)
{
	struct diag_list diags;
	struct scenario_doc *doc;

	diag_list_init(&diags);
	ck_assert_ptr_null(scenario_load_text("t.yaml", "a: 1", 4, fixture_vocab(), &diags));
	/* The same errors again are still errors. */
	ck_assert_ptr_null(scenario_load_text("t.yaml", "a: 1", 4, fixture_vocab(), &diags));
	doc = scenario_load_text("t.yaml", FIXTURE_STEP, strlen(FIXTURE_STEP), fixture_vocab(),
	    &diags);
	ck_assert_ptr_nonnull(doc);
	scenario_doc_free(doc);
	diag_list_fini(&diags);
}

static const struct { const char *path; bool fits; } paths[] = {
	{ "scenarios/a/t.yaml", true }, { "./x/scenarios//a/./t.yaml", true },
	{ "/tmp/scenarios/b/scenarios/a/t.yaml", true }, { "t.yaml", true },
	{ "elsewhere/t.yaml", true }, { "scenarios/t.yaml", false },
	{ "scenarios/b/t.yaml", false }, { "u.yaml", false },
};

TEST_EACH(path_tells_the_id, paths)
{
	const char *text = "format: 1\nscenario: a/t\nsummary: s\nsteps: [{note: x}]\n";
	HEAP(errors) = fixture_errors_of(paths[_i].path, text, strlen(text));

	ck_assert_msg((errors == NULL) == paths[_i].fits, "%s: %s", paths[_i].path,
	    errors != NULL ? errors : "no error");
}

SUITE(scenario_load, .reads = "scenarios")
