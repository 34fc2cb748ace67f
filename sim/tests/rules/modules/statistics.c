/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rule balloon.statistics.
 */
#include "statistics.h"

#define	STATISTICS_FRAGMENT(name, ...)					\
	FRAGMENT(name, .in_attach = probe_make_statistics,		\
	    .features = PROBE_F_STATS_VQ, .in_live = __VA_ARGS__)

static void
give_two(struct probe *sc)
{
	probe_give_statistics(sc, probe_two_statistics(sc), true);
}

/* The rule: a new buffer for each that comes back. */
static void
give_again(struct probe *sc)
{
	if (probe_take_statistics(sc, 2 * STATISTIC_BYTES))
		give_two(sc);
}
STATISTICS_FRAGMENT(balloon_statistics_ok, give_two, .in_step = give_again);

/* The first buffer may be anything, in any order of tags. */
static void
give_anything(struct probe *sc)
{
	probe_statistic(sc, 0, 9, 1);
	probe_give_statistics(sc, STATISTIC_BYTES, true);
}

static void
give_the_other_way_round(struct probe *sc)
{
	if (!probe_take_statistics(sc, (sc->sc_n == 0 ? 1 : 2) * STATISTIC_BYTES))
		return;
	if (sc->sc_n++ == 0) {
		give_two(sc);
		return;
	}
	probe_statistic(sc, 0, 5, 128);
	probe_statistic(sc, 1, 4, 64);
	probe_give_statistics(sc, 2 * STATISTIC_BYTES, true);
}
STATISTICS_FRAGMENT(balloon_statistics_ok2, give_anything,
    .in_step = give_the_other_way_round);

/* The device gives the buffer back with a slot that is not the buffer's. */
STATISTICS_FRAGMENT(ring_slot_balance_bad7, give_two, .in_step = give_again);

/* Never. */
STATISTICS_FRAGMENT(balloon_statistics_bad, NULL);

/* Twice. */
static void
give_two_buffers(struct probe *sc)
{
	give_two(sc);
	probe_statistic(sc, 2, 4, 64);
	probe_statistic(sc, 3, 5, 128);
	probe_give_part(sc, 2 * STATISTIC_BYTES, 2 * STATISTIC_BYTES, true);
}

static void
take_only(struct probe *sc)
{
	probe_take_statistics(sc, 2 * STATISTIC_BYTES);
}
STATISTICS_FRAGMENT(balloon_statistics_bad2, give_two_buffers, .in_step = take_only);

/* A length counted in 8-byte values. */
static void
give_half_an_entry(struct probe *sc)
{
	probe_give_statistics(sc, probe_two_statistics(sc) - 4, true);
}
STATISTICS_FRAGMENT(balloon_statistics_bad3, give_half_an_entry);

/* For the device to write. */
static void
ask_the_device(struct probe *sc)
{
	probe_give_statistics(sc, 2 * STATISTIC_BYTES, false);
}
STATISTICS_FRAGMENT(balloon_statistics_bad4, ask_the_device);

/* None for the one that comes back. */
STATISTICS_FRAGMENT(balloon_statistics_bad5, give_two, .in_step = take_only);

/* Another statistic than before; also with the tags the other way round, as if swapped. */
static void
swap_tags(struct probe *sc)
{
	uint8_t *entry = sc->sc_p;

	for (int i = 0; i < 2; i++, entry += STATISTIC_BYTES) {
		entry[1] = entry[0];
		entry[0] = 0;
	}
}

/* True: two of them, to be given. */
static bool
make_others(struct probe *sc)
{
	if (!probe_take_statistics(sc, 2 * STATISTIC_BYTES))
		return false;
	probe_statistic(sc, 0, 4, 64);
	probe_statistic(sc, 1, sc->sc_n++ == 0 ? 5 : 6, 128);
	return true;
}

static void
give_others(struct probe *sc)
{
	if (make_others(sc))
		probe_give_statistics(sc, 2 * STATISTIC_BYTES, true);
}
STATISTICS_FRAGMENT(balloon_statistics_bad6, give_two, .in_step = give_others);

static void
give_two_swapped(struct probe *sc)
{
	probe_two_statistics(sc);
	swap_tags(sc);
	probe_give_statistics(sc, 2 * STATISTIC_BYTES, true);
}

static void
give_others_swapped(struct probe *sc)
{
	if (!make_others(sc))
		return;
	swap_tags(sc);
	probe_give_statistics(sc, 2 * STATISTIC_BYTES, true);
}
STATISTICS_FRAGMENT(balloon_statistics_bad7, give_two_swapped, .in_step = give_others_swapped);
