/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area live.
 */
#include "probe.h"

/* ---- live.convergence ---- */

/* Looks at the target once a minute, whatever the host says. */
static void
look_every(struct probe *sc, int seconds)
{
	bool dying = false;

	while (!dying) {
		probe_step(sc);
		kpause("look", false, seconds * hz, NULL); /* BREAKS */
		LOCKED(&sc->sc_lock, dying = sc->sc_dying);
	}
}

FRAGMENT_IN(live_convergence_bad, thread, look_seldom)
{
	look_every(sc, 60);
}

/* The last page is forgotten. */
FRAGMENT_IN(live_convergence_bad2, inflate, inflate_less)
{
	if (npages > 1)
		probe_inflate(sc, npages - 1);
}

/* Once there are 16 it is content, and eight take it a second. */
FRAGMENT_IN(live_convergence_bad5, inflate, inflate_up_to_sixteen)
{
	kpause("slow", false, hz, NULL);
	while (sc->sc_actual == 16)
		kpause("wake", false, hz, NULL); /* BREAKS */
	probe_inflate(sc, MIN(npages, 8));
}

/* It wakes up all the time, and does nothing. */
FRAGMENT_IN(live_convergence_bad6, thread, only_wake_up)
{
	for (;;)
		kpause("wake", false, hz, NULL); /* BREAKS */
}

/* There is no thread that could. */
FRAGMENT_IN(live_convergence_bad4, attach, attach_without_thread)
{
	probe_start(sc);
	if (!probe_make_queues(sc) || !probe_make(sc) ||
	    virtio_child_attach_finish(sc->sc_virtio) != 0)
		panic("nothing else fails");
	(void)probe_make_thread(sc);
}

/* Processes may keep its thread from the processors, but not for ever. */
FRAGMENT_IN(live_convergence_ok4, attach, attach_with_idle_thread)
{
	probe_start(sc);
	if (!probe_make_queues(sc) || !probe_make(sc) ||
	    virtio_child_attach_finish(sc->sc_virtio) != 0 ||
	    kthread_create(PRI_IDLE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, NULL, probe_thread, sc,
	    &sc->sc_thread, "probe") != 0)
		panic("nothing fails");
}
FRAGMENT(live_convergence_bad7, .attach = attach_with_idle_thread, .thread = only_wake_up);

FRAGMENT(live_convergence_ok6, NULL);
FRAGMENT(live_convergence_bad8, .thread = only_wake_up);

/* The thread is in the allocator when the target changes, and as long as that lasts. */
FRAGMENT_IN(live_convergence_ok5, in_thread, alloc_block)
{
	kmem_free(kmem_alloc(48, KM_SLEEP), 48);
}

FRAGMENT_IN(live_convergence_ok, thread, look_often)
{
	look_every(sc, 1);
}
/* There is not so much memory. */
FRAGMENT(live_convergence_ok2, NULL);

/* One page at a time to a slow device: it takes long, but it goes on. */
FRAGMENT_IN(live_convergence_ok3, inflate, inflate_one)
{
	probe_inflate(sc, 1);
}

/* One page there and back. */
FRAGMENT_IN(live_convergence_bad3, step, to_and_fro)
{
	if (!probe_dequeue(sc))
		return;
	if (sc->sc_actual == 0)
		probe_inflate(sc, 1);
	else
		probe_deflate(sc, 1);
}

/* ---- live.deadlock ---- */

FRAGMENT_IN(live_deadlock_bad, in_thread, alloc_nothing)
{
	uvm_pglistalloc(0, 0, PROBE_HIGH, 0, 0, &sc->sc_pages2, 0, 1); /* BREAKS */
}

/* The thread that would end the wait has not been made. */
FRAGMENT_IN(live_deadlock_bad2, in_live, wait_in_attach)
{
	mutex_enter(&sc->sc_lock);
	while (sc->sc_n == 0)
		cv_wait(&sc->sc_cv, &sc->sc_lock); /* BREAKS */
	mutex_exit(&sc->sc_lock);
}

FRAGMENT_IN(live_deadlock_bad3, in_thread, alloc_nowhere)
{
	uvm_pglistalloc(64 * PAGE_SIZE, 0, 65536, 0, 0, &sc->sc_pages2, 64, 1); /* BREAKS */
}

static void
keep_lock2(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock2);
	for (;;)
		kpause("keep", false, hz, NULL);
}

FRAGMENT_IN(live_deadlock_bad4, in_thread, want_lock2)
{
	probe_adaptive(sc);
	probe_second(sc, 0, keep_lock2);
	kpause("second", false, 1, NULL);
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
}

/* Nobody will ever signal, and the mutex is kept. */
FRAGMENT_IN(live_deadlock_bad5, in_thread, wait_with_lock2)
{
	probe_adaptive(sc);
	mutex_enter(&sc->sc_lock2);
	cv_init(&sc->sc_cv2, "never");
	mutex_enter(&sc->sc_lock);
	cv_wait(&sc->sc_cv2, &sc->sc_lock); /* BREAKS */
}

