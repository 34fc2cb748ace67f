/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/rules_text.
 */
#include <stdlib.h>

#include "record.h"
#include "report/rules_text.h"
#include "tests/suite.h"

static const struct rule bare = {
	.id = "ring.missing-kick-of-a-queue", .severity = SEVERITY_LINT,
	.title = "what moves the available index is followed by a notification, unless the "
	    "device has asked for none in its ring",
	.source = "virtio 1.2 clause 2.7.13",
	.why = "The device may never look.",
};

static const struct rule_absent absent = {
	.id = "mem.soap", .title = "memory is clean", .reason = "Nobody has a towel.",
};

TEST(table_is_aligned_and_wrapped)
{
	const struct rule *const rules[] = { &record_rule, &bare };
	HEAP(text) = PRINTED(to, rules_text_table(rules, 2, to));

	ck_assert_str_eq(text,
	    "page.double-free              error  a page is not freed twice\n"
	    "ring.missing-kick-of-a-queue  lint   what moves the available index is followed by a "
	    "notification,\n"
	    "                                     unless the device has asked for none in its "
	    "ring\n");
}

TEST(absent_rule_is_told)
{
	HEAP(text) = PRINTED(to, rules_text_absent_table(&absent, 1, to);
	    rules_text_absent(&absent, to));

	ck_assert_str_eq(text,
	    "mem.soap  memory is clean\n"
	    "mem.soap (not checked)\n\n"
	    "Rule     memory is clean\n"
	    "Why not  Nobody has a towel.\n");
}

TEST(rule_is_told_in_full)
{
	HEAP(text) = PRINTED(to, rules_text_print(&record_rule, to));

	ck_assert_str_eq(text,
	    "page.double-free (error)\n"
	    "\n"
	    "Rule     a page is not freed twice\n"
	    "Why      The second free gives the allocator a page that somebody else may use\n"
	    "         by now.\n"
	    "Source   uvm_pglistfree(9)\n"
	    "\n"
	    "Wrong:\n"
	    "    uvm_pglistfree(&pages);\n"
	    "    uvm_pglistfree(&pages);\n"
	    "\n"
	    "Right:\n"
	    "    uvm_pglistfree(&pages);\n"
	    "    TAILQ_INIT(&pages);\n");
}

TEST(examples_may_be_missing)
{
	HEAP(text) = PRINTED(to, rules_text_print(&bare, to));

	ck_assert_str_eq(text,
	    "ring.missing-kick-of-a-queue (lint)\n"
	    "\n"
	    "Rule     what moves the available index is followed by a notification, unless\n"
	    "         the device has asked for none in its ring\n"
	    "Why      The device may never look.\n"
	    "Source   virtio 1.2 clause 2.7.13\n");
}

SUITE(report_rules_text)
