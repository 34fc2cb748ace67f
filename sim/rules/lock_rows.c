/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Catalogue rows of area lock.
 */
#include "rules/area.h"

const struct rule rules_lock[] = {
	{ "lock.cv-interlock", SEVERITY_ERROR,
	  "a wait holds its interlock, and all waiters of a condvar use the same one",
	  "condvar(9), cv_wait()",
	  "The interlock is what makes testing the condition and going to sleep one step.",
	  "cv_wait(&sc->sc_cv, &sc->sc_lock);\t/* lock not taken */",
	  "mutex_enter(&sc->sc_lock);\nwhile (!sc->sc_done)\n"
	  "\tcv_wait(&sc->sc_cv, &sc->sc_lock);\nmutex_exit(&sc->sc_lock);" },
	{ "lock.cv-signal", SEVERITY_ERROR,
	  "a condvar is signalled with the interlock of its waiters held",
	  "condvar(9), cv_signal(), cv_broadcast()",
	  "Without it the signal can fall between a waiter's test and its sleep, and is lost.",
	  "sc->sc_done = 1;\ncv_signal(&sc->sc_cv);",
	  "mutex_enter(&sc->sc_lock);\nsc->sc_done = 1;\ncv_signal(&sc->sc_cv);\n"
	  "mutex_exit(&sc->sc_lock);" },
	{ "lock.sleep-context", SEVERITY_ERROR,
	  "nothing that may sleep in an interrupt or with a spin mutex held",
	  "mutex(9); spl(9); softint(9)",
	  "It is wrong even when it happens not to sleep; when it does, the CPU stops.",
	  "mutex_enter(&sc->sc_spin);\nkpause(\"wait\", false, hz, NULL);",
	  "mutex_exit(&sc->sc_spin);\nkpause(\"wait\", false, hz, NULL);" },
	{ "lock.recursion", SEVERITY_ERROR,
	  "a mutex is not taken by who holds it",
	  "mutex(9), mutex_enter()",
	  "Mutexes are not recursive: the CPU spins or sleeps for ever.",
	  "mutex_enter(&sc->sc_lock);\nmutex_enter(&sc->sc_lock);",
	  "mutex_enter(&sc->sc_lock);\nKASSERT(mutex_owned(&sc->sc_lock));" },
	{ "lock.not-owner", SEVERITY_ERROR,
	  "a mutex is released by who holds it",
	  "mutex(9), mutex_exit()",
	  "Somebody else's protected region ends in the middle; with spin mutexes the "
	  "interrupt level comes down as well.",
	  "mutex_exit(&sc->sc_lock);\nmutex_exit(&sc->sc_lock);",
	  "mutex_enter(&sc->sc_lock);\nmutex_exit(&sc->sc_lock);" },
	{ "lock.lifecycle", SEVERITY_ERROR,
	  "mutexes and condvars are initialised once, used, and destroyed when nobody has them",
	  "mutex(9), mutex_init(), mutex_destroy(); condvar(9), cv_init(), cv_destroy()",
	  "A destroyed lock protects nothing, and its memory may be anybody's.",
	  "mutex_destroy(&sc->sc_lock);\t/* the interrupt handler still takes it */",
	  "virtio_reset(vsc);\nmutex_destroy(&sc->sc_lock);" },
	{ "lock.order", SEVERITY_ERROR,
	  "mutexes are always taken in the same order, interrupts included",
	  "mutex(9); NetBSD LOCKDEBUG has no such check",
	  "Two contexts that each hold what the other wants wait for ever.",
	  "mutex_enter(&a); mutex_enter(&b);\t/* here */\n"
	  "mutex_enter(&b); mutex_enter(&a);\t/* there */",
	  "mutex_enter(&a); mutex_enter(&b);\t/* everywhere */" },
	{ "lock.spin-hold", SEVERITY_ERROR,
	  "a spin mutex is held for less than a millisecond",
	  "mutex(9); spl(9)",
	  "While it is held this CPU takes no interrupts of its level, and others spin.",
	  "mutex_enter(&sc->sc_spin);\ndelay(10000);",
	  "mutex_exit(&sc->sc_spin);\nkpause(\"wait\", false, mstohz(10), NULL);" },
	{ "lock.held-at-return", SEVERITY_ERROR,
	  "callbacks, attach and threads end with no mutex held that they took",
	  "mutex(9), mutex_exit()",
	  "Nobody is left to release it.",
	  "mutex_enter(&sc->sc_lock);\nif (sc->sc_idle)\n\treturn 0;",
	  "if (sc->sc_idle) {\n\tmutex_exit(&sc->sc_lock);\n\treturn 0;\n}" },
};
const size_t rules_lock_count = sizeof(rules_lock) / sizeof(rules_lock[0]);
