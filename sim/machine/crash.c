/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals of simulated code: see crash.h.
 */
#include "machine/crash.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/time.h>
#include <ucontext.h>

#include "machine/world.h"

#define CRASH_STACK_SIZE (64 * 1024)

static struct crash_note *the_note;

void
crash_note_to(struct crash_note *note)
{
	the_note = note;
}

static uintptr_t
program_counter(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.pc;
#else
#error "say where this platform keeps the program counter"
#endif
}

static uintptr_t
frame_pointer(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RBP];
#else
	return (uintptr_t)uc->uc_mcontext.regs[29];
#endif
}

/* The driver position of the fault, or of the kernel call under which it came. */
static uint32_t
crash_site(const struct world *world, const ucontext_t *uc)
{
	const struct context *ctx = world->running;
	uint32_t site = world_site_of(world, (const void *)program_counter(uc));
	uintptr_t frame = frame_pointer(uc);

	if (site != 0)
		return site + 1;	/* look-ups take return addresses */
	for (int depth = 0; ctx != NULL && depth < 32; depth++) {
		const uintptr_t *words = (const uintptr_t *)frame;

		if (!fiber_stack_contains(ctx->fiber, frame) || frame % sizeof(*words) != 0)
			break;
		site = world_site_of(world, (const void *)words[1]);
		if (site != 0)
			return site;
		frame = words[0];
	}
	return ctx != NULL ? ctx->site : 0;
}

static const char *
crash_text(const struct world *world, int sig, const siginfo_t *info)
{
	const struct context *ctx = world->running;
	uintptr_t address = (uintptr_t)info->si_addr;

	if (sig == SIGFPE)
		return "the driver divided by zero or overflowed";
	if (sig == SIGILL)
		return "the driver ran into an illegal instruction";
	if (ctx != NULL && fiber_stack_guards(ctx->fiber, address))
		return "the driver ran over the end of its kernel stack";
	if (address < MEMORY_PAGE_SIZE && info->si_code > 0 && info->si_code != SI_KERNEL)
		return "the driver used a NULL pointer";
	return "the driver used a wild or stale pointer";
}

static void
die(int sig, const struct world *world, const void *context)
{
	if (the_note != NULL && world != NULL && world->escape_armed)
		*the_note = (struct crash_note){
			.in_run = true, .diagnostic = world->config.diagnostic,
			.site = crash_site(world, context), .time_ns = world->clock.now_ns,
			.events = world->trace.count,
		};
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
caught(int sig, siginfo_t *info, void *context)
{
	struct world *world = world_current;

	/* Outside simulated code, or in an observer's, it is our own fault and no finding. */
	if (sig == SIGPROF || sig == SIGABRT || world == NULL || !world->escape_armed ||
	    world->trace.showing > 0) {
		die(sig, world, context);
		return;
	}
	world->escape_armed = false;
	if (world->end == WORLD_RUNNING) {
		world->end = WORLD_CRASH;
		world->end_site = crash_site(world, context);
		snprintf(world->end_text, sizeof(world->end_text), "%s",
		    crash_text(world, sig, info));
	}
	siglongjmp(world->escape, 1);
}

void
crash_install(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF };
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = CRASH_STACK_SIZE };
	struct sigaction now;

	/* The last of them was installed last. */
	if (sigaction(SIGPROF, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
	    now.sa_sigaction == caught)
		return;
	stack.ss_sp = malloc(CRASH_STACK_SIZE);
	if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
		abort();
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
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
