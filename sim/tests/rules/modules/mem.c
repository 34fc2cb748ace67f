/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area mem.
 */
#include "probe.h"

/* ---- mem.arithmetic ---- */

FRAGMENT_IN(mem_arithmetic_bad, in_thread, shift_too_far)
{
	volatile int bits = 32;

	sc->sc_n = 1 << bits; /* BREAKS */
}

FRAGMENT_IN(mem_arithmetic_bad2, in_thread, add_too_much)
{
	volatile int large = INT_MAX;

	sc->sc_n = large + 1; /* BREAKS */
}

/* Unsigned numbers may wrap, and the widest shift is one less than the width. */
FRAGMENT_IN(mem_arithmetic_ok, in_step, wrap_unsigned)
{
	volatile unsigned int large = UINT_MAX, bits = 31;

	sc->sc_n = large + 1 == 0 && 1U << bits != 0;
}

/* ---- mem.stack-overflow, mem.stack-use ---- */

static int
fill(char *buffer, int n)
{
	buffer[0] = buffer[n - 1] = 1;
	return buffer[n / 2];
}
static void
fill_64_k(struct probe *sc)
{ /* BREAKS */
	char locals[64 * 1024];

	sc->sc_n = fill(locals, sizeof(locals));
}
FRAGMENT(mem_stack_overflow_bad, .in_thread = fill_64_k);

/* More than there is of the host's. */
static void
fill_4_m(struct probe *sc)
{ /* BREAKS */
	char locals[4 * 1024 * 1024];

	sc->sc_n = fill(locals, sizeof(locals));
}
FRAGMENT(mem_stack_overflow_bad2, .in_attach = fill_4_m);

/* Through the kernel, which calls back. */
static int
ask_again(struct probe *sc, struct virtqueue *vq)
{ /* BREAKS */
	char locals[1024];

	sc->sc_n = fill(locals, sizeof(locals));
	return virtio_vq_intr(sc->sc_virtio) + 1;
}
FRAGMENT(mem_stack_overflow_bad3, .done = ask_again);

static void
fill_9_k(struct probe *sc)
{ /* BREAKS */
	char locals[9 * 1024];

	sc->sc_n = fill(locals, sizeof(locals));
}
FRAGMENT(mem_stack_use_bad, .in_thread = fill_9_k);

FRAGMENT_IN(mem_stack_use_ok, in_thread, fill_2_k)
{
	char locals[2 * 1024];

	sc->sc_n = fill(locals, sizeof(locals));
}
FRAGMENT(mem_stack_overflow_ok, .in_attach = fill_2_k);

/* ---- mem.free-size ---- */

FRAGMENT_IN(mem_free_size_bad, in_thread, free_less)
{
	sc->sc_p = kmem_alloc(48, KM_SLEEP);
	kmem_free(sc->sc_p, 40); /* BREAKS */
}

FRAGMENT_IN(mem_free_size_ok, in_thread, free_as_much)
{
	sc->sc_p = kmem_alloc(48, KM_SLEEP);
	kmem_free(sc->sc_p, 48);
	sc->sc_p = kmem_alloc(40, KM_SLEEP);
	kmem_free(sc->sc_p, 40);
}

/* ---- mem.leak ---- */

FRAGMENT_IN(mem_leak_bad, in_attach, alloc_for_good)
{
	sc->sc_p = kmem_alloc(48, KM_SLEEP); /* BREAKS */
}
FRAGMENT(mem_leak_bad2, .in_attach = alloc_for_good);

FRAGMENT_IN(mem_leak_ok, release, release_some, .in_attach = alloc_for_good)
{
	kmem_free(sc->sc_p, 48);
	probe_release_request(sc);
}
FRAGMENT(mem_leak_ok2, .in_attach = alloc_for_good, .release = release_some);

/* A block that only names itself; whether it can be found hangs on what the stack still holds. */
FRAGMENT_IN(mem_leak_bad3, in_step, alloc_and_forget)
{
	void **block = kmem_alloc(48, KM_SLEEP); /* BREAKS */

	block[0] = block;
}

FRAGMENT_IN(mem_leak_ok3, in_step, alloc_and_chain)
{
	void **block = kmem_zalloc(48, KM_SLEEP);

	block[0] = sc->sc_p;
	sc->sc_p = &block[2];
}

