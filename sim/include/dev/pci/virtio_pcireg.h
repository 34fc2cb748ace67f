/* SPDX-License-Identifier: BSD-2-Clause */
/* <dev/pci/virtio_pcireg.h>: registers of virtio over PCI, spec 4.1. */
#ifndef _DEV_PCI_VIRTIO_PCIREG_H_
#define	_DEV_PCI_VIRTIO_PCIREG_H_

#include <sys/types.h>

/* Legacy interface: byte offsets in BAR 0, spec 4.1.4.10; widths in bits. */
#define	VIRTIO_CONFIG_DEVICE_FEATURES		0	/* 32, read only */
#define	VIRTIO_CONFIG_GUEST_FEATURES		4	/* 32 */
#define	VIRTIO_CONFIG_QUEUE_ADDRESS		8	/* 32, in VIRTIO_PAGE_SIZE */
#define	VIRTIO_CONFIG_QUEUE_SIZE		12	/* 16, read only */
#define	VIRTIO_CONFIG_QUEUE_SELECT		14	/* 16 */
#define	VIRTIO_CONFIG_QUEUE_NOTIFY		16	/* 16 */
#define	VIRTIO_CONFIG_DEVICE_STATUS		18	/* 8 */
#define	VIRTIO_CONFIG_ISR_STATUS		19	/* 8, a read clears it */
#define	VIRTIO_CONFIG_CONFIG_VECTOR		20	/* 16, with MSI-X only */
#define	VIRTIO_CONFIG_DEVICE_CONFIG_NOMSI	20	/* device configuration */
#define	VIRTIO_CONFIG_DEVICE_CONFIG_MSI		24	/* the same with MSI-X on */
#define	VIRTIO_CONFIG_MSI_CONFIG_VECTOR		20	/* 16 */
#define	VIRTIO_CONFIG_MSI_QUEUE_VECTOR		22	/* 16 */

/* Virtio 1.x: types of vendor capability, spec 4.1.4. */
#define	VIRTIO_PCI_CAP_COMMON_CFG	1
#define	VIRTIO_PCI_CAP_NOTIFY_CFG	2
#define	VIRTIO_PCI_CAP_ISR_CFG		3
#define	VIRTIO_PCI_CAP_DEVICE_CFG	4
#define	VIRTIO_PCI_CAP_PCI_CFG		5

/* Virtio 1.x: byte offsets in the common configuration, spec 4.1.4.3. */
#define	VIRTIO_CONFIG1_DEVICE_FEATURE_SELECT	0	/* 32 */
#define	VIRTIO_CONFIG1_DEVICE_FEATURE		4	/* 32, read only */
#define	VIRTIO_CONFIG1_DRIVER_FEATURE_SELECT	8	/* 32 */
#define	VIRTIO_CONFIG1_DRIVER_FEATURE		12	/* 32 */
#define	VIRTIO_CONFIG1_CONFIG_MSIX_VECTOR	16	/* 16 */
#define	VIRTIO_CONFIG1_NUM_QUEUES		18	/* 16, read only */
#define	VIRTIO_CONFIG1_DEVICE_STATUS		20	/* 8 */
#define	VIRTIO_CONFIG1_CONFIG_GENERATION	21	/* 8, read only */
/* Of the selected queue: */
#define	VIRTIO_CONFIG1_QUEUE_SELECT		22	/* 16 */
#define	VIRTIO_CONFIG1_QUEUE_SIZE		24	/* 16 */
#define	VIRTIO_CONFIG1_QUEUE_MSIX_VECTOR	26	/* 16 */
#define	VIRTIO_CONFIG1_QUEUE_ENABLE		28	/* 16 */
#define	VIRTIO_CONFIG1_QUEUE_NOTIFY_OFF		30	/* 16, read only */
#define	VIRTIO_CONFIG1_QUEUE_DESC		32	/* 64 */
#define	VIRTIO_CONFIG1_QUEUE_AVAIL		40	/* 64 */
#define	VIRTIO_CONFIG1_QUEUE_USED		48	/* 64 */

#endif /* !_DEV_PCI_VIRTIO_PCIREG_H_ */
