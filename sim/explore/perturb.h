/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Perturbations: what explored runs have that the baseline run has not, each at one point.
 *
 * A plan is a list of them in order of time.  Applied to a baseline it becomes a scenario with more
 * steps at its head: a `fail`, `deliver` or `hold` for each.  With several CPUs, who comes to the
 * point of an injected event is held up there too, so that the others go on there.
 */
#ifndef VIOSIM_EXPLORE_PERTURB_H
#define VIOSIM_EXPLORE_PERTURB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "device/class.h"
#include "explore/edit.h"
#include "explore/inject.h"
#include "fault/fault.h"

enum perturb_kind {
	PERTURB_NEXT,		/* the host's next `target` step comes here, not at its time */
	PERTURB_TARGET,		/* the host wants another size */
	PERTURB_COMPLETE,		/* the device completes here, not after its latency */
	PERTURB_IRQ,		/* an interrupt with nothing behind it */
	PERTURB_HOLD,		/* who comes here waits, and the other CPUs go on */
	PERTURB_FAULT		/* the call fails */
};

struct perturbation {
	enum perturb_kind kind;
	size_t step;			/* NEXT: index in the baseline */
	uint64_t pages;			/* NEXT, TARGET */
	int queue;			/* COMPLETE, IRQ; -1: the configuration */
	const struct fault_row *fault;	/* FAULT */
	bool forever;			/* FAULT: this call and all after it */
	struct inject_point at;		/* kind, call, line and nth count */
};

#define PLAN_MAX 6
struct plan {
	const struct device_class *class;	/* whose queues and acts they name */
	struct perturbation item[PLAN_MAX];
	unsigned count;
};

unsigned plan_faults(const struct plan *plan);
/* Has one of them taken that step of the baseline out? */
bool plan_takes(const struct plan *plan, size_t step);

/* The baseline with the plan's steps; edit_free(). */
struct edit *plan_apply(const struct plan *plan, const struct edit *baseline);
/* How many steps these are. */
size_t plan_steps(const struct plan *plan, const struct edit *baseline);

#define PLAN_TEXT 1024		/* bytes of a plan as text, at most */
/* "target=0@after virtio_dequeue#1; fail=kthread_create.enomem@before kthread_create#1" */
void plan_print(const struct plan *plan, FILE *stream);
void plan_text(const struct plan *plan, char text[PLAN_TEXT]);
/* What its last one is, as tables name it: a call, "config interrupt", "target"; "" for none. */
void plan_group(const struct plan *plan, char group[48]);
/* Of the class that the plan has.  False when the text is no plan. */
bool plan_parse(struct plan *plan, const char *text);

#endif /* VIOSIM_EXPLORE_PERTURB_H */
