/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area queue-intr.
 */
#include "probe.h"

/* ---- queue-intr.unseen ---- */

FRAGMENT_IN(queue_intr_unseen_bad, in_live, stop)
{
	virtio_stop_vq_intr(sc->sc_virtio, &sc->sc_vq[PROBE_INFLATE]); /* BREAKS */
}

/* vq_done, which dequeues, comes after this. */
FRAGMENT_IN(queue_intr_unseen_ok, in_done, stop_and_start)
{
	stop(sc);
	virtio_start_vq_intr(sc->sc_virtio, &sc->sc_vq[PROBE_INFLATE]);
}

/* Nothing is out on that queue: what a broken device uses there nobody waits for. */
FRAGMENT_IN(queue_intr_unseen_ok2, in_live, stop_where_nothing_is_out)
{
	virtio_stop_vq_intr(sc->sc_virtio, &sc->sc_vq[PROBE_DEFLATE]);
}
