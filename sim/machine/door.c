/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's side of the door: every hw_* call of door.h, for the current world.
 */
#include "door.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/crash.h"
#include "machine/world.h"

static struct world *
here(void)
{
	return world_current;
}

static struct context *
self(void)
{
	return world_current->running;
}

/* ---- Recording ---- */

void
hw_call(enum hw_call call, const void *site,
    uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct world *world = here();

	if (self() == NULL)
		return;		/* the machine asks on behalf of the rest of the guest */
	self()->site = world_site_of(world, site);
	memcpy(self()->call_arg, (uint64_t[]){ a0, a1, a2, a3, a4 },
	    sizeof(self()->call_arg));
	world_emit(world, EV_CALL, call, a0, a1, a2, a3, a4);
	if (world->points_armed)
		world_points_strike(world, POINT_BEFORE, call);
	world_point(world);
}

void
hw_ret(enum hw_call call, const void *site, uint64_t result)
{
	struct world *world = here();

	if (self() == NULL)
		return;
	self()->site = world_site_of(world, site);
	world_emit(world, EV_RET, call, result, 0, 0, 0, 0);
	if (world->points_armed)
		world_points_strike(world, POINT_AFTER, call);
	world_point(world);
}

uint64_t
hw_text(const char *text, size_t length)
{
	crash_check_direction(here());
	return trace_text(&here()->trace, text, length);
}

void
hw_note(enum hw_note note, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct world *world = here();

	if (note == HW_NOTE_KMEM || note == HW_NOTE_KMEM_GONE)
		loop_kept(world, note == HW_NOTE_KMEM);
	world_emit(world, EV_NOTE, note, a0, a1, a2, a3, a4);
	if (note == HW_NOTE_CALLBACK && a0 == 1 && world->points_armed && self() != NULL &&
	    world_points_strike(world, POINT_CALLBACK,
	    world_callback(self()->device, (enum hw_callback)a1, (unsigned)a2)))
		world_point(world);
}

void
hw_at(const void *function)
{
	/* Positions are return addresses: one byte into the function is in it. */
	if (self() != NULL)
		self()->site = world_site_of(here(), (const char *)function + 1);
}

uint32_t
hw_ordinal(enum hw_object kind)
{
	return ++here()->ordinal[kind];
}

/* ---- Contexts, CPUs, levels ---- */

uint32_t
hw_self(void)
{
	return self() != NULL ? self()->ordinal : 0;
}

enum hw_context
hw_self_kind(void)
{
	return self() != NULL ? self()->kind : HW_CTX_KTHREAD;
}

unsigned
hw_cpu(void)
{
	return self() != NULL ? self()->cpu : 0;
}

int
hw_ipl(void)
{
	return here()->cpu[hw_cpu()].ipl;
}

int
hw_splraise(int ipl)
{
	struct cpu *cpu = &here()->cpu[hw_cpu()];
	int before = cpu->ipl;

	if (ipl > before)
		cpu->ipl = ipl;
	return before;
}

void
hw_splx(int ipl)
{
	struct world *world = here();

	world->cpu[hw_cpu()].ipl = ipl;
	if (self() != NULL && irq_pending(&world->irq, hw_cpu(), ipl) >= 0)
		world_point(world);
}

uint32_t
hw_thread_start(const char *name, int priority, void (*fn)(void *), void *arg)
{
	struct world *world = here();
	const struct context *ctx;
	unsigned threads[CPUS_MAX] = { 0 }, cpu = world->config.cpus - 1;

	for (uint32_t i = 0; i < world->contexts; i++)
		threads[world->context[i].cpu] += world->context[i].kind == HW_CTX_KTHREAD &&
		    world->context[i].state != CTX_DONE;
	/* Where there are fewest, the last if it can be: handlers on the first run beside it. */
	for (unsigned i = cpu; i-- > 0;)
		if (threads[i] < threads[cpu])
			cpu = i;
	ctx = world_context_new(world, HW_CTX_KTHREAD, name, priority, cpu, fn, arg);
	return ctx != NULL ? ctx->ordinal : 0;
}

void
hw_others_run(int priority)
{
	world_others_run(here(), priority);
}

void
hw_thread_exit(void)
{
	world_context_end(here());
}

void
hw_sleep(enum hw_sleep why, uint64_t object, uint64_t ticks)
{
	world_sleep(here(), why, object, ticks);
}

void
hw_wake(uint32_t context)
{
	world_wake(here(), world_context(here(), context), false);
}

bool
hw_is_asleep(uint32_t context)
{
	return world_context(here(), context)->state == CTX_ASLEEP;
}

