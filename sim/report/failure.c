/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a failing case prints: see failure.h.
 */
#include "report/failure.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "report/excerpt.h"
#include "report/finding.h"
#include "report/json.h"
#include "report/story.h"
#include "report/words.h"

#define EXCERPT_COLUMNS 90	/* of a scenario line */
#define EXCERPT_LEAD 40		/* kept before the caret when the line is cut */
#define REASON_TEXT 512

static void
colour(FILE *stream, const struct report_input *input, const char *code)
{
	if (input->style.colour)
		fprintf(stream, "\033[%sm", code);
}

/* ---- the scenario's line ---- */

/* Line number `line` of a file, clean and without newline; NULL if it cannot be had. */
static char *
read_line(const char *path, unsigned line)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t length = -1;

	if (file == NULL)
		return NULL;
	for (unsigned i = 0; i < line; i++)
		if ((length = getline(&text, &size, file)) < 0)
			break;
	fclose(file);
	if (length < 0 || line == 0) {
		free(text);
		return NULL;
	}
	report_clean(text);
	return text;
}

static void
print_excerpt(FILE *stream, const struct report_input *input, const struct failure *failure)
{
	char *text = read_line(failure->file, failure->loc.line);
	size_t before = failure->loc.col > 0 ? failure->loc.col - 1 : 0, cut = 0;
	const char *from, *to;

	if (text == NULL)
		return;
	if (before > EXCERPT_COLUMNS - 10)
		cut = before - EXCERPT_LEAD;
	from = utf8_skip(text, cut);
	to = utf8_skip(from, EXCERPT_COLUMNS);
	fprintf(stream, "%6u | %s%.*s%s\n", failure->loc.line, cut > 0 ? "..." : "",
	    (int)(to - from), from, *to != '\0' ? "..." : "");
	if (failure->loc.col > 0) {
		fprintf(stream, "       | %*s", (int)(before - cut + (cut > 0 ? 3 : 0)), "");
		colour(stream, input, "1;32");
		putc('^', stream);
		colour(stream, input, "0");
		putc('\n', stream);
	}
	free(text);
}

/* Expected and actual events of `expect-trace`, side by side. */
static void
print_rows(FILE *stream, const struct failure *failure)
{
	size_t width = strlen("expected");
	char time[32];

	for (size_t i = 0; i < failure->rows; i++)
		if (strlen(failure->row[i].expected) > width)
			width = strlen(failure->row[i].expected);
	if (failure->rows > 0)
		fprintf(stream, "  %-*s  actual\n", (int)width, "expected");
	for (size_t i = 0; i < failure->rows; i++) {
		const struct failure_row *row = &failure->row[i];

		words_time(row->time_ns, time, sizeof(time));
		if (row->actual != NULL)
			fprintf(stream, "%c %-*s  %s, at %s\n", row->differs ? '>' : ' ',
			    (int)width, row->expected, row->actual, time + strspn(time, " "));
		else
			fprintf(stream, "%c %s\n", row->differs ? '>' : ' ', row->expected);
	}
}

static void
print_failure(FILE *stream, const struct report_input *input, const struct failure *failure)
{
	char time[32];

	colour(stream, input, "1");
	fprintf(stream, "%s", failure->file);
	if (failure->loc.line > 0)
		fprintf(stream, ":%u:%u", failure->loc.line, failure->loc.col);
	colour(stream, input, "0");
	fputs(": ", stream);
	finding_label(stream, &input->style, "failed", "1;31");
	fprintf(stream, "%s\n", failure->what);
	print_excerpt(stream, input, failure);
	words_time(failure->time_ns, time, sizeof(time));
	fprintf(stream, "  expected  %s\n", failure->expected);
	fprintf(stream, "  actual    %s\n", failure->actual);
	fprintf(stream, "  at        %s\n", time + strspn(time, " "));
	print_rows(stream, failure);
}

/* ---- what failed ---- */

/* What failed the case; a lint (--lints-fail) only where nothing else did. */
struct reason {
	const struct finding *finding;	/* or NULL */
	const struct failure *failure;	/* or NULL */
};

struct reasons {
	VEC_MEMBERS(struct reason);
};

