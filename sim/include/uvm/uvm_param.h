/* SPDX-License-Identifier: BSD-2-Clause */
/* <uvm/uvm_param.h>: arithmetic on pages. */
#ifndef _UVM_UVM_PARAM_H_
#define	_UVM_UVM_PARAM_H_

#include <sys/types.h>

#include <machine/vmparam.h>

#define	atop(x)		(((paddr_t)(x)) >> PAGE_SHIFT)
#define	ptoa(x)		(((paddr_t)(x)) << PAGE_SHIFT)
#define	round_page(x)	(((x) + PAGE_MASK) & ~PAGE_MASK)
#define	trunc_page(x)	((x) & ~PAGE_MASK)

#endif /* !_UVM_UVM_PARAM_H_ */
