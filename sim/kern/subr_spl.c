/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spl(9), cpu_intr_p(9) and cpu_softintr_p(9).
 */
#include "kernel.h"

bool
kern_in_hardint(void)
{

	return hw_self_kind() == HW_CTX_HARDINT;
}

bool
kern_in_softint(void)
{

	return hw_self_kind() == HW_CTX_SOFTINT;
}

bool
cpu_intr_p(void)
{

	return kern_in_hardint();
}

bool
cpu_softintr_p(void)
{

	return kern_in_softint();
}

int
splraise(int ipl)
{

	KCALL(SPLRAISE, ipl);
	KRETURN(SPLRAISE, hw_splraise(ipl));
}

void
splx(int ipl)
{

	KCALL(SPLX, ipl);
	hw_splx(ipl);
	KRET(SPLX, 0);
}
