/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fault catalogue, and the faults armed in a run.
 *
 * A fault is a named row: which kernel call it strikes, what the caller then gets, what it
 * stands for on a real machine, and whether the real kernel can produce it there at all.
 * The id is `call.how`.
 */
#ifndef VIOSIM_FAULT_FAULT_H
#define VIOSIM_FAULT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/trace.h"

struct world;
struct world_config;

/*
 * When the kernel of 2022 (amd64) can fail the call so: the conditions of possible.c.
 */
#define FAULT_CONDITIONS(X) \
	X(ALWAYS) X(NO_WAITOK) X(WAITOK) X(KM_NO_SLEEP) X(KM_MAY_SLEEP) X(NOWAIT_CREATE) \
	X(NOWAIT_ALLOC) X(NOWAIT_MAP) X(NO_BOUNCE) X(SEGMENTS) X(BY_ITSELF) X(NEVER)
enum fault_condition {
#define X(id) FAULT_##id,
	FAULT_CONDITIONS(X)
#undef X
	FAULT_CONDITION_COUNT
};

/* One row of the catalogue (table: fault.c). */
struct fault_row {
	const char *id;			/* "uvm_pglistalloc.enomem" */
	enum hw_call call;
	const char *call_name;
	const char *error_name;		/* NetBSD name, or NULL: no errno */
	int error;			/* what hw_fault() answers: NetBSD errno, or 1 */
	bool by_queue;			/* can be limited to one virtqueue */
	enum fault_condition when;
	const char *gets;		/* what the caller gets */
	const char *meaning;		/* what happened on the machine */
};

const struct fault_row *fault_catalogue(size_t *count);
const struct fault_row *fault_row_by_id(const char *id);	/* NULL: no such fault */

/*
 * Can the real kernel fail a call with these arguments in that way, on that machine?  The one
 * place that knows: whoever makes calls fail asks it.  `call` is an EV_CALL of row->call.
 */
bool fault_possible(const struct fault_row *row, const struct event *call,
    const struct world_config *machine);
/* When it can: "only without waitok"; "" for always.  And where the kernel says so, or "". */
const char *fault_when(const struct fault_row *row);
const char *fault_when_source(const struct fault_row *row);

/* NetBSD's errno values (sys/errno.h); EWOULDBLOCK is EAGAIN. */
bool fault_errno_by_name(const char *name, int *number);
const char *fault_errno_name(int number);	/* NULL: no such errno */

/* NULL-terminated lists for the scenario's vocabulary, in table order. */
extern const char *const fault_names[];
extern const char *const fault_errno_names[];
extern const char *const fault_errno_texts[];	/* what each means */

#define FAULT_FOREVER UINT64_MAX
#define FAULT_CERTAIN_PPM 1000000u
#define FAULT_ANY_QUEUE (-1)

/* What a scenario asks for.  Texts are borrowed and must outlive the faults. */
struct fault_order {
	const char *id;			/* the scenario's own name, or NULL */
	const char *call;		/* a call, or the id of a row */
	const char *error_name;		/* with a call: which of its rows; NULL: its first */
	bool block;			/* the row that sleeps inside the call */
	int queue;			/* FAULT_ANY_QUEUE or a virtqueue index */
	uint64_t nth;			/* first call to strike, from 1, counted from arming */
	uint64_t count;			/* strikes, or FAULT_FOREVER */
	uint32_t probability_ppm;	/* of each strike (CHOICE_FAULT; 0: none) */
};

struct fault_armed {
	struct fault_order order;
	const struct fault_row *row;
	uint64_t calls;			/* that it could have struck */
	uint64_t hits;
	bool healed;
	/* It struck a call that the kernel cannot fail so (fault_possible()), first: */
	bool impossible;
	struct event at;		/* when and in which context; seq: of its EV_FAULT */
	uint32_t site;			/* driver position of the call */
};
#define FAULTS_ARMED_MAX 64

struct faults {
	struct world *world;
	struct fault_armed armed[FAULTS_ARMED_MAX];
	unsigned count;
	uint64_t hits;
	bool live;			/* any may still strike: the fast test */
};

/* The world may be uninitialised: only its address is kept. */
void faults_init(struct faults *faults, struct world *world);

/* The row that an order means; NULL, and a sentence in `why`, if there is none. */
const struct fault_row *fault_row_for(const struct fault_order *order, char *why,
    size_t why_size);

/* Can it be armed?  If not, a sentence in `why`. */
bool fault_check(const struct fault_order *order, char *why, size_t why_size);

/* Arm; NULL, and a sentence in `why`, when the order makes no sense. */
struct fault_armed *fault_arm(struct faults *faults, const struct fault_order *order,
    char *why, size_t why_size);

/* Disarm by the scenario's name, NULL = all; how many were still armed. */
unsigned fault_heal(struct faults *faults, const char *id);

/*
 * For struct world_hooks: 0, HW_FAULT_BLOCK, or the row's error.  Of several armed faults
 * the first that strikes decides; every one counts the call.
 */
int fault_ask(void *faults, enum hw_call call, int queue);

/* Strikes under that name (of all faults that had it); false if nobody has it. */
bool fault_hits(const struct faults *faults, const char *id, uint64_t *hits);
/* Faults that may still strike. */
unsigned fault_armed_count(const struct faults *faults);
/* The next fault after `from` (NULL: the first) that never struck, NULL at the end. */
const struct fault_armed *fault_unstruck(const struct faults *faults,
    const struct fault_armed *from);

#endif /* VIOSIM_FAULT_FAULT_H */
