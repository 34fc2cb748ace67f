/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area live, for the rules of devices.
 */
#ifndef VIOSIM_RULES_KERNEL_LIVE_H
#define VIOSIM_RULES_KERNEL_LIVE_H

#include "rules/area.h"

/* The host asks for something else now, and signals it or not. */
void live_asked(struct rules_core *core, const struct event *event, bool is_signalled);

#endif /* VIOSIM_RULES_KERNEL_LIVE_H */
