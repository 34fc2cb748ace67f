/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/mutex.h>: mutex(9).
 *
 * MUTEX_DEFAULT picks by level: IPL_NONE and the IPL_SOFT* levels give an adaptive
 * mutex, which may sleep and belongs to threads and soft interrupts; the others give a
 * spin mutex, which raises this CPU's level while it is held.
 */
#ifndef _SYS_MUTEX_H_
#define	_SYS_MUTEX_H_

#include <sys/types.h>
#include <sys/intr.h>

typedef enum kmutex_type {
	MUTEX_SPIN = 0,		/* spin, whatever the level */
	MUTEX_ADAPTIVE = 1,
	MUTEX_DEFAULT = 2,
	MUTEX_DRIVER = 3	/* old name of the choice by level */
} kmutex_type_t;

/* What mtx_state says; memory of zeros is a mutex that was never initialised. */
#define	MTX_STATE_NONE	0
#define	MTX_STATE_LIVE	1
#define	MTX_STATE_DEAD	2

/* The members are the kernel's own business. */
typedef struct kmutex {
	uint32_t	mtx_ordinal;	/* number of this mutex, 0: never initialised */
	uint8_t		mtx_state;	/* MTX_STATE_* */
	uint8_t		mtx_type;	/* kmutex_type_t as asked for */
	uint8_t		mtx_ipl;	/* level as asked for */
	uint8_t		mtx_spin;	/* 1: spin, 0: adaptive */
	int32_t		mtx_owner;	/* spin: CPU + 1, adaptive: context + 1, 0: free */
} kmutex_t;

/* mutex(9): make it live and free.  ipl: the highest level it is taken at. */
void	mutex_init(kmutex_t *mtx, kmutex_type_t type, int ipl);
/* mutex(9): end of its life; it must be free. */
void	mutex_destroy(kmutex_t *mtx);
/* mutex(9): take it.  Not recursive.  Adaptive: may sleep, never in a hard interrupt. */
void	mutex_enter(kmutex_t *mtx);
/* mutex(9): release it.  The last spin mutex released restores the CPU's level. */
void	mutex_exit(kmutex_t *mtx);
/* mutex(9): take it if it is free; returns 1 when taken, else 0. */
int	mutex_tryenter(kmutex_t *mtx);
/* mutex(9): as enter and exit, for what is known to be a spin mutex. */
void	mutex_spin_enter(kmutex_t *mtx);
void	mutex_spin_exit(kmutex_t *mtx);
/*
 * mutex(9): adaptive: 1 when held by the caller.  Spin: 1 when held by anybody, so it
 * never proves that one is not held.  For assertions only.
 */
int	mutex_owned(const kmutex_t *mtx);

#endif /* !_SYS_MUTEX_H_ */
