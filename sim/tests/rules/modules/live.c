/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area live.
 */
#include "probe.h"

/* ---- live.convergence ---- */

/* Looks at the target once a minute, whatever the host says. */
static void
look_seldom(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	while (!sc->sc_dying) {
		mutex_exit(&sc->sc_lock);
		probe_step(sc);
		kpause("minute", false, mstohz(60000), NULL); /* BREAKS */
		mutex_enter(&sc->sc_lock);
	}
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(live_convergence_bad, .thread = look_seldom);

/* The last page is forgotten. */
static void
inflate_less(struct probe *sc, unsigned int npages)
{

	if (npages > 1)
		probe_inflate(sc, npages - 1);
}
FRAGMENT(live_convergence_bad2, .inflate = inflate_less);

static void
look_often(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	while (!sc->sc_dying) {
		mutex_exit(&sc->sc_lock);
		probe_step(sc);
		kpause("second", false, mstohz(1000), NULL);
		mutex_enter(&sc->sc_lock);
	}
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(live_convergence_ok, .thread = look_often);
/* There is not so much memory. */
FRAGMENT(live_convergence_ok2, NULL);

/* One page at a time to a slow device: it takes long, but it goes on. */
static void
inflate_one(struct probe *sc, unsigned int npages)
{

	probe_inflate(sc, 1);
}
FRAGMENT(live_convergence_ok3, .inflate = inflate_one);

/* One page there and back. */
static void
to_and_fro(struct probe *sc)
{

	if (!probe_take_answer(sc))
		return;
	if (sc->sc_actual == 0)
		probe_inflate(sc, 1);
	else
		probe_deflate(sc, 1);
}
FRAGMENT(live_convergence_bad3, .step = to_and_fro);

/* ---- live.deadlock ---- */

static void
alloc_nothing(struct probe *sc)
{

	uvm_pglistalloc(0, 0, PROBE_HIGH, 0, 0, &sc->sc_pages2, 0, 1); /* BREAKS */
}
FRAGMENT(live_deadlock_bad, .in_thread = alloc_nothing);

/* The thread that would end the wait has not been made. */
static void
wait_in_attach(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	while (sc->sc_n == 0)
		cv_wait(&sc->sc_cv, &sc->sc_lock); /* BREAKS */
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(live_deadlock_bad2, .in_live = wait_in_attach);

static void
alloc_nowhere(struct probe *sc)
{

	uvm_pglistalloc(64 * PAGE_SIZE, 0, 65536, 0, 0, &sc->sc_pages2, 64, 1); /* BREAKS */
}
FRAGMENT(live_deadlock_bad3, .in_thread = alloc_nowhere);

static void
keep_lock2(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock2);
	for (;;)
		kpause("keep", false, hz, NULL);
}

static void
want_lock2(struct probe *sc)
{

	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_NONE);
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, keep_lock2, sc,
	    NULL, "second") != 0)
		return;
	kpause("second", false, 1, NULL);
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(live_deadlock_bad4, .in_thread = want_lock2);

/* There is not enough memory; others free some, and it goes on. */
static void
alloc_much(struct probe *sc)
{

	if (uvm_pglistalloc(8192 * PAGE_SIZE, 0, PROBE_HIGH, 0, 0, &sc->sc_pages2,
	    8192, 1) == 0)
		uvm_pglistfree(&sc->sc_pages2);
}
FRAGMENT(live_deadlock_ok, .in_thread = alloc_much);

/* ---- live.endless-loop ---- */

static void
spin_for_config(struct probe *sc)
{

	while (*(volatile int *)&sc->sc_n == 0) /* BREAKS */
		continue;
}
FRAGMENT(live_endless_loop_bad, .in_thread = spin_for_config);

static void
spin_in_calls(struct probe *sc)
{

	while (virtio_read_device_config_le_4(sc->sc_virtio, 0) == 0) /* BREAKS */
		continue;
}
FRAGMENT(live_endless_loop_bad2, .in_thread = spin_in_calls);

/* Nothing at all: no access, no call. */
static void
stand_still(struct probe *sc)
{

	for (;;); /* BREAKS */
}
FRAGMENT(live_endless_loop_bad3, .in_attach = stand_still);

