/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area config: the configuration space (virtio 1.2 clause 2.5), by the fields of the device.
 */
#ifndef VIOSIM_RULES_VIRTIO_CONFIG_H
#define VIOSIM_RULES_VIRTIO_CONFIG_H

#include "rules/area.h"

/* The device's rules say so: some field has another value now. */
void config_changed(struct rules_core *core);

#endif /* VIOSIM_RULES_VIRTIO_CONFIG_H */
