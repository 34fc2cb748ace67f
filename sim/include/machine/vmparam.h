/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <machine/vmparam.h>: pages of amd64.
 *
 * PAGE_SIZE is an int constant expression, as in the real header: the width of every
 * driver expression that contains it follows from that.  PAGE_MASK is the low-bit mask.
 */
#ifndef _MACHINE_VMPARAM_H_
#define	_MACHINE_VMPARAM_H_

#define	PAGE_SHIFT	12
#define	PAGE_SIZE	(1 << PAGE_SHIFT)
#define	PAGE_MASK	(PAGE_SIZE - 1)

#endif /* !_MACHINE_VMPARAM_H_ */
