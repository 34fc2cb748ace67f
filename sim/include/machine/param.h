/* SPDX-License-Identifier: BSD-2-Clause */
/* <machine/param.h>: constants of amd64. */
#ifndef _MACHINE_PARAM_H_
#define	_MACHINE_PARAM_H_

#include <sys/cdefs.h>

#define	MACHINE		"amd64"
#define	MACHINE_ARCH	"x86_64"

#define	PGSHIFT		12
#define	NBPG		(1 << PGSHIFT)
#define	COHERENCY_UNIT	64		/* bytes of a cache line */
#define	CACHE_LINE_SIZE	64
#define	MAXCPUS		256

/*
 * delay(9): busy-wait for at least `us` microseconds.  Any context; interrupts that the
 * CPU's level lets in are served meanwhile.
 */
void	delay(unsigned int us);
#define	DELAY(us)	delay(us)

#endif /* !_MACHINE_PARAM_H_ */
