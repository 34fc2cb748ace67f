/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/cpu.h>: in which kind of context the caller runs. */
#ifndef _SYS_CPU_H_
#define	_SYS_CPU_H_

#include <sys/types.h>

struct cpu_info;

/* cpu_intr_p(9): true in a hardware interrupt handler. */
bool	cpu_intr_p(void);
/* cpu_intr_p(9): true in a software interrupt handler. */
bool	cpu_softintr_p(void);

#endif /* !_SYS_CPU_H_ */
