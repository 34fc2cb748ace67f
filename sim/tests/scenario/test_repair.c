/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of repairs: what can only be meant in one way is repaired, and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "scenario/diag.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

static unsigned made;

static void
count_made(const struct diag *d)
{
	ck_assert_str_ne(d->from, d->to);
	made++;
}

/* The text when no error of it can be repaired any more; heap. */
static char *
repaired(const char *text)
{
	char *now = strdup(text), *next;
	struct diag_list diags;
	struct scenario_doc *doc;

	for (;;) {
		diag_list_init(&diags);
		doc = scenario_load_text("t.yaml", now, strlen(now), fixture_vocab(), &diags);
		scenario_doc_free(doc);
		next = diag_list_repaired(&diags, "t.yaml", now, count_made);
		diag_list_fini(&diags);
		if (next == NULL)
			return now;
		free(now);
		now = next;
		ck_assert_uint_lt(made, 100);
	}
}

struct repair {
	const char *before, *after;	/* below a head and its steps */
};

/* What loads afterwards. */
static const struct repair repairs[] = {
	/* Spelling: keys, verbs, values, names, units. */
	{ "  - targt: 5\n", "  - target: 5\n" },
	{ "  - target: {paegs: 5, irq: nonne}\n", "  - target: {pages: 5, irq: none}\n" },
	{ "  - device: {paus: deflate}\n", "  - device: {pause: deflate}\n" },
	{ "  - {TARGET: 5}\n", "  - {target: 5}\n" },
	{ "  - target: 5 # targt: targt\nmachine: {transprt: legcy}\n",
	    "  - target: 5 # targt: targt\nmachine: {transport: legacy}\n" },
	{ "  - fail: {id: a, call: uvm_pglistaloc, errno: ENOMEN}\n",
	    "  - fail: {id: a, call: uvm_pglistalloc, errno: ENOMEM}\n" },
	{ "  - deliver: {irq: conifg, at: virtio_deqeue#2 before}\n",
	    "  - deliver: {irq: config, at: virtio_dequeue#2 before}\n" },
	{ "  - target: 5 mib\n", "  - target: 5 MiB\n" },
	{ "  - target: $n\nmatrix: {n: [\"1.5GiB\", 3]}\n",
	    "  - target: $n\nmatrix: {n: [\"1536MiB\", 3]}\n" },
	{ "  - {at: 1.5s, target: 5}\n", "  - {at: 1500ms, target: 5}\n" },
	{ "  - target: $nubmer\nmatrix: {number: [1, 2]}\n",
	    "  - target: $number\nmatrix: {number: [1, 2]}\n" },
	/* Flags of other languages, quotes. */
	{ "  - target: 5\nmachine: {diagnostic: No}\n",
	    "  - target: 5\nmachine: {diagnostic: false}\n" },
	{ "  - expect: thread.state == \"sleeping\"\n", "  - expect: thread.state == sleeping\n" },
	{ "  - note: what: else\n", "  - note: \"what: else\"\n" },
	{ "  - note: a \"b\": c   # why\n", "  - note: 'a \"b\": c'   # why\n" },
	{ "  - note: @home\n", "  - note: \"@home\"\n" },
	/* Expectations. */
	{ "  - expect: host.actul == 5\n", "  - expect: host.actual == 5\n" },
	{ "  - expect: \"host.actual  =  5\"\n", "  - expect: \"host.actual  ==  5\"\n" },
	{ "  - expect: vq.inflat.kicks in 3..7\n", "  - expect: vq.inflate.kicks in 3..7\n" },
	/* YAML. */
	{ "  - target: 1\n  -target: 5\n", "  - target: 1\n  - target: 5\n" },
	{ "  - {name: \xc3\xa4\xe2\x82\xac, target:5}\n",
	    "  - {name: \xc3\xa4\xe2\x82\xac, target: 5}\n" },
	{ "  - at: 1s\n    target:5\n", "  - at: 1s\n    target: 5\n" },
	{ "  - target:5\n", "  - target: 5\n" },
	{ "  - target 5\n", "  - target: 5\n" },
};

static char *
with_head(const char *text)
{
	char *whole = malloc(strlen(FIXTURE_STEPS) + strlen(text) + 1);

	return strcat(strcpy(whole, FIXTURE_STEPS), text);
}

TEST_EACH(what_is_sure_is_repaired, repairs)
{
	HEAP(before) = with_head(repairs[_i].before);
	HEAP(after) = with_head(repairs[_i].after);
	HEAP(got) = NULL;

	made = 0;
	got = repaired(before);
	ck_assert_str_eq(got, after);
	ck_assert_uint_gt(made, 0);
	ck_assert_msg(fixture_errors(got) == NULL, "%s", got);
}

/* More than one thing can be meant, or what is missing is not known. */
static const char *const unsure[] = {
	"  - target: 5\n    on: virtio2\n",		/* virtio0 and virtio1 */
	"  - device: {pause: xflate}\n",		/* inflate and deflate */
	"  - target: 5sec\n",
	"  - target: 1.5 pages\n",
	"  - expect: result == ok\n",			/* attach.result, detach.result */
	"  - expect: host.actual => 5\n",
	"  - expect: host.actual === 5\n",
	"  - expect: host.actual == 512 within 5s\n",
	"  - at: 1s target: 5\n",			/* no text: two keys */
	"  - target: 1\n text goes on\n",
	"  - fail: {id: a, call: uvm_}\n",
	"  - target: 4097B\n",
	"  - target: 5\nmachne: {hz: 100}\n",	/* machine and machines */
};

TEST_EACH(what_is_not_sure_stays, unsure)
{
	HEAP(before) = with_head(unsure[_i]);
	HEAP(got) = NULL;

	made = 0;
	got = repaired(before);
	ck_assert_str_eq(got, before);
	ck_assert_uint_eq(made, 0);
	ck_assert_ptr_nonnull(fixture_errors(before));
}

SUITE(scenario_repair)
