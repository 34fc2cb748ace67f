/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area lock about memory that contexts share.
 */
#include "probe.h"

/* gcc says that its own sanitizer does not know fences. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/* ---- lock.data-race ---- */

static void
count_unlocked(struct probe *sc)
{
	sc->sc_n++; /* BREAKS */
}

FRAGMENT_IN(lock_data_race_bad, in_step, look_locked, .in_config = count_unlocked)
{
	LOCKED(&sc->sc_lock, sc->sc_array[0] = sc->sc_n);
}

FRAGMENT_IN(lock_data_race_bad2, in_step, look_bare, .in_config = count_unlocked)
{
	sc->sc_array[0] = sc->sc_n;
}

/* Atomic on one side only. */
static void
store_plainly(struct probe *sc)
{
	sc->sc_n = 1; /* BREAKS */
}

FRAGMENT_IN(lock_data_race_bad3, in_step, load_atomically, .in_config = store_plainly)
{
	sc->sc_array[0] = __atomic_load_n(&sc->sc_n, __ATOMIC_RELAXED);
}

/* The flag is atomic, but nothing says that what it stands for comes first. */
static void
publish_relaxed(struct probe *sc)
{
	sc->sc_array[1] = 5;
	__atomic_store_n(&sc->sc_n, 1, __ATOMIC_RELAXED);
}

FRAGMENT_IN(lock_data_race_bad4, in_thread, poll_relaxed, .in_config = publish_relaxed)
{
	kpause("poll", false, mstohz(2000), NULL);
	if (__atomic_load_n(&sc->sc_n, __ATOMIC_RELAXED) != 0)
		sc->sc_array[0] = sc->sc_array[1]; /* BREAKS */
}

/* A soft interrupt and the thread. */
static void
soft_counts(void *arg)
{
	struct probe *sc = arg;

	sc->sc_n++; /* BREAKS */
}

static void
make_soft(struct probe *sc)
{
	sc->sc_p = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, soft_counts, sc);
}

FRAGMENT_IN(lock_data_race_bad5, in_config, schedule_soft,
    .in_attach = make_soft, .in_step = look_bare)
{
	softint_schedule(sc->sc_p);
}

/* Two threads, of which one makes the other, and they go on; what was before orders nothing. */
static void
second_counts(void *arg)
{
	struct probe *sc = arg;

	sc->sc_n++; /* BREAKS */
	kthread_exit(0);
}

FRAGMENT_IN(lock_data_race_bad6, in_thread, start_second_and_count)
{
	sc->sc_n++;
	probe_second(sc, 0, second_counts);
	sc->sc_n++;
}

/* Each has a mutex, but not the same. */
static void
count_locked2(struct probe *sc)
{
	LOCKED(&sc->sc_lock2, sc->sc_n++); /* BREAKS */
}

FRAGMENT_IN(lock_data_race_bad7, in_step, count_locked_otherwise,
    .in_attach = probe_spin, .in_config = count_locked2)
{
	LOCKED(&sc->sc_lock, sc->sc_n++);
}

/* After the mutex is not under it: the last of the five is ordered by nothing. */
static void
look_locked2(struct probe *sc)
{
	LOCKED(&sc->sc_lock2, sc->sc_array[0] = sc->sc_n); /* BREAKS */
}

FRAGMENT_IN(lock_data_race_bad8, in_step, count_behind_lock2,
    .in_attach = probe_spin, .in_config = look_locked2)
{
	for (int i = 0; i < 5; i++) {
		mutex_enter(&sc->sc_lock2);
		mutex_exit(&sc->sc_lock2);
		sc->sc_n++;
	}
}

/* A wake-up hands over what was written before it. */
static int
write_around_wake(struct probe *sc)
{
	sc->sc_array[1] = 1;
	LOCKED(&sc->sc_lock, sc->sc_told = true; cv_signal(&sc->sc_cv));
	sc->sc_array[3] = 1;
	return 1;
}

FRAGMENT_IN(lock_data_race_bad9, in_step, read_behind_wake, .config = write_around_wake)
{
	sc->sc_array[0] = sc->sc_array[3]; /* BREAKS */
}

/* Once attached there are interrupts, which the kernel lock keeps off unless they are MPSAFE. */
FRAGMENT_IN(lock_data_race_bad10, in_live, set_late, .in_config = count_unlocked,
    .flags = VIRTIO_F_INTR_MPSAFE)
{
	sc->sc_n = 5;
}
FRAGMENT(lock_data_race_ok11, .in_live = set_late, .in_config = count_unlocked);

/* The request hands over what was written before it. */
FRAGMENT_IN(lock_data_race_bad11, send, send_and_count, .in_done = count_unlocked)
{
	if (!probe_send(sc, vq))
		return false;
	sc->sc_n = 5;
	return true;
}

