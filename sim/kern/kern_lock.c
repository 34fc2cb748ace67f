/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel lock: what serialises everything that is not marked MPSAFE.
 *
 * It belongs to a CPU and is counted, so an interrupt that arrives on the CPU that holds
 * it may take it again.  It does not touch the priority level.  A context that sleeps
 * gives up what it has of it and takes that back afterwards.
 */
#include "kernel.h"

bool
kern_lock_is_held(void)
{
	const struct kern_lock *lock = &kernel->kn_lock;

	return lock->kl_count > 0 && lock->kl_cpu == hw_cpu();
}

void
kern_lock_take(int count)
{
	struct kern_lock *lock = &kernel->kn_lock;

	if (count == 0)
		return;
	while (lock->kl_count > 0 && !kern_lock_is_held())
		hw_spin();
	lock->kl_cpu = hw_cpu();
	lock->kl_count += count;
	lock->kl_own[hw_self()] += count;
}

void
kern_lock_drop(void)
{
	struct kern_lock *lock = &kernel->kn_lock;

	KERN_ASSERT(kern_lock_is_held());
	lock->kl_count--;
	lock->kl_own[hw_self()]--;
}

int
kern_lock_drop_all(void)
{
	struct kern_lock *lock = &kernel->kn_lock;
	int count = lock->kl_own[hw_self()];

	lock->kl_count -= count;
	lock->kl_own[hw_self()] = 0;
	return count;
}
