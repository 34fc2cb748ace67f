/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams of events that no driver can produce, and the engine: findings, rules switched off, the
 * catalogue.
 */
#include <string.h>

#include "tests/rules/stream.h"
#include "tests/suite.h"

static struct stream s;

static void
setup(void)
{
	stream_init(&s);
}

static void
teardown(void)
{
	stream_fini(&s);
}

static uint64_t
text(const char *words)
{
	return trace_text(&s.trace, words, strlen(words));
}

/* ---- the frame ---- */

TEST(rule_switched_off_is_silent)
{
	rules_off(s.rules, "log.quiet");
	CALL(&s, APRINT_ERROR_DEV, text("balloon0: oops\n"));
	stream_is_quiet(&s);
}

TEST(same_place_is_counted)
{
	uint64_t words = text("balloon0: oops\n");

	for (unsigned i = 0; i < 3; i++)
		CALL(&s, APRINT_ERROR_DEV, words);
	ck_assert_uint_eq(s.findings.count, 1);
	ck_assert_uint_eq(s.findings.item[0].count, 3);
	CALL(&s, APRINT_ERROR_DEV, words);
	ck_assert_uint_eq(s.findings.count, 2);
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

/* ---- streams ---- */

static void
attach_fails(void)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	CALL(&s, VIRTIO_CHILD_ATTACH_START, 6);
	CALL(&s, KTHREAD_CREATE, 0, 2, 0);
	RET(&s, KTHREAD_CREATE, 12);
	CALL(&s, VIRTIO_CHILD_ATTACH_FAILED, 0);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
}

TEST(refused_because_of_another_child_is_quiet)
{
	attach_fails();
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	CALL(&s, VIRTIO_CHILD, 0);
	RET(&s, VIRTIO_CHILD, 1);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	stream_is_quiet(&s);
}

TEST(refused_because_attached_already_is_quiet)
{
	stream_attach(&s);
	NOTE(&s, ATTACH, HW_ATTACH_END, 1);
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	ck_assert_uint_eq(stream_count(&s, "attach.refused"), 0);
}

TEST(features_never_offered)
{
	EVENT(&s, DEV_FEATURES, 0, 1, 3);
	stream_is_quiet(&s);
	stream_is_only(&s, "attach.features", EVENT(&s, DEV_FEATURES, 0, 4, 3));
}

/* The bus of 2023: attach_finish leaves a queue out; one that was never made is no queue. */
TEST(a_queue_that_the_device_does_not_learn_of)
{
	stream_attach(&s);
	NOTE(&s, HANDLERS, 2, 0, 1);
	EVENT(&s, DEV_STATUS, 0, 0);
	CALL(&s, VIRTIO_FREE_VQ, UINT64_MAX);
	RET(&s, VIRTIO_FREE_VQ, 0);
	stream_is_quiet(&s);
	stream_is_only(&s, "attach.call-order", NOTE(&s, HANDLERS, 1, 0, 1));
}

TEST(callback_after_the_attach_failed)
{
	stream_attach(&s);
	NOTE(&s, ATTACH, HW_ATTACH_FAILED, 0);
	stream_as(&s, 2, HW_CTX_HARDINT, 6);
	EVENT(&s, IRQ_ENTER, 0, 0);
	stream_is_only(&s, "irq.after-teardown", NOTE(&s, CALLBACK, 1, HW_CB_VQ_DONE, 0));
}

static struct memory memory;

static void
with_memory(void)
{
	struct hw_segment segment = { 0, 256 };

	ck_assert(memory_init(&memory, NULL, &segment, 1, 0));
	s.view.memory = &memory;
}

TEST(page_twice_in_one_list)
{
	const uint64_t pfn[] = { 100, 101, 100 };

	with_memory();
	PAYLOAD(&s, PAGES, HW_PAGE_DRIVER, pfn, 2, 100, 101);
	CALL(&s, UVM_PGLISTFREE, 3);
	stream_is_only(&s, "page.double-free",
	    PAYLOAD(&s, PAGES, HW_PAGE_FREE, pfn, 3, 100, 100));
	memory_fini(&memory);
}

/* What could not be read at the commit is looked at when the device takes it. */
TEST(entries_are_read_when_they_are_taken)
{
	const uint32_t entry[] = { 100, 0, 102 };
	const uint64_t pfn[] = { 100, 101, 102 };
	uint32_t seq;

	with_memory();
	PAYLOAD(&s, PAGES, HW_PAGE_DRIVER, pfn, 3, 100, 102);
	NOTE(&s, SLOT, 0, 0, 1);
	NOTE(&s, DMASEG, 1, 4096, 12, 0);
	NOTE(&s, DESC, 0, 0, 4096 /* no bus address */, 12, 0);
	NOTE(&s, SLOT, 0, 0, 3);
	ck_assert_uint_eq(stream_count(&s, "balloon.inflate-entries"), 0);
	seq = PAYLOAD(&s, DEV_TAKE, 0, entry, 0, 0, 12, 3);
	ck_assert_uint_eq(stream_count(&s, "balloon.inflate-entries"), 1);
	ck_assert_uint_eq(stream_finding(&s, "balloon.inflate-entries")->seq, seq);
	ck_assert_uint_ne(stream_finding(&s, "balloon.inflate-entries")->site, 0);
	memory_fini(&memory);
}

SUITE(rules_streams, .setup = setup, .teardown = teardown)
