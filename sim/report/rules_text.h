/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules as text: the table of `viosim rules`, and one rule in full.
 */
#ifndef VIOSIM_REPORT_RULES_TEXT_H
#define VIOSIM_REPORT_RULES_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "rules/clauses/clauses.h"
#include "rules/rules.h"

/* Id, severity and title, a line each. */
void rules_text_table(const struct rule *const *rules, size_t count, FILE *stream);
/* What must hold, why it matters, a wrong and a right example, the source. */
void rules_text_print(const struct rule *rule, FILE *stream);

/* The same of what is not checked: id and title; and why. */
void rules_text_absent_table(const struct rule_absent *absent, size_t count, FILE *stream);
void rules_text_absent(const struct rule_absent *absent, FILE *stream);

/* Every clause with what answers it, and their figures. */
void rules_text_clauses(const struct clause_source *sources, FILE *stream);

#endif /* VIOSIM_REPORT_RULES_TEXT_H */
