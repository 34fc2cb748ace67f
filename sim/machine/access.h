/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory accesses of the driver, as the compiler's instrumentation reports them.
 *
 * A driver module is compiled with -fsanitize=thread and linked without that sanitizer; the
 * __tsan_* functions it wants are in access.c.  They count (a driver that loops for ever is
 * stopped), may be points, and compare writes with the memory a device owns.
 */
#ifndef VIOSIM_MACHINE_ACCESS_H
#define VIOSIM_MACHINE_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

/* A range of driver memory someone wants to hear of (a buffer the device owns). */
struct access_watch {
	uintptr_t low, high;
	bool writes_only;
	uint32_t tag;
};
#define ACCESS_WATCHES_MAX 16
/* The tag of memory that is nobody's: touching it ends the run as a crash, and tells no one. */
#define ACCESS_REDZONE UINT32_MAX

/*
 * The first three are what an ordinary access touches: it counts down and compares its address
 * with the hull of all watches.
 */
struct access {
	uint64_t left;			/* accesses until the budget is spent */
	uintptr_t low, span;		/* the hull: addresses from low on, so many; 0: none */
	uint64_t limit;			/* the budget */
	uint64_t spent;			/* accesses on budgets before this one */
	bool every;			/* each access is looked at, wherever it goes */
	struct access_watch watch[ACCESS_WATCHES_MAX];
	unsigned watches;
	void (*hit)(void *self, const struct access_watch *watch, uintptr_t address,
	    unsigned size, bool write, const void *pc);
	void *self;
};

void access_init(struct access *access, uint64_t limit);
/* Time has moved: the whole budget again. */
void access_refill(struct access *access);
/* Accesses so far. */
uint64_t access_count(const struct access *access);
/* Whether something strikes at accesses: world_points_strike() is to hear of each. */
void access_every(struct access *access, bool every);
/* Watch [low, high); false when all watches are in use. */
bool access_watch(struct access *access, const void *low, const void *high, bool writes_only,
    uint32_t tag);
void access_unwatch(struct access *access, uint32_t tag);

#endif /* VIOSIM_MACHINE_ACCESS_H */
