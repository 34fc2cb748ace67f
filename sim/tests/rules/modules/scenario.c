/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area scenario.
 */
#include "probe.h"

/* ---- scenario.expect ---- */

/* Legal, but the scenario wants it sooner. */
FRAGMENT_IN(scenario_expect_bad, in_step, take_time)
{
	kpause("late", false, mstohz(600), NULL);
}

FRAGMENT_IN(scenario_expect_ok, in_step, take_less_time)
{
	kpause("early", false, mstohz(400), NULL);
}

/* ---- scenario.impossible-fault ---- */

/* Where nothing bounces a load allocates nothing. */
FRAGMENT_IN(scenario_impossible_fault_bad, in_attach, load_once_more)
{
	if (bus_dmamap_create(sc->sc_dmat, PAGE_SIZE, 1, PAGE_SIZE, 0, BUS_DMA_NOWAIT,
	    &sc->sc_map2) != 0)
		return;
	if (bus_dmamap_load(sc->sc_dmat, sc->sc_map2, sc->sc_pfns, 4, NULL, /* BREAKS */
	    BUS_DMA_NOWAIT) == 0)
		bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(scenario_impossible_fault_ok, .in_attach = load_once_more);
