/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page numbers of balloon requests.  For balloon.c and page.c.
 */
#ifndef VIOSIM_RULES_BALLOON_BALLOON_ENTRIES_H
#define VIOSIM_RULES_BALLOON_BALLOON_ENTRIES_H

#include "rules/balloon/balloon.h"

/*
 * A request was committed: say what is wrong with its entries and book the rest.  *moved: how
 * many pages it is surely about, without what may be left over.  The request is in the ledger
 * afterwards.
 */
void entries_check(struct rules_core *core, const struct ledger_request *request,
    const uint32_t *entry, uint32_t *moved);

/* The driver dequeued the completion of a request. */
void entries_completed(struct rules_core *core, struct ledger_request *request);

/*
 * Compare what completed deflate requests named with what the driver released since.  A
 * request of which nothing was released yet waits for a later call; with `last` none does.
 */
void entries_check_released(struct rules_core *core, bool last);

#endif /* VIOSIM_RULES_BALLOON_BALLOON_ENTRIES_H */
