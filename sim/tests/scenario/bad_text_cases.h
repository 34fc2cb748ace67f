/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that are not YAML, or not the YAML that was meant, for test_bad.c.
 */
#ifndef VIOSIM_TESTS_SCENARIO_BAD_TEXT_CASES_H
#define VIOSIM_TESTS_SCENARIO_BAD_TEXT_CASES_H

#include "tests/scenario/bad_cases.h"

/* What is said more than once, behind line and column. */
#define BAD_YAML(text, says) { text, { says " [scenario.yaml]" } }
#define UNCLOSED(open, close) "this \"" open "\" is not closed: a \"" close "\" is missing"
#define UNENDED(quote) \
	"this quote is not closed: the " quote " that ends the text is missing in its line"
#define IN_QUOTES(start) "a text that begins with \"" start "\" needs quotes around it"
#define INDENTED(by, with, to) \
	"this line is indented by " by "; with " with " it belongs to the " to
#define NO_SPACE(key) "a space is missing after the colon of \"" key "\""
#define TABS "lines are indented by spaces, not by tabs"
#define SECOND "a second document begins here: one file holds one scenario"

static const struct bad bad_text[] = {
	BAD_YAML(FIXTURE_STEPS "  - at:1s\n    target: 512 pages\n", "5:7: " NO_SPACE("at")),
	BAD_YAML(FIXTURE_STEP "    at:2s\n", "6:7: " NO_SPACE("at")),
	BAD_YAML("format:1\nscenario: t\n", "1:7: " NO_SPACE("format")),
	BAD_YAML(FIXTURE_STEPS "  -at: 1s\n   target: 512 pages\n",
	    "5:3: a space is missing after the dash"),
	BAD_YAML(FIXTURE_STEP "  -target: 2\n", "6:3: a space is missing after the dash"),
	BAD_YAML("format: 1\nscenario: t\nsummary: The host asks: and\nsteps:\n  - target: 1\n",
	    "3:10: a text with \": \" in it needs quotes around it"),
	BAD_YAML(FIXTURE_STEPS "  - at: 1s target: 512\n",
	    "5:18: a text with \": \" in it needs quotes around it; two keys stand in two lines"),
	BAD_YAML("format: 1\nscenario: t\nsummary: \"The host asks\nsteps:\n  - target: 1\n",
	    "3:10: " UNENDED("\"")),
	BAD_YAML("format: 1\nscenario: t\nsummary: \"The host asks\nsteps:\n  - expect: log ~ "
	    "\"x\"\n", "3:10: " UNENDED("\"")),
	BAD_YAML("format: 1\nscenario: t\nsummary: 'The host asks\nsteps:\n  - target: 1\n",
	    "3:10: " UNENDED("'")),
	BAD_YAML(FIXTURE_STEPS "  - hold: {thread: viomb, at: \"line 5, for: 1s}\n", "5:31: "
	    UNENDED("\"")),
	BAD_YAML(FIXTURE_STEPS "  - note: \"x\n  - note: \"y\"\n", "5:11: " UNENDED("\"")),
	BAD_YAML(FIXTURE_HEAD "machine: {memory: 16MiB\nsteps:\n  - target: 1\n", "4:10: "
	    UNCLOSED("{", "}")),
	BAD_YAML(FIXTURE_HEAD "tags: [a, b\nsteps:\n  - target: 1\n", "4:7: " UNCLOSED("[", "]")),
	BAD_YAML(FIXTURE_STEPS "  - guest: {use: 1\n  - target: 1\n", "5:12: " UNCLOSED("{", "}")),
	BAD_YAML(FIXTURE_STEPS "  - note: {x\n", "5:11: " UNCLOSED("{", "}")),
	BAD_YAML("{format: 1, scenario: t, summary: s, steps: [{target: 1}]\n", "1:1: "
	    UNCLOSED("{", "}")),
	BAD_YAML(FIXTURE_HEAD "tags: [a, b}\n", "4:12: this \"}\" does not close the \"[\" that "
	    "was opened in line 4"),
	BAD_YAML(FIXTURE_HEAD "machine: {segments: [{at: 0, size: 1GiB}}\n",
	    "4:41: this \"}\" does not close the \"[\" that was opened in line 4"),
	BAD_YAML(FIXTURE_HEAD "tags: [a, b]]\n", "4:13: this \"]\" closes nothing"),
	BAD_YAML(FIXTURE_HEAD "machine: {hz: 100}}\n", "4:19: this \"}\" closes nothing"),
	BAD_YAML(FIXTURE_HEAD "machine: {hz: 100 cpus: 2}\n",
	    "4:19: a comma is missing before \"cpus\""),
	BAD_YAML(FIXTURE_HEAD "machine: {hz: 100,, cpus: 2}\n",
	    "4:19: nothing stands before this comma"),
	BAD_YAML(FIXTURE_HEAD "machine: {hz: 100,\n  cpus: 2 dma: bounce}\n",
	    "5:11: a comma is missing before \"dma\""),
	BAD_YAML(FIXTURE_STEP " - target: 2\n", "6:2: " INDENTED("1 space", "2", "list of line 5")),
	BAD_YAML(FIXTURE_STEP "   - target: 2\n", "6:4: " INDENTED("3 spaces", "2",
	    "list of line 5")),
	BAD_YAML(FIXTURE_STEPS "  - at: 1s\n   target: 1\n", "6:4: " INDENTED("3 spaces", "4",
	    "keys of line 5")),
	BAD_YAML(FIXTURE_STEPS "  - at: 1s\n     target: 1\n", "6:6: " INDENTED("5 spaces", "4",
	    "keys of line 5")),
	BAD_YAML(FIXTURE_STEPS "  - at: 1s\n  target: 1\n", "6:3: entries of the list of line 5 "
	    "begin with \"- \"; keys of such an entry are indented by 4 spaces"),
	BAD_YAML(FIXTURE_STEPS "  at: 1s\n  - target: 1\n",
	    "6:3: a list entry cannot stand among the keys of line 5"),
	BAD_YAML("format: 1\n scenario: t\n", "2:2: " INDENTED("1 space", "0", "keys of line 1")),
	BAD_YAML(FIXTURE_HEAD "machine:\n  memory: 16MiB\n hz: 100\n", "6:2: " INDENTED("1 space",
	    "2", "keys of line 5")),
	BAD_YAML(FIXTURE_STEPS "\t- target: 1\n", "5:1: " TABS),
	BAD_YAML(FIXTURE_STEPS "  - at: 1s\n\ttarget: 1\n", "6:1: " TABS),
	BAD_YAML(FIXTURE_HEAD "machine:\n\tmemory: 16MiB\n", "5:1: " TABS),
	BAD_YAML(FIXTURE_HEAD "steps\n  - target: 1\n", "4:1: a colon is missing after \"steps\""),
	BAD_YAML("format: 1\nscenario: t\nsummary s\n", "3:1: a colon is missing after "
	    "\"summary\""),
	BAD_YAML("format: 1\nscenario: t\nsummary = s\n",
	    "3:1: a colon is missing after \"summary\""),
	BAD_YAML(FIXTURE_HEAD "steps: - target: 1\n", "4:8: a list begins below its key; a text "
	    "that begins with \"- \" needs quotes around it"),
	BAD_YAML("summary: @host\n", "1:10: " IN_QUOTES("@")),
	BAD_YAML("summary: `host`\n", "1:10: " IN_QUOTES("`")),
	BAD_YAML("summary: %host\n", "1:10: " IN_QUOTES("%")),
	BAD_YAML("summary: *host* asks\n", "1:10: " IN_QUOTES("*")),
	BAD_YAML("summary: ? x\n", "1:10: " IN_QUOTES("?")),
	BAD_YAML("summary: >x\n", "1:10: " IN_QUOTES(">")),
	BAD_YAML("summary: - host\n", "1:10: a list begins below its key; a text that begins with "
	    "\"- \" needs quotes around it"),
	BAD_YAML("summary: [x] asks\n", "1:10: " IN_QUOTES("[")),
	BAD_YAML("summary: \"x\" asks\n", "1:14: the text in quotes is over before this; inside it "
	    "a quote is written \\\""),
	BAD_YAML("summary: 'it's'\n", "1:14: the text in quotes is over before this; inside it a "
	    "quote is written ''"),
	BAD_YAML(FIXTURE_STEPS "  - expect: \"log ~ \"x\"\"\n",
	    "5:21: the text in quotes is over before this; inside it a quote is written \\\""),
	BAD_STEPS("  - guest: {use:1000}\n",
	    "5:16: a space is missing after the colon of \"use\"", "key"),
	BAD_HEAD("machine:{memory: 16MiB}\n",
	    "4:8: a space is missing after the colon of \"machine\"", "key"),
	BAD_YAML(FIXTURE_STEP "...\ntags: [a]\n", "7:1: " SECOND),
	BAD_YAML(FIXTURE_HEAD "---\nsteps:\n  - target: 1\n", "4:1: " SECOND),
	BAD_YAML(FIXTURE_STEP "---\n", "6:1: " SECOND),
	BAD_YAML(FIXTURE_STEP "tags: [a\n# ]\n", "6:7: " UNCLOSED("[", "]")),
	BAD_YAML(FIXTURE_HEAD "# it's\nmachine: {hz: 1\n", "5:10: " UNCLOSED("{", "}")),
	BAD_YAML("a: |\n  {\n  \"\nb: [1\n", "4:4: " UNCLOSED("[", "]")),
	BAD_YAML("a: b: c\n", "1:5: a text with \": \" in it needs quotes around it; two keys "
	    "stand in two lines"),
	BAD_FILE(": x\n", "1:1: a key must be a word", "key"),
	BAD_YAML(FIXTURE_STEP "machine: {\n  hz: 100\n}\n",
	    "8:1: what stands in brackets is indented further than line 6, where they were opened"),
	BAD_YAML("\ta: 1\n", "1:1: " TABS),
};

#endif
