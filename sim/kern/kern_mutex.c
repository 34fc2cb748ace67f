/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutex(9), after sys/kern/kern_mutex.c 1.99 and the macros MUTEX_SPIN_SPLRAISE and
 * MUTEX_SPIN_SPLRESTORE in it.
 *
 * A spin mutex raises the level before it looks at the lock word, and the level comes back
 * only when the CPU releases its last spin mutex, to what it was before the first.  An
 * adaptive mutex sleeps at once when it is taken: the real one first spins for a while if
 * the owner is running on another CPU.  One that is free is taken without a look at who
 * takes it, in a hard interrupt too: amd64 does that with one instruction.
 *
 * mtx_owner: spin: the CPU + 1; adaptive: the context + 1; 0: free.
 */
#include "kernel.h"

void
mutex_boot(void)
{

	kernel->kn_mutex.km_cpu = kmem_take(kernel->kn_machine.ncpu * sizeof(struct mutex_cpu));
}

struct mutex_cpu *
mutex_spin_state(void)
{

	return &kernel->kn_mutex.km_cpu[hw_cpu()];
}

int
mutex_spl_raise(int ipl)
{
	int s = hw_splraise(ipl);
	struct mutex_cpu *mc = mutex_spin_state();

	if (mc->mc_count++ == 0)
		mc->mc_oldspl = s;
	return s;
}

void
mutex_spl_restore(void)
{
	struct mutex_cpu *mc = mutex_spin_state();
	int s = mc->mc_oldspl;

	if (--mc->mc_count == 0)
		hw_splx(s);
}

static bool
mutex_is_live(const kmutex_t *mtx)
{

	if (mtx->mtx_state != MTX_STATE_LIVE)
		return false;
	return mtx->mtx_ordinal == 0 ||
	    registry_has(&kernel->kn_mutex.km_live, mtx->mtx_ordinal, mtx);
}

void
mutex_check(const kmutex_t *mtx, const char *function)
{

	if (__predict_true(mutex_is_live(mtx)))
		return;
	if (mtx->mtx_state == MTX_STATE_DEAD)
		kern_panic("%s: mutex was destroyed", function);
	kern_panic("%s: mutex is not initialised", function);
}

static bool
mutex_is_spin_by_level(int ipl)
{

	return ipl != IPL_NONE && ipl != IPL_SOFTCLOCK &&
	    ipl != IPL_SOFTBIO && ipl != IPL_SOFTNET && ipl != IPL_SOFTSERIAL;
}

void
mutex_setup(kmutex_t *mtx, int type, int ipl)
{
	bool is_spin = false;

	switch (type) {
	case MUTEX_SPIN:
		is_spin = true;
		break;
	case MUTEX_ADAPTIVE:
		KERN_ASSERT(ipl == IPL_NONE);
		break;
	case MUTEX_DEFAULT:
	case MUTEX_DRIVER:
		is_spin = mutex_is_spin_by_level(ipl);
		break;
	default:
		kern_panic("mutex_init: impossible type");
	}
	*mtx = (kmutex_t){
		.mtx_state = MTX_STATE_LIVE,
		.mtx_type = (uint8_t)type,
		.mtx_ipl = (uint8_t)ipl,
		.mtx_spin = is_spin,
	};
}

/* A mutex that is live already keeps its number, so that observers see the second init. */
static uint32_t
mutex_number(const kmutex_t *mtx)
{

	if (mutex_is_live(mtx) && mtx->mtx_ordinal != 0)
		return mtx->mtx_ordinal;
	return hw_ordinal(HW_OBJ_MUTEX);
}

void
mutex_init(kmutex_t *mtx, kmutex_type_t type, int ipl)
{
	uint32_t ordinal = mutex_number(mtx);

	KCALL(MUTEX_INIT, ordinal, type, ipl);
	mutex_setup(mtx, (int)type, ipl);
	mtx->mtx_ordinal = ordinal;
	registry_set(&kernel->kn_mutex.km_live, ordinal, mtx);
	hw_memory(HW_MEMORY_MUTEX, mtx, sizeof(*mtx), ordinal);
	KRET(MUTEX_INIT, 0);
}

static bool
mutex_has_waiters(const kmutex_t *mtx)
{
	const struct sleepq_waiter *w;

	for (w = kernel->kn_mutex.km_waiters; w != NULL; w = w->sw_next) {
		if (w->sw_mutex == mtx)
			return true;
	}
	return false;
}

void
mutex_teardown(kmutex_t *mtx)
{

	mutex_check(mtx, "mutex_destroy");
	KERN_PANICIF(mtx->mtx_owner != 0, "mutex_destroy: mutex is held");
	KERN_PANICIF(mutex_has_waiters(mtx), "mutex_destroy: mutex has waiters");
	mtx->mtx_state = MTX_STATE_DEAD;
	if (mtx->mtx_ordinal != 0) {
		registry_set(&kernel->kn_mutex.km_live, mtx->mtx_ordinal, NULL);
		hw_memory(HW_MEMORY_ENDED, mtx, sizeof(*mtx), mtx->mtx_ordinal);
	}
}

static void
mutex_note_held(const kmutex_t *mtx, int s)
{

	if (mtx->mtx_ordinal != 0)
		KNOTE(MUTEX_HELD, mtx->mtx_ordinal, s, mtx->mtx_spin);
}

