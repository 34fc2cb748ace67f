/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of device that there are, and what is the same for all: see class.h.
 */
#include "device/class.h"

#include <inttypes.h>
#include <string.h>

#include "device/balloon/balloon.h"
#include "device/behaviour.h"

const struct device_class *const device_classes[] = { &balloon_class, NULL };

const struct device_class *
device_class_of(const struct scenario_type *type)
{
	return (const struct device_class *)((const char *)type -
	    offsetof(struct device_class, language));
}

const struct device_class *
device_class_in(const struct world *world)
{
	const struct device *device = world != NULL ? world->hooks.device[0].self : NULL;

	return device != NULL ? device->class : device_classes[0];
}

int
device_queue_by_name(const struct device_class *class, const char *name)
{
	for (int q = 0; class->language.queues[q] != NULL; q++)
		if (strcmp(class->language.queues[q], name) == 0)
			return q;
	return DEVICE_CONFIGURATION;
}

/* ---- behaviours: those of all devices, then the class's ---- */

const struct device_behaviour *
device_behaviour_at(const struct device_class *class, unsigned i)
{
	const struct device_behaviour *own = class->behaviours;

	if (i < BEHAVIOURS)
		return &device_behaviours[i];
	for (i -= BEHAVIOURS; own != NULL && own->word != NULL; own++)
		if (i-- == 0)
			return own;
	return NULL;
}

const struct device_behaviour *
device_behaviour_by_word(const struct device_class *class, const char *word)
{
	const struct device_behaviour *b;

	for (unsigned i = 0; (b = device_behaviour_at(class, i)) != NULL; i++)
		if (strcmp(b->word, word) == 0)
			return b;
	return NULL;
}

const struct device_behaviour *
device_behaviour_by_code(const struct device_class *class, unsigned code)
{
	const struct device_behaviour *b;

	for (unsigned i = 0; (b = device_behaviour_at(class, i)) != NULL; i++)
		if (b->code == code)
			return b;
	return NULL;
}

/* ---- features ---- */

uint64_t
device_features_of(const struct device_class *class, const struct scenario_names *names)
{
	uint64_t all = 0;

	for (size_t i = 0; i < names->count; i++)
		for (const struct device_feature *f = class->features; f->name != NULL; f++)
			if (strcmp(f->name, names->name[i]) == 0)
				all |= f->mask;
	return all;
}

void
device_print_features(const struct device_class *class, uint64_t features, FILE *stream)
{
	const char *between = "";

	if (features == 0)
		fputs("none", stream);
	for (const struct device_feature *f = class->features; f->name != NULL; f++) {
		if (!(features & f->mask))
			continue;
		fprintf(stream, "%s%s", between, f->name);
		features &= ~f->mask;
		between = "|";
	}
	if (features & TRANSPORT_F_VERSION_1) {
		fprintf(stream, "%sVERSION_1", between);
		features &= ~TRANSPORT_F_VERSION_1;
		between = "|";
	}
	if (features != 0)
		fprintf(stream, "%s0x%" PRIx64, between, features);
}
