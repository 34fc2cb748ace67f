/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device models: the numbers and manners of known implementations.
 *
 * Read from their sources in 2025 and 2026: QEMU hw/virtio/virtio-balloon.c, crosvm
 * devices/src/virtio/balloon.rs, cloud-hypervisor virtio-devices/src/balloon.rs, Firecracker
 * src/vmm/src/devices/virtio/balloon.  Left out are the features that have queues or
 * configuration of their own and that a driver has to ask for (statistics under QEMU, page
 * poisoning, hinting, reporting).  Only QEMU has a legacy interface; the others show theirs
 * all the same when the machine asks for one, with the features that fit it.
 */
#include "device/balloon.h"

#include <stdio.h>
#include <string.h>

#define BYTES_MAX 1024		/* 256 page numbers */

static void
like_qemu(struct device_config *config)
{
	/* With a configuration change QEMU sets both bits of ISR. */
	config->config_isr = TRANSPORT_ISR_QUEUE | TRANSPORT_ISR_CONFIG;
	config->features = TRANSPORT_F_NOTIFY_ON_EMPTY | TRANSPORT_F_ANY_LAYOUT |
	    TRANSPORT_F_INDIRECT_DESC | TRANSPORT_F_EVENT_IDX;
}

static void
like_crosvm(struct device_config *config)
{
	config->features = BALLOON_F_MUST_TELL_HOST | BALLOON_F_STATS_VQ |
	    BALLOON_F_DEFLATE_ON_OOM;
}

static void
like_cloud_hypervisor(struct device_config *config)
{
	config->request_bytes_max = BYTES_MAX;
	config->overlong = DEVICE_OVERLONG_IGNORED;
	config->strict_format = true;
	config->actual_whole = true;
	config->irq_per_batch = true;
}

static void
like_firecracker(struct device_config *config)
{
	config->queue_size[BALLOON_INFLATE] = config->queue_size[BALLOON_DEFLATE] = 256;
	config->request_bytes_max = BYTES_MAX;
	config->overlong = DEVICE_OVERLONG_LOST;
	config->strict_format = true;
	config->irq_per_batch = true;
	config->reset_keeps_actual = false;
}

void
device_config_init(struct device_config *config, enum device_model model)
{
	memset(config, 0, sizeof(*config));
	config->model = model;
	config->queue_size[BALLOON_INFLATE] = config->queue_size[BALLOON_DEFLATE] = 128;
	config->ack = DEVICE_ACK_IN_NOTIFY;
	config->keeps_actual = config->reset_keeps_actual = true;
	config->overlong = DEVICE_OVERLONG_DONE;
	config->config_isr = TRANSPORT_ISR_CONFIG;
	switch (model) {
	case DEVICE_QEMU:
		like_qemu(config);
		break;
	case DEVICE_CROSVM:
		like_crosvm(config);
		break;
	case DEVICE_CLOUD_HYPERVISOR:
		like_cloud_hypervisor(config);
		break;
	case DEVICE_FIRECRACKER:
		like_firecracker(config);
		break;
	}
}

bool
device_config_is_valid(const struct device_config *config, char *why, size_t why_size)
{
	for (unsigned q = 0; q < BALLOON_ACTIVE; q++) {
		uint16_t size = config->queue_size[q];

		if (size > VIRTQUEUE_SIZE_MAX || (size & (size - 1)) != 0) {
			snprintf(why, why_size,
			    "a queue of %u entries: the size must be a power of two, "
			    "at most %u", size, VIRTQUEUE_SIZE_MAX);
			return false;
		}
	}
	return true;
}
