/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/trace: the record of a run and its digest.
 */
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "machine/trace.h"
#include "tests/suite.h"

/* A trace that is freed when its block ends; it keeps all events, or the newest. */
#define TRACE(name, keep_all) \
	__attribute__((cleanup(trace_fini))) struct trace name; \
	trace_init(&name, keep_all)

static void
append(struct trace *trace, enum event_kind kind, unsigned code, uint64_t a0)
{
	struct event event = {
		.kind = (uint16_t)kind, .code = (uint16_t)code, .arg = { a0 },
	};

	trace_append(trace, &event, (uint32_t)a0, NULL);
}

TEST(events_are_numbered_and_found_again)
{
	enum { N = 3 * TRACE_CHUNK + 5 };

	TRACE(trace, true);
	for (uint64_t i = 0; i < N; i++)
		append(&trace, EV_CALL, HW_CALL_PRINTF, i);
	ck_assert_uint_eq(trace.count, N);
	for (uint32_t i = 0; i < N; i++) {
		ck_assert_uint_eq(trace_event(&trace, i)->seq, i);
		ck_assert_uint_eq(trace_event(&trace, i)->arg[0], i);
		ck_assert_uint_eq(trace_site(&trace, i), i);
	}
	ck_assert_ptr_null(trace_event(&trace, N));
	ck_assert_uint_eq(trace_site(&trace, N), 0);
	ck_assert_uint_eq(trace.calls[HW_CALL_PRINTF], N);
}

/* Without keep_all the last chunk and the one before stay. */
TEST(old_events_are_dropped_when_not_kept)
{
	enum { N = 5 * TRACE_CHUNK + 7 };

	TRACE(trace, false);
	for (uint64_t i = 0; i < N; i++)
		append(&trace, EV_STEP, 0, i);
	ck_assert_ptr_null(trace_event(&trace, 4 * TRACE_CHUNK - 1));
	ck_assert_uint_eq(trace_event(&trace, 4 * TRACE_CHUNK)->arg[0], 4 * TRACE_CHUNK);
	ck_assert_uint_eq(trace_event(&trace, N - 1)->arg[0], N - 1);
	ck_assert_uint_eq(trace.chunks.count, 2);
}

static uint64_t
digest_of(bool keep_all, unsigned n)
{
	uint64_t digest;

	TRACE(trace, keep_all);
	for (unsigned i = 0; i < n; i++)
		append(&trace, EV_STEP, i % 7, i * 3);
	digest = trace_digest(&trace);
	ck_assert_uint_eq(digest, trace_digest(&trace));
	return digest;
}

/* It is XXH3-64 of the events as they lie in memory, whatever was kept of them. */
TEST(digest_is_the_hash_of_all_events)
{
	static const unsigned counts[] = { 0, 1, 1023, 1024, 1025, 4000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		unsigned n = counts[i];
		struct event *all = calloc(n + 1, sizeof(*all));

		ck_assert_ptr_nonnull(all);
		for (unsigned k = 0; k < n; k++)
			all[k] = (struct event){ .seq = k, .kind = EV_STEP,
			    .code = (uint16_t)(k % 7), .arg = { k * 3 } };
		ck_assert_uint_eq(digest_of(true, n), XXH3_64bits(all, n * sizeof(*all)));
		ck_assert_uint_eq(digest_of(false, n), digest_of(true, n));
		free(all);
	}
}

static uint64_t
digest_of_one(struct event event, uint32_t site)
{
	uint64_t digest;

	TRACE(trace, true);
	trace_append(&trace, &event, site, NULL);
	digest = trace_digest(&trace);
	return digest;
}

/* Every member counts, the position in the driver does not. */
TEST(digest_sees_everything_but_the_position)
{
	const struct event plain = { .kind = EV_CALL, .code = 1 };
	uint64_t digest = digest_of_one(plain, 0);
	struct event event;

	ck_assert_uint_eq(digest_of_one(plain, 4711), digest);
#define SEES(member, value) \
	event = plain; \
	event.member = value; \
	ck_assert_uint_ne(digest_of_one(event, 0), digest)
	SEES(time_ns, 1);
	SEES(kind, EV_RET);
	SEES(cpu, 1);
	SEES(ipl, 6);
	SEES(ctx, 2);
	SEES(code, 2);
	SEES(ctx_kind, 3);
	for (int i = 0; i < HW_ARGS_MAX; i++) {
		SEES(arg[i], 1);
	}
#undef SEES
}

TEST(texts_are_kept_by_number)
{
	char text[300];
	uint64_t number[100];

	memset(text, 'q', sizeof(text));
	TRACE(trace, true);
	ck_assert_str_eq(trace_text_of(&trace, 0), "");
	for (size_t i = 0; i < 100; i++)
		number[i] = trace_text(&trace, text, i * 3);
	for (size_t i = 0; i < 100; i++)
		ck_assert_uint_eq(strlen(trace_text_of(&trace, number[i])), i * 3);
	ck_assert_str_eq(trace_text_of(&trace, UINT64_MAX), "");
	ck_assert_str_eq(trace_text_of(&trace, trace_text(&trace, "a\0b", 1)), "a");
}

/* ---- observers ---- */

static char seen[64];
static unsigned seen_count;

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	ck_assert_uint_eq(site, event->arg[0]);
	ck_assert_ptr_null(payload);
	seen[seen_count++] = *(const char *)self;
	seen[seen_count++] = (char)('0' + event->kind);
}

TEST(observers_see_their_kinds_in_order_of_registration)
{
	memset(seen, 0, sizeof(seen));
	seen_count = 0;
	TRACE(trace, true);
	trace_observe(&trace, (struct observer){ .kinds = 1 << EV_RET | 1 << EV_CALL,
	    .see = see, .self = (void *)(uintptr_t)"b" });
	trace_observe(&trace, (struct observer){ .kinds = 1 << EV_CALL, .see = see,
	    .self = (void *)(uintptr_t)"a" });
	append(&trace, EV_CALL, 0, 1);
	append(&trace, EV_RET, 0, 2);
	append(&trace, EV_STEP, 0, 3);
	/* EV_CALL is 1, EV_RET is 2. */
	ck_assert_str_eq(seen, "b1a1b2");
}

TEST(names)
{
	for (unsigned call = 1; call < HW_CALLS; call++)
		ck_assert_uint_eq(trace_call_by_name(trace_call_name(call)), call);
	ck_assert_uint_eq(trace_call_by_name("no_such_call"), HW_CALL_NONE);
	ck_assert_str_eq(trace_call_name(HW_CALL_MUTEX_ENTER), "mutex_enter");
	ck_assert_str_eq(trace_call_args(HW_CALL_CV_TIMEDWAIT), "cmk");
	ck_assert_str_eq(trace_call_result(HW_CALL_CV_TIMEDWAIT), "e");
	ck_assert_str_eq(trace_kind_word(EV_IRQ_RAISE), "irq-raise");
	for (unsigned kind = 0; kind < EV_KINDS; kind++) {
		ck_assert_ptr_nonnull(trace_kind_word(kind));
		ck_assert_ptr_nonnull(trace_kind_args(kind));
	}
	for (unsigned note = 0; note < HW_NOTES; note++)
		ck_assert_ptr_nonnull(trace_note_word(note));
}

SUITE(machine_trace)
