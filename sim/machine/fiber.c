/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fibers: stacks, their pool, and the switch between them.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "machine/fiber.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN	1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if !defined(FIBER_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define FIBER_UCONTEXT	1
#endif

#ifdef FIBER_UCONTEXT
#include <ucontext.h>
#endif

/*
 * So much of the top of a stack is overwritten with zeroes for reuse; the rest
 * is given back to the host, because new pages are dear only when touched.
 */
#define FIBER_CLEAR_SIZE	((size_t)16 * 1024)
/* Address space only.  Code that does not touch each page on its way must not get past it. */
#define FIBER_GUARD_SIZE	((size_t)256 * 1024)

enum fiber_state {
	FIBER_IDLE,		/* in the pool */
	FIBER_NEW,		/* never switched to */
	FIBER_RUNNING,
	FIBER_WAITING,		/* has switched away */
	FIBER_DONE,
};

struct fiber {
#ifdef FIBER_UCONTEXT
	ucontext_t	 context;
#else
	void		*sp;		/* saved stack pointer, not running */
#endif
	enum fiber_state state;
	bool		 lost;		/* where it stood: fiber_was_left() */
	uint8_t		*map;		/* guard, then the stack; NULL: the thread's own */
	void		(*fn)(void *);
	void		*arg;
	struct fiber	*resumer;	/* who switched here last */
	struct fiber_pool *pool;
	struct fiber	*next;		/* in the pool's idle list */
#ifdef FIBER_ASAN
	void		*fake_stack;
	const void	*asan_low;
	size_t		 asan_size;
#endif
};

static void	fiber_body(struct fiber *);

/* What follows says "leaving" and "arrived" to the sanitizer, if any. */

static void
fiber_announce_leave(struct fiber *from, struct fiber *to, bool for_good)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(for_good ? NULL : &from->fake_stack,
	    to->asan_low, to->asan_size);
#else
	(void)from, (void)to, (void)for_good;
#endif
}

static void
fiber_announce_arrival(struct fiber *self)
{
#ifdef FIBER_ASAN
	const void *low;
	size_t size;

	/* The bounds of a main fiber become known when it is first left. */
	__sanitizer_finish_switch_fiber(self->fake_stack, &low, &size);
	self->resumer->asan_low = low;
	self->resumer->asan_size = size;
#else
	(void)self;
#endif
}

#ifdef FIBER_UCONTEXT

static void
fiber_entry(unsigned high, unsigned low)
{
	uintptr_t self = (uintptr_t)((uint64_t)high << 32 | low);

	fiber_body((struct fiber *)self);
}

static void
fiber_prepare(struct fiber *f)
{
	uint64_t self = (uintptr_t)f;

	/* Only makecontext() can fill it in, and it starts from a real one. */
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = f->map + FIBER_GUARD_SIZE;
	f->context.uc_stack.ss_size = FIBER_STACK_SIZE;
	f->context.uc_link = NULL;
	makecontext(&f->context, (void (*)(void))fiber_entry, 2,
	    (unsigned)(self >> 32), (unsigned)self);
}

static void
fiber_jump(struct fiber *from, struct fiber *to)
{
	swapcontext(&from->context, &to->context);
}

static uintptr_t
fiber_saved(const struct fiber *f)
{
	return (uintptr_t)f->map + FIBER_GUARD_SIZE;
}

bool
fiber_registers(const struct fiber *f, char *text, size_t size)
{
	snprintf(text, size, "running");
	return f->state == FIBER_RUNNING;
}

#else /* !FIBER_UCONTEXT */

/*
 * fiber_asm_switch(&from_sp, to_sp) pushes the callee-saved registers, leaves
 * the stack pointer in *from_sp, and does the inverse from to_sp.
 * fiber_asm_entry is where a stack made by fiber_prepare() "returns" to.
 */
void	fiber_asm_switch(void **from_sp, void *to_sp)
	    __attribute__((visibility("hidden")));
void	fiber_asm_entry(void) __attribute__((visibility("hidden")));

#if defined(__x86_64__)

/* Leaving by a jump keeps the processor's return predictor out of it. */
__asm__(
"	.text\n"
"	.p2align 4\n"
"	.globl fiber_asm_switch\n"
"	.hidden fiber_asm_switch\n"
"	.type fiber_asm_switch, @function\n"
"fiber_asm_switch:\n"
"	pushq %rbp\n"
"	pushq %rbx\n"
"	pushq %r12\n"
"	pushq %r13\n"
"	pushq %r14\n"
"	pushq %r15\n"
"	movq %rsp, (%rdi)\n"
"	movq %rsi, %rsp\n"
"	popq %r15\n"
"	popq %r14\n"
"	popq %r13\n"
"	popq %r12\n"
"	popq %rbx\n"
"	popq %rbp\n"
"	popq %rcx\n"
"	jmpq *%rcx\n"
"	.size fiber_asm_switch, . - fiber_asm_switch\n"
"	.p2align 4\n"
"	.globl fiber_asm_entry\n"
"	.hidden fiber_asm_entry\n"
"	.type fiber_asm_entry, @function\n"
"fiber_asm_entry:\n"
"	.cfi_startproc\n"
"	.cfi_undefined rip\n"	/* the end of every backtrace */
"	movq %r12, %rdi\n"
"	call *%r13\n"
"	ud2\n"
"	.cfi_endproc\n"
"	.size fiber_asm_entry, . - fiber_asm_entry\n"
);

