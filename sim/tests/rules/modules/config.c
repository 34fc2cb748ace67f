/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area config.
 */
#include "probe.h"

/* ---- config.actual-write ---- */

static void
inflate_and_write(struct probe *sc, unsigned int npages)
{

	probe_inflate(sc, npages);
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, npages); /* BREAKS */
}
FRAGMENT(config_actual_write_bad, .inflate = inflate_and_write);

static void
write_in_pieces(struct probe *sc)
{

	probe_move(&sc->sc_balloon, &sc->sc_pages);
	sc->sc_actual += sc->sc_count;
	virtio_write_device_config_le_2(sc->sc_virtio, 4, sc->sc_actual); /* BREAKS */
}
FRAGMENT(config_actual_write_bad2, .inflated = write_in_pieces);

/* Never; told of the answer that was not followed by a write. */
static bool
receive_for_nothing(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	if (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) != 0) /* BREAKS */
		return false;
	virtio_dequeue_commit(sc->sc_virtio, vq, slot);
	PROBE_SYNC(sc, 0, sizeof(uint32_t) * sc->sc_count, POSTWRITE);
	sc->sc_vq_out = NULL;
	return true;
}

static void
inflated_in_silence(struct probe *sc)
{

	probe_move(&sc->sc_balloon, &sc->sc_pages);
	sc->sc_actual += sc->sc_count;
}
FRAGMENT(config_actual_write_bad3, .receive = receive_for_nothing,
    .inflated = inflated_in_silence);

static void
inflated_and_paused(struct probe *sc)
{

	kpause("probe", false, 6 * hz, NULL);
	probe_inflated(sc);
}
FRAGMENT(config_actual_write_bad4, .receive = receive_for_nothing,
    .inflated = inflated_and_paused);

static void
deflate_and_write(struct probe *sc, unsigned int npages)
{

	probe_deflate(sc, npages);
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, 0); /* BREAKS */
}
FRAGMENT(config_actual_write_bad5, .deflate = deflate_and_write);

static void
write_nonsense(struct probe *sc)
{

	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, 0x7fffffff); /* BREAKS */
}
FRAGMENT(config_actual_write_bad6, .in_thread = write_nonsense);

/* A moment later will do. */
static void
inflated_and_paused_briefly(struct probe *sc)
{

	kpause("probe", false, hz, NULL);
	probe_inflated(sc);
}
FRAGMENT(config_actual_write_ok2, .inflated = inflated_and_paused_briefly);

/* A second write says the same again. */
static void
inflated_and_written_twice(struct probe *sc)
{

	probe_inflated(sc);
	probe_write_actual(sc, sc->sc_actual);
}
FRAGMENT(config_actual_write_ok, .inflated = inflated_and_written_twice);

/* ---- config.byte-order ---- */

static void
read_guest_order(struct probe *sc)
{

	if (virtio_read_device_config_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES) > 1000) /* BREAKS */
		sc->sc_n++;
}
FRAGMENT(config_byte_order_bad, .in_thread = read_guest_order);

static void
write_guest_order(struct probe *sc)
{

	probe_move(&sc->sc_balloon, &sc->sc_pages);
	sc->sc_actual += sc->sc_count;
	virtio_write_device_config_4(sc->sc_virtio, PROBE_CFG_ACTUAL, sc->sc_actual); /* BREAKS */
}
FRAGMENT(config_byte_order_bad2, .inflated = write_guest_order);

/* All of virtio 1.0 is little endian, whatever the guest is. */
static void
read_in_either_order(struct probe *sc)
{

	if (sc->sc_virtio->sc_version_1)
		(void)virtio_read_device_config_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	else
		(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
}
FRAGMENT(config_byte_order_ok, .in_thread = read_in_either_order);

/* ---- config.field-access ---- */

static void
read_one_byte(struct probe *sc)
{

	(void)virtio_read_device_config_1(sc->sc_virtio, PROBE_CFG_NUM_PAGES); /* BREAKS */
}
FRAGMENT(config_field_access_bad, .in_thread = read_one_byte);

static void
read_between_fields(struct probe *sc)
{

	(void)virtio_read_device_config_le_4(sc->sc_virtio, 2); /* BREAKS */
}
FRAGMENT(config_field_access_bad2, .in_thread = read_between_fields);

static void
write_target(struct probe *sc)
{

	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES, 0); /* BREAKS */
}
FRAGMENT(config_field_access_bad3, .in_thread = write_target);

static void
read_both_fields(struct probe *sc)
{

	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL);
}
FRAGMENT(config_field_access_ok, .in_thread = read_both_fields);

/* ---- config.torn-read ---- */

/* The host sets its target between the two. */
static void
read_two_fields(struct probe *sc)
{
	uint32_t target, actual;

	target = virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	actual = virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL); /* BREAKS */
	sc->sc_n = target - actual;
}
FRAGMENT(config_torn_read_bad, .in_thread = read_two_fields);

/* The other one is read for something else, after the thread slept. */
static void
read_far_apart(struct probe *sc)
{

	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_NUM_PAGES);
	kpause("probe", false, 2, NULL);
	(void)virtio_read_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL);
}
FRAGMENT(config_torn_read_ok, .in_thread = read_far_apart);

/* An optional field, which this device does not have. */
static void
read_hint(struct probe *sc)
{

	sc->sc_n = virtio_read_device_config_le_4(sc->sc_virtio, 8) > 1; /* BREAKS */
}
FRAGMENT(config_field_access_bad5, .in_attach = read_hint);

static void
read_hint_if_offered(struct probe *sc)
{

	if ((virtio_features(sc->sc_virtio) & (1 << 3)) != 0)
		sc->sc_n = virtio_read_device_config_le_4(sc->sc_virtio, 8) > 1;
}
FRAGMENT(config_field_access_ok5, .in_attach = read_hint_if_offered);

/* On the legacy interface any width will do. */
static void
read_target_by_bytes(struct probe *sc)
{

	for (int i = 0; i < 4; i++)
		sc->sc_n += virtio_read_device_config_1(sc->sc_virtio, i);
}
FRAGMENT(config_field_access_ok6, .in_thread = read_target_by_bytes);