/* What the kernel was handed, it has given back. */
FRAGMENT_IN(mem_leak_bad4, in_attach, lose_buffer)
{
	sc->sc_p = kmem_zalloc(48, KM_SLEEP); /* BREAKS */
	if (bus_dmamap_create(sc->sc_dmat, 48, 1, 48, 0, BUS_DMA_WAITOK, &sc->sc_map2) != 0)
		panic("no map");
	if (bus_dmamap_load(sc->sc_dmat, sc->sc_map2, sc->sc_p, 48, NULL, BUS_DMA_WAITOK) == 0)
		bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	sc->sc_p = NULL;
}

/* A pointer to the end, and one that is not aligned. */
static struct {
	char	 c;
	void	*p;
} __packed mem_kept;

FRAGMENT_IN(mem_leak_ok5, in_attach, keep_oddly)
{
	sc->sc_p = (char *)kmem_zalloc(48, KM_SLEEP) + 48;
	mem_kept.p = kmem_zalloc(48, KM_SLEEP);
}

static void
hear_block(void *block)
{
	*(int *)block = 1;
}

/* The kernel has the only pointer. */
FRAGMENT_IN(mem_leak_ok4, in_attach, hand_over)
{
	sc->sc_p = softint_establish(SOFTINT_SERIAL | SOFTINT_MPSAFE, hear_block,
	    kmem_zalloc(48, KM_SLEEP));
}

/* The kernel had it, and has disestablished the handler. */
FRAGMENT_IN(mem_leak_bad5, in_attach, lose_argument)
{
	void *block = kmem_zalloc(48, KM_SLEEP); /* BREAKS */

	softint_disestablish(softint_establish(SOFTINT_SERIAL | SOFTINT_MPSAFE, hear_block,
	    block));
}

/* ---- mem.out-of-bounds ---- */

FRAGMENT_IN(mem_out_of_bounds_bad, in_attach, write_behind_array)
{
	for (int i = 0; i <= PROBE_PAGES; i++)
		sc->sc_array[i] = 0; /* BREAKS */
}

FRAGMENT_IN(mem_out_of_bounds_bad2, in_attach, write_behind_block)
{
	uint8_t *block = kmem_zalloc(40, KM_SLEEP);

	block[40] = 1; /* BREAKS */
	kmem_free(block, 40);
}

FRAGMENT_IN(mem_out_of_bounds_bad3, in_attach, read_before_block)
{
	uint8_t *block = kmem_zalloc(PAGE_SIZE, KM_SLEEP);

	sc->sc_n = *(uint32_t *)(block + PAGE_SIZE - 2); /* BREAKS */
	kmem_free(block, PAGE_SIZE);
}

FRAGMENT_IN(mem_out_of_bounds_ok2, in_attach, write_last_of_block)
{
	uint8_t *block = kmem_zalloc(40, KM_SLEEP);

	block[39] = 1;
	kmem_free(block, 40);
}

/* The address behind the last element is one that may be made, not used. */
FRAGMENT_IN(mem_out_of_bounds_ok, in_attach, write_to_end)
{
	for (uint32_t *p = sc->sc_array; p < &sc->sc_array[PROBE_PAGES]; p++)
		*p = 0;
	sc->sc_array[PROBE_PAGES - 1] = 1;
}

/* ---- mem.sleep-context ---- */

FRAGMENT_IN(mem_sleep_context_bad, in_thread, alloc_with_spin_mutex)
{
	LOCKED(&sc->sc_lock, sc->sc_p = kmem_alloc(48, KM_SLEEP)); /* BREAKS */
}

FRAGMENT_IN(mem_sleep_context_bad2, in_config, alloc_in_interrupt)
{
	sc->sc_p = kmem_alloc(48, KM_NOSLEEP); /* BREAKS */
}

FRAGMENT_IN(mem_sleep_context_ok, in_thread, alloc_without_sleep)
{
	LOCKED(&sc->sc_lock, sc->sc_p = kmem_alloc(48, KM_NOSLEEP));
	if (sc->sc_p != NULL)
		kmem_free(sc->sc_p, 48);
	probe_adaptive(sc);
	LOCKED(&sc->sc_lock2, sc->sc_p = kmem_alloc(48, KM_SLEEP));
}

