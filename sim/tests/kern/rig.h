/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rig of the kernel tests: a world with the fake kernel booted in it, in which K-side
 * fragments (kside/frag.h) run in whatever context a test wants.
 *
 * Everything happens in virtual time and with the default choices unless a test asks for
 * others.
 */
#ifndef VIOSIM_TESTS_KERN_RIG_H
#define VIOSIM_TESTS_KERN_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "device/balloon/balloon.h"
#include "fault/fault.h"
#include "kside/frag.h"
#include "machine/world.h"

/* The kernel's numbers, as the H side has to know them. */
enum {
	K_ENOENT = 2, K_ENXIO = 6, K_ENOMEM = 12, K_EBUSY = 16, K_EEXIST = 17,
	K_ENOTDIR = 20, K_EINVAL = 22, K_EFBIG = 27, K_EAGAIN = 35, K_EWOULDBLOCK = 35,
	K_EOPNOTSUPP = 45, K_ENAMETOOLONG = 63,
	K_IPL_SOFTNET = 4, K_IPL_VM = 6, K_IPL_SCHED = 7, K_IPL_HIGH = 8,
	K_PRI_IDLE = 0, K_PRI_KTHREAD = 96
};

#define KRIG_TICK_NS UINT64_C(10000000)	/* of the default hz, 100 */
#define KRIG_PAGES 1024			/* default memory, from frame 0 */

struct krig_options {
	struct world_config config;
	struct balloon_config device;
	bool driver;			/* boot with the driver of child.c */
	bool driver_detaches;		/* the one with a ca_detach */
	bool driver_2023;		/* the one for the bus of 2023 */
	uint64_t seed;			/* 0: default choices */
};

struct krig {
	struct world world;
	struct device device;
	struct faults faults;
	struct frag frag;
	bool attached;			/* what the last krig_attach() said */
	bool attach_over;
	char *console;			/* what krig_console() made */
};

/* One CPU, legacy, INTx, coherent, DIAGNOSTIC, KRIG_PAGES pages, QEMU's device. */
void krig_options_init(struct krig_options *options);
/* Power on and boot; NULL: the default.  End it with krig_free(). */
struct krig *krig_new(const struct krig_options *options);
void krig_free(struct krig *rig);

/* A context that runs fn(&rig->frag); what it is called on, and how important it is. */
struct context *krig_context(struct krig *rig, enum hw_context kind, unsigned cpu,
    int priority, void (*fn)(void *));
/* The same as a kernel thread on CPU 0, as important as kernel threads are. */
struct context *krig_thread(struct krig *rig, void (*fn)(void *));

/* Step until nothing can happen any more, or the world ends. */
void krig_go(struct krig *rig);
void krig_go_until(struct krig *rig, uint64_t ns);
/* krig_thread() and krig_go(). */
void krig_run(struct krig *rig, void (*fn)(void *));
/* The letters so far count no more. */
void krig_forget_marks(struct krig *rig);
/* Attach the driver as autoconf does, and go on until the attachment is over. */
bool krig_attach(struct krig *rig);
/* krig_new() with the driver, attached (asserted). */
struct krig *krig_new_attached(struct krig_options *options);

/* An edge-triggered interrupt of the test's own: its handler, and when it comes. */
#define KRIG_VECTOR HW_VEC_MSIX_CONFIG
void krig_handler(struct krig *rig, int ipl, void (*fn)(void *));
void krig_raise(struct krig *rig);
void krig_raise_at(struct krig *rig, uint64_t ns);
/* At the nth call (from 1) of that kernel function from now. */
void krig_raise_on(struct krig *rig, enum point_kind kind, unsigned what, uint64_t nth);
/* Anything at a point. */
void krig_at_point(struct krig *rig, enum point_kind kind, unsigned what, uint64_t nth,
    void (*strike)(void *), void *arg);

/* Arm a row of the fault catalogue for its first `count` calls. */
void krig_fault(struct krig *rig, const char *id, uint64_t count);

/* Events of a kind and code so far; the n-th of them (from 0), or NULL. */
#define KRIG_ANY_CODE UINT32_MAX
unsigned krig_count(const struct krig *rig, enum event_kind kind, unsigned code);
const struct event *krig_nth(const struct krig *rig, enum event_kind kind, unsigned code,
    unsigned n);
/* Asserted to be there. */
const struct event *krig_event(const struct krig *rig, enum event_kind kind, unsigned code,
    unsigned n);
/* All the console says; valid until the next call. */
const char *krig_console(struct krig *rig);

