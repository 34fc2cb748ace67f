/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a text is not YAML, in words for its author.
 *
 * A parser says what it could not go on with.  What went wrong stands mostly before that: a
 * bracket that was not closed, a space that is missing, a line that is indented wrongly.
 */
#ifndef VIOSIM_SCENARIO_YAML_WHY_H
#define VIOSIM_SCENARIO_YAML_WHY_H

#include <stdbool.h>

#include "yaml.h"

struct yaml_why {
	unsigned line, col;	/* what is wrong, counted from 1; col in characters */
	unsigned width;		/* in characters, at least 1 */
	char text[200];		/* one clause that says what to do */
};

/*
 * The parser stopped at line:col.  True, and *why is filled, if the text shows the reason;
 * false if only the parser's own words are left.
 */
bool	yaml_why(const struct yaml_file *, unsigned line, unsigned col, struct yaml_why *why);

#endif
