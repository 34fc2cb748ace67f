/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio bus between a transport and a child driver: attachment, features, device
 * configuration and the way of an interrupt to the queues; NetBSD's virtio.c 1.54 without
 * the queues, which are in virtio_vq.c, and what is other in 2023, in virtio2023.c.
 */
#include "virtio_core.h"

/* ---- Status, features ---- */

void
virtio_set_status(struct virtio_softc *sc, int status)
{
	VIRTIO_CALL(sc, VIRTIO_SET_STATUS, status);
	virtio_pci_set_status(sc, status);
	KRET(VIRTIO_SET_STATUS, 0);
}

void
virtio_reset(struct virtio_softc *sc)
{
	VIRTIO_CALL(sc, VIRTIO_RESET);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_RESET);
	KRET(VIRTIO_RESET, 0);
}

static int
virtio_restart_queues(struct virtio_softc *sc)
{
	struct virtqueue *vq;
	unsigned size;
	int i;

	for (i = 0; i < sc->sc_nvqs; i++) {
		vq = &sc->sc_vqs[i];
		size = virtio_pci_read_queue_size(sc, (uint16_t)vq->vq_index);
		if (size == 0)
			continue;
		if (size != vq->vq_num)
			kern_panic("%s: virtqueue size changed, vq index %d\n",
			    device_xname(sc->sc_dev), vq->vq_index);
		virtio_vq_clear(sc, vq);
		sc->sc_ops->setup_queue(sc, (uint16_t)vq->vq_index,
		    vq->vq_dmamap->dm_segs[0].ds_addr);
	}
	return virtio_pci_setup_interrupts(sc);
}

int
virtio_reinit_start(struct virtio_softc *sc)
{
	int error = 0;

	VIRTIO_CALL(sc, VIRTIO_REINIT_START);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_ACK);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_DRIVER);
	if (virtio_restart_queues(sc) != 0) {
		virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_FAILED);
		error = 1;
	}
	KRETURN(VIRTIO_REINIT_START, error);
}

void
virtio_reinit_end(struct virtio_softc *sc)
{
	VIRTIO_CALL(sc, VIRTIO_REINIT_END);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_DRIVER_OK);
	KRET(VIRTIO_REINIT_END, 0);
}

/* Bit 0 of the flags of either device's configuration line: no indirect descriptors. */
static void
virtio_negotiate(struct virtio_softc *sc, uint64_t wanted)
{
	if ((device_cfdata(sc->sc_dev)->cf_flags & 1) == 0 &&
	    (device_cfdata(sc->sc_child)->cf_flags & 1) == 0)
		wanted |= VIRTIO_F_RING_INDIRECT_DESC;
	sc->sc_ops->neg_features(sc, wanted);
	sc->sc_indirect =
	    (sc->sc_active_features & VIRTIO_F_RING_INDIRECT_DESC) != 0;
}

void
virtio_negotiate_features(struct virtio_softc *sc, uint64_t guest_features)
{
	VIRTIO_CALL(sc, VIRTIO_NEGOTIATE_FEATURES, guest_features);
	virtio_negotiate(sc, guest_features);
	KRET(VIRTIO_NEGOTIATE_FEATURES, 0);
}

uint64_t
virtio_features(struct virtio_softc *sc)
{

	VIRTIO_CALL(sc, VIRTIO_FEATURES);
	KRETURN(VIRTIO_FEATURES, sc->sc_active_features);
}

/* ---- Device configuration ---- */

/* Bus, guest and structures are all little endian: _le and plain differ in name only. */
#define VIRTIO_CONFIG_ACCESS(type, suffix, width, READ, WRITE) \
type \
virtio_read_device_config_##suffix(struct virtio_softc *sc, int index) \
{ \
	type value; \
\
	VIRTIO_CALL(sc, READ, index, width); \
	value = (type)sc->sc_ops->read_dev_cfg(sc, index, width); \
	KRET(READ, value); \
	return value; \
} \
\
void \
virtio_write_device_config_##suffix(struct virtio_softc *sc, int index, type value) \
{ \
	VIRTIO_CALL(sc, WRITE, index, width, value); \
	sc->sc_ops->write_dev_cfg(sc, index, width, value); \
	KRET(WRITE, 0); \
}

