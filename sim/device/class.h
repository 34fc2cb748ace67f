/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A type of virtio device: all that is known of it, in one struct.
 *
 * Whoever needs to know what a device has or does asks its class: the scenario loader, schema and
 * guide (`language`), the run (init, verbs, is_settled), expectations (`language.observables`),
 * explorers (act, explore), rules (facts) and reports (say, counts).  A new type is a folder
 * below sim/device/ with one such struct, and a line in class.c.
 *
 * A function that may be left out says so; then what stands in brackets is done.
 */
#ifndef VIOSIM_DEVICE_CLASS_H
#define VIOSIM_DEVICE_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "device/device.h"
#include "machine/trace.h"
#include "scenario/table.h"

/* A bit that a device can offer (virtio 1.2 clause 2.2); ends with name NULL. */
struct device_feature {
	const char *name;
	uint64_t mask;
	const char *help;
};

/* One behaviour, of all devices or of a class. */
struct device_behaviour {
	uint16_t code;			/* of EV_DEV_BEHAVIOUR */
	const char *word;
	bool breaks;			/* the specification forbids it */
	const char *what;		/* behind "the device" */
};

/* A word of the class and what it means; ends with word NULL. */
struct device_word {
	const char *word;
	const char *what;
};

/*
 * A verb of the class: a step that only this type of device, or the host behind it, can do.
 * `format` is the row of the format; its data is a struct of format.field.map.
 */
struct device_verb {
	struct verb format;		/* first: the run comes from it to the rest */
	void (*act)(struct device *device, const void *data);
	/* The step goes on; the run waits with the next one (a step is over at once). */
	bool (*is_busy)(const struct device *device);
};

/*
 * Something that the host does with one number, at any point of the driver's run: the balloon's
 * host asks for another size.  In scenarios a key of the step `deliver`, whose number is
 * scenario_deliver.act.  It comes with the configuration interrupt.
 */
struct device_act {
	const char *key;		/* of `deliver`; also its word in texts of explorers */
	const char *words;		/* "the new target with its config interrupt" */
	void (*act)(struct device *device, uint64_t number);
};

/*
 * A number that reports draw over the events: an argument of a kind of event, or else one of the
 * page counts of the record.
 */
struct device_counter {
	const char *what;		/* "pages the host wants"; NULL ends a list */
	const char *key;		/* "driver", "host" or "free"; NULL: */
	enum event_kind kind;
	const char *arg;		/* as TRACE_KINDS names it */
};

/* What an explorer may make the host and the device do, besides interrupts and completions. */
struct device_explore {
	/*
	 * The numbers of a step for `act`, in the order in which the host acts: written to
	 * `number` up to `max`; how many there are of them.  *moves: the step is one act, and
	 * can be done at a point instead (0; false).
	 */
	size_t (*numbers)(const struct scenario_step *step, uint64_t *number, size_t max,
	    bool *moves);
	/* The number before the first act. */
	uint64_t (*first)(const struct scenario *scenario);
	/* The number that an event of the record tells; false: it is not the act. */
	bool (*number_of)(const struct event *event, uint64_t *number);
	/* Another number, which gives the driver one request more; 0: none on this machine. */
	uint64_t (*more)(uint64_t last, const struct scenario_machine *machine);
	/*
	 * The nth of the simpler steps that may stand for one, when a scenario is made smaller:
	 * row and data of *to, from the arena; false when there are no more of them.
	 */
	bool (*simpler)(const struct scenario_step *from, size_t nth, struct scenario_step *to,
	    struct arena *arena);
	/* Another device that the specification permits; `draw` gives numbers below n. */
	void (*vary)(void *options, unsigned (*draw)(void *arg, size_t n), void *arg);
};

struct device_class {
	/*
	 * What the type adds to the language of scenarios: its name (`device: {type: NAME}`),
	 * queues, features, keys of `device:`, verbs, observables.  A verb of the class is a
	 * struct device_verb.
	 */
	struct scenario_type language;
	const struct device_feature *features;	/* that can be offered, the transport's too */
	/* The class's own behaviours, with codes of their own; ends with word NULL (none). */
	const struct device_behaviour *behaviours;
	const struct device_word *models;	/* whose device it can be like; or NULL */
	const struct device_act *act;		/* or NULL */
	const struct device_explore *explore;	/* or NULL: nothing of its own */

