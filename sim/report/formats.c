/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the writers of formats share: see formats.h.
 */
#include "report/formats.h"

#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
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

/* What explains it, how often, and how to see it, a line each behind the sentence. */
char *
format_problem(const struct problem *problem)
{
	return SBUF_TEXT(to, {
		fputs(problem->text, to);
		for (unsigned i = 0; i < problem->becauses; i++) {
			fprintf(to, "\nbecause: %s", problem->because[i].text);
			if (problem->because[i].file != NULL)
				fputs(", ", to);
			problem_print_place(&problem->because[i], to);
		}
		if (problem->cases > 1)
			fprintf(to, "\nin %zu cases, the first %s", problem->cases,
			    problem->first);
		if (problem->replay != NULL)
			fprintf(to, "\nreplay: %s", problem->replay);
	});
}

char *
format_cleaned(const char *text)
{
	char *copy = xstrdup(text);

	remove_colours(copy);
	report_clean_lines(copy);
	return copy;
}
