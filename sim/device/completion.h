/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completions of requests: what device.c (requests), completion.c (when, and the used entry) and
 * behaviour.c need of each other.
 */
#ifndef VIOSIM_DEVICE_COMPLETION_H
#define VIOSIM_DEVICE_COMPLETION_H

#include "device/behaviour.h"

/* Look at a queue: take all that is there, show it to the class. */
void completion_serve(struct device_queue *queue);

/* The used entry; with it the interrupt is due. */
void completion_push(struct completion *completion);
/* Send the interrupts that a batch held together. */
void completion_flush(struct device *device);
/* Set the timer for the oldest request, unless the queue stands still. */
void completion_arm(struct device_queue *queue);
/* No timer; requests stay. */
void completion_halt(struct device_queue *queue);
/* No timer, no requests. */
void completion_forget(struct device_queue *queue);
/* The oldest request is completed in 1 ms, whatever becomes of the queue. */
void completion_outlive_reset(struct device_queue *queue);
void completion_forget_outliving(struct device_queue *queue);
/* Nothing raises an interrupt without a cause any more. */
void completion_stop_interrupts(struct device *device);

#endif /* VIOSIM_DEVICE_COMPLETION_H */
