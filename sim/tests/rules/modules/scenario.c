/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area scenario.
 */
#include "probe.h"

/* ---- scenario.expect ---- */

/* Legal, but the story wants it sooner. */
static void
take_time(struct probe *sc)
{

	kpause("late", false, mstohz(600), NULL);
}
FRAGMENT(scenario_expect_bad, .in_step = take_time);

static void
take_less_time(struct probe *sc)
{

	kpause("early", false, mstohz(400), NULL);
}
FRAGMENT(scenario_expect_ok, .in_step = take_less_time);
