/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Catalogue rows of area ring (ring.device-abuse is the runner's, see catalogue.c).
 */
#include "rules/area.h"

const struct rule rules_ring[] = {
	{ "ring.slot-order", SEVERITY_ERROR,
	  "a slot goes prep, reserve, enqueue, commit; and dequeue, dequeue_commit",
	  "NetBSD sys/dev/pci/virtio.c, comment on enqueue and dequeue",
	  "Each step relies on what the one before has set up; the kernel asserts only some.",
	  "virtio_enqueue_prep(vsc, vq, &slot);\nvirtio_enqueue_commit(vsc, vq, slot, true);",
	  "virtio_enqueue_prep(vsc, vq, &slot);\nvirtio_enqueue_reserve(vsc, vq, slot, 1);\n"
	  "virtio_enqueue(vsc, vq, slot, map, true);\n"
	  "virtio_enqueue_commit(vsc, vq, slot, true);" },
	{ "ring.segment-count", SEVERITY_ERROR,
	  "as many segments are enqueued as were reserved",
	  "NetBSD sys/dev/pci/virtio.c, virtio_enqueue_reserve()",
	  "A reserved descriptor that is not filled still holds an old address; one too many "
	  "overwrites somebody else's.",
	  "virtio_enqueue_reserve(vsc, vq, slot, 2);\nvirtio_enqueue(vsc, vq, slot, map, true);",
	  "virtio_enqueue_reserve(vsc, vq, slot, map->dm_nsegs);" },
	{ "ring.abort", SEVERITY_ERROR,
	  "a prepared slot that is not committed is aborted, unless its reserve failed",
	  "NetBSD sys/dev/pci/virtio.c, virtio_enqueue_abort(), virtio_enqueue_reserve()",
	  "A failed reserve has released the slot, a second release damages the list; a slot "
	  "that nobody releases is lost.",
	  "if (virtio_enqueue_reserve(vsc, vq, slot, n) != 0)\n"
	  "\tvirtio_enqueue_abort(vsc, vq, slot);",
	  "if (bus_dmamap_load(t, map, buf, n, NULL, 0) != 0)\n"
	  "\tvirtio_enqueue_abort(vsc, vq, slot);" },
	{ "ring.slot-balance", SEVERITY_ERROR,
	  "each slot is committed once and given back once",
	  "NetBSD sys/dev/pci/virtio.c, virtio_dequeue_commit()",
	  "A slot given back twice is handed to two requests; one never given back makes the "
	  "queue smaller until nothing goes.",
	  "virtio_dequeue(vsc, vq, &slot, NULL);\nreturn;",
	  "virtio_dequeue(vsc, vq, &slot, NULL);\nvirtio_dequeue_commit(vsc, vq, slot);" },
	{ "ring.not-live", SEVERITY_ERROR,
	  "requests are made only while the device is live",
	  "virtio 1.2 clauses 3.1.1 and 2.1.2; NetBSD virtio.c, virtio_enqueue_prep()",
	  "Before DRIVER_OK the device must not look; after a reset nobody answers.",
	  "virtio_enqueue_commit(vsc, vq, slot, true);\nvirtio_child_attach_finish(vsc);",
	  "virtio_child_attach_finish(vsc);\nvirtio_enqueue_commit(vsc, vq, slot, true);" },
	{ "ring.uninitialised", SEVERITY_ERROR,
	  "a queue is allocated and has its vq_done before it is used",
	  "NetBSD sys/dev/pci/virtio.c, virtio_alloc_vq(), virtio_vq_intr()",
	  "virtio_alloc_vq() clears the whole structure, vq_done too; without it answers are "
	  "never announced.",
	  "vq->vq_done = done;\nvirtio_alloc_vq(vsc, vq, 0, size, 1, \"request\");",
	  "virtio_alloc_vq(vsc, vq, 0, size, 1, \"request\");\nvq->vq_done = done;" },
	{ "ring.free-queue", SEVERITY_ERROR,
	  "a queue is freed empty, and after the device was reset",
	  "virtio 1.2 clause 3.3.1; NetBSD sys/dev/pci/virtio.c, virtio_free_vq()",
	  "A live device goes on using the ring's memory. With slots taken the call only "
	  "returns EBUSY and the queue stays.",
	  "virtio_free_vq(vsc, vq);\nvirtio_child_attach_failed(vsc);",
	  "virtio_reset(vsc);\nvirtio_free_vq(vsc, vq);\nvirtio_child_attach_failed(vsc);" },
	{ "ring.direction", SEVERITY_ERROR,
	  "a descriptor's direction is that of its sync, and it keeps the queue's limits",
	  "virtio 1.2 clause 2.7.5; bus_dma(9), bus_dmamap_sync()",
	  "PREWRITE prepares for a device that reads, PREREAD for one that writes.",
	  "bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREREAD);\n"
	  "virtio_enqueue(vsc, vq, slot, map, true);\t/* the device reads */",
	  "bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREWRITE);" },
	{ "ring.dequeue-empty", SEVERITY_LINT,
	  "an empty queue is not asked again and again",
	  "NetBSD sys/dev/pci/virtio.c, virtio_dequeue()",
	  "ENOENT is a legal answer, but a driver that lives on it polls.",
	  "while (virtio_dequeue(vsc, vq, &slot, NULL) != 0)\n\tkpause(\"poll\", false, 1, NULL);",
	  "while (!done)\n\tcv_wait(&cv, &lock);\nvirtio_dequeue(vsc, vq, &slot, NULL);" },
	{ "ring.missing-kick", SEVERITY_ERROR,
	  "what was committed is announced to the device",
	  "virtio 1.2 clause 2.7.13.4; NetBSD virtio.c, virtio_enqueue_commit()",
	  "Without a notification the device may never look.",
	  "virtio_enqueue_commit(vsc, vq, slot, false);",
	  "virtio_enqueue_commit(vsc, vq, slot, false);\n"
	  "virtio_enqueue_commit(vsc, vq, -1, true);" },
	{ "ring.concurrent-use", SEVERITY_ERROR,
	  "one context at a time works on one side of a queue",
	  "NetBSD sys/dev/pci/virtio.c, locking comment",
	  "The kernel's locks protect single steps; prep to commit and dequeue to "
	  "dequeue_commit are the driver's to serialise.",
	  "virtio_dequeue(vsc, vq, &slot, NULL);\t/* in the thread and in vq_done */",
	  "mutex_enter(&sc->sc_lock);\nvirtio_dequeue(vsc, vq, &slot, NULL);" },
	{ "ring.request-reuse", SEVERITY_ERROR,
	  "a buffer is not given to the device again before its request was dequeued",
	  "virtio 1.2 clause 2.7.13.1",
	  "The device may still be reading the first request when the second is written over it.",
	  "virtio_enqueue_commit(vsc, vq0, s0, true);\n"
	  "virtio_enqueue(vsc, vq1, s1, req->map, true);",
	  "while (req->busy)\n\tcv_wait(&cv, &lock);" },
};
const size_t rules_ring_count = sizeof(rules_ring) / sizeof(rules_ring[0]);
