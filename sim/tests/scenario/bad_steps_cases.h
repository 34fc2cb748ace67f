/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenarios that read well and yet cannot be meant, for test_bad.c.
 */
#ifndef VIOSIM_TESTS_SCENARIO_BAD_STEPS_CASES_H
#define VIOSIM_TESTS_SCENARIO_BAD_STEPS_CASES_H

#include "tests/scenario/bad_cases.h"

#define BAD_EVENT(text, says) BAD_STEPS(text, says, "event")

/* What must have come before, and when */
static const struct bad bad_in_all_steps[] = {
	BAD_STEP("  - guest: {use: 99999999 pages}\n", "5:18: no machine of this scenario has more "
	    "than 16384 pages of memory"),
	BAD_STEP("  - guest: {use: 64MiB}\n  - guest: {use: 65MiB}\nmachines: [{}, {memory: "
	    "32MiB}]\n", "6:18: no machine of this scenario has more than 16384 pages of memory"),
	BAD_STEP("  - guest: {use: 1}\n  - guest: {release: 1GiB}\n",
	    "6:22: no machine of this scenario has more than 16384 pages of memory"),
	BAD_STEP("  - guest: {release: 1}\n", "5:22: nothing to release: there is no `guest: {use: "
	    "...}` before"),
	BAD_STEP("  - guest: {use: 1}\n  - guest: {reboot: true}\n  - guest: {release: 1}\n",
	    "7:22: nothing to release: there is no `guest: {use: ...}` before"),
	BAD_FAIL("  - heal: all\n", "5:11: no fault is armed here"),
	BAD_FAIL("  - fail: {id: a, call: uvm_pglistalloc}\n  - heal: a\n  - heal: all\n",
	    "7:11: no fault is armed here"),
	BAD_FAIL("  - fail: {id: a, call: uvm_pglistalloc}\n  - heal: all\n  - heal: a\n",
	    "7:11: \"a\" was healed before, in line 6"),
	BAD_STEP("  - device: {resume: inflate}\n", "5:22: no step before pauses the queue "
	    "\"inflate\""),
	BAD_STEP("  - device: {pause: deflate}\n  - device: {resume: inflate}\n",
	    "6:22: no step before pauses the queue \"inflate\""),
	BAD_STEP("  - device: {pause: inflate}\n  - device: {resume: inflate}\n  - device: "
	    "{resume: inflate}\n", "7:22: no step before pauses the queue \"inflate\""),
	BAD_TIME("  - at: 5s\n    expect: mem.free > 1\n    for: 10s\n  - at: 6s\n    target: 1\n",
	    "8:9: this step is at 6s, but the one of line 5 is not over before 15s"),
	BAD_TIME("  - at: 5s\n    storm: {targets: [1, 2], every: 1s, count: 4}\n  - at: 7s\n    "
	    "target: 1\n", "7:9: this step is at 7s, but the one of line 5 is not over before 8s"),
	BAD_TIME("  - at: 5s\n    target: 1\n  - at: +3s\n    target: 2\n  - at: 7s\n    target: "
	    "1\n", "9:9: this step is at 7s, but the one of line 7 is not over before 8s"),
	BAD_TIME("  - at: 10ticks\n    target: 1\n  - at: 90ms\n    target: 2\n",
	    "7:9: this step is at 90ms, earlier than the one of line 5 (100ms)"),
	BAD_TIME("  - at: 5s\n    expect: mem.free > 1\n    for: 10s\nlimits: {time: 10s}\n",
	    "7:10: this step ends at the earliest at 15s, beyond the time limit of the run "
	    "(limits: {time: ...})"),
	BAD_TIME("  - at: +200s\n    target: 1\n", "5:9: this step is beyond the time limit of the "
	    "run (limits: {time: ...})"),
	BAD_STEP("  - hold: {thread: viomb, until: the ende}\n  - name: the end\n    note: x\n",
	    "5:34: there is no step named \"the ende\"; did you mean \"the end\"?"),
};

/* Expectations that check nothing, as a step; and wherever they are, behind line and column */
#define IS_TRUE(text, at, when, why) \
	{ text, { at "this is " when " true: " why " [scenario.expectation]" } }
