/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rules may look at of a balloon (device_class.facts).
 */
#ifndef VIOSIM_DEVICE_BALLOON_FACTS_H
#define VIOSIM_DEVICE_BALLOON_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct balloon_facts {
	uint32_t num_pages;		/* the target, in configuration space */
	uint32_t actual;		/* as the device has it */
	bool keeps_actual;		/* stores what is written to `actual` */
	bool actual_foreign;		/* `actual` is not what this driver wrote */
	uint64_t held;			/* pages that the host got by it; no snapshot has them */
};

#endif /* VIOSIM_DEVICE_BALLOON_FACTS_H */