/* ---- mem.uninitialised ---- */

FRAGMENT_IN(mem_uninitialised_bad, in_thread, read_fresh_block)
{
	int *number = kmem_alloc(48, KM_SLEEP);

	number[0] = 1;
	sc->sc_n = number[1]; /* BREAKS */
	kmem_free(number, 48);
}

FRAGMENT_IN(mem_uninitialised_bad2, in_thread, read_fresh_dma_memory)
{
	sc->sc_array[0] = sc->sc_pfns[PROBE_PAGES - 1]; /* BREAKS */
}

/* The same memory as before, when it was written. */
FRAGMENT_IN(mem_uninitialised_bad3, in_thread, read_reused_block)
{
	int *number = kmem_zalloc(48, KM_SLEEP);

	number[0] = 1;
	kmem_free(number, 48);
	number = kmem_alloc(48, KM_SLEEP);
	sc->sc_n = number[0]; /* BREAKS */
	kmem_free(number, 48);
}

/* One number of the request is not written.  The device reads it. */
FRAGMENT_IN(mem_uninitialised_bad4, send, send_one_too_many)
{
	return probe_send_bytes(sc, vq, probe_length(sc) + 4);
}

/* In a block of kmem, and half a number. */
static void
make_map2(struct probe *sc)
{
	sc->sc_p = kmem_alloc(PROBE_BYTES, KM_SLEEP);
	if (bus_dmamap_create(sc->sc_dmat, PROBE_BYTES, 2, PROBE_BYTES, 0, BUS_DMA_NOWAIT,
	    &sc->sc_map2) != 0 || bus_dmamap_load(sc->sc_dmat, sc->sc_map2, sc->sc_p, PROBE_BYTES,
	    NULL, BUS_DMA_NOWAIT) != 0)
		panic("no second map");
}

/* The request from that block, `bytes` of it. */
static int
build_from_block(struct probe *sc, struct virtqueue *vq, bus_size_t bytes)
{
	int slot = probe_slot(sc, vq, 1);

	bus_dmamap_sync(sc->sc_dmat, sc->sc_map2, 0, bytes, BUS_DMASYNC_PREWRITE);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map2, 0, bytes, true);
	sc->sc_vq_out = vq;
	return slot;
}

static bool
receive_block(struct probe *sc, struct virtqueue *vq)
{
	if (!probe_take(sc, vq))
		return false;
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map2, 0, probe_length(sc), BUS_DMASYNC_POSTWRITE);
	return true;
}

