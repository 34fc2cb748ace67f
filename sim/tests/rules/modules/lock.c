/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area lock.
 *
 * sc_lock is a spin mutex that config_change takes, sc_lock2 in most of them an adaptive one.
 */
#include "probe.h"

static void
make_adaptive(struct probe *sc)
{

	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_NONE);
}

/* A second thread beside the probe's. */
static void
start_second(struct probe *sc, void (*fn)(void *))
{

	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, fn, sc, NULL,
	    "second") != 0)
		aprint_error_dev(sc->sc_dev, "no second thread\n");
}

/* ---- lock.cv-interlock ---- */

static void
wait_with_another(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock2);
	cv_timedwait(&sc->sc_cv, &sc->sc_lock2, 10); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
	kthread_exit(0);
}

static void
start_wait_with_another(struct probe *sc)
{

	make_adaptive(sc);
	start_second(sc, wait_with_another);
}
FRAGMENT(lock_cv_interlock_bad, .in_thread = start_wait_with_another);

static void
wait_unlocked(struct probe *sc)
{

	cv_timedwait(&sc->sc_cv, &sc->sc_lock, 10); /* BREAKS */
}
FRAGMENT(lock_cv_interlock_bad2, .in_thread = wait_unlocked);

/* Two wait on one condvar, with one mutex; and another condvar has another mutex. */
static void
wait_with_the_same(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock);
	cv_timedwait(&sc->sc_cv, &sc->sc_lock, 10);
	mutex_exit(&sc->sc_lock);
	mutex_enter(&sc->sc_lock2);
	cv_timedwait(&sc->sc_cv2, &sc->sc_lock2, 10);
	mutex_exit(&sc->sc_lock2);
	kthread_exit(0);
}

static void
start_wait_with_the_same(struct probe *sc)
{

	make_adaptive(sc);
	cv_init(&sc->sc_cv2, "second");
	start_second(sc, wait_with_the_same);
}
FRAGMENT(lock_cv_interlock_ok, .in_thread = start_wait_with_the_same);

/* ---- lock.cv-signal ---- */

static int
signal_after_exit(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	sc->sc_told = true;
	mutex_exit(&sc->sc_lock);
	cv_signal(&sc->sc_cv); /* BREAKS */
	return 1;
}
FRAGMENT(lock_cv_signal_bad, .config = signal_after_exit);

static void
signal_nobody(struct probe *sc)
{

	cv_signal(&sc->sc_cv); /* BREAKS */
}
FRAGMENT(lock_cv_signal_bad2, .in_live = signal_nobody);

static int
signal_before_exit(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	cv_broadcast(&sc->sc_cv);
	sc->sc_told = true;
	mutex_exit(&sc->sc_lock);
	return 1;
}
FRAGMENT(lock_cv_signal_ok, .config = signal_before_exit);

/* ---- lock.held-at-return ---- */

static void
make_spin(struct probe *sc)
{

	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_VM);
}

static void
return_with_lock(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2); /* BREAKS */
	if (sc->sc_n++ == 0)
		return;
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_held_at_return_bad, .in_attach = make_spin, .in_config = return_with_lock);

static void
end_with_lock(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock2); /* BREAKS */
	if (sc->sc_n == 0)
		kthread_exit(0);
	mutex_exit(&sc->sc_lock2);
	kthread_exit(0);
}

static void
start_end_with_lock(struct probe *sc)
{

	make_adaptive(sc);
	start_second(sc, end_with_lock);
}
FRAGMENT(lock_held_at_return_bad2, .in_thread = start_end_with_lock);

static void
attach_with_lock(struct probe *sc)
{

	make_adaptive(sc);
	mutex_enter(&sc->sc_lock2); /* BREAKS */
}
FRAGMENT(lock_held_at_return_bad3, .in_live = attach_with_lock);

static int
return_without_lock(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	if (sc->sc_told) {
		mutex_exit(&sc->sc_lock);
		return 1;
	}
	sc->sc_told = true;
	cv_signal(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);
	return 1;
}
FRAGMENT(lock_held_at_return_ok, .config = return_without_lock);

