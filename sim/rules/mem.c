/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area mem: kernel memory (kmem(9)).  Calls are here, and array bounds and arithmetic, which
 * the compiler reports; loads and stores in mem_touch.c, the catalogue rows in mem_rows.c.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/undefined.h"
#include "machine/world.h"
#include "rules/area.h"
#include "rules/mem_touch.h"
#include "rules/shadow.h"

#define MEM_SLEEP 1			/* KM_SLEEP */

struct block {
	bool exists, gone, told;
	uint32_t seq, site, gone_seq;
	uint64_t size;
};

struct mem {
	const struct shadow *shadow;
	struct block *block;		/* by ordinal */
	size_t blocks;
	bool detached;
	struct mem_map map;
};

static struct block *
block_at(struct mem *mem, uint64_t number)
{
	return number < mem->blocks && mem->block[number].exists ? &mem->block[number] : NULL;
}

/* kmem(9) is for threads alone, whatever the flags. */
static void
check_context(struct mem *mem, struct rules_core *core, bool sleeps,
    const struct event *event, uint32_t site)
{
	uint32_t because = UINT32_MAX;
	char buffer[48];
	const char *why = shadow_forbids_sleep(mem->shadow, event, 0, buffer, sizeof(buffer),
	    &because);
	struct finding *finding;

	if (why == NULL || (because != UINT32_MAX && !sleeps))
		return;
	finding = rules_report(core, "mem.sleep-context", event, site, "%s%s %s",
	    trace_call_name(event->code), sleeps ? " with KM_SLEEP" : "", why);
	if (because != UINT32_MAX)
		finding_because(finding, because, "the mutex was taken here");
}

static void
call_free(struct mem *mem, struct rules_core *core, const struct event *event, uint32_t site)
{
	const struct block *block = block_at(mem, event->arg[0]);
	struct finding *finding;

	check_context(mem, core, false, event, site);
	if (block == NULL || block->gone) {
		finding = rules_report(core, "mem.use-after-free", event, site,
		    "kmem_free of %llu bytes that %s", (unsigned long long)event->arg[1],
		    block != NULL ? "are free already" : "kmem did not give, or has back already");
		if (block != NULL)
			finding_because(finding, block->gone_seq, "freed here");
		return;
	}
	if (block->size == event->arg[1])
		return;
	finding = rules_report(core, "mem.free-size", event, site,
	    "kmem_free with size %llu, it was allocated with %llu",
	    (unsigned long long)event->arg[1], (unsigned long long)block->size);
	finding_because(finding, block->seq, "allocated here");
}

static void
note_made(struct mem *mem, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(mem->shadow, note);
	uint64_t number = note->arg[0];

	mem->block = shadow_grow(mem->block, &mem->blocks, number, sizeof(mem->block[0]));
	mem->block[number] = (struct block){
		.exists = true, .seq = call->seq, .site = call->site, .size = note->arg[1],
	};
}

static void
note_gone(struct mem *mem, const struct event *note)
{
	struct block *block = block_at(mem, note->arg[0]);

	if (block == NULL)
		return;
	block->gone = true;
	block->gone_seq = note->seq;
}

static void
sweep(struct mem *mem, struct rules_core *core, const struct event *now, const char *when)
{
	for (size_t i = 1; i < mem->blocks; i++) {
		struct block *block = &mem->block[i];
		struct finding *finding;

		if (!block->exists || block->gone || block->told)
			continue;
		block->told = true;
		finding = rules_report(core, "mem.leak", now, block->site,
		    "kmem block %zu (%llu bytes) is left after %s", i,
		    (unsigned long long)block->size, when);
		finding_because(finding, block->seq, "allocated here");
	}
}

static void
note_attach(struct mem *mem, struct rules_core *core, const struct event *note)
{
	if (note->arg[0] == HW_ATTACH_BEGIN && mem->detached) {
		/* What it takes from now on may stay. */
		sweep(mem, core, note, "the detach");
		mem->detached = false;
	} else if (note->arg[0] == HW_ATTACH_END && note->arg[1] == 0) {
		sweep(mem, core, note, "the failed attach");
	}
}

