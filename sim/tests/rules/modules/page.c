/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area page.
 */
#include "probe.h"

#define	ALLOC(list, npages, high, waitok)				\
	uvm_pglistalloc((npages) * PAGE_SIZE, 0, high, 0, 0, list, npages, waitok)

static void
send_pages(struct probe *sc)
{
	probe_fill(sc);
	(void)probe_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}

/* ---- page.alloc-range ---- */

/* PAGE_SIZE is an int: the product wraps. */
FRAGMENT_IN(page_alloc_range_bad, inflate, inflate_below_wrapped_limit)
{
	if (ALLOC(&sc->sc_pages, npages, UINT32_MAX * PAGE_SIZE, 0) != 0) /* BREAKS */
		return;
	send_pages(sc);
}

/* The size is in bytes. */
FRAGMENT_IN(page_alloc_range_bad2, inflate, inflate_in_pages)
{
	if (uvm_pglistalloc(npages, 0, PROBE_HIGH, 0, 0, /* BREAKS */
	    &sc->sc_pages, npages, 0) == 0)
		uvm_pglistfree(&sc->sc_pages);
	probe_inflate(sc, npages);
}

FRAGMENT_IN(page_alloc_nothing_bad, in_thread, alloc_none)
{
	(void)ALLOC(&sc->sc_pages2, 0, PROBE_HIGH, 0); /* BREAKS */
}

FRAGMENT_IN(page_alloc_nothing_ok, in_thread, alloc_one)
{
	if (ALLOC(&sc->sc_pages2, 1, PROBE_HIGH, 0) == 0)
		uvm_pglistfree(&sc->sc_pages2);
}

FRAGMENT_IN(page_alloc_range_ok, inflate, inflate_below_4gib)
{
	if (ALLOC(&sc->sc_pages, npages, UINT32_MAX, 0) != 0)
		return;
	send_pages(sc);
}

/* ---- page.conservation ---- */

FRAGMENT_IN(page_conservation_bad, inflate, inflate_and_lose)
{
	if (ALLOC(&sc->sc_pages, npages, PROBE_HIGH, 0) != 0) /* BREAKS */
		return;
	sc->sc_short = sc->sc_n++ == 0;
	if (sc->sc_short)
		return;
	send_pages(sc);
}

/* Given back by the host, and forgotten. */
static void
inflate_for_good(struct probe *sc, unsigned int npages)
{
	if (ALLOC(&sc->sc_pages, npages, PROBE_HIGH, 0) != 0) /* BREAKS */
		return;
	send_pages(sc);
}

FRAGMENT_IN(page_conservation_bad2, deflated, deflated_and_lost, .inflate = inflate_for_good)
{
	TAILQ_INIT(&sc->sc_pages);
	probe_write_actual(sc, sc->sc_actual - sc->sc_count);
}

/* What could not be sent goes back. */
FRAGMENT_IN(page_conservation_ok, inflate, inflate_and_undo)
{
	if (sc->sc_n++ > 0) {
		probe_inflate(sc, npages);
		return;
	}
	if (probe_alloc(&sc->sc_pages, npages))
		uvm_pglistfree(&sc->sc_pages);
	sc->sc_short = true;
}

/* A guest that starts again has nothing of what it had. */
FRAGMENT(page_conservation_ok5);

/* The driver as it is, through all that may happen to it. */
FRAGMENT(page_conservation_ok2);

/* The device starts again while it has a request: true, once. */
static bool
restart_with_a_request(struct probe *sc)
{
	if (sc->sc_vq_out == NULL || sc->sc_n++ > 0)
		return false;
	probe_restart(sc);
	PROBE_SYNC(sc, 0, probe_length(sc), POSTWRITE);
	sc->sc_vq_out = NULL;
	return true;
}

/* Nobody completes it, and its pages are forgotten. */
FRAGMENT_IN(page_conservation_bad3, in_step, restart_and_forget)
{
	(void)restart_with_a_request(sc);
}

