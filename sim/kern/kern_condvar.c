/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * condvar(9), after sys/kern/kern_condvar.c 1.53 and kern_sleepq.c 1.71.
 *
 * A condvar is a queue of sleepers and nothing else: a signal that finds it empty leaves no
 * trace.  A waiter is on the queue before it releases the interlock, and the level stays
 * at IPL_SCHED (the lock of the sleep queue) until it is asleep, so no wakeup falls
 * between the two.
 *
 * On a timeout the machine only makes the context runnable; the real callout takes it off
 * the queue then.  So a queued waiter that no longer sleeps counts as gone: a
 * signal passes it by, and whoever came first has decided what the wait returns.
 *
 * A waiter that was woken does not look at the condvar again: whoever woke the last may
 * destroy it.  Without DIAGNOSTIC nothing is checked, and a condvar that was destroyed, or
 * lies in zeroed memory and was never initialised, serves as one without waiters.
 */
#include "kernel.h"

static bool
cv_is_live(const kcondvar_t *cv)
{

	return cv->cv_state == CV_STATE_LIVE &&
	    registry_has(&kernel->kn_condvar.kc_live, cv->cv_ordinal, cv);
}

static void
cv_check(const kcondvar_t *cv, const char *function)
{

	if (__predict_true(cv_is_live(cv)))
		return;
	if (cv->cv_state == CV_STATE_DEAD)
		KERN_PANICIF(true, "%s: condvar was destroyed", function);
	else if (kern_diagnostic() || cv->cv_state != 0 || cv->cv_sleepq != NULL)
		kern_panic("%s: condvar is not initialised", function);
}

void
cv_init(kcondvar_t *cv, const char *wmesg)
{
	uint32_t ordinal = cv_is_live(cv) ? cv->cv_ordinal :
	    hw_ordinal(HW_OBJ_CONDVAR);

	KCALL(CV_INIT, ordinal, kern_text(wmesg));
	KERN_ASSERT(wmesg != NULL);
	*cv = (kcondvar_t){
		.cv_ordinal = ordinal,
		.cv_state = CV_STATE_LIVE,
		.cv_wmesg = wmesg,
	};
	registry_set(&kernel->kn_condvar.kc_live, ordinal, cv);
	hw_memory(HW_MEMORY_CONDVAR, cv, sizeof(*cv), ordinal);
	KRET(CV_INIT, 0);
}

/* The first waiter that still sleeps, from w on, or NULL. */
static struct sleepq_waiter *
cv_asleep(struct sleepq_waiter *w)
{

	while (w != NULL && !hw_is_asleep(w->sw_context))
		w = w->sw_next;
	return w;
}

static void
cv_destroy_inner(kcondvar_t *cv)
{

	cv_check(cv, "cv_destroy");
	KERN_ASSERT(cv_asleep(cv->cv_sleepq) == NULL);
	cv->cv_state = CV_STATE_DEAD;
	registry_set(&kernel->kn_condvar.kc_live, cv->cv_ordinal, NULL);
	hw_memory(HW_MEMORY_ENDED, cv, sizeof(*cv), cv->cv_ordinal);
}

void
cv_destroy(kcondvar_t *cv)
{

	KCALL(CV_DESTROY, cv->cv_ordinal);
	cv_destroy_inner(cv);
	KRET(CV_DESTROY, 0);
}

static void
cv_assert_may_wait(const kcondvar_t *cv, const kmutex_t *mtx)
{

	KERN_ASSERT(mutex_is_held(mtx));
	cv_check(cv, "cv_enter");
	KERN_ASSERT(!cpu_intr_p());
	KERN_ASSERT(!cpu_softintr_p());	/* (l->l_pflag & LP_INTR) == 0 */
}