/* A fragment in a kernel of its own, and what comes of it. */
struct krig_row {
	const char *name;
	void (*fn)(void *);
	int64_t in[FRAG_IN];
	bool plain;			/* the kernel is without DIAGNOSTIC */
	const char *fault;		/* armed for its first call */
	/* An interrupt at the nth call of a kernel function; 0: none. */
	void (*handler)(void *);
	int ipl;
	enum point_kind kind;
	unsigned call, nth;
	/* How the world ends, and with what in the text; by default it goes on. */
	enum world_end how;
	const char *ends;
	/* NULL: is not looked at. */
	const char *order, *text, *says;	/* `says`: somewhere on the console */
	const int64_t *out;
	size_t outs, from;		/* so many, from this one on */
	uint64_t ticks;			/* that is the time at the end; 0: any is */
};

/* RUN(mutex_under_splhigh, OUT(K_IPL_HIGH, K_IPL_HIGH, 0)) */
#define RUN(fragment, ...) { .name = #fragment, .fn = frag_##fragment, __VA_ARGS__ }
#define PANICS(words) .how = WORLD_PANIC, .ends = (words)
#define CRASHES .how = WORLD_CRASH, .ends = "pointer"
#define OUT(...) \
	.out = (const int64_t[]){ __VA_ARGS__ }, \
	.outs = sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)
#define OUT_FROM(first, ...) .from = (first), OUT(__VA_ARGS__)

void krig_assert_row(struct krig *rig, const struct krig_row *row);

/* A test of each of them, in a rig that is default otherwise. */
#define KRIG_ROWS(name, rows) \
	TEST_EACH(name, rows) \
	{ \
		KRIG(rig) = KRIG_WITH(options.config.diagnostic = !rows[_i].plain); \
		krig_assert_row(rig, &rows[_i]); \
	}

/* What the fragment put into out[], from its beginning on, or from that place on. */
#define krig_assert_out(rig, ...) krig_assert_out_from(rig, 0, __VA_ARGS__)
#define krig_assert_out_from(rig, first, ...) do { \
	const int64_t wanted[] = { __VA_ARGS__ }, *got = (rig)->frag.out + (first); \
	for (size_t nth = 0; nth < sizeof(wanted) / sizeof(wanted[0]); nth++) \
		ck_assert_msg(got[nth] == wanted[nth], "out[%zu] is %jd, not %jd", \
		    nth + (first), (intmax_t)got[nth], (intmax_t)wanted[nth]); \
} while (0)

/* The world goes on; it ended like that, with that in the text. */
#define krig_assert_alive(rig) \
	ck_assert_msg((rig)->world.end == WORLD_RUNNING, "the world ended: %s: %s", \
	    world_end_word((rig)->world.end), (rig)->world.end_text)
/* It goes on, or runs that, and it still goes on then. */
#define krig_go_well(rig) do { \
	krig_go(rig); \
	krig_assert_alive(rig); \
} while (0)
#define krig_run_well(rig, fn) do { \
	krig_run(rig, fn); \
	krig_assert_alive(rig); \
} while (0)
#define krig_assert_end(rig, how, text) do { \
	ck_assert_msg((rig)->world.end == (how), "the world is %s: %s", \
	    world_end_word((rig)->world.end), (rig)->world.end_text); \
	ck_assert_msg(strstr((rig)->world.end_text, (text)) != NULL, \
	    "ended with \"%s\"", (rig)->world.end_text); \
} while (0)
#define krig_assert_panic(rig, text) krig_assert_end(rig, WORLD_PANIC, text)
#define krig_assert_order(rig, letters) \
	ck_assert_str_eq((rig)->frag.order, (letters))

/* A rig with other options: KRIG_WITH(options.seed = 7, options.config.cpus = 2). */
#define KRIG_WITH(...) KRIG_MADE(krig_new, __VA_ARGS__)
#define KRIG_ATTACHED(...) KRIG_MADE(krig_new_attached, __VA_ARGS__)
#define KRIG_MADE(make, ...) ({ \
	struct krig_options options; \
	krig_options_init(&options); \
	__VA_ARGS__; \
	make(&options); \
})

/* A rig that is freed at the end of its block. */
#define KRIG(name) __attribute__((cleanup(krig_end))) struct krig *name
static inline void
krig_end(struct krig **rig)
{
	krig_free(*rig);
}

/* A test in a rig of default options: `rig`. */
#define KRIG_TEST(name) TEST_WITH(name, struct krig *rig, krig_new(NULL), krig_free)

#endif /* VIOSIM_TESTS_KERN_RIG_H */
