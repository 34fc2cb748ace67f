/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the driver of these tests (child.c), for the fragments that use its queues.
 */
#ifndef SIM_TESTS_KERN_KSIDE_CHILD_H
#define SIM_TESTS_KERN_KSIDE_CHILD_H

#include <sys/param.h>
#include <sys/bus.h>
#include <sys/condvar.h>
#include <sys/device.h>
#include <sys/mutex.h>

#include <dev/pci/virtioreg.h>
#include <dev/pci/virtiovar.h>

#include "frag.h"

#define CHILD_PFNS	256
#define CHILD_BYTES	(CHILD_PFNS * 4)

struct child_softc {
	device_t		sc_dev;
	struct virtio_softc	*sc_virtio;
	struct virtqueue	sc_vq[2];
	char			sc_pad[1536];	/* the buffer lies in the middle */
	uint32_t		sc_pfns[CHILD_PFNS];
	bus_dmamap_t		sc_map;
	kmutex_t		sc_lock;
	kcondvar_t		sc_cv;
	int			sc_value;	/* what hw.child.value shows */
	bool			sc_is_completed;
	char			sc_tail[1536];
};

/* The softc of the newest attachment. */
extern struct child_softc *child;

/* Map the buffer of the softc; out: what bus_dmamap_load() said. */
int	child_map(struct child_softc *, bus_size_t len);

#endif /* SIM_TESTS_KERN_KSIDE_CHILD_H */
