/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of the area live, for the catalogue.
 */
#include "rules/area.h"

const struct rule rules_live[] = {
	{ "live.convergence", SEVERITY_ERROR,
	  "with a stable target, free memory and an answering device `actual` gets to it in time",
	  "virtio 1.2 clause 5.5.6",
	  "The host waits for memory that never comes, or the guest for its own.",
	  NULL, NULL },
	{ "live.deadlock", SEVERITY_ERROR,
	  "nobody waits for what nothing can bring",
	  "NetBSD mutex(9), condvar(9), uvm(9)",
	  "The thread is lost, and with it the driver.",
	  "uvm_pglistalloc(0, ..., 1 /* waitok */)	/* takes all memory, waits for more */",
	  "if (n > 0) uvm_pglistalloc(n * PAGE_SIZE, ...)" },
	{ "live.lost-wakeup", SEVERITY_ERROR,
	  "no thread goes to sleep on work that it was told of",
	  "NetBSD condvar(9): the predicate is tested with the interlock held",
	  "cv_signal(9) without a sleeper leaves no trace: the thread sleeps its whole timeout.",
	  "if (!sc->sc_work) { mutex_enter(&m); cv_timedwait(&cv, &m, t); mutex_exit(&m); }",
	  "mutex_enter(&m); while (!sc->sc_work) cv_timedwait(&cv, &m, t); mutex_exit(&m);" },
};
const size_t rules_live_count = sizeof(rules_live) / sizeof(rules_live[0]);
