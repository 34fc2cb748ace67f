/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals of simulated code: see crash.h.
 */
#include "machine/crash.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <sys/time.h>
#if defined(__x86_64__) && defined(__linux__)
#include <asm/prctl.h>
#include <sys/syscall.h>
#endif

#include "base/alloc.h"
#include "base/host.h"
#include "machine/world.h"

#define CRASH_STACK_SIZE (64 * 1024)
#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define NO_CANARY __attribute__((no_stack_protector))
#endif
#endif
#ifndef NO_CANARY
#define NO_CANARY
#endif

static struct crash_note *the_note;

void
crash_note_to(struct crash_note *note)
{
	the_note = note;
}

/*
 * The driver position of the fault, or of the kernel call under which it came.  `past`: the
 * program counter is behind the instruction.
 */
static uint32_t
crash_site(const struct world *world, const ucontext_t *uc, bool past)
{
	uint32_t site = world_site_of(world, (const void *)host_program_counter(uc));

	if (site != 0)
		return past ? site : site + 1;	/* look-ups take return addresses */
	return world_site_above(world, (const uintptr_t *)host_frame_pointer(uc));
}

/* ---- what a signal means ---- */

#if defined(__x86_64__)
/*
 * Is the instruction there one that only a kernel may use?  The processor says of it what it says
 * of an address that is none (Intel 64 manual, volume 3, 6.15, interrupt 13).
 */
static bool
is_privileged(const struct world *world, uintptr_t pc)
{
	static const uint8_t prefixes[] = {
		0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
	};
	/* hlt, cli, sti; in, out and their strings.  Behind 0x0f: see the second. */
	static const uint8_t one[] = {
		0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0xf4,
		0xfa, 0xfb,
	};
	/* System registers, caches and tables. */
	static const uint8_t two[] = {
		0x00, 0x01, 0x06, 0x07, 0x08, 0x09, 0x20, 0x21, 0x22, 0x23, 0x30, 0x32, 0x33, 0x35,
	};
	const uint8_t *code = (const uint8_t *)pc;

	for (size_t left = 15; left > 0 && world_site_of(world, code) != 0; left--, code++) {
		if (memchr(prefixes, *code, sizeof(prefixes)) != NULL || (*code & 0xf0) == 0x40)
			continue;
		if (*code != 0x0f)
			return memchr(one, *code, sizeof(one)) != NULL;
		return world_site_of(world, code + 1) != 0 &&
		    memchr(two, code[1], sizeof(two)) != NULL;
	}
	return false;
}
#else
static bool
is_privileged(const struct world *world, uintptr_t pc)
{
	(void)world;
	(void)pc;
	return false;	/* SIGILL */
}
#endif

static const char *
memory_text(const siginfo_t *info)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	if (address < MEMORY_PAGE_SIZE && info->si_code > 0 && info->si_code != SI_KERNEL)
		return "the driver used a NULL pointer";
	return "the driver used a wild or stale pointer";
}

static void
set_end(struct world *world, enum world_end end, const char *text)
{
	world->end = end;
	snprintf(world->end_text, sizeof(world->end_text), "%s", text);
}

static void
end_of(struct world *world, int sig, const siginfo_t *info, const ucontext_t *uc)
{
	static const struct { int sig; const char *text; } traps[] = {
		{ SIGFPE, "the driver divided by zero or overflowed" },
		{ SIGILL, "the driver ran into an illegal instruction" },
		{ SIGTRAP, "the driver ran into a breakpoint" },
		{ SIGSYS, "the driver made a system call of the host, which no kernel has" },
	};
	const struct context *ctx = world->running;

	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++)
		if (traps[i].sig == sig) {
			set_end(world, WORLD_TRAP, traps[i].text);
			return;
		}
	if (ctx != NULL && fiber_stack_guards(ctx->fiber, (uintptr_t)info->si_addr))
		set_end(world, WORLD_STACK, "the driver ran over the end of its kernel stack");
	else if (sig == SIGSEGV && info->si_code == SI_KERNEL &&
	    is_privileged(world, host_program_counter(uc)))
		set_end(world, WORLD_TRAP, "the driver ran into a privileged instruction, "
		    "which the simulated processor does not have");
	else
		set_end(world, WORLD_CRASH, memory_text(info));
}