void
hw_spin(void)
{
	struct world *world = here();
	struct context *ctx = self();

	if (--world->points_left == 0) {
		/* The call is to blame, not a loop around it. */
		world->loop.watching = false;
		world_finish(world, WORLD_ENDLESS, "a CPU spins for a lock for ever");
	}
	ctx->spinning = true;
	fiber_switch(ctx->fiber, world->main);
}

void
hw_intr_establish(unsigned number, int ipl, void (*fn)(void *), void *arg)
{
	struct world *world = here();
	struct irq_line *line = &world->irq.line[number];
	struct context *ctx;
	bool soft = number >= IRQ_SOFT;
	char name[24];

	if (line->context == 0) {
		snprintf(name, sizeof(name), "%s%u", soft ? "softint" : "irq",
		    soft ? irq_vector(number) : number);
		ctx = world_context_new(world, soft ? HW_CTX_SOFTINT : HW_CTX_HARDINT,
		    name, 0, 0, fn, arg);
		line->context = ctx->ordinal;
		ctx->line = number;
	}
	ctx = world_context(world, line->context);
	/* A soft interrupt is about the device of the driver that made it. */
	ctx->device = soft ? world_device(world) : irq_device(number);
	ctx->fn = fn;
	ctx->arg = arg;
	line->ipl = ipl;
	line->cpu = world->config.interrupt_cpu;
	line->established = true;
}

void
hw_intr_distribute(unsigned number, unsigned cpu)
{
	here()->irq.line[number].cpu = cpu % here()->config.cpus;
}

/* A handler that ends its own line, or one that it interrupted, cannot wait for it. */
static bool
is_over(struct irq_line *line, bool busy)
{
	if (!busy || self() == NULL || self()->kind == HW_CTX_HARDINT ||
	    self()->kind == HW_CTX_SOFTINT)
		return true;
	line->waiter = self()->ordinal;
	return false;
}

bool
hw_intr_disestablish(unsigned number)
{
	struct irq_line *line = &here()->irq.line[number];

	line->established = false;
	if (!irq_is_level(number))
		irq_lower(here(), number);
	return is_over(line, line->in_service);
}

uint32_t
hw_softint_establish(int ipl, void (*fn)(void *), void *arg)
{
	struct world *world = here();

	struct irq_line *line = world->irq.line + IRQ_SOFT;
	unsigned i = world->irq.softs;

	if (i < IRQ_SOFT_MAX)
		world->irq.softs++;
	else		/* one that ended */
		for (i = 0; i < IRQ_SOFT_MAX && (line[i].established || line[i].in_service); )
			i++;
	if (i == IRQ_SOFT_MAX)
		return 0;
	irq_lower(world, IRQ_SOFT + i);
	hw_intr_establish(IRQ_SOFT + i, ipl, fn, arg);
	return i + 1;
}

void
hw_softint_schedule(uint32_t softint)
{
	struct irq_line *line = &here()->irq.line[IRQ_SOFT + softint - 1];

	if (!line->raised && !line->in_service)
		line->cpu = hw_cpu();
	irq_raise(here(), IRQ_SOFT + softint - 1, 0);
}

bool
hw_softint_disestablish(uint32_t softint)
{
	struct irq_line *line = &here()->irq.line[IRQ_SOFT + softint - 1];

	if (!is_over(line, line->established && (line->raised || line->in_service)))
		return false;
	return hw_intr_disestablish(IRQ_SOFT + softint - 1);
}

void
hw_delay(uint64_t ns)
{
	if (self() != NULL)
		world_busy(here(), ns);
}

/* ---- Memory ---- */

unsigned
hw_mem_segments(struct hw_segment *segments, unsigned max)
{
	const struct memory *memory = &here()->memory;
	unsigned n = memory->segments < max ? memory->segments : max;

	memcpy(segments, memory->segment, n * sizeof(segments[0]));
	return n;
}

void
hw_pages(enum hw_owner owner, const uint64_t *pfns, size_t n)
{
	struct world *world = here();

	if (n == 0)
		return;
	world_emit_of(world, world_device(world), EV_PAGES, owner, n, pfns[0], pfns[n - 1],
	    trace_hash(pfns, n * sizeof(pfns[0])), world->memory.counts.free, pfns);
	memory_own_all(&world->memory, pfns, n, owner);
}

void *
hw_table(size_t bytes)
{
	return memory_table(&here()->memory, bytes);
}

void *
hw_map(const uint64_t *pfns, size_t n)
{
	struct world *world = here();
	void *va = memory_map(&world->memory, pfns, n);

	access_arena_in_use(&world->access, world->memory.arena_used * MEMORY_PAGE_SIZE);
	return va;
}