/* Words that fiber_asm_switch pops, from the lowest address. */
enum { SAVE_R13 = 2, SAVE_R12 = 3, SAVE_PC = 6, SAVE_WORDS = 8 };
enum { SAVE_POPPED = 7 };
static const char *const save_names[] = { "r15", "r14", "r13", "r12", "rbx", "rbp", "rip" };
static const char save_sp[] = "rsp";
#define SAVE_SELF	SAVE_R12
#define SAVE_BODY	SAVE_R13

#else /* __aarch64__ */

__asm__(
"	.text\n"
"	.p2align 4\n"
"	.globl fiber_asm_switch\n"
"	.hidden fiber_asm_switch\n"
"	.type fiber_asm_switch, %function\n"
"fiber_asm_switch:\n"
"	sub sp, sp, #160\n"
"	stp x19, x20, [sp, #0]\n"
"	stp x21, x22, [sp, #16]\n"
"	stp x23, x24, [sp, #32]\n"
"	stp x25, x26, [sp, #48]\n"
"	stp x27, x28, [sp, #64]\n"
"	stp x29, x30, [sp, #80]\n"
"	stp d8, d9, [sp, #96]\n"
"	stp d10, d11, [sp, #112]\n"
"	stp d12, d13, [sp, #128]\n"
"	stp d14, d15, [sp, #144]\n"
"	mov x9, sp\n"
"	str x9, [x0]\n"
"	mov sp, x1\n"
"	ldp x19, x20, [sp, #0]\n"
"	ldp x21, x22, [sp, #16]\n"
"	ldp x23, x24, [sp, #32]\n"
"	ldp x25, x26, [sp, #48]\n"
"	ldp x27, x28, [sp, #64]\n"
"	ldp x29, x30, [sp, #80]\n"
"	ldp d8, d9, [sp, #96]\n"
"	ldp d10, d11, [sp, #112]\n"
"	ldp d12, d13, [sp, #128]\n"
"	ldp d14, d15, [sp, #144]\n"
"	add sp, sp, #160\n"
"	ret\n"
"	.size fiber_asm_switch, . - fiber_asm_switch\n"
"	.p2align 4\n"
"	.globl fiber_asm_entry\n"
"	.hidden fiber_asm_entry\n"
"	.type fiber_asm_entry, %function\n"
"fiber_asm_entry:\n"
"	.cfi_startproc\n"
"	.cfi_undefined x30\n"	/* the end of every backtrace */
"	mov x0, x19\n"
"	blr x20\n"
"	brk #1\n"
"	.cfi_endproc\n"
"	.size fiber_asm_entry, . - fiber_asm_entry\n"
);

enum { SAVE_SELF = 0, SAVE_BODY = 1, SAVE_PC = 11, SAVE_WORDS = 20 };
enum { SAVE_POPPED = 20 };
static const char *const save_names[] = {
	"x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "pc"
};
static const char save_sp[] = "sp";

#endif /* __aarch64__ */

static void
fiber_prepare(struct fiber *f)
{
	uintptr_t *sp = (uintptr_t *)(f->map + FIBER_GUARD_SIZE + FIBER_STACK_SIZE) - SAVE_WORDS;

	/*
	 * The words above are zero already.  After the pops the stack
	 * pointer is a multiple of 16, as a call instruction wants it.
	 */
#if defined(__x86_64__)
	sp -= 1;
#endif
	sp[SAVE_SELF] = (uintptr_t)f;
	sp[SAVE_BODY] = (uintptr_t)fiber_body;
	sp[SAVE_PC] = (uintptr_t)fiber_asm_entry;
	f->sp = sp;
}

static void
fiber_jump(struct fiber *from, struct fiber *to)
{
	fiber_asm_switch(&from->sp, to->sp);
}

static uintptr_t
fiber_saved(const struct fiber *f)
{
	return (uintptr_t)f->sp;
}

bool
fiber_registers(const struct fiber *f, char *text, size_t size)
{
	const uintptr_t *sp = f->sp;
	size_t length;

	if (f->state == FIBER_RUNNING) {
		snprintf(text, size, "running");
		return true;
	}
	if (f->lost || (f->state != FIBER_WAITING && f->state != FIBER_NEW))
		return false;
	snprintf(text, size, "%s=%#" PRIxPTR, save_sp, (uintptr_t)(sp + SAVE_POPPED));
	for (size_t i = 0; i < sizeof(save_names) / sizeof(save_names[0]); i++) {
		length = strlen(text);
		snprintf(text + length, size - length, " %s=%#" PRIxPTR, save_names[i], sp[i]);
	}
	return true;
}