static void
see_call(struct mem *mem, struct rules_core *core, const struct event *event, uint32_t site)
{
	switch (event->code) {
	case HW_CALL_KMEM_ALLOC:
	case HW_CALL_KMEM_ZALLOC:
		check_context(mem, core, (event->arg[1] & MEM_SLEEP) != 0, event, site);
		break;
	case HW_CALL_KMEM_FREE:
		call_free(mem, core, event, site);
		break;
	case HW_CALL_VIRTIO_CHILD_DETACH:
		mem->detached = true;
		break;
	}
}

static void
undefined(struct rules_core *core, const struct event *event, uint32_t site)
{
	const char *type = trace_text_of(rules_look(core)->trace, event->arg[2]);

	if (event->code == UNDEFINED_BOUNDS)
		rules_report(core, "mem.out-of-bounds", event, site,
		    "index %lld of an array of type %s", (long long)event->arg[0], type);
	else
		rules_report(core, "mem.arithmetic", event, site, "%s: %lld and %lld, type %s",
		    undefined_text((enum undefined)event->code), (long long)event->arg[0],
		    (long long)event->arg[1], type);
}

static void
stack(struct rules_core *core, const struct event *event, uint32_t site)
{
	const struct world *world = rules_look(core)->world;

	if (world != NULL)
		rules_report(core, "mem.stack-use", event, site,
		    "with this function the driver uses %llu of the %d bytes that a kernel stack "
		    "has", (unsigned long long)world->stack_bytes, STACK_BYTES);
}

static void
mem_fini(void *state)
{
	struct mem *mem = state;

	free(mem->block);
	mem_map_fini(&mem->map);
	memset(mem, 0, sizeof(*mem));
}

static enum access_verdict
mem_touch(void *state, struct rules_core *core, const struct touch *touch)
{
	struct mem *mem = state;

	return mem_map_touch(&mem->map, core, touch);
}

static void
mem_memory(void *state, struct rules_core *core, enum hw_memory what, uintptr_t low,
    uintptr_t high, uint64_t number)
{
	struct mem *mem = state;

	mem_map_change(&mem->map, core, what, low, high, number);
}

static void
mem_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct mem *mem = state;

	(void)payload;
	mem->shadow = rules_shadow(core);
	if (event->kind == EV_CALL)
		see_call(mem, core, event, site);
	else if (event->kind == EV_HOST_REBOOT)
		mem_fini(mem);
	else if (event->kind == EV_UNDEFINED)
		undefined(core, event, site);
	else if (event->kind == EV_STACK)
		stack(core, event, site);
	else if (event->kind != EV_NOTE)
		return;
	else if (event->code == HW_NOTE_KMEM)
		note_made(mem, event);
	else if (event->code == HW_NOTE_KMEM_GONE)
		note_gone(mem, event);
	else if (event->code == HW_NOTE_ATTACH)
		note_attach(mem, core, event);
}

static void
mem_end(void *state, struct rules_core *core, const struct event *now)
{
	struct mem *mem = state;

	if (mem->detached)
		sweep(mem, core, now, "the detach");
}

const struct area area_mem = {
	.name = "mem",
	.kinds = KIND(CALL) | KIND(NOTE) | KIND(HOST_REBOOT) | KIND(UNDEFINED) |
	    KIND(STACK),
	.calls = CALLS(HW_CALL_KMEM_ALLOC, HW_CALL_KMEM_ZALLOC, HW_CALL_KMEM_FREE,
	    HW_CALL_VIRTIO_CHILD_DETACH),
	.notes = NOTE(KMEM) | NOTE(KMEM_GONE) | NOTE(ATTACH),
	.state_bytes = sizeof(struct mem),
	.fini = mem_fini,
	.see = mem_see,
	.end = mem_end,
	.touch = mem_touch,
	.memory = mem_memory,
};