FRAGMENT_IN(page_conservation_ok3, in_step, restart_and_free)
{
	if (restart_with_a_request(sc))
		uvm_pglistfree(&sc->sc_pages);
}

FRAGMENT_IN(page_conservation_ok4, in_step, restart_and_send_again)
{
	if (restart_with_a_request(sc))
		(void)probe_do_send(sc, &sc->sc_vq[PROBE_INFLATE]);
}

/* ---- page.discarded-in-use ---- */

/* A page of the kernel: the one that the numbers themselves lie in. */
static bool
send_page_in_use(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	sc->sc_pfns[sc->sc_count++] = htole32(sc->sc_seg._ds_paddr / PAGE_SIZE);
	slot = probe_build(sc, vq, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

FRAGMENT_IN(page_discarded_in_use_bad, inflated, inflated_but_one, .send = send_page_in_use)
{
	probe_move(&sc->sc_balloon, &sc->sc_pages);
	probe_write_actual(sc, sc->sc_actual + sc->sc_count - 1);
}

/* All of the balloon, in the other order. */
FRAGMENT_IN(page_discarded_in_use_ok, send, send_backwards)
{
	unsigned int n = sc->sc_count;

	for (unsigned int i = 0; i < n / 2; i++) {
		uint32_t other = sc->sc_pfns[n - 1 - i];

		sc->sc_pfns[n - 1 - i] = sc->sc_pfns[i];
		sc->sc_pfns[i] = other;
	}
	return probe_send(sc, vq);
}

/* ---- page.double-free ---- */

FRAGMENT_IN(page_double_free_bad, in_thread, free_twice)
{
	struct pglist same;

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	same = sc->sc_pages2;
	uvm_pglistfree(&sc->sc_pages2);
	uvm_pglistfree(&same); /* BREAKS */
}

FRAGMENT_IN(page_double_free_bad3, in_thread, free_again_at_once)
{
	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	uvm_pglistfree(&sc->sc_pages2);
	uvm_pglistfree(&sc->sc_pages2); /* BREAKS */
}

/* Somebody else has it by now: the memory of the second allocation. */
FRAGMENT_IN(page_double_free_bad2, in_thread, free_again_later)
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

FRAGMENT_IN(page_double_free_ok, in_thread, free_empty_list)
{
	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	uvm_pglistfree(&sc->sc_pages2);
	TAILQ_INIT(&sc->sc_pages2);
	uvm_pglistfree(&sc->sc_pages2);
}

/* ---- page.host-owned ---- */

/* Inflate: before completion. */
FRAGMENT_IN(page_host_owned_bad, inflate, inflate_and_free)
{
	probe_inflate(sc, npages);
	uvm_pglistfree(&sc->sc_pages); /* BREAKS */
	TAILQ_INIT(&sc->sc_pages);
}

/* The same, once the device has done what it must not. */
FRAGMENT_IN(page_host_owned_ok3, inflate, inflate_and_free_later)
{
	probe_inflate(sc, npages);
	if (sc->sc_n++ == 0)
		return;
	uvm_pglistfree(&sc->sc_pages);
	TAILQ_INIT(&sc->sc_pages);
}

/* Deflate: before completion, although MUST_TELL_HOST was accepted. */
static void
deflate_and_free(struct probe *sc, unsigned int npages)
{
	probe_deflate(sc, npages);
	uvm_pglistfree(&sc->sc_pages); /* BREAKS */
}

FRAGMENT_IN(page_host_owned_bad2, deflated, deflated_without_free, .deflate = deflate_and_free)
{
	probe_write_actual(sc, sc->sc_actual - sc->sc_count);
}

/* Never asked back. */
FRAGMENT_IN(page_host_owned_bad3, deflate, deflate_silently)
{
	uvm_pglistfree(&sc->sc_balloon); /* BREAKS */
	TAILQ_INIT(&sc->sc_balloon);
	probe_write_actual(sc, 0);
}

/* A device without MUST_TELL_HOST. */
FRAGMENT_IN(page_host_owned_ok, deflate, deflate_and_free_early, .deflated = deflated_without_free)
{
	probe_deflate(sc, npages);
	uvm_pglistfree(&sc->sc_pages);
}
FRAGMENT(page_host_owned_ok2);

/* And all memory is taken, those pages too, before the request comes back. */
static void
deflate_and_take(struct probe *sc, unsigned int npages)
{
	struct pglist one;

	deflate_and_free_early(sc, npages);
	TAILQ_INIT(&sc->sc_pages2);
	while (probe_alloc(&one, 1))
		probe_move(&sc->sc_pages2, &one);
}

FRAGMENT_IN(page_host_owned_ok4, deflated, deflated_and_taken, .deflate = deflate_and_take)
{
	deflated_without_free(sc);
	uvm_pglistfree(&sc->sc_pages2);
}

/* ---- page.irq-context ---- */

/* No page is free that low. */
FRAGMENT_IN(page_irq_context_bad, in_config, alloc_in_interrupt)
{
	if (ALLOC(&sc->sc_pages2, 1, PAGE_SIZE, 0) == 0) /* BREAKS */
		uvm_pglistfree(&sc->sc_pages2);
}

static void
alloc_for_interrupt(struct probe *sc)
{
	if (!probe_alloc(&sc->sc_pages2, 1))
		panic("no page");
}

FRAGMENT_IN(page_irq_context_bad2, in_config, free_in_interrupt, .in_attach = alloc_for_interrupt)
{
	if (sc->sc_n++ == 0)
		uvm_pglistfree(&sc->sc_pages2); /* BREAKS */
}

/* Attach is a thread like others. */
static void
alloc_in_attach(struct probe *sc)
{
	if (probe_alloc(&sc->sc_pages2, 1))
		uvm_pglistfree(&sc->sc_pages2);
}
FRAGMENT(page_irq_context_ok, .in_attach = alloc_in_attach, .in_step = alloc_in_attach);

/* ---- page.sleep-context ---- */

FRAGMENT_IN(page_sleep_context_bad, in_thread, alloc_with_spin_mutex)
{
	int error;

	LOCKED(&sc->sc_lock, error = ALLOC(&sc->sc_pages2, 1, PROBE_HIGH, 1)); /* BREAKS */
	if (error == 0)
		uvm_pglistfree(&sc->sc_pages2);
}

FRAGMENT_IN(page_sleep_context_bad2, in_thread, free_with_spin_mutex)
{
	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	LOCKED(&sc->sc_lock, uvm_pglistfree(&sc->sc_pages2)); /* BREAKS */
}

/* An adaptive mutex may be held. */
FRAGMENT_IN(page_sleep_context_ok, in_thread, alloc_with_adaptive_mutex)
{
	probe_adaptive(sc);
	mutex_enter(&sc->sc_lock2);
	if (ALLOC(&sc->sc_pages2, 1, PROBE_HIGH, 1) == 0)
		uvm_pglistfree(&sc->sc_pages2);
	mutex_exit(&sc->sc_lock2);
	mutex_destroy(&sc->sc_lock2);
}

/* ---- page.use-after-free ---- */

FRAGMENT_IN(page_use_after_free_bad, in_thread, follow_link_of_freed_page)
{
	struct vm_page *pg;

	if (!probe_alloc(&sc->sc_pages2, 1))
		return;
	pg = TAILQ_FIRST(&sc->sc_pages2);
	uvm_pglistfree(&sc->sc_pages2);
	sc->sc_p = TAILQ_NEXT(pg, pageq.queue); /* BREAKS */
}

FRAGMENT_IN(page_use_after_free_ok, in_thread, follow_link_before)
{
	struct vm_page *pg;

	if (!probe_alloc(&sc->sc_pages2, 2))
		return;
	pg = TAILQ_FIRST(&sc->sc_pages2);
	sc->sc_p = TAILQ_NEXT(pg, pageq.queue);
	uvm_pglistfree(&sc->sc_pages2);
	sc->sc_p = NULL;
}
