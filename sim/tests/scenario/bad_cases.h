/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bad scenario files and the errors for them, for test_bad.c.
 */
#ifndef VIOSIM_TESTS_SCENARIO_BAD_CASES_H
#define VIOSIM_TESTS_SCENARIO_BAD_CASES_H

#include "tests/scenario/fixture.h"

/* A text and the first lines of all its errors, without "t.yaml:" and "error: ". */
struct bad {
	const char *text;
	const char *errors[4];
};

/* A text, steps, keys below one step or a head; what is said of it, behind line and column. */
#define BAD_FILE(text, says, tag) { text, { says " [scenario." tag "]" } }
#define BAD_STEPS(text, says, tag) BAD_FILE(FIXTURE_STEPS text, says, tag)
#define BAD_BELOW(text, says, tag) BAD_FILE(FIXTURE_STEP text, says, tag)
#define BAD_HEAD(text, says, tag) BAD_FILE(FIXTURE_HEAD text, says, tag)
#define BAD_STEP(text, says) BAD_STEPS(text, says, "step")
#define BAD_TIME(text, says) BAD_STEPS(text, says, "time")
#define BAD_FAIL(text, says) BAD_STEPS(text, says, "fail-id")
#define BAD_VALUE(text, says) BAD_STEPS(text, says, "value")

#define BAD_FAULT(rest, says, tag) BAD_STEPS("  - fail: {id: a, call: " rest "}\n", says, tag)
#define BAD_DELIVER(rest, says, tag) \
	BAD_STEPS("  - deliver: {irq: inflate, at: " rest "}\n", says, tag)

/* One value of a step, and what is said behind it. */
#define BAD_TARGET(value, says) \
	BAD_VALUE("  - target: " value "\n", "5:13: \"" value "\": " says)
#define BAD_AT(value, says) \
	BAD_VALUE("  - at: " value "\n    target: 1\n", "5:9: \"" value "\": " says)
#define BAD_LINE(value, says) BAD_VALUE("  - hold: {thread: viomb, at: \"" value "\", " \
	"for: 1s}\n", "5:32: \"" value "\": " says)

#define BAD_POINT_FORMS "\"config entry\", \"virtio_dequeue#2 before\", " \
	"\"line 351#2\" or access#17"

/* What YAML has and scenarios do without */
static const struct bad bad_yaml[] = {
	BAD_BELOW("tags: &x [a]\n", "6:7: anchors are not used in scenarios; a text that begins "
	    "with \"&\" needs quotes", "yaml"),
	BAD_BELOW("tags: *x\n", "6:7: aliases are not used in scenarios: write the value out, or "
	    "put a text that begins with \"*\" in quotes", "yaml"),
	BAD_BELOW("tags: !!seq [a]\n", "6:7: tags are not used in scenarios; a text that begins "
	    "with \"!\" needs quotes", "yaml"),
	BAD_FILE("%YAML 1.2\n---\nformat: 1\nscenario: t\nsummary: s\nsteps:\n  - target: 1\n",
	    "1:1: directives are not used in scenarios", "bytes"),
	BAD_BELOW("machine: {<<: {hz: 1}}\n",
	    "6:11: merge keys are not used in scenarios (see `extends`)", "key"),
	BAD_BELOW("tags: [a]\ntags: [b]\n",
	    "7:1: the key \"tags\" stands here twice (first in line 6)", "duplicate-key"),
	BAD_BELOW("? [a, b]\n: 1\n", "6:3: a key must be a word", "key"),
	BAD_BELOW("? {a: b}\n: 1\n", "6:3: a key must be a word", "key"),
	BAD_BELOW("\"\": 1\n", "6:2: a key must be a word", "key"),
	BAD_FILE("", "1:1: the file holds nothing", "empty"),
	BAD_FILE("# nothing\n", "1:1: the file holds nothing", "empty"),
	BAD_FILE("- a\n", "1:1: a scenario is a map of keys, not a list", "type"),
	BAD_FILE("just text\n", "1:1: a scenario is a map of keys, not a single value", "type"),
	BAD_FILE("~\n", "1:1: a scenario is a map of keys, not a single value", "type"),
};

