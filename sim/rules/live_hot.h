/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitors of progress: each is hot while something should not stay as it is, and knows since
 * when.  Being hot is no mistake; being hot when all is at rest is.
 */
#ifndef VIOSIM_RULES_LIVE_HOT_H
#define VIOSIM_RULES_LIVE_HOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/trace.h"
#include "rules/ledger.h"

struct live_hot {
	bool behind;			/* `actual` is not the target, */
	uint64_t behind_ns;		/* since then */
	uint64_t out[LEDGER_QUEUES];	/* requests that the device has, */
	uint64_t out_ns[LEDGER_QUEUES];	/* since then it has any */
};

/* The kinds of events that live_hot_see() wants, in the form of struct area. */
#define LIVE_HOT_KINDS \
	(UINT64_C(1) << EV_HOST_TARGET | UINT64_C(1) << EV_DEV_ACTUAL | \
	UINT64_C(1) << EV_DEV_TAKE | UINT64_C(1) << EV_DEV_USED | \
	UINT64_C(1) << EV_DEV_STATUS)

void live_hot_see(struct live_hot *hot, const struct event *event, uint32_t target,
    uint32_t actual);

/* "; behind its target for 30.0 s", "; the oldest request out for 0.1 s": what is hot now. */
void live_hot_words(const struct live_hot *hot, uint64_t now_ns, char *words, size_t size);

#endif /* VIOSIM_RULES_LIVE_HOT_H */