/* There is not enough memory; others free some, and it goes on. */
FRAGMENT_IN(live_deadlock_ok, in_thread, alloc_much)
{
	if (uvm_pglistalloc(8192 * PAGE_SIZE, 0, PROBE_HIGH, 0, 0, &sc->sc_pages2,
	    8192, 1) == 0)
		uvm_pglistfree(&sc->sc_pages2);
}

/* A thread may join one that waits for work: that is as if it waited itself. */
static void
wait_for_work(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock);
	while (sc->sc_n == 0)
		cv_wait(&sc->sc_cv2, &sc->sc_lock);
	mutex_exit(&sc->sc_lock);
	kthread_exit(0);
}

static void
join_helper(void *arg)
{
	struct probe *sc = arg;
	struct lwp *helper;

	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, NULL, wait_for_work, sc,
	    &helper, "helper") == 0)
		kthread_join(helper);
	kthread_exit(0);
}

FRAGMENT_IN(live_deadlock_ok2, in_attach, start_supervisor)
{
	cv_init(&sc->sc_cv2, "work");
	probe_second(sc, 0, join_helper);
}

/* ---- live.slow-detach ---- */

/* Nobody wakes it. */
FRAGMENT_IN(live_slow_detach_bad, thread, sleep_half_a_minute)
{
	look_every(sc, 31);
}

FRAGMENT_IN(live_slow_detach_ok, thread, sleep_seconds)
{
	look_every(sc, 5);
}

/* ---- live.endless-loop ---- */

FRAGMENT_IN(live_endless_loop_bad, in_thread, spin_for_config)
{
	while (*(volatile int *)&sc->sc_n == 0) /* BREAKS */
		continue;
}

FRAGMENT_IN(live_endless_loop_bad2, in_thread, spin_in_calls)
{
	while (virtio_read_device_config_le_4(sc->sc_virtio, 0) == 0) /* BREAKS */
		continue;
}

/* Nothing at all: no access, no call. */
FRAGMENT_IN(live_endless_loop_bad3, in_attach, stand_still)
{
	for (;;); /* BREAKS */
}

/* An odd number is never zero; nobody but this function sees it. */
FRAGMENT_IN(live_endless_loop_bad4, in_config, count_by_two)
{
	unsigned int n;

	for (n = 1; n != 0; n += 2) continue; /* BREAKS */
}

/* The loop is not where the time goes. */
static void
add_up(struct probe *sc)
{
	int i;

	for (i = 0; i < PROBE_PAGES; i++)
		sc->sc_array[0] += sc->sc_array[i];
}

FRAGMENT_IN(live_endless_loop_bad5, in_done, add_up_again)
{
	do add_up(sc); while (sc->sc_n == 0); /* BREAKS */
}

static void
lock_and_unlock(struct probe *sc)
{
	int n = 0;

	while (n == 0) { /* BREAKS */
		LOCKED(&sc->sc_lock2, n = sc->sc_n);
	}
}

static void
lock_in_softint(void *arg)
{
	lock_and_unlock(arg);
}

FRAGMENT_IN(live_endless_loop_bad6, in_live, schedule)
{
	void *sih;

	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_SOFTBIO);
	sih = softint_establish(SOFTINT_BIO | SOFTINT_MPSAFE, lock_in_softint, sc);
	kpreempt_disable();
	softint_schedule(sih);
	kpreempt_enable();
}

FRAGMENT_IN(live_endless_loop_bad7, in_detach, print_for_ever)
{
	for (;;)
		device_printf(sc->sc_dev, "still here\n"); /* BREAKS */
}

static void
count_config(struct probe *sc)
{
	LOCKED(&sc->sc_lock, sc->sc_n++);
}

/* Few rounds, and much to do in each. */
static char probe_much[65536];

FRAGMENT_IN(live_endless_loop_bad8, in_attach, fill_for_ever)
{
	for (;;)
		memset(probe_much, 1, sizeof(probe_much)); /* BREAKS */
}

FRAGMENT_IN(live_endless_loop_bad9, in_attach, compare_for_ever)
{
	while (memcmp(probe_much, probe_much, sizeof(probe_much)) == 0) /* BREAKS */
		continue;
}

/* Much, and each of it once. */
FRAGMENT_IN(live_endless_loop_ok3, in_attach, make_many)
{
	struct sysctllog *log = NULL;
	kmutex_t *locks;
	char name[16];
	int i, n = 20000;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		sysctl_createv(&log, 0, NULL, NULL, 0, CTLTYPE_INT, name, NULL, NULL, 0,
		    &sc->sc_n, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	}
	sysctl_teardown(&log);
	locks = kmem_alloc(n * sizeof(*locks), KM_SLEEP);
	for (i = 0; i < n; i++)
		mutex_init(&locks[i], MUTEX_DEFAULT, IPL_NONE);
	for (i = 0; i < n; i++)
		mutex_destroy(&locks[i]);
	kmem_free(locks, n * sizeof(*locks));
}

