/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event streams by hand, for tests of rules: no kernel, no machine, only the record and
 * the rules that read it.
 *
 * A call's driver position is the line of the test that wrote it, so each line of a test is
 * a place of its own in a "driver".
 */
#ifndef VIOSIM_TESTS_RULES_STREAM_H
#define VIOSIM_TESTS_RULES_STREAM_H

#include "machine/trace.h"
#include "device/balloon/facts.h"
#include "rules/finding.h"
#include "rules/rules.h"

struct stream {
	struct trace trace;
	struct findings findings;
	struct rules *rules;
	struct rules_view view;	/* what rules get to see; tests change it as they like, */
	struct balloon_facts balloon;	/* this too */
	struct event now;	/* time, CPU, level, context and device of the next events */
};

/* Begins as autoconf (context 1) at level 0, with a healthy device and no memory. */
void stream_init(struct stream *s);
void stream_fini(struct stream *s);

/*
 * Attach up to a live device: two queues (0 and 1, 128 slots, one segment of up to 1024
 * bytes), DRIVER_OK.  The attach function itself has not come back yet.
 */
void stream_attach(struct stream *s);

/* The next events are of this context. */
void stream_as(struct stream *s, uint32_t ctx, enum hw_context kind, int ipl);

/* Append one event; returns its number.  `arg` has HW_ARGS_MAX values. */
uint32_t stream_add(struct stream *s, enum event_kind kind, unsigned code,
    const uint64_t *arg, uint32_t site, const void *payload);

/* CALL(s, MUTEX_INIT, 1, 2, 6): at least one argument; missing ones are 0. */
#define STREAM_ARGS(...) ((const uint64_t[HW_ARGS_MAX]){ __VA_ARGS__ })
#define CALL(s, id, ...) \
	stream_add((s), EV_CALL, HW_CALL_##id, STREAM_ARGS(__VA_ARGS__), __LINE__, NULL)
#define RET(s, id, result) \
	stream_add((s), EV_RET, HW_CALL_##id, STREAM_ARGS(result), __LINE__, NULL)
#define NOTE(s, id, ...) \
	stream_add((s), EV_NOTE, HW_NOTE_##id, STREAM_ARGS(__VA_ARGS__), __LINE__, NULL)
#define EVENT(s, kind, code, ...) \
	stream_add((s), EV_##kind, (code), STREAM_ARGS(__VA_ARGS__), 0, NULL)
#define PAYLOAD(s, kind, code, payload, ...) \
	stream_add((s), EV_##kind, (code), STREAM_ARGS(__VA_ARGS__), 0, (payload))

/* Findings of a rule. */
unsigned stream_count(const struct stream *s, const char *rule);
/* The first finding of the rule, NULL if none. */
const struct finding *stream_finding(const struct stream *s, const char *rule);

/* Fail the test unless there is no finding at all; or exactly one, of this rule, at `seq`. */
void stream_is_quiet(const struct stream *s);
void stream_is_only(const struct stream *s, const char *rule, uint32_t seq);

#endif /* VIOSIM_TESTS_RULES_STREAM_H */
