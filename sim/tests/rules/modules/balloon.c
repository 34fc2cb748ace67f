/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area balloon.
 */
#include "probe.h"

#define	ENTRIES(n)	(sizeof(uint32_t) * (n))

static void
swap(uint32_t *a, uint32_t *b)
{
	uint32_t old = *a;

	*a = *b;
	*b = old;
}

/* As it should be, but seen if it is not. */
static bool
send_any(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_bytes(sc, vq, probe_length(sc));
}

/* ---- balloon.count ---- */

/* Checked at rest. */
FRAGMENT_IN(balloon_count_bad, inflated, inflated_one_too_many)
{
	probe_move(&sc->sc_balloon, &sc->sc_pages);
	probe_write_actual(sc, sc->sc_actual + sc->sc_count + 1);
	sc->sc_actual--;
}

/* Once for two requests. */
FRAGMENT_IN(balloon_count_ok, inflated, inflated_in_two_steps)
{
	probe_keep(sc);
	if (sc->sc_n++ > 0)
		probe_write_actual(sc, sc->sc_actual);
}

/* ---- balloon.deflate-direction ---- */

FRAGMENT_IN(balloon_deflate_direction_bad, deflate, deflate_one_more, .send = send_any)
{
	probe_deflate(sc, npages + 1);
}

/* One page after the other is within the target all the time. */
FRAGMENT_IN(balloon_deflate_direction_ok, deflate, deflate_one_by_one)
{
	probe_deflate(sc, 1);
}

/* The guest is out of memory: with DEFLATE_ON_OOM a page comes back whatever the target. */
#define	PROBE_F_DEFLATE_ON_OOM	(1 << 2)

FRAGMENT_IN(balloon_deflate_direction_bad2, in_step, deflate_for_the_guest, .send = send_any)
{
	if (sc->sc_actual == 4 && sc->sc_vq_out == NULL && sc->sc_n++ == 0)
		probe_deflate(sc, 2);
}
FRAGMENT(balloon_deflate_direction_ok3, .in_step = deflate_for_the_guest,
    .features = PROBE_F_DEFLATE_ON_OOM);

/* Who goes away takes everything back, although the target stays. */
FRAGMENT_IN(balloon_deflate_direction_ok2, detach, detach_with_full_balloon)
{
	probe_end_thread(sc);
	while (sc->sc_actual > 0) {
		probe_deflate(sc, MIN(sc->sc_actual, PROBE_PAGES));
		while (!probe_dequeue(sc))
			kpause("empty", false, mstohz(10), NULL);
	}
	probe_detach_rest(sc);
	return 0;
}

/* ---- balloon.deflate-entries ---- */

FRAGMENT_IN(balloon_deflate_entries_bad, send, send_twice_the_same)
{
	if (vq == &sc->sc_vq[PROBE_DEFLATE])
		sc->sc_pfns[1] = sc->sc_pfns[0];
	return send_any(sc, vq);
}

/* Named, but kept. */
FRAGMENT_IN(balloon_deflate_entries_bad2, deflated, deflated_but_one, .send = send_any)
{
	struct vm_page *pg = TAILQ_FIRST(&sc->sc_pages);

	TAILQ_REMOVE(&sc->sc_pages, pg, pageq.queue);
	TAILQ_INSERT_TAIL(&sc->sc_balloon, pg, pageq.queue);
	probe_deflated(sc);
}

/* Any order will do. */
FRAGMENT_IN(balloon_deflate_entries_ok, send, send_in_other_order)
{
	swap(&sc->sc_pfns[0], &sc->sc_pfns[sc->sc_count - 1]);
	return probe_send(sc, vq);
}

/* ---- balloon.entry-byte-order ---- */

FRAGMENT_IN(balloon_entry_byte_order_bad, send, send_big_endian)
{
	for (unsigned int i = 0; i < sc->sc_count; i++)
		sc->sc_pfns[i] = htobe32(le32toh(sc->sc_pfns[i]));
	return send_any(sc, vq);
}

/* What a driver without htole32() sends. */
FRAGMENT_IN(balloon_entry_byte_order_bad2, send, send_cpu_order)
{
	for (unsigned int i = 0; i < sc->sc_count; i++)
		sc->sc_pfns[i] = le32toh(sc->sc_pfns[i]);
	return send_any(sc, vq);
}

/* Byte by byte, the lowest first. */
FRAGMENT_IN(balloon_entry_byte_order_ok, send, send_bytes)
{
	struct vm_page *pg;
	uint8_t *byte = (uint8_t *)sc->sc_pfns;

	TAILQ_FOREACH(pg, &sc->sc_pages, pageq.queue)
		for (unsigned int shift = 0; shift < 32; shift += 8)
			*byte++ = (VM_PAGE_TO_PHYS(pg) / PAGE_SIZE) >> shift & 0xff;
	return probe_send(sc, vq);
}

/* With htole32(). */
FRAGMENT(balloon_entry_byte_order_ok2);

/* ---- balloon.inflate-direction, balloon.unasked ---- */

/* `actual` is right; what the driver goes by is not, until it has given `enough` pages. */
static void
inflated_forgotten(struct probe *sc, unsigned int enough)
{
	unsigned int given;

	probe_move(&sc->sc_balloon, &sc->sc_pages);
	sc->sc_n += sc->sc_count;
	given = sc->sc_n;
	probe_write_actual(sc, given);
	if (given < enough)
		sc->sc_actual = 0;
}