/* ---- the state of the processor ---- */

/* The driver changed something that viosim runs with too; the world ends with its next event. */
static void
trapped_by(struct world *world, const char *text, uint32_t site)
{
	if (world->trapped != NULL)
		return;
	world->trapped = text;
	world->trapped_site = site;
	world->event_stop = 0;
}

#if defined(__x86_64__) && defined(__linux__)
#define FLAG_TRAP 0x100ll		/* single step */
#define FLAG_ALIGN 0x40000ll		/* alignment check */
#define SSE_MASKS 0x1f80u		/* MXCSR: no floating-point exception traps */
#define X87_MASKS 0x3fu			/* the same in the control word */

/* Where the C library finds the thread's own memory. */
static unsigned long fs_base;

/* syscall(3) would write to errno, which lies there. */
static inline __attribute__((always_inline)) void
prctl_fs(long code, unsigned long base)
{
	long number = SYS_arch_prctl;

	__asm__ volatile("syscall" : "+a"(number) : "D"(code), "S"(base) :
	    "rcx", "r11", "memory");
}

static void
note_state(void)
{
	prctl_fs(ARCH_GET_FS, (unsigned long)&fs_base);
}

/*
 * Before anything else in a handler, which is not to trap itself.  True: the driver has changed
 * FS.
 */
static inline __attribute__((always_inline)) bool
restore_state(void)
{
	unsigned long base = fs_base;

	__asm__ volatile("pushfq; andq %0, (%%rsp); popfq" :
	    : "i"(~(FLAG_TRAP | FLAG_ALIGN)) : "memory", "cc");
	prctl_fs(ARCH_GET_FS, (unsigned long)&base);
	if (base == fs_base)
		return false;
	prctl_fs(ARCH_SET_FS, fs_base);
	return true;
}

/* An exception of viosim's own arithmetic, which has none unless the driver asked for them. */
static bool
float_trapped(const struct world *world, int sig, ucontext_t *uc)
{
	struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;

	if (sig != SIGFPE || fp == NULL || world_site_of(world,
	    (const void *)host_program_counter(uc)) != 0 ||
	    ((fp->mxcsr & SSE_MASKS) == SSE_MASKS && (fp->cwd & X87_MASKS) == X87_MASKS))
		return false;
	fp->mxcsr |= SSE_MASKS;
	fp->cwd |= X87_MASKS;
	return true;
}

/*
 * Only a driver changes these, and whoever is interrupted by it goes on: that may be viosim
 * itself, in the middle of anything.
 */
static bool
state_trapped(struct world *world, int sig, const siginfo_t *info, ucontext_t *uc, bool fs)
{
	greg_t *flags = &uc->uc_mcontext.gregs[REG_EFL];
	bool aligned = sig == SIGBUS && info->si_code == BUS_ADRALN &&
	    (*flags & FLAG_ALIGN) != 0;
	const char *text = NULL;

	if (aligned)
		text = "the driver set the processor's flag that makes unaligned accesses trap";
	else if (sig == SIGTRAP && (*flags & FLAG_TRAP) != 0)
		text = "the driver set the processor's flag that makes each instruction trap";
	else if (fs && (sig == SIGSEGV || sig == SIGBUS))
		text = "the driver changed the segment register FS";
	else if (float_trapped(world, sig, uc))
		text = "the driver made floating-point exceptions trap";
	if (text == NULL)
		return false;
	*flags &= ~(FLAG_TRAP | FLAG_ALIGN);
	trapped_by(world, text, crash_site(world, uc, sig == SIGTRAP));
	return true;
}
#else
static void
note_state(void)
{
}

static inline bool
restore_state(void)
{
	return false;
}

static bool
state_trapped(struct world *world, int sig, const siginfo_t *info, ucontext_t *uc, bool fs)
{
	(void)world;
	(void)sig;
	(void)info;
	(void)uc;
	(void)fs;
	return false;
}
#endif

