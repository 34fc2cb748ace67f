/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area dma: maps and memory.
 */
#include "dma.h"

/* ---- dma.release-owned ---- */

static bool
send_and_unload(struct probe *sc, struct virtqueue *vq)
{

	if (!probe_send(sc, vq))
		return false;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map); /* BREAKS */
	return true;
}
FRAGMENT(dma_release_owned_bad, .send = send_and_unload, .receive = take_answer);

/* The device still has the request when the driver goes. */
static void
release_in_flight(struct probe *sc)
{

	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map); /* BREAKS */
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_pfns, PROBE_BYTES);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg, 1);
}

static int
detach_without_reset(struct probe *sc)
{

	probe_end_thread(sc);
	release_in_flight(sc);
	virtio_reset(sc->sc_virtio);
	probe_release_queues(sc);
	virtio_child_detach(sc->sc_virtio);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
	return 0;
}
FRAGMENT(dma_release_owned_bad2, .detach = detach_without_reset);

/* Between descriptor and commit. */
static bool
send_unloaded(struct probe *sc, struct virtqueue *vq)
{
	int slot = probe_build(sc, vq, sizeof(uint32_t) * sc->sc_count);

	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}
FRAGMENT(dma_release_owned_bad3, .send = send_unloaded, .receive = take_answer);

/* The map stays, the memory goes. */
static bool
send_and_free(struct probe *sc, struct virtqueue *vq)
{
	const bus_size_t length = sizeof(uint32_t) * sc->sc_count;
	int slot = take_slot(sc, vq);

	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return false;
	memcpy(sc->sc_p, sc->sc_pfns, length);
	SYNC_MAP2(sc, 0, length, PREWRITE);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map2, 0, length, true);
	sc->sc_vq_out = vq;
	virtio_enqueue_commit(sc->sc_virtio, vq, slot, true);
	kmem_free(sc->sc_p, PROBE_BYTES); /* BREAKS */
	return true;
}

static bool
receive_freed(struct probe *sc, struct virtqueue *vq)
{

	if (!take_answer(sc, vq))
		return false;
	SYNC_MAP2(sc, 0, sizeof(uint32_t) * sc->sc_count, POSTWRITE);
	return true;
}
FRAGMENT(dma_release_owned_bad4, .send = send_and_free, .receive = receive_freed);

static bool
receive_and_reload(struct probe *sc, struct virtqueue *vq)
{

	if (!probe_receive(sc, vq))
		return false;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	return bus_dmamap_load(sc->sc_dmat, sc->sc_map, sc->sc_pfns, PROBE_BYTES, NULL,
	    BUS_DMA_NOWAIT) == 0;
}
FRAGMENT(dma_release_owned_ok, .receive = receive_and_reload);

/* ---- dma.destroy-loaded ---- */

static void
destroy_loaded(struct probe *sc)
{

	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return;
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2); /* BREAKS */
}
FRAGMENT(dma_destroy_loaded_bad, .in_attach = destroy_loaded);

static void
destroy_unloaded(struct probe *sc)
{

	make_map2(sc);
	if (LOAD_MAP2(sc) == 0)
		bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(dma_destroy_loaded_ok, .in_attach = destroy_unloaded);

/* ---- dma.unload-unsynced ---- */

static bool
receive_and_unload_unsynced(struct probe *sc, struct virtqueue *vq)
{

	if (!take_answer(sc, vq))
		return false;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map); /* BREAKS */
	return true;
}
FRAGMENT(dma_unload_unsynced_bad, .receive = receive_and_unload_unsynced);

