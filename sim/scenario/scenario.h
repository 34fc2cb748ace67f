/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loaded scenario: plain data, ready to run.
 *
 * One file becomes one `struct scenario_doc`: one `struct scenario` for every combination
 * of matrix parameters (parameters already put in), each with its machines and seeds.
 * A case is one scenario on one machine with one seed; its id replays it.
 *
 * All pointers belong to the document and live until scenario_doc_free().  Absent text is
 * NULL, an absent number SCENARIO_UNSET, an absent time has unit SCENARIO_NO_TIME; what a
 * device model may decide is a `choice` that can be left to it.  Everything that has a
 * fixed default is filled in.
 */
#ifndef VIOSIM_SCENARIO_SCENARIO_H
#define VIOSIM_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "diag.h"
#include "expect.h"

#define SCENARIO_UNSET UINT64_MAX
#define SCENARIO_FOREVER (UINT64_MAX - 1)
#define SCENARIO_CERTAIN_PPM 1000000u	/* probability 100% */

/* What a machine can have; the machine's own numbers are compared with these in run/build.c. */
#define SCENARIO_SEGMENTS_MAX 8
#define SCENARIO_CPUS_MAX 4
#define SCENARIO_DEVICES_MAX 2
/* RAM lies below 8 TiB, or between 16 and 24 TiB: elsewhere are bus addresses. */
#define SCENARIO_ADDRESS_PAGES ((uint64_t)1 << 31)
#define SCENARIO_FAR_PAGES (2 * SCENARIO_ADDRESS_PAGES)
/* The devices of a PC lie between 3 and 4 GiB: what does not fit below goes above. */
#define SCENARIO_LOW_PAGES (UINT64_C(3) << 18)
#define SCENARIO_HIGH_PAGES (UINT64_C(4) << 18)

/* ---- small values ---- */

enum scenario_unit {
	SCENARIO_NO_TIME,	/* not given */
	SCENARIO_NS,		/* value in nanoseconds */
	SCENARIO_TICKS,		/* value in clock ticks of the machine */
};

/* A time as written; ticks become ns only on a machine (scenario_time_ns). */
struct scenario_time {
	enum scenario_unit unit;
	uint64_t value;
};

enum scenario_choice {
	SCENARIO_BY_MODEL,	/* not given: the device model decides */
	SCENARIO_NO,
	SCENARIO_YES,
};

struct scenario_names {
	const char **name;
	size_t count;
};

struct scenario_param {
	const char *name;
	const char *value;	/* as in the matrix, spaces included */
};

/* ---- machine ---- */

enum scenario_transport { SCENARIO_VIRTIO_1, SCENARIO_LEGACY };
enum scenario_dma { SCENARIO_BOUNCE, SCENARIO_COHERENT };
enum scenario_interrupts { SCENARIO_INTX, SCENARIO_MSIX };
/* Where the driver's softc lies: in one piece, or across two pages that do not adjoin. */
enum scenario_softc { SCENARIO_PLAIN, SCENARIO_STRADDLE };
enum scenario_byte_order { SCENARIO_NATIVE, SCENARIO_SWAPPED };

struct scenario_segment {
	uint64_t at_pages;	/* first page frame */
	uint64_t size_pages;
};

struct scenario_segments {
	struct scenario_segment *segment;	/* ascending, not overlapping */
	size_t count;
};

struct scenario_machine {
	uint64_t memory_pages;	/* SCENARIO_UNSET if segments are given (default 64 MiB) */
	struct scenario_segments segments;	/* count 0 if not given */
	uint64_t reserve_pages;	/* never given to the driver: the kernel's reserve (0) */
	uint64_t hz;		/* clock ticks a second (100) */
	uint64_t cpus;		/* (1) */
	uint64_t interrupt_cpu;	/* which one the device interrupts (0) */
	bool diagnostic;	/* kernel built with DIAGNOSTIC (true) */
	int transport;		/* enum scenario_transport */
	int interrupts;		/* enum scenario_interrupts (INTX) */
	int dma;		/* enum scenario_dma */
	int softc;		/* enum scenario_softc (PLAIN) */
	int byte_order;		/* enum scenario_byte_order (NATIVE) */
	const char *name;	/* the part of a case id after '#': "1.0,bounce" */
	struct loc loc;		/* the entry of `machines`, or `machine` */
};

