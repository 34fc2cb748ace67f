/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the rules that hold for every driver need to know of the device: one struct that the
 * device's own folder of rules fills in.  A member that is NULL or 0: the device has
 * no such thing.
 */
#ifndef VIOSIM_RULES_DEVICE_H
#define VIOSIM_RULES_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/rules.h"

struct area;
struct rules_core;

/* A field of the configuration space, little endian. */
struct rules_field {
	const char *name;		/* NULL ends the table */
	uint32_t offset, width;		/* bytes */
	bool driver_writes;		/* what is written there is for the device's rules */
	uint64_t feature;		/* there only with this one (0: always), */
	const char *feature_name;	/* called so */
};

/* A feature that brings a queue. */
struct rules_queue_feature {
	const char *name;		/* NULL ends the table */
	uint64_t bit;
};

/* What the host asked for and where things stand, for sentences. */
struct rules_work {
	char asked[64];			/* "4 pages, 0 so far" */
	char state[128];		/* "the host wants 4 pages, ..." */
	const char *means;		/* "" or " and there is memory": nothing is in the way */
	bool behind;			/* not done, */
	uint64_t behind_ns;		/* since then */
	uint64_t closer_ns;		/* and then it last came closer than ever since */
};

/* EV_DEV_BEHAVIOUR (device/behaviour.h): it stops at a ring, is pulled out, is restored. */
#define RULES_BEHAVIOUR_BROKEN 16
#define RULES_BEHAVIOUR_GONE 19
#define RULES_BEHAVIOUR_RESTORED 21

struct rules_device {
	unsigned id;			/* virtio 1.2 clause 5 */
	const char *name;		/* "block device" */
	const struct area *const *areas;	/* its own rules; NULL ends the list */

	/* ---- attach ---- */
	unsigned queues;		/* that it always has */
	const struct rules_queue_feature *queue_features;	/* in the order of the queues */
	/* The driver is about to finish its attach, with these features. */
	void (*attaching)(struct rules_core *core, uint64_t features);

	/* ---- config ---- */
	const struct rules_field *fields;

	/* ---- page: what bits of its own mean (kernel/pages.h) ---- */
	unsigned page_busy;		/* with one of these a page is not the driver's to free */
	unsigned page_kept;		/* these stay when the page changes hands */
	/* A page that was busy is freed; after all of them were. */
	void (*page_freed)(struct rules_core *core, uint64_t pfn, unsigned state);
	void (*pages_freed)(struct rules_core *core);

	/* ---- live ---- */
	const char *work;		/* what the host asks for, a noun: "size" */
	/* Is there work that the driver should do, and can do? */
	bool (*has_work)(struct rules_core *core);
	/* The rest is asked of a device with work alone. */
	/* Has the driver read what is asked of it?  *seq: the event. */
	bool (*knows_work)(struct rules_core *core, uint32_t *seq);
	void (*describe)(struct rules_core *core, struct rules_work *work);
	/* Requests that the driver made and that are not complete. */
	size_t (*waiting)(struct rules_core *core);
};

/* ---- what the device's rules tell the others ---- */

/* Some field of the configuration has another value now. */
void config_changed(struct rules_core *core);
/* The host asks for something else now, and signals it or not. */
void live_asked(struct rules_core *core, bool is_signalled);

#endif /* VIOSIM_RULES_DEVICE_H */
