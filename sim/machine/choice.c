/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choices: where draws come from.
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
	for (unsigned kind = 0; kind < CHOICE_KINDS; kind++)
		choice_rng_init(&c->rng[kind], choice_splitmix64(&seed));
}

void
choice_init_bytes(struct choice *c, const void *bytes, size_t size)
{
	choice_init(c, CHOICE_FROM_BYTES);
	c->bytes = bytes;
	c->bytes_size = size;
}

static uint32_t
bytes_next(struct choice *c, uint32_t n)
{
	unsigned width = n <= 0x100 ? 1 : n <= 0x10000 ? 2 : 4;
	uint32_t value = 0;

	if (c->bytes_size - c->bytes_at < width) {
		c->bytes_at = c->bytes_size;
		return 0;
	}
	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)c->bytes[c->bytes_at++] << 8 * i;
	return value % n;
}

unsigned
choice_next(struct choice *c, enum choice_kind kind, unsigned n)
{
	assert(n > 0);
	if (n == 1)
		return 0;
	c->draw_count++;
	switch (c->source) {
	case CHOICE_FROM_DEFAULT:
		return 0;
	case CHOICE_FROM_SEED:
		return choice_rng_below(&c->rng[kind], n);
	case CHOICE_FROM_BYTES:
		return bytes_next(c, n);
	}
	assert(!"a source of choices that does not exist");
	return 0;
}
