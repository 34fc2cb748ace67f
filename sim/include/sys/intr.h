/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/intr.h>: spl(9) aliases and softint(9). */
#ifndef _SYS_INTR_H_
#define	_SYS_INTR_H_

#include <sys/types.h>
#include <sys/cpu.h>

#include <machine/intr.h>

/* Historical aliases, spl(9). */
#define	IPL_BIO		IPL_VM
#define	IPL_NET		IPL_VM
#define	IPL_TTY		IPL_VM
#define	IPL_AUDIO	IPL_SCHED
#define	IPL_CLOCK	IPL_SCHED
#define	IPL_SERIAL	IPL_HIGH

#define	splbio()	splvm()
#define	splnet()	splvm()
#define	spltty()	splvm()
#define	splaudio()	splsched()
#define	splclock()	splsched()
#define	splserial()	splhigh()

/* softint_establish flags: one level, with or without MPSAFE (run without kernel_lock). */
#define	SOFTINT_BIO	0x0000
#define	SOFTINT_CLOCK	0x0001
#define	SOFTINT_SERIAL	0x0002
#define	SOFTINT_NET	0x0003
#define	SOFTINT_LVLMASK	0x00ff
#define	SOFTINT_MPSAFE	0x0100

/*
 * softint(9): register a handler.  Returns a cookie, or NULL when the table is full.
 * Thread context.  The handler may take adaptive mutexes; it must not sleep.
 */
void	*softint_establish(u_int flags, void (*func)(void *), void *arg);
/* softint(9): wait until the handler no longer runs, and forget it.  Thread context. */
void	softint_disestablish(void *cookie);
/* softint(9): have it run once, soon, on this CPU; twice before it ran is once. */
void	softint_schedule(void *cookie);

#endif /* !_SYS_INTR_H_ */