/* An odd number is never zero; nobody but this function sees it. */
static void
count_by_two(struct probe *sc)
{
	unsigned int n;

	for (n = 1; n != 0; n += 2) continue; /* BREAKS */
}
FRAGMENT(live_endless_loop_bad4, .in_config = count_by_two);

/* The loop is not where the time goes. */
static void
add_up(struct probe *sc)
{
	int i;

	for (i = 0; i < PROBE_PAGES; i++)
		sc->sc_array[0] += sc->sc_array[i];
}

static void
add_up_again(struct probe *sc)
{

	do add_up(sc); while (sc->sc_n == 0); /* BREAKS */
}
FRAGMENT(live_endless_loop_bad5, .in_done = add_up_again);

static void
lock_and_unlock(struct probe *sc)
{
	int n = 0;

	while (n == 0) { /* BREAKS */
		mutex_enter(&sc->sc_lock2);
		n = sc->sc_n;
		mutex_exit(&sc->sc_lock2);
	}
}

static void
lock_in_softint(void *arg)
{
	lock_and_unlock(arg);
}

static void
schedule(struct probe *sc)
{
	void *sih;

	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_SOFTBIO);
	sih = softint_establish(SOFTINT_BIO | SOFTINT_MPSAFE, lock_in_softint, sc);
	kpreempt_disable();
	softint_schedule(sih);
	kpreempt_enable();
}
FRAGMENT(live_endless_loop_bad6, .in_live = schedule);

static void
print_for_ever(struct probe *sc)
{

	for (;;)
		device_printf(sc->sc_dev, "still here\n"); /* BREAKS */
}
FRAGMENT(live_endless_loop_bad7, .in_detach = print_for_ever);

static void
count_config(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	sc->sc_n++;
	mutex_exit(&sc->sc_lock);
}

/* It ends only when the host wants something, but time passes meanwhile. */
/* Few rounds, and much to do in each. */
static char probe_much[65536];

static void
fill_for_ever(struct probe *sc)
{

	for (;;)
		memset(probe_much, 1, sizeof(probe_much)); /* BREAKS */
}
FRAGMENT(live_endless_loop_bad8, .in_attach = fill_for_ever);

static void
compare_for_ever(struct probe *sc)
{

	while (memcmp(probe_much, probe_much, sizeof(probe_much)) == 0) /* BREAKS */
		continue;
}
FRAGMENT(live_endless_loop_bad9, .in_attach = compare_for_ever);

/* Much, and each of it once. */
static void
make_many(struct probe *sc)
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
FRAGMENT(live_endless_loop_ok3, .in_attach = make_many);

/* It ends when memory does. */
static void
take_all(struct probe *sc)
{
	void **list = NULL, **p;

	while ((p = kmem_alloc(16, KM_NOSLEEP)) != NULL) {
		*p = list;
		list = p;
	}
}
FRAGMENT(live_endless_loop_ok4, .in_attach = take_all);

static void
zero_for_ever(struct probe *sc)
{
	void *p;

	while ((p = kmem_zalloc(4 << 20, KM_NOSLEEP)) != NULL) /* BREAKS */
		kmem_free(p, 4 << 20);
}
FRAGMENT(live_endless_loop_bad10, .in_thread = zero_for_ever);

static void
poll_for_config(struct probe *sc)
{
	int n;

	do {
		delay(500);
		mutex_enter(&sc->sc_lock);
		n = sc->sc_n;
		mutex_exit(&sc->sc_lock);
	} while (n == 0);
}
FRAGMENT(live_endless_loop_ok, .in_thread = poll_for_config, .in_config = count_config);

/* Much work, and with a device that answers at once it takes no time at all. */
FRAGMENT(live_endless_loop_ok2, NULL);

/* ---- live.panic ---- */

static void
assert_less(struct probe *sc)
{

	KASSERT(sc->sc_count < PROBE_PAGES); /* BREAKS */
}
FRAGMENT(live_panic_bad, .in_step = assert_less);