static struct reason
reason_of(const struct report_input *input, const struct story *story)
{
	struct reason reason = {
		story->findings.count > 0 ? story->findings.item[0] : NULL,
		story_failures(input) > 0 ? input->result->failure : NULL,
	};

	/* A number that is suspect explains a failure. */
	if (reason.finding != NULL && reason.failure != NULL &&
	    story_distance(input, reason.finding) == RULE_BESIDE)
		reason.finding = NULL;
	return reason;
}

/* ---- findings ---- */

/* Ids of known defects, each once, in the order in which they came up. */
struct ids {
	const char *id[64];
	size_t count;
};

/* False when it was there already, or does not fit. */
static bool
add_id(struct ids *ids, const char *id)
{
	if (id == NULL)
		return false;
	for (size_t i = 0; i < ids->count; i++)
		if (strcmp(ids->id[i], id) == 0)
			return false;
	if (ids->count == sizeof(ids->id) / sizeof(ids->id[0]))
		return false;
	ids->id[ids->count++] = id;
	return true;
}

/* Where another context stood then, unless that is what the cause before has said. */
static void
print_stands(FILE *stream, const struct report_input *input, const struct story *story,
    unsigned number, const char **said)
{
	struct source_pos pos;

	vec_each(stand, &story->stands) {
		if (stand->cause + 1 != number || strcmp(*said, stand->where) == 0)
			continue;
		fprintf(stream, "; %s stood %s", stand->who, stand->where);
		if (report_position(input, stand->site, &pos))
			fprintf(stream, ", %s:%u", pos.file, pos.line);
		*said = stand->where;
	}
}

static void
print_because(FILE *stream, const struct report_input *input, const struct story *story,
    const struct finding *finding, unsigned i, const char **said)
{
	const struct event *event = trace_event(&input->world->trace, finding->because[i].seq);
	unsigned number = story_number(story, input, finding, i);
	struct source_pos pos;
	char time[32];

	fputs("  because", stream);
	if (number > 0)
		fprintf(stream, " (%u)", number);
	fprintf(stream, ": %s", finding->because[i].what);
	if (event != NULL) {
		if (report_position(input, report_because_site(input, finding, i), &pos))
			fprintf(stream, ", %s:%u (%s)", pos.file, pos.line, pos.function);
		words_time(event->time_ns, time, sizeof(time));
		fprintf(stream, ", at %s, event %" PRIu32, time + strspn(time, " "), event->seq);
	}
	print_stands(stream, input, story, number, said);
	putc('\n', stream);
}

/* Names as they are at the end of the run. */
static void
read_names(struct words *words, const struct report_input *input)
{
	const struct trace *trace = &input->world->trace;

	words_init(words, input->world);
	for (uint32_t seq = words_first(trace); seq < trace->count; seq++)
		words_follow(words, trace_event(trace, seq));
}

/*
 * The nearest known defect of the same rule and function; the first time that one comes up, its
 * title and what makes it known here.  A lint that fails nothing needs none.
 */
static void
print_like(FILE *stream, const struct report_input *input, const struct story *story,
    const struct finding *finding, struct ids *likes)
{
	struct defect_like like;

	if (!report_like_finding(input, finding, &like) ||
	    (finding->rule->severity == SEVERITY_LINT &&
	    reason_of(input, story).finding != finding))
		return;
	fprintf(stream, "  looks like %s", like.defect->id);
	if (like.why[0] != '\0')
		fprintf(stream, " under other circumstances: %s", like.why);
	if (!add_id(likes, like.defect->id)) {
		putc('\n', stream);
		return;
	}
	fprintf(stream, " (%s)", like.defect->title);
	if (like.why[0] != '\0')
		putc('\n', stream);
	else if (input->manifest == NULL)
		fprintf(stream, ", of %s, which this run does not use\n", input->hints->path);
	else
		fprintf(stream, "; if it is, add `%s` to its `scenarios:` in %s\n",
		    input->scenario, input->hints->path);
}

static void
print_finding(FILE *stream, const struct report_input *input, const struct story *story,
    const struct words *words, const struct finding *finding, struct ids *likes)
{
	const char *said = "";
	struct finding_shown shown;
	struct source_pos pos;
	char time[32];

	finding_of_run(input, finding, &pos, &shown);
	finding_print(stream, &input->style, 0, input->driver, &shown);
	words_time(finding->time_ns, time, sizeof(time));
	fprintf(stream, "  in %s", words_context_name(words, finding->ctx,
	    finding->ctx_kind));
	if (shown.function != NULL)
		fprintf(stream, ", function %s", shown.function);
	fprintf(stream, ", at %s, event %" PRIu32, time + strspn(time, " "), finding->seq);
	if (finding->count > 1)
		fprintf(stream, ", %u times at this place", finding->count);
	putc('\n', stream);
	for (unsigned i = 0; i < finding->becauses; i++)
		print_because(stream, input, story, finding, i, &said);
	excerpt_print(stream, input, story, finding);
	print_like(stream, input, story, finding, likes);
}

