/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of `viosim explain REPLAY-ID`: what it prints loads, says all, and has the same run.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "explore/trial.h"
#include "machine/crash.h"
#include "said.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

#define CRASH_SECONDS 60

/* The document of what is printed; *text is heap. */
static struct scenario_doc *
explained(const struct cli_case *c, char **text)
{
	*text = PRINTED(to, cli_case_print(c->c, NULL, to));
	return fixture_doc(c->doc->path, *text, run_vocab());
}

static uint64_t
digest_of(struct trial *trial, const struct scenario_case *c)
{
	struct trial_result result;

	trial_run(trial, c, NULL, &result);
	return result.digest;
}

static void
assert_same_run(struct trial *trial, const struct cli_case *c)
{
	HEAP(text) = NULL;
	HEAP(again) = NULL;
	DOC(doc) = explained(c, &text);
	size_t count;
	struct scenario_case *cases = scenario_cases(doc, NULL, &count);
	struct cli_case printed = { .c = cases, .doc = doc };
	DOC(twice) = NULL;

	ck_assert_msg(count == 1, "%s: %zu cases", c->c->id, count);
	ck_assert_msg(digest_of(trial, c->c) == digest_of(trial, cases), "%s runs otherwise:\n%s",
	    c->c->id, text);
	/* Nothing is left to be filled in. */
	twice = explained(&printed, &again);
	ck_assert_str_eq(strchr(text, '\n'), strchr(again, '\n'));
	scenario_cases_free(cases, count);
}

/* The first and the last case of every scenario. */
TEST(what_is_printed_has_the_same_run)
{
	struct cli_cases cases = { 0 };
	struct module *module = cli_module_open(getenv("VIOSIM_MODULE") != NULL ?
	    getenv("VIOSIM_MODULE") : CLI_DRIVER_DEFAULT);
	struct trial trial;

	ck_assert_ptr_nonnull(module);
	ck_assert(cli_collect(&cases, NULL, 0));
	trial_init(&trial, module, NULL);
	crash_install();
	for (size_t i = 0; i < cases.count; i++) {
		const struct cli_case *c = &cases.item[i];
		bool first = i == 0 || cases.item[i - 1].doc != c->doc;
		bool last = i + 1 == cases.count || cases.item[i + 1].doc != c->doc;

		if (!first && !last)
			continue;
		crash_limit(CRASH_SECONDS);
		assert_same_run(&trial, c);
		crash_limit(0);
	}
	trial_fini(&trial);
	cli_cases_fini(&cases);
	module_close(module);
}

TEST(what_the_model_decides_is_there)
{
	struct said it = said("explain device/like-others[model=firecracker]#1.0,bounce");

	ck_assert_msg(it.code == CLI_OK, "%s", it.err);
	HAS(it.out, "model: firecracker", "queue_size: {inflate: 256, deflate: 256}",
	    "limits: {time: ");
	it = said("explain inflate/queue-full[call=virtio_enqueue_prep,nth=1]#1.0,bounce");
	ck_assert_msg(it.code == CLI_OK, "%s", it.err);
	HAS(it.out, ", nth: 1, count: ", "probability: 100%");
}

TEST(one_case_is_asked_for)
{
	struct said it = said("explain inflate/exact-request");

	ck_assert_int_eq(it.code, CLI_USAGE);
	HAS(it.err, "has 4 cases");
	ck_assert_str_eq(it.out, "");
	it = said("explain inflate/exact-reques#1.0");
	ck_assert_int_eq(it.code, CLI_USAGE);
	HAS(it.err, "did you mean");
}

SUITE(cli_explain, .timeout = 120, .reads = SCENARIOS " " DRIVER)