FRAGMENT_IN(mem_uninitialised_bad5, send, send_half_number, .in_attach = make_map2,
    .receive = receive_block)
{
	int slot;

	memcpy(sc->sc_p, sc->sc_pfns, probe_length(sc) - 2);
	slot = build_from_block(sc, vq, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

/* The whole block is loaded, and only what was written is named; byte by byte, the pattern too. */
FRAGMENT_IN(mem_uninitialised_ok2, send, send_what_was_written, .in_attach = make_map2,
    .receive = receive_block)
{
	uint8_t *byte = sc->sc_p;
	int slot;

	for (size_t i = 0; i < probe_length(sc); i++) {
		byte[i] = 0xa5;
		byte[i] = ((uint8_t *)sc->sc_pfns)[i];
	}
	slot = build_from_block(sc, vq, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot);
	return true;
}

FRAGMENT_IN(mem_uninitialised_ok, in_thread, read_what_was_written)
{
	int *number = kmem_alloc(48, KM_SLEEP);

	memset(number, 0, 16);
	sc->sc_n = number[3];
	kmem_free(number, 48);
	number = kmem_zalloc(48, KM_SLEEP);
	sc->sc_n += number[11];
	kmem_free(number, 48);
}

/* ---- mem.use-after-free ---- */

FRAGMENT_IN(mem_use_after_free_bad, in_thread, free_twice)
{
	sc->sc_p = kmem_alloc(48, KM_SLEEP);
	kmem_free(sc->sc_p, 48);
	kmem_free(sc->sc_p, 48); /* BREAKS */
}

FRAGMENT_IN(mem_use_after_free_bad2, in_thread, free_inside_block)
{
	sc->sc_p = kmem_alloc(48, KM_SLEEP);
	kmem_free((uint8_t *)sc->sc_p + 16, 32); /* BREAKS */
}

FRAGMENT_IN(mem_use_after_free_bad3, in_thread, read_freed)
{
	int *number = kmem_zalloc(48, KM_SLEEP);

	kmem_free(number, 48);
	sc->sc_n = number[3]; /* BREAKS */
}

/* DMA memory that is mapped no more. */
FRAGMENT_IN(mem_use_after_free_bad4, in_thread, write_unmapped)
{
	void *kva;
	int nsegs;

	if (bus_dmamem_alloc(sc->sc_dmat, PAGE_SIZE, PAGE_SIZE, 0, &sc->sc_seg2, 1, &nsegs,
	    BUS_DMA_NOWAIT) != 0 || bus_dmamem_map(sc->sc_dmat, &sc->sc_seg2, 1, PAGE_SIZE,
	    &kva, BUS_DMA_NOWAIT) != 0)
		return;
	bus_dmamem_unmap(sc->sc_dmat, kva, PAGE_SIZE);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg2, 1);
	*(int *)kva = 1; /* BREAKS */
}

/* The frame of a function that has returned. */
static volatile int *
address_of_local(void)
{
	volatile int local[32];
	volatile int *volatile address = &local[8];

	local[8] = 1;
	return address;
}

FRAGMENT_IN(mem_use_after_free_bad5, in_thread, write_returned_local)
{
	volatile int *number = address_of_local();

	*number = 2; /* BREAKS */
}

FRAGMENT_IN(mem_use_after_free_ok, in_thread, free_reused)
{
	for (int i = 0; i < 3; i++) {
		sc->sc_p = kmem_alloc(48, KM_SLEEP);
		*(int *)sc->sc_p = i;
		kmem_free(sc->sc_p, 48);
	}
}

/* ---- mem.retry ---- */

/* More than there is; gives it back if there is so much after all. */
static int
take(struct probe *sc, size_t npages)
{
	int error = uvm_pglistalloc(npages * PAGE_SIZE, 0, PROBE_HIGH, 0, 0, /* BREAKS */
	    &sc->sc_pages2, (int)npages, 0);

	if (error == 0)
		uvm_pglistfree(&sc->sc_pages2);
	return error;
}

FRAGMENT_IN(mem_retry_bad, in_thread, try_at_once)
{
	for (int i = 0; i < 40 && take(sc, 1 << 20) != 0; i++)
		continue;
}

FRAGMENT_IN(mem_retry_bad2, in_thread, try_kmem_at_once)
{
	for (int i = 0; i < 40 && sc->sc_p == NULL; i++)
		sc->sc_p = kmem_alloc(1 << 30, KM_NOSLEEP); /* BREAKS */
}

FRAGMENT_IN(mem_retry_ok, in_thread, try_later)
{
	for (int i = 0; i < 40 && take(sc, 1 << 20) != 0; i++)
		kpause("nomem", false, 1, NULL);
}

/* Each call asks for less, to find out how much there is. */
FRAGMENT_IN(mem_retry_ok2, in_thread, try_less)
{
	for (size_t n = (1 << 20) + 40; n > 1 << 20 && take(sc, n) != 0; n--)
		continue;
}

/* ---- mem.wild-access ---- */

FRAGMENT_IN(mem_wild_access_bad, in_thread, write_to_null)
{
	int *volatile nothing = NULL;

	*nothing = 1; /* BREAKS */
}

/* The ring is virtio.c's. */
FRAGMENT_IN(mem_wild_access_bad2, in_attach, write_into_ring)
{
	sc->sc_vq[PROBE_DEFLATE].vq_avail->idx = 0; /* BREAKS */
}

/* A sysctl node was not made, but that is not why. */
FRAGMENT_IN(mem_wild_access_bad3, in_live, write_after_createv)
{
	int *volatile nothing = NULL;

	(void)sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "probe", NULL, NULL, 0,
	    &sc->sc_n, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	delay(1);
	*nothing = 1; /* BREAKS */
}

FRAGMENT_IN(mem_wild_access_ok, in_thread, write_to_softc)
{
	int *volatile something = &sc->sc_n;

	*something = 0;
}
