/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/device/virtqueue: rings as a driver might write them.
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

static struct rig *rig;
static struct virtqueue vq;
static struct virtqueue_chain chain;
static enum virtqueue_fault fault;

static void
setup(void)
{
	struct rig_options options;

	rig_options_init(&options);
	rig = rig_new(&options);
	virtqueue_init(&vq, &rig->world.memory, RIG_SIZE);
	virtqueue_place_legacy(&vq, rig->queue[0].desc_bus);
	vq.enabled = true;
	vq.indirect = true;
}

static void
teardown(void)
{
	virtqueue_chain_fini(&chain);
	rig_free(rig);
}

static bool
take(void)
{
	return virtqueue_take(&vq, &chain, &fault);
}

TEST(legacy_layout_has_used_ring_on_the_next_page)
{
	struct virtqueue big;

	ck_assert_uint_eq(vq.driver, rig->queue[0].driver_bus);
	ck_assert_uint_eq(vq.device, rig->queue[0].device_bus);
	virtqueue_init(&big, &rig->world.memory, 256);
	virtqueue_place_legacy(&big, 0x100000);
	ck_assert_uint_eq(big.driver, 0x101000);
	ck_assert_uint_eq(big.device, 0x102000);
}

TEST(empty_ring_gives_nothing)
{
	ck_assert(!take());
	ck_assert_int_eq(fault, VIRTQUEUE_FAULT_NONE);
	ck_assert_uint_eq(virtqueue_waiting(&vq), 0);
}

TEST(chain_of_three_is_read_as_one)
{
	uint8_t *buffer = rig->queue[0].buffer;
	uint64_t bus = rig->queue[0].buffer_bus;
	char text[7] = "";

	memcpy(buffer, "abc", 3);
	memcpy(buffer + 5000, "def", 3);
	rig_desc(rig, 0, 2, bus, 3, VIRTQUEUE_DESC_NEXT, 5);
	rig_desc(rig, 0, 5, bus + 5000, 3, VIRTQUEUE_DESC_NEXT, 0);
	rig_desc(rig, 0, 0, bus + 9000, 7, VIRTQUEUE_DESC_WRITE, 0);
	rig_avail(rig, 0, 2);
	ck_assert_uint_eq(virtqueue_waiting(&vq), 1);
	ck_assert(take());
	ck_assert_uint_eq(chain.head, 2);
	ck_assert_uint_eq(chain.readable, 6);
	ck_assert_uint_eq(chain.writable, 7);
	ck_assert(virtqueue_read(&vq, &chain, 0, text, 6));
	ck_assert_str_eq(text, "abcdef");
	ck_assert(virtqueue_read(&vq, &chain, 2, text, 2));
	ck_assert_mem_eq(text, "cd", 2);
	ck_assert(!virtqueue_read(&vq, &chain, 4, text, 3));
	ck_assert(!take());
	ck_assert_int_eq(fault, VIRTQUEUE_FAULT_NONE);
}

/* An indirect table of two descriptors in the buffer page. */
TEST(indirect_table_is_followed)
{
	uint64_t bus = rig->queue[0].buffer_bus;
	uint8_t *desc = rig->queue[0].desc;
	uint32_t word = 7;

	rig->queue[0].desc = rig->queue[0].buffer;
	rig_desc(rig, 0, 0, bus + 512, 4, VIRTQUEUE_DESC_NEXT, 1);
	rig_desc(rig, 0, 1, bus + 600, 8, 0, 0);
	rig->queue[0].desc = desc;
	rig_desc(rig, 0, 3, bus, 32, VIRTQUEUE_DESC_INDIRECT, 0);
	rig_avail(rig, 0, 3);
	memcpy(rig->queue[0].buffer + 512, &word, 4);
	ck_assert(take());
	ck_assert_uint_eq(chain.buffers.count, 2);
	ck_assert_uint_eq(chain.readable, 12);
	word = 0;
	ck_assert(virtqueue_read(&vq, &chain, 0, &word, 4));
	ck_assert_uint_eq(word, 7);
}

struct bad {
	uint64_t address;		/* 0: the buffer */
	uint32_t length;
	uint16_t flags, next, head;
	enum virtqueue_fault fault;
};

static const struct bad bads[] = {
	{ 0, 4, 0, 0, RIG_SIZE, VIRTQUEUE_FAULT_HEAD },
	{ 0, 4, VIRTQUEUE_DESC_NEXT, RIG_SIZE, 0, VIRTQUEUE_FAULT_NEXT },
	{ 0, 4, VIRTQUEUE_DESC_NEXT, 0, 0, VIRTQUEUE_FAULT_LOOP },
	{ 0, 0, 0, 0, 0, VIRTQUEUE_FAULT_EMPTY },
	{ 4096, 4, 0, 0, 0, VIRTQUEUE_FAULT_ADDRESS },	/* physical, not bus */
	{ MEMORY_BUS_OFFSET + RIG_PAGES * UINT64_C(4096) - 2, 4, 0, 0, 0,
	    VIRTQUEUE_FAULT_ADDRESS },
	{ UINT64_MAX - 1, 4, 0, 0, 0, VIRTQUEUE_FAULT_ADDRESS },
	{ 0, 0xfffffffc, 0, 0, 0, VIRTQUEUE_FAULT_ADDRESS },
	{ 0, 24, VIRTQUEUE_DESC_INDIRECT, 0, 0, VIRTQUEUE_FAULT_INDIRECT },
	{ 0, 0, VIRTQUEUE_DESC_INDIRECT, 0, 0, VIRTQUEUE_FAULT_INDIRECT },
	{ 0, 16, VIRTQUEUE_DESC_INDIRECT | VIRTQUEUE_DESC_NEXT, 1, 0,
	    VIRTQUEUE_FAULT_INDIRECT },
	{ UINT64_C(1) << 40, 16, VIRTQUEUE_DESC_INDIRECT, 0, 0, VIRTQUEUE_FAULT_ADDRESS },
};

