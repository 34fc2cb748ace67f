/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's lines that a finding is about.
 */
#ifndef VIOSIM_REPORT_EXCERPT_H
#define VIOSIM_REPORT_EXCERPT_H

#include <stdio.h>

#include "report/story.h"

/*
 * In the order of the text: where the finding showed (>), its causes by number, and where others
 * stood then, by name.  Nothing where the module does not have the driver's text.
 */
void excerpt_print(FILE *stream, const struct report_input *input, const struct story *story,
    const struct finding *finding);

#endif /* VIOSIM_REPORT_EXCERPT_H */