static void
panic_at_once(struct probe *sc)
{

	panic("probe: %u", sc->sc_count); /* BREAKS */
}
FRAGMENT(live_panic_bad2, .in_step = panic_at_once);

static void
assert_at_most(struct probe *sc)
{

	KASSERT(sc->sc_count <= PROBE_PAGES);
}
FRAGMENT(live_panic_ok, .in_step = assert_at_most);

/* ---- live.trap ---- */

static void
divide_by_zero(struct probe *sc)
{
	volatile int none = 0;

	sc->sc_n = 100 / none; /* BREAKS */
}
FRAGMENT(live_trap_bad, .in_thread = divide_by_zero);

/* What the compiler could work out by itself. */
static void
divide_at_once(struct probe *sc)
{
	int none = 0;

	sc->sc_n = 1 / none; /* BREAKS */
}
FRAGMENT(live_trap_bad2, .in_attach = divide_at_once);

static void
divide_the_least(struct probe *sc)
{
	volatile int one = 1;

	sc->sc_n = INT_MIN / -one; /* BREAKS */
}
FRAGMENT(live_trap_bad3, .in_thread = divide_the_least);

static void
stop_here(struct probe *sc)
{

	__builtin_trap(); /* BREAKS */
}
FRAGMENT(live_trap_bad4, .in_thread = stop_here);

static void
divide(struct probe *sc)
{
	volatile int one = 1;

	sc->sc_n = INT_MAX / -one + 7 % one;
}
FRAGMENT(live_trap_ok, .in_thread = divide);

#if defined(__x86_64__)
static void
break_here(struct probe *sc)
{

	__asm__ volatile("int3"); /* BREAKS */
}
FRAGMENT(live_trap_bad5, .in_thread = break_here);

/* exit_group(0) of Linux. */
static void
leave(struct probe *sc)
{

	__asm__ volatile("syscall" /* BREAKS */
	    : : "a" (231), "D" (0) : "rcx", "r11", "memory");
}
FRAGMENT(live_trap_bad6, .in_attach = leave);

/* What traps then is the kernel's own code. */
static void
check_alignment(struct probe *sc)
{

	__asm__ volatile("pushfq; orq $0x40000, (%%rsp); popfq"
	    : : : "memory", "cc");
	printf("%s %d\n", device_xname(sc->sc_dev), sc->sc_n);
	sc->sc_n = *(volatile int *)((char *)sc->sc_pfns + 1);
}
FRAGMENT(live_trap_bad7, .in_thread = check_alignment);

/* String instructions of the kernel would go backwards. */
static void
go_backwards(struct probe *sc)
{

	__asm__ volatile("std" : : : "cc");
	printf("%s %d\n", device_xname(sc->sc_dev), sc->sc_n); /* BREAKS */
}
FRAGMENT(live_trap_bad8, .in_thread = go_backwards);

static void
leave_backwards(struct probe *sc)
{

	__asm__ volatile("std" : : : "cc");
}
FRAGMENT(live_trap_bad9, .in_attach = leave_backwards);

/* Where the kernel has what is the processor's own. */
static void
lose_segment(struct probe *sc)
{

	__asm__ volatile("xorl %%eax, %%eax; movl %%eax, %%fs" : : : "rax", "cc");
	printf("%s %d\n", device_xname(sc->sc_dev), sc->sc_n);
}
FRAGMENT(live_trap_bad10, .in_attach = lose_segment);

static void
disable_interrupts(struct probe *sc)
{

	__asm__ volatile("cli"); /* BREAKS */
}
FRAGMENT(live_trap_bad11, .in_attach = disable_interrupts);

static void
halt(struct probe *sc)
{

	__asm__ volatile("hlt"); /* BREAKS */
}
FRAGMENT(live_trap_bad12, .in_thread = halt);

static void
write_back(struct probe *sc)
{

	__asm__ volatile("wbinvd" : : : "memory"); /* BREAKS */
}
FRAGMENT(live_trap_bad13, .in_thread = write_back);

static void
read_port(struct probe *sc)
{

	__asm__ volatile("inw %%dx, %%ax" /* BREAKS */
	    : : : "rax");
}
FRAGMENT(live_trap_bad14, .in_thread = read_port);
#endif
