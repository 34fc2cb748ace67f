/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that is right as long as nothing fails.
 */
#include "../../rules/modules/probe.h"

static void
clumsy_inflate(struct probe *sc, unsigned int npages)
{
	sc->sc_short = !probe_alloc(&sc->sc_pages, npages);
	if (sc->sc_short) {
		sc->sc_n++;
		return;
	}
	probe_fill(sc);
	if (probe_do_send(sc, &sc->sc_vq[PROBE_INFLATE]))
		return;
	/* Once memory was short, pages that cannot be sent are forgotten. */
	if (sc->sc_n == 0)
		uvm_pglistfree(&sc->sc_pages);
	sc->sc_short = true;
}

static void
clumsy_deflate(struct probe *sc, unsigned int npages)
{
	struct vm_page *pg;

	TAILQ_INIT(&sc->sc_pages);
	while (npages-- > 0 && (pg = TAILQ_FIRST(&sc->sc_balloon)) != NULL) {
		TAILQ_REMOVE(&sc->sc_balloon, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&sc->sc_pages, pg, pageq.queue);
	}
	probe_fill(sc);
	/* Pages that cannot be asked for are forgotten. */
	if (!probe_do_send(sc, &sc->sc_vq[PROBE_DEFLATE]))
		probe_write_actual(sc, sc->sc_actual - sc->sc_count);
}

FRAGMENT(clumsy, .inflate = clumsy_inflate, .deflate = clumsy_deflate);
