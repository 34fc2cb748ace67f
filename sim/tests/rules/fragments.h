/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scenarios of fragments (modules/probe.h) that need another than the usual one.
 */
#ifndef VIOSIM_TESTS_RULES_FRAGMENTS_H
#define VIOSIM_TESTS_RULES_FRAGMENTS_H

#include <stdbool.h>

/*
 * One fragment.  What is NULL is as usual: any machine, QEMU's device, and steps that ask for
 * 4 pages at 1 s, then settle.
 */
struct fragment_row {
	const char *fragment;
	const char *machine;		/* inside of `machine: {}` */
	const char *device;		/* inside of `device: {}` */
	const char *steps;		/* lines of `steps:`, each begins with "- " */
	const char *more;		/* further lines of the scenario */
	/*
	 * Where the finding points: NULL: a line with BREAKS; "": nowhere, for what is checked
	 * at rest; otherwise the function of that name.
	 */
	const char *where;
	const char *says;		/* in the finding's text, or in what it is because of */
	/* Other rules that this breaks on some machine, separated by spaces. */
	const char *also;
	bool follows;			/* one of those is found first */
};

/* The end of a table has no name. */
extern const struct fragment_row rows_device[];	/* dma page balloon config mem log */
extern const struct fragment_row rows_kernel[];	/* ring lock irq thread attach live scenario */

/* Inflate the balloon and empty it again. */
#define STEPS_UP_DOWN \
	"- {at: 1s, target: 4 pages}\n- settle: {within: 2s}\n" \
	"- {at: 5s, target: 0}\n- settle: {within: 10s}\n"

#endif /* VIOSIM_TESTS_RULES_FRAGMENTS_H */
