/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area config.
 */
#include "probe.h"

/* ---- config.actual-write ---- */

FRAGMENT_IN(config_actual_write_bad, inflate, inflate_and_write)
{
	probe_inflate(sc, npages);
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, npages); /* BREAKS */
}

FRAGMENT_IN(config_actual_write_bad2, inflated, write_in_pieces)
{
	probe_keep(sc);
	virtio_write_device_config_le_2(sc->sc_virtio, 4, sc->sc_actual); /* BREAKS */
}

/* Never; reported at the completion that was not followed by a write. */
FRAGMENT_IN(config_actual_write_bad3, inflated, inflated_in_silence)
{
	probe_keep(sc);
}

FRAGMENT_IN(config_actual_write_bad4, inflated, inflated_and_paused)
{
	kpause("probe", false, 6 * hz, NULL);
	probe_inflated(sc);
}

FRAGMENT_IN(config_actual_write_bad5, deflate, deflate_and_write)
{
	probe_deflate(sc, npages);
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, 0); /* BREAKS */
}

FRAGMENT_IN(config_actual_write_bad6, in_thread, write_nonsense)
{
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, 0x7fffffff); /* BREAKS */
}

/* A little later will do. */
FRAGMENT_IN(config_actual_write_ok2, inflated, inflated_and_paused_briefly)
{
	kpause("probe", false, hz, NULL);
	probe_inflated(sc);
}

/* A second write says the same again. */
FRAGMENT_IN(config_actual_write_ok, inflated, inflated_and_written_twice)
{
	probe_inflated(sc);
	probe_write_actual(sc, sc->sc_actual);
}

/* ---- config.byte-order ---- */

FRAGMENT_IN(config_byte_order_bad, in_thread, read_guest_order)
{
	if (virtio_read_device_config_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES) > 1000) /* BREAKS */
		sc->sc_n++;
}

FRAGMENT_IN(config_byte_order_bad2, inflated, write_guest_order)
{
	probe_keep(sc);
	virtio_write_device_config_4(sc->sc_virtio, PROBE_CFG_ACTUAL, sc->sc_actual); /* BREAKS */
}

/* All of virtio 1.0 is little endian, whatever the guest is. */
FRAGMENT_IN(config_byte_order_ok, in_thread, read_in_either_order)
{
	if (sc->sc_virtio->sc_version_1)
		(void)virtio_read_device_config_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	else
		(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
}

/* ---- config.field-access ---- */

FRAGMENT_IN(config_field_access_bad, in_thread, read_one_byte)
{
	(void)virtio_read_device_config_1(sc->sc_virtio, PROBE_CFG_NUM_PAGES); /* BREAKS */
}

FRAGMENT_IN(config_field_access_bad2, in_thread, read_between_fields)
{
	(void)virtio_read_device_config_le_4(sc->sc_virtio, 2); /* BREAKS */
}

FRAGMENT_IN(config_field_access_bad3, in_thread, write_target)
{
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES, 0); /* BREAKS */
}

FRAGMENT_IN(config_field_access_ok, in_thread, read_both_fields)
{
	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL);
}

/* ---- config.torn-read ---- */

/* The host sets its target between the two. */
FRAGMENT_IN(config_torn_read_bad, in_thread, read_two_fields)
{
	uint32_t target, actual;

	target = virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	actual = virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL); /* BREAKS */
	sc->sc_n = target - actual;
}

/* The other one is read for something else, after the thread slept. */
FRAGMENT_IN(config_torn_read_ok, in_thread, read_far_apart)
{
	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	kpause("probe", false, 2, NULL);
	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL);
}

/* An optional field, which this device does not have. */
FRAGMENT_IN(config_field_access_bad5, in_attach, read_hint)
{
	sc->sc_n = virtio_read_device_config_le_4(sc->sc_virtio, 8) > 1; /* BREAKS */
}

FRAGMENT_IN(config_field_access_ok5, in_attach, read_hint_if_offered)
{
	if ((virtio_features(sc->sc_virtio) & (1 << 3)) != 0)
		sc->sc_n = virtio_read_device_config_le_4(sc->sc_virtio, 8) > 1;
}

/* On the legacy interface any width will do. */
FRAGMENT_IN(config_field_access_ok6, in_thread, read_target_by_bytes)
{
	for (int i = 0; i < 4; i++)
		sc->sc_n += virtio_read_device_config_1(sc->sc_virtio, i);
}
