/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fibers: the contexts of the simulated machine.
 *
 * A fiber is a function with a stack of its own that runs until it hands the
 * processor to another fiber with fiber_switch().  Nothing ever preempts one,
 * so a run has exactly one order of execution.  All fibers that switch to each
 * other live in one host thread.
 *
 * Stacks are mapped with guard pages below them: running off the end is a
 * SIGSEGV at an address that fiber_stack_guards() recognises, never a silent
 * overwrite.  A stack reads as zeroes from end to end each time fiber_new()
 * hands it out, fresh or recycled, so that a driver which reads an
 * uninitialised local variable does the same thing in every run.
 *
 * The switch saves what the platform's procedure call standard calls
 * callee-saved, and no floating point control words: nothing here changes
 * them.  It makes no system call.  -DFIBER_UCONTEXT selects <ucontext.h>
 * instead of the assembly (slower: two system calls a switch), for platforms
 * other than x86-64 and aarch64.
 *
 * Under AddressSanitizer every switch is announced, so overflows in frames
 * that live across a switch are found.
 */
#ifndef SIM_MACHINE_FIBER_H
#define SIM_MACHINE_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fiber;

/* Bytes of a stack; whole pages. */
#define FIBER_STACK_SIZE	((size_t)256 * 1024)

/*
 * Recycled stacks.  Owned by the caller, who may look at the counters but
 * leaves the fields alone.  An all-zero pool is empty.
 */
struct fiber_pool {
	struct fiber	*idle;		/* stacks that wait for reuse */
	unsigned	 idle_count;
	unsigned	 live_count;	/* fibers not yet given back */
};

/*
 * Unmap every idle stack.  Every fiber of the pool must have been freed
 * (asserted).
 */
void	fiber_pool_fini(struct fiber_pool *);

/*
 * A new fiber that will run `fn(arg)` when first switched to, on an idle stack
 * of the pool if there is one.  Ownership goes to the caller; end it with
 * fiber_free().
 *
 * When `fn` returns, the fiber is done and control goes to the fiber that
 * switched to it last.
 */
struct fiber *fiber_new(struct fiber_pool *, void (*fn)(void *), void *arg);

/*
 * Give a fiber and its stack back to its pool.  Legal in any state but
 * running: an unfinished fiber is abandoned where it stands, nothing of it is
 * unwound.  NULL is ignored.
 */
void	fiber_free(struct fiber *);

/*
 * A fiber that stands for the calling thread's own stack, so that there is
 * something to switch from.  Give it back with fiber_free_main().
 */
struct fiber *fiber_new_main(void);
void	fiber_free_main(struct fiber *);

/*
 * Leave `from`, which must be the running fiber, and go on in `to`, which
 * must be neither running nor done.  Returns when something switches back
 * to `from`.
 */
void	fiber_switch(struct fiber *from, struct fiber *to);

/*
 * Control left `from` for `to` without a switch: a signal handler has jumped back to where
 * `to` waits in fiber_switch() or to a frame of it further out.  `from` can only be freed.
 */
void	fiber_was_left(struct fiber *from, struct fiber *to);

/* Where a fiber's stack begins, above its guard: FIBER_STACK_SIZE bytes.  Not of a main fiber. */
uintptr_t fiber_stack_low(const struct fiber *);
/* From where on a stack is in use, up to its end, while the fiber waits to go on. */
uintptr_t fiber_stack_used(const struct fiber *);

/*
 * The registers that a waiting fiber goes on with, by a debugger's names: "rip=0x1234 rsp=0x...";
 * "running".  False: it is done or was left (below), or this build does not know
 * (FIBER_UCONTEXT).
 */
bool	fiber_registers(const struct fiber *, char *text, size_t size);

/* Is `addr` on the fiber's stack?  Always false for a main fiber. */
bool	fiber_stack_contains(const struct fiber *, uintptr_t addr);

/*
 * Is `addr` in the guard below the fiber's stack, as the fault address of a
 * stack overflow would be?  Always false for a main fiber.
 */
bool	fiber_stack_guards(const struct fiber *, uintptr_t addr);

#endif /* SIM_MACHINE_FIBER_H */
