/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <machine/intr.h>: interrupt priority levels of amd64, and spl(9).
 *
 * Raising to a level blocks that level and those below it, on the local CPU only.
 */
#ifndef _MACHINE_INTR_H_
#define	_MACHINE_INTR_H_

#include <sys/cdefs.h>

#define	IPL_NONE	0	/* blocks nothing */
#define	IPL_PREEMPT	1
#define	IPL_SOFTCLOCK	2
#define	IPL_SOFTBIO	3
#define	IPL_SOFTNET	4
#define	IPL_SOFTSERIAL	5
#define	IPL_VM		6	/* devices that may allocate memory */
#define	IPL_SCHED	7	/* the scheduler and the clock */
#define	IPL_HIGH	8	/* blocks everything */
#define	NIPL		9

/* spl(9): raise this CPU to max(now, ipl); returns the level before. */
int	splraise(int ipl);
/* spl(9): set this CPU's level to what an spl call returned; pending interrupts run. */
void	splx(int ipl);

typedef struct {
	int	_ipl;
} ipl_cookie_t;

#define	makeiplcookie(ipl)	((ipl_cookie_t){ ._ipl = (ipl) })
#define	splraiseipl(cookie)	splraise((cookie)._ipl)

#define	splsoftclock()		splraise(IPL_SOFTCLOCK)
#define	splsoftbio()		splraise(IPL_SOFTBIO)
#define	splsoftnet()		splraise(IPL_SOFTNET)
#define	splsoftserial()		splraise(IPL_SOFTSERIAL)
#define	splvm()			splraise(IPL_VM)
#define	splsched()		splraise(IPL_SCHED)
#define	splhigh()		splraise(IPL_HIGH)

#endif /* !_MACHINE_INTR_H_ */