/* ---- lock.freed-live ---- */

static void
free_with_lock(struct probe *sc)
{
	kmutex_t *lock = kmem_zalloc(sizeof(*lock), KM_SLEEP);

	mutex_init(lock, MUTEX_DEFAULT, IPL_NONE);
	kmem_free(lock, sizeof(*lock)); /* BREAKS */
}
FRAGMENT(lock_freed_live_bad, .in_thread = free_with_lock);

static void
free_without_lock(struct probe *sc)
{
	kmutex_t *lock = kmem_zalloc(sizeof(*lock), KM_SLEEP);

	mutex_init(lock, MUTEX_DEFAULT, IPL_NONE);
	mutex_destroy(lock);
	kmem_free(lock, sizeof(*lock));
}
FRAGMENT(lock_freed_live_ok, .in_thread = free_without_lock);

/* ---- lock.lifecycle ---- */

static void
destroy_early(struct probe *sc)
{

	make_adaptive(sc);
	mutex_destroy(&sc->sc_lock2);
}

static void
use_lock2(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_lifecycle_bad, .in_attach = destroy_early, .in_step = use_lock2);

static void
init_again(struct probe *sc)
{

	cv_init(&sc->sc_cv, "again"); /* BREAKS */
}
FRAGMENT(lock_lifecycle_bad2, .in_attach = init_again);

static void
destroy_held(struct probe *sc)
{

	make_adaptive(sc);
	mutex_enter(&sc->sc_lock2);
	mutex_destroy(&sc->sc_lock2); /* BREAKS */
}
FRAGMENT(lock_lifecycle_bad3, .in_thread = destroy_held);

static void
destroy_awaited(void *arg)
{
	struct probe *sc = arg;

	kpause("await", false, 1, NULL);
	cv_destroy(&sc->sc_cv); /* BREAKS */
	kthread_exit(0);
}

static void
start_destroy_awaited(struct probe *sc)
{

	start_second(sc, destroy_awaited);
}
FRAGMENT(lock_lifecycle_bad4, .in_thread = start_destroy_awaited);

static void
use_uninitialised(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_lifecycle_bad5, .in_thread = use_uninitialised);

/* The second life of a mutex begins after its first has ended. */
static void
live_twice(struct probe *sc)
{

	make_adaptive(sc);
	mutex_destroy(&sc->sc_lock2);
	make_adaptive(sc);
}

static void
use_second_life(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_lifecycle_ok, .in_attach = live_twice, .in_step = use_second_life);

/* ---- lock.not-owner ---- */

static void
exit_twice(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	sc->sc_n++;
	mutex_exit(&sc->sc_lock);
	mutex_exit(&sc->sc_lock); /* BREAKS */
}
FRAGMENT(lock_not_owner_bad, .in_step = exit_twice);

static void
exit_for_another(void *arg)
{
	struct probe *sc = arg;

	mutex_exit(&sc->sc_lock2); /* BREAKS */
	kthread_exit(0);
}

static void
enter_and_leave_it(struct probe *sc)
{

	make_adaptive(sc);
	mutex_enter(&sc->sc_lock2);
	start_second(sc, exit_for_another);
	kpause("leave", false, 2, NULL);
}
FRAGMENT(lock_not_owner_bad2, .in_thread = enter_and_leave_it);

/* Released in the opposite of the usual order, each by who holds it. */
static void
exit_crosswise(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	if (!mutex_tryenter(&sc->sc_lock)) {
		mutex_exit(&sc->sc_lock2);
		return;
	}
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_not_owner_ok, .in_attach = make_adaptive, .in_step = exit_crosswise);

/* ---- lock.order ---- */

static void
one_then_two(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	mutex_enter(&sc->sc_lock2);
	sc->sc_n++;
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock);
}

static void
two_then_one(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	mutex_enter(&sc->sc_lock); /* BREAKS */
	sc->sc_n++;
	mutex_exit(&sc->sc_lock);
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_order_bad, .in_attach = make_spin, .in_step = one_then_two,
    .in_config = two_then_one);

