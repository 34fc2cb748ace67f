/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the lints of a case that passed are about.
 */
#ifndef VIOSIM_REPORT_LINTS_H
#define VIOSIM_REPORT_LINTS_H

#include <stdio.h>

#include "report/report.h"

/*
 * For the end of a timeline: each rule of which there is a lint that no known defect explains,
 * with its title, why it matters and the known defects that it looks like.  Nothing when there
 * is none.
 */
void lints_print(FILE *stream, const struct report_input *input);

#endif /* VIOSIM_REPORT_LINTS_H */
