/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/words and of the texts in sim/report/report.
 */
#include <stdlib.h>
#include <string.h>

#include "fault/fault.h"
#include "record.h"
#include "report/words_line.h"
#include "scenario/text.h"
#include "tests/suite.h"

static struct record *record;
static struct words words;
static char text[WORDS_TEXT];

static void
setup(void)
{
	record = record_new();
	words_init(&words, &record->world);
}

static void
teardown(void)
{
	record_free(record);
}

/* ---- values ---- */

static const struct { uint64_t ns; const char *text; } durations[] = {
	{ 0, "0s" }, { 1, "1ns" }, { 1500, "1.5us" }, { 12500000, "12.5ms" },
	{ 30 * S, "30s" }, { 1000000001, "1.000000001s" }, { 999, "999ns" },
	{ UINT64_MAX, "18446744073.709551615s" },
};

TEST_EACH(duration_is_short_and_exact, durations)
{
	text_duration(durations[_i].ns, text, sizeof(text));
	ck_assert_str_eq(text, durations[_i].text);
}

TEST(time_is_a_column)
{
	words_time(1234567899, text, sizeof(text));
	ck_assert_str_eq(text, "   1.234567s");
	words_time(123456 * S, text, sizeof(text));
	ck_assert_str_eq(text, "123456.000000s");
}

static const struct { char letter; uint64_t value; const char *text; } letters[] = {
	{ 'm', 1, "mutex1" }, { 'm', 0, "no mutex" }, { 'c', 2, "cv2" },
	{ 'q', 0, "inflateq" }, { 'q', 1, "deflateq" }, { 'q', 9, "queue9" },
	{ 'q', (uint64_t)-1, "no queue" }, { 's', 3, "slot 3" },
	{ 'i', (uint64_t)-1, "-1" }, { 'x', 255, "0xff" }, { 'b', 1, "true" },
	{ 'k', 1, "1 tick" }, { 'k', 3000, "3000 ticks" }, { 'p', 1, "1 page" },
	{ 'P', 6, "IPL_VM" }, { 'P', 44, "level 44" }, { 'y', 4, "PREWRITE" },
	{ 'y', 10, "POSTREAD|POSTWRITE" }, { 'y', 0, "0" }, { 'y', 17, "PREREAD|0x10" },
	{ 'e', 0, "0" }, { 'e', 12, "ENOMEM" }, { 'e', 9999, "9999" },
	{ 'E', (uint64_t)(int64_t)HW_FAULT_BLOCK, "blocks" },
	{ 'V', HW_VEC_INTX, "INTx" }, { 'V', HW_VECTORS, "softint1" },
	{ 'R', HW_REG_ISR, "isr" }, { 'K', HW_CALL_CV_SIGNAL, "cv_signal" },
	{ 'F', UINT32_MAX, "fault4294967295" },
};

TEST_EACH(values_are_said_by_their_letter, letters)
{
	words_value(&words, letters[_i].letter, letters[_i].value, text, sizeof(text));
	ck_assert_str_eq(text, letters[_i].text);
}

TEST(every_letter_of_the_tables_is_known)
{
	for (unsigned call = HW_CALL_NONE + 1; call < HW_CALLS; call++)
		for (const char *p = trace_call_args((enum hw_call)call); *p != '\0'; p++)
			ck_assert_ptr_nonnull(strchr("mctdgqsnDfhiuxebkpPySU", *p));
	for (unsigned note = 0; note < HW_NOTES; note++)
		ck_assert_ptr_nonnull(strchr(trace_note_args((enum hw_note)note), ':'));
}

TEST(text_is_made_fit_for_a_line)
{
	static const struct { const char *from, *to; } row[] = {
		{ "a\nb\tc\n", "a b c" }, { "a\033[1mb", "a?[1mb" },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8e\x88",
		    "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8e\x88" },
		{ "\xff\xc3", "??" }, { "\xc0\xaf", "??" }, { "\xed\xa0\x80", "???" },
		{ "\xc2\x85", "??" }, { "\xef\xbf\xbe", "???" }, { "\x7f", "?" }, { "", "" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(text, sizeof(text), "%s", row[i].from);
		report_clean(text);
		ck_assert_str_eq(text, row[i].to);
	}
	snprintf(text, sizeof(text), "a\nb\n");
	report_clean_lines(text);
	ck_assert_str_eq(text, "a\nb\n");
	ck_assert_uint_eq(report_columns("\xc3\xa4\xe2\x82\xac!"), 3);
}

