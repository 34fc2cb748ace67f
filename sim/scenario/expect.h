/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expectations: `term (+|- term)* op term ...` over what can be observed.
 *
 * An expectation is parsed once, with positions, and evaluated as often as wanted
 * through two callbacks; this file knows no machine and no device.
 */
#ifndef VIOSIM_SCENARIO_EXPECT_H
#define VIOSIM_SCENARIO_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "diag.h"

struct arena;
struct scenario_vocab;

/*
 * What a term's value is.  A bare number fits PAGES, COUNT and ANY; 0 fits TIME too.
 * Values of different kinds are not compared or added (an error when parsed).
 */
enum expect_type {
	EXPECT_PAGES,		/* pages of 4 KiB */
	EXPECT_COUNT,		/* how often, how many */
	EXPECT_TIME,		/* ns */
	EXPECT_ANY,		/* a number of unknown meaning (sysctl) */
	EXPECT_STATE,		/* enum expect_thread, _attach or _status; == and != only */
};

/*
 * X(ID, "pattern", type, words, help).  <q> is a queue, <fn> a kernel call, <id> the id
 * of a `fail` step, <path> the rest of a sysctl name; each is the term's `arg`.
 * `words` names the set of words that a state is compared with.
 */
#define EXPECT_OBSERVABLES(X) \
	X(HOST_TARGET, "host.target", PAGES, NONE, "what the host asks for (num_pages)") \
	X(HOST_ACTUAL, "host.actual", PAGES, NONE, "`actual` as the device has it") \
	X(HOST_HELD, "host.held", PAGES, NONE, \
	    "pages that the host was given and not asked back") \
	X(HOST_DISCARDED_IN_USE, "host.discarded_in_use", PAGES, NONE, \
	    "pages that the host discarded while the guest used them") \
	X(MEM_TOTAL, "mem.total", PAGES, NONE, "all pages the guest can allocate") \
	X(MEM_FREE, "mem.free", PAGES, NONE, "pages on the free list") \
	X(MEM_BALLOON, "mem.balloon", PAGES, NONE, \
	    "pages that the driver allocated and did not free") \
	X(MEM_OTHERS, "mem.others", PAGES, NONE, "pages that the rest of the guest uses") \
	X(VQ_INFLIGHT, "vq.<q>.inflight", COUNT, NONE, \
	    "requests that the device has and did not answer") \
	X(VQ_REQUESTS, "vq.<q>.requests", COUNT, NONE, "requests since attach") \
	X(VQ_KICKS, "vq.<q>.kicks", COUNT, NONE, "notifications since attach") \
	X(VQ_ENTRIES, "vq.<q>.entries", PAGES, NONE, \
	    "page numbers in all requests since attach") \
	X(IRQ_CONFIG, "irq.config", COUNT, NONE, "config interrupts raised since attach") \
	X(IRQ_VQ, "irq.<q>", COUNT, NONE, "interrupts raised for a queue since attach") \
	X(THREAD_STATE, "thread.state", STATE, THREAD, "what the driver's thread does") \
	X(THREAD_WAKEUPS, "thread.wakeups", COUNT, NONE, \
	    "how often the thread came out of a sleep") \
	X(THREAD_SLEEP, "thread.sleep", TIME, NONE, \
	    "how long the thread asked to sleep, in its present or last timed sleep") \
	X(CALLS, "calls.<fn>", COUNT, NONE, "calls of a kernel function so far") \
	X(FAIL_HITS, "fail.<id>.hits", COUNT, NONE, "how often an armed fault struck") \
	X(DEVICE_STATUS, "device.status", STATE, STATUS, \
	    "how far the driver brought the device") \
	X(ATTACH_RESULT, "attach.result", STATE, ATTACH, "how the last attach ended") \
	X(SYSCTL, "sysctl.<path>", ANY, NONE, "a number that the driver exports") \
	X(LOG, "log", COUNT, NONE, "console lines; only with ~ or inside count()")

enum expect_obs {
#define X(id, pattern, type, words, help) EXPECT_OBS_##id,
	EXPECT_OBSERVABLES(X)
#undef X
};

/* Values of thread.state. */
#define EXPECT_THREADS(X) \
	X(NONE, "none") \
	X(RUNNING, "running") \
	X(RUNNABLE, "runnable") \
	X(SLEEPING, "sleeping") \
	X(WAITING_MEMORY, "waiting-memory")

/* Values of attach.result. */
#define EXPECT_ATTACHES(X) \
	X(NONE, "none") \
	X(OK, "ok") \
	X(FAILED, "failed")

