/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choices: everything in a run that could have gone otherwise.
 *
 * Each draw names a kind, and the kinds are independent streams: one more
 * draw of one kind leaves the others as they were.  Value 0 is always the
 * plainest behaviour.  Where the values come from is the source:
 *
 *	default		always 0
 *	seed		one generator per kind (xoshiro256**), all split from
 *			one 64-bit seed by splitmix64
 *	replay		a recorded list
 *	enum		depth-first through all values, within a bound
 *	bytes		a buffer, for a fuzzer: a draw takes 1, 2 or 4 bytes,
 *			as many as n - 1 needs, the first the least
 *			significant, modulo n
 *
 * A draw from one possibility (n == 1) is no choice: it returns 0, consumes
 * nothing from any source, and is not recorded.
 */
#ifndef SIM_MACHINE_CHOICE_H
#define SIM_MACHINE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum choice_kind {
	CHOICE_SCHEDULE,	/* which runnable context goes on */
	CHOICE_INTERRUPT,	/* when a pending interrupt is delivered */
	CHOICE_FAULT,		/* whether an armed fault strikes */
	CHOICE_DEVICE,		/* device latencies and order */
	CHOICE_TIMER,		/* where inside its tick a sleep ends */
	CHOICE_PLACEMENT,	/* which physical page an allocation gets */
};
#define CHOICE_KINDS	6	/* how many kinds there are */

/* "schedule", "interrupt", "fault", "device", "timer", "placement". */
const char *choice_kind_name(enum choice_kind);

/* One draw: `value` out of 0 .. n-1. */
struct choice_draw {
	enum choice_kind kind;
	uint32_t	 n;
	uint32_t	 value;
};

/* A growable list of draws in the order of the run.  All zero is empty. */
struct choice_list {
	struct choice_draw *draws;
	size_t		 count;
	size_t		 size;		/* room, in draws */
};

void	choice_list_init(struct choice_list *);
void	choice_list_fini(struct choice_list *);
/* Empty the list but keep its memory. */
void	choice_list_clear(struct choice_list *);
/* Append; ends the process when the host has no memory. */
void	choice_list_push(struct choice_list *, enum choice_kind, uint32_t n,
	    uint32_t value);
bool	choice_list_is_equal(const struct choice_list *,
	    const struct choice_list *);

/*
 * Why a file of choices was not read or written.  The text is complete, on one
 * line without newline: "PATH:LINE: error: ..." or "PATH: error: ...".
 */
struct choice_error {
	unsigned	line;		/* from 1; 0: the file as a whole */
	char		text[512];
};

/*
 * The file format.  First line `viosim-choices 1`, then one line per draw,
 * `KIND N VALUE`, decimal; empty lines and lines that begin with `#` are
 * skipped.
 */
#define CHOICE_FILE_HEADER	"viosim-choices 1"
#define CHOICE_FILE_DRAWS_MAX	((size_t)4 << 20)

/*
 * Write the list, with `comment` (may be NULL; one line, no newline) after
 * the header.  The file is complete under its name or not there at all: it is
 * written beside and renamed.  False and `*err` on failure.
 */
bool	choice_list_save(const struct choice_list *, const char *path,
	    const char *comment, struct choice_error *err);

/*
 * Read a list into `*list`, which the caller has initialised and which is
 * emptied first.  Any bytes may be in the file.  False and `*err` at the first
 * error; the list is empty then.
 */
bool	choice_list_load(struct choice_list *list, const char *path,
	    struct choice_error *err);

/* One xoshiro256** generator (Blackman and Vigna). */
struct choice_rng {
	uint64_t	s[4];
};

/*
 * Fill the state from splitmix64 started at `seed`.  (A seeded source starts
 * the generator of kind k at the k-th output of splitmix64 started at its
 * seed, so a new kind, added last, changes no other.)
 */
