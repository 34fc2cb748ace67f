/* SPDX-License-Identifier: BSD-2-Clause */
/* <uvm/uvm_extern.h>: uvm(9), allocation of physical pages. */
#ifndef _UVM_UVM_EXTERN_H_
#define	_UVM_UVM_EXTERN_H_

#include <sys/types.h>

#include <uvm/uvm_param.h>

struct pglist;

/*
 * uvm_pglistalloc(9): `size` bytes, rounded up to pages, of physical memory in
 * [low, high), aligned and not crossing a multiple of boundary (each 0 or a power of two),
 * in at most nsegs pieces.  rlist need not be initialised; what it held is forgotten.
 * waitok: may wait for memory, as long as it takes.  0, EINVAL or ENOMEM.
 * Threads only, no spin mutex held.
 */
int	uvm_pglistalloc(psize_t size, paddr_t low, paddr_t high,
	    paddr_t alignment, paddr_t boundary, struct pglist *rlist,
	    int nsegs, int waitok);
/* uvm_pglistalloc(9): free every page of an initialised list.  Threads only. */
void	uvm_pglistfree(struct pglist *list);

#endif /* !_UVM_UVM_EXTERN_H_ */
