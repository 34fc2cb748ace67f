/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area live: ends of a run after which nothing goes on.  The runner sees and reports them.
 */
#include "rules/area.h"

const struct rule rule_endless_loop = {
	"live.endless-loop", SEVERITY_ERROR,
	"the driver does not loop without letting time pass",
	"NetBSD kthread(9), condvar(9); spl(9)",
	"A thread that never sleeps keeps its CPU for ever, at raised level the whole machine.",
	"while (!sc->sc_done) continue;",
	"while (!sc->sc_done) cv_wait(&sc->sc_cv, &sc->sc_lock);",
	.distance = RULE_IN_THE_END
};

const struct rule rule_panic = {
	"live.panic", SEVERITY_ERROR,
	"the kernel does not panic, and no assertion fails",
	"NetBSD panic(9), KASSERT(9)",
	"A panic takes the whole guest down; an assertion names a contract that was broken.",
	NULL, NULL,
	.distance = RULE_IN_THE_END
};

const struct rule rule_trap = {
	"live.trap", SEVERITY_ERROR,
	"no instruction of the driver traps",
	"NetBSD panic(9): a trap in the kernel; Intel 64 manual, volume 3, chapter 6",
	"An integer division by zero, a breakpoint, an instruction that there is not: the "
	"processor stops at it, and the kernel with it. A driver leaves the processor's own "
	"state and privileged instructions to the kernel.",
	"n = size / sc->sc_unit;",
	"if (sc->sc_unit == 0)\n\treturn EINVAL;\nn = size / sc->sc_unit;",
	.distance = RULE_IN_THE_END
};

const struct area area_live_end = {
	.name = "live",
	.rules = RULES(&rule_endless_loop, &rule_panic, &rule_trap),
};