void	choice_rng_init(struct choice_rng *, uint64_t seed);
uint64_t choice_rng_next(struct choice_rng *);
/* Uniform in 0 .. n-1 without modulo bias; n > 0. */
uint32_t choice_rng_below(struct choice_rng *, uint32_t n);
/* Advance `*state` and return the next output of splitmix64. */
uint64_t choice_splitmix64(uint64_t *state);

enum choice_source {
	CHOICE_FROM_DEFAULT,
	CHOICE_FROM_SEED,
	CHOICE_FROM_REPLAY,
	CHOICE_FROM_ENUM,
	CHOICE_FROM_BYTES,
};

/* How far an enumeration goes. */
struct choice_bound {
	size_t		draws_max;	/* later draws are 0; 0: no bound */
	unsigned	deviations_max;	/* non-zero draws a run; 0: no bound */
	unsigned	kinds;		/* bit 1 << kind: enumerate this kind,
					   others are 0; 0: every kind */
};

/*
 * A source.  Owned by the caller; the fields are for choice.c, read them
 * through the functions below.
 */
struct choice {
	enum choice_source source;
	bool		 recording;
	struct choice_list record;	/* this run's draws, if recording */
	uint64_t	 draw_count;	/* draws of this run */
	uint64_t	 diverged;
	uint64_t	 seed;
	struct choice_rng rng[CHOICE_KINDS];
	const struct choice_list *replay;
	size_t		 cursor[CHOICE_KINDS]; /* next index of replay */
	bool		 lost[CHOICE_KINDS]; /* kind no longer fits */
	struct choice_bound bound;
	struct choice_list path;	/* draws under enumeration */
	size_t		 path_at;
	bool		 cut;
	const uint8_t	*bytes;
	size_t		 bytes_size;
	size_t		 bytes_at;
};

/* One init per source; choice_fini() ends any of them. */
void	choice_init_default(struct choice *);
void	choice_init_seed(struct choice *, uint64_t seed);
/* The list is borrowed and must outlive the source. */
void	choice_init_replay(struct choice *, const struct choice_list *);
void	choice_init_enum(struct choice *, const struct choice_bound *);
/* The buffer is borrowed and must outlive the source; NULL if size is 0. */
void	choice_init_bytes(struct choice *, const void *bytes, size_t size);
void	choice_fini(struct choice *);

/* A value in 0 .. n-1 for a draw of that kind; n > 0 (asserted). */
unsigned choice_next(struct choice *, enum choice_kind, unsigned n);

/*
 * Start the same source over for another run: same seed, same list, same
 * bytes, the enumeration's present path.  Clears record and counters.
 */
void	choice_restart(struct choice *);

/* Record every draw from now on (or no longer).  Off after init. */
void	choice_record(struct choice *, bool on);
/* What was recorded since init or restart; lives as long as the source. */
const struct choice_list *choice_recorded(const struct choice *);

/* Draws since init or restart. */
uint64_t choice_drawn(const struct choice *);

/*
 * How often the source did not fit the run, since init or restart.
 * Replay: draws that the list could not answer, because its next entry of
 * that kind has another n (the kind then stays at 0), or because it has no
 * more.  Bytes: draws after the end.  Enumeration: draws that differ from the
 * same path of an earlier run (the run was not reproducible).
 */
uint64_t choice_diverged(const struct choice *);

/* Replay: entries of the list that the run has not drawn.  Else 0. */
size_t	choice_unused(const struct choice *);

/*
 * Enumeration: go to the next path and restart.  False when all paths within
 * the bound have been taken.  Call after each run:
 *
 *	do {
 *		run(&choice);
 *	} while (choice_enum_advance(&choice));
 */
bool	choice_enum_advance(struct choice *);

/*
 * Enumeration: true if the bound has hidden any value so far, that is, if the
 * enumeration proves less than everything.
 */
bool	choice_enum_is_cut(const struct choice *);

#endif /* SIM_MACHINE_CHOICE_H */