/* Values that are not there */
static const struct bad bad_null[] = {
	BAD_BELOW("tags:\n", "6:1: \"tags\" has no value", "null"),
	BAD_BELOW("tags: ~\n", "6:7: \"~\" is not a value: omit the key instead", "null"),
	BAD_BELOW("tags: [null]\n", "6:8: \"null\" is not a value: omit the key instead", "null"),
	BAD_BELOW("  -\n", "5:3: entry 2 of this list is empty", "null"),
	{ FIXTURE_STEPS, { "4:1: \"steps\" has no value [scenario.null]" } },
};

/* Keys, verbs and kinds of values */
static const struct bad bad_keys[] = {
	{ "scenario: t\n", { "1:1: scenario needs the key \"format\": version of the format: 1 "
	    "[scenario.missing-key]", "1:1: scenario needs the key \"steps\": what happens, in "
	    "order; one verb each [scenario.missing-key]", "1:1: scenario needs the key "
	    "\"summary\": one sentence that a kernel developer understands "
	    "[scenario.missing-key]" } },
	BAD_BELOW("sumary: x\n",
	    "6:1: unknown key \"sumary\" in scenario; did you mean \"summary\"?", "unknown-key"),
	BAD_BELOW("machine: {memry: 1GiB}\n",
	    "6:11: unknown key \"memry\" in machine; did you mean \"memory\"?", "unknown-key"),
	BAD_STEPS("  - targt: 5\n",
	    "5:5: unknown verb or key \"targt\"; did you mean \"target\"?", "unknown-key"),
	BAD_STEPS("  - target: {page: 5}\n",
	    "5:14: unknown key \"page\" in target; did you mean \"pages\"?", "unknown-key"),
	BAD_STEPS("  - xyzzy: 5\n", "5:5: unknown verb or key \"xyzzy\"", "unknown-key"),
	BAD_STEP("  - target: 5\n    note: x\n",
	    "6:5: a step has one verb: \"target\" and \"note\" are two steps"),
	BAD_STEP("  - at: 1s\n", "5:5: this step has no verb"),
	BAD_STEPS("  - note\n", "5:5: a step is a map of keys, not a single value", "type"),
	BAD_STEPS("  - [a]\n", "5:5: a step is a map of keys, not a list", "type"),
	BAD_HEAD("steps: []\n", "4:8: a scenario without steps tests nothing", "step"),
	BAD_HEAD("steps: 5\n", "4:8: \"steps\" is a list, not a single value", "type"),
	BAD_HEAD("steps: {target: 1}\n", "4:8: \"steps\" is a list, not a map", "type"),
	{ FIXTURE_HEAD, { "1:1: scenario needs the key \"steps\": what happens, in order; one "
	    "verb each [scenario.missing-key]" } },
	BAD_BELOW("machine: 5\n", "6:10: machine is a map of keys, not a single value", "type"),
	BAD_BELOW("machine: [a]\n", "6:10: machine is a map of keys, not a list", "type"),
	BAD_BELOW("tags: smoke\n", "6:7: \"tags\" is a list, not a single value", "type"),
	BAD_BELOW("tags: []\n", "6:7: \"tags\" is an empty list", "value"),
	BAD_BELOW("tags: [a, a]\n", "6:11: \"a\" stands in the list twice", "value"),
	BAD_BELOW("tags: [a b]\n", "6:8: \"tags\" must be a word of letters, digits, '_', '-' and "
	    "'.', not \"a b\"", "value"),
	BAD_BELOW("tags: [[a]]\n", "6:8: a single value is expected, not a list", "type"),
};