static void
mutex_note_freed(const kmutex_t *mtx)
{

	if (mtx->mtx_ordinal != 0)
		KNOTE(MUTEX_FREED, mtx->mtx_ordinal);
}

/*
 * A kernel with LOCKDEBUG panics when the CPU holds the mutex already; any other
 * MULTIPROCESSOR kernel spins for ever, which the machine's budget of points ends.
 */
static void
mutex_acquire_spin(kmutex_t *mtx)
{
	int s = mutex_spl_raise(mtx->mtx_ipl);
	int32_t self = (int32_t)hw_cpu() + 1;

	while (mtx->mtx_owner != 0) {
		KERN_PANICIF(mtx->mtx_owner == self,
		    "mutex_vector_enter: locking against myself");
		hw_spin();
	}
	mtx->mtx_owner = self;
	mutex_note_held(mtx, s);
}

static void
mutex_wait(kmutex_t *mtx)
{
	struct sleepq_waiter w = {
		.sw_mutex = mtx,
		.sw_context = hw_self(),
	};

	if (cpu_intr_p()) {
		hw_spin();
		return;
	}
	(void)mutex_spl_raise(IPL_SCHED);
	sleepq_insert(&kernel->kn_mutex.km_waiters, &w);
	kern_block(HW_SLEEP_MUTEX, mtx->mtx_ordinal, 0);
}

static void
mutex_acquire_adaptive(kmutex_t *mtx)
{
	int32_t self = (int32_t)hw_self() + 1;

	while (mtx->mtx_owner != 0) {
		KERN_ASSERT(!cpu_intr_p());
		if (mtx->mtx_owner == self)
			kern_panic("mutex_vector_enter: locking against myself");
		mutex_wait(mtx);
		mutex_check(mtx, "mutex_enter");
	}
	mtx->mtx_owner = self;
	mutex_note_held(mtx, hw_ipl());
}

void
mutex_acquire(kmutex_t *mtx)
{

	mutex_check(mtx, "mutex_enter");
	if (mtx->mtx_spin)
		mutex_acquire_spin(mtx);
	else
		mutex_acquire_adaptive(mtx);
}

/* All of them wake and compete for it, as after turnstile_wakeup(). */
static void
mutex_wake(const kmutex_t *mtx)
{
	struct sleepq_waiter *w, *next;

	for (w = kernel->kn_mutex.km_waiters; w != NULL; w = next) {
		next = w->sw_next;
		if (w->sw_mutex != mtx)
			continue;
		sleepq_remove(&kernel->kn_mutex.km_waiters, w);
		hw_wake(w->sw_context);
	}
}

static void
mutex_release_adaptive(kmutex_t *mtx)
{

	KERN_PANICIF(mtx->mtx_owner != (int32_t)hw_self() + 1,
	    "mutex_vector_exit: mutex is not held by the caller");
	mtx->mtx_owner = 0;
	mutex_note_freed(mtx);
	mutex_wake(mtx);
}

void
mutex_release(kmutex_t *mtx)
{

	mutex_check(mtx, "mutex_exit");
	if (!mtx->mtx_spin) {
		mutex_release_adaptive(mtx);
		return;
	}
	KERN_PANICIF(mtx->mtx_owner == 0,
	    "mutex_vector_exit: exiting unheld spin mutex");
	mtx->mtx_owner = 0;
	mutex_note_freed(mtx);
	mutex_spl_restore();
}

#define MUTEX_FUNCTION(name, id, effect) \
void \
name(kmutex_t *mtx) \
{ \
\
	KCALL(id, mtx->mtx_ordinal); \
	effect(mtx); \
	KRET(id, 0); \
}

MUTEX_FUNCTION(mutex_destroy, MUTEX_DESTROY, mutex_teardown)
MUTEX_FUNCTION(mutex_enter, MUTEX_ENTER, mutex_acquire)
MUTEX_FUNCTION(mutex_exit, MUTEX_EXIT, mutex_release)
MUTEX_FUNCTION(mutex_spin_enter, MUTEX_SPIN_ENTER, mutex_acquire)
MUTEX_FUNCTION(mutex_spin_exit, MUTEX_SPIN_EXIT, mutex_release)

static bool
mutex_try(kmutex_t *mtx)
{
	int s = hw_ipl();

	mutex_check(mtx, "mutex_tryenter");
	if (mtx->mtx_spin)
		s = mutex_spl_raise(mtx->mtx_ipl);
	if (mtx->mtx_owner != 0) {
		if (mtx->mtx_spin)
			mutex_spl_restore();
		return false;
	}
	mtx->mtx_owner = (int32_t)(mtx->mtx_spin ? hw_cpu() : hw_self()) + 1;
	mutex_note_held(mtx, s);
	return true;
}

int
mutex_tryenter(kmutex_t *mtx)
{

	KCALL(MUTEX_TRYENTER, mtx->mtx_ordinal);
	KRETURN(MUTEX_TRYENTER, mutex_try(mtx));
}

bool
mutex_is_held(const kmutex_t *mtx)
{

	if (mtx == NULL)
		return false;
	mutex_check(mtx, "mutex_owned");
	if (mtx->mtx_spin)
		return mtx->mtx_owner != 0;
	return mtx->mtx_owner == (int32_t)hw_self() + 1;
}

int
mutex_owned(const kmutex_t *mtx)
{

	KCALL(MUTEX_OWNED, mtx != NULL ? mtx->mtx_ordinal : 0);
	KRETURN(MUTEX_OWNED, mutex_is_held(mtx));
}