/* A PRE alone is no transfer. */
static void
unload_unused(struct probe *sc)
{

	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return;
	SYNC_MAP2(sc, 0, PROBE_BYTES, PREWRITE);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(dma_unload_unsynced_ok, .in_attach = unload_unused, .receive = receive_and_reload);

/* ---- dma.load-twice ---- */

static void
load_twice(struct probe *sc)
{

	make_map2(sc);
	if (LOAD_MAP2(sc) == 0)
		(void)LOAD_MAP2(sc); /* BREAKS */
}
FRAGMENT(dma_load_twice_bad, .in_attach = load_twice);

static void
load_again(struct probe *sc)
{

	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	(void)LOAD_MAP2(sc);
}
FRAGMENT(dma_load_twice_ok, .in_attach = load_again);

/* A load that failed loaded nothing. */
static void
load_after_failure(struct probe *sc)
{

	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		(void)LOAD_MAP2(sc);
}
FRAGMENT(dma_load_twice_ok2, .in_attach = load_after_failure);

/* ---- dma.load-limits ---- */

/* The buffer lies across two pages that do not adjoin. */
static void
load_one_segment(struct probe *sc)
{

	if (CREATE(sc, sizeof(*sc), 1, NOWAIT) != 0)
		return;
	if (LOAD(sc, sc, sizeof(*sc)) != 0) /* BREAKS */
		bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(dma_load_limits_bad, .in_attach = load_one_segment);

static void
load_too_much(struct probe *sc)
{

	make_map2(sc);
	(void)LOAD(sc, sc->sc_pfns, PROBE_BYTES + 4); /* BREAKS */
}
FRAGMENT(dma_load_limits_bad2, .in_attach = load_too_much);

/* Two segments of 64 bytes are not enough, wherever the buffer lies. */
static void
load_short_segments(struct probe *sc)
{

	if (bus_dmamap_create(sc->sc_dmat, PROBE_BYTES, 2, 64, 0, BUS_DMA_NOWAIT,
	    &sc->sc_map2) != 0)
		return;
	(void)LOAD(sc, sc->sc_pfns, PROBE_BYTES); /* BREAKS */
}
FRAGMENT(dma_load_limits_bad3, .in_attach = load_short_segments);

static void
load_two_segments(struct probe *sc)
{

	if (CREATE(sc, sizeof(*sc), 2, NOWAIT) == 0)
		(void)LOAD(sc, sc, sizeof(*sc));
}
FRAGMENT(dma_load_limits_ok, .in_attach = load_two_segments);

/* ---- dma.bad-memory ---- */

static void
load_freed(struct probe *sc)
{
	void *buf = kmem_alloc(PAGE_SIZE, KM_SLEEP);

	make_map2(sc);
	kmem_free(buf, PAGE_SIZE);
	(void)LOAD(sc, buf, PROBE_BYTES); /* BREAKS */
}
FRAGMENT(dma_bad_memory_bad, .in_attach = load_freed);

static void
load_stack(struct probe *sc)
{
	uint32_t command = 0;

	make_map2(sc);
	if (LOAD(sc, &command, sizeof(command)) != 0) /* BREAKS */
		return;
	SYNC_MAP2(sc, 0, sizeof(command), PREREAD);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(dma_bad_memory_bad2, .in_attach = load_stack);

static void
load_freed_page(struct probe *sc)
{
	void *kva;
	int nsegs;

	make_map2(sc);
	if (bus_dmamem_alloc(sc->sc_dmat, PAGE_SIZE, PAGE_SIZE, 0, &sc->sc_seg2, 1, &nsegs,
	    BUS_DMA_NOWAIT) != 0 || bus_dmamem_map(sc->sc_dmat, &sc->sc_seg2, 1, PAGE_SIZE,
	    &kva, BUS_DMA_NOWAIT) != 0)
		return;
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1);
	(void)LOAD(sc, kva, PROBE_BYTES); /* BREAKS */
}
FRAGMENT(dma_bad_memory_bad3, .in_attach = load_freed_page);

/* The page has them, the block has not. */
static void
load_behind_block(struct probe *sc)
{
	void *buf = kmem_alloc(PROBE_BYTES - 4, KM_SLEEP);

	make_map2(sc);
	(void)LOAD(sc, buf, PROBE_BYTES); /* BREAKS */
}
FRAGMENT(dma_bad_memory_bad4, .in_attach = load_behind_block);

/* One entry more than the array has: half of the pointer behind it. */
static void
load_behind_array(struct probe *sc)
{

	if (CREATE(sc, sizeof(sc->sc_array) + 4, 2, NOWAIT) == 0)
		(void)LOAD(sc, sc->sc_array, sizeof(sc->sc_array) + 4); /* BREAKS */
}
FRAGMENT(dma_bad_memory_bad5, .in_attach = load_behind_array);

/* Two members in one, whole. */
static void
load_two_members(struct probe *sc)
{

	if (CREATE(sc, sizeof(sc->sc_array) + sizeof(sc->sc_map2), 2, NOWAIT) == 0)
		(void)LOAD(sc, sc->sc_array, sizeof(sc->sc_array) + sizeof(sc->sc_map2));
}
FRAGMENT(dma_bad_memory_ok2, .in_attach = load_two_members);

static void
load_allocated(struct probe *sc)
{
	void *buf = kmem_alloc(PAGE_SIZE, KM_SLEEP);

	make_map2(sc);
	kmem_free(sc->sc_p, PROBE_BYTES);
	(void)LOAD(sc, buf, PROBE_BYTES);
}
FRAGMENT(dma_bad_memory_ok, .in_attach = load_allocated);

/* ---- dma.load-direction ---- */

static void
reload(struct probe *sc, int flags)
{

	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	if (bus_dmamap_load(sc->sc_dmat, sc->sc_map, sc->sc_pfns, PROBE_BYTES, NULL,
	    BUS_DMA_NOWAIT | flags) != 0)
		panic("no load");
}

static void
load_to_be_written(struct probe *sc)
{

	const int flags = BUS_DMA_NOWAIT | BUS_DMA_READ;
	bus_dma_tag_t t = sc->sc_dmat;

	bus_dmamap_unload(t, sc->sc_map);
	bus_dmamap_load(t, sc->sc_map, sc->sc_pfns, PROBE_BYTES, NULL, flags); /* BREAKS */
}
FRAGMENT(dma_load_direction_bad, .in_attach = load_to_be_written);

static void
load_to_be_read(struct probe *sc)
{

	reload(sc, BUS_DMA_WRITE);
}
FRAGMENT(dma_load_direction_ok, .in_attach = load_to_be_read);

static void
load_for_both(struct probe *sc)
{

	reload(sc, BUS_DMA_READ | BUS_DMA_WRITE);
}
FRAGMENT(dma_load_direction_ok2, .in_attach = load_for_both);

/* ---- dma.dead-map ---- */

static void
unload_destroyed(struct probe *sc)
{

	make_map2(sc);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2); /* BREAKS */
}
FRAGMENT(dma_dead_map_bad, .in_attach = unload_destroyed);

static void
sync_destroyed(struct probe *sc)
{

	make_map2(sc);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	SYNC_MAP2(sc, 0, 4, PREREAD); /* BREAKS */
}
FRAGMENT(dma_dead_map_bad2, .in_attach = sync_destroyed);

static void
map_made_anew(struct probe *sc)
{

	make_map2(sc);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	make_map2(sc);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(dma_dead_map_ok, .in_attach = map_made_anew);

/* ---- dma.unchecked-result ---- */

static void
load_unchecked(struct probe *sc)
{

	make_map2(sc);
	(void)LOAD_MAP2(sc);
	SYNC_MAP2(sc, 0, 4, PREREAD); /* BREAKS */
}
FRAGMENT(dma_unchecked_result_bad, .in_attach = load_unchecked);

static void
alloc_unchecked(struct probe *sc)
{
	void *kva;
	int nsegs;

	(void)bus_dmamem_alloc(sc->sc_dmat, PAGE_SIZE, PAGE_SIZE, 0, &sc->sc_seg2, 1, &nsegs,
	    BUS_DMA_NOWAIT);
	if (bus_dmamem_map(sc->sc_dmat, &sc->sc_seg2, 1, PAGE_SIZE, &kva, /* BREAKS */
	    BUS_DMA_NOWAIT) == 0)
		sc->sc_p = kva;
}
FRAGMENT(dma_unchecked_result_bad2, .in_attach = alloc_unchecked);

static void
free_unchecked(struct probe *sc)
{
	int nsegs;

	(void)bus_dmamem_alloc(sc->sc_dmat, PAGE_SIZE, PAGE_SIZE, 0, &sc->sc_seg2, 1, &nsegs,
	    BUS_DMA_NOWAIT);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1); /* BREAKS */
}
FRAGMENT(dma_unchecked_result_bad4, .in_attach = free_unchecked);

static void
create_unchecked(struct probe *sc)
{

	(void)CREATE(sc, 4, 1, NOWAIT);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2); /* BREAKS */
}
FRAGMENT(dma_unchecked_result_bad3, .in_attach = create_unchecked);