FRAGMENT_IN(balloon_inflate_direction_bad, inflate, inflate_one_more, .send = send_any)
{
	probe_inflate(sc, npages + 1);
}

/* One more at the target, which only a lenient reading allows. */
static void
inflate_at_target(struct probe *sc)
{
	probe_inflated(sc);
	if (sc->sc_n++ == 0)
		probe_inflate(sc, 1);
}
FRAGMENT(balloon_inflate_direction_bad2, .inflated = inflate_at_target, .send = send_any);
FRAGMENT(balloon_inflate_direction_ok2, .inflated = inflate_at_target);

/* What the host says of `actual` is no use where the device forgets it: once more, not twice. */
FRAGMENT_IN(balloon_inflate_direction_bad3, inflated, inflated_again, .send = send_any)
{
	inflated_forgotten(sc, 12);
}

/* The target falls while the request is out. */
FRAGMENT(balloon_inflate_direction_ok);

static bool
send_unasked(struct probe *sc, struct virtqueue *vq)
{
	int slot = probe_build(sc, vq, ENTRIES(sc->sc_count));

	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

FRAGMENT_IN(balloon_unasked_bad, inflated, inflated_thrice, .send = send_unasked)
{
	inflated_forgotten(sc, 12);
}

/* One too many may be a block that was begun. */
FRAGMENT_IN(balloon_unasked_ok, inflated, inflated_twice)
{
	inflated_forgotten(sc, 8);
}

/* ---- balloon.inflate-entries ---- */

FRAGMENT_IN(balloon_inflate_entries_bad, send, send_page_twice)
{
	sc->sc_pfns[1] = sc->sc_pfns[0];
	return send_any(sc, vq);
}

/* Still on the free list. */
FRAGMENT_IN(balloon_inflate_entries_bad2, send, send_page_freed)
{
	if (probe_alloc(&sc->sc_pages2, 1)) {
		sc->sc_pfns[1] =
		    htole32(VM_PAGE_TO_PHYS(TAILQ_FIRST(&sc->sc_pages2)) / PAGE_SIZE);
		uvm_pglistfree(&sc->sc_pages2);
	}
	return send_any(sc, vq);
}

/* Allocated in two goes, named in another order. */
FRAGMENT_IN(balloon_inflate_entries_ok, inflate, inflate_from_two_lists)
{
	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	if (!probe_alloc(&sc->sc_pages, npages - 1)) {
		uvm_pglistfree(&sc->sc_pages2);
		return;
	}
	probe_move(&sc->sc_pages, &sc->sc_pages2);
	probe_fill(sc);
	swap(&sc->sc_pfns[0], &sc->sc_pfns[npages - 1]);
	(void)probe_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}

/* ---- balloon.length ---- */

static bool
send_half_an_entry(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_bytes(sc, vq, probe_length(sc) + 2);
}

FRAGMENT_IN(balloon_length_bad, receive, receive_half_an_entry, .send = send_half_an_entry)
{
	return probe_receive_bytes(sc, vq, probe_length(sc) + 2);
}

static void
inflate_nothing_first(struct probe *sc, unsigned int npages)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_INFLATE];
	int slot;

	if (sc->sc_n++ > 0 || !probe_alloc(&sc->sc_pages, npages)) {
		probe_inflate(sc, npages);
		return;
	}
	slot = probe_slot(sc, vq, 1);
	probe_enqueue(sc, vq, slot, 0);
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	sc->sc_count = 0;
}

/* Nothing was given. */
FRAGMENT_IN(balloon_length_bad2, receive, receive_by_length, .inflate = inflate_nothing_first)
{
	if (sc->sc_count > 0)
		return probe_receive(sc, vq);
	if (!probe_take(sc, vq))
		return false;
	uvm_pglistfree(&sc->sc_pages);
	TAILQ_INIT(&sc->sc_pages);
	return true;
}

/* One entry is enough. */
FRAGMENT_IN(balloon_length_ok, inflate, inflate_one_by_one)
{
	probe_inflate(sc, 1);
}

/* ---- balloon.stale-entry ---- */

static bool
send_one_unfilled(struct probe *sc, struct virtqueue *vq)
{
	sc->sc_pfns[sc->sc_count] = 0;
	return probe_send_bytes(sc, vq, ENTRIES(sc->sc_count + 1));
}

FRAGMENT_IN(balloon_stale_entry_bad, receive, receive_one_more, .send = send_one_unfilled)
{
	return probe_receive_bytes(sc, vq, ENTRIES(sc->sc_count + 1));
}

/* The second request is shorter than the first. */
static bool
send_always_as_many(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_bytes(sc, vq, PROBE_BYTES);
}

FRAGMENT_IN(balloon_stale_entry_bad2, receive, receive_always_as_many, .send = send_always_as_many)
{
	return probe_receive_bytes(sc, vq, PROBE_BYTES);
}

/* Deflate: four pages, then two, but four entries again. */
static bool
send_four_always(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_bytes(sc, vq, ENTRIES(4));
}

FRAGMENT_IN(balloon_stale_entry_bad3, receive, receive_four_always, .send = send_four_always)
{
	return probe_receive_bytes(sc, vq, ENTRIES(4));
}

/* Behind the request anything may stand. */
FRAGMENT_IN(balloon_stale_entry_ok, send, send_with_rubbish_behind)
{
	for (unsigned int i = sc->sc_count; i < PROBE_PAGES; i++)
		sc->sc_pfns[i] = 0xa5a5a5a5;
	return probe_send(sc, vq);
}
