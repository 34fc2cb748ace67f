/* SPDX-License-Identifier: BSD-2-Clause */
/* <uvm/uvm_pglist.h>: a list of pages, linked by pageq.queue. */
#ifndef _UVM_UVM_PGLIST_H_
#define	_UVM_UVM_PGLIST_H_

#include <sys/queue.h>

struct vm_page;
TAILQ_HEAD(pglist, vm_page);

#endif /* !_UVM_UVM_PGLIST_H_ */
