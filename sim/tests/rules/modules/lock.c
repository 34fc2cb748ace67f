/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area lock.
 *
 * sc_lock is a spin mutex that config_change takes, sc_lock2 in most of them an adaptive one.
 */
#include "probe.h"

/* ---- lock.cv-interlock ---- */

static void
wait_with_another(void *arg)
{
	struct probe *sc = arg;

	LOCKED(&sc->sc_lock2, cv_timedwait(&sc->sc_cv, &sc->sc_lock2, 10)); /* BREAKS */
	kthread_exit(0);
}

FRAGMENT_IN(lock_cv_interlock_bad, in_thread, start_wait_with_another)
{
	probe_adaptive(sc);
	probe_second(sc, 0, wait_with_another);
}

FRAGMENT_IN(lock_cv_interlock_bad2, in_thread, wait_unlocked)
{
	cv_timedwait(&sc->sc_cv, &sc->sc_lock, 10); /* BREAKS */
}

/* Two wait on one condvar, with one mutex; and another condvar has another mutex. */
static void
wait_with_the_same(void *arg)
{
	struct probe *sc = arg;

	LOCKED(&sc->sc_lock, cv_timedwait(&sc->sc_cv, &sc->sc_lock, 10));
	LOCKED(&sc->sc_lock2, cv_timedwait(&sc->sc_cv2, &sc->sc_lock2, 10));
	kthread_exit(0);
}

FRAGMENT_IN(lock_cv_interlock_ok, in_thread, start_wait_with_the_same)
{
	probe_adaptive(sc);
	cv_init(&sc->sc_cv2, "second");
	probe_second(sc, 0, wait_with_the_same);
}

/* ---- lock.cv-signal ---- */

FRAGMENT_IN(lock_cv_signal_bad, config, signal_after_exit)
{
	LOCKED(&sc->sc_lock, sc->sc_told = true);
	cv_signal(&sc->sc_cv); /* BREAKS */
	return 1;
}

FRAGMENT_IN(lock_cv_signal_bad2, in_live, signal_nobody)
{
	cv_signal(&sc->sc_cv); /* BREAKS */
}

FRAGMENT_IN(lock_cv_signal_ok, config, signal_before_exit)
{
	LOCKED(&sc->sc_lock, cv_broadcast(&sc->sc_cv); sc->sc_told = true);
	return 1;
}

/* ---- lock.held-at-return ---- */

FRAGMENT_IN(lock_held_at_return_bad, in_config, return_with_lock, .in_attach = probe_spin)
{
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	if (sc->sc_n++ == 0)
		return;
	mutex_exit(&sc->sc_lock2);
}

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

FRAGMENT_IN(lock_held_at_return_bad2, in_thread, start_end_with_lock)
{
	probe_adaptive(sc);
	probe_second(sc, 0, end_with_lock);
}

FRAGMENT_IN(lock_held_at_return_bad3, in_live, attach_with_lock)
{
	probe_adaptive(sc);
	mutex_enter(&sc->sc_lock2); /* BREAKS */
}

/* vq_done is called by a handler, at whose end the mutex is still the same. */
FRAGMENT(lock_held_at_return_bad4, .in_attach = probe_spin, .in_done = return_with_lock);

/* A detach that is refused; and one that is not. */
FRAGMENT_IN(lock_held_at_return_bad5, detach, refuse_with_lock, .in_attach = probe_adaptive)
{
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	return EBUSY;
}

static void
destroy_second(struct probe *sc)
{
	mutex_destroy(&sc->sc_lock2);
}

FRAGMENT_IN(lock_held_at_return_ok2, detach, refuse_without_lock, .in_attach = probe_adaptive,
    .in_detach = destroy_second)
{
	int error = 0;

	mutex_enter(&sc->sc_lock2);
	if (sc->sc_n++ == 0)
		error = EBUSY;
	mutex_exit(&sc->sc_lock2);
	return error != 0 ? error : probe_detach(sc);
}

/* A lock of the whole driver, in its match function. */
static kmutex_t match_lock;
static bool is_made;

