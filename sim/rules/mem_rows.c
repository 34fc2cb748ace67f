/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Catalogue rows of area mem, and of what else mem_touch.c finds.
 */
#include "rules/area.h"

const struct rule rules_mem[] = {
	{ "mem.sleep-context", SEVERITY_ERROR,
	  "kmem only in threads, and KM_SLEEP with no spin mutex held",
	  "kmem(9), kmem_alloc()",
	  "The allocator takes mutexes that interrupts must not take, and may wait for pages.",
	  "mutex_enter(&sc->sc_spin);\np = kmem_alloc(n, KM_SLEEP);",
	  "p = kmem_alloc(n, KM_SLEEP);\nmutex_enter(&sc->sc_spin);" },
	{ "mem.free-size", SEVERITY_ERROR,
	  "memory is freed with the size it was allocated with",
	  "kmem(9), kmem_free()",
	  "The size says which pool the memory goes to.",
	  "p = kmem_alloc(sizeof(*p) + n, KM_SLEEP);\nkmem_free(p, sizeof(*p));",
	  "kmem_free(p, sizeof(*p) + n);" },
	{ "mem.use-after-free", SEVERITY_ERROR,
	  "memory is freed once, only what kmem gave, and not touched afterwards",
	  "kmem(9), kmem_free(); bus_dma(9), bus_dmamem_unmap(); autoconf(9)",
	  "A block freed twice is handed to two owners; one that is used after it was freed "
	  "belongs to somebody else.  The same goes for DMA memory that was unmapped, for the "
	  "softc after the detach, and for locals of a function that has returned.",
	  "kmem_free(p, n);\nn = p->p_count;",
	  "n = p->p_count;\nkmem_free(p, n);" },
	{ "mem.uninitialised", SEVERITY_ERROR,
	  "what kmem_alloc() or bus_dmamem_map() gave is written before it is read",
	  "kmem(9), kmem_alloc(); bus_dma(9), bus_dmamem_alloc()",
	  "Its contents are left over from somebody else, and differ from boot to boot.",
	  "p = kmem_alloc(sizeof(*p), KM_SLEEP);\nif (p->p_busy)\n\treturn;",
	  "p = kmem_zalloc(sizeof(*p), KM_SLEEP);" },
	{ "lock.freed-live", SEVERITY_ERROR,
	  "memory with a mutex or condvar in it is freed after that is destroyed",
	  "mutex(9), mutex_destroy(); condvar(9), cv_destroy()",
	  "Who still comes for the lock finds somebody else's data in it.  The debugging kernel "
	  "panics when a lock is found again in memory that was freed.",
	  "kmem_free(p, sizeof(*p));\t\t/* with p->p_lock */",
	  "mutex_destroy(&p->p_lock);\nkmem_free(p, sizeof(*p));" },
	{ "page.use-after-free", SEVERITY_ERROR,
	  "the links of a page are touched only while the driver has the page",
	  "uvm(9), uvm_pglistfree()",
	  "A free page is on a list of the allocator, which uses the same links.",
	  "TAILQ_FOREACH(pg, &list, pageq.queue)\n\tfree_one(pg);\t/* and then its link */",
	  "while ((pg = TAILQ_FIRST(&list)) != NULL) {\n"
	  "\tTAILQ_REMOVE(&list, pg, pageq.queue);\n\tfree_one(pg);\n}" },
	{ "mem.out-of-bounds", SEVERITY_ERROR,
	  "an index lies within its array, and an access within its block",
	  "C11 6.5.6 paragraph 8; UndefinedBehaviorSanitizer, array bounds; kmem(9)",
	  "What lies behind the array is read or overwritten: the next member of the softc, "
	  "or somebody else's memory.",
	  "for (i = 0; i <= n; i++)\n\tsc->sc_buf[i] = 0;",
	  "for (i = 0; i < n; i++)\n\tsc->sc_buf[i] = 0;" },
	{ "mem.arithmetic", SEVERITY_LINT,
	  "no shift and no signed sum is undefined",
	  "C11 6.5 paragraph 5; UndefinedBehaviorSanitizer",
	  "The compiler may assume that it does not happen, and build anything on that.",
	  "mask = 1 << 32;",
	  "mask = UINT64_C(1) << 32;" },
	{ "mem.stack-use", SEVERITY_LINT,
	  "the driver's functions leave half of the kernel stack to the kernel's",
	  "NetBSD sys/arch/amd64/include/param.h, UPAGES; kthread(9)",
	  "Below them come the kernel functions that they call, and interrupts on top of both; "
	  "what fits today may not with the next release.",
	  "char line[8192];",
	  "char *line = kmem_alloc(8192, KM_SLEEP);" },
	{ "mem.leak", SEVERITY_ERROR,
	  "no kernel memory is left after a failed attach or a detach",
	  "kmem(9); autoconf(9)",
	  "Nobody has the pointer any more.",
	  "sc->sc_buf = kmem_alloc(n, KM_SLEEP);\nif (error)\n\treturn;",
	  "if (error) {\n\tkmem_free(sc->sc_buf, n);\n\treturn;\n}" },
};
const size_t rules_mem_count = sizeof(rules_mem) / sizeof(rules_mem[0]);
