/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device models: the numbers and properties of known implementations.
 *
 * Read from their sources in 2025 and 2026: QEMU hw/virtio/virtio-balloon.c, crosvm
 * devices/src/virtio/balloon.rs, cloud-hypervisor virtio-devices/src/balloon.rs, Firecracker
 * src/vmm/src/devices/virtio/balloon.  Left out are the features that have queues or
 * configuration of their own and that a driver has to ask for (statistics under QEMU, page
 * poisoning, hinting, reporting).  Only QEMU has a legacy interface; the others show theirs
 * all the same when the machine asks for one, with the features that fit it.
 */
#include "device/balloon/balloon.h"

#include <string.h>

#define BYTES_MAX 1024		/* 256 page numbers */

static void
set_size(struct balloon_config *config, uint16_t entries)
{
	config->device.queue_size[BALLOON_INFLATE] = entries;
	config->device.queue_size[BALLOON_DEFLATE] = entries;
}

static void
like_qemu(struct balloon_config *config)
{
	/* With a configuration change QEMU sets both bits of ISR. */
	config->device.config_isr = TRANSPORT_ISR_QUEUE | TRANSPORT_ISR_CONFIG;
	config->device.features = TRANSPORT_F_NOTIFY_ON_EMPTY | TRANSPORT_F_ANY_LAYOUT |
	    TRANSPORT_F_INDIRECT_DESC | TRANSPORT_F_EVENT_IDX;
}

static void
like_crosvm(struct balloon_config *config)
{
	config->device.features = BALLOON_F_MUST_TELL_HOST | BALLOON_F_STATS_VQ |
	    BALLOON_F_DEFLATE_ON_OOM;
}

static void
like_cloud_hypervisor(struct balloon_config *config)
{
	config->request_bytes_max = BYTES_MAX;
	config->overlong = BALLOON_OVERLONG_IGNORED;
	config->strict_format = true;
	config->actual_whole = true;
	config->device.irq_per_batch = true;
}

static void
like_firecracker(struct balloon_config *config)
{
	set_size(config, 256);
	config->request_bytes_max = BYTES_MAX;
	config->overlong = BALLOON_OVERLONG_LOST;
	config->strict_format = true;
	config->device.irq_per_batch = true;
	config->reset_keeps_actual = false;
}

void
balloon_config_init(struct balloon_config *config, enum balloon_model model)
{
	memset(config, 0, sizeof(*config));
	config->model = model;
	set_size(config, 128);
	config->device.ack = DEVICE_ACK_IN_NOTIFY;
	config->keeps_actual = config->reset_keeps_actual = true;
	config->overlong = BALLOON_OVERLONG_DONE;
	config->device.config_isr = TRANSPORT_ISR_CONFIG;
	switch (model) {
	case BALLOON_QEMU:
		like_qemu(config);
		break;
	case BALLOON_CROSVM:
		like_crosvm(config);
		break;
	case BALLOON_CLOUD_HYPERVISOR:
		like_cloud_hypervisor(config);
		break;
	case BALLOON_FIRECRACKER:
		like_firecracker(config);
		break;
	case BALLOON_MODEL_COUNT:
		break;
	}
}