/* An access at the level does not make up for one without it. */
FRAGMENT_IN(lock_data_race_bad13, in_step, count_and_raise, .in_config = count_unlocked)
{
	int s;

	sc->sc_n++;
	s = splvm();
	sc->sc_n++;
	splx(s);
}

/* Bytes beside each other are two places, and one that spans both is a third. */
static void
write_second_byte(struct probe *sc)
{
	((uint8_t *)sc->sc_array)[1] = 1; /* BREAKS */
}

FRAGMENT_IN(lock_data_race_ok12, in_step, write_first_byte, .in_config = write_second_byte)
{
	((uint8_t *)sc->sc_array)[0] = 1;
	sc->sc_array[1] = 1;
}

static void
write_sixth_byte(struct probe *sc)
{
	((uint8_t *)sc->sc_array)[5] = 1; /* BREAKS */
}

FRAGMENT_IN(lock_data_race_bad14, in_step, read_eight_bytes, .in_config = write_sixth_byte)
{
	sc->sc_n = *(uint64_t *)sc->sc_array != 0;
}

/* Who joins a thread knows what it did. */
static void
start_second(struct probe *sc)
{
	probe_second(sc, KTHREAD_MUSTJOIN, second_counts);
}

FRAGMENT_IN(lock_data_race_ok13, in_detach, count_after_join, .in_thread = start_second)
{
	kthread_join(sc->sc_thread2);
	sc->sc_n++;
}

/* Nothing else that the two share is under the mutex. */
static void
make_lock2_and_cv2(struct probe *sc)
{
	probe_spin(sc);
	cv_init(&sc->sc_cv2, "handed");
}

static void
write_and_wake_only(struct probe *sc)
{
	sc->sc_n++;
	LOCKED(&sc->sc_lock2, cv_signal(&sc->sc_cv2));
}

FRAGMENT_IN(lock_data_race_ok15, in_thread, wait_and_read,
    .in_attach = make_lock2_and_cv2, .in_config = write_and_wake_only)
{
	LOCKED(&sc->sc_lock2, cv_wait(&sc->sc_cv2, &sc->sc_lock2));
	sc->sc_array[0] = sc->sc_n;
}

/* The next owner of memory has nothing to do with the one before. */
static void
use_memory(void *arg)
{
	int *number = kmem_zalloc(48, KM_SLEEP);

	number[0]++;
	kmem_free(number, 48);
}

static void
use_memory_later(void *arg)
{
	kpause("later", false, 1, NULL);
	use_memory(arg);
	kthread_exit(0);
}

FRAGMENT_IN(lock_data_race_ok14, in_thread, use_memory_before)
{
	probe_second(sc, 0, use_memory_later);
	use_memory(sc);
}

/* Without a mutex only before anybody else knows of it. */
static void
set_early(struct probe *sc)
{
	sc->sc_n = 5;
}

FRAGMENT_IN(lock_data_race_ok, in_config, count_locked,
    .in_attach = set_early, .in_step = look_locked, .flags = VIRTIO_F_INTR_MPSAFE)
{
	LOCKED(&sc->sc_lock, sc->sc_n++);
}

/* Each has its own, and what one hands to the other it hands over by waking it. */
static int
write_and_wake(struct probe *sc)
{
	mutex_enter(&sc->sc_lock);
	sc->sc_array[1]++;
	sc->sc_told = true;
	cv_signal(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);
	return 1;
}

FRAGMENT_IN(lock_data_race_ok2, in_step, read_when_woken, .config = write_and_wake)
{
	sc->sc_n++;
	LOCKED(&sc->sc_lock, sc->sc_array[0] = sc->sc_array[1]);
	sc->sc_array[2] = sc->sc_array[0];
}

/*
 * The usual way: the handler dequeues, under the mutex, and leaves the request to the thread.
 * The request is the thread's until it is committed, then the device's, then the handler's.
 */
static int
dequeue_in_handler(struct probe *sc, struct virtqueue *vq)
{
	mutex_enter(&sc->sc_lock);
	if (probe_receive(sc, vq)) {
		sc->sc_p = vq;
		sc->sc_told = true;
		cv_signal(&sc->sc_cv);
	}
	mutex_exit(&sc->sc_lock);
	return 1;
}

FRAGMENT_IN(lock_data_race_ok3, step, step_after_handler, .done = dequeue_in_handler)
{
	uint32_t target = probe_target(sc);
	struct virtqueue *used;

	LOCKED(&sc->sc_lock, used = sc->sc_p; sc->sc_p = NULL);
	if (used == &sc->sc_vq[PROBE_INFLATE])
		probe_inflated(sc);
	else if (used != NULL)
		probe_deflated(sc);
	if (used != NULL)
		sc->sc_n = 0;
	if (sc->sc_n != 0 || target == sc->sc_actual)
		return;
	sc->sc_n = 1;
	if (target > sc->sc_actual)
		probe_inflate(sc, target - sc->sc_actual);
	else
		probe_deflate(sc, sc->sc_actual - target);
}

