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

#define BAD_POINT_FORMS "\"config entry\", \"virtio_dequeue#2 before\", " \
	"\"line 351#2\" or access#17"

/* What YAML has and scenarios do without */
static const struct bad bad_yaml[] = {
	{ "a: [1, 2\nb: 3\n", { "1:4: this \"[\" is not closed: a \"]\" is missing "
	    "[scenario.yaml]" } },
	{ "a: \"x\n", { "1:4: this quote is not closed: the \" that ends the text is missing in "
	    "its line [scenario.yaml]" } },
	{ "a: 1\n  b: 2\n", { "2:3: this line is indented by 2 spaces; with 0 it belongs to the "
	    "keys of line 1 [scenario.yaml]" } },
	{ "a: 1\n\tb: 2\n", { "2:1: lines are indented by spaces, not by tabs [scenario.yaml]" } },
	{ FIXTURE_STEP "---\nformat: 1\n", { "6:1: a second document begins here: one file holds "
	    "one scenario [scenario.yaml]" } },
	{ FIXTURE_STEP "tags: &x [a]\n", { "6:7: anchors are not used in scenarios; a text that "
	    "begins with \"&\" needs quotes [scenario.yaml]" } },
	{ FIXTURE_STEP "tags: *x\n", { "6:7: aliases are not used in scenarios: write the value "
	    "out, or put a text that begins with \"*\" in quotes [scenario.yaml]" } },
	{ FIXTURE_STEP "tags: !!seq [a]\n", { "6:7: tags are not used in scenarios; a text that "
	    "begins with \"!\" needs quotes [scenario.yaml]" } },
	{ "%YAML 1.2\n---\nformat: 1\nscenario: t\nsummary: s\nsteps:\n  - target: 1\n", {
	    "1:1: directives are not used in scenarios [scenario.bytes]" } },
	{ FIXTURE_STEP "machine: {<<: {hz: 1}}\n", { "6:11: merge keys are not used in scenarios "
	    "(see `extends`) [scenario.key]" } },
	{ FIXTURE_STEP "tags: [a]\ntags: [b]\n", { "7:1: the key \"tags\" stands here twice "
	    "(first in line 6) [scenario.duplicate-key]" } },
	{ FIXTURE_STEP "? [a, b]\n: 1\n", { "6:3: a key must be a word [scenario.key]" } },
	{ FIXTURE_STEP "? {a: b}\n: 1\n", { "6:3: a key must be a word [scenario.key]" } },
	{ FIXTURE_STEP "\"\": 1\n", { "6:2: a key must be a word [scenario.key]" } },
	{ "", { "1:1: the file holds nothing [scenario.empty]" } },
	{ "# nothing\n", { "1:1: the file holds nothing [scenario.empty]" } },
	{ "- a\n", { "1:1: a scenario is a map of keys, not a list [scenario.type]" } },
	{ "just text\n", { "1:1: a scenario is a map of keys, not a single value "
	    "[scenario.type]" } },
	{ "~\n", { "1:1: a scenario is a map of keys, not a single value [scenario.type]" } },
};

/* Values that are not there */
static const struct bad bad_null[] = {
	{ FIXTURE_STEP "tags:\n", { "6:1: \"tags\" has no value [scenario.null]" } },
	{ FIXTURE_STEP "tags: ~\n", { "6:7: \"~\" is not a value: omit the key instead "
	    "[scenario.null]" } },
	{ FIXTURE_STEP "tags: [null]\n", { "6:8: \"null\" is not a value: omit the key instead "
	    "[scenario.null]" } },
	{ FIXTURE_STEP "  -\n", { "5:3: entry 2 of this list is empty [scenario.null]" } },
	{ FIXTURE_STEPS, { "4:1: \"steps\" has no value [scenario.null]" } },
};