/* ---- what a type of device adds ---- */

struct arena;
struct map;
struct verb;
struct scenario_type;		/* table.h */

/*
 * Keys that the loader knows only as a table: those of `device:` and of the verbs of a type of
 * device.  `object` is a struct of map->size bytes.
 */
struct scenario_own {
	const struct map *map;
	void *object;
};

/* The struct of every type's `device:` begins with these. */
struct scenario_device_common {
	const char *type;	/* a name of the vocabulary */
	struct scenario_names features;	/* the whole offer but VERSION_1; name NULL: by model */
	uint64_t instances;	/* devices that are like this, from virtio0 on (1) */
};

struct scenario_device {
	const struct scenario_type *type;
	struct scenario_own own;	/* begins with a struct scenario_device_common */
	struct loc loc;
};

/* ---- points and steps ---- */

enum scenario_place {
	SCENARIO_ENTRY,		/* "config entry": the handler of that interrupt begins */
	SCENARIO_CALL,		/* "virtio_dequeue#2 before": a kernel call */
	SCENARIO_ACCESS,	/* "access#17": the driver's nth access to shared memory */
	SCENARIO_LINE,		/* "line 351#2": its nth access at that line of its text */
};

/* Steps `deliver` and `hold` of a scenario. */
#define SCENARIO_POINTS_MAX 32

/* A point in the driver's run.  `nth` counts from 1, from the step on. */
struct scenario_point {
	bool given;
	enum scenario_place place;
	const char *name;	/* interrupt source or kernel call; NULL for ACCESS and LINE */
	unsigned line;		/* SCENARIO_LINE, from 1 */
	uint64_t nth;
	bool after;		/* SCENARIO_CALL: after the call's effect, else before */
};

/* X(ID): the verbs that every scenario has; their rows are in table.c. */
#define SCENARIO_VERBS(X) \
	X(FAIL) X(HEAL) X(IRQ) X(DELIVER) X(HOLD) X(GUEST) X(EXPECT) X(EXPECT_TRACE) X(WAIT) \
	X(SETTLE) X(NOTE)

enum scenario_verb {
#define X(id) SCENARIO_STEP_##id,
	SCENARIO_VERBS(X)
#undef X
	SCENARIO_STEP_OWN,	/* a verb of the type of device */
	SCENARIO_STEPS
};

/* A list of amounts. */
struct scenario_amounts {
	uint64_t *pages;
	size_t count;
};

/* fail: arm a fault. */
struct scenario_fail {
	const char *id;		/* unique in the scenario */
	const char *call;	/* "uvm_pglistalloc", or a fault: "uvm_pglistalloc.enomem" */
	const char *vq;		/* only calls for this queue, or NULL */
	uint64_t nth;		/* first call to strike, counted from 1 (1) */
	uint64_t count;		/* how many strikes (1), or SCENARIO_FOREVER */
	uint64_t probability_ppm;	/* of each strike, in millionths (all) */
	const char *error;	/* key `errno`: a NetBSD errno name, or NULL */
	bool block;		/* sleep inside the call instead of failing it */
};

/* heal: disarm.  id NULL means all. */
struct scenario_heal {
	const char *id;
};

/* irq: raises an interrupt without a cause. */
struct scenario_irq {
	const char *source;	/* "config" or a queue */
	bool spurious;		/* true: no cause is shown either; false: shown, yet nothing new */
	uint64_t count;		/* (1) */
};

struct scenario_deliver {
	const char *irq;	/* "config" or a queue */
	struct scenario_point at;
	uint64_t act;		/* with it the host acts there (device/class.h), or UNSET */
	bool answer;		/* the device completes its oldest request of that queue there */
};

/* hold: keep a context from running, from `at` (or at once) for a time or until a step. */
struct scenario_hold {
	const char *thread;
	struct scenario_point at;	/* given = false: where it stands */
	struct scenario_time lasts;	/* key `for`; or */
	const char *until;		/* name of a later step, NULL if `for` */
	size_t until_step;		/* its index in steps[] */
};

