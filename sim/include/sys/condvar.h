/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/condvar.h>: condvar(9).
 *
 * A condition variable has no memory: a signal that nobody waits for leaves no trace.
 * Waits are for threads only; the interlock is released while asleep and held again on
 * return.  It may be a spin mutex.
 */
#ifndef _SYS_CONDVAR_H_
#define	_SYS_CONDVAR_H_

#include <sys/types.h>
#include <sys/mutex.h>

/* What cv_state says; memory of zeros is a condvar that was never initialised. */
#define	CV_STATE_NONE	0
#define	CV_STATE_LIVE	1
#define	CV_STATE_DEAD	2

/* The members are the kernel's own business. */
typedef struct kcondvar {
	uint32_t	cv_ordinal;	/* number of this condvar, 0: never initialised */
	uint8_t		cv_state;	/* CV_STATE_* */
	const char	*cv_wmesg;	/* what waiters wait for; the caller's memory */
	struct sleepq_waiter *cv_sleepq; /* who waits */
} kcondvar_t;

/* condvar(9): make it live.  wmesg: not NULL, up to 8 characters, kept by pointer. */
void	cv_init(kcondvar_t *cv, const char *wmesg);
/* condvar(9): end of its life; nobody may wait on it. */
void	cv_destroy(kcondvar_t *cv);
/* condvar(9): sleep until woken. */
void	cv_wait(kcondvar_t *cv, kmutex_t *mtx);
/* condvar(9): as cv_wait, but a signal ends it too: 0, EINTR or ERESTART. */
int	cv_wait_sig(kcondvar_t *cv, kmutex_t *mtx);
/*
 * condvar(9): sleep until woken or until the ticks-th clock tick from now.
 * ticks 0: no timeout; never negative.  0 when woken, EWOULDBLOCK on timeout.
 */
int	cv_timedwait(kcondvar_t *cv, kmutex_t *mtx, int ticks);
/* condvar(9): as cv_timedwait, but a signal ends it too: also EINTR or ERESTART. */
int	cv_timedwait_sig(kcondvar_t *cv, kmutex_t *mtx, int ticks);
/* condvar(9): make the most important waiter runnable.  Any context up to IPL_SCHED. */
void	cv_signal(kcondvar_t *cv);
/* condvar(9): make all waiters runnable. */
void	cv_broadcast(kcondvar_t *cv);
/* condvar(9): true if somebody waits.  A hint only. */
bool	cv_has_waiters(kcondvar_t *cv);

#endif /* !_SYS_CONDVAR_H_ */
