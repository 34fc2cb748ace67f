/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/case: cases, their ids, and ids taken apart.
 */
#include <stdlib.h>

#include "tests/scenario/fixture.h"
#include "tests/suite.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static const char matrix_text[] = FIXTURE_HEAD
    "seeds: [4, 9]\nmatrix: {n: [5 pages, 6], call: [uvm_pglistalloc, virtio_enqueue_prep]}\n"
    "machines: [{}, {transport: legacy, hz: 1000}]\n"
    "steps:\n  - target: $n\n  - fail: {id: a, call: $call}\n";

/* The selected ids, each on a line; heap. */
static char *
ids(const struct scenario_doc *doc, const char *selection)
{
	char why[128], *text;
	struct scenario_ref ref;
	struct scenario_case *cases;
	size_t count;

	if (selection != NULL)
		ck_assert_msg(scenario_ref_parse(&ref, selection, why, sizeof(why)), "%s", why);
	cases = scenario_cases(doc, selection != NULL ? &ref : NULL, &count);
	text = PRINTED(to, for (size_t i = 0; i < count; i++) fprintf(to, "%s\n", cases[i].id));
	scenario_cases_free(cases, count);
	if (selection != NULL)
		scenario_ref_fini(&ref);
	return text;
}

static const struct { const char *selection, *ids; } selections[] = {
	{ "t[n=6,call=virtio_enqueue_prep]@9#legacy",
	  "t[n=6,call=virtio_enqueue_prep]@9#legacy,bounce,hz=1000\n" },
	{ "t[n=5 pages,call=uvm_pglistalloc]@4#1.0,bounce",
	  "t[n=5pages,call=uvm_pglistalloc]@4#1.0,bounce\n" },
	{ "t[call=uvm_pglistalloc]@4#hz=1000",
	  "t[n=5pages,call=uvm_pglistalloc]@4#legacy,bounce,hz=1000\n"
	  "t[n=6,call=uvm_pglistalloc]@4#legacy,bounce,hz=1000\n" },
	{ "t[n=6,call=uvm_pglistalloc]#1.0", "t[n=6,call=uvm_pglistalloc]@4#1.0,bounce\n"
	  "t[n=6,call=uvm_pglistalloc]@9#1.0,bounce\n" },
	{ "t[n=6,call=uvm_pglistalloc]@77#1.0",
	  "t[n=6,call=uvm_pglistalloc]@77#1.0,bounce\n" },
	{ "t[n=7]", "" }, { "t[m=6]", "" }, { "t#coherent", "" },
};

/* There nothing would be left to the seed. */
TEST(without_seeds_no_seed_fits)
{
	DOC(doc) = fixture_load(FIXTURE_STEP);
	HEAP(text) = ids(doc, "t@9#1.0,bounce");

	ck_assert_str_eq(text, "");
}

TEST_RANGE(reference_selects_cases, 0, NELEM(selections))
{
	DOC(doc) = fixture_load(matrix_text);
	HEAP(text) = ids(doc, selections[_i].selection);

	ck_assert_str_eq(text, selections[_i].ids);
}

TEST(every_id_selects_its_own_case)
{
	DOC(doc) = fixture_load(matrix_text);
	struct scenario_case *cases;
	char line[256];
	size_t count;

	cases = scenario_cases(doc, NULL, &count);
	ck_assert_uint_eq(count, 16);
	for (size_t i = 0; i < count; i++) {
		HEAP(text) = ids(doc, cases[i].id);

		snprintf(line, sizeof(line), "%s\n", cases[i].id);
		ck_assert_str_eq(text, line);
	}
	scenario_cases_free(cases, count);
}

TEST(without_seeds_there_is_none_in_the_id)
{
	DOC(doc) = fixture_load(FIXTURE_STEP);
	HEAP(text) = ids(doc, NULL);

	ck_assert_str_eq(text,
	    "t#1.0,bounce\nt#1.0,coherent\nt#legacy,bounce\nt#legacy,coherent\n");
}

TEST(memory_of_a_machine_is_in_its_name)
{
	DOC(doc) = fixture_load(FIXTURE_STEP "machine: {reserve: 1MiB}\n"
	    "machines:\n"
	    "  - {memory: 1GiB, reserve: 3 pages, diagnostic: false, byte_order: swapped}\n"
	    "  - {segments: [{at: 0, size: 3GiB}, {at: 4GiB, size: 5GiB}], interrupts: msix}\n");
	HEAP(text) = ids(doc, NULL);

	ck_assert_str_eq(text, "t#1.0,bounce,swapped,diagnostic=false,reserve=12KiB,memory=1GiB\n"
	    "t#1.0,bounce,msix,memory=3GiB@0+5GiB@4GiB\n");
}

TEST(reference_is_taken_apart)
{
	struct scenario_ref ref;
	char why[128];

	ck_assert(scenario_ref_parse(&ref, "a/b[x=1,y=p=q]@18#legacy,memory=3GiB@0", why,
	    sizeof(why)));
	ck_assert_str_eq(ref.path, "a/b");
	ck_assert_uint_eq(ref.nparams, 2);
	ck_assert_str_eq(ref.params[1].name, "y");
	ck_assert_str_eq(ref.params[1].value, "p=q");
	ck_assert(ref.has_seed);
	ck_assert_uint_eq(ref.seed, 18);
	ck_assert_uint_eq(ref.nmachine, 2);
	ck_assert_str_eq(ref.machine[1], "memory=3GiB@0");
	scenario_ref_fini(&ref);
	ck_assert(scenario_ref_parse(&ref, "scenarios/a/b.yaml", why, sizeof(why)));
	ck_assert_str_eq(ref.path, "scenarios/a/b.yaml");
	ck_assert(!ref.has_seed);
	scenario_ref_fini(&ref);
}

static const struct { const char *text, *why; } bad_refs[] = {
	{ "", "the path is missing" },
	{ "@5", "the path is missing" },
	{ "a[", "name=value is expected inside [ ]" },
	{ "a[]", "name=value is expected inside [ ]" },
	{ "a[x]", "name=value is expected inside [ ]" },
	{ "a[x=1", "the [ is not closed by ]" },
	{ "a[x=1,", "name=value is expected inside [ ]" },
	{ "a@", "a seed is a number" },
	{ "a@-1", "a seed is a number" },
	{ "a@99999999999999999999", "a seed is a number" },
	{ "a#", "a part of the machine after # is empty" },
	{ "a#legacy,", "a part of the machine after # is empty" },
	{ "a[x=1]b", "after the path come [param=value], @seed and #machine, in this order" },
	{ "a@5[x=1]", "after the path come [param=value], @seed and #machine, in this order" },
};

TEST_RANGE(bad_reference_says_why, 0, NELEM(bad_refs))
{
	struct scenario_ref ref;
	char why[128] = "";

	ck_assert_msg(!scenario_ref_parse(&ref, bad_refs[_i].text, why, sizeof(why)), "%s",
	    bad_refs[_i].text);
	ck_assert_str_eq(why, bad_refs[_i].why);
}

SUITE(scenario_case)
