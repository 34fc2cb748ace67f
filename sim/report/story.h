/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a failing case tells, in the order in which it is told: the findings, those nearest to the
 * cause first; the earlier events that explain them, numbered; and where other contexts stood then.
 *
 * The failure report and the timeline have the same numbers.
 */
#ifndef VIOSIM_REPORT_STORY_H
#define VIOSIM_REPORT_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "report/report.h"
#include "report/words.h"

/* An event that explains a finding.  Number i + 1 is cause[i]. */
struct story_cause {
	uint32_t seq;
	uint32_t site;			/* driver position; 0: none is known */
	bool access;			/* a load or store shortly after that event */
	const char *what;
};

/* Another context at that event that could have gone on. */
struct story_stand {
	size_t cause;			/* index */
	uint32_t site;
	char who[WORDS_NAME];
	char where[WORDS_TEXT];		/* words_stand() */
};

struct story {
	struct { VEC_MEMBERS(const struct finding *); } findings;	/* no known ones */
	size_t beside;			/* from here on they stand behind the failures */
	struct { VEC_MEMBERS(struct story_cause); } causes;
	struct { VEC_MEMBERS(struct story_stand); } stands;
};

/* Of a case that is known not to have failed nothing is told.  To be finished. */
void story_init(struct story *story, const struct report_input *input);
void story_fini(struct story *story);

/* The number of a finding's i-th cause; 0: it has none (its event is no longer kept). */
unsigned story_number(const struct story *story, const struct report_input *input,
    const struct finding *finding, unsigned i);

/* The failed expectations that no known defect explains: all of them, or none. */
unsigned story_failures(const struct report_input *input);
/* What a lint about a suspect number explains: a failure or a consequence; else it is beside. */
enum rule_distance story_distance(const struct report_input *input,
    const struct finding *finding);

/*
 * How far from the cause a finding is, and of those as near a lint behind an error: of the new
 * findings of a case the first of the lowest rank is what the case is listed by, unless that
 * stands beside its failed expectations only.
 */
#define STORY_BESIDE (2 * RULE_BESIDE)	/* the rank from which it does */
int story_rank(const struct report_input *input, const struct finding *finding);

#endif /* VIOSIM_REPORT_STORY_H */
