/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/expect: reading, evaluating and explaining expectations.
 */
#include <stdlib.h>
#include <string.h>

#include "scenario/arena.h"
#include "scenario/table.h"
#include "scenario/text.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* A world in which everything has a value of its own. */
static const struct {
	const char *text;
	int64_t value;
} values[] = {
	{ "host.target", 512 }, { "host.actual", 300 }, { "host.held", 256 },
	{ "host.discarded_in_use", 0 }, { "mem.total", 16000 }, { "mem.free", 15700 },
	{ "mem.balloon", 300 }, { "mem.others", INT64_MAX },
	{ "vq.inflate.inflight", 1 }, { "vq.deflate.inflight", 2 },
	{ "vq.inflate.requests", 3 }, { "vq.inflate.kicks", 3 }, { "vq.inflate.entries", 3 },
	{ "vq.deflate.requests", 3 }, { "vq.deflate.kicks", 3 }, { "vq.deflate.entries", 3 },
	{ "irq.config", 3 }, { "irq.inflate", 4 }, { "irq.deflate", 4 },
	{ "thread.state", 2 }, { "thread.wakeups", 5 }, { "thread.sleep", 1500000 },
	{ "calls.mutex_enter", 6 }, { "calls.uvm_pglistalloc", 7 },
	{ "calls.virtio_dequeue", 7 }, { "fail.a-b.hits", 1 }, { "fail.full.hits", 0 },
	{ "device.status", 4 }, { "attach.result", 2 }, { "sysctl.hw.viomb.npages", 42 },
};

static bool
look(const struct expect_env *at, const struct expect_term *t, int64_t *value)
{
	(void)at;
	for (size_t i = 0; i < NELEM(values); i++)
		if (strcmp(values[i].text, t->text) == 0) {
			*value = values[i].value;
			return true;
		}
	return false;
}

/* The real observables, all of them looked up above. */
static const struct scenario_vocab *
made_up_vocab(void)
{
	static struct observable observables[64];
	static struct scenario_type type;
	static struct scenario_vocab vocab;
	const struct observable *o;
	size_t count = 0;

	for (; (o = scenario_observable(fixture_vocab(), count)) != NULL; count++) {
		ck_assert_uint_lt(count, NELEM(observables) - 1);
		observables[count] = *o;
		if (o->value != NULL)
			observables[count].value = look;
	}
	type = *fixture_vocab()->type;
	type.observables = &observables[count];
	vocab = *fixture_vocab();
	vocab.type = &type;
	vocab.observables = observables;
	return &vocab;
}

static int64_t
count_log(void *arg, const char *text)
{
	(void)arg;
	return strcmp(text, "twice \"quoted\"") == 0 ? 2 : strcmp(text, "once") == 0;
}

static void
offer_sysctl(struct text_nearest *near)
{
	text_nearest_offer(near, "hw.viomb.npages");
}

static const struct expect_env env = {
	.log_count = count_log, .offer_sysctl = offer_sysctl, .hz = 100,
};

/* The expectation, or NULL with its first message in `error`. */
static struct expect *
parse(const char *text, struct arena *arena, char *error, size_t size)
{
	struct expect_source source = {
		.loc = { "t.yaml", 1, 1 }, .exact = true, .source = text,
		.source_size = strlen(text),
	};
	struct diag_list diags;
	struct expect *e;

	diag_list_init(&diags);
	e = expect_parse(text, &source, made_up_vocab(), arena, &diags);
	error[0] = '\0';
	if (e == NULL) {
		ck_assert_uint_eq(diags.count, 1);
		snprintf(error, size, "%u: %s", diags.items[0].loc.col, diags.items[0].message);
	} else {
		ck_assert_uint_eq(diags.count, 0);
	}
	diag_list_fini(&diags);
	return e;
}

static const struct { const char *text; bool holds; } evaluated[] = {
	{ "host.actual == 300", true }, { "host.actual == 301", false },
	{ "host.actual != 301", true }, { "host.actual < 301", true },
	{ "host.actual < 300", false }, { "host.actual <= 300", true },
	{ "host.actual > 299", true }, { "host.actual >= 301", false },
	{ "300 pages == host.actual", true }, { "host.held == 1MiB", true },
	{ "host.held == 1 MiB", true }, { "host.held==0x100", true },
	{ "host.actual in 300..300", true }, { "host.actual in 1..299", false },
	{ "host.actual in host.held..host.target", true },
	{ "host.actual in host.held + 44 pages..2MiB", true },
	{ "mem.free + mem.balloon == mem.total", true },
	{ "mem.total - mem.balloon - mem.free == 0", true },
	{ "mem.total - mem.free < host.actual", false },
	{ "mem.others + mem.free > mem.others - 1", true },
	{ "host.discarded_in_use > 0", false },
	{ "vq.inflate.inflight == 1", true }, { "vq.deflate.inflight == 1", false },
	{ "irq.config == 3", true }, { "irq.deflate == 4", true },
	{ "calls.mutex_enter == 6", true }, { "calls.virtio_dequeue == 6", false },
	{ "fail.a-b.hits == 1", true }, { "fail.full.hits == 0", true },
	{ "thread.state == waiting-memory", true }, { "thread.state != waiting-memory", false },
	{ "thread.state == sleeping", false }, { "attach.result == failed", true },
	{ "device.status == driver-ok", true }, { "device.status == driver", false },
	{ "thread.sleep == 1500us", true }, { "thread.sleep > 0", true },
	{ "thread.sleep < 1ticks", true }, { "thread.sleep > 2ms", false },
	{ "thread.sleep in 1ms..2 ms", true },
	{ "sysctl.hw.viomb.npages == 42", true }, { "sysctl.hw.viomb.npages == 42 pages", true },
	{ "sysctl.hw.viomb.gone == 42", false }, { "sysctl.hw.viomb.gone != 42", false },
	{ "log ~ \"once\"", true }, { "log ~ \"never\"", false },
	{ "log ~ \"twice \\\"quoted\\\"\"", true },
	{ "count(log ~ \"twice \\\"quoted\\\"\") == 2", true },
	{ "count( log ~ \"once\" ) - 1 == 0", true },
};

