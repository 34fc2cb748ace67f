/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/checks: what is said of expectations when the run ends before they are
 * decided.  The driver is the one that was built; its thread wakes up every 30 s.
 */
#include "base/alloc.h"
#include "run/run.h"
#include "tests/explore/rig.h"
#include "tests/run/build_module.h"
#include "tests/suite.h"

static struct run_result *const result = &the_rig.run;

/* 10 s in ticks: the loader does not know their length, and refuses no step that is longer. */
static void
run(const char *rest)
{
	rig_case(&the_rig, RIG_HEAD "limits: {time: 1000ticks}\n%s", rest);
}

/* What is cut is not decided; what was false before is false.  It is the first failure. */
static const struct { const char *steps, *what, *actual; } cuts[] = {
	{ "  - {at: 1s, target: 8 pages}\n  - expect: mem.balloon == 0\n    for: 50s\n",
	    "expect", "mem.balloon = 8 pages" },
	{ "  - expect: mem.balloon == 5\n    within: 12500ms\n",
	    "expect", "not decided: the run ended at 10s by limits.time, before 12.5s" },
	/* More than there is, so it never settles. */
	{ "  - {at: 1s, target: 20000 pages}\n  - settle: {within: 60s}\n",
	    "settle", "not decided: the run ended at 10s by limits.time, before 61s" },
};

TEST_EACH(what_is_cut_is_not_decided, cuts)
{
	HEAP(text) = xasprintf("steps:\n%s", cuts[_i].steps);

	run(text);
	rig_assert_failed(&the_rig, 0, cuts[_i].what, NULL, cuts[_i].actual);
}

TEST(for_that_is_cut_is_not_false)
{
	run("steps:\n  - expect: mem.balloon == 0\n    for: 50s\n");
	rig_assert_failed(&the_rig, 0, "expect", NULL,
	    "not decided: the run ended at 10s by limits.time, before 50s");
	ck_assert_str_eq(result->failure[0].expected, "mem.balloon == 0");
	rig_assert_failed(&the_rig, 1, "limits", NULL, "the run reached its limit of time");
	ck_assert_uint_eq(result->failures, 2);
}

TEST(within_that_is_over_is_false)
{
	run("steps:\n  - expect: mem.balloon == 5\n    within: 5s\n");
	rig_assert_failed(&the_rig, 0, "expect", NULL, "mem.balloon = 0 pages");
	ck_assert_uint_eq(result->failures, 1);
	ck_assert_uint_eq(result->undecided.steps + result->undecided.claims +
	    result->undecided.finally, 0);
}

TEST(what_the_run_does_not_come_to_is_counted)
{
	run("steps:\n  - expect: mem.balloon == 0\n    for: 50s\n"
	    "  - {target: 8 pages}\n"
	    "  - settle: {within: 1s}\n  - expect: host.actual == 8\n"
	    "always:\n  - mem.balloon < 100\n  - mem.balloon == 1\n"
	    "never:\n  - host.actual > 100\n"
	    "finally:\n  - mem.balloon == 8\n");
	ck_assert_uint_eq(result->undecided.steps, 2);
	/* One of them was false before. */
	ck_assert_uint_eq(result->undecided.claims, 2);
	ck_assert_uint_eq(result->undecided.finally, 1);
	ck_assert_str_eq(result->undecided.why, "the run ended at 10s by limits.time");
}

TEST(limit_of_events_is_named)
{
	rig_case(&the_rig, RIG_HEAD "limits: {events: 130}\n"
	    "steps:\n  - expect: host.actual == 64\n    within: 900s\n");
	ck_assert_uint_ge(result->failures, 1);
	HAS(result->failure[0].actual, "by limits.events");
}

/* A driver of another device: one finding says so, and nothing is said of the scenario. */
TEST(driver_of_another_device_is_one_finding)
{
	static const char driver[] =
	    "#include <sys/param.h>\n#include <sys/systm.h>\n#include <sys/device.h>\n"
	    "#include <dev/pci/virtiovar.h>\n"
	    "static int match(device_t p, cfdata_t c, void *aux)\n"
	    "{ return ((struct virtio_attach_args *)aux)->sc_childdevid == 4; }\n"
	    "static void attach(device_t p, device_t self, void *aux) { }\n"
	    "CFATTACH_DECL_NEW(viornd, 1, match, attach, NULL, NULL);\n";
	struct run_options options = { .module = NULL };

	build_begin();
	build_module("viornd", driver, "");
	options.module = build_open("viornd.so");
	run_case(rig_load(&the_rig, RIG_HEAD "steps:\n"
	    "  - fail: {id: a, call: virtio_alloc_vq.fails}\n"
	    "  - expect: mem.balloon == 5\nfinally: [host.held == 3]\n"), &options, result);
	ck_assert(result->refused);
	ck_assert_uint_eq(result->failures_all, 0);
	ck_assert_uint_eq(result->findings.count, 1);
	ck_assert_str_eq(result->findings.item[0].text, "the driver does not match virtio device 5 "
	    "(memory balloon), the only one of this machine: is it the driver of another device?");
	module_close(options.module);
	build_end();
}

SUITE(run_undecided, .setup = rig_setup, .teardown = rig_teardown, .reads = VIOSIM_CC " " DRIVER)