/* ---- sentences ---- */

/* What is said of an event that is appended now. */
static const char *
said(uint32_t seq)
{
	words_event(&words, trace_event(&record->world.trace, seq), text, sizeof(text));
	return text;
}
#define SAID(ctx, kind, code, ...) \
	said(EVENT(record, 0, ctx, kind, code, ##__VA_ARGS__))

TEST(calls_are_said_with_their_arguments)
{
	uint64_t name = record_text(record, "viomb");

	ck_assert_str_eq(SAID(THREAD, EV_CALL, HW_CALL_CV_TIMEDWAIT, 1, 1, 3000),
	    "cv_timedwait(cv1, mutex1, 3000 ticks)");
	ck_assert_str_eq(SAID(THREAD, EV_CALL, HW_CALL_KTHREAD_CREATE, (uint64_t)-1, 1, name),
	    "kthread_create(-1, 0x1, \"viomb\")");
	ck_assert_str_eq(SAID(THREAD, EV_CALL, HW_CALL_BUS_DMAMAP_SYNC, 1, 0, 1024, 8),
	    "bus_dmamap_sync(map1, 0, 1024, POSTWRITE)");
	ck_assert_str_eq(SAID(THREAD, EV_CALL, HW_CALL_VIRTIO_FEATURES), "virtio_features()");
	ck_assert_str_eq(SAID(THREAD, EV_RET, HW_CALL_UVM_PGLISTALLOC, 12),
	    "uvm_pglistalloc fails: ENOMEM");
	ck_assert_str_eq(SAID(THREAD, EV_RET, HW_CALL_MUTEX_EXIT, 0), "mutex_exit returns");
	ck_assert_str_eq(SAID(THREAD, EV_RET, HW_CALL_MUTEX_OWNED, 1),
	    "mutex_owned returns true");
}

TEST(device_and_host_are_said_as_sentences)
{
	ck_assert_str_eq(SAID(MACHINE, EV_HOST_TARGET, 0, 300, 0, 1),
	    "asks for 300 pages (was 0), config interrupt");
	ck_assert_str_eq(SAID(THREAD, EV_DEV_TAKE, 0, 1, 0, 4, 1),
	    "reads a deflate request: 1 page number, 4 bytes (id 0)");
	ck_assert_str_eq(SAID(THREAD, EV_DEV_ACT, 0, 0, 256, 2, 3, 256),
	    "takes 256 pages from the guest, skips 2 that are no memory, 3 OF THEM IN USE");
	ck_assert_str_eq(SAID(THREAD, EV_DEV_ACT, 0, 1, 256, 0, 0, 0),
	    "gives 256 pages back to the guest");
	ck_assert_str_eq(SAID(MACHINE, EV_IRQ_RAISE, 0, HW_VEC_INTX, 2),
	    "raises INTx (config)");
	ck_assert_str_eq(SAID(MACHINE, EV_IRQ_RAISE, 0, HW_VEC_INTX, 0),
	    "raises INTx without a cause");
	ck_assert_str_eq(SAID(MACHINE, EV_IRQ_RAISE, 0, HW_VEC_INTX, 3),
	    "raises INTx (queue and config)");
	ck_assert_str_eq(SAID(AUTOCONF, EV_DEV_QUEUE, 0, 0, 128, 4096),
	    "queue 0 (inflateq) set up, 128 entries");
	ck_assert_str_eq(SAID(AUTOCONF, EV_DEV_QUEUE, 0, 1, 128, 0), "queue 1 (deflateq) removed");
	ck_assert_str_eq(SAID(AUTOCONF, EV_DEV_STATUS, 0, 7),
	    "status ACKNOWLEDGE|DRIVER|DRIVER_OK");
	ck_assert_str_eq(SAID(AUTOCONF, EV_DEV_FEATURES, 0, 1, UINT64_C(0x100000001)),
	    "is asked for features MUST_TELL_HOST, offers MUST_TELL_HOST|VERSION_1");
	ck_assert_str_eq(SAID(THREAD, EV_DEV_ACTUAL, 0, 300, 0),
	    "gets actual = 300, keeps 0");
	ck_assert_str_eq(SAID(IRQ, EV_NOTE, HW_NOTE_CALLBACK, 1, 1, 1),
	    "calls the driver's vq_done of deflateq");
}

TEST(fault_is_said_by_its_row)
{
	size_t count, row = 0;
	const struct fault_row *rows = fault_catalogue(&count);
	char expected[160];

	while (row < count && rows[row].error_name == NULL)
		row++;
	ck_assert_uint_lt(row, count);
	snprintf(expected, sizeof(expected), "%s is made to fail with %s (%s)",
	    trace_call_name(rows[row].call), fault_errno_name(rows[row].error), rows[row].id);
	ck_assert_str_eq(SAID(THREAD, EV_FAULT, 0, row, rows[row].call, (uint64_t)-1,
	    (uint64_t)rows[row].error), expected);
}

TEST(console_text_is_one_line)
{
	uint64_t number = record_text(record, "viomb0: full\nagain\033[2J\n");

	ck_assert_str_eq(SAID(THREAD, EV_CONSOLE, 0, number), "viomb0: full again?[2J");
	ck_assert(!words_is_main(&words, trace_event(&record->world.trace,
	    EVENT(record, 0, THREAD, EV_CONSOLE, 0, record_text(record, "\n")))));
}

/* An expectation that holds at once is shown with its step, any other by itself. */
TEST(expectation_is_printed_once)
{
	uint64_t number = record_text(record, "expect: host.held == 0");
	uint32_t step, held, late;
	const struct trace *trace = &record->world.trace;

	step = EVENT(record, S, MACHINE, EV_STEP, 0, 2, number);
	held = EVENT(record, S, MACHINE, EV_EXPECT, 0, 2, 1);
	late = EVENT(record, S, MACHINE, EV_EXPECT, 0, 2, 1);
	ck_assert_str_eq(said(step), "step 3: expect: host.held == 0: holds");
	ck_assert(!words_is_main(&words, trace_event(trace, held)));
	ck_assert(words_is_main(&words, trace_event(trace, late)));
	ck_assert_str_eq(said(late), "step 3: the expectation holds");
	step = EVENT(record, S, MACHINE, EV_STEP, 0, 3, number);
	late = EVENT(record, S, MACHINE, EV_EXPECT, 0, 3, 0);
	ck_assert_str_eq(said(step), "step 4: expect: host.held == 0");
	ck_assert(words_is_main(&words, trace_event(trace, late)));
}

/* Whatever the numbers are, there is a sentence, and it ends where the buffer ends. */
TEST(every_event_is_said)
{
	static const uint64_t value[] = { 0, 1, 77, UINT64_MAX };

	for (unsigned kind = EV_NONE + 1; kind < EV_KINDS; kind++) {
		/* What only the device's class can say is always shown. */
		ck_assert(words_kinds[kind].template != NULL || words_kinds[kind].say != NULL ||
		    words_kinds[kind].is_main);
		for (unsigned code = 0; code < 100; code++)
			for (size_t v = 0; v < 4; v++) {
				struct event event = {
					.kind = (uint16_t)kind, .code = (uint16_t)code,
					.arg = { value[v], value[v], value[v], value[v],
					    value[v] },
				};

				words_event(&words, &event, text, sizeof(text));
				ck_assert_ptr_nonnull(memchr(text, '\0', sizeof(text)));
				ck_assert_ptr_nonnull(words_who(&words, &event));
				words_event(&words, &event, text, 8);
				ck_assert_uint_lt(strlen(text), 8);
			}
	}
}

/* ---- the reader's place ---- */

static void
follow_all(void)
{
	words_init(&words, &record->world);
	for (uint32_t seq = 0; seq < record->world.trace.count; seq++)
		words_follow(&words, trace_event(&record->world.trace, seq));
}

TEST(names_come_from_the_record)
{
	record_attach(record);
	record_inflate(record, S);
	follow_all();
	ck_assert_str_eq(words_context_name(&words, AUTOCONF, HW_CTX_AUTOCONF), "autoconf");
	ck_assert_str_eq(words_context_name(&words, IRQ, HW_CTX_HARDINT), "irq0");
	ck_assert_str_eq(words_context_name(&words, THREAD, HW_CTX_KTHREAD), "viomb");
	ck_assert_str_eq(words_context_name(&words, 9, HW_CTX_SOFTINT), "softint");
	ck_assert_str_eq(words_context_name(&words, 0, HW_CTX_AUTOCONF), "machine");
}

TEST(wake_up_says_how_long_it_slept)
{
	uint32_t wake;

	record_attach(record);
	follow_all();
	wake = EVENT(record, S, MACHINE, EV_CTX_WAKE, 0, THREAD, 1);
	ck_assert_str_eq(said(wake), "wakes up: timeout, slept 990ms");
}

/* A second device, its host and its threads have a number behind their name. */
TEST(a_second_device_is_told_apart)
{
	struct event event = { .kind = EV_DEV_ACT, .device = 1, .dev_act = { .held = 64 } };

	record_attach(record);
	words_init(&words, &record->world);
	ck_assert_str_eq(words_who(&words, &event), "device/1");
	words_follow(&words, &event);
	ck_assert_uint_eq(words.pages.host, 64);
	event.device = 0;
	event.dev_act.held = 100;
	ck_assert_str_eq(words_who(&words, &event), "device");
	words_follow(&words, &event);
	ck_assert_uint_eq(words.pages.host, 164);
	event = (struct event){ .kind = EV_HOST_TARGET, .device = 1 };
	ck_assert_str_eq(words_who(&words, &event), "host/1");
	event = (struct event){
		.kind = EV_CTX_START, .device = 1, .ctx = AUTOCONF,
		.seq = record->world.trace.count,
		.ctx_start = { .context = THREAD, .kind = HW_CTX_KTHREAD },
	};
	words_follow(&words, &event);
	ck_assert_str_eq(words_context_name(&words, THREAD, HW_CTX_KTHREAD), "viomb/1");
}

/* 256 pages are freed twice: the second time nothing changes. */
TEST(double_free_frees_once)
{
	struct memory_counts *counts = &record->world.memory.counts;

	record_inflate(record, S);
	for (int i = 0; i < 2; i++) {
		EVENT(record, 2 * S, THREAD, EV_CALL, HW_CALL_UVM_PGLISTFREE, 256);
		EVENT(record, 2 * S, THREAD, EV_PAGES, HW_PAGE_FREE, 256, 0x3f00, 0x3fff, 7,
		    i == 0 ? 16128 : 16384);
	}
	counts->free = 16384;
	follow_all();
	ck_assert_uint_eq(words.pages.driver, 0);
	ck_assert_uint_eq(words.pages.free, 16384);
}

TEST(shape_is_the_same_for_alike_only)
{
	const struct trace *trace = &record->world.trace;
	uint32_t a = EVENT(record, 1, THREAD, EV_DEV_TAKE, 0, 0, 1, 1024, 256, 5);
	uint32_t b = EVENT(record, 2, THREAD, EV_DEV_TAKE, 0, 0, 2, 1024, 256, 6);
	uint32_t c = EVENT(record, 3, THREAD, EV_DEV_TAKE, 0, 0, 1, 176, 44, 5);
	uint32_t d = EVENT(record, 4, THREAD, EV_DEV_TAKE, 0, 1, 1, 1024, 256, 5);
	uint32_t e = EVENT(record, 4, MACHINE, EV_STEP, 0, 0, 0);
	uint32_t f = EVENT(record, 4, MACHINE, EV_STEP, 0, 0, 0);

#define SHAPE(seq) words_shape(trace_event(trace, seq))
	ck_assert_uint_eq(SHAPE(a), SHAPE(b));
	ck_assert_uint_ne(SHAPE(a), SHAPE(c));
	ck_assert_uint_ne(SHAPE(a), SHAPE(d));
	ck_assert_uint_ne(SHAPE(e), SHAPE(f));
#undef SHAPE
}

SUITE(report_words, .setup = setup, .teardown = teardown)
