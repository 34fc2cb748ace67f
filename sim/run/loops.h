/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endless loops that cases came into, so that others need not run them to the end again.
 *
 * The first LOOPS_ENOUGH cases that end in a loop (in order of the cases) show it; it is known
 * then, and whoever comes into it ends early.  A loop has the same name in every run: the place
 * in the driver's module where its rounds begin.
 */
#ifndef VIOSIM_RUN_LOOPS_H
#define VIOSIM_RUN_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

#define LOOPS_ENOUGH 3
#define LOOPS_MAX 16		/* different ones; what comes after those is run each time */
#define LOOPS_EARLY_MAX 4
#define LOOPS_WHERE 96

/* What a run had to do with loops; no pointers, it goes through pipes. */
struct loops_met {
	uint32_t early[LOOPS_EARLY_MAX];	/* those it was in for long */
	unsigned earlies;
	uint32_t end;			/* the one it ended in; 0: none */
	uint32_t line;			/* where its first line is */
	bool cut;			/* because that was known */
	bool diagnostic;		/* which module: the kernel has DIAGNOSTIC */
	char where[LOOPS_WHERE];	/* of `end`: "FILE:LINE (FUNCTION)" */
};

struct loops {
	struct loops_row {
		uint32_t site;
		bool diagnostic;
		uint32_t line;
		unsigned cases;		/* that ended in it */
		char where[LOOPS_WHERE];
	} row[LOOPS_MAX];
	unsigned count;
};

/* NULL: it is not known (yet). */
const struct loops_row *loops_find(const struct loops *loops, bool diagnostic, uint32_t site);
/* From now on whoever comes into the loop that this run ended in, if any, ends early. */
void loops_learn(struct loops *loops, const struct loops_met *met);
void loops_meet(struct loops_met *met, uint32_t site);
/*
 * A case's turn, in order of the cases: the known loop that it came into (its row), or NULL.
 * In the latter case the loop that it ended in is counted.
 */
const struct loops_row *loops_take(struct loops *loops, const struct loops_met *met);

#endif /* VIOSIM_RUN_LOOPS_H */