TEST_RANGE(expectation_is_judged, 0, NELEM(evaluated))
{
	struct arena *arena = arena_new();
	char error[256];
	struct expect *e = parse(evaluated[_i].text, arena, error, sizeof(error));

	ck_assert_msg(e != NULL, "%s: %s", evaluated[_i].text, error);
	ck_assert_msg(expect_holds(e, &env) == evaluated[_i].holds, "%s", evaluated[_i].text);
	arena_free(arena);
}

static const struct { const char *text, *error; } refused[] = {
	{ "host.actuall == 1",
	  "1: nothing called \"host.actuall\" can be observed; did you mean \"host.actual\"?" },
	{ "host.actual = 1", "13: equality is written ==" },
	{ "host.actual", "12: a comparison (== != < <= > >= in) is expected at the end of "
	  "\"host.actual\"" },
	{ "host.actual ==", "15: an amount, a time or something to observe is expected at the "
	  "end of \"host.actual ==\"" },
	{ "", "1: an amount, a time or something to observe is expected at the end of \"\"" },
	{ "host.actual == 1 1", "18: the end is expected instead of \"1\"" },
	{ "host.actual == 1 and mem.free == 2",
	  "18: an expectation is one comparison; write two for two" },
	{ "host.actual == 1 && mem.free == 2",
	  "18: an expectation is one comparison; write two for two" },
	{ "host.actual == 1 pagse",
	  "16: unknown unit \"pagse\" of amount (pages B KiB MiB GiB TiB); "
	  "did you mean \"pages\"?" },
	{ "host.actual == 1.5", "16: a whole number is expected" },
	{ "host.actual == 99999999999999999999", "16: the number is too large" },
	{ "host.actual == 9223372036854775807", "16: the amount is too large" },
	{ "host.actual == -1",
	  "16: an amount, a time or something to observe is expected instead of \"-\"" },
	{ "host.actual == 4097B", "16: an amount in bytes must be a multiple of 4KiB" },
	{ "host.actual == 5ms",
	  "16: \"5ms\" is a time, but \"host.actual\" is an amount of pages" },
	{ "irq.config == 5 pages",
	  "15: \"5 pages\" is an amount of pages, but \"irq.config\" is a count" },
	{ "thread.sleep > 5", "16: \"5\" is a bare number, but \"thread.sleep\" is a time" },
	{ "host.actual - irq.config == 1",
	  "15: \"irq.config\" is a count, but \"host.actual\" is an amount of pages" },
	{ "thread.state == sleping",
	  "17: thread.state is never \"sleping\" (none sleeping waiting-memory runnable running); "
	  "did you mean \"sleeping\"?" },
	{ "thread.state > none", "1: thread.state is compared by == or != only" },
	{ "thread.state in none..running", "1: thread.state is compared by == or != only" },
	{ "thread.state == 1", 
	  "17: thread.state is never \"1\" (none sleeping waiting-memory runnable running)" },
	{ "thread.state + 1 == 2", "16: \"1\" is a bare number, but \"thread.state\" is a state" },
	{ "mem.free == thread.state",
	  "13: \"thread.state\" is a state, but \"mem.free\" is an amount of pages" },
	{ "actual == 512", "1: nothing called \"actual\" can be observed; did you mean "
	  "\"host.actual\"?" },
	{ "free == 512", "1: nothing called \"free\" can be observed; did you mean "
	  "\"mem.free\"?" },
	{ "mem.free == 1e3", "13: a number is written out, without an exponent" },
	{ "thread.sleep == 1.5s", "17: a number is whole: write 1500ms" },
	{ "mem.free == 1.5GiB", "13: a number is whole: write 1536MiB" },
	{ "mem.free == 512.5 pages", "13: pages are counted whole" },
	{ "host.actual == \"512\"", "16: an amount, a time or something to observe is expected "
	  "instead of \"\"512\"\"" },
	{ "1 == 1", "1: nothing is observed in \"1 == 1\"" },
	{ "vq.inflat.kicks == 1", "1: there is no queue \"inflat\"; did you mean \"inflate\"?" },
	{ "vq.inflate.kick == 1", "1: nothing called \"vq.inflate.kick\" can be observed; "
	  "did you mean \"vq.inflate.kicks\"?" },
	{ "irq.deflat == 1", "1: there is no queue \"deflat\"; did you mean \"deflate\"?" },
	{ "calls.mutex_entr == 1",
	  "1: there is no kernel call \"mutex_entr\"; did you mean \"mutex_enter\"?" },
	{ "mem.free-mem.total == 1", "1: nothing called \"mem.free-mem.total\" can be observed "
	  "(a minus has spaces around it)" },
	{ "host.actual in 5..4", "16: the range 5..4 is empty" },
	{ "host.actual in 5", "17: .. is expected at the end of \"host.actual in 5\"" },
	{ "log ~ \"x", "7: the text is not closed by a quote" },
	{ "log ~ x", "7: a text in quotes is expected instead of \"x\"" },
	{ "log ~ \"\"", "7: every line has this text" },
	{ "log == 1", "5: ~ is expected instead of \"==\"" },
	{ "1 == log", "6: the log is asked by `log ~ \"text\"` or `count(log ~ \"text\")`" },
	{ "log ~ \"x\" == 1", "11: the end is expected instead of \"==\"" },
	{ "count(mem.free) == 1", "7: log is expected instead of \"mem.free\"" },
	{ "count(log ~ \"x\" == 1", "17: ) is expected instead of \"==\"" },
	{ "host.actual == $n", "16: a parameter replaces a whole value, it cannot stand inside "
	  "an expectation" },
	{ "host.actual == 1;", "17: this character has no meaning in an expectation" },
};

