/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the writers of formats share: see formats.h.
 */
#include "report/formats.h"

#include <string.h>

#include "base/alloc.h"
#include "report/report.h"

/* Take colours out: the text may have been made for a terminal. */
static void
remove_colours(char *text)
{
	char *to = text;

	while (*text != '\0')
		if (text[0] == '\033' && text[1] == '[') {
			text += 2 + strspn(text + 2, "0123456789;");
			text += *text != '\0';
		} else
			*to++ = *text++;
	*to = '\0';
}

char *
format_cleaned(const char *text)
{
	char *copy = xstrdup(text);

	remove_colours(copy);
	report_clean_lines(copy);
	return copy;
}
