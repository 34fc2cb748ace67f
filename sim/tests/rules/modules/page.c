/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area page.
 */
#include "probe.h"

#define	ALLOC(list, npages, high, waitok)				\
	uvm_pglistalloc((npages) * PAGE_SIZE, 0, high, 0, 0, list, npages, waitok)

/* ---- page.alloc-range ---- */

/* PAGE_SIZE is an int: the product wraps. */
static void
inflate_below_wrapped_limit(struct probe *sc, unsigned int npages)
{

	if (ALLOC(&sc->sc_pages, npages, UINT32_MAX * PAGE_SIZE, 0) != 0) /* BREAKS */
		return;
	probe_fill(sc);
	(void)probe_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}
FRAGMENT(page_alloc_range_bad, .inflate = inflate_below_wrapped_limit);

/* The size is in bytes. */
static void
inflate_in_pages(struct probe *sc, unsigned int npages)
{

	if (uvm_pglistalloc(npages, 0, PROBE_HIGH, 0, 0, /* BREAKS */
	    &sc->sc_pages, npages, 0) == 0)
		uvm_pglistfree(&sc->sc_pages);
	probe_inflate(sc, npages);
}
FRAGMENT(page_alloc_range_bad2, .inflate = inflate_in_pages);

static void
inflate_below_4gib(struct probe *sc, unsigned int npages)
{

	if (ALLOC(&sc->sc_pages, npages, UINT32_MAX, 0) != 0)
		return;
	probe_fill(sc);
	(void)probe_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}
FRAGMENT(page_alloc_range_ok, .inflate = inflate_below_4gib);

/* ---- page.conservation ---- */

static void
inflate_and_lose(struct probe *sc, unsigned int npages)
{

	if (ALLOC(&sc->sc_pages, npages, PROBE_HIGH, 0) != 0) /* BREAKS */
		return;
	sc->sc_short = sc->sc_n++ == 0;
	if (sc->sc_short)
		return;
	probe_fill(sc);
	(void)probe_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}
FRAGMENT(page_conservation_bad, .inflate = inflate_and_lose);

/* Given back by the host, and forgotten. */
static void
inflate_for_good(struct probe *sc, unsigned int npages)
{

	if (ALLOC(&sc->sc_pages, npages, PROBE_HIGH, 0) != 0) /* BREAKS */
		return;
	probe_fill(sc);
	(void)probe_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}

static void
deflated_and_lost(struct probe *sc)
{

	TAILQ_INIT(&sc->sc_pages);
	probe_write_actual(sc, sc->sc_actual - sc->sc_count);
}
FRAGMENT(page_conservation_bad2, .inflate = inflate_for_good, .deflated = deflated_and_lost);

/* What could not be sent goes back. */
static void
inflate_and_undo(struct probe *sc, unsigned int npages)
{

	if (sc->sc_n++ > 0) {
		probe_inflate(sc, npages);
		return;
	}
	if (probe_alloc(&sc->sc_pages, npages))
		uvm_pglistfree(&sc->sc_pages);
	sc->sc_short = true;
}
FRAGMENT(page_conservation_ok, .inflate = inflate_and_undo);

/* The driver as it is, through all that may happen to it. */
FRAGMENT(page_conservation_ok2);

/* The device starts again while it has a request: true, once. */
static bool
restart_with_a_request(struct probe *sc)
{

	if (sc->sc_vq_out == NULL || sc->sc_n++ > 0)
		return false;
	probe_restart(sc);
	PROBE_SYNC(sc, 0, sizeof(uint32_t) * sc->sc_count, POSTWRITE);
	sc->sc_vq_out = NULL;
	return true;
}

/* Nobody completes it, and its pages are forgotten. */
static void
restart_and_forget(struct probe *sc)
{

	(void)restart_with_a_request(sc);
}
FRAGMENT(page_conservation_bad3, .in_step = restart_and_forget);

static void
restart_and_free(struct probe *sc)
{

	if (restart_with_a_request(sc))
		uvm_pglistfree(&sc->sc_pages);
}
FRAGMENT(page_conservation_ok3, .in_step = restart_and_free);

static void
restart_and_send_again(struct probe *sc)
{

	if (restart_with_a_request(sc))
		(void)probe_do_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}
