/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about interrupts: softint(9), and what hard handlers may do.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/intr.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include <uvm/uvm_extern.h>
#include <uvm/uvm_page.h>

#include "frag.h"

static void *frag_si;
static kmutex_t frag_lock;
static kcondvar_t frag_cv;

/* From a thread; softint_schedule() itself asserts that it cannot be preempted. */
static void
schedule(void *si)
{
	kpreempt_disable();
	softint_schedule(si);
	kpreempt_enable();
}

static void
soft_handler(void *arg)
{
	struct frag *f = arg;

	frag_mark(f, 'S');
	f->out[10] = cpu_intr_p();
	f->out[11] = cpu_softintr_p();
	f->out[12]++;
	f->out[13] = splraise(IPL_NONE);
}

/* in[0]: flags. */
FRAG(softint_setup)
{
	frag_si = softint_establish((u_int)f->in[0], soft_handler, f);
	f->out[0] = frag_si != NULL;
}

FRAG(softint_twice)
{
	int s;

	frag_softint_setup(f);
	s = splhigh();
	softint_schedule(frag_si);
	softint_schedule(frag_si);
	frag_mark(f, 'x');
	splx(s);
	frag_mark(f, 'y');
	schedule(frag_si);
	frag_mark(f, 'z');
}

/* A hard handler. */
FRAG(softint_from_hardint)
{
	frag_mark(f, 'h');
	softint_schedule(frag_si);
	printf("still in the hard interrupt\n");
	f->out[1] = cpu_intr_p();
	f->out[2] = cpu_softintr_p();
	frag_mark(f, 'H');
}

FRAG(intr_contexts)
{
	f->out[3] = !cpu_intr_p();
	f->out[4] = !cpu_softintr_p();
}

static void
adaptive_handler(void *arg)
{
	struct frag *f = arg;

	mutex_enter(&frag_lock);
	frag_mark(f, 'S');
	mutex_exit(&frag_lock);
}

static void
mark_handler(void *arg)
{

	frag_mark(frag_si, *(const char *)arg);
}

/*
 * in[0]: 1 if the mutex is held by the thread that is interrupted; then also one handler of
 * the same level (t) and one of a higher (H).  in[1]: flags.
 */
FRAG(softint_adaptive)
{
	u_int flags = (u_int)f->in[1];
	void *si = softint_establish(SOFTINT_NET | flags, adaptive_handler, f);

	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_SOFTNET);
	if (f->in[0] == 0) {
		schedule(si);
		frag_mark(f, 'x');
		return;
	}
	frag_si = f;
	mutex_enter(&frag_lock);
	schedule(si);
	schedule(softint_establish(SOFTINT_NET | flags, mark_handler, __UNCONST("t")));
	schedule(softint_establish(SOFTINT_SERIAL | flags, mark_handler, __UNCONST("H")));
	frag_mark(f, 'x');
	kpause("test", false, 1, NULL);
	frag_mark(f, 'y');
	mutex_exit(&frag_lock);
	frag_mark(f, 'z');
}

static void
sleeping_handler(void *arg)
{
	struct frag *f = arg;

	if (f->in[0] == 0) {
		kpause("test", false, 1, NULL);
	} else {
		mutex_enter(&frag_lock);
		cv_wait(&frag_cv, &frag_lock);
	}
}

FRAG(softint_sleeps)
{
	void *si = softint_establish(SOFTINT_NET, sleeping_handler, f);

	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_SOFTNET);
	cv_init(&frag_cv, "test");
	schedule(si);
}

/* in[0]: how it is not preempted; 0: not at all. */
FRAG(softint_from_thread)
{
	frag_softint_setup(f);
	f->out[0] = kpreempt_disabled();
	if (f->in[0] == 1)
		schedule(frag_si);
	else
		softint_schedule(frag_si);
	f->out[1] = kpreempt_disabled();
}

FRAG(softint_full)
{
	void *si;

	/* Ended ones leave their place. */
	for (int i = 0; i < 100; i++) {
		si = softint_establish(SOFTINT_NET, soft_handler, f);
		f->out[1] += si != NULL;
		softint_disestablish(si);
	}
	while (softint_establish(SOFTINT_NET, soft_handler, f) != NULL)
		f->out[0]++;
}

FRAG(softint_gone)
{
	int s;

	frag_softint_setup(f);
	s = splhigh();
	softint_schedule(frag_si);
	softint_disestablish(frag_si);
	splx(s);
	frag_mark(f, 'x');
}

/* ---- hard handlers ---- */

FRAG(hardint_mark)
{
	frag_mark(f, 'i');
	printf("interrupt\n");
	frag_mark(f, 'I');
}

FRAG(hardint_adaptive)
{
	mutex_enter(&frag_lock);
	frag_mark(f, '!');
	mutex_exit(&frag_lock);
}

/* in[0]: 1 with the mutex held, until an interrupt comes at the printf. */
FRAG(hardint_adaptive_setup)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_NONE);
	if (f->in[0] == 1)
		mutex_enter(&frag_lock);
	printf("now\n");
}

FRAG(hardint_alloc)
{
	struct pglist list;

	uvm_pglistalloc(PAGE_SIZE, 0, ~(paddr_t)0, 0, 0, &list, 1, 0);
	frag_mark(f, '!');
}

FRAG(hardint_cv_wait)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&frag_cv, "test");
	mutex_enter(&frag_lock);
	cv_timedwait(&frag_cv, &frag_lock, 1);
	frag_mark(f, '!');
}
