/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio over PCI: the registers of the legacy and the 1.0 interface (spec 4.1), used as
 * NetBSD's virtio_pci.c 1.38 uses them.  Finding capabilities and mapping BARs is left
 * out: the door names the structures.
 */
#include "virtio_core.h"

#include <dev/pci/virtio_pcireg.h>

/* What both interfaces have, in different places. */
struct virtio_pci_regs {
	enum hw_region	region;
	unsigned	status;
	unsigned	queue_select, queue_size;
	unsigned	config_vector, queue_vector;
};

static const struct virtio_pci_regs legacy_regs = {
	.region = HW_REG_LEGACY,
	.status = VIRTIO_CONFIG_DEVICE_STATUS,
	.queue_select = VIRTIO_CONFIG_QUEUE_SELECT,
	.queue_size = VIRTIO_CONFIG_QUEUE_SIZE,
	.config_vector = VIRTIO_CONFIG_MSI_CONFIG_VECTOR,
	.queue_vector = VIRTIO_CONFIG_MSI_QUEUE_VECTOR,
};
static const struct virtio_pci_regs modern_regs = {
	.region = HW_REG_COMMON,
	.status = VIRTIO_CONFIG1_DEVICE_STATUS,
	.queue_select = VIRTIO_CONFIG1_QUEUE_SELECT,
	.queue_size = VIRTIO_CONFIG1_QUEUE_SIZE,
	.config_vector = VIRTIO_CONFIG1_CONFIG_MSIX_VECTOR,
	.queue_vector = VIRTIO_CONFIG1_QUEUE_MSIX_VECTOR,
};

static const struct virtio_pci_regs *
pci_regs(const struct virtio_softc *sc)
{
	return sc->sc_version_1 ? &modern_regs : &legacy_regs;
}

static uint32_t
pci_read(struct virtio_softc *sc, unsigned reg, unsigned width)
{
	return (uint32_t)hw_reg_read(virtio_pci_softc(sc)->sc_device, pci_regs(sc)->region, reg,
	    width);
}

static void
pci_write(struct virtio_softc *sc, unsigned reg, unsigned width, uint32_t value)
{
	hw_reg_write(virtio_pci_softc(sc)->sc_device, pci_regs(sc)->region, reg, width, value);
}

/* ---- Both ---- */

uint16_t
virtio_pci_read_queue_size(struct virtio_softc *sc, uint16_t queue)
{
	pci_write(sc, pci_regs(sc)->queue_select, 2, queue);
	return (uint16_t)pci_read(sc, pci_regs(sc)->queue_size, 2);
}

void
virtio_pci_set_status(struct virtio_softc *sc, int status)
{
	uint32_t old = 0;

	if (status != VIRTIO_CONFIG_DEVICE_STATUS_RESET)
		old = pci_read(sc, pci_regs(sc)->status, 1);
	pci_write(sc, pci_regs(sc)->status, 1, old | (uint32_t)status);
}

/* The MSI-X message of a queue. */
static unsigned
pci_message(const struct virtio_softc *sc, uint16_t queue)
{
	return PCI_MSIX_QUEUE + (sc->sc_child_mq ? queue : 0U);
}

static void
pci_set_queue_vector(struct virtio_softc *sc, uint16_t queue)
{
	if (virtio_pci_softc(sc)->sc_ihs_num > 1)
		pci_write(sc, pci_regs(sc)->queue_vector, 2, pci_message(sc, queue));
}

/* What a device without room for a vector shows is not what was written. */
static int
pci_set_vector(struct virtio_softc *sc, unsigned reg, unsigned message, const char *what)
{
	pci_write(sc, reg, 2, message);
	if (pci_read(sc, reg, 2) == message)
		return 0;
	kprint(HW_CON_ERROR, "%s: can't set %s msix vector\n",
	    device_xname(sc->sc_dev), what);
	return -1;
}