FRAGMENT_IN(lock_held_at_return_bad6, match, match_with_lock)
{
	if (is_made)
		return probe_match(parent, cf, aux);
	is_made = true;
	mutex_init(&match_lock, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&match_lock); /* BREAKS */
	return probe_match(parent, cf, aux);
}

/* What the kernel calls back when interrupts are on. */
static void
take_for_ever(device_t self)
{
	struct probe *sc = device_private(self);

	mutex_enter(&sc->sc_lock2); /* BREAKS */
}

FRAGMENT_IN(lock_held_at_return_bad7, in_live, call_back_with_lock)
{
	probe_adaptive(sc);
	config_interrupts(sc->sc_dev, take_for_ever);
}

static void
take_briefly(device_t self)
{
	struct probe *sc = device_private(self);

	LOCKED(&sc->sc_lock2, sc->sc_n++);
}

FRAGMENT_IN(lock_held_at_return_ok3, in_live, call_back_without_lock)
{
	probe_adaptive(sc);
	config_interrupts(sc->sc_dev, take_briefly);
}

FRAGMENT_IN(lock_held_at_return_ok, config, return_without_lock)
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

/* ---- lock.freed-live ---- */

FRAGMENT_IN(lock_freed_live_bad, in_thread, free_with_lock)
{
	kmutex_t *lock = kmem_zalloc(sizeof(*lock), KM_SLEEP);

	mutex_init(lock, MUTEX_DEFAULT, IPL_NONE);
	kmem_free(lock, sizeof(*lock)); /* BREAKS */
}

/* The lock is in the block behind. */
FRAGMENT_IN(lock_freed_live_ok2, in_thread, free_beside_lock)
{
	kmutex_t *block[2];

	for (int i = 0; i < 2; i++)
		block[i] = kmem_zalloc(sizeof(kmutex_t), KM_SLEEP);
	mutex_init(block[1], MUTEX_DEFAULT, IPL_NONE);
	kmem_free(block[0], sizeof(kmutex_t));
	mutex_destroy(block[1]);
	kmem_free(block[1], sizeof(kmutex_t));
}

FRAGMENT_IN(lock_freed_live_ok, in_thread, free_without_lock)
{
	kmutex_t *lock = kmem_zalloc(sizeof(*lock), KM_SLEEP);

	mutex_init(lock, MUTEX_DEFAULT, IPL_NONE);
	mutex_destroy(lock);
	kmem_free(lock, sizeof(*lock));
}

/* ---- lock.lifecycle ---- */

static void
destroy_early(struct probe *sc)
{
	probe_adaptive(sc);
	mutex_destroy(&sc->sc_lock2);
}

FRAGMENT_IN(lock_lifecycle_bad, in_step, use_lock2, .in_attach = destroy_early)
{
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
}

FRAGMENT_IN(lock_lifecycle_bad2, in_attach, init_again)
{
	cv_init(&sc->sc_cv, "again"); /* BREAKS */
}

FRAGMENT_IN(lock_lifecycle_bad3, in_thread, destroy_held)
{
	probe_adaptive(sc);
	mutex_enter(&sc->sc_lock2);
	mutex_destroy(&sc->sc_lock2); /* BREAKS */
}

static void
destroy_awaited(void *arg)
{
	struct probe *sc = arg;

	kpause("await", false, 1, NULL);
	cv_destroy(&sc->sc_cv); /* BREAKS */
	kthread_exit(0);
}

FRAGMENT_SECOND(lock_lifecycle_bad4, in_thread, 0, destroy_awaited);

FRAGMENT_IN(lock_lifecycle_bad5, in_thread, use_uninitialised)
{
	mutex_enter(&sc->sc_lock2); /* BREAKS */
	mutex_exit(&sc->sc_lock2);
}

FRAGMENT_IN(lock_lifecycle_bad6, in_thread, signal_destroyed)
{
	cv_init(&sc->sc_cv2, "second");
	cv_destroy(&sc->sc_cv2);
	LOCKED(&sc->sc_lock, cv_signal(&sc->sc_cv2)); /* BREAKS */
}

/* The second life of a mutex begins after its first has ended. */
static void
live_twice(struct probe *sc)
{
	probe_adaptive(sc);
	mutex_destroy(&sc->sc_lock2);
	probe_adaptive(sc);
}