enum scenario_again { SCENARIO_NOT_AGAIN, SCENARIO_AGAIN };

/* guest: exactly one of these. */
struct scenario_guest {
	uint64_t use_pages;	/* others allocate, or SCENARIO_UNSET */
	uint64_t release_pages;	/* others free, or SCENARIO_UNSET */
	bool reboot;
	int attach;		/* enum scenario_again */
	bool detach;
	struct scenario_time busy;	/* processes want the processors, so long */
};

/*
 * A kind of recorded event that `expect-trace` can name: a kernel call, an effect inside one, or
 * what the device or the host does.
 */
struct scenario_event_kind {
	const char *name;	/* "virtio_enqueue_commit", "notify"; NULL ends a list */
	const char *args;	/* "queue:q slot:s": each argument, its letter (door.h) behind it */
	uint16_t kind, code;	/* machine/trace.h; the code is of calls and effects */
	bool is_call;
};

/* An event of that kind whose arguments have these values; letters y and U: have these bits. */
struct scenario_event {
	const struct scenario_event_kind *kind;
	struct scenario_event_arg {
		unsigned index;		/* in kind->args */
		char letter;
		uint64_t value;
		const char *string;	/* letter S */
	} *wants;
	size_t count;
	const char *text;	/* "notify: {queue: inflate}" */
	struct loc loc;
};

/* expect-trace: these events come in this order. */
struct scenario_trace {
	struct scenario_event *event;
	size_t count;		/* at least 1 */
};

struct scenario_settle {
	struct scenario_time within;
};

enum scenario_when {
	SCENARIO_AT_ONCE,	/* right after the previous step */
	SCENARIO_ABSOLUTE,	/* `at: 1s`: since attach finished */
	SCENARIO_RELATIVE,	/* `at: +1s`: after the previous step was done */
};

struct scenario_at {
	enum scenario_when when;
	struct scenario_time time;
};

struct scenario_step {
	enum scenario_verb verb;
	const struct verb *row;		/* the same in the table */
	struct loc loc;			/* the step's first key */
	struct loc verb_loc;		/* the verb's key */
	const char *name;		/* or NULL; unique among the steps */
	struct scenario_at at;
	struct scenario_time within;	/* expect, expect-trace, wait */
	struct scenario_time lasts;	/* key `for`: expect */
	bool exactly;			/* expect-trace */
	int on;				/* of which device, from 0: device, deliver, irq, detach */
	union {
		struct scenario_own own;	/* OWN */
		struct scenario_fail fail;
		struct scenario_heal heal;
		struct scenario_irq irq;
		struct scenario_deliver deliver;
		struct scenario_hold hold;
		struct scenario_guest guest;
		struct expect *expect;		/* EXPECT and WAIT */
		struct scenario_trace trace;
		struct scenario_settle settle;
		const char *note;
	};
};

struct scenario_steps {
	struct scenario_step *step;
	size_t count;
};

/* An entry of always, never, finally or needs. */
struct scenario_claim {
	const char *id;		/* or NULL */
	struct expect *that;
	struct loc loc;
};

struct scenario_claims {
	struct scenario_claim *claim;
	size_t count;
};

/* ---- the whole ---- */

enum scenario_policy { SCENARIO_STRICT, SCENARIO_LENIENT };

struct scenario_limits {
	struct scenario_time time;	/* virtual time (120 s) */
	uint64_t events;		/* (1000000) */
};

struct scenario_rules {
	struct scenario_names off;
	const char *why;
};

struct scenario_seeds {
	uint64_t *seed;
	size_t count;		/* 0: one run with default choices */
};

struct scenario_machines {
	struct scenario_machine *machine;
	size_t count;		/* at least 1 */
};

struct scenario {
	uint64_t format;		/* 1 */
	const char *id;			/* "area/situation" */
	const char *summary;
	struct scenario_names tags;
	struct scenario_seeds seeds;
	struct scenario_param *params;	/* this combination, in file order */
	size_t nparams;
	struct scenario_machine base;	/* the `machine` map; transport and dma may be open (-1) */
	struct scenario_machines machines;
	struct scenario_device device;
	struct scenario_limits limits;
	int policy;			/* enum scenario_policy */
	struct scenario_rules rules;
	struct scenario_steps steps;
	struct scenario_claims always;
	struct scenario_claims never;
	struct scenario_claims finally;
	struct scenario_claims needs;	/* else it does not apply to the driver */
	struct loc loc;			/* the `scenario` key */
};

