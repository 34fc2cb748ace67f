/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio over PCI: attachment and interrupts, as in NetBSD's virtio_pci.c 1.38 and 1.55.  The
 * registers are in virtio_pci_reg.c.
 *
 * Interrupts: INTx, unless the child asks for MSI-X and the function has it; then a message
 * for the configuration and one for all queues, or one each for a child with several pairs
 * of queues.  They are enabled while they are established.
 */
#include "virtio_core.h"

#include <dev/pci/virtio_pcireg.h>

/* ---- Interrupt handlers ---- */

/* x86 runs handlers at IPL_VM under the kernel lock unless they are marked MPSAFE. */
static bool
virtio_pci_intr_locks(const struct virtio_softc *sc)
{
	return sc->sc_ipl == IPL_VM &&
	    (sc->sc_flags & VIRTIO_F_INTR_MPSAFE) == 0;
}

static void
virtio_pci_run_queues(struct virtio_softc *sc)
{
	if (sc->sc_intrhand == NULL)
		return;
	if (sc->sc_soft_ih != NULL)
		hw_softint_schedule((uint32_t)(uintptr_t)sc->sc_soft_ih);
	else
		virtio_call_intrhand(sc);
}

/* Reading the ISR acknowledges.  The queues are looked at whatever it says. */
static void
virtio_pci_intx_intr(struct virtio_softc *sc)
{
	unsigned isr = virtio_pci_read_isr(sc);

	if (isr == 0)
		return;
	if ((isr & VIRTIO_CONFIG_ISR_CONFIG_CHANGE) != 0)
		virtio_call_config_change(sc);
	virtio_pci_run_queues(sc);
}

/* The handler may end in a detach, which does not change who took the lock. */
#define VIRTIO_PCI_VECTOR(name, type, softc, handler) \
static void \
virtio_pci_vector_##name(void *arg) \
{ \
	type *me = arg; \
	bool locks = virtio_pci_intr_locks(softc); \
\
	if (locks) \
		kern_lock_take(1); \
	handler(me); \
	if (locks) \
		kern_lock_drop(); \
}

VIRTIO_PCI_VECTOR(intx, struct virtio_softc, me, virtio_pci_intx_intr)
VIRTIO_PCI_VECTOR(config, struct virtio_softc, me, virtio_call_config_change)
VIRTIO_PCI_VECTOR(queues, struct virtio_softc, me, virtio_pci_run_queues)
VIRTIO_PCI_VECTOR(queue, struct virtqueue, me->vq_owner, virtio_call_vq_intrhand)

/* ---- Interrupt set-up ---- */

void
virtio_pci_free_interrupts(struct virtio_softc *sc)
{
	struct virtio_pci_softc *psc = virtio_pci_softc(sc);

	/* intr_disestablish(): a cross-call to its CPU, which a running handler holds up */
	for (; psc->sc_ihs_num > 0; psc->sc_ihs_num--) {
		unsigned line = psc->sc_lines[psc->sc_ihs_num - 1];

		while (!hw_intr_disestablish(line))
			kern_sleep(HW_SLEEP_INTR, line, 0);
	}
	psc->sc_has_msix = false;
}

static void
virtio_pci_establish(struct virtio_pci_softc *psc, unsigned vector,
    void (*fn)(void *), void *arg)
{
	unsigned line = hw_line(psc->sc_device, vector);

	hw_intr_establish(line, psc->sc_sc.sc_ipl, fn, arg);
	psc->sc_lines[psc->sc_ihs_num++] = line;
}

static void
virtio_pci_establish_msix(struct virtio_pci_softc *psc)
{
	struct virtio_softc *sc = &psc->sc_sc;
	const char *xname = device_xname(sc->sc_dev);

	virtio_pci_establish(psc, HW_VEC_MSIX_CONFIG, virtio_pci_vector_config, sc);
	if (!sc->sc_child_mq)
		virtio_pci_establish(psc, HW_VEC_MSIX_QUEUE, virtio_pci_vector_queues, sc);
	for (unsigned i = 0; sc->sc_child_mq && i < (unsigned)sc->sc_nvqs; i++)
		virtio_pci_establish(psc, HW_VEC_MSIX_QUEUE + i, virtio_pci_vector_queue,
		    &sc->sc_vqs[i]);
	psc->sc_has_msix = true;
	psc->sc_devcfg_offset = VIRTIO_CONFIG_DEVICE_CONFIG_MSI;
	kprint(HW_CON_NORMAL, "%s: config interrupting at msix%u vec 0\n", xname, psc->sc_device);
	if (!sc->sc_child_mq)
		kprint(HW_CON_NORMAL, "%s: queues interrupting at msix%u vec 1\n", xname,
		    psc->sc_device);
	for (unsigned i = 0; sc->sc_child_mq && i < (unsigned)sc->sc_nvqs; i++) {
		hw_intr_distribute(hw_line(psc->sc_device, HW_VEC_MSIX_QUEUE + i), i / 2);
		kprint(HW_CON_NORMAL, "%s: for vq #%u interrupting at msix%u vec %u affinity "
		    "to %u\n", xname, i, psc->sc_device, i + 1,
		    i / 2 % kernel->kn_machine.ncpu);
	}
}

