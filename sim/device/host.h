/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host operator behind the balloon: asks for memory, restarts the guest.
 */
#ifndef VIOSIM_DEVICE_HOST_H
#define VIOSIM_DEVICE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "device/balloon.h"

/*
 * Write num_pages.  With `irq` a configuration interrupt follows (dropped by the device
 * before DRIVER_OK, as QEMU does; the driver then finds the target by itself).
 */
void host_target(struct balloon *balloon, uint32_t pages, bool irq);

/*
 * The guest restarts: the device is reset (num_pages stays; `actual` by its manners), and the
 * host has no page any more, for the new guest may touch each.  Habits stay.
 */
void host_reboot(struct balloon *balloon);

#endif /* VIOSIM_DEVICE_HOST_H */
