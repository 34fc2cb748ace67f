/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event streams by hand: see stream.h.
 */
#include "tests/rules/stream.h"

#include <check.h>
#include <string.h>

static void
look(void *arg, unsigned at, struct rules_view *view)
{
	struct stream *s = arg;

	s->balloon.held = s->view.memory != NULL ? s->view.memory->counts.held : 0;
	*view = s->view;
	view->trace = &s->trace;
	view->device.own = &s->balloon;
	(void)at;
}

void
stream_init(struct stream *s)
{
	memset(s, 0, sizeof(*s));
	trace_init(&s->trace, true);
	findings_init(&s->findings);
	s->view.hz = 100;
	s->view.device.healthy = true;
	s->view.device.completes = true;
	s->balloon.keeps_actual = true;
	s->rules = rules_new(&s->findings, rules_device_by_id(5), 1, look, s);
	rules_watch(s->rules, &s->trace);
	stream_as(s, 1, HW_CTX_AUTOCONF, 0);
}

void
stream_fini(struct stream *s)
{
	rules_free(s->rules);
	findings_fini(&s->findings);
	trace_fini(&s->trace);
}

void
stream_as(struct stream *s, uint32_t ctx, enum hw_context kind, int ipl)
{
	s->now.ctx = ctx;
	s->now.ctx_kind = (uint8_t)kind;
	s->now.ipl = (uint8_t)ipl;
}

uint32_t
stream_add(struct stream *s, enum event_kind kind, unsigned code, const uint64_t *arg,
    uint32_t site, const void *payload)
{
	struct event event = s->now;

	event.kind = (uint16_t)kind;
	event.code = (uint16_t)code;
	memcpy(event.arg, arg, sizeof(event.arg));
	trace_append(&s->trace, &event, site, payload);
	return event.seq;
}

void
stream_attach(struct stream *s)
{
	NOTE(s, ATTACH, HW_ATTACH_BEGIN);
	CALL(s, VIRTIO_CHILD_ATTACH_START, 6);
	NOTE(s, ATTACH, HW_ATTACH_STARTED, 1);
	for (unsigned queue = 0; queue < 2; queue++) {
		CALL(s, VIRTIO_ALLOC_VQ, queue, 1024, 1, 0);
		NOTE(s, VQ, queue, 128);
		RET(s, VIRTIO_ALLOC_VQ, 0);
	}
	CALL(s, VIRTIO_CHILD_ATTACH_FINISH, 0);
	EVENT(s, DEV_STATUS, 0, 15);
	NOTE(s, ATTACH, HW_ATTACH_FINISHED, 0);
	RET(s, VIRTIO_CHILD_ATTACH_FINISH, 0);
}

unsigned
stream_count(const struct stream *s, const char *rule)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->findings.count; i++)
		n += strcmp(s->findings.item[i].rule->id, rule) == 0;
	return n;
}

const struct finding *
stream_finding(const struct stream *s, const char *rule)
{
	for (size_t i = 0; i < s->findings.count; i++)
		if (strcmp(s->findings.item[i].rule->id, rule) == 0)
			return &s->findings.item[i];
	return NULL;
}

void
stream_is_quiet(const struct stream *s)
{
	if (s->findings.count > 0)
		ck_abort_msg("%s: %s", s->findings.item[0].rule->id,
		    s->findings.item[0].text);
}

void
stream_is_only(const struct stream *s, const char *rule, uint32_t seq)
{
	for (size_t i = 0; i < s->findings.count; i++)
		if (strcmp(s->findings.item[i].rule->id, rule) != 0)
			ck_abort_msg("%s: %s", s->findings.item[i].rule->id,
			    s->findings.item[i].text);
	ck_assert_msg(s->findings.count == 1, "%zu findings of %s", s->findings.count, rule);
	ck_assert_uint_eq(s->findings.item[0].count, 1);
	ck_assert_uint_eq(s->findings.item[0].seq, seq);
}
