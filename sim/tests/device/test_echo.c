/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam between viosim and a type of device: a class that is known to the tests alone loads,
 * runs, prints and is observed like the balloon.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/class.h"
#include "run/module.h"
#include "run/run.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

extern const struct device_class echo_class;

#define HEAD "format: 1\nscenario: t\nsummary: s\n"

/* What viosim has, and the echo. */
static const struct scenario_vocab *
vocab(void)
{
	static const struct scenario_type *types[3];
	static const char *const names[] = { "balloon", "echo", NULL };
	static struct scenario_vocab both;

	types[0] = run_vocab()->types[0];
	types[1] = &echo_class.language;
	both = *run_vocab();
	both.types = types;
	both.devices = names;
	return &both;
}

static const char echoes[] = HEAD
    "device: {type: echo}\n"
    "steps:\n"
    "  - at: 1s\n    say: 3\n"
    "  - settle: {within: 1s}\n"
    "  - expect: echo.bytes == 192\n"
    "  - expect: vq.echo.requests == 3\n"
    "  - deliver: {irq: echo, at: virtio_dequeue before}\n"
    "  - say: {times: 1}\n"
    "finally:\n  - echo.bytes == 256\n  - irq.config == 2\n";

TEST(runs_on_every_machine)
{
	DOC(doc) = fixture_doc("t.yaml", echoes, vocab());
	struct module_error error;
	struct run_result result;
	struct scenario_case *cases;
	const char *build = getenv("BUILD");
	char path[512];
	size_t count;
	struct run_options options = { 0 };

	snprintf(path, sizeof(path), "%s/tests/device/echo.so", build != NULL ? build : "build");
	options.module = module_open(path, &error);
	if (options.module == NULL)
		ck_abort_msg("%s", error.text);
	cases = scenario_cases(doc, NULL, &count);
	ck_assert_uint_eq(count, 4);
	for (size_t i = 0; i < count; i++) {
		run_case(&cases[i], &options, &result);
		for (size_t k = 0; k < result.findings.count; k++)
			fprintf(stderr, "%s: %s: %s\n", cases[i].id,
			    result.findings.item[k].rule->id, result.findings.item[k].text);
		ck_assert_uint_eq(result.findings.count, 0);
		ck_assert_msg(result.failures == 0, "%s: expected %s, actual %s", cases[i].id,
		    result.failure[0].expected, result.failure[0].actual);
		ck_assert_int_eq(result.end, WORLD_STOPPED);
		run_result_fini(&result);
	}
	scenario_cases_free(cases, count);
	module_close(options.module);
}

/* A type that is not the default is printed, so that the file reads back. */
TEST(prints_what_it_is)
{
	DOC(doc) = fixture_doc("t.yaml", echoes, vocab());
	DOC(again) = NULL;
	HEAP(text) = PRINTED(to, scenario_print(doc->scenario[0], to));
	HEAP(twice) = NULL;

	HAS(text, "device: {type: echo}\n", "    say: 3\n");
	again = fixture_doc("t.yaml", text, vocab());
	twice = PRINTED(to, scenario_print(again->scenario[0], to));
	ck_assert_str_eq(twice, text);
	ck_assert_ptr_eq(again->scenario[0]->device.type, &echo_class.language);
}

/* Each type has its own language: what one of them knows the other does not. */
static const struct { const char *text, *message; } wrong[] = {
	{ HEAD "device: {type: echo}\nsteps:\n  - target: 3\n", "unknown verb or key \"target\"" },
	{ HEAD "steps:\n  - say: 3\n", "unknown verb or key \"say\"" },
	{ HEAD "device: {type: echo, latency: 1ms}\nsteps:\n  - say: 3\n",
	    "unknown key \"latency\" in device" },
	{ HEAD "device: {type: echo}\nsteps:\n  - expect: host.actual == 3\n",
	    "nothing called \"host.actual\" can be observed" },
	{ HEAD "device: {type: echo}\nsteps:\n  - irq: {source: inflate}\n",
	    "unknown interrupt source \"inflate\"" },
	{ HEAD "device: {type: ecko}\nsteps:\n  - note: x\n", "did you mean \"echo\"?" },
};

TEST_EACH(types_do_not_share_words, wrong)
{
	HEAP(messages) = fixture_errors_with("t.yaml", wrong[_i].text, strlen(wrong[_i].text),
	    vocab());

	ck_assert_ptr_nonnull(messages);
	HAS(messages, wrong[_i].message);
}

/* With several types each has a schema of its own, and `type` says which holds. */
TEST(schema_knows_both_types)
{
	HEAP(text) = PRINTED(to, scenario_schema_print(vocab(), to));
	json_t *schema = json_loads(text, 0, NULL), *defs;

	ck_assert_ptr_nonnull(schema);
	defs = json_object_get(schema, "$defs");
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(schema, "then"),
	    "$ref")), "#/$defs/echo");
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(schema, "else"),
	    "$ref")), "#/$defs/balloon");
	/* The observables, too, are those of the type. */
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(json_object_get(defs,
	    "balloon-expectation"), "pattern")), "host\\.actual"));
	ck_assert_ptr_null(strstr(json_string_value(json_object_get(json_object_get(defs,
	    "echo-expectation"), "pattern")), "host\\.actual"));
	for (size_t i = 0; vocab()->devices[i] != NULL; i++) {
		json_t *steps = json_object_get(json_object_get(json_object_get(defs,
		    vocab()->devices[i]), "properties"), "steps");
		json_t *verbs = json_object_get(json_object_get(steps, "items"), "properties");

		ck_assert_ptr_nonnull(json_object_get(verbs, "expect"));
		ck_assert_int_eq(json_object_get(verbs, "say") != NULL, i == 1);
		ck_assert_int_eq(json_object_get(verbs, "target") != NULL, i == 0);
	}
	json_decref(schema);
}

TEST(guide_is_of_one_type)
{
	struct scenario_vocab echo = scenario_vocab_of(vocab(), &echo_class.language);
	HEAP(text) = PRINTED(to, scenario_describe(&echo, 80, to));

	HAS(text, "\n  say ", "balloon echo\n");
	LACKS(text, "\n  storm ");
}

SUITE(device_echo, .reads = "build/tests/device")
