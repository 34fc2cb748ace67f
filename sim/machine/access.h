/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory accesses of the driver, as the compiler's instrumentation reports them.
 *
 * A driver module is compiled with -fsanitize=thread and linked without that sanitizer; the
 * __tsan_* functions it wants are in access.c.  They count (a driver that loops for ever is
 * stopped), may be points, and are shown to one observer.
 *
 * Twenty accesses a page are made, so most must cost next to nothing.  Kernel memory has a tag
 * for each four bytes.  An observer that has seen an access says whether others like it, by the
 * same context, are of interest until further notice; if not, the bytes get the tag of that
 * context, and while they have it accesses to them are ordinary: counted, and no more.  A
 * context gets a new tag when something happened that makes its accesses worth a new look
 * (access_anew()).  Links of pages (struct vm_page) are ordinary while the driver has the page.
 *
 * An observer need not even be shown what a thread does again and again to memory that nobody
 * else touches, as long as it holds nothing and nothing is held off: such bytes get the newer
 * tag, and where that was stands beside it (access_last()).
 */
#ifndef VIOSIM_MACHINE_ACCESS_H
#define VIOSIM_MACHINE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/memory.h"

/* An access, as the observer is shown it. */
struct access_event {
	uintptr_t address;
	size_t size;
	bool write;
	bool marked;			/* atomic or volatile: meant to be shared */
	bool acquires, releases;	/* atomic, with that order (C11 7.17.3) */
	const void *pc;			/* where it returns to */
	uintptr_t stack;		/* from here on the stack was in use there */
};

/* What the observer makes of it. */
enum access_verdict {
	ACCESS_ORDINARY,		/* no need to show the like again */
	ACCESS_SHOW,			/* show the next one too: tags stay as they are */
	ACCESS_WILD			/* it must not happen: the run ends as a crash */
};

struct access_observer {
	enum access_verdict (*look)(void *self, const struct access_event *event);
	/* A fence of the driver's: an event without an address. */
	void (*fence)(void *self, const struct access_event *event);
	/* Tags run out: what access_last() tells is about to be forgotten. */
	void (*forget)(void *self);
	/* Kernel memory changes hands (enum hw_memory). */
	void (*memory)(void *self, unsigned what, uintptr_t low, uintptr_t high,
	    uint64_t number);
	void *self;
};

#define ACCESS_CELL 4			/* bytes that share a tag */
#define ACCESS_TAGS 16384		/* numbers of tags; 0: none */

/*
 * The first members are what an ordinary access touches.
 */
struct access {
	uint64_t left;			/* accesses until the budget is spent */
	uintptr_t arena;		/* kernel memory with tags, */
	uintptr_t cells;		/* so many of them; 0: nothing is ordinary */
	uint16_t *tag;
	uint32_t now;			/* tag of the running context, in both halves */
	struct memory_structs pages;	/* where the last page was, or a part of it */
	uint64_t limit;			/* the budget */
	uint64_t spent;			/* accesses on budgets before this one */
	bool every;			/* each access is looked at, wherever it goes */
	uint32_t running;		/* context */
	uint16_t tag_of[HW_CONTEXTS + 1];
	uint16_t tag_next;
	uint8_t owner[ACCESS_TAGS];	/* by number: the context, and whether it is plain */
	uint32_t *where;		/* by cell: low half of a program counter */
	uintptr_t all_cells;
	uintptr_t used_cells;		/* those behind have no tag */
	uintptr_t red_low, red_high;
	struct access_observer observer;
};

void access_init(struct access *access, uint64_t limit);
/* Kernel memory and its tags; what was there before is forgotten, but for the observer. */
void access_arena(struct access *access, const void *arena, uint16_t *tag, uint32_t *where,
    size_t bytes);
/* So many bytes of it from the start are in use. */
void access_arena_in_use(struct access *access, size_t bytes);
/* Time has moved: the whole budget again. */
void access_refill(struct access *access);
/* Accesses so far. */
uint64_t access_count(const struct access *access);
/* Whether something strikes at accesses: world_points_strike() is to hear of each. */
void access_every(struct access *access, bool every);

/* There is one observer; without one nothing is ordinary, and nobody hears of it. */
void access_observe(struct access *access, const struct access_observer *observer);
/* This context goes on. */
void access_switch(struct access *access, uint32_t context);
/*
 * What this context touches is of interest again; returns the number of its new tag.  Plain:
 * it holds no mutex, and has not raised its level.
 */
unsigned access_anew(struct access *access, uint32_t context, bool plain);
/* What anybody touches in a range is of interest again. */
void access_forget(struct access *access, uintptr_t low, uintptr_t high);
/* Whatever touches that range is to be shown, each time, until it is no longer. */
void access_show(struct access *access, uintptr_t low, uintptr_t high, bool on);

/* The newest access to a cell that has a tag. */
struct access_last {
	unsigned number;		/* of the tag, 0: it has none */
	uint32_t context;
	bool write;
	uint32_t where;			/* low half of its program counter */
};
struct access_last access_last(const struct access *access, uintptr_t address);
/* The number of the running context's tag. */
unsigned access_number(const struct access *access);

/* Memory that is nobody's: touching it ends the run as a crash.  The newest zone counts. */
void access_redzone(struct access *access, uintptr_t low, uintptr_t high);

/* An access that the kernel makes on the driver's behalf: memcpy() and the like. */
void access_on_behalf(const void *p, size_t size, bool write, const void *pc);

#endif /* VIOSIM_MACHINE_ACCESS_H */