/* Keys, verbs and kinds of values */
static const struct bad bad_keys[] = {
	{ "scenario: t\n", { "1:1: scenario needs the key \"format\": version of the format: 1 "
	    "[scenario.missing-key]", "1:1: scenario needs the key \"steps\": what happens, in "
	    "order; one verb each [scenario.missing-key]", "1:1: scenario needs the key "
	    "\"summary\": one sentence that a kernel developer understands "
	    "[scenario.missing-key]" } },
	{ FIXTURE_STEP "sumary: x\n", { "6:1: unknown key \"sumary\" in scenario; did you mean "
	    "\"summary\"? [scenario.unknown-key]" } },
	{ FIXTURE_STEP "machine: {memry: 1GiB}\n", { "6:11: unknown key \"memry\" in machine; did "
	    "you mean \"memory\"? [scenario.unknown-key]" } },
	{ FIXTURE_STEPS "  - targt: 5\n", { "5:5: unknown verb or key \"targt\"; did you mean "
	    "\"target\"? [scenario.unknown-key]" } },
	{ FIXTURE_STEPS "  - target: {page: 5}\n", { "5:14: unknown key \"page\" in target; did "
	    "you mean \"pages\"? [scenario.unknown-key]" } },
	{ FIXTURE_STEPS "  - xyzzy: 5\n", { "5:5: unknown verb or key \"xyzzy\" "
	    "[scenario.unknown-key]" } },
	{ FIXTURE_STEPS "  - target: 5\n    note: x\n", { "6:5: a step has one verb: \"target\" "
	    "and \"note\" are two steps [scenario.step]" } },
	{ FIXTURE_STEPS "  - at: 1s\n", { "5:5: this step has no verb [scenario.step]" } },
	{ FIXTURE_STEPS "  - note\n", { "5:5: a step is a map of keys, not a single value "
	    "[scenario.type]" } },
	{ FIXTURE_STEPS "  - [a]\n", { "5:5: a step is a map of keys, not a list "
	    "[scenario.type]" } },
	{ FIXTURE_HEAD "steps: []\n", { "4:8: a scenario without steps tests nothing "
	    "[scenario.step]" } },
	{ FIXTURE_HEAD "steps: 5\n", { "4:8: \"steps\" is a list, not a single value "
	    "[scenario.type]" } },
	{ FIXTURE_HEAD "steps: {target: 1}\n", { "4:8: \"steps\" is a list, not a map "
	    "[scenario.type]" } },
	{ FIXTURE_HEAD, { "1:1: scenario needs the key \"steps\": what happens, in order; one "
	    "verb each [scenario.missing-key]" } },
	{ FIXTURE_STEP "machine: 5\n", { "6:10: machine is a map of keys, not a single value "
	    "[scenario.type]" } },
	{ FIXTURE_STEP "machine: [a]\n", { "6:10: machine is a map of keys, not a list "
	    "[scenario.type]" } },
	{ FIXTURE_STEP "tags: smoke\n", { "6:7: \"tags\" is a list, not a single value "
	    "[scenario.type]" } },
	{ FIXTURE_STEP "tags: []\n", { "6:7: \"tags\" is an empty list [scenario.value]" } },
	{ FIXTURE_STEP "tags: [a, a]\n", { "6:11: \"a\" stands in the list twice "
	    "[scenario.value]" } },
	{ FIXTURE_STEP "tags: [a b]\n", { "6:8: \"tags\" must be a word of letters, digits, '_', "
	    "'-' and '.', not \"a b\" [scenario.value]" } },
	{ FIXTURE_STEP "tags: [[a]]\n", { "6:8: a single value is expected, not a list "
	    "[scenario.type]" } },
};

