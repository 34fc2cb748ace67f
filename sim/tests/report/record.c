/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A made-up record: see record.h.
 */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

const struct rule record_rule = {
	.id = "page.double-free",
	.severity = SEVERITY_ERROR,
	.title = "a page is not freed twice",
	.source = "uvm_pglistfree(9)",
	.why = "The second free gives the allocator a page that somebody else may use by now.",
	.wrong = "uvm_pglistfree(&pages);\nuvm_pglistfree(&pages);\n",
	.right = "uvm_pglistfree(&pages);\nTAILQ_INIT(&pages);",
};

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

struct record *
record_new(void)
{
	struct record *record = must(calloc(1, sizeof(*record)));

	trace_init(&record->world.trace, true);
	record->world.config.hz = 100;
	record->world.memory.counts.total = 16384;
	record->world.memory.counts.free = 16384;
	record->result.end = WORLD_STOPPED;
	record->result.digest = UINT64_C(0x00c0ffee00112233);
	record->input = (struct report_input){
		.world = &record->world, .result = &record->result,
		.id = "inflate/odd-target#1.0,bounce", .driver = "viomb", .verdict = "failed",
	};
	return record;
}

void
record_free(struct record *record)
{
	trace_fini(&record->world.trace);
	free(record->result.findings.item);
	free(record);
}

uint32_t
record_event(struct record *record, uint64_t time_ns, unsigned ctx, enum event_kind kind,
    unsigned code, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	static const enum hw_context kind_of[] = {
		[MACHINE] = HW_CTX_AUTOCONF, [AUTOCONF] = HW_CTX_AUTOCONF,
		[IRQ] = HW_CTX_HARDINT, [THREAD] = HW_CTX_KTHREAD,
	};
	struct event event = {
		.time_ns = time_ns, .kind = (uint16_t)kind, .code = (uint16_t)code,
		.ctx = ctx, .ctx_kind = (uint8_t)kind_of[ctx],
		.arg = { a0, a1, a2, a3, a4 },
	};

	trace_append(&record->world.trace, &event, 0, NULL);
	record->result.counts.events = record->world.trace.count;
	record->result.counts.virtual_ns = time_ns;
	return event.seq;
}

uint64_t
record_text(struct record *record, const char *text)
{
	return trace_text(&record->world.trace, text, strlen(text));
}

void
record_attach(struct record *record)
{
	uint64_t name = record_text(record, "viomb");

	EVENT(record, 0, MACHINE, EV_CTX_START, 0, AUTOCONF, HW_CTX_AUTOCONF, 96);
	EVENT(record, 0, AUTOCONF, EV_NOTE, HW_NOTE_ATTACH, HW_ATTACH_MATCH, 1);
	EVENT(record, 0, AUTOCONF, EV_CTX_START, 0, IRQ, HW_CTX_HARDINT, 0);
	EVENT(record, 0, AUTOCONF, EV_CALL, HW_CALL_KTHREAD_CREATE, (uint64_t)-1, 1, name);
	EVENT(record, 0, AUTOCONF, EV_CTX_START, 0, THREAD, HW_CTX_KTHREAD, 0);
	EVENT(record, 0, AUTOCONF, EV_RET, HW_CALL_KTHREAD_CREATE, 0);
	EVENT(record, 10 * MS, THREAD, EV_CTX_SLEEP, HW_SLEEP_CV, 1, 3000);
}

void
record_inflate(struct record *record, uint64_t time_ns)
{
	uint64_t later = time_ns + 2 * MS;
	struct memory_counts *counts = &record->world.memory.counts;

	EVENT(record, time_ns, MACHINE, EV_CTX_WAKE, 0, THREAD, 0);
	EVENT(record, time_ns, THREAD, EV_PAGES, HW_PAGE_DRIVER, 256, 0x3f00, 0x3fff, 7,
	    counts->free);
	counts->free -= 256;
	counts->held += 256;
	EVENT(record, time_ns, THREAD, EV_DEV_NOTIFY, 0, 0);
	EVENT(record, time_ns, THREAD, EV_DEV_TAKE, 0, 0, 1, 1024, 256, 9);
	EVENT(record, time_ns, THREAD, EV_DEV_ACT, 0, 0, 256, 0, 0, counts->held);
	EVENT(record, time_ns, THREAD, EV_CTX_SLEEP, HW_SLEEP_CV, 1, 100);
	EVENT(record, later, MACHINE, EV_DEV_USED, 0, 0, 1, 0);
	EVENT(record, later, MACHINE, EV_IRQ_RAISE, 0, HW_VEC_INTX, 1);
	EVENT(record, later, IRQ, EV_IRQ_ENTER, 0, HW_VEC_INTX);
	EVENT(record, later, IRQ, EV_NOTE, HW_NOTE_CALLBACK, 1, HW_CB_VQ_DONE, 0);
	EVENT(record, later, IRQ, EV_CTX_WAKE, 0, THREAD, 0);
	EVENT(record, later, THREAD, EV_DEV_ACTUAL, 0, counts->held, counts->held);
	EVENT(record, later, THREAD, EV_CTX_SLEEP, HW_SLEEP_CV, 1, 3000);
}

struct finding *
record_finding(struct record *record, uint32_t seq, uint32_t because)
{
	struct findings *findings = &record->result.findings;
	const struct event *event = trace_event(&record->world.trace, seq);
	struct finding *finding;

	findings->item = must(realloc(findings->item,
	    (findings->count + 1) * sizeof(findings->item[0])));
	finding = &findings->item[findings->count++];
	*finding = (struct finding){
		.rule = &record_rule, .time_ns = event->time_ns, .seq = seq,
		.ctx = event->ctx, .ctx_kind = (enum hw_context)event->ctx_kind, .count = 2,
		.text = "256 pages from 0x3f00 are freed, and they are free already",
		.becauses = 1,
	};
	finding->because[0].seq = because;
	snprintf(finding->because[0].what, sizeof(finding->because[0].what),
	    "they were freed before");
	return finding;
}

struct failure *
record_failure(struct record *record, uint32_t seq)
{
	struct failure *failure = &record->result.failure[record->result.failures++];

	record->result.failures_all++;
	*failure = (struct failure){
		.loc = { .line = 2, .col = 13 }, .file = "no-such-file.yaml",
		.time_ns = trace_event(&record->world.trace, seq)->time_ns, .seq = seq,
		.what = "expect", .expected = "host.actual == 300",
		.actual = "host.actual = 256 pages",
	};
	return failure;
}