/* Single values */
static const struct bad bad_values[] = {
	BAD_FILE("format: 2\nscenario: t\nsummary: s\nsteps: [{note: x}]\n",
	    "1:9: \"2\": this program reads format 1", "value"),
	BAD_FILE("format: 1\nscenario: /t\nsummary: s\nsteps: [{note: x}]\n",
	    "2:11: \"/t\": a scenario is named like area/situation", "value"),
	BAD_FILE("format: 1\nscenario: u\nsummary: s\nsteps: [{note: x}]\n",
	    "2:11: the scenario in this file is called \"t\", not \"u\"", "path"),
	BAD_FILE("format: 1\nscenario: t\nsummary: |\n  a\n  b\nsteps: [{note: x}]\n",
	    "4:1: \"summary\" is one line of text", "value"),
	BAD_FILE("format: 1\nscenario: t\nsummary: \"\"\nsteps: [{note: x}]\n",
	    "3:11: \"summary\" is empty", "value"),
	BAD_VALUE("  - target: 4294967296\n",
	    "5:13: \"pages\" is at most 4294967295, not 4294967296"),
	BAD_TARGET("99999999999999999999999", "the number is too large"),
	BAD_TARGET("9999999999999999 TiB", "the amount is too large"),
	BAD_TARGET("-1", "a negative number has no meaning here"),
	BAD_TARGET("4097B", "an amount in bytes must be a multiple of 4KiB"),
	BAD_TARGET("5 page s",
	    "unknown unit \"page s\" of amount (pages B KiB MiB GiB TiB); did you mean \"pages\"?"),
	BAD_TARGET("5 mib",
	    "unknown unit \"mib\" of amount (pages B KiB MiB GiB TiB); did you mean \"MiB\"?"),
	BAD_TARGET("010", "a number has no leading zeros"),
	BAD_TARGET("1_000", "digits are written without separators"),
	BAD_TARGET("0x", "no digits after 0x"),
	BAD_TARGET("many", "a number is expected"),
	BAD_VALUE("  - target: {pages: 1, irq: conifg}\n",
	    "5:29: \"conifg\" is no value of \"irq\" (config, none); did you mean \"config\"?"),
	BAD_AT("5", "a time needs a unit: ns us ms s min ticks"),
	BAD_AT("5sec", "unknown unit \"sec\" of time (ns us ms s min ticks); did you mean \"s\"?"),
	BAD_AT("-5s", "a negative number has no meaning here"),
	BAD_AT("99999999999999999999min", "the number is too large"),
	BAD_AT("9999999999min", "the time is too large"),
	BAD_AT("++1s", "a number is expected"),
	BAD_VALUE("  - settle: {within: 0}\n", "5:22: \"within\" must be longer than 0"),
	BAD_BELOW("seeds: 5..1\n",
	    "6:8: \"5..1\": seeds are a list, or a range such as 1..16 of at most 100000", "value"),
	BAD_BELOW("seeds: 0..100000\n", "6:8: \"0..100000\": seeds are a list, or a range such as "
	    "1..16 of at most 100000", "value"),
	BAD_BELOW("seeds: [1, 1]\n", "6:12: the seed 1 stands in the list twice", "value"),
	{ FIXTURE_STEP "seeds: [*a, *b]\n", { "6:9: aliases are not used in scenarios: write the "
	    "value out, or put a text that begins with \"*\" in quotes [scenario.yaml]",
	    "6:13: aliases are not used in scenarios: write the value out, or put a text that "
	    "begins with \"*\" in quotes [scenario.yaml]" } },
	BAD_BELOW("seeds: [a]\n", "6:9: \"a\": a number is expected", "value"),
	BAD_BELOW("seed: 1\nseeds: [2]\n",
	    "7:8: there is \"seed\" or \"seeds\", not both", "value"),
	BAD_BELOW("seed: [1]\n", "6:7: a single value is expected, not a list", "type"),
	BAD_BELOW("machine: {diagnostic: yes}\n",
	    "6:23: \"yes\": true or false is expected; did you mean \"true\"?", "value"),
	BAD_BELOW("machine: {hz: 0}\n", "6:15: \"hz\" is at least 1, not 0", "value"),
	BAD_BELOW("machine: {memory: 64MiB, segments: [{at: 0, size: 1GiB}]}\n",
	    "6:10: memory is given by \"memory\" or by \"segments\", not by both", "machine"),
	BAD_BELOW("machine: {segments: []}\n", "6:21: the list of segments is empty", "machine"),
	BAD_BELOW("machine: {segments: [{at: 0, size: 2GiB}, {at: 1GiB, size: 1GiB}]}\n",
	    "6:43: segments must ascend and not overlap", "machine"),
	BAD_BELOW("machine: {segments: [{at: 8388607TiB, size: 2TiB}]}\n",
	    "6:22: memory lies below 8 TiB, or from 16 TiB up to 24 TiB", "machine"),
	BAD_BELOW("machine: {segments: [{at: 8TiB, size: 1 pages}]}\n",
	    "6:22: memory lies below 8 TiB, or from 16 TiB up to 24 TiB", "machine"),
	BAD_BELOW("machine:\n  segments:\n    - {at: 0, size: 1MiB}\n    - {at: 2MiB, size: "
	    "1MiB}\n    - {at: 4MiB, size: 1MiB}\n    - {at: 6MiB, size: 1MiB}\n    - {at: 8MiB, "
	    "size: 1MiB}\n    - {at: 10MiB, size: 1MiB}\n    - {at: 12MiB, size: 1MiB}\n    - {at: "
	    "14MiB, size: 1MiB}\n    - {at: 16MiB, size: 1MiB}\n    - {at: 18MiB, size: 1MiB}\n",
	    "16:7: a machine has at most 8 segments of memory", "machine"),
	BAD_BELOW("machine: {memory: 8TiB}\n",
	    "6:19: a machine has at most 8191 GiB of memory", "machine"),
	BAD_BELOW("machines: [{}, {memory: 15TiB}]\n",
	    "6:25: a machine has at most 8191 GiB of memory", "machine"),
	BAD_BELOW("machine: {cpus: 5}\n", "6:17: \"cpus\" is at most 4, not 5", "value"),
	BAD_BELOW("machine: {cpus: 2, interrupt_cpu: 2}\n",
	    "6:35: the machine has no CPU 2: it has 2, counted from 0", "machine"),
	BAD_BELOW("machine: {reserve: 64MiB}\n", "6:20: the reserve leaves no memory", "machine"),
	BAD_BELOW("machines: []\n", "6:11: \"machines\" is a list of at least one machine", "type"),
	BAD_BELOW("machines: [{}, {cpus: 1}]\n",
	    "6:16: this is the machine 1.0,bounce once more", "machine"),
	BAD_BELOW("device: {queue_size: 100}\n",
	    "6:22: a queue size is a power of two, or 0 for no queue", "value"),
	BAD_BELOW("device: {features: [MUST_TELL]}\n", "6:21: unknown name for \"features\": "
	    "\"MUST_TELL\"; did you mean \"MUST_TELL_HOST\"?", "name"),
	BAD_BELOW("device: {features: [none, STATS_VQ]}\n",
	    "6:21: unknown name for \"features\": \"none\"", "name"),
	BAD_BELOW("device: {type: baloon}\n",
	    "6:16: unknown name for \"type\": \"baloon\"; did you mean \"balloon\"?", "name"),
	BAD_BELOW("device: {model: bhyve}\n", "6:17: \"bhyve\" is no value of \"model\" (qemu, "
	    "crosvm, cloud-hypervisor, firecracker)", "value"),
	BAD_BELOW("device: {latency: [1ms]}\n",
	    "6:19: latency is a single value or a map of keys, not a list", "type"),
	BAD_BELOW("rules: {off: [page.leek], why: x}\n",
	    "6:15: unknown name for \"off\": \"page.leek\"; did you mean \"page.leak\"?", "name"),
	BAD_BELOW("rules: {off: [page.leak]}\n",
	    "6:8: rules needs the key \"why\": the reason", "missing-key"),
	BAD_BELOW("limits: {events: 0}\n", "6:18: \"events\" is at least 1, not 0", "value"),
};

