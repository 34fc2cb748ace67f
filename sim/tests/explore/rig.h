/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of sim/explore share: trials of a driver.
 */
#ifndef VIOSIM_TESTS_EXPLORE_RIG_H
#define VIOSIM_TESTS_EXPLORE_RIG_H

#include "explore/trial.h"
#include "scenario/scenario.h"

struct rig {
	struct module *module;
	struct trial trial;
	struct scenario_doc *doc;	/* of rig_load() */
	struct scenario_case *cases;
	size_t count;
};

/* A small scenario: attach, 64 pages, settle.  Below it a test may put more steps. */
#define RIG_HEAD \
	"format: 1\nscenario: t\nsummary: s\n" \
	"machine: {memory: 64MiB}\n" \
	"machines: [{transport: virtio-1.0, dma: coherent}]\n" \
	"device: {type: balloon, latency: 1us}\n"
#define RIG_SCENARIO RIG_HEAD \
	"steps:\n" \
	"  - at: 1s\n" \
	"    target: 64 pages\n" \
	"  - settle: {within: 1s}\n"

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

/* A test with a rig, `rig`, that one of these functions makes. */
#define RIG_TEST(name, init) TEST_WITH_IN(name, struct rig, struct rig *rig, init, rig_fini)

#endif /* VIOSIM_TESTS_EXPLORE_RIG_H */
