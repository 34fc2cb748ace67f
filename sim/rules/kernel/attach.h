/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach in its files: attach.c (attaching, failing to, what is left) and attach_sysctl.c
 * (what users may write).
 */
#ifndef VIOSIM_RULES_KERNEL_ATTACH_H
#define VIOSIM_RULES_KERNEL_ATTACH_H

#include "rules/area.h"

extern const struct rule rule_attach_sysctl;

#endif /* VIOSIM_RULES_KERNEL_ATTACH_H */