/* Steps and expectations of the whole */
static const struct bad bad_steps[] = {
	BAD_FAULT("uvm_pglistaloc", "5:25: unknown call or fault \"uvm_pglistaloc\"; did you mean "
	    "\"uvm_pglistalloc\"?", "name"),
	BAD_FAULT("mutex_enter", "5:25: mutex_enter cannot fail", "name"),
	BAD_FAULT("uvm_pglistalloc.eio", "5:25: unknown call or fault \"uvm_pglistalloc.eio\"; did "
	    "you mean \"uvm_pglistalloc.enomem\"?", "name"),
	BAD_FAULT("uvm_pglistalloc, vq: inflat",
	    "5:46: unknown name for \"vq\": \"inflat\"; did you mean \"inflate\"?", "name"),
	BAD_FAULT("uvm_pglistalloc, errno: ENOMEN",
	    "5:49: unknown name for \"errno\": \"ENOMEN\"; did you mean \"ENOMEM\"?", "name"),
	BAD_FAULT("uvm_pglistalloc, errno: EAGAIN",
	    "5:49: uvm_pglistalloc has no fault that gives EAGAIN (ENOMEM, EINVAL)", "step"),
	BAD_FAULT("uvm_pglistalloc, vq: inflate",
	    "5:46: uvm_pglistalloc has nothing to do with a virtqueue", "step"),
	BAD_FAULT("virtio_enqueue_prep, block: true",
	    "5:53: virtio_enqueue_prep has no fault that blocks inside it", "step"),
	BAD_FAULT("uvm_pglistalloc.enomem, errno: EAGAIN",
	    "5:56: uvm_pglistalloc.enomem is not a fault that gives that errno", "step"),
	BAD_STEPS("  - expect: host.actual == 512 within 5s\n", "5:32: `within:` is a key of its "
	    "own, in a line of its own below the expectation", "expectation"),
	BAD_STEPS("  - expect: thread.state == \"asleep\"\n", "5:29: thread.state is never "
	    "\"asleep\" (none sleeping waiting-memory runnable running); did you mean "
	    "\"sleeping\"?", "expectation"),
	BAD_STEPS("  - expect: thread.state == \"sleeping\"\n",
	    "5:29: a state is written without quotes: sleeping", "expectation"),
	/* One error for one mistake. */
	BAD_STEPS("  - device: {paus: deflate}\n",
	    "5:14: unknown key \"paus\" in device; did you mean \"pause\"?", "unknown-key"),
	BAD_VALUE("  - guest: {reboot: yes}\n",
	    "5:21: \"yes\": true or false is expected; did you mean \"true\"?"),
	BAD_BELOW("device: {queue_size: 65536}\n",
	    "6:22: \"inflate\" is at most 32768, not 65536", "value"),
	BAD_HEAD("steps:\n  - at: 1s\ntarget: 5\n", "6:1: \"target\" belongs to the step above: "
	    "indent it as far as the first key of that step", "step"),
	BAD_HEAD("steps:\n  - target: 5\nat: 1s\n", "6:1: \"at\" belongs to the step above: indent "
	    "it as far as the first key of that step", "step"),
	BAD_FAULT("uvm_pglistalloc, nth: 0", "5:47: \"nth\" is at least 1, not 0", "value"),
	BAD_FAULT("uvm_pglistalloc, probability: 0%",
	    "5:55: \"0%\": with 0% it would never happen", "value"),
	BAD_FAULT("uvm_pglistalloc, probability: 100.1%",
	    "5:55: \"100.1%\": a percentage is at most 100%", "value"),
	BAD_FAULT("uvm_pglistalloc, probability: 50",
	    "5:55: \"50\": a percentage ends in %", "value"),
	BAD_FAULT("uvm_pglistalloc, block: true, errno: ENOMEM",
	    "5:62: a call that blocks returns no error", "step"),
	BAD_FAIL("  - fail: {id: all, call: uvm_pglistalloc}\n",
	    "5:16: the id \"all\" is taken: `heal: all`"),
	BAD_FAIL("  - fail: {id: a, call: uvm_pglistalloc}\n  - fail: {id: a, call: "
	    "uvm_pglistalloc}\n", "6:16: duplicate fault id \"a\" (the first in line 5)"),
	BAD_FAIL("  - heal: ab\n  - fail: {id: abc, call: uvm_pglistalloc}\n",
	    "5:11: no step arms a fault with the id \"ab\"; did you mean \"abc\"?"),
	BAD_FAIL("  - heal: abc\n  - fail: {id: abc, call: uvm_pglistalloc}\n",
	    "5:11: \"abc\" is armed only later, in line 6"),
	BAD_FAIL("  - expect: fail.abc.hits == 0\n  - fail: {id: abc, call: uvm_pglistalloc}\n",
	    "5:13: \"abc\" is armed only later, in line 6"),
	BAD_BELOW("finally: [fail.z.hits == 1]\n",
	    "6:11: no step arms a fault with the id \"z\"", "fail-id"),
	BAD_STEP("  - target: 1\n    within: 2s\n", "6:5: \"within\" does not go with \"target\""),
	BAD_STEP("  - settle: {within: 1s}\n    within: 2s\n",
	    "6:5: \"within\" does not go with \"settle\"; it stands inside its braces"),
	BAD_STEP("  - settle: {within: 1s}\n    on: virtio0\n",
	    "6:5: \"on\" does not go with \"settle\""),
	BAD_STEPS("  - target: 1\n    on: virtio1\n",
	    "6:9: there is no virtio1: give the key \"instances\" to \"device\"", "device"),
	BAD_VALUE("  - target: 1\n    on: virtio2\n",
	    "6:9: \"virtio2\" is no value of \"on\" (virtio0, virtio1); did you mean \"virtio0\"?"),
	BAD_STEPS("  - guest: {reboot: true}\n    on: virtio1\ndevice: {instances: 2}\n",
	    "6:9: what the guest does here is not of one device", "device"),
	BAD_STEPS("  - expect: virtio1.host.actual == 1\n",
	    "5:13: there is no virtio1: give the key \"instances\" to \"device\"", "device"),
	BAD_STEPS("  - expect: virtio1.mem.free == 1\n",
	    "5:13: \"mem.free\" is not of one device", "expectation"),
	BAD_STEP("  - wait: mem.free == 1\n    within: 1s\n    for: 2s\n",
	    "7:5: \"for\" does not go with \"wait\""),
	BAD_STEPS("  - wait: mem.free == 1\n",
	    "5:5: \"wait\" needs \"within\" beside it", "missing-key"),
	BAD_STEPS("  - settle: {}\n",
	    "5:13: settle needs the key \"within\": by then all must be at rest", "missing-key"),
	BAD_VALUE("  - storm: {targets: [], every: 1s}\n", "5:22: \"targets\" is an empty list"),
	BAD_STEPS("  - irq: {source: confg}\n",
	    "5:19: unknown interrupt source \"confg\"; did you mean \"config\"?", "name"),
	BAD_DELIVER("inflat entry",
	    "5:33: unknown interrupt source \"inflat\"; did you mean \"inflate\"?", "point"),
	BAD_DELIVER("inflate middle",
	    "5:33: \"inflate middle\" is not a point; points look like " BAD_POINT_FORMS, "point"),
	BAD_DELIVER("\"inflate#2 enty\"", "5:34: \"inflate#2 enty\" is not a point; points look "
	    "like " BAD_POINT_FORMS "; did you mean \"entry\"?", "point"),
	BAD_STEPS("  - hold: {thread: viomb, at: lien 5, for: 1s}\n", "5:31: \"lien 5\" is not a "
	    "point; points look like " BAD_POINT_FORMS "; did you mean \"line\"?", "point"),
	BAD_LINE("line", "a line of the driver is meant, like \"line 351\""),
	BAD_LINE("line#3", "a line of the driver is meant, like \"line 351\""),
	BAD_LINE("line -5", "a line of the driver is meant, like \"line 351\""),
	BAD_LINE("line 0", "lines are counted from 1"),
	BAD_LINE("line 4294967297", "no text has so many lines"),
	BAD_LINE("line 5#0", "points are counted from 1"),
	BAD_LINE("line 5#", "a number is expected"),
	BAD_LINE("line 5#2 after",
	    "behind the line stands nothing, or which access is meant, like #2"),
	BAD_STEP("  - deliver: {irq: config, at: config entry, answer: true}\n",
	    "5:20: a completion comes with the interrupt of a queue, not \"config\""),
	BAD_DELIVER("config entry, answer: false",
	    "5:55: \"answer\" must be true, or left out", "step"),
	BAD_DELIVER("access, answer: true, target: 5",
	    "5:49: a step delivers either a target or a completion", "step"),
	BAD_DELIVER("access, target: 5",
	    "5:20: a target comes with the interrupt \"config\"", "step"),
	BAD_DELIVER("virtio_deqeue#2 before", "5:33: unknown kernel call \"virtio_deqeue\"; did "
	    "you mean \"virtio_dequeue\"?", "point"),
	BAD_DELIVER("access#0", "5:33: \"access#0\": points are counted from 1", "value"),
	BAD_DELIVER("virtio_dequeue#", "5:33: \"virtio_dequeue#\": a number is expected", "value"),
	BAD_STEP("  - hold: {for: 1s}\n", "5:11: a hold needs \"thread\" or \"at\""),
	BAD_STEP("  - hold: {thread: viomb}\n",
	    "5:11: a hold needs either \"for\" or with \"until\""),
	BAD_STEP("  - hold: {thread: viomb, until: nowhere}\n",
	    "5:34: there is no step named \"nowhere\""),
	BAD_STEP("  - name: x\n    hold: {thread: viomb, until: x}\n",
	    "6:34: the step \"x\" is not a later one"),
	BAD_STEP("  - guest: {use: 1, release: 2}\n",
	    "5:12: a step `guest` has exactly one of use, release, reboot, attach, detach or busy"),
	BAD_STEP("  - guest: {}\n",
	    "5:12: a step `guest` has exactly one of use, release, reboot, attach, detach or busy"),
	BAD_STEP("  - guest: {reboot: false}\n", "5:21: \"reboot\" must be true, or left out"),
	BAD_VALUE("  - guest: {attach: once}\n",
	    "5:21: \"once\" is no value of \"attach\" (again)"),
	BAD_STEP("  - device: {}\n", "5:13: no effect: give at least one key but \"count\""),
	BAD_STEP("  - device: {pause: inflate, count: 2}\n", "5:37: \"count\" counts completions "
	    "(drop, duplicate, wrong_..., no_irq, coalesce, after_reset) or notifications (miss)"),
	BAD_STEP("  - device: {pause: inflate, id: free}\n",
	    "5:34: \"id\" says what \"wrong_id\" does, which is not there"),
	BAD_STEP("  - device: {actual: 2, statistics_fault: wrong_id}\n",
	    "5:43: \"statistics_fault\" says what is wrong with what \"ask_statistics\" does, "
	    "which is not there"),
	BAD_STEP("  - device: {restore: b}\n",
	    "5:23: no step before saves a snapshot of that name"),
	BAD_STEPS("  - device: {drop: stats}\n",
	    "5:20: unknown name for \"drop\": \"stats\"", "name"),
	BAD_STEP("  - name: x\n    target: 1\n  - name: x\n    target: 2\n",
	    "7:11: duplicate step name \"x\" (the first in line 5)"),
	BAD_TIME("  - at: 2s\n    target: 1\n  - at: 1s\n    target: 2\n",
	    "7:9: this step is at 1s, earlier than the one of line 5 (2s)"),
	BAD_TIME("  - at: 120s\n    target: 1\n",
	    "5:9: this step is beyond the time limit of the run (limits: {time: ...})"),
	BAD_BELOW("always: [{id: a, that: mem.free > 1}, {id: a, that: mem.free > 2}]\n",
	    "6:39: duplicate expectation id \"a\"", "value"),
	BAD_BELOW("always: [{id: a}]\n",
	    "6:10: expectation needs the key \"that\": the expectation", "missing-key"),
	BAD_BELOW("always: mem.free > 1\n",
	    "6:9: \"always\" is a list, not a single value", "type"),
};