/* The interrupt, which takes sc_lock, can come to one who has the other. */
static void
make_low_spin(struct probe *sc)
{

	mutex_init(&sc->sc_lock2, MUTEX_SPIN, IPL_SOFTNET);
}

static void
low_alone_and_inside(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock2);
	mutex_enter(&sc->sc_lock);
	mutex_enter(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_order_bad2, .in_attach = make_low_spin, .in_thread = low_alone_and_inside);

static void
one_then_two_again(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	mutex_enter(&sc->sc_lock2);
	sc->sc_n++;
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock);
	/* alone, or given up in between: no order */
	mutex_enter(&sc->sc_lock2);
	sc->sc_n++;
	mutex_exit(&sc->sc_lock2);
	mutex_enter(&sc->sc_lock);
	mutex_exit(&sc->sc_lock);
}

static void
one_then_two_in_thread(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	mutex_enter(&sc->sc_lock2);
	sc->sc_n++;
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_order_ok, .in_attach = make_spin, .in_step = one_then_two_in_thread,
    .in_config = one_then_two_again);

/* Who only tries never waits, and so has no part in a circle. */
static void
two_then_try_one(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	if (mutex_tryenter(&sc->sc_lock)) {
		sc->sc_n++;
		mutex_exit(&sc->sc_lock);
	}
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_order_ok2, .in_attach = make_spin, .in_step = one_then_two_in_thread,
    .in_config = two_then_try_one);

/* ---- lock.recursion ---- */

static void
enter_in_callee(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_recursion_bad, .in_attach = make_adaptive, .in_step = enter_in_callee);

static void
tell_while_held(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	probe_tell(sc);
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_recursion_bad2, .in_thread = tell_while_held);

/* The callee only asserts that its caller holds it; and tries, which may fail. */
static void
assert_in_callee(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	KASSERT(mutex_owned(&sc->sc_lock2));
	if (mutex_tryenter(&sc->sc_lock2))
		panic("a mutex was taken twice");
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_recursion_ok, .in_attach = make_adaptive, .in_step = assert_in_callee);

/* ---- lock.sleep-context ---- */

static void
pause_with_spin(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	kpause("spin", false, 1, NULL); /* BREAKS */
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_sleep_context_bad, .in_step = pause_with_spin);

/* It is free, and nobody sleeps: wrong all the same. */
static void
adaptive_under_spin(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_sleep_context_bad2, .in_attach = make_adaptive, .in_step = adaptive_under_spin);

static void
pause_in_interrupt(struct probe *sc)
{

	kpause("interrupt", false, 1, NULL); /* BREAKS */
}
FRAGMENT(lock_sleep_context_bad3, .in_config = pause_in_interrupt);

/* An adaptive mutex may be held, and a spin mutex that the sleep gives up. */
static void
pause_with_adaptive(struct probe *sc)
{

	mutex_enter(&sc->sc_lock2);
	kpause("adaptive", false, 1, NULL);
	mutex_enter(&sc->sc_lock);
	mutex_exit(&sc->sc_lock);
	mutex_exit(&sc->sc_lock2);
	mutex_enter(&sc->sc_lock);
	kpause("given up", false, 1, &sc->sc_lock);
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_sleep_context_ok, .in_attach = make_adaptive, .in_step = pause_with_adaptive);

/* ---- lock.spin-hold ---- */

static void
delay_long(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	for (int i = 0; i < 3; i++)
		delay(400); /* BREAKS */
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(lock_spin_hold_bad, .in_step = delay_long);

static void
delay_in_pieces(struct probe *sc)
{

	for (int i = 0; i < 5; i++) {
		mutex_enter(&sc->sc_lock);
		delay(500);
		delay(500);
		mutex_exit(&sc->sc_lock);
	}
	mutex_enter(&sc->sc_lock2);
	delay(5000);
	mutex_exit(&sc->sc_lock2);
}
FRAGMENT(lock_spin_hold_ok, .in_attach = make_adaptive, .in_step = delay_in_pieces);
