/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balloon device (virtio 1.2 clause 5.5), the host behind it, and what can be odd about them.
 *
 * By default it does what QEMU does: a request is completed inside its notification, oldest request
 * first, the whole device-readable part is read as 4-byte page numbers (a tail of 1 to 3 bytes
 * is ignored), a number that is no memory is skipped and completed all the same, `actual` is
 * stored and given back and never compared with anything.  With a latency a request is read
 * and acted upon inside the notification and completed later (clause 5.5.6.2 permits that).
 */
#ifndef VIOSIM_DEVICE_BALLOON_BALLOON_H
#define VIOSIM_DEVICE_BALLOON_BALLOON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/balloon/facts.h"
#include "device/class.h"
#include "device/language.h"

enum balloon_queue { BALLOON_INFLATE, BALLOON_DEFLATE };
#define BALLOON_ACTIVE 2		/* queues whose requests are completed */

#define BALLOON_DEVICE_ID 5
#define BALLOON_ENTRIES_MAX (UINT64_C(1) << 24)	/* of one request; more breaks the device */

/* Feature bits (clause 5.5.3). */
#define BALLOON_F_MUST_TELL_HOST (UINT64_C(1) << 0)
#define BALLOON_F_STATS_VQ (UINT64_C(1) << 1)
#define BALLOON_F_DEFLATE_ON_OOM (UINT64_C(1) << 2)
#define BALLOON_F_FREE_PAGE_HINT (UINT64_C(1) << 3)
#define BALLOON_F_PAGE_POISON (UINT64_C(1) << 4)
#define BALLOON_F_PAGE_REPORTING (UINT64_C(1) << 5)

/* ---- the device ---- */

/*
 * Device models: which numbers and properties the device starts with.
 * X(ID, "word of the scenario format", "what is particular")
 */
#define BALLOON_MODELS(X) \
	X(QEMU, "qemu", "completes requests in the notification, one interrupt per buffer") \
	X(CROSVM, "crosvm", "offers MUST_TELL_HOST") \
	X(CLOUD_HYPERVISOR, "cloud-hypervisor", \
	    "completes and ignores requests over 1024 bytes, one interrupt per batch") \
	X(FIRECRACKER, "firecracker", \
	    "never completes requests over 1024 bytes, clears `actual` at reset")

enum balloon_model {
#define X(id, word, what) BALLOON_##id,
	BALLOON_MODELS(X)
#undef X
	BALLOON_MODEL_COUNT
};

enum balloon_overlong {
	BALLOON_OVERLONG_DONE,		/* no limit */
	BALLOON_OVERLONG_IGNORED,	/* completed, nothing done */
	BALLOON_OVERLONG_LOST		/* not completed */
};

struct balloon_config {
	struct device_config device;
	enum balloon_model model;
	uint32_t target_pages, actual_pages;	/* at power on */
	uint64_t held_pages;		/* pages the host has at power on: the highest ones */
	bool keeps_actual;		/* false: what is written to `actual` is lost */
	bool reset_keeps_actual;	/* false: 0 after a device reset */
	bool config_irq_on_change;	/* no interrupt for a target that is the old one */
	bool actual_whole;		/* `actual` only by a 4-byte write */
	bool strict_format;		/* a writable buffer or odd length: completed, ignored */
	uint32_t request_bytes_max;	/* 0: no limit */
	enum balloon_overlong overlong;
};

/* The properties of a model; target, actual and held 0. */
void balloon_config_init(struct balloon_config *config, enum balloon_model model);

struct balloon_storm;

struct balloon {			/* struct device.self */
	struct balloon_config config;
	struct balloon_facts facts;
	uint32_t *entry;		/* page numbers of the request at hand */
	size_t entries_max;
	uint64_t entries[BALLOON_ACTIVE];	/* in all requests since the driver began */
	uint32_t poison;		/* poison_val */
	struct {
		bool held;		/* the host has a buffer, */
		uint16_t head;		/* of this id, until it asks */
		uint64_t received;	/* buffers since the driver began */
	} statistics;
	const struct balloon_storm *storm;	/* a burst that goes on */
	uint64_t storm_sent;
};

static inline struct balloon *
balloon_of(const struct device *device)
{
	return device->self;
}

extern const struct device_class balloon_class;

/* The rest of the class's init function: a device that has begun gets this configuration. */
void balloon_init(struct device *device, const struct balloon_config *config);

