/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area mem: kernel memory (kmem(9)).  Calls are here, and array bounds and arithmetic, which
 * the compiler reports; loads and stores in mem_touch.c.
 */
#include <string.h>

#include "base/sbuf.h"
#include "machine/undefined.h"
#include "rules/kernel/inventory.h"
#include "rules/kernel/mem_touch.h"

#define MEM_SLEEP 1			/* KM_SLEEP */
#define MEM_RETRIES 16			/* of one call before it is said */
#define MEM_PAUSE_NS UINT64_C(1000000)	/* between two tries */

/* An allocation that failed, and that its context has tried again ever since. */
struct retry {
	unsigned count;			/* failures in a row, with no pause between them */
	uint64_t ns;			/* of the newest */
	uint32_t first_seq;
	struct shadow_call call;	/* likewise */
};

struct mem {
	struct retry retry[SHADOW_CONTEXTS];
};

RULE_ROW(rule_sleep_context) = {
	"mem.sleep-context", SEVERITY_ERROR,
	"kmem only in threads, and KM_SLEEP with no spin mutex held",
	"kmem(9), kmem_alloc()",
	"The allocator takes mutexes that interrupts must not take, and may wait for pages.",
	"mutex_enter(&sc->sc_spin);\np = kmem_alloc(n, KM_SLEEP);",
	"p = kmem_alloc(n, KM_SLEEP);\nmutex_enter(&sc->sc_spin);"
};

/* kmem(9) is for threads alone, whatever the flags. */
static void
check_context(struct rules_core *core, bool sleeps)
{
	if (sleeps || is_interrupt(core->event->ctx_kind))
		rules_sleeps(core, &rule_sleep_context, 0, sleeps ? " with KM_SLEEP" : "");
}

RULE_ROW(rule_free_size) = {
	"mem.free-size", SEVERITY_ERROR,
	"memory is freed with the size it was allocated with",
	"kmem(9), kmem_free()",
	"The size says which pool the memory goes to.",
	"p = kmem_alloc(sizeof(*p) + n, KM_SLEEP);\nkmem_free(p, sizeof(*p));",
	"kmem_free(p, sizeof(*p) + n);"
};

HOOK(mem, call_free, void *state, ON_CALL(KMEM_FREE))
{
	const struct item *block = item_newest(core, ITEM_KMEM, event->call.kmem_free.block);

	check_context(core, false);
	if (block == NULL || block->gone) {
		rules_report(core, &rule_mem_use_after_free, "kmem_free of %llu byte%s %s",
		    (unsigned long long)event->call.kmem_free.size,
		    plural(event->call.kmem_free.size), block != NULL ?
		    "already free" : "that kmem did not give, or has back already");
		if (block != NULL)
			rules_because(core, block->gone_seq, "freed here");
		return;
	}
	if (block->size == event->call.kmem_free.size)
		return;
	rules_report(core, &rule_free_size, "kmem_free with size %llu, it was allocated with %llu",
	    (unsigned long long)event->call.kmem_free.size, (unsigned long long)block->size);
	rules_because(core, block->seq, "allocated here");
}

RULE_ROW(rule_retry) = {
	"mem.retry", SEVERITY_LINT,
	"an allocation that failed is not tried again and again without a pause",
	"kmem(9); uvm(9), uvm_pglistalloc(); bus_dma(9), bus_dmamem_alloc()",
	"Who could free memory needs the processor for it.",
	"while (uvm_pglistalloc(n, 0, high, 0, 0, &list, 1, 0) != 0)\n\tcontinue;",
	"while (uvm_pglistalloc(n, 0, high, 0, 0, &list, 1, 0) != 0)\n"
	"\tkpause(\"nomem\", false, hz, NULL);",
	.distance = RULE_SUSPECT
};

static bool
is_same_call(const struct shadow_call *one, const struct shadow_call *other)
{
	return one->code == other->code && one->site == other->site &&
	    memcmp(&one->args, &other->args, sizeof(one->args)) == 0;
}

