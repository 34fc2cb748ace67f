/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of the host that is there: see alloc.h.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct alloc_end *the_end;

void
alloc_end_to(struct alloc_end *end)
{
	the_end = end;
}

void
out_of_memory(void)
{
	static const char text[] = "viosim: out of memory\n";

	if (the_end != NULL) {
		the_end->no_memory = true;
		memcpy(the_end->reason, "out of memory", sizeof("out of memory"));
	}
	/* printf(3) and exit(3) may want memory themselves. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(3);
}

void
internal_error(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (the_end != NULL)
		snprintf(the_end->reason, sizeof(the_end->reason), "internal error: %.72s",
		    text);
	fflush(stdout);
	dprintf(STDERR_FILENO, "viosim: internal error: %s\n", text);
	_exit(3);
}

static void *
there(void *memory)
{
	if (memory == NULL)
		out_of_memory();
	return memory;
}

void *
xmalloc(size_t size)
{
	return there(malloc(size != 0 ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return there(n != 0 && size != 0 ? calloc(n, size) : calloc(1, 1));
}

void *
xrealloc(void *old, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		out_of_memory();
	return there(realloc(old, n * size != 0 ? n * size : 1));
}

char *
xstrdup(const char *text)
{
	return there(strdup(text));
}

char *
xstrndup(const char *text, size_t length)
{
	return there(strndup(text, length));
}

char *
xvasprintf(const char *format, va_list args)
{
	char *text;

	return there(vasprintf(&text, format, args) < 0 ? NULL : text);
}

char *
xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}