/* The device writes `actual` itself; no interrupt. */
void balloon_set_actual(struct device *device, uint32_t pages);
/*
 * The host writes num_pages.  With `irq` a configuration interrupt follows (dropped by the
 * device before DRIVER_OK, as QEMU does; the driver then finds the target by itself).
 */
void balloon_target(struct device *device, uint32_t pages, bool irq);

/*
 * The host asks for statistics: the buffer that it has is given back, and a new one comes.  With
 * a fault, one of the completions of requests; BEHAVIOURS: with none.
 */
void balloon_ask_statistics(struct device *device, enum behaviour fault);

/* Functions of the class (class.h). */
void balloon_init_options(struct device *device, const void *options, uint64_t hz);
void balloon_resolve(void *options, uint64_t hz, struct arena *arena);
void balloon_fini(struct device *device);
void balloon_power_on(struct device *device);
void balloon_start(struct device *device);
void balloon_reset(struct device *device);
void balloon_reboot(struct device *device);
void balloon_config_read(const struct device *device, uint8_t *to);
void balloon_config_write(struct device *device, unsigned offset, unsigned width,
    const uint8_t *bytes);
void balloon_request(struct device *device, unsigned queue);
void balloon_other_queue(struct device *device, unsigned queue);

/* ---- the language of its scenarios ---- */

/* How long a request stays with the device; unit SCENARIO_NO_TIME = left alone. */
struct balloon_latency {
	struct scenario_time inflate;
	struct scenario_time deflate;
	struct scenario_time jitter;	/* uniform, added to either */
};

struct balloon_queue_size {
	uint64_t inflate;	/* SCENARIO_UNSET: by model; 0: there is no such queue */
	uint64_t deflate;
};

struct balloon_initial {
	uint64_t target_pages;	/* num_pages at power on (0) */
	uint64_t actual_pages;	/* (0) */
	uint64_t held_pages;	/* pages the host already has at power on (0) */
};

#define BALLOON_BY_MODEL (-1)

/* `device:` */
struct balloon_options {
	struct scenario_device_common common;
	int model;		/* enum balloon_model (QEMU) */
	struct balloon_latency latency;
	struct balloon_initial initial;
	struct balloon_queue_size queue_size;
	int reset_keeps_actual;	/* enum scenario_choice */
	int keeps_actual;	/* enum scenario_choice; NO: writes to `actual` are lost */
	int ack;		/* enum device_ack, or BALLOON_BY_MODEL */
	int config_irq_on_change;	/* 0, 1, or BALLOON_BY_MODEL */
	struct scenario_names requires;	/* FEATURES_OK is refused without them */
	int used_length;		/* enum used_length */
	bool left_live;			/* by firmware */
};

/* target: the host writes num_pages. */
struct balloon_target {
	uint64_t pages;		/* fits 32 bits */
	int no_irq;		/* 1: without the configuration interrupt */
};

/* storm: `count` writes of num_pages, cycling through `targets`, `every` apart. */
struct balloon_storm {
	struct scenario_amounts targets;
	struct scenario_time every;
	uint64_t count;		/* SCENARIO_UNSET: once through the list */
	int no_irq;
};

/* The step `device`. */
struct balloon_step {
	struct device_step common;
	struct balloon_latency latency;	/* keys latency and jitter */
	uint64_t actual_pages;	/* the device changes `actual` by itself, or UNSET */
	bool ask_statistics;
	int statistics_fault;	/* enum behaviour; BEHAVIOURS: none */
};

/* Behaviours of its own. */
enum {
	BALLOON_SETS_ACTUAL, BALLOON_IGNORES, BALLOON_IS_OVERLONG, BALLOON_RECEIVES_STATISTICS,
	BALLOON_ASKS_STATISTICS
};
extern const struct device_behaviour balloon_behaviours[];

extern const struct map balloon_map_device, balloon_map_deliver;
extern const struct verb *const balloon_verbs[];
extern const struct observable balloon_observables[];
extern const char balloon_example[];	/* scenario */
extern const struct device_verb balloon_verb_target, balloon_verb_storm, balloon_verb_device;

/* The data of a step, NULL if it is of another verb. */
const struct balloon_target *balloon_target_of(const struct scenario_step *step);
const struct balloon_storm *balloon_storm_of(const struct scenario_step *step);

/* The `device:` of a scenario with a balloon. */
static inline struct balloon_options *
balloon_options_of(const struct scenario *scenario)
{
	return scenario->device.own.object;
}

#endif /* VIOSIM_DEVICE_BALLOON_BALLOON_H */
