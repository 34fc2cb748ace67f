/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spl(9), cpu_intr_p(9) and cpu_softintr_p(9).
 */
#include "kernel.h"

bool
cpu_intr_p(void)
{

	return hw_self_kind() == HW_CTX_HARDINT;
}

bool
cpu_softintr_p(void)
{

	return hw_self_kind() == HW_CTX_SOFTINT;
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
