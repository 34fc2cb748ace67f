/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that are not YAML, or not the YAML that was meant, for test_bad.c.
 */
#ifndef VIOSIM_TESTS_SCENARIO_BAD_TEXT_CASES_H
#define VIOSIM_TESTS_SCENARIO_BAD_TEXT_CASES_H

#include "tests/scenario/bad_cases.h"

static const struct bad bad_text[] = {
	{ FIXTURE_STEPS "  - at:1s\n    target: 512 pages\n", {
	    "5:7: a space is missing after the colon of \"at\" [scenario.yaml]" } },
	{ FIXTURE_STEP "    at:2s\n", { "6:7: a space is missing after the colon of \"at\" "
	    "[scenario.yaml]" } },
	{ "format:1\nscenario: t\n", { "1:7: a space is missing after the colon of \"format\" "
	    "[scenario.yaml]" } },
	{ FIXTURE_STEPS "  -at: 1s\n   target: 512 pages\n", {
	    "5:3: a space is missing after the dash [scenario.yaml]" } },
	{ FIXTURE_STEP "  -target: 2\n", { "6:3: a space is missing after the dash "
	    "[scenario.yaml]" } },
	{ "format: 1\nscenario: t\nsummary: The host asks: and\nsteps:\n  - target: 1\n", {
	    "3:23: a text with \": \" in it needs quotes around it; two keys stand in two lines "
	    "[scenario.yaml]" } },
	{ FIXTURE_STEPS "  - at: 1s target: 512\n", { "5:18: a text with \": \" in it needs "
	    "quotes around it; two keys stand in two lines [scenario.yaml]" } },
	{ "format: 1\nscenario: t\nsummary: \"The host asks\nsteps:\n  - target: 1\n", { "3:10: "
	    "this quote is not closed: the \" that ends the text is missing in its line "
	    "[scenario.yaml]" } },
	{ "format: 1\nscenario: t\nsummary: \"The host asks\nsteps:\n  - expect: log ~ \"x\"\n", {
	    "3:10: this quote is not closed: the \" that ends the text is missing in its line "
	    "[scenario.yaml]" } },
	{ "format: 1\nscenario: t\nsummary: 'The host asks\nsteps:\n  - target: 1\n", { "3:10: "
	    "this quote is not closed: the ' that ends the text is missing in its line "
	    "[scenario.yaml]" } },
	{ FIXTURE_STEPS "  - hold: {thread: viomb, at: \"line 5, for: 1s}\n", { "5:31: this quote "
	    "is not closed: the \" that ends the text is missing in its line [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - note: \"x\n  - note: \"y\"\n", { "5:11: this quote is not closed: "
	    "the \" that ends the text is missing in its line [scenario.yaml]" } },
	{ FIXTURE_HEAD "machine: {memory: 16MiB\nsteps:\n  - target: 1\n", {
	    "4:10: this \"{\" is not closed: a \"}\" is missing [scenario.yaml]" } },
	{ FIXTURE_HEAD "tags: [a, b\nsteps:\n  - target: 1\n", {
	    "4:7: this \"[\" is not closed: a \"]\" is missing [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - guest: {use: 1\n  - target: 1\n", {
	    "5:12: this \"{\" is not closed: a \"}\" is missing [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - note: {x\n", { "5:11: this \"{\" is not closed: a \"}\" is missing "
	    "[scenario.yaml]" } },
	{ "{format: 1, scenario: t, summary: s, steps: [{target: 1}]\n", {
	    "1:1: this \"{\" is not closed: a \"}\" is missing [scenario.yaml]" } },
	{ FIXTURE_HEAD "tags: [a, b}\n", { "4:12: this \"}\" does not close the \"[\" that was "
	    "opened in line 4 [scenario.yaml]" } },
	{ FIXTURE_HEAD "machine: {segments: [{at: 0, size: 1GiB}}\n", { "4:41: this \"}\" does "
	    "not close the \"[\" that was opened in line 4 [scenario.yaml]" } },
	{ FIXTURE_HEAD "tags: [a, b]]\n", { "4:13: this \"]\" closes nothing [scenario.yaml]" } },
	{ FIXTURE_HEAD "machine: {hz: 100}}\n", { "4:19: this \"}\" closes nothing "
	    "[scenario.yaml]" } },
	{ FIXTURE_HEAD "machine: {hz: 100 cpus: 2}\n", { "4:19: a comma is missing before "
	    "\"cpus\" [scenario.yaml]" } },
	{ FIXTURE_HEAD "machine: {hz: 100,, cpus: 2}\n", { "4:19: nothing stands before this "
	    "comma [scenario.yaml]" } },
	{ FIXTURE_HEAD "machine: {hz: 100,\n  cpus: 2 dma: bounce}\n", {
	    "5:11: a comma is missing before \"dma\" [scenario.yaml]" } },
	{ FIXTURE_STEP " - target: 2\n", { "6:2: this line is indented by 1 space; with 2 it "
	    "belongs to the list of line 5 [scenario.yaml]" } },
	{ FIXTURE_STEP "   - target: 2\n", { "6:4: this line is indented by 3 spaces; with 2 it "
	    "belongs to the list of line 5 [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - at: 1s\n   target: 1\n", { "6:4: this line is indented by 3 spaces; "
	    "with 4 it belongs to the keys of line 5 [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - at: 1s\n     target: 1\n", { "6:6: this line is indented by 5 "
	    "spaces; with 4 it belongs to the keys of line 5 [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - at: 1s\n  target: 1\n", { "6:3: entries of the list of line 5 begin "
	    "with \"- \"; keys of such an entry are indented by 4 spaces [scenario.yaml]" } },
	{ FIXTURE_STEPS "  at: 1s\n  - target: 1\n", { "6:3: a list entry cannot stand among the "
	    "keys of line 5 [scenario.yaml]" } },
	{ "format: 1\n scenario: t\n", { "2:2: this line is indented by 1 space; with 0 it "
	    "belongs to the keys of line 1 [scenario.yaml]" } },
	{ FIXTURE_HEAD "machine:\n  memory: 16MiB\n hz: 100\n", { "6:2: this line is indented by "
	    "1 space; with 2 it belongs to the keys of line 5 [scenario.yaml]" } },
	{ FIXTURE_STEPS "\t- target: 1\n", { "5:1: lines are indented by spaces, not by tabs "
	    "[scenario.yaml]" } },
	{ FIXTURE_STEPS "  - at: 1s\n\ttarget: 1\n", { "6:1: lines are indented by spaces, not by "
	    "tabs [scenario.yaml]" } },
	{ FIXTURE_HEAD "machine:\n\tmemory: 16MiB\n", { "5:1: lines are indented by spaces, not "
	    "by tabs [scenario.yaml]" } },
	{ FIXTURE_HEAD "steps\n  - target: 1\n", { "4:1: a colon is missing after \"steps\" "
	    "[scenario.yaml]" } },
	{ "format: 1\nscenario: t\nsummary s\n", { "3:1: a colon is missing after \"summary\" "
	    "[scenario.yaml]" } },
	{ "format: 1\nscenario: t\nsummary = s\n", { "3:1: a colon is missing after \"summary\" "
	    "[scenario.yaml]" } },
	{ FIXTURE_HEAD "steps: - target: 1\n", { "4:8: a list begins below its key; a text that "
	    "begins with \"- \" needs quotes around it [scenario.yaml]" } },
	{ "summary: @host\n", { "1:10: a text that begins with \"@\" needs quotes around it "
	    "[scenario.yaml]" } },
	{ "summary: `host`\n", { "1:10: a text that begins with \"`\" needs quotes around it "
	    "[scenario.yaml]" } },
	{ "summary: %host\n", { "1:10: a text that begins with \"%\" needs quotes around it "
	    "[scenario.yaml]" } },
	{ "summary: *host* asks\n", { "1:10: a text that begins with \"*\" needs quotes around it "
	    "[scenario.yaml]" } },
	{ "summary: ? x\n", { "1:10: a text that begins with \"?\" needs quotes around it "
	    "[scenario.yaml]" } },
	{ "summary: >x\n", { "1:10: a text that begins with \">\" needs quotes around it "
	    "[scenario.yaml]" } },
	{ "summary: - host\n", { "1:10: a list begins below its key; a text that begins with \"- "
	    "\" needs quotes around it [scenario.yaml]" } },
	{ "summary: [x] asks\n", { "1:10: a text that begins with \"[\" needs quotes around it "
	    "[scenario.yaml]" } },
	{ "summary: \"x\" asks\n", { "1:14: the text in quotes is over before this; inside it a "
	    "quote is written \\\" [scenario.yaml]" } },
	{ "summary: 'it's'\n", { "1:14: the text in quotes is over before this; inside it a quote "
	    "is written '' [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - expect: \"log ~ \"x\"\"\n", { "5:21: the text in quotes is over "
	    "before this; inside it a quote is written \\\" [scenario.yaml]" } },
	{ FIXTURE_STEPS "  - guest: {use:1000}\n", { "5:16: a space is missing after the colon of "
	    "\"use\" [scenario.key]" } },
	{ FIXTURE_HEAD "machine:{memory: 16MiB}\n", { "4:8: a space is missing after the colon of "
	    "\"machine\" [scenario.key]" } },
	{ FIXTURE_STEP "...\ntags: [a]\n", { "7:1: a second document begins here: one file holds "
	    "one scenario [scenario.yaml]" } },
	{ FIXTURE_HEAD "---\nsteps:\n  - target: 1\n", { "4:1: a second document begins here: one "
	    "file holds one scenario [scenario.yaml]" } },
	{ FIXTURE_STEP "---\n", { "6:1: a second document begins here: one file holds one "
	    "scenario [scenario.yaml]" } },
	{ FIXTURE_STEP "tags: [a\n# ]\n", { "6:7: this \"[\" is not closed: a \"]\" is missing "
	    "[scenario.yaml]" } },
	{ FIXTURE_HEAD "# it's\nmachine: {hz: 1\n", { "5:10: this \"{\" is not closed: a \"}\" is "
	    "missing [scenario.yaml]" } },
	{ "a: |\n  {\n  \"\nb: [1\n", { "4:4: this \"[\" is not closed: a \"]\" is missing "
	    "[scenario.yaml]" } },
	{ "a: b: c\n", { "1:5: a text with \": \" in it needs quotes around it; two keys stand in "
	    "two lines [scenario.yaml]" } },
	{ ": x\n", { "1:1: a key must be a word [scenario.key]" } },
	{ FIXTURE_STEP "machine: {\n  hz: 100\n}\n", { "8:1: what stands in brackets is indented "
	    "further than line 6, where they were opened [scenario.yaml]" } },
	{ "\ta: 1\n", { "1:1: lines are indented by spaces, not by tabs [scenario.yaml]" } },
};

#endif
