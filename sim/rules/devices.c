/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices that have rules of their own: one line each.
 */
#include "rules/balloon/balloon.h"
#include "rules/device.h"

const struct rules_device *const rules_devices[] = {
	&rules_balloon,
	NULL
};

const struct rules_device *
rules_device_by_id(unsigned id)
{
	for (size_t i = 0; rules_devices[i] != NULL; i++)
		if (rules_devices[i]->id == id)
			return rules_devices[i];
	return NULL;
}