/* Parameters and extended files */
static const struct bad bad_matrix[] = {
	BAD_BELOW("matrix: {n: [1]}\n", "6:10: nothing uses $n", "parameter"),
	BAD_STEPS("  - target: $n\n", "5:13: the matrix has no parameter \"n\"", "parameter"),
	{ FIXTURE_STEPS "  - target: $mn\nmatrix: {nm: [1, 2]}\n", { "5:13: the matrix has no "
	    "parameter \"mn\"; did you mean \"nm\"? [scenario.parameter]",
	    "6:10: nothing uses $nm [scenario.parameter]" } },
	BAD_BELOW("matrix: {n: 5}\n", "6:13: a parameter has a list of values", "matrix"),
	BAD_BELOW("matrix: {n: []}\n", "6:13: a parameter has a list of values", "matrix"),
	BAD_BELOW("matrix: [n]\n",
	    "6:9: the matrix is a map: a list of values for every parameter", "matrix"),
	BAD_BELOW("matrix: {n: [[1]]}\n",
	    "6:14: a parameter's value is a single value without any of [ ] , @ $ \"", "matrix"),
	BAD_STEPS("  - target: $n\nmatrix: {n: [1, a@b]}\n",
	    "6:17: a parameter's value is a single value without any of [ ] , @ $ \"", "matrix"),
	BAD_STEPS("  - target: $n\nmatrix: {n: [1 page, 1page]}\n",
	    "6:22: the value \"1page\" stands in the list twice", "matrix"),
	BAD_VALUE("  - target: $n\nmatrix: {n: [1, x]}\n",
	    "6:17: \"x\": a number is expected (as $n in line 5)"),
	{ FIXTURE_STEPS "  - expect: mem.free == $n\nmatrix: {n: [1]}\n", { "5:25: a parameter "
	    "replaces a whole value, it cannot stand inside an expectation "
	    "[scenario.expectation]", "6:10: nothing uses $n [scenario.parameter]" } },
	BAD_BELOW("extends: /etc/passwd\n",
	    "6:10: a path relative to this file is expected", "extends"),
	BAD_BELOW("extends: <usual\n", "6:10: a path relative to this file is expected, or <NAME> "
	    "for scenarios/include/NAME.yaml of viosim", "extends"),
	BAD_BELOW("extends: <>\n", "6:10: a path relative to this file is expected, or <NAME> "
	    "for scenarios/include/NAME.yaml of viosim", "extends"),
	BAD_BELOW("extends: <../usual>\n", "6:10: a path relative to this file is expected, or "
	    "<NAME> for scenarios/include/NAME.yaml of viosim", "extends"),
	BAD_BELOW("extends: no-such-file.yaml\n",
	    "6:10: no-such-file.yaml: No such file or directory", "extends"),
};

#endif