VIRTIO_CONFIG_ACCESS(uint8_t, 1, 1, VIRTIO_READ_DEVICE_CONFIG,
    VIRTIO_WRITE_DEVICE_CONFIG)
VIRTIO_CONFIG_ACCESS(uint16_t, 2, 2, VIRTIO_READ_DEVICE_CONFIG,
    VIRTIO_WRITE_DEVICE_CONFIG)
VIRTIO_CONFIG_ACCESS(uint32_t, 4, 4, VIRTIO_READ_DEVICE_CONFIG,
    VIRTIO_WRITE_DEVICE_CONFIG)
VIRTIO_CONFIG_ACCESS(uint16_t, le_2, 2, VIRTIO_READ_DEVICE_CONFIG_LE,
    VIRTIO_WRITE_DEVICE_CONFIG_LE)
VIRTIO_CONFIG_ACCESS(uint32_t, le_4, 4, VIRTIO_READ_DEVICE_CONFIG_LE,
    VIRTIO_WRITE_DEVICE_CONFIG_LE)

/* 64 bits are two accesses (spec 4.1.3.1); the low half goes first. */
uint64_t
virtio_read_device_config_8(struct virtio_softc *sc, int index)
{
	uint64_t value;

	VIRTIO_CALL(sc, VIRTIO_READ_DEVICE_CONFIG, index, 8);
	value = sc->sc_ops->read_dev_cfg(sc, index, 4);
	value |= sc->sc_ops->read_dev_cfg(sc, index + 4, 4) << 32;
	KRETURN(VIRTIO_READ_DEVICE_CONFIG, value);
}

void
virtio_write_device_config_8(struct virtio_softc *sc, int index, uint64_t value)
{
	VIRTIO_CALL(sc, VIRTIO_WRITE_DEVICE_CONFIG, index, 8, value);
	sc->sc_ops->write_dev_cfg(sc, index, 4, value & UINT32_MAX);
	sc->sc_ops->write_dev_cfg(sc, index + 4, 4, value >> 32);
	KRET(VIRTIO_WRITE_DEVICE_CONFIG, 0);
}

uint16_t
virtio_rw16(struct virtio_softc *sc, uint16_t val)
{
	return sc->sc_struct_endian == BYTE_ORDER ? val : bswap16(val);
}

uint32_t
virtio_rw32(struct virtio_softc *sc, uint32_t val)
{
	return sc->sc_struct_endian == BYTE_ORDER ? val : bswap32(val);
}

uint64_t
virtio_rw64(struct virtio_softc *sc, uint64_t val)
{
	return sc->sc_struct_endian == BYTE_ORDER ? val : bswap64(val);
}

/* ---- Interrupts ---- */

void
virtio_call_config_change(struct virtio_softc *sc)
{
	int handled;

	if (sc->sc_config_change == NULL)
		return;
	KNOTE(CALLBACK, 1, HW_CB_CONFIG_CHANGE, VIRTIO_NO_QUEUE);
	handled = sc->sc_config_change(sc);
	KNOTE(CALLBACK, 2, HW_CB_CONFIG_CHANGE, VIRTIO_NO_QUEUE, handled == 0);
}

void
virtio_call_intrhand(struct virtio_softc *sc)
{
	KNOTE(CALLBACK, 1, HW_CB_INTRHAND, VIRTIO_NO_QUEUE);
	sc->sc_intrhand(sc);
	KNOTE(CALLBACK, 2, HW_CB_INTRHAND, VIRTIO_NO_QUEUE);
}

int
virtio_call_vq_intrhand(struct virtqueue *vq)
{
	int handled, index = vq->vq_index;

	if (vq->vq_intrhand == virtio_vq_done)
		return virtio_call_done(vq);
	KNOTE(CALLBACK, 1, HW_CB_INTRHAND, index);
	handled = vq->vq_intrhand(vq->vq_intrhand_arg);
	KNOTE(CALLBACK, 2, HW_CB_INTRHAND, index);
	return handled;
}

int
virtio_call_done(struct virtqueue *vq)
{
	int handled, index = vq->vq_index;

	KNOTE(CALLBACK, 1, HW_CB_VQ_DONE, index);
	handled = vq->vq_done(vq);
	KNOTE(CALLBACK, 2, HW_CB_VQ_DONE, index, handled == 0);
	return handled;
}

