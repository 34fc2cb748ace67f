/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/proc.h>: processes (opaque), and kpause(9). */
#ifndef _SYS_PROC_H_
#define	_SYS_PROC_H_

#include <sys/types.h>
#include <sys/lwp.h>
#include <sys/mutex.h>

struct proc;

/*
 * kpause(9): sleep for `ticks` clock ticks, at least 1.  wmesg as in cv_init(9); intr: a
 * signal ends it; mtx, if not NULL, is released meanwhile.  Threads only.
 * 0 or EWOULDBLOCK after the time; EINTR or ERESTART on a signal.
 */
int	kpause(const char *wmesg, bool intr, int ticks, kmutex_t *mtx);

#endif /* !_SYS_PROC_H_ */