TEST_EACH(bad_descriptor_is_refused, bads)
{
	const struct bad *bad = &bads[_i];
	uint64_t address = bad->address != 0 ? bad->address : rig->queue[0].buffer_bus;

	rig_desc(rig, 0, 0, address, bad->length, bad->flags, bad->next);
	rig_avail(rig, 0, bad->head);
	ck_assert(!take());
	ck_assert_int_eq(fault, bad->fault);
	ck_assert_uint_eq(vq.taken, 0);
}

TEST(indirect_without_the_feature_is_refused)
{
	vq.indirect = false;
	rig_desc(rig, 0, 0, rig->queue[0].buffer_bus, 16, VIRTQUEUE_DESC_INDIRECT, 0);
	rig_avail(rig, 0, 0);
	ck_assert(!take());
	ck_assert_int_eq(fault, VIRTQUEUE_FAULT_INDIRECT);
}

TEST(readable_after_writable_is_refused)
{
	uint64_t bus = rig->queue[0].buffer_bus;

	rig_desc(rig, 0, 0, bus, 4, VIRTQUEUE_DESC_WRITE | VIRTQUEUE_DESC_NEXT, 1);
	rig_desc(rig, 0, 1, bus, 4, 0, 0);
	rig_avail(rig, 0, 0);
	ck_assert(!take());
	ck_assert_int_eq(fault, VIRTQUEUE_FAULT_ORDER);
}

TEST(index_too_far_ahead_is_refused)
{
	rig->queue[0].avail = RIG_SIZE;
	rig_avail(rig, 0, 0);
	ck_assert(!take());
	ck_assert_int_eq(fault, VIRTQUEUE_FAULT_INDEX);
}

/* The indices are 16 bits wide and run over; 65536 is a multiple of the size. */
TEST(indices_run_over)
{
	vq.taken = vq.used = rig->queue[0].avail = 65534;
	for (uint16_t i = 0; i < 4; i++) {
		rig_desc(rig, 0, i, rig->queue[0].buffer_bus, 4, 0, 0);
		rig_avail(rig, 0, i);
	}
	ck_assert_uint_eq(virtqueue_waiting(&vq), 4);
	for (uint16_t i = 0; i < 4; i++) {
		ck_assert(take());
		ck_assert_uint_eq(chain.head, i);
		ck_assert(virtqueue_push(&vq, i, 10u + i));
	}
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	rig_expect_used(rig, 0, 1, 3, 13);
}

TEST(driver_flag_suppresses_interrupts)
{
	uint16_t no_interrupt = 1;

	ck_assert(virtqueue_wants_interrupt(&vq));
	memcpy(rig->queue[0].driver, &no_interrupt, 2);
	ck_assert(!virtqueue_wants_interrupt(&vq));
	vq.notify_on_empty = true;
	ck_assert(virtqueue_wants_interrupt(&vq));
	rig_avail(rig, 0, 0);
	ck_assert(!virtqueue_wants_interrupt(&vq));
}

static void
set_used_event(uint16_t at)
{
	memcpy(rig->queue[0].driver + 4 + 2 * RIG_SIZE, &at, 2);
}

/* Virtio 1.2 clause 2.7.10: an interrupt when the index passes used_event. */
TEST(used_event_says_when_to_interrupt)
{
	vq.event_idx = true;
	set_used_event(2);
	ck_assert(virtqueue_push(&vq, 0, 0));
	ck_assert(virtqueue_wants_interrupt(&vq));	/* first time: interrupts in any case */
	ck_assert(virtqueue_push(&vq, 0, 0));
	ck_assert(!virtqueue_wants_interrupt(&vq));
	ck_assert(virtqueue_push(&vq, 0, 0));
	ck_assert(virtqueue_wants_interrupt(&vq));
	ck_assert(virtqueue_push(&vq, 0, 0));
	ck_assert(!virtqueue_wants_interrupt(&vq));
}

TEST(avail_event_asks_for_the_next_notification)
{
	uint16_t at = 99;

	vq.event_idx = true;
	rig_desc(rig, 0, 0, rig->queue[0].buffer_bus, 4, 0, 0);
	rig_avail(rig, 0, 0);
	ck_assert(take());
	ck_assert(!take());
	memcpy(&at, rig->queue[0].device + 4 + 8 * RIG_SIZE, 2);
	ck_assert_uint_eq(at, 1);
}

TEST(forgotten_ring_is_left_alone)
{
	rig_avail(rig, 0, 0);
	virtqueue_reset(&vq);
	ck_assert_uint_eq(virtqueue_waiting(&vq), 0);
	ck_assert(!take());
	ck_assert_int_eq(fault, VIRTQUEUE_FAULT_NONE);
	ck_assert(!virtqueue_push(&vq, 0, 0));
	ck_assert(!virtqueue_wants_interrupt(&vq));
	ck_assert_uint_eq(vq.size, RIG_SIZE);
}

TEST(ring_outside_memory_is_a_fault)
{
	virtqueue_place_legacy(&vq, MEMORY_BUS_OFFSET + (UINT64_C(1) << 40));
	ck_assert(!take());
	ck_assert_int_eq(fault, VIRTQUEUE_FAULT_ADDRESS);
	ck_assert(!virtqueue_push(&vq, 0, 0));
}

SUITE(device_virtqueue, .setup = setup, .teardown = teardown)
