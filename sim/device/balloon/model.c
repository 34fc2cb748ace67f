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

#define BYTES_MAX 1024		/* 256 page numbers */

#define MODEL(id, entries) \
	.model = BALLOON_##id, .device.ack = DEVICE_ACK_IN_NOTIFY, .keeps_actual = true, \
	.device.queue_size = { [BALLOON_INFLATE] = (entries), [BALLOON_DEFLATE] = (entries) }

static const struct balloon_config models[BALLOON_MODEL_COUNT] = {
	[BALLOON_QEMU] = { MODEL(QEMU, 128), .reset_keeps_actual = true,
	    /* With a configuration change QEMU sets both bits of ISR. */
	    .device.config_isr = TRANSPORT_ISR_QUEUE | TRANSPORT_ISR_CONFIG,
	    .device.features = TRANSPORT_F_NOTIFY_ON_EMPTY | TRANSPORT_F_ANY_LAYOUT |
	    TRANSPORT_F_INDIRECT_DESC | TRANSPORT_F_EVENT_IDX },
	[BALLOON_CROSVM] = { MODEL(CROSVM, 128), .reset_keeps_actual = true,
	    .device.config_isr = TRANSPORT_ISR_CONFIG,
	    .device.features = BALLOON_F_MUST_TELL_HOST | BALLOON_F_STATS_VQ |
	    BALLOON_F_DEFLATE_ON_OOM },
	[BALLOON_CLOUD_HYPERVISOR] = { MODEL(CLOUD_HYPERVISOR, 128), .reset_keeps_actual = true,
	    .device.config_isr = TRANSPORT_ISR_CONFIG, .device.irq_per_batch = true,
	    .request_bytes_max = BYTES_MAX, .overlong = BALLOON_OVERLONG_IGNORED,
	    .strict_format = true, .actual_whole = true },
	[BALLOON_FIRECRACKER] = { MODEL(FIRECRACKER, 256),
	    .device.config_isr = TRANSPORT_ISR_CONFIG, .device.irq_per_batch = true,
	    .request_bytes_max = BYTES_MAX, .overlong = BALLOON_OVERLONG_LOST,
	    .strict_format = true },
};

void
balloon_config_init(struct balloon_config *config, enum balloon_model model)
{
	*config = models[model];
}
