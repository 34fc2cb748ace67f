/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/inspect.
 */
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "report/inspect.h"
#include "tests/suite.h"

static struct record *record;
static char *text;

static void
setup(void)
{
	record = record_new();
	text = NULL;
}

static void
teardown(void)
{
	record_free(record);
	free(text);
}

static const char *
print(void (*printer)(FILE *, const struct report_input *))
{
	free(text);
	text = PRINTED(to, printer(to, &record->input));
	return text;
}

TEST(newest_event_has_its_number)
{
	ck_assert_str_eq(print(inspect_event), "before the first event\n");
	record_attach(record);
	ck_assert_str_eq(print(inspect_event),
	    "event 6 at 0.010000s: viomb sleeps on cv1, at most 30s\n");
}

TEST(contexts_stand_wait_and_hold)
{
	record_attach(record);
	EVENT(record, S, MACHINE, EV_IRQ_ENTER, 0, HW_VEC_INTX);
	record->world.trace.chunks.item[0]->event[7].ctx = IRQ;
	EVENT(record, S, IRQ, EV_CALL, HW_CALL_MUTEX_ENTER, 1);
	ck_assert_str_eq(print(inspect_contexts),
	    "*  0 machine    the scenario, the device, time\n"
	    "   1 autoconf   after kthread_create(-1, 0x1, \"viomb\")\n"
	    "   2 irq0       before mutex_enter(mutex1)\n"
	    "   3 viomb      sleeps on cv1, at most 30s, since 0.010000s, no kernel call yet\n");
	EVENT(record, S, IRQ, EV_NOTE, HW_NOTE_MUTEX_HELD, 1, 0, 1);
	EVENT(record, S, IRQ, EV_NOTE, HW_NOTE_MUTEX_HELD, 3, 0, 1);
	HAS(print(inspect_contexts), "irq0       in mutex_enter(mutex1); holds mutex1, mutex3\n");
	EVENT(record, S, IRQ, EV_NOTE, HW_NOTE_MUTEX_FREED, 1);
	EVENT(record, S, IRQ, EV_RET, HW_CALL_MUTEX_ENTER);
	HAS(print(inspect_contexts), "irq0       after mutex_enter(mutex1); holds mutex3\n");
	EVENT(record, S, IRQ, EV_IRQ_EXIT, 0, HW_VEC_INTX);
	LACKS(print(inspect_contexts), "irq0");
}

/* From the driver to the device and back. */
TEST(entries_are_where_they_are)
{
	static const struct {
		enum event_kind kind;
		unsigned code;
		uint64_t args[4];
		const char *says;
	} steps[] = {
		{ EV_NOTE, HW_NOTE_SLOT, { 0, 5, 1 }, "1 prepared, 7 free\n  slot 5 prepared " },
		{ EV_NOTE, HW_NOTE_SLOT, { 0, 5, 2 }, "1 reserved, 7 free\n" },
		{ EV_NOTE, HW_NOTE_SLOT, { 0, 5, 3 }, "1 available, 7 free\n  slot 5 available "
		    "since 1.000000s (event 4)\n" },
		{ EV_DEV_TAKE, 0, { 0, 5, 1024, 256 }, "1 in flight, 7 free\n  slot 5 in flight "
		    "since 1.000000s (event 5), length 1024\n" },
		{ EV_DEV_USED, 0, { 0, 5, 4 }, "1 used, 7 free\n  slot 5 used since 1.000000s "
		    "(event 6), length 4\n" },
		{ EV_NOTE, HW_NOTE_DEQUEUED, { 0, 5, 4 }, "1 taken back and not freed, 7 free\n" },
		{ EV_NOTE, HW_NOTE_SLOT, { 0, 5, 4 }, "8 entries: 8 free\n" },
	};

	ck_assert_str_eq(print(inspect_rings), "no virtqueue is set up\n");
	EVENT(record, S, AUTOCONF, EV_DEV_QUEUE, 0, 0, 8, 0x1000);
	EVENT(record, S, AUTOCONF, EV_DEV_QUEUE, 0, 1, 16, 0x2000);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		EVENT(record, S, THREAD, steps[i].kind, steps[i].code, steps[i].args[0],
		    steps[i].args[1], steps[i].args[2], steps[i].args[3]);
		HAS(print(inspect_rings), steps[i].says, ", 16 entries: 16 free\n");
	}
	/* A device may claim any number, and a queue may go. */
	EVENT(record, S, MACHINE, EV_DEV_USED, 0, 0, UINT32_MAX, 0);
	EVENT(record, S, AUTOCONF, EV_DEV_QUEUE, 0, 1, 16, 0);
	LACKS(print(inspect_rings), "16 entries");
	EVENT(record, S, MACHINE, EV_HOST_REBOOT, 0);
	ck_assert_str_eq(print(inspect_rings), "no virtqueue is set up\n");
}

TEST(pages_are_counted_and_listed)
{
	static uint8_t frame[64];
	struct memory *memory = &record->world.memory;

	memset(frame, HW_PAGE_FREE, sizeof(frame));
	frame[0] = frame[1] = HW_PAGE_KERNEL;
	frame[9] = frame[10] = frame[11] = HW_PAGE_DRIVER;
	frame[13] = HW_PAGE_DRIVER | MEMORY_HOST_HAS;
	memory->frame = frame;
	memory->segment[0] = (struct hw_segment){ 0, 8 };
	memory->segment[1] = (struct hw_segment){ 9, 55 };
	memory->segments = 2;
	memory->pfn_max = 64;
	memory->counts = (struct memory_counts){
		.total = 63, .free = 57, .kernel = 2, .driver = 4, .held = 1,
	};
	ck_assert_str_eq(print(inspect_pages),
	    "free           57 0x2-0x7 0xc 0xe-0x3f\n"
	    "kernel          2 0x0-0x1\n"
	    "others          0\n"
	    "driver          4 0x9-0xb 0xd\n"
	    "host has        1 0xd\n");
	for (unsigned i = 0; i < 64; i += 2)
		frame[i] = HW_PAGE_OTHERS;
	HAS(print(inspect_pages), " 0x1e 0x20 ...\n");
}

SUITE(report_inspect, .setup = setup, .teardown = teardown)