/* ticks 0: for ever.  0 or EWOULDBLOCK, with the mutex held again. */
static int
cv_block(kcondvar_t *cv, kmutex_t *mtx, int ticks, bool catches)
{
	struct sleepq_waiter w = {
		.sw_catches = catches,
		.sw_context = hw_self(),
		.sw_priority = kthread_priority(),
	};
	uint32_t ordinal = cv->cv_ordinal;
	bool was_live;

	cv_assert_may_wait(cv, mtx);
	was_live = cv_is_live(cv);
	(void)mutex_spl_raise(IPL_SCHED);
	sleepq_insert(&cv->cv_sleepq, &w);
	KNOTE(CV_SLEEP, ordinal, mtx->mtx_ordinal, ticks);
	mutex_release(mtx);
	/* callout_schedule(9); without the check a past time is due at the next tick */
	KERN_ASSERT(ticks >= 0);
	kern_block(HW_SLEEP_CV, ordinal, ticks < 0 ? 1 : (uint64_t)ticks);
	/* The real callout did this when the time was up; since then the condvar may be gone. */
	if (!w.sw_is_woken && (!was_live ||
	    registry_has(&kernel->kn_condvar.kc_live, ordinal, cv)))
		sleepq_remove(&cv->cv_sleepq, &w);
	KNOTE(CV_WOKEN, ordinal, !w.sw_is_woken);
	mutex_acquire(mtx);
	return w.sw_is_woken ? 0 : EWOULDBLOCK;
}

void
cv_wait(kcondvar_t *cv, kmutex_t *mtx)
{

	KCALL(CV_WAIT, cv->cv_ordinal, mtx->mtx_ordinal);
	(void)cv_block(cv, mtx, 0, false);
	KRET(CV_WAIT, 0);
}

/* Kernel threads get no signals; what is left of the _sig forms is what cv_signal() does. */
int
cv_wait_sig(kcondvar_t *cv, kmutex_t *mtx)
{

	KCALL(CV_WAIT_SIG, cv->cv_ordinal, mtx->mtx_ordinal);
	KRETURN(CV_WAIT_SIG, cv_block(cv, mtx, 0, true));
}

int
cv_timedwait(kcondvar_t *cv, kmutex_t *mtx, int ticks)
{

	KCALL(CV_TIMEDWAIT, cv->cv_ordinal, mtx->mtx_ordinal, ticks);
	KRETURN(CV_TIMEDWAIT, cv_block(cv, mtx, ticks, false));
}

int
cv_timedwait_sig(kcondvar_t *cv, kmutex_t *mtx, int ticks)
{

	KCALL(CV_TIMEDWAIT_SIG, cv->cv_ordinal, mtx->mtx_ordinal, ticks);
	KRETURN(CV_TIMEDWAIT_SIG, cv_block(cv, mtx, ticks, true));
}

/*
 * Make waiters runnable, all or up to the first that does not catch signals: one that does
 * could return because of a signal and make nothing of its turn (cv_wakeup_one()).
 */
static void
cv_wake(kcondvar_t *cv, bool all)
{
	struct sleepq_waiter *w;

	while ((w = cv_asleep(cv->cv_sleepq)) != NULL) {
		sleepq_remove(&cv->cv_sleepq, w);
		w->sw_is_woken = true;
		KNOTE(CV_WAKE, cv->cv_ordinal, w->sw_context);
		hw_wake(w->sw_context);
		if (!all && !w->sw_catches)
			break;
	}
}

void
cv_signal(kcondvar_t *cv)
{

	KCALL(CV_SIGNAL, cv->cv_ordinal);
	cv_check(cv, "cv_signal");
	cv_wake(cv, false);
	KRET(CV_SIGNAL, 0);
}

void
cv_broadcast(kcondvar_t *cv)
{

	KCALL(CV_BROADCAST, cv->cv_ordinal);
	cv_check(cv, "cv_broadcast");
	cv_wake(cv, true);
	KRET(CV_BROADCAST, 0);
}

bool
cv_has_waiters(kcondvar_t *cv)
{

	KCALL(CV_HAS_WAITERS, cv->cv_ordinal);
	KRETURN(CV_HAS_WAITERS, cv_asleep(cv->cv_sleepq) != NULL);
}