#define IS_NEVER(text, at, why) IS_TRUE(text, at, "never", why)
#define IS_ALWAYS(text, at, why) IS_TRUE(text, at, "always", why)
#define NEVER(claim, why) IS_NEVER(FIXTURE_STEPS "  - expect: " claim "\n", "5:13: ", why)
#define ALWAYS(claim, why) IS_ALWAYS(FIXTURE_STEPS "  - expect: " claim "\n", "5:13: ", why)
#define NO_SUCH_MEMORY "no machine of this scenario has more than 64MiB of memory"
#define NO_SUCH_PART "no part of the memory is more than mem.total"
#define THE_SAME "both sides observe the same"
static const struct bad bad_expects[] = {
	NEVER("host.actual < 0", "host.actual is never below 0"),
	ALWAYS("host.actual >= 0", "host.actual is never below 0"),
	ALWAYS("host.actual == host.actual", THE_SAME),
	NEVER("host.actual != host.actual", THE_SAME),
	ALWAYS("host.actual + 1 > host.actual", THE_SAME),
	NEVER("mem.free > 1TiB", NO_SUCH_MEMORY),
	NEVER("mem.balloon > mem.total", NO_SUCH_PART),
	ALWAYS("mem.total - mem.free >= 0", NO_SUCH_PART),
	NEVER("host.held > mem.total", NO_SUCH_PART),
	ALWAYS("mem.free <= 64MiB", NO_SUCH_MEMORY),
	NEVER("mem.balloon == 16385", NO_SUCH_MEMORY),
	NEVER("mem.free in 17000..18000", NO_SUCH_MEMORY),
	NEVER("host.actual == 1TiB", NO_SUCH_MEMORY),
	NEVER("host.held > 64MiB", NO_SUCH_MEMORY),
	NEVER("host.target == 4294967296", "host.target has 32 bits"),
	NEVER("vq.inflate.requests + vq.deflate.requests < 0", "no such number is below 0"),
	NEVER("thread.sleep < 0", "thread.sleep is never below 0"),
	ALWAYS("count(log ~ \"x\") >= 0", "count(log ~ \"x\") is never below 0"),
	IS_ALWAYS(FIXTURE_STEPS "  - wait: mem.free >= 0\n    within: 1s\n", "5:11: ",
	    "mem.free is never below 0"),
	IS_ALWAYS(FIXTURE_STEP "always: [host.actual >= 0]\n", "6:10: ",
	    "host.actual is never below 0"),
	IS_NEVER(FIXTURE_STEP "never: [{id: a, that: mem.free > 64MiB}]\n", "6:23: ",
	    NO_SUCH_MEMORY),
	IS_NEVER(FIXTURE_STEP "finally: [\"mem.balloon == 128MiB\"]\nmachines: [{memory: 32MiB}, "
	    "{memory: 64MiB}]\n", "6:12: ", NO_SUCH_MEMORY),
	IS_NEVER(FIXTURE_STEPS "  - expect: $e\nmatrix: {e: [mem.free > 1, mem.free > 1TiB]}\n",
	    "6:28: ", NO_SUCH_MEMORY " (as $e in line 5)"),
};

/* Near misses of keys, numbers and words */
static const struct bad bad_near[] = {
	BAD_STEPS("  - target:512\n", "5:5: a step is a map of keys, not a single value; a space "
	    "is missing after the colon of \"target\"", "type"),
	BAD_STEPS("  - target 512\n", "5:5: a step is a map of keys, not a single value; a colon "
	    "is missing after \"target\"", "type"),
	BAD_STEPS("  - at:1s\n", "5:5: a step is a map of keys, not a single value; a space is "
	    "missing after the colon of \"at\"", "type"),
	BAD_HEAD("machine: hz:100\nsteps: [{note: x}]\n", "4:10: machine is a map of keys, not a "
	    "single value; a space is missing after the colon of \"hz\"", "type"),
	BAD_TARGET("512.5 pages", "pages are counted whole"),
	BAD_TARGET("1.5GiB", "a number is whole: write 1536MiB"),
	BAD_TARGET("1.3B", "a whole number is expected"),
	BAD_AT("1.5s", "a number is whole: write 1500ms"),
	BAD_AT("0.0005 s", "a number is whole: write 500us"),
	BAD_AT("1.5ticks", "a whole number is expected"),
	BAD_AT("0.5ns", "a whole number is expected"),
	BAD_AT("1e1s", "a number is written out, without an exponent"),
	BAD_TARGET("1e3", "a number is written out, without an exponent"),
	BAD_TARGET("1,000", "digits are written without separators"),
	BAD_BELOW("machine: {cpus: 1.5}\n", "6:17: \"1.5\": a whole number is expected", "value"),
	BAD_BELOW("machine: {diagnostic: Off}\n",
	    "6:23: \"Off\": true or false is expected; did you mean \"false\"?", "value"),
	BAD_BELOW("machine: {diagnostic: TRUE}\n",
	    "6:23: \"TRUE\": true or false is expected; did you mean \"true\"?", "value"),
	BAD_BELOW("machine: {diagnostic: 2}\n", "6:23: \"2\": true or false is expected", "value"),
	BAD_BELOW("device: {keeps_actual: no}\n",
	    "6:24: \"no\": true or false is expected; did you mean \"false\"?", "value"),
	BAD_VALUE("  - storm: {targets: [1, 2], every: 0ms}\n",
	    "5:37: \"every\" must be longer than 0"),
};