FRAGMENT_IN(lock_lifecycle_ok, in_step, use_second_life, .in_attach = live_twice)
{
	mutex_enter(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock2);
}

FRAGMENT_IN(lock_lifecycle_bad7, in_attach, init_second_life_twice)
{
	live_twice(sc);
	probe_adaptive(sc);
}

/* ---- lock.not-owner ---- */

FRAGMENT_IN(lock_not_owner_bad, in_step, exit_twice)
{
	LOCKED(&sc->sc_lock, sc->sc_n++; mutex_exit(&sc->sc_lock)); /* BREAKS */
}

static void
exit_for_another(void *arg)
{
	struct probe *sc = arg;

	mutex_exit(&sc->sc_lock2); /* BREAKS */
	kthread_exit(0);
}

FRAGMENT_IN(lock_not_owner_bad2, in_thread, enter_and_leave_it)
{
	probe_adaptive(sc);
	mutex_enter(&sc->sc_lock2);
	probe_second(sc, 0, exit_for_another);
	kpause("leave", false, 2, NULL);
}

/* Released in the opposite of the usual order, each by who holds it. */
FRAGMENT_IN(lock_not_owner_ok, in_step, exit_crosswise, .in_attach = probe_adaptive)
{
	mutex_enter(&sc->sc_lock2);
	if (!mutex_tryenter(&sc->sc_lock)) {
		mutex_exit(&sc->sc_lock2);
		return;
	}
	mutex_exit(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock);
}

/* ---- lock.order ---- */

static void
one_then_two(struct probe *sc)
{
	mutex_enter(&sc->sc_lock);
	LOCKED(&sc->sc_lock2, sc->sc_n++);
	mutex_exit(&sc->sc_lock);
}

FRAGMENT_IN(lock_order_bad, in_config, two_then_one,
    .in_attach = probe_spin, .in_step = one_then_two)
{
	mutex_enter(&sc->sc_lock2);
	mutex_enter(&sc->sc_lock); /* BREAKS */
	sc->sc_n++;
	mutex_exit(&sc->sc_lock);
	mutex_exit(&sc->sc_lock2);
}

FRAGMENT_IN(lock_order_bad2, in_thread, low_alone_and_inside, .in_attach = probe_low_spin)
{
	mutex_enter(&sc->sc_lock2);
	mutex_exit(&sc->sc_lock2);
	LOCKED(&sc->sc_lock, mutex_enter(&sc->sc_lock2); mutex_exit(&sc->sc_lock2));
}

/* A circle of three. */
FRAGMENT_IN(lock_order_bad3, in_thread, three_in_a_circle, .in_attach = probe_adaptive)
{
	static kmutex_t third, fourth;

	mutex_init(&third, MUTEX_DEFAULT, IPL_NONE);
	mutex_init(&fourth, MUTEX_DEFAULT, IPL_NONE);
	LOCKED(&sc->sc_lock2, mutex_enter(&third); mutex_exit(&third));
	LOCKED(&third, mutex_enter(&fourth); mutex_exit(&fourth));
	LOCKED(&fourth, mutex_enter(&sc->sc_lock2); mutex_exit(&sc->sc_lock2)); /* BREAKS */
}

FRAGMENT_IN(lock_order_ok, in_config, one_then_two_again,
    .in_attach = probe_spin, .in_step = one_then_two)
{
	one_then_two(sc);
	/* alone, or given up in between: no order */
	LOCKED(&sc->sc_lock2, sc->sc_n++);
	mutex_enter(&sc->sc_lock);
	mutex_exit(&sc->sc_lock);
}

/* Who only tries never waits, and so has no part in a circle. */
FRAGMENT_IN(lock_order_ok2, in_config, two_then_try_one,
    .in_attach = probe_spin, .in_step = one_then_two)
{
	mutex_enter(&sc->sc_lock2);
	if (mutex_tryenter(&sc->sc_lock)) {
		sc->sc_n++;
		mutex_exit(&sc->sc_lock);
	}
	mutex_exit(&sc->sc_lock2);
}

