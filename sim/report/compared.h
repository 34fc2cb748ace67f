/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `viosim compare` prints: the differences of a case in context, all of them as NDJSON, and
 * the classes of difference over all cases.
 */
#ifndef VIOSIM_REPORT_COMPARED_H
#define VIOSIM_REPORT_COMPARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/vec.h"
#include "run/compare.h"
#include "run/source.h"

/* A case that was run with both.  All pointers are borrowed. */
struct compared_side {
	const struct compare_stream *stream;
	struct source *source;
};
struct compared {
	const char *id;				/* replay id */
	struct compared_side a, b;
	const struct compare_result *result;
};

/*
 * Both side by side around the first difference, or (`all`) around each: "-" is a's, "+" is
 * b's, and "^" says what two lines above it differ in.
 */
void compared_print(const struct compared *compared, bool all, FILE *stream);

/* One JSON object a line: {"case":ID,"kind":...,"a":{...},"b":{...}}; reports/README.md. */
void compared_write_head(const char *a, const char *b, FILE *stream);
void compared_write(const struct compared *compared, FILE *stream);
/* The last line: cases that did the same, that did not, and that were not compared. */
void compared_write_end(size_t same, size_t different, size_t left, FILE *stream);

/* ---- classes: what happens to which call in which function of the driver ---- */

#define COMPARED_NAME 64

struct compared_class {
	enum compare_kind kind;
	char thing[COMPARED_NAME];	/* kernel call, or event; of COMPARE_END what ends how */
	char function[COMPARED_NAME];	/* of the driver: b's, or a's if removed; may be empty */
	char what[COMPARED_NAME];	/* of COMPARE_CHANGED: "offset, ipl" */
	uint64_t events, cases;
	char *first;			/* id of the first case; heap */
};

struct compared_classes {
	VEC_MEMBERS(struct compared_class);
	uint64_t moved;			/* events that only follow a shift */
};

/* Zeroed is empty.  A difference that follows from another is not counted. */
void compared_classes_add(struct compared_classes *classes, const struct compared *compared);
/* As bytes from one process to another of the same program; false if they are not all there. */
void compared_classes_write(const struct compared_classes *classes, FILE *stream);
bool compared_classes_read(struct compared_classes *classes, const char *id, const char *bytes,
    size_t length);
/* How runs end, then the most frequent first. */
void compared_classes_print(struct compared_classes *classes, FILE *stream);
void compared_classes_fini(struct compared_classes *classes);

/* ---- single events ---- */

/* The driver position of a site; false for site 0 or if nothing is known. */
bool compared_position(const struct compared_side *side, uint32_t site, struct source_pos *pos);
/* "mutex_enter", "return of mutex_enter", "take". */
void compared_thing(const struct compare_event *event, char *text, size_t size);
/* How many values it has, and those in words, each at most COMPARED_NAME with its NUL. */
unsigned compared_values(const struct compare_event *event, char value[][COMPARED_NAME]);
/* What the bits of compare_row.what mean for it: "offset, ipl". */
void compared_what(const struct compare_event *event, unsigned what, char *text, size_t size);
/* "added", "removed", "changed", ... */
const char *compared_kind_word(enum compare_kind kind);

#endif /* VIOSIM_REPORT_COMPARED_H */
