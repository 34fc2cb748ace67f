/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area dma: maps and memory.
 */
#include "dma.h"

/* DMA memory at sc_p. */
static int
alloc_memory(struct probe *sc, int flags)
{
	int nsegs;

	return bus_dmamem_alloc(sc->sc_dmat, 2 * PAGE_SIZE, /* BREAKS dma_leak dma_sleep */
	    PAGE_SIZE, 0, &sc->sc_seg2, 1, &nsegs, flags);
}

static void
map_memory(struct probe *sc)
{
	if (bus_dmamem_map(sc->sc_dmat, &sc->sc_seg2, 1, 2 * PAGE_SIZE, /* BREAKS dma_unchecked */
	    &sc->sc_p, BUS_DMA_NOWAIT) != 0)
		panic("no memory");
}

static void
make_memory(struct probe *sc)
{
	if (alloc_memory(sc, BUS_DMA_NOWAIT) != 0)
		panic("no memory");
	map_memory(sc);
}

/* ---- dma.release-owned ---- */

FRAGMENT_IN(dma_release_owned_bad, send, send_and_unload, .receive = probe_take)
{
	if (!probe_send(sc, vq))
		return false;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map); /* BREAKS */
	return true;
}

/* The device still has the request when the driver goes. */
FRAGMENT_IN(dma_release_owned_bad2, detach, detach_without_reset)
{
	probe_end_thread(sc);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map); /* BREAKS */
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_pfns, PROBE_BYTES);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg, 1);
	virtio_reset(sc->sc_virtio);
	probe_release_queues(sc);
	probe_gone(sc);
	return 0;
}

/* Between descriptor and commit. */
FRAGMENT_IN(dma_release_owned_bad3, send, send_unloaded, .receive = probe_take)
{
	int slot = probe_build(sc, vq, probe_length(sc));

	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

/* The map stays, the memory goes. */
FRAGMENT_IN(dma_release_owned_bad4, send, send_and_free, .receive = receive_from_map2)
{
	if (!send_from_map2(sc, vq, probe_length(sc)))
		return false;
	kmem_free(sc->sc_p, PROBE_BYTES); /* BREAKS */
	return true;
}

/* After a reset all is the driver's. */
FRAGMENT_IN(dma_release_owned_ok2, in_step, restart_and_reload)
{
	if (sc->sc_vq_out == NULL || sc->sc_n++ > 0)
		return;
	probe_restart(sc);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	if (RELOAD(sc, BUS_DMA_NOWAIT) != 0)
		panic("no load");
	sc->sc_vq_out = NULL;
	uvm_pglistfree(&sc->sc_pages);
}

FRAGMENT_IN(dma_release_owned_ok, receive, receive_and_reload)
{
	if (!probe_receive(sc, vq))
		return false;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	return RELOAD(sc, BUS_DMA_NOWAIT) == 0;
}

/* ---- dma.destroy-loaded ---- */

FRAGMENT_IN(dma_destroy_loaded_bad, in_attach, destroy_loaded)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return;
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2); /* BREAKS */
}

FRAGMENT_IN(dma_destroy_loaded_ok, in_attach, destroy_unloaded)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) == 0)
		bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}

/* ---- dma.unload-unsynced ---- */

FRAGMENT_IN(dma_unload_unsynced_bad, receive, receive_and_unload_unsynced)
{
	if (!probe_take(sc, vq))
		return false;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map); /* BREAKS */
	return true;
}

/* A PRE alone is no transfer. */
FRAGMENT_IN(dma_unload_unsynced_ok, in_attach, unload_unused, .receive = receive_and_reload)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return;
	SYNC_MAP2(sc, 0, PROBE_BYTES, PREWRITE);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}

/* ---- dma.load-twice ---- */

FRAGMENT_IN(dma_load_twice_bad, in_attach, load_twice)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) == 0)
		(void)LOAD_MAP2(sc); /* BREAKS */
}

FRAGMENT_IN(dma_load_twice_ok, in_attach, load_again)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	(void)LOAD_MAP2(sc);
}

/* A load that failed loaded nothing. */
FRAGMENT_IN(dma_load_twice_ok2, in_attach, load_after_failure)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		(void)LOAD_MAP2(sc);
}

/* ---- dma.load-limits ---- */

/* The buffer lies across two pages that do not adjoin. */
FRAGMENT_IN(dma_load_limits_bad, in_attach, load_one_segment)
{
	if (CREATE(sc, sizeof(*sc), 1, NOWAIT) != 0)
		return;
	if (LOAD(sc, sc, sizeof(*sc)) != 0) /* BREAKS */
		bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}

FRAGMENT_IN(dma_load_limits_bad2, in_attach, load_too_much)
{
	make_map2(sc);
	(void)LOAD(sc, sc->sc_pfns, PROBE_BYTES + 4); /* BREAKS */
}