/* Once for each queue with used buffers, however many, and again at the next interrupt. */
int
virtio_vq_intr(struct virtio_softc *sc)
{
	struct virtqueue *vq;
	int i, handled = 0;

	VIRTIO_CALL(sc, VIRTIO_VQ_INTR);
	for (i = 0; i < sc->sc_nvqs; i++) {
		vq = &sc->sc_vqs[i];
		vq->vq_queued = 0;
		if (virtio_vq_has_used(vq) && vq->vq_done != NULL)
			handled |= virtio_call_done(vq);
	}
	KRETURN(VIRTIO_VQ_INTR, handled);
}

int
virtio_vq_intrhand(struct virtio_softc *sc)
{
	int i, handled = 0;

	for (i = 0; i < sc->sc_nvqs; i++)
		handled |= virtio_call_vq_intrhand(&sc->sc_vqs[i]);
	return handled;
}

int
virtio_intrhand(struct virtio_softc *sc)
{
	return sc->sc_intrhand(sc);
}

static void
virtio_soft_intr(void *arg)
{
	struct virtio_softc *sc = arg;
	bool locks = (sc->sc_flags & VIRTIO_F_INTR_MPSAFE) == 0;

	if (locks)
		kern_lock_take(1);
	KERN_ASSERT(sc->sc_intrhand != NULL);
	KNOTE(CALLBACK, 1, HW_CB_SOFTINT, VIRTIO_NO_QUEUE);
	virtio_call_intrhand(sc);
	KNOTE(CALLBACK, 2, HW_CB_SOFTINT, VIRTIO_NO_QUEUE);
	if (locks)
		kern_lock_drop();
}

static int
virtio_softint_start(struct virtio_softc *sc)
{
	KERN_ASSERT(sc->sc_soft_ih == NULL);
	if ((sc->sc_flags & VIRTIO_F_INTR_SOFTINT) == 0)
		return 0;
	sc->sc_soft_ih = (void *)(uintptr_t)
	    hw_softint_establish(IPL_SOFTNET, virtio_soft_intr, sc);
	return sc->sc_soft_ih == NULL ? -1 : 0;
}

void
virtio_softint_end(struct virtio_softc *sc)
{
	if (sc->sc_soft_ih == NULL)
		return;
	kern_softint_end((uint32_t)(uintptr_t)sc->sc_soft_ih);
	sc->sc_soft_ih = NULL;
}

/* ---- Attachment ---- */

void
virtio_start(struct virtio_softc *sc, device_t child, int ipl, uint64_t features,
    const char *feat_bits)
{
	char buf[1024];

	sc->sc_child = child;
	sc->sc_ipl = ipl;
	virtio_negotiate(sc, features);
	snprintb(buf, sizeof(buf), feat_bits, sc->sc_active_features);
	kprint(HW_CON_NORMAL, ": features: %s\n", buf);
	KNOTE(ATTACH, HW_ATTACH_STARTED, sc->sc_active_features);
}

void
virtio_child_attach_start(struct virtio_softc *sc, device_t child, int ipl,
    struct virtqueue *vqs, virtio_callback config_change, virtio_callback intr_hand,
    int req_flags, int req_features, const char *feat_bits)
{
	VIRTIO_CALL(sc, VIRTIO_CHILD_ATTACH_START, ipl, req_flags, req_features,
	    config_change != NULL);
	sc->sc_vqs = vqs;
	sc->sc_config_change = config_change;
	sc->sc_intrhand = intr_hand;
	sc->sc_flags = req_flags;
	/* An int: bit 31 would ask for bits 32 to 63 too. */
	virtio_start(sc, child, ipl, (uint64_t)req_features, feat_bits);
	KRET(VIRTIO_CHILD_ATTACH_START, 0);
}

void
virtio_child_attach_set_vqs(struct virtio_softc *sc, struct virtqueue *vqs,
    int nvq_pairs)
{
	VIRTIO_CALL(sc, VIRTIO_CHILD_ATTACH_SET_VQS, nvq_pairs);
	KERN_ASSERT(nvq_pairs == 1 ||
	    (sc->sc_flags & VIRTIO_F_INTR_SOFTINT) == 0);
	if (nvq_pairs > 1)
		sc->sc_child_mq = true;
	sc->sc_vqs = vqs;
	KRET(VIRTIO_CHILD_ATTACH_SET_VQS, 0);
}