int
virtio_pci_setup_interrupts(struct virtio_softc *sc)
{
	char what[24];
	int i;

	if (!virtio_pci_softc(sc)->sc_has_msix)
		return 0;
	if (pci_set_vector(sc, pci_regs(sc)->config_vector, PCI_MSIX_CONFIG, "config") != 0)
		return -1;
	for (i = 0; i < sc->sc_nvqs; i++) {
		snprintf(what, sizeof(what), "queue %d", i);
		pci_write(sc, pci_regs(sc)->queue_select, 2, (uint32_t)i);
		if (pci_set_vector(sc, pci_regs(sc)->queue_vector,
		    pci_message(sc, (uint16_t)i), what) != 0)
			return -1;
	}
	return 0;
}

unsigned
virtio_pci_read_isr(struct virtio_softc *sc)
{
	if (!sc->sc_version_1)
		return pci_read(sc, VIRTIO_CONFIG_ISR_STATUS, 1);
	return (unsigned)hw_reg_read(virtio_pci_softc(sc)->sc_device, HW_REG_ISR, 0, 1);
}

/* ---- Legacy interface: one BAR ---- */

static void
legacy_kick(struct virtio_softc *sc, uint16_t queue)
{
	pci_write(sc, VIRTIO_CONFIG_QUEUE_NOTIFY, 2, queue);
}

static uint64_t
legacy_read_config(struct virtio_softc *sc, int offset, int width)
{
	return pci_read(sc, virtio_pci_softc(sc)->sc_devcfg_offset +
	    (unsigned)offset, (unsigned)width);
}

static void
legacy_write_config(struct virtio_softc *sc, int offset, int width, uint64_t value)
{
	pci_write(sc, virtio_pci_softc(sc)->sc_devcfg_offset + (unsigned)offset,
	    (unsigned)width, (uint32_t)value);
}

static void
legacy_setup_queue(struct virtio_softc *sc, uint16_t queue, uint64_t addr)
{
	pci_write(sc, VIRTIO_CONFIG_QUEUE_SELECT, 2, queue);
	pci_write(sc, VIRTIO_CONFIG_QUEUE_ADDRESS, 4,
	    (uint32_t)(addr / VIRTIO_PAGE_SIZE));
	pci_set_queue_vector(sc, queue);
}

static void
legacy_neg_features(struct virtio_softc *sc, uint64_t wanted)
{
	uint32_t features;

	features = pci_read(sc, VIRTIO_CONFIG_DEVICE_FEATURES, 4) &
	    (uint32_t)wanted;
	pci_write(sc, VIRTIO_CONFIG_GUEST_FEATURES, 4, features);
	sc->sc_active_features = features;
}

/* ---- Virtio 1.0: common configuration, notification, device ---- */

/* 64-bit registers take two accesses (spec 4.1.3.1); low half first. */
static void
modern_write_8(struct virtio_softc *sc, unsigned reg, uint64_t value)
{
	pci_write(sc, reg, 4, (uint32_t)value);
	pci_write(sc, reg + 4, 4, (uint32_t)(value >> 32));
}

static void
modern_kick(struct virtio_softc *sc, uint16_t queue)
{
	hw_reg_write(virtio_pci_softc(sc)->sc_device, HW_REG_NOTIFY, queue, 2, queue);
}

static uint64_t
modern_read_config(struct virtio_softc *sc, int offset, int width)
{
	return hw_reg_read(virtio_pci_softc(sc)->sc_device, HW_REG_DEVICE, (unsigned)offset,
	    (unsigned)width);
}

static void
modern_write_config(struct virtio_softc *sc, int offset, int width,
    uint64_t value)
{
	hw_reg_write(virtio_pci_softc(sc)->sc_device, HW_REG_DEVICE, (unsigned)offset,
	    (unsigned)width, value);
}

static void
modern_enable_queue(struct virtio_softc *sc, struct virtqueue *vq, uint64_t addr)
{
	modern_write_8(sc, VIRTIO_CONFIG1_QUEUE_DESC, addr);
	modern_write_8(sc, VIRTIO_CONFIG1_QUEUE_AVAIL,
	    addr + (uint64_t)vq->vq_availoffset);
	modern_write_8(sc, VIRTIO_CONFIG1_QUEUE_USED,
	    addr + (uint64_t)vq->vq_usedoffset);
	pci_write(sc, VIRTIO_CONFIG1_QUEUE_ENABLE, 2, 1);
	vq->vq_notify_off = pci_read(sc, VIRTIO_CONFIG1_QUEUE_NOTIFY_OFF, 2);
}