/* Two segments of 64 bytes are not enough, wherever the buffer lies. */
FRAGMENT_IN(dma_load_limits_bad3, in_attach, load_short_segments)
{
	if (bus_dmamap_create(sc->sc_dmat, PROBE_BYTES, 2, 64, 0, BUS_DMA_NOWAIT,
	    &sc->sc_map2) != 0)
		return;
	(void)LOAD(sc, sc->sc_pfns, PROBE_BYTES); /* BREAKS */
}

FRAGMENT_IN(dma_load_limits_ok, in_attach, load_two_segments)
{
	if (CREATE(sc, sizeof(*sc), 2, NOWAIT) == 0)
		(void)LOAD(sc, sc, sizeof(*sc));
}

/* ---- dma.bad-memory ---- */

FRAGMENT_IN(dma_bad_memory_bad, in_attach, load_freed)
{
	void *buf = kmem_alloc(PAGE_SIZE, KM_SLEEP);

	make_map2(sc);
	kmem_free(buf, PAGE_SIZE);
	(void)LOAD(sc, buf, PROBE_BYTES); /* BREAKS */
}

FRAGMENT_IN(dma_bad_memory_bad2, in_attach, load_stack)
{
	uint32_t command = 0;

	make_map2(sc);
	if (LOAD(sc, &command, sizeof(command)) != 0) /* BREAKS */
		return;
	SYNC_MAP2(sc, 0, sizeof(command), PREREAD);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
}

FRAGMENT_IN(dma_bad_memory_bad3, in_attach, load_freed_page)
{
	make_memory(sc);
	make_map2(sc);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1);
	(void)LOAD(sc, sc->sc_p, PROBE_BYTES); /* BREAKS */
}

/* The page has them, the block has not. */
FRAGMENT_IN(dma_bad_memory_bad4, in_attach, load_behind_block)
{
	void *buf = kmem_alloc(PROBE_BYTES - 4, KM_SLEEP);

	make_map2(sc);
	(void)LOAD(sc, buf, PROBE_BYTES); /* BREAKS */
}

/* One entry more than the array has: half of the pointer behind it. */
FRAGMENT_IN(dma_bad_memory_bad5, in_attach, load_behind_array)
{
	if (CREATE(sc, sizeof(sc->sc_array) + 4, 2, NOWAIT) == 0)
		(void)LOAD(sc, sc->sc_array, sizeof(sc->sc_array) + 4); /* BREAKS */
}

/* Two members in one, whole. */
FRAGMENT_IN(dma_bad_memory_ok2, in_attach, load_two_members)
{
	if (CREATE(sc, sizeof(sc->sc_array) + sizeof(sc->sc_map2), 2, NOWAIT) == 0)
		(void)LOAD(sc, sc->sc_array, sizeof(sc->sc_array) + sizeof(sc->sc_map2));
}

FRAGMENT_IN(dma_bad_memory_ok, in_attach, load_allocated)
{
	void *buf = kmem_alloc(PAGE_SIZE, KM_SLEEP);

	make_map2(sc);
	kmem_free(sc->sc_p, PROBE_BYTES);
	(void)LOAD(sc, buf, PROBE_BYTES);
}

/* ---- dma.load-direction ---- */

static void
reload(struct probe *sc, int flags)
{
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	if (RELOAD(sc, BUS_DMA_NOWAIT | flags) != 0) /* BREAKS */
		panic("no load");
}

FRAGMENT_IN(dma_load_direction_bad, in_attach, load_to_be_written)
{
	reload(sc, BUS_DMA_READ);
}

FRAGMENT_IN(dma_load_direction_ok, in_attach, load_to_be_read)
{
	reload(sc, BUS_DMA_WRITE);
}

FRAGMENT_IN(dma_load_direction_ok2, in_attach, load_for_both)
{
	reload(sc, BUS_DMA_READ | BUS_DMA_WRITE);
}

/* ---- dma.dead-map ---- */

FRAGMENT_IN(dma_dead_map_bad, in_attach, unload_destroyed)
{
	make_map2(sc);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2); /* BREAKS */
}

FRAGMENT_IN(dma_dead_map_bad2, in_attach, sync_destroyed)
{
	make_map2(sc);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	SYNC_MAP2(sc, 0, 4, PREREAD); /* BREAKS */
}

FRAGMENT_IN(dma_dead_map_ok, in_attach, map_made_anew)
{
	make_map2(sc);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	make_map2(sc);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}

/* ---- dma.unchecked-result ---- */

FRAGMENT_IN(dma_unchecked_result_bad, in_attach, load_unchecked)
{
	make_map2(sc);
	(void)LOAD_MAP2(sc);
	SYNC_MAP2(sc, 0, 4, PREREAD); /* BREAKS */
}

FRAGMENT_IN(dma_unchecked_result_bad2, in_attach, alloc_unchecked)
{
	(void)alloc_memory(sc, BUS_DMA_NOWAIT);
	map_memory(sc);
}

