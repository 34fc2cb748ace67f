/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world: everything that exists in one run, and its one step.
 *
 * ---- The step ----
 *
 * world_step() does exactly one of these, the first that applies:
 *
 *  1. An interrupt is delivered: the lowest-numbered CPU on which a raised line has a
 *     handler above the CPU's level; of several lines the lowest number.
 *  2. A context runs until it blocks, ends, or gives way at a point.  Each CPU offers at most
 *     one: its innermost interrupt if any, else the runnable thread of the highest priority, of
 *     equals the one runnable for longest.  The CPU that ran last comes first, then by number;
 *     choose(SCHEDULE) picks (0 = the first).
 *  3. Virtual time moves to the earliest timed event, which fires.  Of events at the same time:
 *     by class (enum clock_class), then in the order in which they were set.
 *
 * When none applies the world is quiescent and world_step() returns false.  Nothing in the
 * step looks at addresses, hash order, or anything of the host.
 *
 * ---- Points ----
 *
 * At a point (before and after the effect of every recorded kernel call, at hw_splx) a raised
 * interrupt that the level permits is delivered (choose(INTERRUPT): 1 = at a later point), with
 * several CPUs another one may go on (choose(SCHEDULE)), and under a source other than default
 * a timed event that is due within `slack_ns` may come now (choose(DEVICE)): code takes time on
 * a real machine.
 */
#ifndef VIOSIM_MACHINE_WORLD_H
#define VIOSIM_MACHINE_WORLD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "door.h"
#include "machine/access.h"
#include "machine/choice.h"
#include "machine/clock.h"
#include "machine/fiber.h"
#include "machine/irq.h"
#include "machine/loop.h"
#include "machine/memory.h"
#include "machine/stack.h"
#include "machine/trace.h"

#define CPUS_MAX 4
#define CONTEXTS_MAX HW_CONTEXTS
_Static_assert(CONTEXTS_MAX == 46 + IRQ_LINES, "a place for each line, others for threads");
#define NEST_MAX 8

enum context_state {
	CTX_RUNNABLE, CTX_ACTIVE /* on a CPU */, CTX_ASLEEP, CTX_BUSY /* delay */, CTX_DONE
};

struct context {
	uint32_t ordinal;		/* 1 = autoconf */
	enum hw_context kind;
	enum context_state state;
	char name[16];
	int priority;
	unsigned cpu;			/* where it runs */
	int ipl;			/* level to restore when it runs again */
	struct fiber *fiber;
	void (*fn)(void *);
	void *arg;
	unsigned line;			/* interrupts */
	unsigned device;		/* that it deals with: the newest of hw_on() */
	uint32_t site;			/* driver position of its present kernel call, */
	uint64_t call_arg[HW_ARGS_MAX];	/* and the arguments */
	bool held;			/* scenario `hold`: keeps its place, does not go on */
	/* sleeping */
	enum hw_sleep why;
	uint64_t object;
	struct clock_event *timer;
	uint64_t since_ns;		/* asleep or runnable since */
	uint64_t runnable_seq;
	uint64_t wakeups;		/* times it was made runnable */
	uint64_t sleep_ticks;		/* of the last sleep; 0 = for ever */
	bool spinning;			/* waits for another CPU: goes on last */
	bool handler;			/* interrupts: the handler is being run */
	/* Addresses on its stack below which stack_look() is to look, and the run ends. */
	uintptr_t stack_mark, stack_floor;
};

struct cpu {
	int ipl;
	struct context *nest[NEST_MAX];	/* [0] the thread, above it interrupts */
	unsigned depth;			/* contexts in nest */
};

/* How a world came to its end; reports give the sentence. */
enum world_end {
	WORLD_RUNNING,
	WORLD_PANIC,		/* the kernel panicked, or an assertion failed */
	WORLD_CRASH,		/* the driver (or the kernel for it) touched wild memory */
	WORLD_ENDLESS,		/* too many points without time moving */
	WORLD_DEVICE_FAULT,	/* the guest kernel fell over the device's misbehaviour */
	WORLD_TIME_LIMIT, WORLD_EVENT_LIMIT,
	WORLD_STOPPED,		/* the scenario is over */
	WORLD_STACK,		/* the driver ran over its kernel stack */
	WORLD_TRAP,		/* the driver made the processor trap */
	WORLD_ENDS
};

