/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings: what a run did against a rule, in order, each place once with a count.
 */
#ifndef VIOSIM_RULES_FINDING_H
#define VIOSIM_RULES_FINDING_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "machine/trace.h"

enum severity { SEVERITY_ERROR, SEVERITY_LINT };

/*
 * How far from the cause a rule looks, for those of several findings that are reported first: a
 * contract that was broken; what was left over or miscounted by that; a number that is suspect; a
 * wake-up that did not come; what came of it in the end.  Then what is a cause only where there is
 * no other: an access without the mutex, a message.  Lints of no other kind come last.
 */
enum rule_distance {
	RULE_AT_CAUSE, RULE_LEFT_OVER, RULE_SUSPECT, RULE_ASLEEP, RULE_IN_THE_END, RULE_ALONE,
	RULE_BESIDE			/* of no row */
};

/* One rule of the catalogue; rows stand in the files of the areas, beside what reports them. */
struct rule {
	const char *id;			/* area.rule-name */
	enum severity severity;
	const char *title;		/* one line: what must hold */
	const char *source;		/* manual page or clause of the specification */
	const char *why;		/* why it matters */
	const char *wrong, *right;	/* small examples; may be NULL */
	enum rule_distance distance;
};
/* Rows leave out what is as usual. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/*
 * RULE_ROW(rule_ipl) = { "irq.ipl", ... }: such a row is in the catalogue; the linker puts pointers
 * to all of them side by side.  A SHARED_RULE_ROW() has its name in other files too.
 */
#define RULE_ROW(name) static const struct rule name; RULE_ROW_OF(static, name)
#define SHARED_RULE_ROW(name) RULE_ROW_OF(, name)
#define RULE_ROW_OF(linkage, name) \
	static const struct rule *name##_row __attribute__((section("rules"), used)) = &name; \
	linkage const struct rule name

#define BECAUSE_MAX 4			/* what no rule goes beyond */

struct finding {
	const struct rule *rule;
	enum rule_distance distance;	/* the rule's, unless its area knows better */
	uint64_t time_ns;
	uint32_t seq;			/* event at which it showed (trace.h) */
	uint32_t site;			/* driver position, 0 if none */
	uint32_t ctx;
	enum hw_context ctx_kind;
	unsigned count;			/* how often at this place */
	char text[320];			/* one sentence with the numbers that matter */
	/* A site of its own has what is no call: a load or store shortly after that event. */
	struct { uint32_t seq, site; char what[64]; } because[BECAUSE_MAX];
	unsigned becauses;		/* earlier events that explain it */
};

struct findings {
	VEC_MEMBERS(struct finding);
	bool is_fresh;			/* the newest is what was added last, not only counted */
};

void findings_init(struct findings *findings);
void findings_fini(struct findings *findings);

/*
 * Add a finding at `event` (its site is `site`).  The same rule at the same site (or, without
 * a site, with the same text) is counted, not repeated.
 */
void finding_add(struct findings *findings, const struct rule *rule, const struct event *event,
    uint32_t site, const char *format, ...) __attribute__((format(printf, 5, 6)));
void finding_addv(struct findings *findings, const struct rule *rule, const struct event *event,
    uint32_t site, const char *format, va_list args) __attribute__((format(printf, 5, 0)));
/*
 * An earlier event that explains what was added last; site 0, or that of a load or store after
 * it.  No effect on what was only counted.
 */
void finding_because(struct findings *findings, uint32_t seq, uint32_t site,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What was added last is that far from the cause, not as its rule is; no effect as above. */
void finding_set_distance(struct findings *findings, enum rule_distance distance);

#endif /* VIOSIM_RULES_FINDING_H */
