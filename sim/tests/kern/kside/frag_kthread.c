/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about kthread(9), kpause(9), delay(9) and the kernel lock.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "frag.h"

static lwp_t *frag_lwp;

static void
returns(void *arg)
{
	frag_mark(arg, 'r');
}

FRAG(kthread_return)
{
	f->out[0] = kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, returns, f, NULL,
	    "runaway");
}

static void
looks_at_lwp(void *arg)
{
	struct frag *f = arg;

	f->out[1] = frag_lwp == NULL;
	kthread_exit(0);
}

FRAG(kthread_early_lp)
{
	frag_lwp = NULL;
	f->out[0] = kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, looks_at_lwp, f,
	    &frag_lwp, "early");
	f->out[2] = frag_lwp != NULL;
}

static void
ends(void *arg)
{
	struct frag *f = arg;

	frag_mark(f, 'e');
	kthread_exit((int)f->in[0]);
}

FRAG(kthread_names)
{
	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ends, f, NULL, "%s%d",
	    "aname_of_some_length", 7);
	kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_TS, NULL, ends, f, NULL,
	    "unit%d", 3);
	kthread_create(PRI_IDLE, KTHREAD_MPSAFE, NULL, ends, f, NULL, "idle");
}

static void
ends_later(void *arg)
{
	kpause("test", false, 5, NULL);
	frag_mark(arg, 'e');
	kthread_exit(0);
}

/* After in[0] ticks: it may be over long before, and still there to be joined. */
FRAG(kthread_join)
{
	lwp_t *l;

	kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, NULL, ends_later, f,
	    &l, "joined");
	if (f->in[0] != 0)
		kpause("test", false, (int)f->in[0], NULL);
	frag_mark(f, 'j');
	f->out[0] = kthread_join(l);
	frag_mark(f, 'J');
}

FRAG(kthread_join_wrong)
{
	lwp_t *l;

	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ends_later, f, &l, "free");
	kthread_join(l);
}

FRAG(kthread_mustjoin_no_lp)
{
	kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, NULL, ends, f,
	    NULL, "lost");
}

FRAG(kthread_intr_alone)
{
	kthread_create(PRI_NONE, KTHREAD_INTR, NULL, ends, f, NULL, "intr");
}

/* out: how many could be made, and what the next one returned. */
FRAG(kthread_many)
{
	int error, n = 0;

	while ((error = kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ends_later, f,
	    NULL, "one")) == 0)
		n++;
	f->out[0] = n;
	f->out[1] = error;
}

FRAG(kthread_create_once)
{
	f->out[0] = kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ends, f, NULL, "one");
}

FRAG(kthread_never_started)
{
	f->out[0] = kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_IDLE, NULL, ends, f,
	    NULL, "still");
}

static void
ends_locked(void *arg)
{
	kmutex_t lock;

	mutex_init(&lock, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&lock);
	kthread_exit(0);
}

FRAG(kthread_exit_locked)
{
	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ends_locked, f, NULL, "locked");
}

FRAG(kthread_exit_foreign)
{
	kthread_exit(0);
}

static void
steady_work(void *arg)
{
	frag_mark(arg, 's');
	for (int i = 0; i < 3; i++)
		delay(1000);
	frag_mark(arg, 'S');
	kthread_exit(0);
}

/* A thread of priority 1 works for a while; PRI_IDLE comes after it, though made first. */
FRAG(kthread_idle_starves)
{
	kthread_create(PRI_IDLE, KTHREAD_MPSAFE, NULL, ends, f, NULL, "idle");
	kthread_create(1, KTHREAD_MPSAFE, NULL, steady_work, f, NULL, "steady");
}

/* ---- sleeping, waiting ---- */

FRAG(kpause_one)
{
	delay(3000);
	f->out[0] = kpause("test", false, (int)f->in[0], NULL);
}

/* out: is the mutex free meanwhile, and held again afterwards? */
static kmutex_t frag_lock;

static void
looks_at_lock(void *arg)
{
	struct frag *f = arg;

	f->out[0] = mutex_tryenter(&frag_lock);
	mutex_exit(&frag_lock);
	kthread_exit(0);
}

FRAG(kpause_mutex)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, looks_at_lock, f, NULL, "looks");
	mutex_enter(&frag_lock);
	kpause("test", false, 1, &frag_lock);
	f->out[1] = mutex_owned(&frag_lock);
	mutex_exit(&frag_lock);
}

FRAG(delay_a_while)
{
	frag_mark(f, '<');
	delay(2000);
	frag_mark(f, '>');
}

/* ---- the kernel lock ---- */

static void
between_marks(void *arg)
{
	for (int i = 0; i < 4; i++) {
		frag_mark(arg, '[');
		printf("a point\n");
		printf("a point\n");
		frag_mark(arg, ']');
	}
	kthread_exit(0);
}

FRAG(biglock_thread)
{
	kthread_create(PRI_NONE, 0, NULL, between_marks, f, NULL, "biglock");
}

FRAG(biglock_sleeper)
{
	kthread_create(PRI_NONE, 0, NULL, ends_later, f, NULL, "sleeper");
}

FRAG(mpsafe_thread)
{
	kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, between_marks, f, NULL, "mpsafe");
}
