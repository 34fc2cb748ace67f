/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * softint(9), after sys/kern/kern_softint.c 1.70.
 */
#include "kernel.h"

static int
softint_ipl(u_int flags)
{

	switch (flags & SOFTINT_LVLMASK) {
	case SOFTINT_BIO:
		return IPL_SOFTBIO;
	case SOFTINT_CLOCK:
		return IPL_SOFTCLOCK;
	case SOFTINT_SERIAL:
		return IPL_SOFTSERIAL;
	case SOFTINT_NET:
		return IPL_SOFTNET;
	default:
		kern_panic("softint_establish: level %#x", flags);
	}
}

/* Without SOFTINT_MPSAFE the handler runs under the kernel lock. */
static void
softint_run(void *arg)
{
	struct kern_softint *ks = arg;
	int biglock = ks->ks_flags & SOFTINT_MPSAFE ? 0 : 1;

	kern_lock_take(biglock);
	KNOTE(CALLBACK, 1, HW_CB_SOFTINT, ks->ks_ordinal);
	ks->ks_func(ks->ks_arg);
	KNOTE(CALLBACK, 2, HW_CB_SOFTINT, ks->ks_ordinal);
	if (biglock != 0)
		kern_lock_drop();
}

static struct kern_softint *
softint_new(u_int flags, void (*func)(void *), void *arg)
{
	struct kern_softint *ks;

	if (kern_fault_waited(HW_CALL_SOFTINT_ESTABLISH) != 0)
		return NULL;
	ks = kmem_take(sizeof(*ks));
	*ks = (struct kern_softint){
		.ks_flags = flags,
		.ks_func = func,
		.ks_arg = arg,
	};
	ks->ks_line = hw_softint_establish(softint_ipl(flags), softint_run, ks);
	if (ks->ks_line == 0) {
		kprint(HW_CON_KERNEL, "WARNING: softint_establish: table full, "
		    "increase softint_bytes\n");
		kmem_give(ks, sizeof(*ks));
		return NULL;
	}
	ks->ks_ordinal = hw_ordinal(HW_OBJ_SOFTINT);
	KNOTE(SOFTINT, ks->ks_ordinal, 1);
	return ks;
}

void *
softint_establish(u_int flags, void (*func)(void *), void *arg)
{
	struct kern_softint *ks;

	KCALL(SOFTINT_ESTABLISH, flags);
	ks = softint_new(flags, func, arg);
	KRET(SOFTINT_ESTABLISH, ks != NULL ? ks->ks_ordinal : 0);
	return ks;
}

/* The real one calls sh_func, which is NULL, or that of whoever has the place now. */
static void
softint_check(const struct kern_softint *ks)
{

	if (ks->ks_line == 0)
		kern_panic("softint_execute: the handler was disestablished");
}

/* xc_barrier(9): what is scheduled, or runs on another CPU, ends first. */
void
kern_softint_end(uint32_t line)
{

	while (!hw_softint_disestablish(line))
		kern_sleep(HW_SLEEP_INTR, HW_VECTORS + line - 1, 0);
}

void
softint_disestablish(void *cookie)
{
	struct kern_softint *ks = cookie;

	KCALL(SOFTINT_DISESTABLISH, ks->ks_ordinal);
	softint_check(ks);
	kern_softint_end(ks->ks_line);
	ks->ks_line = 0;	/* its memory stays, for whoever names it again */
	ks->ks_arg = NULL;
	KNOTE(SOFTINT, ks->ks_ordinal, 0);
	KRET(SOFTINT_DISESTABLISH, 0);
}

void
softint_schedule(void *cookie)
{
	struct kern_softint *ks = cookie;

	KCALL(SOFTINT_SCHEDULE, ks->ks_ordinal);
	KERN_ASSERT(kpreempt_disabled());
	softint_check(ks);
	hw_softint_schedule(ks->ks_line);
	KRET(SOFTINT_SCHEDULE, 0);
}
