/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about mutex(9) and spl(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "frag.h"

static kmutex_t frag_lock, frag_inner;

static int
level(void)
{
	int s = splraise(IPL_NONE);

	splx(s);
	return s;
}

/* out[ipl]: the level while a mutex that was asked for at that level is held. */
FRAG(mutex_types)
{
	for (int ipl = IPL_NONE; ipl <= IPL_HIGH; ipl++) {
		mutex_init(&frag_lock, (kmutex_type_t)f->in[0], ipl);
		mutex_enter(&frag_lock);
		f->out[ipl] = level();
		mutex_exit(&frag_lock);
		mutex_destroy(&frag_lock);
	}
}

FRAG(mutex_bad_type)
{
	mutex_init(&frag_lock, (kmutex_type_t)77, IPL_NONE);
}

FRAG(mutex_adaptive_ipl)
{
	mutex_init(&frag_lock, MUTEX_ADAPTIVE, IPL_VM);
}

static void
nest_init(void)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
	mutex_init(&frag_inner, MUTEX_DEFAULT, IPL_SCHED);
}

FRAG(mutex_nest)
{
	nest_init();
	mutex_enter(&frag_lock);
	mutex_enter(&frag_inner);
	frag_mark(f, '1');
	f->out[0] = level();
	mutex_exit(&frag_inner);
	frag_mark(f, '2');
	f->out[1] = level();
	mutex_exit(&frag_lock);
	frag_mark(f, '3');
	f->out[2] = level();
}

/* The outer one is released first. */
FRAG(mutex_nest_crossed)
{
	nest_init();
	mutex_enter(&frag_lock);
	mutex_enter(&frag_inner);
	mutex_exit(&frag_lock);
	f->out[0] = level();
	mutex_exit(&frag_inner);
	f->out[1] = level();
}

FRAG(mutex_under_splhigh)
{
	int s;

	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
	s = splhigh();
	mutex_enter(&frag_lock);
	f->out[0] = level();
	mutex_exit(&frag_lock);
	f->out[1] = level();
	splx(s);
	f->out[2] = level();
}

/* in[0]: the level. */
FRAG(mutex_again)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, (int)f->in[0]);
	mutex_enter(&frag_lock);
	mutex_enter(&frag_lock);
	frag_mark(f, '!');
}

FRAG(mutex_exit_unheld)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, (int)f->in[0]);
	mutex_exit(&frag_lock);
	frag_mark(f, '!');
}

FRAG(mutex_setup_vm)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
}

FRAG(mutex_setup_adaptive)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_NONE);
}

/* Hold it for a millisecond. */
FRAG(mutex_hold_a_while)
{
	mutex_enter(&frag_lock);
	frag_mark(f, 'T');
	delay(1000);
	frag_mark(f, 't');
	mutex_exit(&frag_lock);
}

/* Wait for it if need be.  Also a hard handler. */
FRAG(mutex_take_once)
{
	frag_mark(f, 'h');
	mutex_enter(&frag_lock);
	frag_mark(f, 'H');
	mutex_exit(&frag_lock);
}

FRAG(mutex_try)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, (int)f->in[0]);
	f->out[0] = mutex_tryenter(&frag_lock);
	f->out[1] = level();
	f->out[2] = mutex_tryenter(&frag_lock);
	f->out[3] = level();
	mutex_exit(&frag_lock);
	f->out[4] = level();
}

/* The first to run holds it and sleeps (without DIAGNOSTIC); the second looks. */
FRAG(mutex_owned_by_other)
{
	if (f->marks == 0) {
		frag_mark(f, 'o');
		mutex_enter(&frag_lock);
		f->out[0] = mutex_owned(&frag_lock);
		kpause("test", false, 2, NULL);
		mutex_exit(&frag_lock);
		f->out[2] = mutex_owned(&frag_lock);
	} else {
		f->out[1] = mutex_owned(&frag_lock);
	}
}

FRAG(mutex_destroy_held)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&frag_lock);
	mutex_destroy(&frag_lock);
}

FRAG(mutex_use_dead)
{
	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
	mutex_destroy(&frag_lock);
	mutex_enter(&frag_lock);
}

FRAG(mutex_use_raw)
{
	kmutex_t raw = { 0 };

	mutex_enter(&raw);
}

FRAG(mutex_use_copy)
{
	kmutex_t copy;

	mutex_init(&frag_lock, MUTEX_DEFAULT, IPL_VM);
	copy = frag_lock;
	mutex_enter(&copy);
}

/* in[0]: how: 0 kpause, 1 an adaptive mutex that another thread holds. */
FRAG(mutex_sleep_with_spin)
{
	kmutex_t spin;

	mutex_init(&spin, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&spin);
	if (f->in[0] == 0)
		kpause("test", false, 1, NULL);
	else
		mutex_enter(&frag_lock);
	frag_mark(f, '!');
	mutex_exit(&spin);
}

/* Two of them never are between ( and ) together. */
FRAG(mutex_protected_work)
{
	for (int i = 0; i < 3; i++) {
		mutex_enter(&frag_lock);
		frag_mark(f, '(');
		printf("work\n");
		frag_mark(f, ')');
		mutex_exit(&frag_lock);
	}
}

FRAG(spl_levels)
{
	int a, b;

	a = splvm();
	frag_mark(f, '1');
	b = splsoftnet();		/* lower: no change */
	f->out[0] = a;
	f->out[1] = b;
	f->out[2] = level();
	splx(b);
	frag_mark(f, '2');
	splx(a);
	frag_mark(f, '3');
	f->out[3] = level();
}
