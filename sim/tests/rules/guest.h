/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A balloon driver and its host as event streams: what tests of page, balloon, config and
 * live have in common.  Events come in the order in which the machine makes them.
 */
#ifndef VIOSIM_TESTS_RULES_GUEST_H
#define VIOSIM_TESTS_RULES_GUEST_H

#include "machine/memory.h"
#include "tests/rules/stream.h"

#define GUEST_PAGES 4096u
#define GUEST_BUFFER_PFN 16u		/* where the request lies */
#define GUEST_ENTRIES_MAX 1024u
#define GUEST_THREAD 2u			/* the driver's */
#define GUEST_IRQ 3u
enum { INFLATE, DEFLATE };

struct guest {
	struct stream s;
	struct memory memory;
	uint32_t *buffer;		/* page numbers, as the device reads them */
	uint32_t target;
};

/* 16 MiB, driver attached, its thread running, target 0 read. */
void guest_init(struct guest *g);
void guest_fini(struct guest *g);

void guest_as_thread(struct guest *g);
void guest_as_host(struct guest *g);

/* n pages from `first` up change hands; returns the number of the event. */
uint32_t guest_pages(struct guest *g, enum hw_owner owner, uint64_t first, uint64_t n);
/* The same inside uvm_pglistalloc(9), uvm_pglistfree(9). */
uint32_t guest_alloc(struct guest *g, uint64_t first, uint64_t n);
uint32_t guest_free(struct guest *g, uint64_t first, uint64_t n);

/* Entries from, to .. = first, first + 1, ... */
void guest_fill(struct guest *g, uint32_t from, uint32_t to, uint32_t first);
/* Commit a request of so many bytes of the buffer in slot 0; returns the commit's number. */
uint32_t guest_commit(struct guest *g, unsigned queue, uint32_t bytes);
/* The device reads it and acts; returns the number of the event that says what it did. */
uint32_t guest_act(struct guest *g, unsigned queue, uint32_t n);
void guest_used(struct guest *g, unsigned queue);
void guest_dequeue(struct guest *g, unsigned queue);
/* act, used, dequeue. */
void guest_complete(struct guest *g, unsigned queue, uint32_t n);
/* `actual`: the call; the device stores it. */
uint32_t guest_actual(struct guest *g, uint32_t pages);

/* A whole exchange with `actual` written, `total` pages. */
void guest_inflate(struct guest *g, uint64_t first, uint32_t n, uint32_t total);

/* The host's target, and the driver's interrupt that reads it. */
uint32_t guest_target(struct guest *g, uint32_t pages);
void guest_read_target(struct guest *g);

/* The thread goes to sleep on a condition variable; is woken by time. */
uint32_t guest_sleep(struct guest *g, uint64_t ticks);
uint32_t guest_wake(struct guest *g, uint64_t after_ns);

#define GUEST_FIXTURE(name) RULES_FIXTURE(guest, name)

#endif /* VIOSIM_TESTS_RULES_GUEST_H */