/* What is behind the count is the handler's, what is before it the thread's. */
static void
append(struct probe *sc)
{
	int n;

	LOCKED(&sc->sc_lock, n = sc->sc_n);
	sc->sc_array[n % PROBE_PAGES] = 7;
	LOCKED(&sc->sc_lock, sc->sc_n = n + 1);
}

FRAGMENT_IN(lock_data_race_ok4, in_step, read_appended, .in_config = append)
{
	int n;

	LOCKED(&sc->sc_lock, n = sc->sc_n);
	for (int i = 0; i < n; i++)
		KASSERT(sc->sc_array[i] == 7);
}

/* Atomic on both sides. */
FRAGMENT_IN(lock_data_race_ok5, in_config, store_atomically, .in_step = load_atomically)
{
	__atomic_store_n(&sc->sc_n, 1, __ATOMIC_RELAXED);
}

/* A release, and an acquire that finds it. */
static void
publish(struct probe *sc)
{
	if (sc->sc_n != 0)
		return;
	sc->sc_array[1] = 5;
	__atomic_store_n(&sc->sc_n, 1, __ATOMIC_RELEASE);
}

FRAGMENT_IN(lock_data_race_ok6, in_thread, poll, .in_config = publish)
{
	kpause("poll", false, mstohz(2000), NULL);
	if (__atomic_load_n(&sc->sc_n, __ATOMIC_ACQUIRE) != 0)
		sc->sc_array[0] = sc->sc_array[1];
}

/* The same with fences, membar_release(9) and membar_acquire(9), around what is volatile. */
static void
publish_fenced(struct probe *sc)
{
	volatile int *flag = &sc->sc_n;

	if (*flag != 0)
		return;
	sc->sc_array[1] = 5;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*flag = 1;
}

FRAGMENT_IN(lock_data_race_ok7, in_thread, poll_fenced, .in_config = publish_fenced)
{
	volatile int *flag = &sc->sc_n;

	kpause("poll", false, mstohz(2000), NULL);
	if (*flag == 0)
		return;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	sc->sc_array[0] = sc->sc_array[1];
}

/* A soft interrupt that has what it is handed, and whose work is looked at after its end. */
static void
soft_reads(void *arg)
{
	struct probe *sc = arg;

	sc->sc_array[2] = sc->sc_array[1];
}

FRAGMENT_IN(lock_data_race_ok8, in_thread, hand_to_soft)
{
	sc->sc_p = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, soft_reads, sc);
	sc->sc_array[1] = 5;
	kpreempt_disable();
	softint_schedule(sc->sc_p);
	kpreempt_enable();
	kpause("soft", false, 1, NULL);
	softint_disestablish(sc->sc_p);
	sc->sc_array[2]++;
}

/* One CPU, and at its level the handler does not begin there. */
static void
count_at_level(struct probe *sc)
{
	int s = splvm();

	sc->sc_n++;
	splx(s);
}

FRAGMENT(lock_data_race_ok9, .in_config = count_unlocked, .in_step = count_at_level);
/* On another CPU it does. */
FRAGMENT(lock_data_race_bad12, .in_config = count_unlocked, .in_step = count_at_level);

/* The callbacks are over when the interrupts are. */
FRAGMENT_IN(lock_data_race_ok10, detach, count_after_detach, .in_done = count_unlocked)
{
	probe_end_thread(sc);
	probe_detach_rest(sc);
	sc->sc_n++;
	return 0;
}

/* ---- lock.unordered ---- */

static void
count_then_lock(struct probe *sc)
{
	sc->sc_n++;
	LOCKED(&sc->sc_lock2, sc->sc_array[0]++);
}

FRAGMENT_IN(lock_unordered_bad, in_config, lock_then_look,
    .in_attach = probe_spin, .in_step = count_then_lock)
{
	LOCKED(&sc->sc_lock2, sc->sc_array[1]++);
	sc->sc_array[2] = sc->sc_n; /* BREAKS */
}

/* It looks first whether the thread has been there. */
static void
lock_then_look_if(struct probe *sc)
{
	bool been;

	LOCKED(&sc->sc_lock2, been = sc->sc_array[0] != 0);
	if (been)
		sc->sc_array[2] = sc->sc_n;
}

FRAGMENT_IN(lock_unordered_ok, in_step, count_once,
    .in_attach = probe_spin, .in_config = lock_then_look_if)
{
	if (sc->sc_p != NULL)
		return;
	sc->sc_p = sc;
	count_then_lock(sc);
}
