/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device of a world: the one header that the runner needs.
 *
 * Order: device_init(), device_hooks() into what goes to world_init(), world_init(),
 * device_power_on(); at the end device_fini() before world_fini().
 */
#ifndef VIOSIM_DEVICE_DEVICE_H
#define VIOSIM_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/balloon.h"
#include "device/host.h"
#include "machine/world.h"

struct device {
	struct world *world;
	struct balloon balloon;
};

/* The world may be uninitialised: only its address is kept.  *config is copied. */
void device_init(struct device *device, struct world *world,
    const struct device_config *config);
void device_fini(struct device *device);
/* Fill in the device's part of the hooks (not `faults`, `fault`). */
void device_hooks(struct device *device, struct world_hooks *hooks);
void device_power_on(struct device *device);

/* ---- the host and the device's habits ---- */

void device_target(struct device *device, uint32_t pages, bool irq);
void device_reboot(struct device *device);
void device_habit(struct device *device, enum device_habit habit, enum balloon_queue queue,
    uint64_t count);
void device_latency(struct device *device, enum balloon_queue queue, uint64_t latency_ns,
    uint64_t jitter_ns, uint64_t count);
void device_need_reset(struct device *device);
void device_set_actual(struct device *device, uint32_t pages);
void device_interrupt(struct device *device, int queue, bool spurious, uint64_t count);
/*
 * The oldest request of the queue is answered now, whatever its latency, with its interrupt and
 * the habits that hold for it.  False, and nothing done, if the device has no request of that
 * queue or does not answer (paused, broken, not driven).
 */
bool device_answer_now(struct device *device, enum balloon_queue queue);

/* ---- what can be observed ---- */

uint32_t device_num_pages(const struct device *device);		/* host.target */
uint32_t device_actual(const struct device *device);		/* host.actual */
uint64_t device_held(const struct device *device);		/* host.held */
uint64_t device_discarded_in_use(const struct device *device);
uint8_t device_status(const struct device *device);		/* TRANSPORT_STATUS_* */
uint64_t device_features_offered(const struct device *device);
uint64_t device_features(const struct device *device);		/* accepted */
/* Since the driver last left status 0, except inflight. */
uint64_t device_inflight(const struct device *device, enum balloon_queue queue);
uint64_t device_requests(const struct device *device, enum balloon_queue queue);
uint64_t device_kicks(const struct device *device, enum balloon_queue queue);
uint64_t device_entries(const struct device *device, enum balloon_queue queue);
uint64_t device_interrupts(const struct device *device, int queue);	/* -1: configuration */

/* For rules and verdicts. */
bool device_is_busy(const struct device *device);	/* something will still come */
bool device_answers(const struct device *device);
bool device_is_healthy(const struct device *device);
bool device_keeps_actual(const struct device *device);
bool device_actual_is_foreign(const struct device *device);

/* ---- names, for the scenario's vocabulary ---- */

/* NULL-terminated lists, in order. */
extern const char *const device_type_names[];
extern const char *const device_feature_names[];
extern const char *const device_feature_texts[];	/* what each means */
extern const char *const device_queue_names[];
extern const char *const device_model_names[];		/* index: enum device_model */

/* Bit mask of a feature; false if there is no such name. */
bool device_feature_by_name(const char *name, uint64_t *mask);
/* enum balloon_queue of "inflate" or "deflate", BALLOON_NO_QUEUE for anything else. */
int device_queue_by_name(const char *name);

#endif /* VIOSIM_DEVICE_DEVICE_H */