/* Single values */
static const struct bad bad_values[] = {
	{ "format: 2\nscenario: t\nsummary: s\nsteps: [{note: x}]\n", {
	    "1:9: \"2\": this program reads format 1 [scenario.value]" } },
	{ "format: 1\nscenario: /t\nsummary: s\nsteps: [{note: x}]\n", {
	    "2:11: \"/t\": a scenario is named like area/situation [scenario.value]" } },
	{ "format: 1\nscenario: u\nsummary: s\nsteps: [{note: x}]\n", {
	    "2:11: the scenario in this file is called \"t\", not \"u\" [scenario.path]" } },
	{ "format: 1\nscenario: t\nsummary: |\n  a\n  b\nsteps: [{note: x}]\n", {
	    "4:1: \"summary\" is one line of text [scenario.value]" } },
	{ "format: 1\nscenario: t\nsummary: \"\"\nsteps: [{note: x}]\n", {
	    "3:11: \"summary\" is empty [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 4294967296\n", { "5:13: \"pages\" is at most 4294967295, not "
	    "4294967296 [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 99999999999999999999999\n", {
	    "5:13: \"99999999999999999999999\": the number is too large [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 9999999999999999 TiB\n", {
	    "5:13: \"9999999999999999 TiB\": the amount is too large [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: -1\n", { "5:13: \"-1\": a negative number has no meaning "
	    "here [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 1.5 pages\n", { "5:13: \"1.5 pages\": pages are counted "
	    "whole [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 4097B\n", { "5:13: \"4097B\": an amount in bytes must be a "
	    "multiple of 4KiB [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 5 page s\n", { "5:13: \"5 page s\": unknown unit \"page s\" "
	    "of amount (pages B KiB MiB GiB TiB); did you mean \"pages\"? [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 5 mib\n", { "5:13: \"5 mib\": unknown unit \"mib\" of amount "
	    "(pages B KiB MiB GiB TiB); did you mean \"MiB\"? [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 010\n", { "5:13: \"010\": a number has no leading zeros "
	    "[scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 1_000\n", { "5:13: \"1_000\": digits are written without "
	    "separators [scenario.value]" } },
	{ FIXTURE_STEPS "  - target: 0x\n", { "5:13: \"0x\": no digits after 0x "
	    "[scenario.value]" } },
	{ FIXTURE_STEPS "  - target: many\n", { "5:13: \"many\": a number is expected "
	    "[scenario.value]" } },
	{ FIXTURE_STEPS "  - target: {pages: 1, irq: conifg}\n", { "5:29: \"conifg\" is no value "
	    "of \"irq\" (config, none); did you mean \"config\"? [scenario.value]" } },
	{ FIXTURE_STEPS "  - at: 5\n    target: 1\n", { "5:9: \"5\": a time needs a unit: ns us "
	    "ms s min ticks [scenario.value]" } },
	{ FIXTURE_STEPS "  - at: 5sec\n    target: 1\n", { "5:9: \"5sec\": unknown unit \"sec\" "
	    "of time (ns us ms s min ticks); did you mean \"s\"? [scenario.value]" } },
	{ FIXTURE_STEPS "  - at: -5s\n    target: 1\n", { "5:9: \"-5s\": a negative number has no "
	    "meaning here [scenario.value]" } },
	{ FIXTURE_STEPS "  - at: 99999999999999999999min\n    target: 1\n", {
	    "5:9: \"99999999999999999999min\": the number is too large [scenario.value]" } },
	{ FIXTURE_STEPS "  - at: 9999999999min\n    target: 1\n", {
	    "5:9: \"9999999999min\": the time is too large [scenario.value]" } },
	{ FIXTURE_STEPS "  - at: ++1s\n    target: 1\n", { "5:9: \"++1s\": a number is expected "
	    "[scenario.value]" } },
	{ FIXTURE_STEPS "  - settle: {within: 0}\n", { "5:22: \"within\" must be longer than 0 "
	    "[scenario.value]" } },
	{ FIXTURE_STEP "seeds: 5..1\n", { "6:8: \"5..1\": seeds are a list, or a range such as "
	    "1..16 of at most 100000 [scenario.value]" } },
	{ FIXTURE_STEP "seeds: 0..100000\n", { "6:8: \"0..100000\": seeds are a list, or a range "
	    "such as 1..16 of at most 100000 [scenario.value]" } },
	{ FIXTURE_STEP "seeds: [1, 1]\n", { "6:12: the seed 1 stands in the list twice "
	    "[scenario.value]" } },
	{ FIXTURE_STEP "seeds: [*a, *b]\n", { "6:9: aliases are not used in scenarios: write the "
	    "value out, or put a text that begins with \"*\" in quotes [scenario.yaml]",
	    "6:13: aliases are not used in scenarios: write the value out, or put a text that "
	    "begins with \"*\" in quotes [scenario.yaml]" } },
	{ FIXTURE_STEP "seeds: [a]\n", { "6:9: \"a\": a number is expected [scenario.value]" } },
	{ FIXTURE_STEP "seed: 1\nseeds: [2]\n", { "7:8: there is \"seed\" or \"seeds\", not both "
	    "[scenario.value]" } },
	{ FIXTURE_STEP "seed: [1]\n", { "6:7: a single value is expected, not a list "
	    "[scenario.type]" } },
	{ FIXTURE_STEP "machine: {diagnostic: yes}\n", { "6:23: \"yes\": true or false is "
	    "expected; did you mean \"true\"? [scenario.value]" } },
	{ FIXTURE_STEP "machine: {hz: 0}\n", { "6:15: \"hz\" is at least 1, not 0 "
	    "[scenario.value]" } },
	{ FIXTURE_STEP "machine: {memory: 64MiB, segments: [{at: 0, size: 1GiB}]}\n", { "6:10: "
	    "memory is given by \"memory\" or by \"segments\", not by both [scenario.machine]" } },
	{ FIXTURE_STEP "machine: {segments: []}\n", { "6:21: the list of segments is empty "
	    "[scenario.machine]" } },
	{ FIXTURE_STEP "machine: {segments: [{at: 0, size: 2GiB}, {at: 1GiB, size: 1GiB}]}\n", {
	    "6:43: segments must ascend and not overlap [scenario.machine]" } },
	{ FIXTURE_STEP "machine: {segments: [{at: 8388607TiB, size: 2TiB}]}\n", { "6:22: memory "
	    "lies below 8 TiB, or from 16 TiB up to 24 TiB [scenario.machine]" } },
	{ FIXTURE_STEP "machine: {segments: [{at: 8TiB, size: 1 pages}]}\n", { "6:22: memory "
	    "lies below 8 TiB, or from 16 TiB up to 24 TiB [scenario.machine]" } },
	{ FIXTURE_STEP "machine:\n  segments:\n    - {at: 0, size: 1MiB}\n    - {at: 2MiB, size: "
	    "1MiB}\n    - {at: 4MiB, size: 1MiB}\n    - {at: 6MiB, size: 1MiB}\n    - {at: 8MiB, "
	    "size: 1MiB}\n    - {at: 10MiB, size: 1MiB}\n    - {at: 12MiB, size: 1MiB}\n    - "
	    "{at: 14MiB, size: 1MiB}\n    - {at: 16MiB, size: 1MiB}\n    - {at: 18MiB, size: "
	    "1MiB}\n", { "16:7: a machine has at most 8 segments of memory [scenario.machine]" } },
	{ FIXTURE_STEP "machine: {memory: 8TiB}\n", { "6:19: a machine has at most 8191 GiB of "
	    "memory [scenario.machine]" } },
	{ FIXTURE_STEP "machines: [{}, {memory: 15TiB}]\n", {
	    "6:25: a machine has at most 8191 GiB of memory [scenario.machine]" } },
	{ FIXTURE_STEP "machine: {cpus: 5}\n", { "6:17: \"cpus\" is at most 4, not 5 "
	    "[scenario.value]" } },
	{ FIXTURE_STEP "machine: {cpus: 2, interrupt_cpu: 2}\n", {
	    "6:35: the machine has no CPU 2: it has 2, counted from 0 [scenario.machine]" } },
	{ FIXTURE_STEP "machine: {reserve: 64MiB}\n", { "6:20: the reserve leaves no memory "
	    "[scenario.machine]" } },
	{ FIXTURE_STEP "machines: []\n", { "6:11: \"machines\" is a list of at least one machine "
	    "[scenario.type]" } },
	{ FIXTURE_STEP "machines: [{}, {cpus: 1}]\n", { "6:16: this is the machine 1.0,bounce "
	    "once more [scenario.machine]" } },
	{ FIXTURE_STEP "device: {queue_size: 100}\n", { "6:22: a queue size is a power of two, or "
	    "0 for no queue [scenario.value]" } },
	{ FIXTURE_STEP "device: {features: [MUST_TELL]}\n", { "6:21: unknown name for "
	    "\"features\": \"MUST_TELL\"; did you mean \"MUST_TELL_HOST\"? [scenario.name]" } },
	{ FIXTURE_STEP "device: {features: [none, STATS_VQ]}\n", {
	    "6:21: unknown name for \"features\": \"none\" [scenario.name]" } },
	{ FIXTURE_STEP "device: {type: baloon}\n", { "6:16: unknown name for \"type\": "
	    "\"baloon\"; did you mean \"balloon\"? [scenario.name]" } },
	{ FIXTURE_STEP "device: {model: bhyve}\n", { "6:17: \"bhyve\" is no value of \"model\" "
	    "(qemu, crosvm, cloud-hypervisor, firecracker) [scenario.value]" } },
	{ FIXTURE_STEP "device: {latency: [1ms]}\n", { "6:19: latency is a single value or a map "
	    "of keys, not a list [scenario.type]" } },
	{ FIXTURE_STEP "rules: {off: [page.leek], why: x}\n", { "6:15: unknown name for \"off\": "
	    "\"page.leek\"; did you mean \"page.leak\"? [scenario.name]" } },
	{ FIXTURE_STEP "rules: {off: [page.leak]}\n", { "6:8: rules needs the key \"why\": the "
	    "reason [scenario.missing-key]" } },
	{ FIXTURE_STEP "limits: {events: 0}\n", { "6:18: \"events\" is at least 1, not 0 "
	    "[scenario.value]" } },
};

/* Steps and expectations of the whole */
static const struct bad bad_steps[] = {
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistaloc}\n", { "5:25: unknown call or "
	    "fault \"uvm_pglistaloc\"; did you mean \"uvm_pglistalloc\"? [scenario.name]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: mutex_enter}\n", {
	    "5:25: mutex_enter cannot fail [scenario.name]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc.eio}\n", { "5:25: unknown call "
	    "or fault \"uvm_pglistalloc.eio\"; did you mean \"uvm_pglistalloc.enomem\"? "
	    "[scenario.name]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, vq: inflat}\n", { "5:46: "
	    "unknown name for \"vq\": \"inflat\"; did you mean \"inflate\"? [scenario.name]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, errno: ENOMEN}\n", { "5:49: "
	    "unknown name for \"errno\": \"ENOMEN\"; did you mean \"ENOMEM\"? [scenario.name]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, errno: EAGAIN}\n", { "5:49: "
	    "uvm_pglistalloc has no fault that gives EAGAIN (ENOMEM, EINVAL) [scenario.step]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, vq: inflate}\n", {
	    "5:46: uvm_pglistalloc has nothing to do with a virtqueue [scenario.step]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: virtio_enqueue_prep, block: true}\n", {
	    "5:53: virtio_enqueue_prep has no fault that blocks inside it [scenario.step]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc.enomem, errno: EAGAIN}\n", {
	    "5:56: uvm_pglistalloc.enomem is not a fault that gives that errno [scenario.step]" }
	    },
	{ FIXTURE_STEPS "  - expect: host.actual == 512 within 5s\n", { "5:32: `within:` is a key "
	    "of its own, in a line of its own below the expectation [scenario.expectation]" } },
	{ FIXTURE_STEPS "  - expect: host.actual in 5..3\n", {
	    "5:28: the range 5..3 is empty [scenario.expectation]" } },
	{ FIXTURE_STEPS "  - expect: thread.state == \"asleep\"\n", { "5:29: thread.state is "
	    "never \"asleep\" (none sleeping waiting-memory runnable running); did you mean "
	    "\"sleeping\"? [scenario.expectation]" } },
	{ FIXTURE_STEPS "  - expect: thread.state == \"sleeping\"\n", {
	    "5:29: a state is written without quotes: sleeping [scenario.expectation]" } },
	/* One error for one mistake. */
	{ FIXTURE_STEPS "  - device: {paus: deflate}\n", { "5:14: unknown key \"paus\" in device; "
	    "did you mean \"pause\"? [scenario.unknown-key]" } },
	{ FIXTURE_STEPS "  - guest: {reboot: yes}\n", { "5:21: \"yes\": true or false is "
	    "expected; did you mean \"true\"? [scenario.value]" } },
	{ FIXTURE_STEP "device: {queue_size: 65536}\n", { "6:22: \"inflate\" is at most 32768, "
	    "not 65536 [scenario.value]" } },
	{ FIXTURE_HEAD "steps:\n  - at: 1s\ntarget: 5\n", { "6:1: \"target\" belongs to the step "
	    "above: indent it as far as the first key of that step [scenario.step]" } },
	{ FIXTURE_HEAD "steps:\n  - target: 5\nat: 1s\n", { "6:1: \"at\" belongs to the step "
	    "above: indent it as far as the first key of that step [scenario.step]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, nth: 0}\n", {
	    "5:47: \"nth\" is at least 1, not 0 [scenario.value]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, probability: 0%}\n", {
	    "5:55: \"0%\": with 0% it would never happen [scenario.value]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, probability: 100.1%}\n", {
	    "5:55: \"100.1%\": a percentage is at most 100% [scenario.value]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, probability: 50}\n", {
	    "5:55: \"50\": a percentage ends in % [scenario.value]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc, block: true, errno: "
	    "ENOMEM}\n", { "5:62: a call that blocks returns no error [scenario.step]" } },
	{ FIXTURE_STEPS "  - fail: {id: all, call: uvm_pglistalloc}\n", {
	    "5:16: the id \"all\" is taken: `heal: all` [scenario.fail-id]" } },
	{ FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc}\n  - fail: {id: a, call: "
	    "uvm_pglistalloc}\n", { "6:16: duplicate fault id \"a\" (the first in line 5) "
	    "[scenario.fail-id]" } },
	{ FIXTURE_STEPS "  - heal: ab\n  - fail: {id: abc, call: uvm_pglistalloc}\n", { "5:11: no "
	    "step arms a fault with the id \"ab\"; did you mean \"abc\"? [scenario.fail-id]" } },
	{ FIXTURE_STEPS "  - heal: abc\n  - fail: {id: abc, call: uvm_pglistalloc}\n", {
	    "5:11: \"abc\" is armed only later, in line 6 [scenario.fail-id]" } },
	{ FIXTURE_STEPS "  - expect: fail.abc.hits == 0\n  - fail: {id: abc, call: "
	    "uvm_pglistalloc}\n", { "5:13: \"abc\" is armed only later, in line 6 "
	    "[scenario.fail-id]" } },
	{ FIXTURE_STEP "finally: [fail.z.hits == 1]\n", { "6:11: no step arms a fault with the id "
	    "\"z\" [scenario.fail-id]" } },
	{ FIXTURE_STEPS "  - target: 1\n    within: 2s\n", { "6:5: \"within\" does not go with "
	    "\"target\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - settle: {within: 1s}\n    within: 2s\n", { "6:5: \"within\" does not "
	    "go with \"settle\"; it stands inside its braces [scenario.step]" } },
	{ FIXTURE_STEPS "  - settle: {within: 1s}\n    on: virtio0\n", { "6:5: \"on\" does not go "
	    "with \"settle\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - target: 1\n    on: virtio1\n", { "6:9: there is no virtio1: give the "
	    "key \"instances\" to \"device\" [scenario.device]" } },
	{ FIXTURE_STEPS "  - target: 1\n    on: virtio2\n", { "6:9: \"virtio2\" is no value of "
	    "\"on\" (virtio0, virtio1); did you mean \"virtio0\"? [scenario.value]" } },
	{ FIXTURE_STEPS "  - guest: {reboot: true}\n    on: virtio1\ndevice: {instances: 2}\n", {
	    "6:9: what the guest does here is not of one device [scenario.device]" } },
	{ FIXTURE_STEPS "  - expect: virtio1.host.actual == 1\n", {
	    "5:13: there is no virtio1: give the key "
	    "\"instances\" to \"device\" [scenario.device]" } },
	{ FIXTURE_STEPS "  - expect: virtio1.mem.free == 1\n", {
	    "5:13: \"mem.free\" is not of one device [scenario.expectation]" } },
	{ FIXTURE_STEPS "  - wait: mem.free == 1\n    within: 1s\n    for: 2s\n", {
	    "7:5: \"for\" does not go with \"wait\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - wait: mem.free == 1\n", { "5:5: \"wait\" needs \"within\" beside it "
	    "[scenario.missing-key]" } },
	{ FIXTURE_STEPS "  - settle: {}\n", { "5:13: settle needs the key \"within\": by then all "
	    "must be at rest [scenario.missing-key]" } },
	{ FIXTURE_STEPS "  - storm: {targets: [], every: 1s}\n", {
	    "5:22: \"targets\" is an empty list [scenario.value]" } },
	{ FIXTURE_STEPS "  - irq: {source: confg}\n", { "5:19: unknown interrupt source "
	    "\"confg\"; did you mean \"config\"? [scenario.name]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: inflat entry}\n", { "5:33: unknown "
	    "interrupt source \"inflat\"; did you mean \"inflate\"? [scenario.point]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: inflate middle}\n", {
	    "5:33: \"inflate middle\" is not a point; points look like " BAD_POINT_FORMS
	    " [scenario.point]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: \"inflate#2 enty\"}\n", {
	    "5:34: \"inflate#2 enty\" is not a point; points look like " BAD_POINT_FORMS
	    "; did you mean \"entry\"? [scenario.point]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: lien 5, for: 1s}\n", {
	    "5:31: \"lien 5\" is not a point; points look like " BAD_POINT_FORMS
	    "; did you mean \"line\"? [scenario.point]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: line, for: 1s}\n", {
	    "5:31: \"line\": a line of the driver is meant, like \"line 351\" [scenario.value]" }
	    },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: \"line#3\", for: 1s}\n", { "5:32: "
	    "\"line#3\": a line of the driver is meant, like \"line 351\" [scenario.value]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: line -5, for: 1s}\n", { "5:31: \"line "
	    "-5\": a line of the driver is meant, like \"line 351\" [scenario.value]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: line 0, for: 1s}\n", {
	    "5:31: \"line 0\": lines are counted from 1 [scenario.value]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: line 4294967297, for: 1s}\n", {
	    "5:31: \"line 4294967297\": no text has so many lines [scenario.value]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: \"line 5#0\", for: 1s}\n", {
	    "5:32: \"line 5#0\": points are counted from 1 [scenario.value]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: \"line 5#\", for: 1s}\n", {
	    "5:32: \"line 5#\": a number is expected [scenario.value]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: \"line 5#2 after\", for: 1s}\n", { "5:32: "
	    "\"line 5#2 after\": behind the line stands nothing, or which access is meant, like "
	    "#2 [scenario.value]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: config, at: config entry, answer: true}\n", { "5:20: "
	    "a completion comes with the interrupt of a queue, not \"config\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: config entry, answer: false}\n", {
	    "5:55: \"answer\" must be true, or left out [scenario.step]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: access, answer: true, target: 5}\n", {
	    "5:49: a step delivers either a target or a completion [scenario.step]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: access, target: 5}\n", {
	    "5:20: a target comes with the interrupt \"config\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: virtio_deqeue#2 before}\n", { "5:33: "
	    "unknown kernel call \"virtio_deqeue\"; did you mean \"virtio_dequeue\"? "
	    "[scenario.point]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: access#0}\n", {
	    "5:33: \"access#0\": points are counted from 1 [scenario.value]" } },
	{ FIXTURE_STEPS "  - deliver: {irq: inflate, at: virtio_dequeue#}\n", {
	    "5:33: \"virtio_dequeue#\": a number is expected [scenario.value]" } },
	{ FIXTURE_STEPS "  - hold: {for: 1s}\n", { "5:11: a hold needs \"thread\" or \"at\" "
	    "[scenario.step]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb}\n", { "5:11: a hold needs either \"for\" or "
	    "with \"until\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, until: nowhere}\n", {
	    "5:34: there is no step named \"nowhere\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - name: x\n    hold: {thread: viomb, until: x}\n", {
	    "6:34: the step \"x\" is not a later one [scenario.step]" } },
	{ FIXTURE_STEPS "  - guest: {use: 1, release: 2}\n", { "5:12: a step `guest` has exactly "
	    "one of use, release, reboot, attach, detach or busy [scenario.step]" } },
	{ FIXTURE_STEPS "  - guest: {}\n", { "5:12: a step `guest` has exactly one of use, "
	    "release, reboot, attach, detach or busy [scenario.step]" } },
	{ FIXTURE_STEPS "  - guest: {reboot: false}\n", { "5:21: \"reboot\" must be true, or left "
	    "out [scenario.step]" } },
	{ FIXTURE_STEPS "  - guest: {attach: once}\n", { "5:21: \"once\" is no value of "
	    "\"attach\" (again) [scenario.value]" } },
	{ FIXTURE_STEPS "  - device: {}\n", { "5:13: no effect: give at least one key but "
	    "\"count\" [scenario.step]" } },
	{ FIXTURE_STEPS "  - device: {pause: inflate, count: 2}\n", { "5:37: \"count\" counts "
	    "completions (drop, duplicate, wrong_..., no_irq, coalesce, after_reset) or "
	    "notifications (miss) [scenario.step]" } },
	{ FIXTURE_STEPS "  - device: {pause: inflate, id: free}\n", {
	    "5:34: \"id\" says what \"wrong_id\" does, which is not there [scenario.step]" } },
	{ FIXTURE_STEPS "  - device: {actual: 2, statistics_fault: wrong_id}\n", {
	    "5:43: \"statistics_fault\" says what is wrong with what \"ask_statistics\" does, "
	    "which is not there [scenario.step]" } },
	{ FIXTURE_STEPS "  - device: {restore: b}\n", { "5:23: no step before saves a snapshot of "
	    "that name [scenario.step]" } },
	{ FIXTURE_STEPS "  - device: {drop: stats}\n", { "5:20: unknown name for \"drop\": "
	    "\"stats\" [scenario.name]" } },
	{ FIXTURE_STEPS "  - name: x\n    target: 1\n  - name: x\n    target: 2\n", {
	    "7:11: duplicate step name \"x\" (the first in line 5) [scenario.step]" } },
	{ FIXTURE_STEPS "  - at: 2s\n    target: 1\n  - at: 1s\n    target: 2\n", {
	    "7:9: this step is at 1s, earlier than the one of line 5 (2s) [scenario.time]" } },
	{ FIXTURE_STEPS "  - at: 120s\n    target: 1\n", { "5:9: this step is beyond the time "
	    "limit of the run (limits: {time: ...}) [scenario.time]" } },
	{ FIXTURE_STEP "always: [{id: a, that: mem.free > 1}, {id: a, that: mem.free > 2}]\n", {
	    "6:39: duplicate expectation id \"a\" [scenario.value]" } },
	{ FIXTURE_STEP "always: [{id: a}]\n", { "6:10: expectation needs the key \"that\": the "
	    "expectation [scenario.missing-key]" } },
	{ FIXTURE_STEP "always: mem.free > 1\n", { "6:9: \"always\" is a list, not a single value "
	    "[scenario.type]" } },
};

/* Parameters and extended files */
static const struct bad bad_matrix[] = {
	{ FIXTURE_STEP "matrix: {n: [1]}\n", { "6:10: nothing uses $n [scenario.parameter]" } },
	{ FIXTURE_STEPS "  - target: $n\n", { "5:13: the matrix has no parameter \"n\" "
	    "[scenario.parameter]" } },
	{ FIXTURE_STEPS "  - target: $mn\nmatrix: {nm: [1, 2]}\n", { "5:13: the matrix has no "
	    "parameter \"mn\"; did you mean \"nm\"? [scenario.parameter]",
	    "6:10: nothing uses $nm [scenario.parameter]" } },
	{ FIXTURE_STEP "matrix: {n: 5}\n", { "6:13: a parameter has a list of values "
	    "[scenario.matrix]" } },
	{ FIXTURE_STEP "matrix: {n: []}\n", { "6:13: a parameter has a list of values "
	    "[scenario.matrix]" } },
	{ FIXTURE_STEP "matrix: [n]\n", { "6:9: the matrix is a map: a list of values for every "
	    "parameter [scenario.matrix]" } },
	{ FIXTURE_STEP "matrix: {n: [[1]]}\n", { "6:14: a parameter's value is a single value "
	    "without any of [ ] , @ $ \" [scenario.matrix]" } },
	{ FIXTURE_STEPS "  - target: $n\nmatrix: {n: [1, a@b]}\n", { "6:17: a parameter's value "
	    "is a single value without any of [ ] , @ $ \" [scenario.matrix]" } },
	{ FIXTURE_STEPS "  - target: $n\nmatrix: {n: [1 page, 1page]}\n", {
	    "6:22: the value \"1page\" stands in the list twice [scenario.matrix]" } },
	{ FIXTURE_STEPS "  - target: $n\nmatrix: {n: [1, x]}\n", {
	    "6:17: \"x\": a number is expected (as $n in line 5) [scenario.value]" } },
	{ FIXTURE_STEPS "  - expect: mem.free == $n\nmatrix: {n: [1]}\n", { "5:25: a parameter "
	    "replaces a whole value, it cannot stand inside an expectation "
	    "[scenario.expectation]", "6:10: nothing uses $n [scenario.parameter]" } },
	{ FIXTURE_STEP "extends: /etc/passwd\n", { "6:10: a path relative to this file is "
	    "expected [scenario.extends]" } },
	{ FIXTURE_STEP "extends: no-such-file.yaml\n", { "6:10: no-such-file.yaml: No such file "
	    "or directory [scenario.extends]" } },
};

#endif
