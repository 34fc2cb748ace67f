/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is to be said of places in files, in the formats that other programs read.
 *
 * A new format is a row of `notice_formats` and its function.
 */
#ifndef VIOSIM_REPORT_NOTICE_H
#define VIOSIM_REPORT_NOTICE_H

#include <stddef.h>
#include <stdio.h>

#include "base/vec.h"

/* All texts are borrowed. */
struct notice {
	const char *file;
	unsigned line, column;	/* from 1, in characters; 0: the file as a whole */
	unsigned width;		/* characters that are meant; 0: not known */
	const char *level;	/* "error", "warning" or "note" */
	const char *rule, *message;
	const char *from, *to;	/* what is meant by what stands there; NULL: not known */
	unsigned from_column;
};

struct notices {
	VEC_MEMBERS(struct notice);
};

struct notice_format {
	const char *name;
	void (*print)(const struct notices *notices, FILE *stream);
};
/* Ends with name NULL. */
extern const struct notice_format notice_formats[];

#endif /* VIOSIM_REPORT_NOTICE_H */
