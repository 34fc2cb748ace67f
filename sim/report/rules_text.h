/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules as text: the table of `viosim rules`, and one rule in full.
 */
#ifndef VIOSIM_REPORT_RULES_TEXT_H
#define VIOSIM_REPORT_RULES_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "rules/finding.h"

/* Id, severity and title, a line each. */
void rules_text_table(const struct rule *rules, size_t count, FILE *stream);
/* What must hold, why it matters, a wrong and a right example, the source. */
void rules_text_print(const struct rule *rule, FILE *stream);

#endif /* VIOSIM_REPORT_RULES_TEXT_H */
