/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules: observers of the event stream that never act.
 *
 * An area of rules (area.h) keeps its own compact state, has hooks for the events it needs, and
 * reports findings.  What it may look at besides events is in struct rules_view, all of it const.
 * kernel/ has the areas that hold for every driver, virtio/ those for every virtio driver, and
 * one folder a device what holds for its drivers (device.h).
 */
#ifndef VIOSIM_RULES_RULES_H
#define VIOSIM_RULES_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/memory.h"
#include "machine/trace.h"
#include "rules/finding.h"

/* The device as an observer may see it. */
struct device_view {
	uint64_t features_offered, features;	/* accepted by the driver */
	uint8_t status;
	bool legacy;
	bool healthy;			/* never behaved against the specification */
	bool completes;			/* nothing paused or dropped now */
	const void *own;		/* for its own rules (device_class.facts), or NULL */
};

struct rules_view {
	const struct memory *memory;
	const struct trace *trace;
	int hz;
	bool bounce, legacy;
	bool strict;			/* read the specification strictly */
	struct device_view device;	/* the one at hand */
	unsigned faults_armed;		/* faults armed now */
	unsigned faults_struck;		/* strikes so far */
	bool at_rest;			/* rules_rest: nothing happens before the bound */
	/* rules_rest: the driver's thread sleeps with nothing to wake it but its own timeout */
	bool thread_alive;
	bool detaching;			/* the driver's detach function runs */
	unsigned works;			/* devices that the driver works (1 << number) */
	const struct world *world;	/* for views of contexts; never to act on */
};

struct rules;				/* opaque: all areas' state */

struct rules_device;
/* The rules of that virtio device id (clause 5), NULL if there are none. */
const struct rules_device *rules_device_by_id(unsigned id);
extern const struct rules_device *const rules_devices[];	/* NULL ends the list */

/*
 * The rules of a machine with `devices` such devices; `device` may be NULL.  `view` fills in the
 * present values, of that device; called whenever an area looks.
 */
struct rules *rules_new(struct findings *findings, const struct rules_device *device,
    unsigned devices, void (*view)(void *arg, unsigned at, struct rules_view *view), void *arg);
void rules_free(struct rules *rules);
/* Register the areas with the trace; rules switched off stay silent. */
void rules_watch(struct rules *rules, struct trace *trace);
/* Hear of the driver's own loads and stores too, until rules_free(). */
void rules_watch_memory(struct rules *rules, struct world *world);
void rules_off(struct rules *rules, const char *id);

/* Bytes that the driver's code at `site` touches. */
struct rules_place {
	uint32_t site;
	uint64_t object_size;		/* of what they are in; 0: the driver's variables */
	uint64_t offset;		/* from its start; of a variable: from that of the module */
	uint64_t size;
};
/* What the driver's text calls it, such as "sc->sc_target"; false: there is no telling. */
typedef bool rules_namer(void *arg, const struct rules_place *place, char *name, size_t size);
void rules_name_by(struct rules *rules, rules_namer *namer, void *arg);

/* Times that only the runner knows.  At rest: after a settle, faults healed. */
void rules_rest(struct rules *rules, const struct event *now);
/* An expectation failed that had its time. */
void rules_overdue(struct rules *rules, const struct event *now);
void rules_end(struct rules *rules, const struct event *now);

/* The catalogue, in order of id; rule_by_id returns NULL for an unknown id. */
const struct rule *const *rules_catalogue(size_t *count);
const struct rule *rule_by_id(const char *id);

/* How a run can end early, and a fault that cannot be: reported by the runner. */
extern const struct rule rule_panic, rule_trap, rule_endless_loop, rule_wild_access,
    rule_stack_overflow, rule_device_abuse, rule_impossible_fault;

/* What a reader of the specification and the manual would expect here, and is not. */
struct rule_absent {
	const char *id;			/* of no rule in the catalogue */
	const char *title;		/* what would have to hold */
	const char *reason;		/* why nobody looks */
};
const struct rule_absent *rules_absent(size_t *count);
const struct rule_absent *rule_absent_by_id(const char *id);

#endif /* VIOSIM_RULES_RULES_H */
