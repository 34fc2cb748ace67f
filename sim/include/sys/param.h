/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/param.h>: param(3), scheduling priorities and mstohz(9) of a -current kernel of
 * spring 2022.
 */
#ifndef _SYS_PARAM_H_
#define	_SYS_PARAM_H_

#define	__NetBSD_Version__	999009600	/* 9.99.96 */
#define	__NetBSD_Prereq__(M, m, p)					\
	(__NetBSD_Version__ >= (M) * 100000000 + (m) * 1000000 + (p) * 100)

#include <sys/null.h>
#include <sys/inttypes.h>
#include <sys/types.h>
#include <sys/errno.h>
#include <sys/cdefs.h>

#include <uvm/uvm_param.h>
#include <machine/param.h>
#include <machine/limits.h>

#define	MAXCOMLEN	16		/* thread name with its NUL */
#define	MAXPATHLEN	1024
#define	NBBY		8		/* bits of a byte */
#define	DEV_BSIZE	512		/* bytes of a disk block */
#define	DEV_BSHIFT	9
#define	MAXPHYS		(64 * 1024)	/* bytes of one raw transfer */

/*
 * Priorities of threads; larger is more important, and PRI_IDLE is the least there is.
 */
#define	PRI_NONE	(-1)
#define	PRI_COUNT	224
#define	PRI_USER	0
#define	MAXPRI_USER	63
#define	PRI_KERNEL	64
#define	PRI_KTHREAD	96
#define	MAXPRI_KERNEL	95
#define	MAXPRI_KTHREAD	127
#define	PRI_USER_RT	128
#define	MAXPRI_USER_RT	191
#define	PRI_KERNEL_RT	192
#define	MAXPRI_KERNEL_RT 223
#define	PRI_IDLE	PRI_USER

/*
 * mstohz(9): milliseconds to clock ticks on LP64.  Truncates: less than a tick is 0,
 * which cv_timedwait(9) takes for "no timeout".  hztoms is the inverse.
 */
#define	mstohz(ms)	((unsigned int)(((ms) + 0ul) * hz / 1000ul))
#define	hztoms(ticks)	((unsigned int)(((ticks) + 0ul) * 1000ul / hz))

#define	MIN(a, b)		((a) < (b) ? (a) : (b))
#define	MAX(a, b)		((a) > (b) ? (a) : (b))
#define	howmany(x, y)		(((x) + ((y) - 1)) / (y))
#define	roundup(x, y)		((((x) + ((y) - 1)) / (y)) * (y))
#define	rounddown(x, y)		(((x) / (y)) * (y))
#define	roundup2(x, m)		((((x) - 1) | ((m) - 1)) + 1)
#define	rounddown2(x, m)	((x) & ~((__typeof__(x))((m) - 1)))
#define	powerof2(x)		((((x) - 1) & (x)) == 0)

#define	setbit(a, i)	((a)[(i) / NBBY] |= 1 << ((i) % NBBY))
#define	clrbit(a, i)	((a)[(i) / NBBY] &= ~(1 << ((i) % NBBY)))
#define	isset(a, i)	((a)[(i) / NBBY] & (1 << ((i) % NBBY)))
#define	isclr(a, i)	(((a)[(i) / NBBY] & (1 << ((i) % NBBY))) == 0)

#endif /* !_SYS_PARAM_H_ */