	/* ---- virtio ---- */

	unsigned device_id;		/* virtio 1.2 clause 5 */
	unsigned config_bytes;		/* of the configuration, at most TRANSPORT_CONFIG_MAX */
	void (*config_read)(const struct device *device, uint8_t *to);
	/* `width` bytes were written at `offset`; `bytes` is the configuration with them. */
	void (*config_write)(struct device *device, unsigned offset, unsigned width,
	    const uint8_t *bytes);	/* (ignored) */

	/* ---- life ---- */

	/* Calls device_configure() with what `options` (of language.device) says. */
	void (*init)(struct device *device, const void *options, uint64_t hz);
	/* Fills in every option that is left to the model; the device is the same (nothing). */
	void (*resolve)(void *options, uint64_t hz, struct arena *arena);
	void (*fini)(struct device *device);	/* (nothing) */
	void (*power_on)(struct device *device);	/* once the world is there (nothing) */
	void (*start)(struct device *device);	/* the driver begins: counters (nothing) */
	void (*reset)(struct device *device);	/* a device reset (nothing) */
	void (*reboot)(struct device *device);	/* the guest has restarted (nothing) */

	/* ---- requests ---- */

	/*
	 * A request was taken from a queue of the class: device->chain.  It calls
	 * device_taken(), acts, and ends with device_complete(), device_lose() or device_break().
	 */
	void (*request)(struct device *device, unsigned queue);
	/* A queue behind those of the class was notified (nothing). */
	void (*other_queue)(struct device *device, unsigned queue);

	/* What a snapshot keeps of the class's state: plain data of so many bytes (nothing). */
	void *(*saved)(struct device *device, size_t *bytes);

	/* ---- what the run asks ---- */

	/* Has the driver done all that the host wants, with nothing in flight? */
	bool (*is_settled)(const struct device *device);	/* (true) */
	const char *settled;		/* the same in words, for a failed `settle` */
	void (*print_unsettled)(const struct device *device, FILE *stream);
	/* What the class's rules may look at: a struct of the class, valid until the next call. */
	const void *(*facts)(const struct device *device);	/* (NULL) */

	/* ---- what reports ask ---- */

	/* All queues by number, as the specification calls them; NULL at the end. */
	const char *const *queue_names;
	/*
	 * What the device or the host does in an event, in words behind its name ("reads an
	 * inflate request: ..."); false: nothing that is particular to the class.
	 */
	bool (*say)(const struct event *event, char *text, size_t size);	/* (false) */
	/* EV_DEV_ACT: has the host taken pages from the guest (or given them back)? */
	bool (*takes)(const struct event *event);	/* (false) */
	const struct device_counter *counters;		/* or NULL: none */
};

/* The types of device that viosim has, the default first; NULL at the end. */
extern const struct device_class *const device_classes[];

/* The class of a type that a scenario names. */
const struct device_class *device_class_of(const struct scenario_type *type);
/* The class of the device in this world; of none, or no world, the default one. */
const struct device_class *device_class_in(const struct world *world);

/* A behaviour by its word or by the code of EV_DEV_BEHAVIOUR; NULL if there is none. */
const struct device_behaviour *device_behaviour_by_word(const struct device_class *class,
    const char *word);
const struct device_behaviour *device_behaviour_by_code(const struct device_class *class,
    unsigned code);
/* All of them, from 0; NULL at the end. */
const struct device_behaviour *device_behaviour_at(const struct device_class *class, unsigned i);

/* The bits of these names. */
uint64_t device_features_of(const struct device_class *class,
    const struct scenario_names *names);
/* `MUST_TELL_HOST|RING_EVENT_IDX`, `none`; a bit without a name as a number. */
void device_print_features(const struct device_class *class, uint64_t features, FILE *stream);

#endif /* VIOSIM_DEVICE_CLASS_H */