#endif /* !FIBER_UCONTEXT */

static void
fiber_transfer(struct fiber *from, struct fiber *to, enum fiber_state left)
{
	assert(from->state == FIBER_RUNNING);
	assert(to->state == FIBER_NEW || to->state == FIBER_WAITING);

	from->state = left;
	to->state = FIBER_RUNNING;
	to->resumer = from;
	fiber_announce_leave(from, to, left == FIBER_DONE);
	fiber_jump(from, to);
}

void
fiber_switch(struct fiber *from, struct fiber *to)
{
	fiber_transfer(from, to, FIBER_WAITING);
	fiber_announce_arrival(from);
}

static void
fiber_body(struct fiber *self)
{
	fiber_announce_arrival(self);
	self->fn(self->arg);
	fiber_transfer(self, self->resumer, FIBER_DONE);
	internal_error("a fiber that is done was switched to");
}

static struct fiber *
fiber_map(struct fiber_pool *pool)
{
	struct fiber *f = xcalloc(1, sizeof(*f));

	f->pool = pool;
	f->map = mmap(NULL, FIBER_GUARD_SIZE + FIBER_STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (f->map == MAP_FAILED || mprotect(f->map, FIBER_GUARD_SIZE, PROT_NONE) == -1)
		out_of_memory();
	return f;
}

/* Make a used stack read as zeroes again, all of it. */
static void
fiber_clear(struct fiber *f)
{
	uint8_t *low = f->map + FIBER_GUARD_SIZE;

#ifdef FIBER_ASAN
	/* An abandoned fiber leaves the red zones of its frames behind. */
	__asan_unpoison_memory_region(low, FIBER_STACK_SIZE);
#endif
	memset(low + FIBER_STACK_SIZE - FIBER_CLEAR_SIZE, 0, FIBER_CLEAR_SIZE);
	madvise(low, FIBER_STACK_SIZE - FIBER_CLEAR_SIZE, MADV_DONTNEED);
}

struct fiber *
fiber_new(struct fiber_pool *pool, void (*fn)(void *), void *arg)
{
	struct fiber *f = pool->idle;

	if (f != NULL) {
		pool->idle = f->next;
		pool->idle_count--;
		fiber_clear(f);
	} else {
		f = fiber_map(pool);
	}
	f->state = FIBER_NEW;
	f->lost = false;
	f->fn = fn;
	f->arg = arg;
	f->resumer = NULL;
#ifdef FIBER_ASAN
	f->fake_stack = NULL;
	f->asan_low = f->map + FIBER_GUARD_SIZE;
	f->asan_size = FIBER_STACK_SIZE;
#endif
	fiber_prepare(f);
	pool->live_count++;
	return f;
}

void
fiber_free(struct fiber *f)
{
	if (f == NULL)
		return;
	assert(f->map != NULL && f->state != FIBER_RUNNING && f->state != FIBER_IDLE);

	f->state = FIBER_IDLE;
	f->next = f->pool->idle;
	f->pool->idle = f;
	f->pool->idle_count++;
	f->pool->live_count--;
}

void
fiber_pool_fini(struct fiber_pool *pool)
{
	assert(pool->live_count == 0);
	while (pool->idle != NULL) {
		struct fiber *f = pool->idle;

		pool->idle = f->next;
		pool->idle_count--;
#ifdef FIBER_ASAN
		__asan_unpoison_memory_region(f->map + FIBER_GUARD_SIZE, FIBER_STACK_SIZE);
#endif
		munmap(f->map, FIBER_GUARD_SIZE + FIBER_STACK_SIZE);
		free(f);
	}
}

struct fiber *
fiber_new_main(void)
{
	struct fiber *f = xcalloc(1, sizeof(*f));

	f->state = FIBER_RUNNING;
	return f;
}

void
fiber_free_main(struct fiber *f)
{
	if (f == NULL)
		return;
	assert(f->map == NULL && f->state == FIBER_RUNNING);
	free(f);
}

void
fiber_was_left(struct fiber *from, struct fiber *to)
{
	assert(from->state == FIBER_RUNNING && to->state == FIBER_WAITING);
	from->state = FIBER_WAITING;
	from->lost = true;
	to->state = FIBER_RUNNING;
}

uintptr_t
fiber_stack_low(const struct fiber *f)
{
	return (uintptr_t)f->map + FIBER_GUARD_SIZE;
}

uintptr_t
fiber_stack_used(const struct fiber *f)
{
	assert(f->state == FIBER_NEW || f->state == FIBER_WAITING);
	return fiber_saved(f);
}

bool
fiber_stack_contains(const struct fiber *f, uintptr_t addr)
{
	return f->map != NULL && addr - fiber_stack_low(f) < FIBER_STACK_SIZE;
}

bool
fiber_stack_guards(const struct fiber *f, uintptr_t addr)
{
	return f->map != NULL && addr - (uintptr_t)f->map < FIBER_GUARD_SIZE;
}
