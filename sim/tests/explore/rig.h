/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of sim/explore share: trials of a driver.
 */
#ifndef VIOSIM_TESTS_EXPLORE_RIG_H
#define VIOSIM_TESTS_EXPLORE_RIG_H

#include <stdlib.h>

#include "explore/edit.h"
#include "explore/tally.h"
#include "explore/trial.h"
#include "scenario/scenario.h"
#include "tests/scenario/fixture.h"

struct rig {
	struct module *module;
	struct trial trial;
	struct scenario_doc *doc;	/* of rig_load() */
	struct scenario_case *cases;
	size_t count;
	struct run_options how;		/* of rig_case(): what is not usual */
	struct run_result run;		/* of the last rig_case() */
};

/* A small scenario: attach, so many pages, settle.  Below it a test may put more steps. */
#define RIG_HEAD \
	"format: 1\nscenario: t\nsummary: s\n" \
	"machine: {memory: 64MiB}\n" \
	"machines: [{transport: virtio-1.0, dma: coherent}]\n" \
	"device: {type: balloon, latency: 1us}\n"
#define RIG_TARGET(pages) RIG_HEAD \
	"steps:\n  - at: 1s\n    target: " pages " pages\n  - settle: {within: 1s}\n"
#define RIG_SCENARIO RIG_TARGET("64")

/* With the driver that was built: $VIOSIM_MODULE, else build/viomb.so.  No defect is known. */
void rig_init(struct rig *rig);
/* With the driver of modules/small.c, which is right but where the host asks for a mistake. */
void rig_init_small(struct rig *rig);
/* With the driver of modules/NAME.c. */
void rig_init_named(struct rig *rig, const char *name);
void rig_fini(struct rig *rig);

/* The first case of a scenario text; a failing load fails the test with its messages. */
const struct scenario_case *rig_load(struct rig *rig, const char *text);

/* Line of modules/small.c that ends in the comment HERE and that word. */
unsigned rig_line(const char *word);
/* The same of modules/NAME.c. */
unsigned rig_line_named(const char *name, const char *word);

/* One run of it. */
void rig_run(struct rig *rig, struct inject_points *points, struct trial_result *result);
/* The finding of that rule; none fails the test. */
const struct trial_finding *rig_finding(const struct trial_result *result, const char *rule);
/* Did an exploration find that, with those words in it? */
bool rig_found(const struct tally *tally, const char *rule, const char *words);
/* Load the scenario and run its first case as `viosim run` does. */
void rig_case(struct rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What failed there as the nth thing (`actual` NULL: whatever came), or that nothing did. */
void rig_assert_failed(const struct rig *rig, unsigned n, const char *what, const char *expected,
    const char *actual);
void rig_assert_good(const struct rig *rig);

/* A scenario text; a failing load fails the test with its messages. */
struct scenario_doc *rig_doc(const char *path, const char *text);
/* Each scenario file of the tree. */
void rig_each_file(void (*look)(void *arg, const struct scenario_doc *doc), void *arg);
/* Its first scenario on one of its machines, without a seed. */
struct edit *rig_edit(const struct scenario_doc *doc, size_t machine);
/* The edit as a file, named t; heap. */
char *rig_text(struct edit *edit);

/* The rig of suites whose tests all have one. */
extern struct rig the_rig;
void rig_setup(void);
void rig_setup_small(void);
void rig_teardown(void);

/* An edit that ends with its block. */
#define EDIT(name) __attribute__((cleanup(rig_end_edit))) struct edit *name
static inline void
rig_end_edit(struct edit **edit)
{
	edit_free(*edit);
}

/* A test with a rig, `rig`, that one of these functions makes. */
#define RIG_TEST(name, init) TEST_WITH_IN(name, struct rig, struct rig *rig, init, rig_fini)

#endif /* VIOSIM_TESTS_EXPLORE_RIG_H */
