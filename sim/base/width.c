/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How wide a terminal is.
 */
#include "base/width.h"

#include <stdint.h>
#include <stdlib.h>

#include <sys/ioctl.h>

/* 0: it does not say. */
static unsigned long
terminal_width(FILE *stream)
{
	struct winsize size;

	return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

unsigned
width_of(FILE *stream)
{
	const char *columns = getenv("COLUMNS");
	char *end = NULL;
	unsigned long width = columns != NULL ? strtoul(columns, &end, 10) : 0;

	if (width == 0 || width > UINT16_MAX || *end != '\0')
		width = terminal_width(stream);
	if (width == 0)
		return WIDTH_DEFAULT;
	return width < WIDTH_MIN ? WIDTH_MIN : (unsigned)width;
}
