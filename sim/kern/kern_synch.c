/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving up the CPU (mi_switch()), sleep queues, kpreempt(9), kpause(9) and delay(9), after
 * sys/kern/kern_synch.c 1.350 and kern_sleepq.c 1.71.
 */
#include "kernel.h"

/*
 * A soft interrupt waits for an adaptive mutex and for nothing else.  NetBSD counts
 * ci_mtx_count downwards, and prints it so.
 */
static void
synch_assert_may_switch(enum hw_sleep why)
{
	int count = mutex_spin_state()->mc_count;

	if (cpu_intr_p() || (cpu_softintr_p() && why != HW_SLEEP_MUTEX))
		kern_panic("mi_switch: sleep in an interrupt");
	KERN_PANICIF(count != 1, "mi_switch: cpu%u: ci_mtx_count (%d) != -1 "
	    "(block with spin-mutex held)", hw_cpu(), -count);
}

void
kern_block(enum hw_sleep why, uint64_t object, uint64_t ticks)
{
	struct mutex_cpu saved;
	int biglocks;

	synch_assert_may_switch(why);
	biglocks = kern_lock_drop_all();
	/* The next thread on this CPU holds no spin mutex; this one may wake on another. */
	saved = *mutex_spin_state();
	*mutex_spin_state() = (struct mutex_cpu){ 0 };
	hw_sleep(why, object, ticks);
	*mutex_spin_state() = saved;
	mutex_spl_restore();
	kern_lock_take(biglocks);
}

void
kern_sleep(enum hw_sleep why, uint64_t object, uint64_t ticks)
{

	(void)mutex_spl_raise(IPL_SCHED);
	kern_block(why, object, ticks);
}

/*
 * sched_4bsd.c and kern_runq.c: the runnable thread of the highest priority has the CPU.  One that
 * shares time (KTHREAD_TS) is like the processes and has its turn.
 */
void
kern_busy(bool is_busy)
{

	hw_others_run(is_busy ? MAXPRI_USER : 0);
}

void
sleepq_insert(struct sleepq_waiter **queue, struct sleepq_waiter *w)
{

	while (*queue != NULL && (*queue)->sw_priority >= w->sw_priority)
		queue = &(*queue)->sw_next;
	w->sw_next = *queue;
	*queue = w;
}

void
sleepq_remove(struct sleepq_waiter **queue, const struct sleepq_waiter *w)
{

	while (*queue != NULL && *queue != w)
		queue = &(*queue)->sw_next;
	if (*queue != NULL)
		*queue = w->sw_next;
}

/* Threads are never preempted here, so this only counts; autoconf and handlers are lwp0. */
static int *
synch_nopreempt(void)
{
	struct lwp *l = kthread_self();

	return l != NULL ? &l->l_nopreempt : &kernel->kn_kthread.kt_nopreempt;
}

void
kpreempt_disable(void)
{

	++*synch_nopreempt();
}

void
kpreempt_enable(void)
{

	--*synch_nopreempt();
}

bool
kpreempt_disabled(void)
{
	const struct lwp *l = kthread_self();

	return *synch_nopreempt() != 0 || cpu_intr_p() || cpu_softintr_p() ||
	    (l != NULL && (l->l_flags & KTHREAD_INTR) != 0) || hw_ipl() > IPL_NONE;
}

static int
synch_pause(int ticks, kmutex_t *mtx, bool intr)
{

	KERN_ASSERT(ticks != 0 || intr);
	if (mtx != NULL)
		mutex_release(mtx);
	(void)mutex_spl_raise(IPL_SCHED);
	KERN_ASSERT(ticks >= 0);
	kern_block(HW_SLEEP_PAUSE, 0, ticks < 0 ? 1 : (uint64_t)ticks);
	if (mtx != NULL)
		mutex_acquire(mtx);
	return EWOULDBLOCK;
}

int
kpause(const char *wmesg, bool intr, int ticks, kmutex_t *mtx)
{

	KCALL(KPAUSE, kern_text(wmesg), intr, ticks, mtx != NULL ? mtx->mtx_ordinal : 0);
	KRETURN(KPAUSE, synch_pause(ticks, mtx, intr));
}

void
delay(unsigned int us)
{

	KCALL(DELAY, us);
	hw_delay((uint64_t)us * 1000);
	KRET(DELAY, 0);
}
