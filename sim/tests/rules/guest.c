/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A balloon driver and its host as event streams: see guest.h.
 */
#include "tests/rules/guest.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_DRIVER_OK 0x0f
#define CONFIG_NUM_PAGES 0
#define CONFIG_ACTUAL 4

void
guest_init(struct guest *g)
{
	struct hw_segment segment = { 0, GUEST_PAGES };
	uint64_t pfn = GUEST_BUFFER_PFN;

	stream_init(&g->s);
	ck_assert(memory_init(&g->memory, NULL, &segment, 1, 0));
	g->s.view.memory = &g->memory;
	g->buffer = memory_map(&g->memory, &pfn, 1);
	memset(g->buffer, 0, MEMORY_PAGE_SIZE);
	memory_own(&g->memory, 0, HW_PAGE_KERNEL);
	memory_own(&g->memory, GUEST_BUFFER_PFN, HW_PAGE_KERNEL);
	g->s.view.device.status = STATUS_DRIVER_OK;
	g->s.view.thread_alive = true;
	g->target = 0;
	guest_as_host(g);
	EVENT(&g->s, CTX_START, 0, GUEST_THREAD, HW_CTX_KTHREAD, 0);
	guest_read_target(g);
	guest_wake(g, 0);
}

void
guest_fini(struct guest *g)
{
	stream_fini(&g->s);
	memory_fini(&g->memory);
}

void
guest_as_thread(struct guest *g)
{
	stream_as(&g->s, GUEST_THREAD, HW_CTX_KTHREAD, 0);
}

void
guest_as_host(struct guest *g)
{
	stream_as(&g->s, 0, HW_CTX_AUTOCONF, 0);
}

uint32_t
guest_pages(struct guest *g, enum hw_owner owner, uint64_t first, uint64_t n)
{
	uint64_t *pfn = malloc(n * sizeof(pfn[0]));
	uint32_t seq;

	ck_assert_ptr_nonnull(pfn);
	for (uint64_t i = 0; i < n; i++)
		pfn[i] = first + i;
	seq = stream_add(&g->s, EV_PAGES, owner, STREAM_ARGS(n, first, first + n - 1),
	    __LINE__, pfn);
	for (uint64_t i = 0; i < n; i++)
		memory_own(&g->memory, pfn[i], owner);
	free(pfn);
	return seq;
}

uint32_t
guest_alloc(struct guest *g, uint64_t first, uint64_t n)
{
	uint32_t seq;

	CALL(&g->s, UVM_PGLISTALLOC, n * MEMORY_PAGE_SIZE, 0, ~UINT64_C(0), n, 1);
	seq = guest_pages(g, HW_PAGE_DRIVER, first, n);
	RET(&g->s, UVM_PGLISTALLOC, 0);
	return seq;
}

uint32_t
guest_free(struct guest *g, uint64_t first, uint64_t n)
{
	CALL(&g->s, UVM_PGLISTFREE, n);
	return guest_pages(g, HW_PAGE_FREE, first, n);
}

void
guest_fill(struct guest *g, uint32_t from, uint32_t to, uint32_t first)
{
	for (uint32_t i = from; i < to; i++)
		g->buffer[i] = first + (i - from);
}

uint32_t
guest_commit(struct guest *g, unsigned queue, uint32_t bytes)
{
	uint64_t bus = MEMORY_BUS_OFFSET + GUEST_BUFFER_PFN * MEMORY_PAGE_SIZE;

	NOTE(&g->s, SLOT, queue, 0, 1);
	NOTE(&g->s, SLOT, queue, 0, 2);
	NOTE(&g->s, DMASEG, 1, bus, bytes, 0);
	NOTE(&g->s, DESC, queue, 0, bus, bytes, 0);
	return NOTE(&g->s, SLOT, queue, 0, 3);
}

uint32_t
guest_act(struct guest *g, unsigned queue, uint32_t n)
{
	uint64_t in_use = g->memory.counts.discarded_in_use;

	PAYLOAD(&g->s, DEV_TAKE, 0, g->buffer, queue, 0, n * 4, n, 0);
	for (uint32_t i = 0; i < n; i++) {
		if (!memory_is_ram(&g->memory, g->buffer[i]))
			continue;
		if (queue == INFLATE)
			memory_host_take(&g->memory, g->buffer[i]);
		else
			memory_host_give(&g->memory, g->buffer[i]);
	}
	return EVENT(&g->s, DEV_ACT, 0, queue, n, 0,
	    g->memory.counts.discarded_in_use - in_use, g->memory.counts.held);
}

void
guest_used(struct guest *g, unsigned queue)
{
	EVENT(&g->s, DEV_USED, 0, queue, 0, 0);
}

void
guest_dequeue(struct guest *g, unsigned queue)
{
	NOTE(&g->s, DEQUEUED, queue, 0, 0);
	NOTE(&g->s, SLOT, queue, 0, 4);
}

void
guest_complete(struct guest *g, unsigned queue, uint32_t n)
{
	guest_act(g, queue, n);
	guest_used(g, queue);
	guest_dequeue(g, queue);
}

uint32_t
guest_actual(struct guest *g, uint32_t pages)
{
	uint32_t seq = CALL(&g->s, VIRTIO_WRITE_DEVICE_CONFIG_LE, CONFIG_ACTUAL, 4, pages);

	g->s.balloon.actual = pages;
	EVENT(&g->s, DEV_ACTUAL, 0, pages, pages);
	return seq;
}

void
guest_inflate(struct guest *g, uint64_t first, uint32_t n, uint32_t total)
{
	guest_alloc(g, first, n);
	guest_fill(g, 0, n, (uint32_t)first);
	guest_commit(g, INFLATE, n * 4);
	guest_complete(g, INFLATE, n);
	guest_actual(g, total);
}

uint32_t
guest_target(struct guest *g, uint32_t pages)
{
	struct event before = g->s.now;
	uint32_t seq;

	guest_as_host(g);
	seq = EVENT(&g->s, HOST_TARGET, 0, pages, g->target, 1);
	g->target = pages;
	g->s.balloon.num_pages = pages;
	guest_read_target(g);
	g->s.now = before;
	return seq;
}

void
guest_read_target(struct guest *g)
{
	struct event before = g->s.now;

	stream_as(&g->s, GUEST_IRQ, HW_CTX_HARDINT, 6);
	NOTE(&g->s, CALLBACK, 1, HW_CB_CONFIG_CHANGE, 0);
	CALL(&g->s, VIRTIO_READ_DEVICE_CONFIG_LE, CONFIG_NUM_PAGES, 4);
	RET(&g->s, VIRTIO_READ_DEVICE_CONFIG_LE, g->target);
	NOTE(&g->s, CALLBACK, 2, HW_CB_CONFIG_CHANGE, 0);
	g->s.now = before;
}

uint32_t
guest_sleep(struct guest *g, uint64_t ticks)
{
	guest_as_thread(g);
	return stream_add(&g->s, EV_CTX_SLEEP, HW_SLEEP_CV, STREAM_ARGS(1, ticks), __LINE__,
	    NULL);
}

uint32_t
guest_wake(struct guest *g, uint64_t after_ns)
{
	uint32_t seq;

	g->s.now.time_ns += after_ns;
	guest_as_host(g);
	seq = EVENT(&g->s, CTX_WAKE, 0, GUEST_THREAD, 1);
	guest_as_thread(g);
	return seq;
}
