/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A made-up record of a run, for the tests of the reports.
 */
#ifndef VIOSIM_TESTS_REPORT_RECORD_H
#define VIOSIM_TESTS_REPORT_RECORD_H

#include "report/report.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

/* Contexts of the made-up run. */
enum { MACHINE, AUTOCONF, IRQ, THREAD };

struct record {
	struct world world;
	struct run_result result;
	struct report_input input;
};

/* Empty; 16384 pages, all free; 100 ticks a second. */
struct record *record_new(void);
void record_free(struct record *record);

/* Append an event of a context at a time; returns its number. */
uint32_t record_event(struct record *record, uint64_t time_ns, unsigned ctx,
    enum event_kind kind, unsigned code, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
    uint64_t a4);
/* The same with fewer arguments. */
#define EVENT(record, time, ctx, kind, code, ...) \
	EVENT_PAD(record, time, ctx, kind, code, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define EVENT_PAD(record, time, ctx, kind, code, a0, a1, a2, a3, a4, ...) \
	record_event(record, time, ctx, kind, code, a0, a1, a2, a3, a4)

uint64_t record_text(struct record *record, const char *text);

/* Autoconfiguration, then the thread; up to the first sleep at 10 ms. */
void record_attach(struct record *record);
/* The thread gives 256 pages to the host, 2 ms from `time_ns`; it slept before and after. */
void record_inflate(struct record *record, uint64_t time_ns);

/* A page.double-free at an event, with one cause. */
struct finding *record_finding(struct record *record, uint32_t seq, uint32_t because);
/* A failed expectation after an event. */
struct failure *record_failure(struct record *record, uint32_t seq);

extern const struct rule record_rule;

#endif /* VIOSIM_TESTS_REPORT_RECORD_H */
