/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/kernel.h>: the clock and the state of the boot. */
#ifndef _SYS_KERNEL_H_
#define	_SYS_KERNEL_H_

#include <sys/types.h>

extern int	hz;	/* clock ticks a second (default 100) */
extern int	tick;	/* microseconds a tick */
extern int	cold;	/* nonzero while autoconf runs before interrupts are on */

#endif /* !_SYS_KERNEL_H_ */
