/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of a kernel stack the driver's functions use.
 *
 * A driver is compiled without optimisation here, and its frames are larger than a kernel's.  So
 * its module says what each function's frame takes when optimised, and the sum over the driver's
 * functions that are active is compared with the stack of an amd64 kernel.  Nobody counts what
 * the kernel's own functions need; they get what is left.
 */
#ifndef VIOSIM_MACHINE_STACK_H
#define VIOSIM_MACHINE_STACK_H

#include <stddef.h>
#include <stdint.h>

/*
 * NetBSD's sys/arch/amd64/include/param.h 1.38 (2020): a thread has 5 pages (UPAGES).  One is the
 * red zone below the stack, and one holds struct pcb.
 */
#define STACK_BYTES 12288
/* From here on the kernel's own functions, and interrupts on top of them, may not fit. */
#define STACK_NEAR_BYTES (STACK_BYTES / 2)
/* What fibers keep for the kernel and the observers: a run ends before they lack it. */
#define STACK_RESERVE ((size_t)64 << 10)

/* A function of the module: offsets [low, high), and bytes of its frame. */
struct stack_frame {
	uint32_t low, high;
	uint32_t bytes;			/* STACK_AS_IT_IS: what it takes in this module */
};
#define STACK_AS_IT_IS UINT32_MAX

/* All functions of a module, in order; those that have none here count as they are. */
struct stack_frames {
	const struct stack_frame *frame;
	size_t count;
};

struct world;

/* Called by the driver's functions as they begin, once they are deep: `frame` is the caller's. */
void stack_look(struct world *world, const void *frame);
/* The fiber's stack is about to end: so does the run, with that as the reason. */
void stack_end(struct world *world);

#endif /* VIOSIM_MACHINE_STACK_H */