static void
virtio_pci_establish_intx(struct virtio_pci_softc *psc)
{
	virtio_pci_establish(psc, HW_VEC_INTX, virtio_pci_vector_intx, &psc->sc_sc);
	psc->sc_devcfg_offset = VIRTIO_CONFIG_DEVICE_CONFIG_NOMSI;
	kprint(HW_CON_NORMAL, "%s: interrupting at ioapic0 pin %u\n",
	    device_xname(psc->sc_sc.sc_dev), 11 - psc->sc_device);
}

/*
 * MSI-X if it can be had, with a message for each queue if there are enough.  Here a vector is
 * always to be had; a fault that says otherwise strikes before.
 */
void
virtio_pci_alloc_interrupts(struct virtio_softc *sc)
{
	struct virtio_pci_softc *psc = virtio_pci_softc(sc);

	if ((sc->sc_flags & VIRTIO_F_INTR_MSIX) == 0 || hw_msix_messages() <= PCI_MSIX_QUEUE) {
		virtio_pci_establish_intx(psc);
		return;
	}
	if ((unsigned)sc->sc_nvqs + PCI_MSIX_QUEUE > hw_msix_messages())
		sc->sc_child_mq = false;
	virtio_pci_establish_msix(psc);
}

/* ---- Attachment ---- */

#define VIRTIO_PCI_NO_DEVICE	0xffff	/* a device id that no specification gives out */

/* Autoconf runs under the kernel lock, so a handler on another CPU waits for its end. */
static void
virtio_pci_find_child(struct virtio_pci_softc *psc)
{
	struct virtio_softc *sc = &psc->sc_sc;
	struct virtio_attach_args va = {
		.sc_childdevid = sc->sc_childdevid,
	};
	/* The guest's other virtio devices are offered to each driver too. */
	struct virtio_attach_args other = {
		.sc_childdevid = VIRTIO_PCI_NO_DEVICE,
	};

	psc->sc_devcfg_offset = VIRTIO_CONFIG_DEVICE_CONFIG_NOMSI;
	sc->sc_child = NULL;
	sc->sc_finished_called = false;
	sc->sc_is_up = false;
	if (sc->sc_is_2023)
		sc->sc_nvqs = 0;
	sc->sc_is_2023 = false;
	sc->sc_child_state = VIRTIO_NO_CHILD;
	kern_lock_take(1);
	hw_on(psc->sc_device);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_RESET);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_ACK);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_DRIVER);
	autoconf_ask(sc->sc_dev, &other);
	config_found(sc->sc_dev, &va, NULL, CFARGS_NONE);
	virtio_attach_failed(sc);
	kern_lock_drop();
}

void
virtio_pci_attach(device_t self, unsigned device)
{
	struct virtio_pci_softc *psc = kmem_take(sizeof(*psc));
	struct virtio_softc *sc = &psc->sc_sc;
	bool legacy = kernel->kn_machine.legacy;

	self->dv_private = psc;
	psc->sc_device = device;
	sc->sc_dev = self;
	sc->sc_dmat = dma_tag();
	sc->sc_ops = legacy ? &virtio_pci_ops_legacy : &virtio_pci_ops_modern;
	sc->sc_version_1 = !legacy;
	/* On the legacy interface structures have the order of the CPU (spec 2.7.3). */
	sc->sc_bus_endian = LITTLE_ENDIAN;
	sc->sc_struct_endian = kernel->kn_machine.swaps_bytes && !legacy ?
	    BIG_ENDIAN : LITTLE_ENDIAN;
	sc->sc_childdevid = (int)hw_virtio_device_id(psc->sc_device);
	/* Ends autoconf's line. */
	kprint(HW_CON_NORMAL, "\n");
	virtio_print_device_type(self, sc->sc_childdevid, legacy ? 0 : 1);
	virtio_pci_find_child(psc);
}

/*
 * After a failed attachment the real rescan refuses, but detaching and attaching the bus
 * itself gets here again with the driver still in memory: that is what this stands for.
 */
void
virtio_pci_rescan(device_t self)
{
	struct virtio_pci_softc *psc = device_private(self);
	device_t child = psc->sc_sc.sc_child;

	if (child == NULL || child == VIRTIO_CHILD_FAILED)
		virtio_pci_find_child(psc);
}

bool
virtio_pci_child_attached(device_t self)
{
	const struct virtio_pci_softc *psc = device_private(self);

	return psc->sc_sc.sc_is_up;
}
