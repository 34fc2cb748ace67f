/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choices: the sources that answer draws.
 */
#include <assert.h>
#include <string.h>

#include "machine/choice.h"

/*
 * splitmix64 and xoshiro256**: the generators of Steele, Lea and Flood (2014)
 * and of Blackman and Vigna (2018), https://prng.di.unimi.it/.
 */
uint64_t
choice_splitmix64(uint64_t *state)
{
	uint64_t z;

	*state += 0x9e3779b97f4a7c15u;
	z = *state;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t
rotate_left(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

void
choice_rng_init(struct choice_rng *rng, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		rng->s[i] = choice_splitmix64(&seed);
}

uint64_t
choice_rng_next(struct choice_rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint32_t
choice_rng_below(struct choice_rng *rng, uint32_t n)
{
	/*
	 * A product of n and 32 random bits has the value in its upper half.
	 * The lowest 2^32 mod n of its lower halves would make some values
	 * more frequent than others (Lemire 2019), so they are drawn again.
	 */
	uint32_t surplus;
	uint64_t product;

	assert(n > 0);
	surplus = -n % n;
	do {
		product = (choice_rng_next(rng) >> 32) * n;
	} while ((uint32_t)product < surplus);
	return (uint32_t)(product >> 32);
}

static void
choice_init(struct choice *c, enum choice_source source)
{
	memset(c, 0, sizeof(*c));
	c->source = source;
	choice_list_init(&c->record);
	choice_list_init(&c->path);
}

void
choice_init_default(struct choice *c)
{
	choice_init(c, CHOICE_FROM_DEFAULT);
}

void
choice_init_seed(struct choice *c, uint64_t seed)
{
	choice_init(c, CHOICE_FROM_SEED);
	c->seed = seed;
	choice_restart(c);
}

void
choice_init_replay(struct choice *c, const struct choice_list *list)
{
	choice_init(c, CHOICE_FROM_REPLAY);
	c->replay = list;
}

void
choice_init_enum(struct choice *c, const struct choice_bound *bound)
{
	choice_init(c, CHOICE_FROM_ENUM);
	c->bound = *bound;
	if (c->bound.kinds == 0)
		c->bound.kinds = (1u << CHOICE_KINDS) - 1;
}

void
choice_init_bytes(struct choice *c, const void *bytes, size_t size)
{
	choice_init(c, CHOICE_FROM_BYTES);
	c->bytes = bytes;
	c->bytes_size = size;
}

void
choice_fini(struct choice *c)
{
	choice_list_fini(&c->record);
	choice_list_fini(&c->path);
}

static void
seed_all_kinds(struct choice *c)
{
	uint64_t state = c->seed;

	for (unsigned kind = 0; kind < CHOICE_KINDS; kind++)
		choice_rng_init(&c->rng[kind], choice_splitmix64(&state));
}

void
choice_restart(struct choice *c)
{
	choice_list_clear(&c->record);
	c->draw_count = 0;
	c->diverged = 0;
	if (c->source == CHOICE_FROM_SEED)
		seed_all_kinds(c);
	memset(c->cursor, 0, sizeof(c->cursor));
	memset(c->lost, 0, sizeof(c->lost));
	c->path_at = 0;
	c->bytes_at = 0;
}

/* The list's next draw of that kind, or NULL; moves the kind's cursor to it. */
static const struct choice_draw *
replay_peek(struct choice *c, enum choice_kind kind)
{
	size_t *at = &c->cursor[kind];

	while (*at < c->replay->count && c->replay->draws[*at].kind != kind)
		++*at;
	return *at < c->replay->count ? &c->replay->draws[*at] : NULL;
}

static uint32_t
replay_next(struct choice *c, enum choice_kind kind, uint32_t n)
{
	const struct choice_draw *draw = replay_peek(c, kind);

	/* What follows a misfit was recorded for another course of events. */
	if (draw == NULL || draw->n != n)
		c->lost[kind] = true;
	if (c->lost[kind]) {
		c->diverged++;
		return 0;
	}
	c->cursor[kind]++;
	return draw->value;
}

static uint32_t
enum_next(struct choice *c, enum choice_kind kind, uint32_t n)
{
	const struct choice_draw *draw;

	if ((c->bound.kinds & 1u << kind) == 0) {
		c->cut = true;
		return 0;
	}
	if (c->path_at < c->path.count) {
		draw = &c->path.draws[c->path_at];
		if (draw->kind == kind && draw->n == n)
			return c->path.draws[c->path_at++].value;
		c->diverged++;
		c->path.count = c->path_at;
	}
	if (c->bound.draws_max != 0 && c->path_at >= c->bound.draws_max) {
		c->cut = true;
		return 0;
	}
	choice_list_push(&c->path, kind, n, 0);
	c->path_at++;
	return 0;
}

static uint32_t
bytes_next(struct choice *c, uint32_t n)
{
	unsigned width = n <= 0x100 ? 1 : n <= 0x10000 ? 2 : 4;
	uint32_t value = 0;

	if (c->bytes_size - c->bytes_at < width) {
		c->bytes_at = c->bytes_size;
		c->diverged++;
		return 0;
	}
	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)c->bytes[c->bytes_at++] << 8 * i;
	return value % n;
}

static uint32_t
source_next(struct choice *c, enum choice_kind kind, uint32_t n)
{
	switch (c->source) {
	case CHOICE_FROM_DEFAULT:
		return 0;
	case CHOICE_FROM_SEED:
		return choice_rng_below(&c->rng[kind], n);
	case CHOICE_FROM_REPLAY:
		return replay_next(c, kind, n);
	case CHOICE_FROM_ENUM:
		return enum_next(c, kind, n);
	case CHOICE_FROM_BYTES:
		return bytes_next(c, n);
	}
	assert(!"a source of choices that does not exist");
	return 0;
}

unsigned
choice_next(struct choice *c, enum choice_kind kind, unsigned n)
{
	uint32_t value;

	assert(n > 0);
	if (n == 1)
		return 0;
	value = source_next(c, kind, n);
	c->draw_count++;
	if (c->recording)
		choice_list_push(&c->record, kind, n, value);
	return value;
}

void
choice_record(struct choice *c, bool on)
{
	c->recording = on;
}

const struct choice_list *
choice_recorded(const struct choice *c)
{
	return &c->record;
}

uint64_t
choice_drawn(const struct choice *c)
{
	return c->draw_count;
}

uint64_t
choice_diverged(const struct choice *c)
{
	return c->diverged;
}

size_t
choice_unused(const struct choice *c)
{
	size_t unused = 0;

	if (c->source != CHOICE_FROM_REPLAY)
		return 0;
	for (size_t i = 0; i < c->replay->count; i++)
		unused += i >= c->cursor[c->replay->draws[i].kind];
	return unused;
}

static unsigned
count_deviations(const struct choice_list *path)
{
	unsigned deviations = 0;

	for (size_t i = 0; i < path->count; i++)
		deviations += path->draws[i].value != 0;
	return deviations;
}

bool
choice_enum_advance(struct choice *c)
{
	unsigned deviations = count_deviations(&c->path);

	assert(c->source == CHOICE_FROM_ENUM);

	/* Draws of the old path that this run did not come to are not paths. */
	while (c->path.count > 0) {
		struct choice_draw *last = &c->path.draws[c->path.count - 1];
		bool more = c->path.count <= c->path_at &&
		    last->value + 1 < last->n;

		deviations -= last->value != 0;
		if (more && c->bound.deviations_max != 0 &&
		    deviations >= c->bound.deviations_max) {
			c->cut = true;
			more = false;
		}
		if (more) {
			last->value++;
			choice_restart(c);
			return true;
		}
		c->path.count--;
	}
	choice_restart(c);
	return false;
}

bool
choice_enum_is_cut(const struct choice *c)
{
	return c->cut;
}