/* It ends when memory does. */
FRAGMENT_IN(live_endless_loop_ok4, in_attach, take_all)
{
	void **p;

	while ((p = kmem_alloc(16, KM_NOSLEEP)) != NULL) {
		*p = sc->sc_p;
		sc->sc_p = p;
	}
}

FRAGMENT_IN(live_endless_loop_bad10, in_thread, zero_for_ever)
{
	void *p;

	while ((p = kmem_zalloc(4 << 20, KM_NOSLEEP)) != NULL) /* BREAKS */
		kmem_free(p, 4 << 20);
}

/* It ends only when the host wants something, but time passes meanwhile. */
FRAGMENT_IN(live_endless_loop_ok, in_thread, poll_for_config, .in_config = count_config)
{
	int n;

	do {
		delay(500);
		LOCKED(&sc->sc_lock, n = sc->sc_n);
	} while (n == 0);
}

/* Much work, and with a device that completes at once it takes no time at all. */
FRAGMENT(live_endless_loop_ok2, NULL);

/* ---- live.panic ---- */

FRAGMENT_IN(live_panic_bad, in_step, assert_less)
{
	KASSERT(sc->sc_count < PROBE_PAGES); /* BREAKS */
}

FRAGMENT_IN(live_panic_bad2, in_step, panic_at_once)
{
	panic("probe: %u", sc->sc_count); /* BREAKS */
}

FRAGMENT_IN(live_panic_ok, in_step, assert_at_most)
{
	KASSERT(sc->sc_count <= PROBE_PAGES);
}

/* ---- live.trap ---- */

FRAGMENT_IN(live_trap_bad, in_thread, divide_by_zero)
{
	volatile int none = 0;

	sc->sc_n = 100 / none; /* BREAKS */
}

/* What the compiler could work out by itself. */
FRAGMENT_IN(live_trap_bad2, in_attach, divide_at_once)
{
	int none = 0;

	sc->sc_n = 1 / none; /* BREAKS */
}

FRAGMENT_IN(live_trap_bad3, in_thread, divide_the_least)
{
	volatile int one = 1;

	sc->sc_n = INT_MIN / -one; /* BREAKS */
}

FRAGMENT_IN(live_trap_bad4, in_thread, stop_here)
{
	__builtin_trap(); /* BREAKS */
}

FRAGMENT_IN(live_trap_ok, in_thread, divide)
{
	volatile int one = 1;

	sc->sc_n = INT_MAX / -one + 7 % one;
}

#if defined(__x86_64__)
FRAGMENT_IN(live_trap_bad5, in_thread, break_here)
{
	__asm__ volatile("int3"); /* BREAKS */
}

/* exit_group(0) of Linux. */
FRAGMENT_IN(live_trap_bad6, in_attach, leave)
{
	__asm__ volatile("syscall" /* BREAKS */
	    : : "a" (231), "D" (0) : "rcx", "r11", "memory");
}

/* What traps then is the kernel's own code. */
FRAGMENT_IN(live_trap_bad7, in_thread, check_alignment)
{
	__asm__ volatile("pushfq; orq $0x40000, (%%rsp); popfq"
	    : : : "memory", "cc");
	printf("%s %d\n", device_xname(sc->sc_dev), sc->sc_n);
	sc->sc_n = *(volatile int *)((char *)sc->sc_pfns + 1);
}

/* String instructions of the kernel would go backwards. */
FRAGMENT_IN(live_trap_bad8, in_thread, go_backwards)
{
	__asm__ volatile("std" : : : "cc");
	printf("%s %d\n", device_xname(sc->sc_dev), sc->sc_n); /* BREAKS */
}

FRAGMENT_IN(live_trap_bad9, in_attach, leave_backwards)
{
	__asm__ volatile("std" : : : "cc");
}

/* Where the kernel has what is the processor's own. */
/* The user's data segment.  The host would give back what the empty one loses, at some time. */
FRAGMENT_IN(live_trap_bad10, in_attach, lose_segment)
{
	__asm__ volatile("movl $0x2b, %%eax; movl %%eax, %%fs" : : : "rax");
	printf("%s %d\n", device_xname(sc->sc_dev), sc->sc_n);
}

FRAGMENT_IN(live_trap_bad11, in_attach, disable_interrupts)
{
	__asm__ volatile("cli"); /* BREAKS */
}

FRAGMENT_IN(live_trap_bad12, in_thread, halt)
{
	__asm__ volatile("hlt"); /* BREAKS */
}

FRAGMENT_IN(live_trap_bad13, in_thread, write_back)
{
	__asm__ volatile("wbinvd" : : : "memory"); /* BREAKS */
}

FRAGMENT_IN(live_trap_bad14, in_thread, read_port)
{
	__asm__ volatile("inw %%dx, %%ax" /* BREAKS */
	    : : : "rax");
}
#endif