FRAGMENT_IN(dma_unchecked_result_bad4, in_attach, free_unchecked)
{
	(void)alloc_memory(sc, BUS_DMA_NOWAIT);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1); /* BREAKS */
}

FRAGMENT_IN(dma_unchecked_result_bad3, in_attach, create_unchecked)
{
	(void)CREATE(sc, 4, 1, NOWAIT);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2); /* BREAKS */
}

/* A map whose load failed may be loaded again, unloaded and destroyed. */
FRAGMENT_IN(dma_unchecked_result_ok, in_attach, load_checked)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) == 0)
		SYNC_MAP2(sc, 0, 4, PREREAD);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}

/* ---- dma.sleep-context ---- */

FRAGMENT_IN(dma_sleep_context_bad, in_thread, create_with_spin_mutex)
{
	mutex_enter(&sc->sc_lock);
	if (CREATE(sc, 4, 1, WAITOK) == 0) /* BREAKS */
		sc->sc_n++;
	mutex_exit(&sc->sc_lock);
}

FRAGMENT_IN(dma_sleep_context_bad2, in_config, create_in_interrupt)
{
	if (sc->sc_n++ == 0)
		(void)CREATE(sc, 4, 1, WAITOK); /* BREAKS */
}

FRAGMENT_IN(dma_sleep_context_bad3, in_config, alloc_in_interrupt)
{
	if (sc->sc_n++ == 0 && alloc_memory(sc, BUS_DMA_WAITOK) == 0)
		bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1);
}

FRAGMENT_IN(dma_sleep_context_ok, in_thread, create_without_waiting)
{
	LOCKED(&sc->sc_lock, (void)CREATE(sc, 4, 1, NOWAIT));
	if (CREATE(sc, 4, 1, WAITOK) == 0)
		bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}

/* ---- dma.leak ---- */

FRAGMENT_IN(dma_leak_bad, in_attach, make_one_map)
{
	(void)CREATE(sc, 4, 1, NOWAIT); /* BREAKS */
}
/* The same by a detach. */
FRAGMENT(dma_leak_bad2, .in_attach = make_one_map);

FRAGMENT_IN(dma_leak_bad3, in_attach, make_memory_only)
{
	(void)alloc_memory(sc, BUS_DMA_NOWAIT);
}

FRAGMENT_IN(dma_leak_ok, release, release_one_map, .in_attach = make_one_map)
{
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	probe_release_request(sc);
}
FRAGMENT(dma_leak_ok2, .in_attach = make_one_map, .release = release_one_map);

/* ---- dma.free-mismatch ---- */

FRAGMENT_IN(dma_free_mismatch_bad, in_attach, unmap_half)
{
	make_memory(sc);
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_p, PAGE_SIZE); /* BREAKS */
}

FRAGMENT_IN(dma_free_mismatch_bad2, in_attach, free_mapped)
{
	make_memory(sc);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1); /* BREAKS */
}

FRAGMENT_IN(dma_free_mismatch_bad3, in_attach, free_two_segments)
{
	make_memory(sc);
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_p, 2 * PAGE_SIZE);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 2); /* BREAKS */
}

FRAGMENT_IN(dma_free_mismatch_ok, in_attach, free_as_allocated)
{
	make_memory(sc);
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_p, 2 * PAGE_SIZE);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1);
}

/* ---- dma.address-space ---- */

FRAGMENT_IN(dma_address_space_bad, send, send_virtual_address)
{
	int slot = probe_slot(sc, vq, 1);

	PROBE_SYNC(sc, 0, probe_length(sc), PREWRITE);
	sc->sc_map->dm_segs[0].ds_addr = (bus_addr_t)(uintptr_t)sc->sc_pfns;
	probe_enqueue(sc, vq, slot, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

/* The bus address of a part of the buffer, reckoned by hand. */
static bool
send_second_half(struct probe *sc, struct virtqueue *vq)
{
	struct bus_dmamap *map = sc->sc_map;
	const bus_size_t half = PROBE_BYTES / 2, len = probe_length(sc);
	int slot = probe_slot(sc, vq, 1);

	memcpy(&sc->sc_pfns[PROBE_PAGES / 2], sc->sc_pfns, len);
	PROBE_SYNC(sc, half, len, PREWRITE);
	map->dm_segs[0].ds_addr += half;
	virtio_enqueue_p(sc->sc_virtio, vq, slot, map, 0, len, true);
	map->dm_segs[0].ds_addr -= half;
	sc->sc_vq_out = vq;
	PROBE_COMMIT(sc, vq, slot);
	return true;
}

FRAGMENT_IN(dma_address_space_ok, receive, receive_second_half, .send = send_second_half)
{
	if (!probe_take(sc, vq))
		return false;
	PROBE_SYNC(sc, PROBE_BYTES / 2, probe_length(sc), POSTWRITE);
	return true;
}