/* A map whose load failed may be loaded again, unloaded and destroyed. */
static void
load_checked(struct probe *sc)
{

	make_map2(sc);
	if (LOAD_MAP2(sc) == 0)
		SYNC_MAP2(sc, 0, 4, PREREAD);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(dma_unchecked_result_ok, .in_attach = load_checked);

/* ---- dma.sleep-context ---- */

static void
create_with_spin_mutex(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	if (CREATE(sc, 4, 1, WAITOK) == 0) /* BREAKS */
		sc->sc_n++;
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(dma_sleep_context_bad, .in_thread = create_with_spin_mutex);

static void
create_in_interrupt(struct probe *sc)
{

	if (sc->sc_n++ == 0)
		(void)CREATE(sc, 4, 1, WAITOK); /* BREAKS */
}
FRAGMENT(dma_sleep_context_bad2, .in_config = create_in_interrupt);

static void
alloc_in_interrupt(struct probe *sc)
{
	int nsegs;

	if (sc->sc_n++ > 0)
		return;
	if (bus_dmamem_alloc(sc->sc_dmat, PAGE_SIZE, PAGE_SIZE, 0, /* BREAKS */
	    &sc->sc_seg2, 1, &nsegs, BUS_DMA_WAITOK) == 0)
		bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1);
}
FRAGMENT(dma_sleep_context_bad3, .in_config = alloc_in_interrupt);

static void
create_without_waiting(struct probe *sc)
{

	mutex_enter(&sc->sc_lock);
	(void)CREATE(sc, 4, 1, NOWAIT);
	mutex_exit(&sc->sc_lock);
	if (CREATE(sc, 4, 1, WAITOK) == 0)
		bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
}
FRAGMENT(dma_sleep_context_ok, .in_thread = create_without_waiting);

/* ---- dma.leak ---- */

static void
make_one_map(struct probe *sc)
{

	(void)CREATE(sc, 4, 1, NOWAIT); /* BREAKS */
}
FRAGMENT(dma_leak_bad, .in_attach = make_one_map);

static void
make_memory_only(struct probe *sc)
{
	int nsegs;

	(void)bus_dmamem_alloc(sc->sc_dmat, PAGE_SIZE, PAGE_SIZE, 0, /* BREAKS */
	    &sc->sc_seg2, 1, &nsegs, BUS_DMA_NOWAIT);
}
FRAGMENT(dma_leak_bad3, .in_attach = make_memory_only);

/* The same by a detach. */
static void
make_another_map(struct probe *sc)
{

	(void)CREATE(sc, 4, 1, NOWAIT); /* BREAKS */
}
FRAGMENT(dma_leak_bad2, .in_attach = make_another_map);

static void
make_some_map(struct probe *sc)
{

	(void)CREATE(sc, 4, 1, NOWAIT);
}

static void
release_some_map(struct probe *sc)
{

	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	probe_release_request(sc);
}
FRAGMENT(dma_leak_ok, .in_attach = make_some_map, .release = release_some_map);
FRAGMENT(dma_leak_ok2, .in_attach = make_some_map, .release = release_some_map);

/* ---- dma.free-mismatch ---- */

static void
make_memory(struct probe *sc)
{
	int nsegs;

	if (bus_dmamem_alloc(sc->sc_dmat, 2 * PAGE_SIZE, PAGE_SIZE, 0, &sc->sc_seg2, 1, &nsegs,
	    BUS_DMA_NOWAIT) != 0 || bus_dmamem_map(sc->sc_dmat, &sc->sc_seg2, 1,
	    2 * PAGE_SIZE, &sc->sc_p, BUS_DMA_NOWAIT) != 0)
		panic("no memory");
}

static void
unmap_half(struct probe *sc)
{

	make_memory(sc);
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_p, PAGE_SIZE); /* BREAKS */
}
FRAGMENT(dma_free_mismatch_bad, .in_attach = unmap_half);

