/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area log, as streams of events; and the engine: findings, rules switched off, the catalogue.
 */
#include <string.h>

#include "tests/rules/guest.h"
#include "tests/suite.h"

GUEST_FIXTURE(g) { }

static uint64_t
text(const char *words)
{
	return trace_text(&g.s.trace, words, strlen(words));
}

/* ---- the frame ---- */

TEST(rule_switched_off_is_silent)
{
	rules_off(g.s.rules, "log.quiet");
	CALL(&g.s, APRINT_ERROR_DEV, text("balloon0: oops\n"));
	stream_is_quiet(&g.s);
}

TEST(same_place_is_counted)
{
	uint64_t words = text("balloon0: oops\n");

	for (unsigned i = 0; i < 3; i++)
		CALL(&g.s, APRINT_ERROR_DEV, words);
	ck_assert_uint_eq(g.s.findings.count, 1);
	ck_assert_uint_eq(g.s.findings.item[0].count, 3);
	CALL(&g.s, APRINT_ERROR_DEV, words);
	ck_assert_uint_eq(g.s.findings.count, 2);
}

TEST(because_is_kept_for_the_first_only)
{
	struct findings findings = { 0 };
	struct event event = { .seq = 5 };

	finding_because(&findings, 3, 0, "c");
	finding_add(&findings, &rule_panic, &event, 7, "one");
	finding_because(&findings, 1, 0, "a");
	finding_add(&findings, &rule_panic, &event, 7, "two");
	finding_because(&findings, 2, 0, "b");
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_uint_eq(findings.item[0].becauses, 1);
	ck_assert_str_eq(findings.item[0].text, "one");
	findings_fini(&findings);
}

/* What does not fit says so. */
TEST(long_sentences_end_in_dots)
{
	struct findings findings = { 0 };
	struct event event = { .seq = 5 };
	const size_t size = sizeof(findings.item[0].text);
	char words[400];

	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	finding_add(&findings, &rule_panic, &event, 7, "%s", words);
	finding_because(&findings, 1, 0, "%s", words);
	ck_assert_uint_eq(strlen(findings.item[0].text), size - 1);
	ck_assert_str_eq(findings.item[0].text + size - 5, "x...");
	ck_assert_str_eq(strchr(findings.item[0].because[0].what, '.'), "...");
	words[size - 1] = '\0';
	finding_add(&findings, &rule_panic, &event, 8, "%s", words);
	ck_assert_str_eq(findings.item[1].text, words);
	findings_fini(&findings);
}

TEST(catalogue_is_in_order_and_complete)
{
	size_t count;
	const struct rule *const *rule = rules_catalogue(&count);

	ck_assert_uint_gt(count, 20);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			ck_assert_int_lt(strcmp(rule[i - 1]->id, rule[i]->id), 0);
		ck_assert_ptr_nonnull(strchr(rule[i]->id, '.'));
		ck_assert_ptr_nonnull(rule[i]->title);
		ck_assert_ptr_nonnull(rule[i]->source);
		ck_assert_ptr_nonnull(rule[i]->why);
		ck_assert_int_eq(rule[i]->wrong == NULL, rule[i]->right == NULL);
		ck_assert_ptr_eq(rule_by_id(rule[i]->id), rule[i]);
	}
	ck_assert_ptr_null(rule_by_id("no.such-rule"));
}

/* What nobody checks is said with its reason, and is not claimed to be checked. */
TEST(absent_rules_are_in_no_catalogue)
{
	size_t count;
	const struct rule_absent *absent = rules_absent(&count);

	ck_assert_uint_gt(count, 0);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			ck_assert_int_lt(strcmp(absent[i - 1].id, absent[i].id), 0);
		ck_assert_ptr_null(rule_by_id(absent[i].id));
		ck_assert_ptr_nonnull(strchr(absent[i].id, '.'));
		ck_assert_uint_gt(strlen(absent[i].title), 10);
		ck_assert_uint_gt(strlen(absent[i].reason), 20);
		ck_assert_ptr_eq(rule_absent_by_id(absent[i].id), &absent[i]);
	}
	ck_assert_ptr_null(rule_absent_by_id("dma.leak"));
}

SUITE(rules_log_suite, "rules_log", .setup = setup, .teardown = teardown)