static void
modern_disable_queue(struct virtio_softc *sc)
{
	pci_write(sc, VIRTIO_CONFIG1_QUEUE_ENABLE, 2, 0);
	modern_write_8(sc, VIRTIO_CONFIG1_QUEUE_DESC, 0);
	modern_write_8(sc, VIRTIO_CONFIG1_QUEUE_AVAIL, 0);
	modern_write_8(sc, VIRTIO_CONFIG1_QUEUE_USED, 0);
}

static void
modern_setup_queue(struct virtio_softc *sc, uint16_t queue, uint64_t addr)
{
	struct virtqueue *vq = &sc->sc_vqs[queue];

	/* In 2023 the queues are not known before the end of the attachment. */
	if (!sc->sc_is_2023 || sc->sc_vqs != NULL)
		KERN_ASSERT(vq->vq_index == queue);
	pci_write(sc, VIRTIO_CONFIG1_QUEUE_SELECT, 2, queue);
	if (addr == 0)
		modern_disable_queue(sc);
	else
		modern_enable_queue(sc, vq, addr);
	pci_set_queue_vector(sc, queue);
}

/* Read the device's features, write back what both want. */
static uint64_t
modern_exchange_features(struct virtio_softc *sc, uint64_t wanted)
{
	uint64_t both;

	pci_write(sc, VIRTIO_CONFIG1_DEVICE_FEATURE_SELECT, 4, 0);
	both = pci_read(sc, VIRTIO_CONFIG1_DEVICE_FEATURE, 4);
	pci_write(sc, VIRTIO_CONFIG1_DEVICE_FEATURE_SELECT, 4, 1);
	both |= (uint64_t)pci_read(sc, VIRTIO_CONFIG1_DEVICE_FEATURE, 4) << 32;
	both &= wanted;

	pci_write(sc, VIRTIO_CONFIG1_DRIVER_FEATURE_SELECT, 4, 0);
	pci_write(sc, VIRTIO_CONFIG1_DRIVER_FEATURE, 4, (uint32_t)both);
	pci_write(sc, VIRTIO_CONFIG1_DRIVER_FEATURE_SELECT, 4, 1);
	pci_write(sc, VIRTIO_CONFIG1_DRIVER_FEATURE, 4, (uint32_t)(both >> 32));
	return both;
}

static void
modern_neg_features(struct virtio_softc *sc, uint64_t wanted)
{
	const char *why = NULL;
	uint64_t both;

	wanted |= VIRTIO_F_VERSION_1;
	/* A feature of the legacy interface only. */
	wanted &= ~(uint64_t)VIRTIO_F_NOTIFY_ON_EMPTY;
	sc->sc_active_features = 0;
	both = modern_exchange_features(sc, wanted);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_FEATURES_OK);
	if ((pci_read(sc, VIRTIO_CONFIG1_DEVICE_STATUS, 1) &
	    VIRTIO_CONFIG_DEVICE_STATUS_FEATURES_OK) == 0)
		why = "feature negotiation failed";
	else if ((both & VIRTIO_F_VERSION_1) == 0)
		why = "host rejected version 1";
	if (why != NULL) {
		kprint(HW_CON_ERROR, "%s: %s\n", device_xname(sc->sc_dev), why);
		pci_write(sc, VIRTIO_CONFIG1_DEVICE_STATUS, 1,
		    VIRTIO_CONFIG_DEVICE_STATUS_FAILED);
		return;
	}
	sc->sc_active_features = both;
}

const struct virtio_ops virtio_pci_ops_legacy = {
	.kick = legacy_kick,
	.read_dev_cfg = legacy_read_config,
	.write_dev_cfg = legacy_write_config,
	.setup_queue = legacy_setup_queue,
	.neg_features = legacy_neg_features,
};

const struct virtio_ops virtio_pci_ops_modern = {
	.kick = modern_kick,
	.read_dev_cfg = modern_read_config,
	.write_dev_cfg = modern_write_config,
	.setup_queue = modern_setup_queue,
	.neg_features = modern_neg_features,
};