/* Handlers are in place before the device may use them.  NULL, or what cannot be done. */
static const char *
virtio_finish_interrupts(struct virtio_softc *sc)
{
	if (kern_fault(HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, -1, false, ENOMEM) != 0)
		return "allocate interrupts";
	virtio_pci_alloc_interrupts(sc);
	if (virtio_pci_setup_interrupts(sc) != 0)
		return "setup interrupts";
	if (virtio_softint_start(sc) != 0)
		return "establish soft interrupt";
	return NULL;
}

int
virtio_finish(struct virtio_softc *sc)
{
	const char *failed;

	sc->sc_finished_called = true;
	failed = virtio_finish_interrupts(sc);
	if (failed != NULL) {
		kprint(HW_CON_ERROR, "%s: failed to %s\n",
		    device_xname(sc->sc_dev), failed);
		virtio_pci_free_interrupts(sc);
		virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_FAILED);
		return 1;
	}
	sc->sc_is_up = true;
	sc->sc_child_state = VIRTIO_CHILD_ATTACH_FINISHED;
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_DRIVER_OK);
	return 0;
}

int
virtio_child_attach_finish(struct virtio_softc *sc)
{
	int failed;

	VIRTIO_CALL(sc, VIRTIO_CHILD_ATTACH_FINISH);
	failed = virtio_finish(sc);
	KNOTE(ATTACH, HW_ATTACH_FINISHED, failed);
	KRETURN(VIRTIO_CHILD_ATTACH_FINISH, failed);
}

static void
virtio_forget_child(struct virtio_softc *sc)
{
	sc->sc_child = NULL;
	sc->sc_vqs = NULL;
	sc->sc_is_up = false;
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_RESET);
	virtio_pci_free_interrupts(sc);
	virtio_softint_end(sc);
}

void
virtio_child_detach(struct virtio_softc *sc)
{
	VIRTIO_CALL(sc, VIRTIO_CHILD_DETACH);
	virtio_forget_child(sc);
	KRET(VIRTIO_CHILD_DETACH, 0);
}

void
virtio_child_attach_failed(struct virtio_softc *sc)
{
	VIRTIO_CALL(sc, VIRTIO_CHILD_ATTACH_FAILED);
	virtio_forget_child(sc);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_FAILED);
	sc->sc_child = VIRTIO_CHILD_FAILED;
	KNOTE(ATTACH, HW_ATTACH_FAILED, 0);
	KRET(VIRTIO_CHILD_ATTACH_FAILED, 0);
}

device_t
virtio_child(struct virtio_softc *sc)
{
	device_t child;

	VIRTIO_CALL(sc, VIRTIO_CHILD);
	child = sc->sc_child;
	KRET(VIRTIO_CHILD, child != NULL);
	return child;
}

bus_dma_tag_t
virtio_dmat(struct virtio_softc *sc)
{
	VIRTIO_CALL(sc, VIRTIO_DMAT);
	KRET(VIRTIO_DMAT, 0);
	return sc->sc_dmat;
}

/* ---- What the transport prints ---- */

int
virtio_attach_failed(struct virtio_softc *sc)
{
	const char *why;

	if (sc->sc_childdevid == 0)
		return 1;
	if (sc->sc_child == NULL && sc->sc_child_state == VIRTIO_NO_CHILD)
		why = "no matching child driver; not configured";
	else if (sc->sc_child == NULL || sc->sc_child == VIRTIO_CHILD_FAILED)
		why = "virtio configuration failed";
	else if (!sc->sc_finished_called)
		why = "virtio internal error, child driver signaled OK but "
		    "didn't initialize interrupts";
	else
		return 0;
	kprint(HW_CON_ERROR, "%s: %s\n", device_xname(sc->sc_dev), why);
	return 1;
}

void
virtio_print_device_type(device_t self, int id, int revision)
{
	static const char *const names[] = {
		"unknown (0)", "network", "block", "console", "entropy",
		"memory balloon", "I/O memory", "remote processor messaging",
		"SCSI", "9P transport"
	};

	kprint(HW_CON_NORMAL, "%s: %s device (rev. 0x%02x)\n",
	    device_xname(self),
	    id >= 0 && id < (int)__arraycount(names) ? names[id] : "Unknown",
	    (unsigned)revision);
}
