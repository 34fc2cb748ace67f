/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON as reports write it: see json.h.
 */
#include "report/json.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "report/report.h"

#define LINE_BYTES 4096		/* that nearly every line fits into */

json_t *
json_text(const char *text)
{
	char *copy = xstrdup(text);
	json_t *value;

	report_clean_lines(copy);
	value = json_string(copy);
	free(copy);
	return value;
}

json_t *
json_hexadecimal(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

/* JSON readers know integers up to 2^63 at best. */
json_t *
json_number(uint64_t value)
{
	return value <= INT64_MAX ? json_integer((json_int_t)value) : json_hexadecimal(value);
}

void
json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		out_of_memory();
}

void
json_put_text(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		json_put(object, key, json_text(text));
}

void
json_put_number(json_t *object, const char *key, uint64_t value)
{
	json_put(object, key, json_number(value));
}

void
json_put_digest(json_t *object, const char *key, uint64_t digest)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, digest);
	json_put(object, key, json_string(text));
}

void
json_add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		out_of_memory();
}

void
json_print(json_t *object, FILE *stream)
{
	if (json_dumpf(object, stream, JSON_INDENT(2)) == 0)
		putc('\n', stream);
	json_decref(object);
}

void
json_print_line(json_t *object, FILE *stream)
{
	char line[LINE_BYTES], *text = line;
	size_t length = json_dumpb(object, line, sizeof(line), JSON_COMPACT);

	/* jansson writes a stream token by token, which takes longer than all the rest. */
	if (length > sizeof(line)) {
		text = json_dumps(object, JSON_COMPACT);
		if (text == NULL)
			out_of_memory();
	} else if (length == 0)
		out_of_memory();
	fwrite(text, 1, length, stream);
	putc('\n', stream);
	if (text != line)
		free(text);
	json_decref(object);
}