void
hw_unmap(void *va, size_t n)
{
	memory_unmap(&here()->memory, va, n);
}

uint64_t
hw_kvtophys(const void *va)
{
	return memory_phys(&here()->memory, va);
}

bool
hw_lend(const void *va, uint64_t pfn)
{
	struct world *world = here();
	uintptr_t page = (uintptr_t)va & ~(uintptr_t)(MEMORY_PAGE_SIZE - 1);

	if (world_site_of(world, va) == 0 && !hw_is_stack(va))
		return false;
	memory_lend(&world->memory, (void *)page, pfn);
	return true;
}

bool
hw_is_stack(const void *va)
{
	struct world *world = here();

	for (uint32_t i = 0; i < world->contexts; i++)
		if (fiber_stack_contains(world->context[i].fiber, (uintptr_t)va))
			return true;
	return false;
}

void
hw_memory(enum hw_memory what, const void *low, size_t size, uint64_t number)
{
	struct access *access = &here()->access;
	uintptr_t from = (uintptr_t)low;

	hw_work(size);
	access_forget(access, from, from + size);
	if (access->observer.memory != NULL)
		access->observer.memory(access->observer.self, what, from, from + size,
		    number);
}

void
hw_page_structs(const void *low, uint64_t pfn, uint64_t n)
{
	memory_page_structs(&here()->memory, low, pfn, n);
}

void
hw_touch(const void *p, size_t size, bool write, const void *site)
{
	if (here() != NULL && world_site_of(here(), site) != 0)
		access_on_behalf(p, size, write, site);
}

void
hw_work(size_t bytes)
{
	if (here() != NULL && bytes >= LOOP_BYTES)
		loop_work(&here()->loop, bytes / LOOP_BYTES);
}

void
hw_redzone(const void *low, const void *high)
{
	access_redzone(&here()->access, (uintptr_t)low, (uintptr_t)high);
}

uint64_t
hw_bus_address(uint64_t phys)
{
	return phys + MEMORY_BUS_OFFSET;
}

struct hw_machine
hw_machine(void)
{
	const struct world_config *config = &here()->config;

	return (struct hw_machine){
		.hz = config->hz, .ncpu = config->cpus, .reserve = config->reserve_pages,
		.diagnostic = config->diagnostic, .legacy = config->legacy,
		.bounces = config->bounce, .softc_straddles = config->softc_straddles,
		.swaps_bytes = config->swapped,
	};
}

/* ---- The PCI function and what lives behind it ---- */

void
hw_on(unsigned device)
{
	if (self() != NULL)
		self()->device = device;
}

unsigned
hw_devices(void)
{
	return here()->hooks.devices;
}

unsigned
hw_virtio_device_id(unsigned device)
{
	return here()->hooks.device[device].id;
}

uint64_t
hw_reg_read(unsigned device, enum hw_region region, unsigned offset, unsigned width)
{
	const struct world_device *to = &here()->hooks.device[device];

	return to->reg_read(to->self, region, offset, width);
}

void
hw_reg_write(unsigned device, enum hw_region region, unsigned offset, unsigned width,
    uint64_t value)
{
	const struct world_device *to = &here()->hooks.device[device];

	to->reg_write(to->self, region, offset, width, value);
}

unsigned
hw_msix_messages(void)
{
	return here()->config.msix ? HW_VECTORS - HW_VEC_MSIX_CONFIG : 0;
}

int
hw_fault(enum hw_call call, int queue)
{
	const struct world_hooks *hooks = &here()->hooks;

	return hooks->fault != NULL ? hooks->fault(hooks->faults, call, queue) : 0;
}

/* ---- Console and the end ---- */

void
hw_console(enum hw_console level, const char *text, size_t length)
{
	struct world *world = here();

	world_emit(world, EV_CONSOLE, level, trace_text(&world->trace, text, length),
	    trace_hash(text, length), 0, 0, 0);
	loop_text(world);
}

static void __attribute__((noreturn))
end_with(enum world_end end, const char *text, bool assertion)
{
	struct world *world = here();

	if (self() != NULL)
		self()->site = world_driver_site(world);
	world_emit(world, EV_PANIC, end, trace_text(&world->trace, text, strlen(text)),
	    assertion, 0, 0, 0);
	world_finish(world, end, text);
	/* Only the machine itself comes back here: an up-call went wrong outside any context. */
	assert(self() == NULL);
	siglongjmp(world->escape, 1);
}

void
hw_panic(const char *text, bool assertion)
{
	end_with(WORLD_PANIC, text, assertion);
}

void
hw_device_fault(const char *text)
{
	end_with(WORLD_DEVICE_FAULT, text, false);
}
