/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NDJSON: the whole record for programs, one JSON object a line.
 *
 * A case is a header line, its events, its findings, its failures and a line with the
 * verdict; several cases follow one another in one file.  Nothing depends on the host: two
 * runs with the same digest give the same bytes.  The fields: reports/README.md.
 */
#ifndef VIOSIM_REPORT_NDJSON_H
#define VIOSIM_REPORT_NDJSON_H

#include <stdio.h>

#include "report/report.h"

void ndjson_print(FILE *stream, const struct report_input *input);
/* A case without a result: a header, and a line with the verdict ("skipped", "error") and why. */
void ndjson_print_none(FILE *stream, const char *id, const char *verdict, const char *reason);

#endif /* VIOSIM_REPORT_NDJSON_H */