#if defined(__x86_64__)
void
crash_direction(struct world *world)
{
	__asm__ volatile("cld" : : : "cc");
	trapped_by(world, "the driver left the processor's direction flag set",
	    world->running != NULL ? world_driver_site(world) : 0);
}
#endif

/* ---- the handler ---- */

static const int signals[] = {
	SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPROF
};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))
static struct sigaction before[SIGNALS];

/* Is an event of the processor this, and would it be one again? */
static bool
comes_again(int sig, const siginfo_t *info)
{
	return info->si_code > 0 &&
	    (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL);
}

/* Our own fault: whoever had the signal before gets it; that is death, as a rule. */
static void
die(int sig, const struct world *world, const siginfo_t *info, const void *context)
{
	if (the_note != NULL && world != NULL && world->escape_armed)
		*the_note = (struct crash_note){
			.in_run = true, .diagnostic = world->config.diagnostic,
			.site = crash_site(world, context, false),
			.time_ns = world->clock.now_ns, .events = world->trace.count,
		};
	for (size_t i = 0; i < SIGNALS; i++)
		if (signals[i] == sig)
			sigaction(sig, &before[i], NULL);
	if (!comes_again(sig, info))
		raise(sig);
}

/* A canary of the stack would lie where FS says. */
static NO_CANARY void
caught(int sig, siginfo_t *info, void *context)
{
	bool fs = restore_state();
	struct world *world = world_current;

	if (world != NULL && world->escape_armed && state_trapped(world, sig, info, context, fs))
		return;
	/* Outside simulated code, or in an observer's, it is our own fault and no finding. */
	if (sig == SIGPROF || sig == SIGABRT || world == NULL || !world->escape_armed ||
	    world->trace.showing > 0) {
		die(sig, world, info, context);
		return;
	}
	world->escape_armed = false;
	if (world->end == WORLD_RUNNING) {
		world->end_site = crash_site(world, context,
		    sig == SIGTRAP || sig == SIGSYS);
		end_of(world, sig, info, context);
	}
	siglongjmp(world->escape, 1);
}

void
crash_install(void)
{
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = CRASH_STACK_SIZE };
	struct sigaction now;

	/* The last of them was installed last. */
	if (sigaction(signals[SIGNALS - 1], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
	    now.sa_sigaction == caught)
		return;
	note_state();
	stack.ss_sp = xmalloc(CRASH_STACK_SIZE);
	if (sigaltstack(&stack, NULL) != 0)
		internal_error("no stack for signals: %s", strerror(errno));
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &action, &before[i]);
}

/* ---- system calls ---- */

#define FILTERS 16			/* modules that a process has at its time */

/* Once for each place where a module lies; filters stay as long as the process. */
static void
forbid_system_calls(uintptr_t low, uintptr_t high)
{
	static struct { uintptr_t low, high; } done[FILTERS];
	static unsigned count;
	const uintptr_t half = (uintptr_t)1 << 32;

	for (unsigned i = 0; i < count; i++)
		if (done[i].low == low && done[i].high == high)
			return;
	if (low >= high || count == FILTERS)
		return;
	done[count].low = low;
	done[count++].high = high;
	for (uintptr_t next; low < high; low = next) {
		next = (low | (half - 1)) + 1;
		if (next > high)
			next = high;
		host_forbid_calls(low, next);
	}
}

void
crash_limit(unsigned seconds)
{
	struct itimerval limit = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_PROF, &limit, NULL);
}

bool
crash_guard(struct world *world, void (*fn)(void *arg), void *arg)
{
	forbid_system_calls(world->module_low, world->module_high);
	if (sigsetjmp(world->escape, 1) == 0) {
		world->escape_armed = true;
		fn(arg);
		world->escape_armed = false;
		return true;
	}
	world->escape_armed = false;
	if (world->running != NULL) {
		fiber_was_left(world->running->fiber, world->main);
		world->running->site = world->end_site;
	}
	world_emit(world, EV_CRASH, world->end, 0, 0, 0, 0, 0);
	world->running = NULL;
	return false;
}
