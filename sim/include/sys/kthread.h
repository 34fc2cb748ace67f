/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/kthread.h>: kthread(9). */
#ifndef _SYS_KTHREAD_H_
#define	_SYS_KTHREAD_H_

#include <sys/types.h>
#include <sys/proc.h>

struct cpu_info;

#define	KTHREAD_IDLE		0x01	/* do not start it */
#define	KTHREAD_MPSAFE		0x02	/* run without kernel_lock */
#define	KTHREAD_INTR		0x04	/* an interrupt handler's thread; needs MPSAFE */
#define	KTHREAD_TS		0x08	/* time sharing class */
#define	KTHREAD_MUSTJOIN	0x10	/* will be joined; needs lp */

/*
 * kthread(9): make a kernel thread that runs func(arg); it is runnable before this call
 * returns.  pri: see <sys/param.h>, PRI_NONE for the default.  ci: bind it to that CPU,
 * or NULL.  lp: where to store the thread, or NULL.  fmt: its name, cut to 15 characters.
 * 0, ENOMEM or EAGAIN.  Sleeps: thread context only.
 * func must not return: it ends by kthread_exit, and nobody else can end it.
 */
int	kthread_create(pri_t pri, int flags, struct cpu_info *ci,
	    void (*func)(void *), void *arg, lwp_t **lp, const char *fmt, ...)
	    __printflike(7, 8);
/* kthread(9): end the calling kernel thread; a code other than 0 is reported. */
void	kthread_exit(int ecode) __dead;
/* kthread(9): wait for the end of a thread made with MUSTJOIN.  0 or an errno. */
int	kthread_join(lwp_t *l);

#endif /* !_SYS_KTHREAD_H_ */
