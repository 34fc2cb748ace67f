/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of the memory balloon (virtio 1.2 clause 5.5), in the areas balloon, page and config,
 * and what the other rules ask of it (rules/device.h).
 */
#ifndef VIOSIM_RULES_BALLOON_BALLOON_H
#define VIOSIM_RULES_BALLOON_BALLOON_H

#include "device/balloon/facts.h"
#include "rules/area.h"
#include "rules/balloon/ledger.h"
#include "rules/device.h"

#define CONFIG_NUM_PAGES 0		/* offsets, virtio 1.2 clause 5.5.4 */
#define CONFIG_ACTUAL 4
#define CONFIG_POISON 12
#define FEATURE_MUST_TELL_HOST (UINT64_C(1) << 0)	/* clause 5.5.3 */
#define FEATURE_STATS_VQ (UINT64_C(1) << 1)
#define FEATURE_DEFLATE_ON_OOM (UINT64_C(1) << 2)
#define FEATURE_FREE_PAGE_HINT (UINT64_C(1) << 3)
#define FEATURE_PAGE_POISON (UINT64_C(1) << 4)
#define QUEUE_STATISTICS 2			/* with STATS_VQ */

extern const struct rules_device rules_balloon;
extern const struct area area_balloon, area_balloon_attach, area_balloon_config,
    area_balloon_page, area_balloon_statistics;

/* The present values of the device. */
const struct balloon_facts *balloon_look(struct rules_core *core);
/* Is `actual` what the driver wrote, to a device that keeps it and breaks no clause? */
bool balloon_actual_is_own(struct rules_core *core);

/* attach.c: the driver is about to finish its attach (struct rules_device). */
void balloon_attaching(struct rules_core *core, uint64_t features);

/* page.c: pages that a request names are freed (struct rules_device). */
void balloon_page_freed(struct rules_core *core, uint64_t pfn, unsigned state);
void balloon_pages_freed(struct rules_core *core);

#endif /* VIOSIM_RULES_BALLOON_BALLOON_H */