/* Values of device.status: failed before needs-reset before the furthest step done. */
#define EXPECT_STATUSES(X) \
	X(RESET, "reset") \
	X(ACKNOWLEDGE, "acknowledge") \
	X(DRIVER, "driver") \
	X(FEATURES_OK, "features-ok") \
	X(DRIVER_OK, "driver-ok") \
	X(NEEDS_RESET, "needs-reset") \
	X(FAILED, "failed")

enum expect_thread {
#define X(id, word) EXPECT_THREAD_##id,
	EXPECT_THREADS(X)
#undef X
};
enum expect_attach {
#define X(id, word) EXPECT_ATTACH_##id,
	EXPECT_ATTACHES(X)
#undef X
};
enum expect_status {
#define X(id, word) EXPECT_STATUS_##id,
	EXPECT_STATUSES(X)
#undef X
};

enum expect_kind {
	EXPECT_NUMBER,		/* value, already in pages or a bare number */
	EXPECT_SPAN,		/* a time; in ticks if `ticks` */
	EXPECT_WORD,		/* a word of a state; value is its number */
	EXPECT_OBSERVE,		/* obs, arg */
	EXPECT_LOG_COUNT,	/* count(log ~ "text"); arg is the text */
};

struct expect_term {
	enum expect_kind kind;
	enum expect_type type;
	bool minus;		/* subtracted from what stands before it */
	bool ticks;		/* EXPECT_SPAN: value counts clock ticks, else ns */
	enum expect_obs obs;	/* EXPECT_OBSERVE */
	int64_t value;
	const char *arg;	/* queue, function, fail id, sysctl path, text; or NULL */
	const char *text;	/* as written, for messages */
	struct loc loc;
};

struct expect_sum {
	struct expect_term *terms;
	size_t count;
};

enum expect_op {
	EXPECT_EQ,
	EXPECT_NE,
	EXPECT_LT,
	EXPECT_LE,
	EXPECT_GT,
	EXPECT_GE,
	EXPECT_IN,		/* left in right..high, both ends included */
	EXPECT_LOG,		/* log ~ "text": some console line contains the text */
};

struct expect {
	const char *text;	/* as written */
	struct loc loc;
	enum expect_op op;
	struct expect_sum left;
	struct expect_sum right;
	struct expect_sum high;	/* EXPECT_IN only */
};

/*
 * How to look at the world.
 * observe: the value of an EXPECT_OBSERVE term into *value: pages, count, ns or a state's
 *	number, after its type; false if there is no such thing now (no such sysctl node).
 * log_count: console lines so far that contain `text`.
 */
struct expect_env {
	bool (*observe)(void *arg, const struct expect_term *, int64_t *value);
	int64_t (*log_count)(void *arg, const char *text);
	void *arg;
	unsigned hz;		/* clock ticks a second, for times in ticks */
};

/*
 * Where the text of an expectation stands: `loc` is its first character.  `exact` says
 * that character n of the text is column loc.col + n; otherwise errors point at its start.
 * `source` is the whole file, for excerpts.
 */
struct expect_source {
	struct loc loc;
	bool exact;
	const char *source;
	size_t source_size;
	const char *used;	/* end of every message, or NULL: where a parameter is used */
};

/*
 * Parse.  All memory comes from the arena; NULL after an error, which was added to the list.
 * Names of queues and calls are checked against the vocabulary.  `fail.<id>` is not
 * checked here: the ids of a scenario are known only when all of it was read.
 */
struct expect *expect_parse(const char *text, const struct expect_source *,
	    const struct scenario_vocab *, struct arena *, struct diag_list *);

/* Is it true now?  A term that cannot be observed makes it false. */
bool	expect_holds(const struct expect *, const struct expect_env *);

/*
 * The value of a sum in its own unit; false if a term cannot be observed.
 * Overflow stops at the end of the number range.
 */
bool	expect_sum_value(const struct expect_sum *, const struct expect_env *, int64_t *value);

/*
 * One line without newline: `expected E, actual T = V, ...`, every observable term with
 * the value that it has now.
 */
void	expect_explain(const struct expect *, const struct expect_env *, FILE *);

/* The values only: `T = V, ...`. */
void	expect_print_actual(const struct expect *, const struct expect_env *, FILE *);

/* A value as a person reads it: `300 pages`, `1.5ms`, `sleeping`. */
void	expect_print_value(const struct expect_term *, int64_t value, FILE *);

/* Table look-ups, for help texts. */
const char *expect_obs_pattern(enum expect_obs);
const char *expect_obs_help(enum expect_obs);
size_t	expect_obs_count(void);

#endif