/*
 * The soft interrupt takes two adaptive mutexes, one after the other, and the thread has each
 * of them while it comes: it sleeps, and the thread goes on.
 */
static kmutex_t soft_lock[2];

static void
take_both(void *arg)
{
	for (int i = 0; i < 2; i++) {
		mutex_enter(&soft_lock[i]);
		mutex_exit(&soft_lock[i]);
	}
}

static void
make_soft_locks(struct probe *sc)
{
	mutex_init(&soft_lock[0], MUTEX_DEFAULT, IPL_SOFTNET);
	mutex_init(&soft_lock[1], MUTEX_DEFAULT, IPL_SOFTNET);
	sc->sc_p = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, take_both, NULL);
}

FRAGMENT_IN(lock_order_ok3, in_step, have_each_as_it_comes, .in_attach = make_soft_locks)
{
	for (int i = 0; i < 2; i++) {
		mutex_enter(&soft_lock[i]);
		kpreempt_disable();
		softint_schedule(sc->sc_p);
		kpreempt_enable();
		sc->sc_n++;
		mutex_exit(&soft_lock[i]);
	}
}

/* ---- lock.recursion ---- */

FRAGMENT_IN(lock_recursion_bad, in_step, enter_in_callee, .in_attach = probe_adaptive)
{
	LOCKED(&sc->sc_lock2, mutex_enter(&sc->sc_lock2); mutex_exit(&sc->sc_lock2)); /* BREAKS */
}

FRAGMENT_IN(lock_recursion_bad2, in_thread, tell_while_held)
{
	LOCKED(&sc->sc_lock, probe_tell(sc));
}

/* The callee only asserts that its caller holds it; and tries, which may fail. */
FRAGMENT_IN(lock_recursion_ok, in_step, assert_in_callee, .in_attach = probe_adaptive)
{
	mutex_enter(&sc->sc_lock2);
	KASSERT(mutex_owned(&sc->sc_lock2));
	if (mutex_tryenter(&sc->sc_lock2))
		panic("a mutex was taken twice");
	mutex_exit(&sc->sc_lock2);
}

/* ---- lock.sleep-context ---- */

FRAGMENT_IN(lock_sleep_context_bad, in_step, pause_with_spin)
{
	LOCKED(&sc->sc_lock, kpause("spin", false, 1, NULL)); /* BREAKS */
}

/* It is free, and nobody sleeps: wrong all the same. */
FRAGMENT_IN(lock_sleep_context_bad2, in_step, adaptive_under_spin, .in_attach = probe_adaptive)
{
	LOCKED(&sc->sc_lock, mutex_enter(&sc->sc_lock2); mutex_exit(&sc->sc_lock2)); /* BREAKS */
}

FRAGMENT_IN(lock_sleep_context_bad3, in_config, pause_in_interrupt)
{
	kpause("interrupt", false, 1, NULL); /* BREAKS */
}

/* An adaptive mutex may be held, and a spin mutex that the sleep gives up. */
FRAGMENT_IN(lock_sleep_context_ok, in_step, pause_with_adaptive, .in_attach = probe_adaptive)
{
	mutex_enter(&sc->sc_lock2);
	kpause("adaptive", false, 1, NULL);
	mutex_enter(&sc->sc_lock);
	mutex_exit(&sc->sc_lock);
	mutex_exit(&sc->sc_lock2);
	LOCKED(&sc->sc_lock, kpause("given up", false, 1, &sc->sc_lock));
}

/* ---- lock.spin-hold ---- */

FRAGMENT_IN(lock_spin_hold_bad, in_step, delay_long)
{
	mutex_enter(&sc->sc_lock);
	for (int i = 0; i < 3; i++)
		delay(400); /* BREAKS */
	mutex_exit(&sc->sc_lock);
}

FRAGMENT_IN(lock_spin_hold_ok, in_step, delay_in_pieces, .in_attach = probe_adaptive)
{
	for (int i = 0; i < 5; i++) {
		LOCKED(&sc->sc_lock, delay(500); delay(500));
	}
	LOCKED(&sc->sc_lock2, delay(5000));
}