FRAGMENT(page_conservation_ok4, .in_step = restart_and_send_again);

/* ---- page.discarded-in-use ---- */

/* A page of the kernel: the one that the numbers themselves lie in. */
static bool
send_page_in_use(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	sc->sc_pfns[sc->sc_count++] = htole32(sc->sc_seg._ds_paddr / PAGE_SIZE);
	slot = probe_build(sc, vq, sizeof(uint32_t) * sc->sc_count);
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

static void
inflated_but_one(struct probe *sc)
{

	probe_move(&sc->sc_balloon, &sc->sc_pages);
	probe_write_actual(sc, sc->sc_actual + sc->sc_count - 1);
}
FRAGMENT(page_discarded_in_use_bad, .send = send_page_in_use, .inflated = inflated_but_one);

/* All of the balloon, in the other order. */
static bool
send_backwards(struct probe *sc, struct virtqueue *vq)
{
	unsigned int n = sc->sc_count;

	for (unsigned int i = 0; i < n / 2; i++) {
		uint32_t other = sc->sc_pfns[n - 1 - i];

		sc->sc_pfns[n - 1 - i] = sc->sc_pfns[i];
		sc->sc_pfns[i] = other;
	}
	return probe_send(sc, vq);
}
FRAGMENT(page_discarded_in_use_ok, .send = send_backwards);

/* ---- page.double-free ---- */

static void
free_twice(struct probe *sc)
{
	struct pglist same;

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	same = sc->sc_pages2;
	uvm_pglistfree(&sc->sc_pages2);
	uvm_pglistfree(&same); /* BREAKS */
}
FRAGMENT(page_double_free_bad, .in_thread = free_twice);

static void
free_again_at_once(struct probe *sc)
{

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	uvm_pglistfree(&sc->sc_pages2);
	uvm_pglistfree(&sc->sc_pages2); /* BREAKS */
}
FRAGMENT(page_double_free_bad3, .in_thread = free_again_at_once);

/* Somebody else has it by now: the memory of the second allocation. */
static void
free_again_later(struct probe *sc)
{
	struct vm_page *pg;
	paddr_t address;
	int nsegs;

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	pg = TAILQ_FIRST(&sc->sc_pages2);
	address = VM_PAGE_TO_PHYS(pg);
	uvm_pglistfree(&sc->sc_pages2);
	while (sc->sc_seg2._ds_paddr != address)
		if (bus_dmamem_alloc(sc->sc_dmat, PAGE_SIZE, PAGE_SIZE, 0, &sc->sc_seg2, 1,
		    &nsegs, BUS_DMA_NOWAIT) != 0)
			panic("no memory");
	TAILQ_INIT(&sc->sc_pages2);
	TAILQ_INSERT_TAIL(&sc->sc_pages2, pg, pageq.queue);
	uvm_pglistfree(&sc->sc_pages2); /* BREAKS */
}
FRAGMENT(page_double_free_bad2, .in_thread = free_again_later);

static void
free_empty_list(struct probe *sc)
{

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	uvm_pglistfree(&sc->sc_pages2);
	TAILQ_INIT(&sc->sc_pages2);
	uvm_pglistfree(&sc->sc_pages2);
}
FRAGMENT(page_double_free_ok, .in_thread = free_empty_list);

/* ---- page.host-owned ---- */

/* Inflate: before the answer. */
static void
inflate_and_free(struct probe *sc, unsigned int npages)
{

	probe_inflate(sc, npages);
	uvm_pglistfree(&sc->sc_pages); /* BREAKS */
	TAILQ_INIT(&sc->sc_pages);
}
FRAGMENT(page_host_owned_bad, .inflate = inflate_and_free);

/* Deflate: before the answer, although the host wants to be told. */
static void
deflate_and_free(struct probe *sc, unsigned int npages)
{

	probe_deflate(sc, npages);
	uvm_pglistfree(&sc->sc_pages); /* BREAKS */
}

static void
deflated_without_free(struct probe *sc)
{

	probe_write_actual(sc, sc->sc_actual - sc->sc_count);
}
FRAGMENT(page_host_owned_bad2, .deflate = deflate_and_free, .deflated = deflated_without_free);

/* Never asked back. */
static void
deflate_silently(struct probe *sc, unsigned int npages)
{

	uvm_pglistfree(&sc->sc_balloon); /* BREAKS */
	TAILQ_INIT(&sc->sc_balloon);
	probe_write_actual(sc, 0);
}
FRAGMENT(page_host_owned_bad3, .deflate = deflate_silently);

/* A host that need not be told. */
static void
deflate_and_free_early(struct probe *sc, unsigned int npages)
{

	probe_deflate(sc, npages);
	uvm_pglistfree(&sc->sc_pages);
}
FRAGMENT(page_host_owned_ok, .deflate = deflate_and_free_early,
    .deflated = deflated_without_free);
FRAGMENT(page_host_owned_ok2);

/* ---- page.irq-context ---- */

/* No page is free that low. */
static void
alloc_in_interrupt(struct probe *sc)
{

	if (ALLOC(&sc->sc_pages2, 1, PAGE_SIZE, 0) == 0) /* BREAKS */
		uvm_pglistfree(&sc->sc_pages2);
}
FRAGMENT(page_irq_context_bad, .in_config = alloc_in_interrupt);

static void
alloc_for_interrupt(struct probe *sc)
{

	if (!probe_alloc(&sc->sc_pages2, 1))
		panic("no page");
}

static void
free_in_interrupt(struct probe *sc)
{

	if (sc->sc_n++ == 0)
		uvm_pglistfree(&sc->sc_pages2); /* BREAKS */
}
FRAGMENT(page_irq_context_bad2, .in_attach = alloc_for_interrupt,
    .in_config = free_in_interrupt);

/* Attach is a thread like others. */
static void
alloc_in_attach(struct probe *sc)
{

	if (probe_alloc(&sc->sc_pages2, 1))
		uvm_pglistfree(&sc->sc_pages2);
}
FRAGMENT(page_irq_context_ok, .in_attach = alloc_in_attach, .in_step = alloc_in_attach);

/* ---- page.sleep-context ---- */

static void
alloc_with_spin_mutex(struct probe *sc)
{
	int error;

	mutex_enter(&sc->sc_lock);
	error = ALLOC(&sc->sc_pages2, 1, PROBE_HIGH, 1); /* BREAKS */
	mutex_exit(&sc->sc_lock);
	if (error == 0)
		uvm_pglistfree(&sc->sc_pages2);
}
FRAGMENT(page_sleep_context_bad, .in_thread = alloc_with_spin_mutex);

static void
free_with_spin_mutex(struct probe *sc)
{

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	mutex_enter(&sc->sc_lock);
	uvm_pglistfree(&sc->sc_pages2); /* BREAKS */
	mutex_exit(&sc->sc_lock);
}
FRAGMENT(page_sleep_context_bad2, .in_thread = free_with_spin_mutex);

/* An adaptive mutex may be held. */
static void
alloc_with_adaptive_mutex(struct probe *sc)
{

	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&sc->sc_lock2);
	if (ALLOC(&sc->sc_pages2, 1, PROBE_HIGH, 1) == 0)
		uvm_pglistfree(&sc->sc_pages2);
	mutex_exit(&sc->sc_lock2);
	mutex_destroy(&sc->sc_lock2);
}
FRAGMENT(page_sleep_context_ok, .in_thread = alloc_with_adaptive_mutex);

/* ---- page.use-after-free ---- */

static void
follow_link_of_freed_page(struct probe *sc)
{
	struct vm_page *pg;

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	pg = TAILQ_FIRST(&sc->sc_pages2);
	uvm_pglistfree(&sc->sc_pages2);
	sc->sc_p = TAILQ_NEXT(pg, pageq.queue); /* BREAKS */
}
FRAGMENT(page_use_after_free_bad, .in_thread = follow_link_of_freed_page);

static void
follow_link_before(struct probe *sc)
{
	struct vm_page *pg;

	if (!probe_alloc(&sc->sc_pages2, 2))
		return;
	pg = TAILQ_FIRST(&sc->sc_pages2);
	sc->sc_p = TAILQ_NEXT(pg, pageq.queue);
	uvm_pglistfree(&sc->sc_pages2);
	sc->sc_p = NULL;
}
FRAGMENT(page_use_after_free_ok, .in_thread = follow_link_before);
