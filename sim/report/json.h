/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON as reports write it: one object a line, texts clean (report_clean_lines), integers that do
 * not fit 63 bits as hexadecimal strings.  Out of memory ends viosim; an error of the stream is
 * found by whoever closes it.
 */
#ifndef VIOSIM_REPORT_JSON_H
#define VIOSIM_REPORT_JSON_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* The version that every JSON output of viosim says of itself in its key `viosim`. */
#define JSON_OUTPUT_VERSION 3

json_t *json_text(const char *text);
json_t *json_number(uint64_t value);
json_t *json_hexadecimal(uint64_t value);		/* "0x3f00" */

/* The value becomes the object's or array's; NULL is out of memory. */
void json_put(json_t *object, const char *key, json_t *value);
void json_put_text(json_t *object, const char *key, const char *text);	/* NULL: not at all */
void json_put_number(json_t *object, const char *key, uint64_t value);
void json_put_digest(json_t *object, const char *key, uint64_t digest);	/* 16 digits */
void json_add(json_t *array, json_t *value);

/* Indented, for a file of its own; the object is released. */
void json_print(json_t *object, FILE *stream);
/* One line, compact; the object is released. */
void json_print_line(json_t *object, FILE *stream);

#endif /* VIOSIM_REPORT_JSON_H */
