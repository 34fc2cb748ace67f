/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/print: what it prints loads to the same plan.
 */
#include <stdlib.h>

#include "scenario/table.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static void
check_round_trip(const char *path, const char *text)
{
	DOC(doc) = fixture_load_as(path, text);

	for (size_t i = 0; i < doc->count; i++) {
		HEAP(printed) = fixture_print(doc->scenario[i]);
		DOC(again) = fixture_load_as(path, printed);
		HEAP(twice) = fixture_print(again->scenario[0]);

		ck_assert_uint_eq(again->count, 1);
		ck_assert_msg(map_equal(&map_scenario, doc->scenario[i], again->scenario[0]),
		    "another plan:\n%s", printed);
		for (size_t j = 0; j < again->scenario[0]->machines.count; j++)
			ck_assert_str_eq(again->scenario[0]->machines.machine[j].name,
			    doc->scenario[i]->machines.machine[j].name);
		ck_assert_str_eq(printed, twice);
	}
}

TEST(printed_plan_loads_to_the_same)
{
	check_round_trip(FIXTURE_EXAMPLE_PATH, fixture_example);
	check_round_trip("all.yaml", fixture_everything);
}

/* Each differs from FIXTURE_STEP in one thing only, so equality must see that thing. */
static const char *const variations[] = {
	"tags: [a]\n", "seed: 5\n", "seeds: [1, 3]\n", "seeds: 0..2\n", "policy: lenient\n",
	"machine: {hz: 101}\n", "machine: {memory: 1GiB}\n", "machine: {reserve: 1}\n",
	"machine: {dma: bounce}\n", "machine: {segments: [{at: 0, size: 64MiB}]}\n",
	"machines: [{cpus: 2}]\n", "machines: [{softc: straddle}]\n",
	"device: {model: crosvm}\n", "device: {features: [none]}\n",
	"device: {features: [STATS_VQ]}\n", "device: {latency: 0}\n",
	"device: {latency: {inflate: 1ms}}\n", "device: {latency: {jitter: 1ticks}}\n",
	"device: {queue_size: 0}\n", "device: {queue_size: {inflate: 128}}\n",
	"device: {reset_keeps_actual: true}\n", "device: {reset_keeps_actual: false}\n",
	"device: {keeps_actual: true}\n", "device: {ack: in-notify}\n",
	"device: {config_irq: always}\n", "device: {initial: {held: 1}}\n",
	"limits: {time: 1s}\n", "limits: {events: 1}\n",
	"rules: {off: [page.leak], why: \"because: #1\"}\n",
	"always: [mem.free > 1]\n", "never: [mem.free > 1]\n", "finally: [mem.free > 1]\n",
	"finally: [{id: x, that: mem.free > 1}]\n",
	"  - note: a\n", "  - note: \"- 'a' \\\"b\\\" \\\\ é: ~\"\n", "  - note: \"null\"\n",
	"  - target: 5GiB\n", "  - target: {pages: 1, irq: none}\n",
	"  - at: 5ticks\n    target: 1\n", "  - at: +5ticks\n    target: 1\n",
	"  - at: 0\n    target: 1\n", "  - name: \" x\"\n    target: 1\n",
	"  - irq: {source: config}\n", "  - irq: {source: config, spurious: false}\n",
	"  - deliver: {irq: config, at: config entry}\n",
	"  - deliver: {irq: config, at: \"config#2 entry\"}\n",
	"  - deliver: {irq: config, at: mutex_enter}\n",
	"  - deliver: {irq: config, at: mutex_enter after}\n",
	"  - hold: {thread: viomb, for: 1s}\n",
	"  - hold: {thread: viomb, at: access#1, for: 1s}\n",
	"  - device: {latency: 1s}\n", "  - device: {jitter: 1s}\n",
	"  - device: {latency: {inflate: 1s, deflate: 0}}\n", "  - device: {actual: 0}\n",
	"  - device: {drop: inflate}\n", "  - device: {drop: inflate, count: 2}\n",
	"  - fail: {id: a, call: uvm_pglistalloc}\n",
	"  - fail: {id: a, call: uvm_pglistalloc, probability: 0.0001%}\n",
	"  - fail: {id: a, call: uvm_pglistalloc, count: forever}\n",
	"  - fail: {id: b, call: uvm_pglistalloc, nth: 2}\n",
	"  - guest: {use: 1}\n", "  - guest: {use: 2}\n",
	"  - guest: {attach: again}\n", "  - settle: {within: 90s}\n",
	"  - storm: {targets: [0, 1], every: 1s}\n", "  - expect: mem.free == 1\n",
	"  - expect: mem.free == 1\n    within: 1s\n", "  - expect: mem.free == 1\n    for: 1s\n",
	"  - wait: log ~ \"x\"\n    within: 1s\n", "  - expect-trace: [notify]\n",
	"  - expect-trace: [notify]\n    exactly: true\n",
	"  - expect-trace: [notify]\n    within: 1s\n",
	"  - expect-trace: [notify: {queue: inflate}]\n",
	"  - expect-trace: [notify: {queue: deflate}]\n",
	"  - expect-trace: [notify, notify]\n",
};

/* What is loaded, and its text. */
static struct scenario_doc *
varied(const char *variation, char text[512])
{
	snprintf(text, 512, "%s%s", FIXTURE_STEP, variation);
	return fixture_load(text);
}

TEST_EACH(every_difference_is_printed_and_seen, variations)
{
	char text[512];
	DOC(plain) = fixture_load(FIXTURE_STEP);
	DOC(doc) = varied(variations[_i], text);

	ck_assert_msg(!map_equal(&map_scenario, plain->scenario[0], doc->scenario[0]), "%s",
	    variations[_i]);
	check_round_trip("t.yaml", text);
}

TEST(variations_differ_from_each_other)
{
	char text[512];

	for (size_t i = 0; i < NELEM(variations); i++)
		for (size_t j = 0; j < i; j++) {
			DOC(a) = varied(variations[i], text);
			DOC(b) = varied(variations[j], text);

			ck_assert_msg(!map_equal(&map_scenario, a->scenario[0], b->scenario[0]),
			    "%s%s", variations[i], variations[j]);
		}
}

TEST(canonical_text_is_short)
{
	DOC(doc) = fixture_load(FIXTURE_STEPS
	    "  - at: 1000ms\n    target: {pages: 4MiB, irq: config}\n"
	    "  - expect: \"mem.free > 1\"\n    within: 0x3c s\n"
	    "machine: {hz: 100, transport: legacy, dma: bounce}\n"
	    "device: {latency: {inflate: 5ms, deflate: 5ms}}\n");
	HEAP(text) = fixture_print(doc->scenario[0]);

	ck_assert_str_eq(text, FIXTURE_HEAD
	    "machine: {transport: legacy, dma: bounce}\n"
	    "machines:\n  - {transport: legacy, dma: bounce}\n"
	    "device: {latency: 5ms}\n"
	    "steps:\n  - at: 1s\n    target: 1024 pages\n"
	    "  - expect: mem.free > 1\n    within: 1min\n");
}

TEST(step_is_one_line)
{
	DOC(doc) = fixture_load(FIXTURE_STEPS
	    "  - at: 1s\n    name: x\n    expect: mem.free > 1\n    within: 5s\n    for: 2s\n");
	HEAP(text) = PRINTED(to, scenario_step_print(&doc->scenario[0]->steps.step[0], to));

	ck_assert_str_eq(text, "expect: mem.free > 1, within: 5s, for: 2s");
}

SUITE(scenario_print)