/* Needs, and what only they refer to */
static const struct bad bad_needs[] = {
	BAD_BELOW("needs: [feature.MUST_TELL == 1]\n", "6:9: there is no feature \"MUST_TELL\"; "
	    "did you mean \"MUST_TELL_HOST\"?", "expectation"),
	BAD_BELOW("needs: [possible.uvm_pglistalloc > 0]\n", "6:9: there is no fault "
	    "\"uvm_pglistalloc\"; did you mean \"uvm_pglistalloc.enomem\"?", "expectation"),
	BAD_BELOW("needs: [calls.mutex_enter >= 0]\n",
	    "6:9: this is always true: calls.mutex_enter is never below 0", "expectation"),
	BAD_BELOW("needs: [fail.x.hits == 1]\n",
	    "6:9: no step arms a fault with the id \"x\"", "fail-id"),
};

/* Lists of events */
static const struct bad bad_events[] = {
	BAD_EVENT("  - expect-trace: []\n", "5:19: a list without events expects nothing"),
	BAD_STEPS("  - expect-trace: notify\n",
	    "5:19: \"expect-trace\" is a list, not a single value", "type"),
	BAD_STEPS("  - expect-trace: [notfy]\n",
	    "5:20: unknown kernel call or event \"notfy\"; did you mean \"notify\"?", "name"),
	BAD_STEPS("  - expect-trace: [virtio_dequeu: {queue: inflate}]\n", "5:20: unknown kernel "
	    "call or event \"virtio_dequeu\"; did you mean \"virtio_dequeue\"?", "name"),
	BAD_EVENT("  - expect-trace: [notify: {quue: inflate}]\n",
	    "5:29: notify has no argument \"quue\" (queue); did you mean \"queue\"?"),
	BAD_EVENT("  - expect-trace: [virtio_reset: {queue: inflate}]\n",
	    "5:35: virtio_reset has no arguments"),
	BAD_EVENT("  - expect-trace: [notify: inflate]\n", "5:28: the arguments of notify are a "
	    "map, as in {queue: 0}; leave them out where they do not matter"),
	BAD_EVENT("  - expect-trace: [[notify]]\n", "5:20: an event is a kernel call or one of the "
	    "words of `viosim describe events`, alone or with arguments behind a colon"),
	BAD_VALUE("  - expect-trace: [notify: {queue: inflat}]\n", "5:36: \"inflat\" is no value "
	    "of \"queue\" (inflate, deflate, or a number); did you mean \"inflate\"?"),
	BAD_VALUE("  - expect-trace: [bus_dmamap_sync: {ops: PREREAD|POSTRED}]\n", "5:43: "
	    "\"PREREAD|POSTRED\" is no value of \"ops\" (PREREAD, POSTREAD, PREWRITE, POSTWRITE, "
	    "or a number)"),
	BAD_VALUE("  - expect-trace: [take: {entries: -1}]\n",
	    "5:36: \"-1\": a negative number has no meaning here"),
	BAD_VALUE("  - expect-trace: [virtio_enqueue: {write: 2}]\n",
	    "5:44: \"2\": true or false is expected"),
	BAD_STEP("  - expect: mem.free > 1\n    exactly: true\n",
	    "6:5: \"exactly\" does not go with \"expect\""),
	BAD_STEP("  - expect-trace: [notify]\n    for: 1s\n",
	    "6:5: \"for\" does not go with \"expect-trace\""),
};

/* Values of the matrix are shown where they stand */
static const struct bad bad_params[] = {
	BAD_STEPS("  - expect: $e\nmatrix: {e: [mem.free > 1, mem.fre > 1]}\n", "6:28: nothing "
	    "called \"mem.fre\" can be observed; did you mean \"mem.free\"? (as $e in line 5)",
	    "expectation"),
	BAD_STEP("  - guest: {use: $n}\nmatrix: {n: [1 page, 2GiB]}\n", "6:22: no machine of this "
	    "scenario has more than 16384 pages of memory (as $n in line 5)"),
	BAD_BELOW("device: {queue_size: {inflate: 64, deflate: 100}}\n",
	    "6:45: a queue size is a power of two, or 0 for no queue", "value"),
	BAD_BELOW("device: {queue_size: $q}\nmatrix: {q: [64, 100]}\n",
	    "7:18: a queue size is a power of two, or 0 for no queue (as $q in line 6)", "value"),
	BAD_TIME("  - at: 2s\n    target: 1\n  - at: $t\n    target: 2\nmatrix: {t: [1s, 3s]}\n",
	    "9:14: this step is at 1s, earlier than the one of line 5 (2s) (as $t in line 7)"),
	BAD_FAIL("  - heal: $id\nmatrix: {id: [a, all]}\n",
	    "6:15: no step arms a fault with the id \"a\" (as $id in line 5)"),
	BAD_BELOW("extends: t.yaml\n", "6:10: a file cannot extend itself", "extends"),
	BAD_BELOW("extends: ./x/../t.yaml\n", "6:10: a file cannot extend itself", "extends"),
};

#endif