static void
free_mapped(struct probe *sc)
{

	make_memory(sc);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1); /* BREAKS */
}
FRAGMENT(dma_free_mismatch_bad2, .in_attach = free_mapped);

static void
free_two_segments(struct probe *sc)
{

	make_memory(sc);
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_p, 2 * PAGE_SIZE);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 2); /* BREAKS */
}
FRAGMENT(dma_free_mismatch_bad3, .in_attach = free_two_segments);

static void
free_as_allocated(struct probe *sc)
{

	make_memory(sc);
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_p, 2 * PAGE_SIZE);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1);
}
FRAGMENT(dma_free_mismatch_ok, .in_attach = free_as_allocated);

/* ---- dma.address-space ---- */

static bool
send_virtual_address(struct probe *sc, struct virtqueue *vq)
{
	int slot = take_slot(sc, vq);

	PROBE_SYNC(sc, 0, sizeof(uint32_t) * sc->sc_count, PREWRITE);
	sc->sc_map->dm_segs[0].ds_addr = (bus_addr_t)(uintptr_t)sc->sc_pfns;
	enqueue(sc, vq, slot);
	virtio_enqueue_commit(sc->sc_virtio, vq, slot, true); /* BREAKS */
	return true;
}
FRAGMENT(dma_address_space_bad, .send = send_virtual_address);

/* The bus address of a part of the buffer, reckoned by hand. */
static bool
send_second_half(struct probe *sc, struct virtqueue *vq)
{
	struct bus_dmamap *map = sc->sc_map;
	const bus_size_t half = PROBE_BYTES / 2, len = sizeof(uint32_t) * sc->sc_count;
	int slot = take_slot(sc, vq);

	memcpy(&sc->sc_pfns[PROBE_PAGES / 2], sc->sc_pfns, len);
	PROBE_SYNC(sc, half, len, PREWRITE);
	map->dm_segs[0].ds_addr += half;
	virtio_enqueue_p(sc->sc_virtio, vq, slot, map, 0, len, true);
	map->dm_segs[0].ds_addr -= half;
	sc->sc_vq_out = vq;
	virtio_enqueue_commit(sc->sc_virtio, vq, slot, true);
	return true;
}

static bool
receive_second_half(struct probe *sc, struct virtqueue *vq)
{

	if (!take_answer(sc, vq))
		return false;
	PROBE_SYNC(sc, PROBE_BYTES / 2, sizeof(uint32_t) * sc->sc_count, POSTWRITE);
	return true;
}
FRAGMENT(dma_address_space_ok, .send = send_second_half, .receive = receive_second_half);
