/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/lwp.h>: the opaque handle of a thread. */
#ifndef _SYS_LWP_H_
#define	_SYS_LWP_H_

struct lwp;
typedef struct lwp lwp_t;

#endif /* !_SYS_LWP_H_ */
