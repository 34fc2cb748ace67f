/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of sim/scenario share: a small vocabulary, two examples, and loading
 * from text.
 */
#ifndef VIOSIM_TESTS_SCENARIO_FIXTURE_H
#define VIOSIM_TESTS_SCENARIO_FIXTURE_H

#include "scenario/scenario.h"

/* The types of device that viosim has, and its observables; few calls, faults and rules. */
const struct scenario_vocab *fixture_vocab(void);

/* The example of the format's description, with the path it belongs to. */
extern const char fixture_example[];
#define FIXTURE_EXAMPLE_PATH "scenarios/inflate/odd-target.yaml"

/* Every verb, every key, every form of value; path "all.yaml". */
extern const char fixture_everything[];

/* The start of a scenario called t at path "t.yaml", and the same with steps. */
#define FIXTURE_HEAD "format: 1\nscenario: t\nsummary: s\n"
#define FIXTURE_STEPS FIXTURE_HEAD "steps:\n"
#define FIXTURE_STEP FIXTURE_STEPS "  - target: 1\n"

/* DOC(doc) = ...: a document that is freed when its block ends. */
#define DOC(name) __attribute__((cleanup(fixture_free))) struct scenario_doc *name
void	fixture_free(struct scenario_doc **doc);

/* With that vocabulary; a failing load fails the test, with its messages. */
struct scenario_doc *fixture_doc(const char *path, const char *text,
    const struct scenario_vocab *vocab);
/* The same with the fixture's; without a path it is "t.yaml". */
struct scenario_doc *fixture_load(const char *text);
struct scenario_doc *fixture_load_as(const char *path, const char *text);

/* What loading the text says, NULL if it loads; heap. */
char	*fixture_errors(const char *text);
char	*fixture_errors_of(const char *path, const char *text, size_t size);
char	*fixture_errors_with(const char *path, const char *text, size_t size,
	    const struct scenario_vocab *vocab);

/* All that a printer writes; heap. */
char	*fixture_print(const struct scenario *);

#endif