struct world_config {
	struct hw_segment segment[MEMORY_SEGMENTS_MAX];
	unsigned segments;
	uint64_t reserve_pages;
	int hz;
	unsigned cpus, interrupt_cpu;
	bool diagnostic;
	bool legacy;			/* transport */
	bool msix;
	bool bounce;
	bool softc_straddles;
	bool swapped;			/* htole32() and the like swap */
	uint64_t time_limit_ns;
	uint32_t event_limit;
	uint64_t slack_ns;		/* how early a timed event may come */
	uint64_t points_limit;		/* kernel-call points without time moving */
	uint64_t access_limit;		/* instrumented accesses without time moving */
	uint64_t rounds_limit;		/* rounds of loops, likewise; 0: none */
	uint64_t text_limit;		/* bytes of messages, likewise; 0: none */
	uint64_t text_limit_all;	/* and in the whole run */
	bool keep_trace;
	struct regions *regions;	/* host memory from run to run; NULL: none */
};

/* What lives beyond the machine; the machine never includes their headers. */
struct world_hooks {
	struct world_device {
		void *self;
		unsigned id;		/* virtio 1.2 clause 5 */
		uint64_t (*reg_read)(void *self, enum hw_region region, unsigned offset,
		    unsigned width);
		void (*reg_write)(void *self, enum hw_region region, unsigned offset,
		    unsigned width, uint64_t value);
	} device[HW_DEVICES];
	unsigned devices;
	void *faults;
	int (*fault)(void *faults, enum hw_call call, int queue);
};

/* Something armed to happen at an exact point (scenario: deliver, hold, sweeps). */
enum point_kind {
	POINT_BEFORE, POINT_AFTER,	/* a kernel call's effect; `what` is an enum hw_call */
	POINT_CALLBACK,			/* the driver is called back; `what` is world_callback() */
	POINT_ACCESS			/* an instrumented access; `what` is its driver position */
};
struct point {
	enum point_kind kind;
	unsigned what;			/* not looked at for accesses: `here` picks them */
	bool (*here)(void *arg, uint32_t site);	/* is this access one?  NULL: each is */
	uint64_t countdown;		/* strikes when it reaches 0 */
	void (*strike)(void *arg);	/* runs in the machine, between two points */
	void *arg;
	bool armed;
};
#define POINTS_MAX 32

/*
 * One who hears of every call, return and callback that a context comes to, right before
 * anything strikes there, and of every access.  It must not change the world.
 */
struct point_observer {
	void (*point)(void *self, enum point_kind kind, unsigned what);
	void (*access)(void *self, uintptr_t address, unsigned size, bool write,
	    const void *pc);
	void (*struck)(void *self);	/* an armed point strikes the running context now */
	void *self;
};

struct world {
	struct access access;		/* first: it is what is looked at most often */
	struct loop loop;
	struct world_config config;
	struct world_hooks hooks;
	struct trace trace;
	struct clock clock;
	struct memory memory;
	struct choice choice;
	struct irq irq;
	struct fiber_pool *fibers, own_fibers;	/* of config.regions, or the second */
	struct fiber *main;
	struct context context[CONTEXTS_MAX];
	uint32_t contexts;
	struct context *running;	/* NULL: the machine */
	struct context *struck;		/* whom an armed point strikes right now, or NULL */
	struct cpu cpu[CPUS_MAX];
	unsigned cpu_last;
	uint64_t runnable_seq;
	int others_priority;		/* hw_others_run() */
	uint32_t ordinal[HW_OBJECTS];
	uint64_t points_left;
	bool fire_next;			/* a point asked for the next timed event now */
	bool time_moved;		/* something happened since a spinner last looked */
	struct point point[POINTS_MAX];
	bool points_armed;		/* or looked at */
	bool accesses_armed;
	struct point_observer observer;
	enum world_end end;
	char end_text[256];		/* panic text etc. */
	uint32_t end_site;
	uint32_t end_context;		/* that ran then */
	uint32_t event_stop;		/* the event of the end, or of a look for loops */
	const char *trapped;		/* a flag of the processor that the driver set; or NULL */
	uint32_t trapped_site;
	uintptr_t module_low, module_high;	/* the driver module: sites are offsets in it */
	uintptr_t data_low, data_high;		/* its variables lie between these */
	struct stack_frames frames;		/* of its functions */
	uint64_t stack_told, stack_bytes;	/* the driver's newest EV_STACK: how deep it was */
	sigjmp_buf escape;		/* where a crash goes */
	bool escape_armed;
};