/* Those from `first` on, in front of `last`. */
static void
print_findings(FILE *stream, const struct report_input *input, const struct story *story,
    size_t first, size_t last, struct ids *likes)
{
	struct words words;

	if (first == last)
		return;
	read_names(&words, input);
	for (size_t i = first; i < last; i++)
		print_finding(stream, input, story, &words, story->findings.item[i], likes);
}

/* ---- what was never checked ---- */

static void
print_undecided(FILE *stream, const struct report_input *input)
{
	const struct run_result *result = input->result;
	const struct { unsigned count; const char *of; } part[] = {
		{ result->undecided.steps, "of steps" },
		{ result->undecided.claims, "of always or never" },
		{ result->undecided.finally, "of finally" },
	};
	const char *between = ":";

	if (part[0].count + part[1].count + part[2].count == 0)
		return;
	fprintf(stream, "not decided, because %s", result->undecided.why);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (part[i].count == 0)
			continue;
		fprintf(stream, "%s %u %s", between, part[i].count, part[i].of);
		between = ",";
	}
	putc('\n', stream);
}

/* ---- what is known ---- */

static void
add_defect(struct ids *ids, const struct defect *known)
{
	if (known != NULL)
		add_id(ids, known->id);
}

static void
print_known(FILE *stream, const struct report_input *input)
{
	const struct run_result *result = input->result;
	struct ids ids = { .count = 0 };

	for (size_t i = 0; i < result->findings.count; i++)
		add_defect(&ids, report_known_finding(input, &result->findings.item[i]));
	if (result->failures > 0)
		add_defect(&ids, report_known_failures(input));
	if (ids.count == 0)
		return;
	fputs("known defects that showed as well:", stream);
	for (size_t i = 0; i < ids.count; i++)
		fprintf(stream, "%s %s", i > 0 ? "," : "", ids.id[i]);
	putc('\n', stream);
}

/* ---- the command ---- */

static void
print_driver(FILE *stream, const struct report_input *input)
{
	if (input->driver_path != NULL) {
		fputs(" --driver ", stream);
		report_print_quoted(stream, input->driver_path);
	}
}

void
failure_print_replay(FILE *stream, const struct report_input *input)
{
	fputs("viosim run", stream);
	print_driver(stream, input);
	for (const char *const *w = input->replay_words; w != NULL && *w != NULL; w++) {
		putc(' ', stream);
		report_print_quoted(stream, *w);
	}
	putc(' ', stream);
	report_print_quoted(stream, input->id);
	putc('\n', stream);
}

void
failure_print_debug(FILE *stream, const struct report_input *input, uint32_t seq)
{
	fputs("viosim debug", stream);
	print_driver(stream, input);
	fprintf(stream, " --at %" PRIu32 " ", seq);
	report_print_quoted(stream, input->id);
	putc('\n', stream);
}

/* ---- the whole ---- */

/* Where the trouble began: lints beside it are no part of it. */
static uint32_t
first_seq(const struct report_input *input, const struct story *story)
{
	struct reason reason = reason_of(input, story);
	uint32_t seq = reason.failure != NULL ? reason.failure->seq : UINT32_MAX;

	return reason.finding != NULL && reason.finding->seq < seq && (reason.failure == NULL ||
	    reason.finding->rule->severity == SEVERITY_ERROR) ? reason.finding->seq : seq;
}

/* Where the reason of the case showed. */
static uint32_t
reason_seq(const struct report_input *input, const struct story *story)
{
	struct reason reason = reason_of(input, story);

	return reason.finding != NULL ? reason.finding->seq : reason.failure->seq;
}