/* Less, or in another range, is another call: that is how one finds out what there is. */
HOOK(mem, ret_alloc, struct mem *mem, ON_RET(KMEM_ALLOC), ON_RET(KMEM_ZALLOC),
    ON_RET(UVM_PGLISTALLOC), ON_RET(BUS_DMAMEM_ALLOC))
{
	const struct shadow_call *call = core->call;
	struct retry *retry = &mem->retry[event->ctx];

	if (!rules_failed(event)) {
		retry->count = 0;
		return;
	}
	if (retry->count == 0 || !is_same_call(&retry->call, call) ||
	    event->time_ns - retry->ns >= MEM_PAUSE_NS)
		*retry = (struct retry){ .first_seq = call->seq, .call = *call };
	retry->ns = event->time_ns;
	if (++retry->count != MEM_RETRIES)
		return;
	rules_report_at(core, &rule_retry, call->site, "%s failed %u times in a row, with the same "
	    "arguments and no pause between them", trace_call_name(event->code), retry->count);
	rules_because(core, retry->first_seq, "the first time");
}

HOOK(mem, on_sleep, struct mem *mem, ON_EVENT(CTX_SLEEP))
{
	mem->retry[event->ctx].count = 0;
}

/* Reported by attach.c, with all else that is left, and by mem_lost.c. */
SHARED_RULE_ROW(rule_mem_leak) = {
	"mem.leak", SEVERITY_ERROR,
	"no kernel memory is left after a failed attach or a detach, nor without a pointer to it",
	"kmem(9); autoconf(9)",
	"Nobody has the pointer any more.",
	"sc->sc_buf = kmem_alloc(n, KM_SLEEP);\nif (error)\n\treturn;",
	"if (error) {\n\tkmem_free(sc->sc_buf, n);\n\treturn;\n}",
	.distance = RULE_LEFT_OVER
};

HOOK(mem, call_alloc, void *state, ON_CALL(KMEM_ALLOC), ON_CALL(KMEM_ZALLOC))
{
	check_context(core, (event->call.kmem_alloc.flags & MEM_SLEEP) != 0);
}

RULE_ROW(rule_arithmetic) = {
	"mem.arithmetic", SEVERITY_LINT,
	"no shift and no signed sum is undefined",
	"C11 6.5 paragraph 5; UndefinedBehaviorSanitizer",
	"The compiler may assume that it does not happen, and build anything on that.",
	"mask = 1 << 32;",
	"mask = UINT64_C(1) << 32;"
};

HOOK(mem, on_undefined, void *state, ON_EVENT(UNDEFINED))
{
	const char *type = trace_text_of(rules_look(core)->trace, event->undefined.type);

	if (event->code == UNDEFINED_BOUNDS)
		rules_report(core, &rule_mem_out_of_bounds, "index %lld of an array of type %s",
		    (long long)event->undefined.left, type);
	else
		rules_report(core, &rule_arithmetic, "%s: %lld and %lld, type %s",
		    undefined_text((enum undefined)event->code), (long long)event->undefined.left,
		    (long long)event->undefined.right, type);
}

/* The driver that comes near the end of its stack; one that passes it ends the run (run.c). */
RULE_ROW(rule_stack_use) = {
	"mem.stack-use", SEVERITY_LINT,
	"the driver's functions leave half of the kernel stack to the kernel's",
	"NetBSD sys/arch/amd64/include/param.h, UPAGES; kthread(9)",
	"Below them come the kernel functions that they call, and interrupts on top of both; "
	"what fits today may not with the next release.",
	"char line[8192];",
	"char *line = kmem_alloc(8192, KM_SLEEP);"
};

SHARED_RULE_ROW(rule_stack_overflow) = {
	"mem.stack-overflow", SEVERITY_ERROR,
	"the driver's functions find room on the kernel stack",
	"NetBSD sys/arch/amd64/include/param.h, UPAGES; kthread(9)",
	"A thread of the kernel has 12 KiB of stack on amd64, and what lies below is a page that "
	"faults, or somebody else's.  What counts is what an optimised build needs.",
	"uint32_t pfns[16384];",
	"uint32_t *pfns = kmem_alloc(16384 * sizeof(*pfns), KM_SLEEP);"
};

HOOK(mem, on_stack, void *state, ON_EVENT(STACK))
{
	const struct world *world = rules_look(core)->world;

	if (world != NULL)
		rules_report(core, &rule_stack_use, "with this function the driver uses %llu of "
		    "the %d bytes that a kernel stack has", (unsigned long long)world->stack_bytes,
		    STACK_BYTES);
}

const struct area area_mem = {
	.state_bytes = sizeof(struct mem),
};
