/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings in order, and their causes by number: see story.h.
 */
#include "report/story.h"

#include <stdio.h>
#include <string.h>

/* ---- findings ---- */

unsigned
story_failures(const struct report_input *input)
{
	return report_known_failures(input) == NULL ? input->result->failures : 0;
}

/* Is there an error that no known defect explains, and that looks at what came of a cause? */
static bool
has_consequence(const struct report_input *input)
{
	vec_each(finding, &input->result->findings)
		if (finding->rule->severity == SEVERITY_ERROR &&
		    (finding->distance == RULE_ASLEEP || finding->distance == RULE_IN_THE_END) &&
		    report_known_finding(input, finding) == NULL)
			return true;
	return false;
}

enum rule_distance
story_distance(const struct report_input *input, const struct finding *finding)
{
	if (finding->rule->severity != SEVERITY_LINT)
		return finding->distance;
	return finding->distance != RULE_AT_CAUSE &&
	    (story_failures(input) > 0 || has_consequence(input)) ? finding->distance :
	    RULE_BESIDE;
}

int
story_rank(const struct report_input *input, const struct finding *finding)
{
	return 2 * (int)story_distance(input, finding) +
	    (finding->rule->severity == SEVERITY_LINT);
}

static void
add_findings(struct story *story, const struct report_input *input, enum rule_distance distance,
    enum severity severity)
{
	vec_each(finding, &input->result->findings) {
		if (finding->rule->severity == severity &&
		    story_distance(input, finding) == distance &&
		    report_known_finding(input, finding) == NULL)
			*vec_add(&story->findings) = finding;
	}
}

static void
order_findings(struct story *story, const struct report_input *input)
{
	for (enum rule_distance distance = RULE_AT_CAUSE; distance <= RULE_BESIDE; distance++) {
		if (distance == RULE_BESIDE)
			story->beside = story->findings.count;
		add_findings(story, input, distance, SEVERITY_ERROR);
		add_findings(story, input, distance, SEVERITY_LINT);
	}
}

/* ---- causes ---- */

/* Two accesses in one line are one place. */
static bool
is_same_place(const struct report_input *input, uint32_t a, uint32_t b)
{
	struct source_pos one, other;

	return a == b || (report_position(input, a, &one) && report_position(input, b, &other) &&
	    one.line == other.line && strcmp(one.file, other.file) == 0);
}

unsigned
story_number(const struct story *story, const struct report_input *input,
    const struct finding *finding, unsigned i)
{
	uint32_t seq = finding->because[i].seq, site = report_because_site(input, finding, i);

	for (size_t k = 0; k < story->causes.count; k++)
		if (story->causes.item[k].seq == seq &&
		    is_same_place(input, story->causes.item[k].site, site))
			return (unsigned)k + 1;
	return 0;
}

static void
number_causes(struct story *story, const struct report_input *input,
    const struct finding *finding)
{
	for (unsigned i = 0; i < finding->becauses; i++) {
		if (story_number(story, input, finding, i) != 0 ||
		    trace_event(&input->world->trace, finding->because[i].seq) == NULL)
			continue;
		*vec_add(&story->causes) = (struct story_cause){
			.seq = finding->because[i].seq,
			.site = report_because_site(input, finding, i),
			.access = finding->because[i].site != 0,
			.what = finding->because[i].what,
		};
	}
}

static void
add_stands(struct story *story, const struct words *words, size_t cause, uint32_t ctx)
{
	char where[WORDS_TEXT];

	for (uint32_t i = 1; i <= CONTEXTS_MAX; i++) {
		struct story_stand *stand;

		if (i == ctx || !words_stand(words, i, where, sizeof(where)))
			continue;
		stand = vec_add(&story->stands);
		*stand = (struct story_stand){ .cause = cause, .site = words->context[i].site };
		snprintf(stand->who, sizeof(stand->who), "%s",
		    words_context_name(words, i, HW_CTX_KTHREAD));
		snprintf(stand->where, sizeof(stand->where), "%s", where);
	}
}

/* At each cause, which are few, in one walk through the record. */
static void
find_stands(struct story *story, const struct report_input *input)
{
	const struct trace *trace = &input->world->trace;
	uint32_t last = 0;
	struct words words;

	vec_each(cause, &story->causes)
		if (cause->seq > last)
			last = cause->seq;
	words_init(&words, input->world);
	for (uint32_t seq = words_first(trace); seq < trace->count && seq <= last; seq++) {
		const struct event *event = trace_event(trace, seq);

		for (size_t i = 0; i < story->causes.count; i++)
			if (story->causes.item[i].seq == seq)
				add_stands(story, &words, i, event->ctx);
		words_follow(&words, event);
	}
}

void
story_init(struct story *story, const struct report_input *input)
{
	memset(story, 0, sizeof(*story));
	if (input->verdict != NULL && strcmp(input->verdict, "failed") != 0)
		return;
	order_findings(story, input);
	vec_each(finding, &story->findings)
		number_causes(story, input, *finding);
	if (story->causes.count > 0)
		find_stands(story, input);
}

void
story_fini(struct story *story)
{
	vec_fini(&story->findings);
	vec_fini(&story->causes);
	vec_fini(&story->stands);
}