void
failure_print(FILE *stream, const struct report_input *input)
{
	const struct run_result *result = input->result;
	struct ids likes = { .count = 0 };
	struct story story;
	uint32_t first;

	story_init(&story, input);
	first = first_seq(input, &story);
	/* A rule names the cause; an expectation only what came of it. */
	print_findings(stream, input, &story, 0, story.beside, &likes);
	for (unsigned i = 0; i < story_failures(input); i++)
		print_failure(stream, input, &result->failure[i]);
	if (result->failures_all > result->failures)
		fprintf(stream, "%u more failures are not shown\n",
		    result->failures_all - result->failures);
	print_undecided(stream, input);
	print_findings(stream, input, &story, story.beside, story.findings.count, &likes);
	print_known(stream, input);
	if (!input->style.whole) {
		fputs("last events:\n", stream);
		timeline_tail(stream, input, first, FAILURE_TAIL);
	}
	fprintf(stream, "digest %016" PRIx64 ", %u event%s\n", result->digest,
	    result->counts.events, plural(result->counts.events));
	finding_label(stream, &input->style, "replay", "1");
	failure_print_replay(stream, input);
	if (first != UINT32_MAX) {
		finding_label(stream, &input->style, "debug", "1");
		failure_print_debug(stream, input, reason_seq(input, &story));
	}
	story_fini(&story);
}

/* ---- reasons ---- */

/* The sentence alone, or behind its place and rule. */
static void
reason_text(const struct report_input *input, struct reason reason, bool line, char *text,
    size_t size)
{
	struct finding_shown shown;
	struct source_pos pos;

	if (reason.finding != NULL) {
		finding_of_run(input, reason.finding, &pos, &shown);
		(line ? finding_line : finding_sentence)(&shown, text, size);
	} else if (reason.failure != NULL) {
		snprintf(text, size, "%s: expected %s; actual %s", reason.failure->what,
		    reason.failure->expected, reason.failure->actual);
		report_clean(text);
	} else {
		snprintf(text, size, "%s", "nothing new was found");
	}
}

/* The reason of the case, then the other new errors and failed expectations; heap. */
static struct reasons
reasons_of(const struct report_input *input)
{
	const struct run_result *result = input->result;
	struct reasons reasons = { 0 };
	struct reason first;
	struct story story;

	story_init(&story, input);
	first = reason_of(input, &story);
	story_fini(&story);
	if (first.finding != NULL)
		first.failure = NULL;
	*vec_add(&reasons) = first;
	vec_each(finding, &result->findings) {
		if (finding != first.finding && finding->rule->severity != SEVERITY_LINT &&
		    report_known_finding(input, finding) == NULL)
			vec_add(&reasons)->finding = finding;
	}
	for (unsigned i = 0; i < story_failures(input); i++)
		if (&result->failure[i] != first.failure)
			vec_add(&reasons)->failure = &result->failure[i];
	return reasons;
}

void
failure_reasons(FILE *stream, const struct report_input *input)
{
	struct reasons reasons = reasons_of(input);
	char text[REASON_TEXT];

	for (size_t i = 0; i < reasons.count; i++) {
		reason_text(input, reasons.item[i], true, text, sizeof(text));
		fprintf(stream, "%s\n", text);
	}
	vec_fini(&reasons);
}

void
failure_put_rows(json_t *object, const struct failure *failure)
{
	json_t *array = json_array();

	for (size_t i = 0; i < failure->rows; i++) {
		const struct failure_row *row = &failure->row[i];
		json_t *pair = json_object();

		json_put_text(pair, "expected", row->expected);
		if (row->actual != NULL) {
			json_put_text(pair, "actual", row->actual);
			json_put_number(pair, "time_ns", row->time_ns);
		}
		json_add(array, pair);
	}
	if (failure->rows > 0)
		json_put(object, "trace", json_incref(array));
	json_decref(array);
}

static json_t *
reason_json(const struct report_input *input, struct reason reason)
{
	const struct failure *failure = reason.failure;
	const struct defect *known;
	json_t *object = json_object();
	struct finding_shown shown;
	struct source_pos pos;
	char message[REASON_TEXT];

	reason_text(input, reason, false, message, sizeof(message));

	if (reason.finding != NULL) {
		finding_of_run(input, reason.finding, &pos, &shown);
		finding_put(object, &shown);
		json_put_number(object, "time_ns", reason.finding->time_ns);
		json_put_number(object, "count", reason.finding->count);
		finding_put_group(object, input, reason.finding);
		finding_put_because(object, input, reason.finding);
	} else if (failure != NULL) {
		json_put_text(object, "rule", VERDICT_EXPECT_RULE);
		json_put_text(object, "severity", "error");
		json_put_text(object, "file", failure->file);
		json_put_number(object, "line", failure->loc.line);
		json_put_number(object, "column", failure->loc.col);
		json_put_text(object, "failure", failure->what);
		json_put_text(object, "expected", failure->expected);
		json_put_text(object, "actual", failure->actual);
		failure_put_rows(object, failure);
		json_put_number(object, "time_ns", failure->time_ns);
		known = report_known_failures(input);
		json_put_text(object, "known", known != NULL ? known->id : NULL);
	}
	json_put_text(object, "message", message);
	return object;
}

