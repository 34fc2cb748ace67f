/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area log.
 */
#include "probe.h"

/* ---- log.flood ---- */

FRAGMENT_IN(log_flood_bad, in_thread, print_much)
{
	for (sc->sc_n = 0; sc->sc_n < 101; sc->sc_n++)
		aprint_normal_dev(sc->sc_dev, "line %d\n", sc->sc_n); /* BREAKS */
}

FRAGMENT_IN(log_flood_ok, in_thread, print_less)
{
	for (sc->sc_n = 0; sc->sc_n < 99; sc->sc_n++)
		aprint_normal_dev(sc->sc_dev, "line %d\n", sc->sc_n);
}

/* ---- log.quiet ---- */

FRAGMENT_IN(log_quiet_bad, in_thread, print_error)
{
	aprint_error_dev(sc->sc_dev, "the host is strange\n"); /* BREAKS */
}

/* An ordinary end of the queue is no failure. */
FRAGMENT_IN(log_quiet_bad2, in_thread, print_failure)
{
	int slot;

	if (sc->sc_n++ == 0 &&
	    virtio_dequeue(sc->sc_virtio, &sc->sc_vq[PROBE_INFLATE], &slot, NULL) != 0)
		printf("%s: dequeue failed\n", device_xname(sc->sc_dev)); /* BREAKS */
}

/* Something did fail. */
FRAGMENT_IN(log_quiet_ok, in_thread, print_after_failure)
{
	if (!probe_alloc(&sc->sc_pages2, 1)) {
		printf("%s: could not get a page\n", device_xname(sc->sc_dev));
		return;
	}
	uvm_pglistfree(&sc->sc_pages2);
	aprint_normal_dev(sc->sc_dev, "got a page\n");
}
FRAGMENT(log_quiet_ok2, .in_thread = print_after_failure);
