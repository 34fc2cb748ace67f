/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread looks at in memory, and what others have changed of it since.  For files of
 * this folder.
 */
#ifndef VIOSIM_RULES_KERNEL_LIVE_LOOK_H
#define VIOSIM_RULES_KERNEL_LIVE_LOOK_H

#include "base/vec.h"
#include "rules/kernel/cells.h"

/* Another context wrote four bytes that the thread had seen. */
struct change {
	uintptr_t address;		/* 0: none */
	uint32_t value;			/* as the thread knows it */
	uint64_t ns;
	uint32_t seq, site;
	uint32_t ctx;			/* whose; of a free one the next */
};

struct looks {
	struct cells known;		/* four bytes: 0, KNOWN, or the number of their change */
	struct { VEC_MEMBERS(struct change); } change;	/* from 2 on */
	uint32_t idle;			/* first free one, 0: none */
};

void looks_fini(struct looks *looks);
/* The thread itself reads or writes there; *before is the change since it last did, or none. */
void looks_own(struct looks *looks, const struct touch *touch, uintptr_t at,
    struct change *before);
/* Another context is about to write there. */
void looks_other(struct looks *looks, const struct touch *touch, uintptr_t at);
/* What lies there from now on is something else. */
void looks_forget(struct looks *looks, uintptr_t low, uintptr_t high);
/* Is it other than the thread knows it, now? */
bool change_stands(const struct change *change);

#endif /* VIOSIM_RULES_KERNEL_LIVE_LOOK_H */