/* All that was found and is no reason: nothing fails because of it. */
static struct reasons
others_of(const struct report_input *input, const struct reasons *reasons)
{
	const struct run_result *result = input->result;
	struct reasons others = { 0 };

	vec_each(finding, &result->findings) {
		bool is_reason = false;

		vec_each(reason, reasons)
			is_reason |= reason->finding == finding;
		if (!is_reason)
			vec_add(&others)->finding = finding;
	}
	for (unsigned i = story_failures(input); i < result->failures; i++)
		vec_add(&others)->failure = &result->failure[i];
	return others;
}

static void
put_reasons(json_t *object, const char *key, const struct report_input *input,
    const struct reasons *reasons)
{
	json_t *array = json_array();

	vec_each(reason, reasons)
		json_add(array, reason_json(input, *reason));
	json_put(object, key, array);
}

void
failure_told_json(FILE *stream, const struct report_input *input, bool failed)
{
	struct reasons reasons = failed ? reasons_of(input) : (struct reasons){ 0 };
	struct reasons others = others_of(input, &reasons);
	json_t *object = json_object();
	char *replay = SBUF_TEXT(to, failure_print_replay(to, input));

	put_reasons(object, "reasons", input, &reasons);
	put_reasons(object, "others", input, &others);
	replay[strcspn(replay, "\n")] = '\0';
	json_put_text(object, "replay", replay);
	free(replay);
	vec_fini(&reasons);
	vec_fini(&others);
	json_print_line(object, stream);
}

/* ---- lints of a case that passed ---- */

static bool
is_new_lint(const struct report_input *input, const struct finding *finding)
{
	return finding->rule->severity == SEVERITY_LINT &&
	    report_known_finding(input, finding) == NULL;
}

static unsigned
count_of_lints(const struct report_input *input, const struct rule *rule)
{
	const struct findings *findings = &input->result->findings;
	unsigned count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->item[i].rule == rule &&
		    is_new_lint(input, &findings->item[i]);
	return count;
}

static bool
is_first_lint(const struct report_input *input, size_t index)
{
	const struct finding *item = input->result->findings.item;

	for (size_t i = 0; i < index; i++)
		if (item[i].rule == item[index].rule && is_new_lint(input, &item[i]))
			return false;
	return true;
}

static void
print_lint_rule(FILE *stream, const struct report_input *input, const struct finding *finding)
{
	const struct rule *rule = finding->rule;
	unsigned count = count_of_lints(input, rule);
	struct defect_like like;

	fprintf(stream, "  %s, %u place%s: %s\n    ", rule->id, count, plural(count), rule->title);
	report_wrap(stream, rule->why, 4, 4, report_width(input));
	putc('\n', stream);
	if (report_like_finding(input, finding, &like))
		fprintf(stream, "    looks like %s (%s)\n", like.defect->id, like.defect->title);
}

void
lints_lines(FILE *stream, const struct report_input *input)
{
	const struct findings *findings = &input->result->findings;
	struct source_pos pos;

	vec_each(finding, findings) {
		if (!is_new_lint(input, finding))
			continue;
		if (report_position(input, finding->site, &pos))
			fprintf(stream, "%s:%u: ", pos.file, pos.line);
		fprintf(stream, "%s: %s\n", finding->rule->id, finding->rule->title);
	}
}

void
lints_print(FILE *stream, const struct report_input *input)
{
	const struct findings *findings = &input->result->findings;
	bool any = false;

	for (size_t i = 0; i < findings->count; i++) {
		if (!is_new_lint(input, &findings->item[i]) || !is_first_lint(input, i))
			continue;
		if (!any)
			fputs("\nlints: suspect, but not certainly wrong; they fail no case "
			    "unless --lints-fail is given\n", stream);
		any = true;
		print_lint_rule(stream, input, &findings->item[i]);
	}
}