/* ---- loading ---- */

/*
 * What a scenario may name, given by those who own it.  Each list ends with NULL; none may
 * be left out.
 */
struct scenario_vocab {
	const struct scenario_type *const *types;	/* of devices, the default first */
	const struct scenario_type *type;	/* the one at hand: see scenario_vocab_of() */
	const char *const *devices;	/* names of the types */
	const char *const *features;	/* of the type; the word `none` is the loader's own */
	const char *const *feature_texts;	/* what each means, in that order */
	const char *const *vqs;		/* queues of the type */
	const struct observable *observables;	/* beside those of the type; ends with NULL */
	const char *const *calls;	/* kernel calls: "uvm_pglistalloc" */
	const char *const *faults;	/* "uvm_pglistalloc.enomem": call, dot, what goes wrong */
	const char *const *errnos;	/* "EAGAIN" */
	const char *const *errno_texts;	/* what each means, in that order */
	const char *const *rules;	/* "balloon.stale-page" */
	/* What a rule, call, fault or model is, as Markdown; heap, or NULL. */
	char *(*about)(const char *name);
	const struct scenario_event_kind *events;
	/* Names of the values of a letter, or NULL; see trace_words(). */
	const char *const *(*event_words)(char letter, bool *bits);
	/* Is there such a fault?  If not, a sentence and the key of `fail` that is wrong. */
	bool (*check_fault)(const struct scenario_fail *, const char **key, char *why,
	    size_t size);
};

struct scenario_doc {
	const char *path;
	const char *text;		/* the source, NUL-terminated, for excerpts */
	size_t size;
	struct scenario **scenario;	/* one per combination, first parameter slowest */
	size_t count;			/* at least 1 */
	struct arena *arena;
};

#define SCENARIO_COMBINATIONS_MAX 1024
#define SCENARIO_SEEDS_MAX 100000

/*
 * What `scenario:` must be in a file with that path: the path below the last folder named
 * `scenarios`, without .yaml; of a file that lies below no such folder its last part.
 */
const char *scenario_id_of(const char *path, bool *is_below, struct arena *);

/* Load a file.  NULL after errors, all of which (up to DIAG_MAX) are in the list. */
struct scenario_doc *scenario_load(const char *path, const struct scenario_vocab *,
	    struct diag_list *);

/* The same from memory; `path` is for messages, for the rule above and for `extends`. */
struct scenario_doc *scenario_load_text(const char *path, const char *text, size_t size,
	    const struct scenario_vocab *, struct diag_list *);

void	scenario_doc_free(struct scenario_doc *);	/* NULL is fine */

/* ---- cases and replay ids ---- */

struct scenario_case {
	const struct scenario *scenario;
	const struct scenario_machine *machine;
	bool has_seed;
	uint64_t seed;
	char *id;	/* heap, by scenario_case_init */
};

/*
 * Case ids: `area/situation[param=value,...]@seed#transport,dma,...`
 * - `[...]` only with a matrix; all parameters in file order; spaces of a value left out.
 * - `@seed` only if the scenario has seeds.
 * - `#` always, with transport (1.0 or legacy) and dma (bounce or coherent); then whatever
 *   else differs from the scenario's own `machine` map: msix, straddle, swapped, cpus=2, hz=1000,
 *   diagnostic=false, reserve=16MiB, memory=1GiB or memory=3GiB@0+5GiB@4GiB.
 */
void	scenario_case_init(struct scenario_case *, const struct scenario *,
	    const struct scenario_machine *, bool has_seed, uint64_t seed);
void	scenario_case_fini(struct scenario_case *);

/* A replay id taken apart.  Whatever is left out matches everything. */
struct scenario_ref {
	const char *path;	/* a path or an area/situation */
	struct scenario_param *params;
	size_t nparams;
	bool has_seed;
	uint64_t seed;
	const char **machine;	/* parts after '#' */
	size_t nmachine;
	struct arena *arena;	/* that has all this */
};

