/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about condvar(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "frag.h"

static kmutex_t frag_lock;
static kcondvar_t frag_cv;

/* in[7]: the level of the interlock. */
FRAG(cv_setup)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, (int)f->in[7]);
	cv_init(&frag_cv, "test");
}

/* Wait in[0] ticks; out: result, is the interlock held. */
FRAG(cv_wait_here)
{
	mutex_enter(&frag_lock);
	frag_mark(f, 'w');
	f->out[0] = cv_timedwait(&frag_cv, &frag_lock, (int)f->in[0]);
	f->out[1] = mutex_owned(&frag_lock);
	frag_mark(f, 'W');
	mutex_exit(&frag_lock);
}

/* The same, from in[1] microseconds after a tick. */
FRAG(cv_wait_now)
{
	if (f->in[1] != 0)
		delay((unsigned)f->in[1]);
	frag_cv_setup(f);
	frag_cv_wait_here(f);
}

FRAG(cv_signal_then_wait)
{
	frag_cv_setup(f);
	cv_signal(&frag_cv);
	frag_cv_wait_here(f);
}

FRAG(cv_broadcast_then_wait)
{
	frag_cv_setup(f);
	cv_broadcast(&frag_cv);
	frag_cv_wait_here(f);
}

/* Legal in an interrupt with a spin interlock. */
FRAG(cv_signal_once)
{
	mutex_enter(&frag_lock);
	frag_mark(f, 's');
	cv_signal(&frag_cv);
	mutex_exit(&frag_lock);
}

/* ---- threads of their own ---- */

static void
waiter(void *arg)
{
	struct frag *f = arg;

	mutex_enter(&frag_lock);
	frag_mark(f, 'w');
	cv_wait(&frag_cv, &frag_lock);
	frag_mark(f, 'W');
	mutex_exit(&frag_lock);
	kthread_exit(0);
}

static void
other_work(void *arg)
{
	struct frag *f = arg;

	frag_mark(f, 'm');
	delay(1000);
	frag_mark(f, 'M');
	kthread_exit(0);
}

/* Signal a thread of the lowest priority, then go on; other work comes before it too. */
FRAG(cv_low_priority_waiter)
{
	frag_cv_setup(f);
	kthread_create(PRI_IDLE, KTHREAD_MPSAFE, NULL, waiter, f, NULL, "waiter");
	kpause("test", false, 1, NULL);
	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, other_work, f, NULL, "other");
	frag_cv_signal_once(f);
	printf("the signaller goes on\n");
	frag_mark(f, 'x');
}

/* ---- who is woken ---- */

struct named {
	struct frag	*n_frag;
	char		n_name;
	bool		n_catches;
};
static struct named names[4];

static void
named_waiter(void *arg)
{
	struct named *n = arg;

	mutex_enter(&frag_lock);
	if (n->n_catches)
		cv_wait_sig(&frag_cv, &frag_lock);
	else
		cv_wait(&frag_cv, &frag_lock);
	frag_mark(n->n_frag, n->n_name);
	mutex_exit(&frag_lock);
	kthread_exit(0);
}

/* Waiters a (priority 10), b, c (20), d (10), asleep in that order; the first ones catch. */
static void
start_waiters(struct frag *f, int catching)
{
	static const pri_t priority[] = { 10, 20, 20, 10 };

	frag_cv_setup(f);
	for (int i = 0; i < 4; i++) {
		names[i] = (struct named){ f, (char)('a' + i), i < catching };
		kthread_create(priority[i], KTHREAD_MPSAFE, NULL, named_waiter,
		    &names[i], NULL, "waiter");
		kpause("test", false, 1, NULL);
	}
}

FRAG(cv_signal_order)
{
	start_waiters(f, 0);
	for (int i = 0; i < 4; i++) {
		mutex_enter(&frag_lock);
		cv_signal(&frag_cv);
		mutex_exit(&frag_lock);
		frag_mark(f, '.');
		kpause("test", false, 1, NULL);
	}
}

FRAG(cv_broadcast_all)
{
	start_waiters(f, 0);
	mutex_enter(&frag_lock);
	f->out[0] = cv_has_waiters(&frag_cv);
	cv_broadcast(&frag_cv);
	f->out[1] = cv_has_waiters(&frag_cv);
	mutex_exit(&frag_lock);
}

/* a, b wait with cv_wait_sig(), c and d do not; one signal. */
FRAG(cv_signal_catching)
{
	start_waiters(f, 2);
	cv_signal(&frag_cv);
}

/* The condvar ends when all its waiters are woken, before they go on. */
FRAG(cv_destroy_woken)
{
	frag_cv_broadcast_all(f);
	mutex_enter(&frag_lock);
	cv_destroy(&frag_cv);
	mutex_exit(&frag_lock);
}

FRAG(cv_has_waiters)
{
	frag_cv_setup(f);
	f->out[0] = cv_has_waiters(&frag_cv);
	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, waiter, f, NULL, "waiter");
	kpause("test", false, 1, NULL);
	f->out[1] = cv_has_waiters(&frag_cv);
}

/* ---- time ---- */

static void
short_waiter(void *arg)
{
	struct frag *f = arg;

	mutex_enter(&frag_lock);
	f->out[0] = cv_timedwait(&frag_cv, &frag_lock, 2);
	frag_mark(f, 'W');
	mutex_exit(&frag_lock);
	kthread_exit(0);
}

/* The timeout of the waiter passes while this keeps the CPU; then comes the signal. */
FRAG(cv_late_signal)
{
	frag_cv_setup(f);
	kthread_create(PRI_IDLE, KTHREAD_MPSAFE, NULL, short_waiter, f, NULL, "waiter");
	kpause("test", false, 1, NULL);
	delay(15000);
	f->out[1] = cv_has_waiters(&frag_cv);
	frag_cv_signal_once(f);
}

/* ---- misuse ---- */

FRAG(cv_wait_unlocked)
{
	frag_cv_setup(f);
	cv_wait(&frag_cv, &frag_lock);
}

FRAG(cv_wait_negative)
{
	f->in[0] = -3;
	frag_cv_wait_now(f);
}

FRAG(cv_destroy_waited)
{
	frag_cv_setup(f);
	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, waiter, f, NULL, "waiter");
	kpause("test", false, 1, NULL);
	cv_destroy(&frag_cv);
	frag_mark(f, '!');
}

FRAG(cv_use_dead)
{
	frag_cv_setup(f);
	cv_destroy(&frag_cv);
	cv_signal(&frag_cv);
}

FRAG(cv_use_raw)
{
	kcondvar_t raw = { 0 };

	cv_signal(&raw);
}

FRAG(cv_wait_with_other_spin)
{
	kmutex_t other;

	frag_cv_setup(f);
	mutex_init(&other, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&other);
	mutex_enter(&frag_lock);
	cv_timedwait(&frag_cv, &frag_lock, 1);
	frag_mark(f, '!');
}
