/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choices: everything in a run that could have gone otherwise.
 *
 * Each draw names a kind, and the kinds are independent streams: one more draw of one kind
 * leaves the others as they were.  Value 0 is always the simplest behaviour.  Where the values
 * come from is the source:
 *
 *	default		always 0
 *	seed		one generator per kind (xoshiro256**), all split from one 64-bit seed by
 *			splitmix64
 *	bytes		a buffer, for a fuzzer: a draw takes 1, 2 or 4 bytes, as many as n - 1
 *			needs, the first the least significant, modulo n; 0 after the end
 *
 * A draw from one possibility (n == 1) is no choice: it returns 0 and consumes nothing from any
 * source.
 */
#ifndef SIM_MACHINE_CHOICE_H
#define SIM_MACHINE_CHOICE_H

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

/* One xoshiro256** generator (Blackman and Vigna). */
struct choice_rng {
	uint64_t	s[4];
};

/*
 * Fill the state from splitmix64 started at `seed`.  (A seeded source starts the generator of
 * kind k at the k-th output of splitmix64 started at its seed, so a new kind, added last,
 * changes no other.)
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
	CHOICE_FROM_BYTES,
};

/* A source.  Owned by the caller, who may look at draw_count. */
struct choice {
	enum choice_source source;
	uint64_t	 draw_count;	/* since init */
	struct choice_rng rng[CHOICE_KINDS];
	const uint8_t	*bytes;
	size_t		 bytes_size, bytes_at;
};

/* One init per source; nothing ends them. */
void	choice_init_default(struct choice *);
void	choice_init_seed(struct choice *, uint64_t seed);
/* The buffer is borrowed and must outlive the source; NULL if size is 0. */
void	choice_init_bytes(struct choice *, const void *bytes, size_t size);

/* A value in 0 .. n-1 for a draw of that kind; n > 0 (asserted). */
unsigned choice_next(struct choice *, enum choice_kind, unsigned n);

#endif /* SIM_MACHINE_CHOICE_H */
