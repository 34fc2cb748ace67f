/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kthread(9), after sys/kern/kern_kthread.c 1.46.
 *
 * A thread is runnable before kthread_create() returns, and *lp is stored only then.  It
 * ends by kthread_exit() and by nothing else; one with KTHREAD_MUSTJOIN only when it is joined.
 */
#include "kernel.h"

/* So many at a time; more is "out of LWPs". */
#define KTHREADS_MAX	40

struct lwp *
kthread_self(void)
{
	uint32_t self = hw_self();
	struct lwp *l = kernel->kn_kthread.kt_lwps;

	while (l != NULL && l->l_ordinal != self)
		l = l->l_next;
	return l;
}

pri_t
kthread_priority(void)
{
	const struct lwp *l = kthread_self();

	/* lwp0, which runs autoconf, is an ordinary user thread in this respect */
	return l != NULL ? l->l_priority : MAXPRI_USER;
}

static bool
kthread_is_mpsafe(const struct lwp *l)
{

	return (l->l_flags & KTHREAD_MPSAFE) != 0;
}

/* What lwp_trampoline() does; a return from the function has nowhere to go (KT9). */
static void
kthread_main(void *arg)
{
	struct lwp *l = arg;
	void *of_driver = l->l_arg;

	l->l_arg = NULL;	/* the driver's from here on, to keep or lose */
	l->l_ordinal = hw_self();
	if (!kthread_is_mpsafe(l))
		kern_lock_take(1);
	l->l_func(of_driver);
	KNOTE(THREAD_GONE, l->l_ordinal, 1, 0);
	kern_panic("kthread \"%s\": function returned, it must call "
	    "kthread_exit(9)", l->l_name);
}

static pri_t
kthread_pick_priority(pri_t pri, int flags)
{

	if (pri != PRI_NONE)
		return pri;
	return (flags & KTHREAD_TS) != 0 ? MAXPRI_USER : PRI_KTHREAD;
}

static int
kthread_start(struct lwp *l)
{

	if ((l->l_flags & KTHREAD_IDLE) != 0)
		return 0;
	if (kernel->kn_kthread.kt_count == KTHREADS_MAX)
		return EAGAIN;
	l->l_ordinal = hw_thread_start(l->l_name, l->l_priority, kthread_main, l);
	if (l->l_ordinal == 0)
		return EAGAIN;
	kernel->kn_kthread.kt_count++;
	KNOTE(THREAD, l->l_ordinal, l->l_priority, l->l_flags);
	return 0;
}

static int
kthread_new(const struct lwp *template, struct lwp **new)
{
	struct lwp *l;
	int error;

	KERN_ASSERT((template->l_flags & KTHREAD_INTR) == 0 ||
	    kthread_is_mpsafe(template));
	error = kern_fault_waited(HW_CALL_KTHREAD_CREATE);
	if (error != 0)
		return error;
	l = kmem_take(sizeof(*l));
	*l = *template;
	error = kthread_start(l);
	if (error != 0) {
		kmem_give(l, sizeof(*l));
		return error;
	}
	l->l_next = kernel->kn_kthread.kt_lwps;
	kernel->kn_kthread.kt_lwps = l;
	*new = l;
	return 0;
}

int
kthread_create(pri_t pri, int flags, struct cpu_info *ci, void (*func)(void *),
    void *arg, lwp_t **lp, const char *fmt, ...)
{
	struct lwp template = {
		.l_priority = kthread_pick_priority(pri, flags),
		.l_flags = flags,
		.l_func = func,
		.l_arg = arg,
	};
	struct lwp *l = NULL;
	va_list ap;
	int error;

	(void)ci;	/* threads are not bound to CPUs here */
	va_start(ap, fmt);
	(void)vsnprintf(template.l_name, sizeof(template.l_name), fmt, ap);
	va_end(ap);
	KCALL(KTHREAD_CREATE, pri, flags, kern_text(template.l_name));
	KERN_ASSERT((flags & KTHREAD_MUSTJOIN) == 0 || lp != NULL);
	error = kthread_new(&template, &l);
	/* The thread may run at this point, and then finds *lp not stored. */
	KRET(KTHREAD_CREATE, error);
	if (l != NULL && lp != NULL)
		*lp = l;
	return error;
}

void
kthread_exit(int ecode)
{
	struct lwp *l = kthread_self();

	KCALL(KTHREAD_EXIT, ecode);
	if (l == NULL)
		kern_panic("kthread_exit: not a kernel thread");
	if (ecode != 0)
		kprint(HW_CON_KERNEL, "WARNING: kthread `%s' (%u) exits with "
		    "status %d\n", l->l_name, l->l_ordinal, ecode);
	KERN_PANICIF(mutex_spin_state()->mc_count != 0,
	    "kthread_exit: spin mutex held");
	while ((l->l_flags & KTHREAD_MUSTJOIN) != 0 && l->l_joiner == 0) {
		l->l_is_leaving = true;
		kern_sleep(HW_SLEEP_JOIN, l->l_ordinal, 0);
	}
	(void)kern_lock_drop_all();
	l->l_is_done = true;
	kernel->kn_kthread.kt_count--;
	if (l->l_joiner != 0)
		hw_wake(l->l_joiner);
	KNOTE(THREAD_GONE, l->l_ordinal, 0, ecode);
	hw_thread_exit();
}

static void
kthread_wait(struct lwp *l)
{

	KERN_ASSERT((l->l_flags & KTHREAD_MUSTJOIN) != 0);
	l->l_joiner = hw_self();
	if (l->l_is_leaving)
		hw_wake(l->l_ordinal);
	while (!l->l_is_done)
		kern_sleep(HW_SLEEP_JOIN, l->l_ordinal, 0);
}

int
kthread_join(lwp_t *l)
{

	KCALL(KTHREAD_JOIN, l->l_ordinal);
	kthread_wait(l);
	KRETURN(KTHREAD_JOIN, 0);
}