/* False, with a message in `why`, if it is no replay id. */
bool	scenario_ref_parse(struct scenario_ref *, const char *text, char *why, size_t why_size);
void	scenario_ref_fini(struct scenario_ref *);

/*
 * The cases of a document that a reference (NULL: none) selects, in order of combination,
 * machine, seed.  A seed in the reference is taken even if the scenario, which has
 * others, does not list it; a scenario without seeds has no case with one.
 * Heap array, each case to be finished; NULL and *count 0 if nothing fits.
 */
struct scenario_case *scenario_cases(const struct scenario_doc *,
	    const struct scenario_ref *, size_t *count);
void	scenario_cases_free(struct scenario_case *, size_t count);

/* ---- the other directions ---- */

/* Time in ns on a machine with `hz`; stops at INT64_MAX.  NO_TIME is 0. */
int64_t	scenario_time_ns(struct scenario_time, uint64_t hz);
bool	scenario_time_is_given(struct scenario_time);

/* Pages that the machine has (memory or all segments). */
uint64_t scenario_machine_pages(const struct scenario_machine *);

/* The vocabulary with the lists of another type of device. */
struct scenario_vocab scenario_vocab_of(const struct scenario_vocab *,
	    const struct scenario_type *);

/* How many devices there are. */
static inline unsigned
scenario_devices(const struct scenario *sc)
{
	return (unsigned)((const struct scenario_device_common *)
	    sc->device.own.object)->instances;
}

/* All observables, from 0: those of the type, then the others; NULL at the end. */
const struct observable *scenario_observable(const struct scenario_vocab *, size_t);

/* Where the name stands in the list: its index, or the count if it does not. */
size_t	scenario_names_at(const struct scenario_names *, const char *name);
bool	scenario_names_has(const struct scenario_names *, const char *name);

/* Is it a step that says what must come true, or waits until all has settled? */
bool	scenario_step_judges(const struct scenario_step *);

/* Does any expectation refer to the observable of that pattern? */
bool	scenario_observes(const struct scenario *, const char *pattern);

/* The key of the step's verb. */
const char *scenario_verb_key(const struct scenario_step *);

/* Canonical YAML that loads to the same plan (parameters stay put in). */
void	scenario_print(const struct scenario *, FILE *);

/*
 * The same of one case, with all that has its default: its machine and seed, the whole machine,
 * device, limits and faults, and when steps begin as far as that does not depend on the driver.
 * A run of it has the digest of the case.
 */
void	scenario_case_print(const struct scenario_case *, FILE *);

/* One step or machine on one line, for timelines and messages. */
void	scenario_step_print(const struct scenario_step *, FILE *);

/* A point as it is written in a file, without quotes. */
void	scenario_point_text(const struct scenario_point *, char *text, size_t size);

/* A value of an event as it is written in a file; `string` is the text of letter S. */
void	scenario_event_value_print(char letter, uint64_t value, const char *string,
	    const struct scenario_vocab *, FILE *);

/* Argument `index` of an event's kind: its letter and its name; 0: no more. */
#define SCENARIO_ARG_NAME 32
char	scenario_event_arg_of(const char *args, unsigned index, char name[SCENARIO_ARG_NAME]);

/* JSON Schema (draft 2020-12) of the format, from the loader's tables. */
void	scenario_schema_print(const struct scenario_vocab *, FILE *);

/* Every key, verb and name with its help, from the same tables; `width` columns. */
void	scenario_describe(const struct scenario_vocab *, unsigned width, FILE *);

/*
 * The same of one word: a key (`dma`, or `machine.dma`), verb, value, form, observable or name,
 * wherever there is one, or a whole section (`verbs`).  False, and nothing is written, if there
 * is none.
 */
bool	scenario_describe_word(const struct scenario_vocab *, const char *word, unsigned width,
	    FILE *);

/* All words that scenario_describe_word() knows are offered (text.h). */
struct text_nearest;
void	scenario_describe_offer(const struct scenario_vocab *, struct text_nearest *);

#endif
