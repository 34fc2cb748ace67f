/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What transport_reg.c (registers) needs of transport.c (what they do).
 */
#ifndef VIOSIM_DEVICE_TRANSPORT_REG_H
#define VIOSIM_DEVICE_TRANSPORT_REG_H

#include "device/transport.h"

/* half: 0 for features 0..31, 1 for 32..63; void once FEATURES_OK is set. */
void transport_write_features(struct transport *transport, unsigned half, uint32_t value);
void transport_write_status(struct transport *transport, uint8_t value);
void transport_kick(struct transport *transport, unsigned queue);

/* Negotiated features to the queues: after accepting, and when a queue comes to life. */
void transport_apply_features(struct transport *transport);
/* Record where a queue is now. */
void transport_emit_queue(struct transport *transport, unsigned queue);
/* The driver gives up one queue; what is in flight on it is forgotten. */
void transport_drop_queue(struct transport *transport, unsigned queue);

#endif /* VIOSIM_DEVICE_TRANSPORT_REG_H */
