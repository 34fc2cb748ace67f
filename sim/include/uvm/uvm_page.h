/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <uvm/uvm_page.h>: a page of physical memory.
 *
 * pageq belongs to whoever owns the page: its links are the owner's while it is
 * allocated and the allocator's while it is free.  It is one union.
 */
#ifndef _UVM_UVM_PAGE_H_
#define	_UVM_UVM_PAGE_H_

#include <sys/types.h>
#include <sys/queue.h>

#include <uvm/uvm_extern.h>
#include <uvm/uvm_pglist.h>

/*
 * 32 bytes.  Left out of the real one: interlock, offset, uanon, uobject, loan_count and
 * the pdpolicy and pmap members; nobody maps, loans or pages out memory here.
 */
struct vm_page {
	union {
		TAILQ_ENTRY(vm_page) queue;	/* of a pglist */
		LIST_ENTRY(vm_page) list;	/* of a free list */
	} pageq;
	paddr_t		phys_addr;	/* low 10 bits: free list and bucket */
	uint32_t	flags;		/* PG_* */
	uint16_t	pqflags;
	uint16_t	wire_count;
};
__CTASSERT(sizeof(struct vm_page) == 32);

#define	PG_CLEAN	0x00000001	/* not modified; so is every new page */
#define	PG_FREE		0x00004000	/* on a free list */

/* Free list and bucket in the low bits of phys_addr, since 2020. */
#define	UVM_PHYSADDR_FREELIST	0x0000001fUL
#define	UVM_PHYSADDR_BUCKET	0x000003e0UL
#define	UVM_PHYSADDR_MASK	0x000003ffUL

/* uvm(9): the physical address of a page; page aligned, unlike raw phys_addr. */
paddr_t	uvm_vm_page_to_phys(const struct vm_page *pg);
#define	VM_PAGE_TO_PHYS(pg)	uvm_vm_page_to_phys(pg)

#endif /* !_UVM_UVM_PAGE_H_ */
