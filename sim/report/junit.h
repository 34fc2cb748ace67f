/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JUnit XML, for continuous integration: a suite an area, a test case a case.
 */
#ifndef VIOSIM_REPORT_JUNIT_H
#define VIOSIM_REPORT_JUNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "run/verdict.h"

struct junit_case {
	const char *id;		/* replay id: "area/situation#1.0,bounce" */
	bool own_id;		/* the caller's note: it is to be freed */
	const char *file;	/* of the scenario, or NULL */
	unsigned line;		/* 0: not said */
	enum verdict verdict;
	const char *message;	/* one line, or NULL */
	const char *text;	/* what the failing case printed, or NULL */
	const char *known;	/* known defects that showed, a line each, or NULL */
	uint64_t virtual_ns;	/* attribute `time`, in seconds of virtual time */
};

/*
 * Write the document.  A case that passes with known defects passes, and names them in its
 * system-out.  False when the stream has an error, or the host no memory.
 */
bool junit_print(FILE *stream, const struct junit_case *cases, size_t count);

#endif /* VIOSIM_REPORT_JUNIT_H */