/* The world the calling thread is in; the only mutable global of side H. */
extern struct world *world_current;

bool world_init(struct world *world, const struct world_config *config,
    const struct world_hooks *hooks);
void world_fini(struct world *world);

/* The guest restarts: contexts, interrupts and memory are as at power on, time goes on. */
void world_reboot(struct world *world);

bool world_step(struct world *world);
/* Step until quiescent, ended, or the clock would pass `until_ns` (it then stands there). */
void world_run(struct world *world, uint64_t until_ns);

/*
 * Start a context of the machine's own making (autoconf, kernel threads, interrupts).  Threads
 * take the place of one that ended when all places are taken; NULL when none has.  Interrupts
 * always have their place.
 */
struct context *world_context_new(struct world *world, enum hw_context kind, const char *name,
    int priority, unsigned cpu, void (*fn)(void *), void *arg);
struct context *world_context(struct world *world, uint32_t ordinal);
/* The part of its stack that is in use, [*low, *high), while it waits; false once it has ended. */
bool world_stack(const struct context *context, uintptr_t *low, uintptr_t *high);
/* The registers that it goes on with (fiber_registers()); 0: the machine.  False: not known. */
bool world_registers(const struct world *world, uint32_t ordinal, char *text, size_t size);

/* The device that the running context deals with. */
static inline unsigned
world_device(const struct world *world)
{
	return world->running != NULL ? world->running->device : 0;
}

/*
 * Record an event as of now, by the running context, about this device whatever the context deals
 * with, and with what it brings along.
 */
void world_emit_of(struct world *world, unsigned device, enum event_kind kind, unsigned code,
    uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, const void *payload);
/* The same about the device that the context deals with. */
static inline void
world_emit(struct world *world, enum event_kind kind, unsigned code, uint64_t a0, uint64_t a1,
    uint64_t a2, uint64_t a3, uint64_t a4)
{
	world_emit_of(world, world_device(world), kind, code, a0, a1, a2, a3, a4, NULL);
}

/* A point of the running context (see above). */
void world_point(struct world *world);

/* End the run; from a context it does not return there. */
void world_finish(struct world *world, enum world_end end, const char *text);

unsigned world_choose(struct world *world, enum choice_kind kind, unsigned n);
const char *world_end_word(enum world_end end);

/*
 * The driver position behind the running code, by walking its frames, from the one that
 * `frame` points to or the caller's; 0 if none.
 */
uint32_t world_site_above(const struct world *world, const uintptr_t *frame);
uint32_t world_driver_site(const struct world *world);
uint32_t world_site_of(const struct world *world, const void *address);

/* Keep the running context on its CPU for so long; time moves, interrupts come. */
void world_busy(struct world *world, uint64_t ns);

/* cpu.c, for door.c: give the CPU up until woken (ticks 0: no timeout). */
void world_sleep(struct world *world, enum hw_sleep why, uint64_t object, uint64_t ticks);
void world_wake(struct world *world, struct context *context, bool timeout);
void world_context_end(struct world *world) __attribute__((noreturn));
/* Can anything run without time moving? */
bool world_is_busy(const struct world *world);
void world_others_run(struct world *world, int priority);	/* hw_others_run() */
/* Can a context on another CPU than the running one's? */
bool world_others_can_run(const struct world *world);

/* Strike what is armed here; true if anything was. */
bool world_points_strike(struct world *world, enum point_kind kind, unsigned what);
/* Number of a callback for POINT_CALLBACK. */
static inline unsigned
world_callback(unsigned device, enum hw_callback callback, unsigned queue)
{
	return device << 16 | (callback == HW_CB_VQ_DONE ? 16 + queue : (unsigned)callback);
}

void world_look_on(struct world *world, const struct point_observer *observer);
/* Arm a point; returns it, or NULL when all are in use. */
struct point *world_point_arm(struct world *world, const struct point *point);

#endif /* VIOSIM_MACHINE_WORLD_H */
