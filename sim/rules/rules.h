/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules: observers of the event stream that never act.
 *
 * Each area is one file with one entry in the table RULE_AREAS.  An area keeps its own compact
 * state, subscribes to the kinds of events it needs, and adds findings.  What it may look at
 * besides events is in struct rules_view, all of it const.
 */
#ifndef VIOSIM_RULES_RULES_H
#define VIOSIM_RULES_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/memory.h"
#include "machine/trace.h"
#include "rules/finding.h"

/* The device as an observer may see it. */
struct rules_device {
	uint32_t num_pages;		/* target in config space */
	uint32_t actual;		/* as stored */
	uint64_t features_offered, features;	/* accepted by the driver */
	uint8_t status;
	bool legacy;
	bool keeps_actual;		/* stores what is written to `actual` */
	bool healthy;			/* no habit that breaks the specification was ever on */
	bool answers;			/* nothing paused or dropped right now */
	bool actual_foreign;		/* `actual` is not what the driver wrote */
};

struct rules_view {
	const struct memory *memory;
	const struct trace *trace;
	uint64_t now_ns;
	int hz;
	unsigned cpus;
	bool diagnostic, bounce, legacy;
	bool strict;			/* read the specification strictly */
	struct rules_device device;
	unsigned faults_armed;		/* faults armed now */
	unsigned faults_struck;		/* strikes so far */
	bool at_rest;			/* rules_rest: nothing happens before the bound */
	/* rules_rest: the driver's thread sleeps with nothing to wake it but its own timeout */
	bool thread_alive;
	bool detaching;			/* the driver's detach function runs */
	const struct world *world;	/* for views of contexts; never to act on */
};

struct rules;				/* opaque: all areas' state */

/* `view` fills in the present values; called whenever an area looks. */
struct rules *rules_new(struct findings *findings,
    void (*view)(void *arg, struct rules_view *view), void *arg);
void rules_free(struct rules *rules);
void rules_reset(struct rules *rules);
/* Register the areas with the trace; rules switched off stay silent. */
void rules_watch(struct rules *rules, struct trace *trace);
/* Hear of the driver's own loads and stores too, until rules_free(). */
void rules_watch_memory(struct rules *rules, struct world *world);
void rules_off(struct rules *rules, const char *id);

/* Moments that only the runner knows.  At rest: after a settle, faults healed. */
void rules_rest(struct rules *rules, const struct event *now);
void rules_end(struct rules *rules, const struct event *now);

/* The catalogue, in order of id; rule_by_id returns NULL for an unknown id. */
const struct rule *rules_catalogue(size_t *count);
const struct rule *rule_by_id(const char *id);

/* What a reader of the specification and the manual would expect here, and is not. */
struct rule_absent {
	const char *id;			/* of no rule in the catalogue */
	const char *title;		/* what would have to hold */
	const char *reason;		/* why nobody looks */
};
const struct rule_absent *rules_absent(size_t *count);
const struct rule_absent *rule_absent_by_id(const char *id);

#endif /* VIOSIM_RULES_RULES_H */