TEST_RANGE(nonsense_is_refused_where_it_stands, 0, NELEM(refused))
{
	struct arena *arena = arena_new();
	char error[256];

	ck_assert_msg(parse(refused[_i].text, arena, error, sizeof(error)) == NULL, "%s",
	    refused[_i].text);
	ck_assert_str_eq(error, refused[_i].error);
	arena_free(arena);
}

static const struct { const char *text, *explained; } explanations[] = {
	{ "host.actual == 512", "host.actual = 300 pages" },
	{ "mem.free + mem.balloon == mem.free - 1",
	  "mem.free = 15700 pages, mem.balloon = 300 pages" },
	{ "host.actual in host.held..host.target",
	  "host.actual = 300 pages, host.held = 256 pages, host.target = 512 pages" },
	{ "thread.state == sleeping", "thread.state = waiting-memory" },
	{ "device.status == failed", "device.status = driver-ok" },
	{ "thread.sleep > 5ticks", "thread.sleep = 1.5ms" },
	{ "sysctl.hw.viomb.gone == 1", "sysctl.hw.viomb.gone = (there is no such thing)" },
	{ "sysctl.hw.viomb.npage == 1", "sysctl.hw.viomb.npage = "
	  "(there is no such thing; did you mean sysctl.hw.viomb.npages?)" },
	{ "log ~ \"once\"", "count(log ~ \"once\") = 1" },
	{ "count(log ~ \"once\") == 3", "count(log ~ \"once\") = 1" },
};

TEST_RANGE(explanation_has_every_value, 0, NELEM(explanations))
{
	struct arena *arena = arena_new();
	char error[256];
	const struct expect *e = parse(explanations[_i].text, arena, error, sizeof(error));
	HEAP(text) = PRINTED(to, expect_print_actual(e, &env, to));

	ck_assert_str_eq(text, explanations[_i].explained);
	arena_free(arena);
}

TEST(times_are_printed_short)
{
	static const struct { int64_t ns; const char *text; } times[] = {
		{ 0, "0ns" }, { 999, "999ns" }, { 1000, "1us" }, { 1001, "1.001us" },
		{ 1500000, "1.5ms" }, { 60000000000, "60s" }, { -2500, "-2.5us" },
		{ 1000000001, "1.000000001s" },
	};
	const struct expect_term t = { .type = EXPECT_TIME };

	for (size_t i = 0; i < NELEM(times); i++) {
		HEAP(text) = PRINTED(to, expect_print_value(&t, times[i].ns, to));

		ck_assert_str_eq(text, times[i].text);
	}
}

TEST(ticks_depend_on_hz)
{
	struct expect_env fast = env;
	struct arena *arena = arena_new();
	char error[256];
	struct expect *e = parse("thread.sleep < 1ticks", arena, error, sizeof(error));

	fast.hz = 1000;
	ck_assert(expect_holds(e, &env));
	ck_assert(!expect_holds(e, &fast));
	ck_assert_int_eq(scenario_time_ns((struct scenario_time){ SCENARIO_TICKS, 3 }, 100),
	    30000000);
	ck_assert_int_eq(scenario_time_ns((struct scenario_time){ SCENARIO_TICKS,
	    UINT64_C(1) << 60 }, 100), INT64_MAX);
	arena_free(arena);
}

SUITE(scenario_expect)
