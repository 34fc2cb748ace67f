/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timeline.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "device/class.h"
#include "report/finding.h"
#include "report/report.h"
#include "report/story.h"
#include "report/timeline_plan.h"
#include "report/words.h"

#define COLUMN_WHO 14
#define COLUMN_WHAT 24
#define NUMBER_WIDTH 7			/* of an event, in front of all columns, with --verbose */
#define COUNT_WIDTH 8			/* of a page count, at least */
#define MARK_TEXT 1024
#define JUMP_NS UINT64_C(100000000)	/* time that goes by unseen, at least */

/* Something that stands under its event: a cause, a finding, or a failed expectation. */
struct mark {
	uint32_t seq;
	unsigned cause;			/* its number, or 0 */
	const struct finding *finding;	/* or NULL */
	const struct failure *failure;	/* or NULL */
};

/* Something that stands above an event of another one: where a context is, that could go on. */
struct stand {
	uint32_t seq;			/* that event */
	uint32_t ctx, site;
	char who[WORDS_NAME];
	char where[WORDS_TEXT];
};

struct count_column { const char *head; uint64_t pages; };

struct timeline {
	FILE *stream;
	const struct report_input *input;
	const struct trace *trace;
	const struct device_class *class;
	struct words words;
	struct words_pages said;	/* page counts last printed */
	struct plan plan;
	struct story story;
	struct { VEC_MEMBERS(struct mark); } marks;
	struct { VEC_MEMBERS(struct stand); } stands;
	size_t at_mark, at_stand;
	unsigned left;			/* columns in front */
	char number[16];		/* that stands there next, or "" */
	uint64_t shown_ns;		/* when the last line was; WORDS_UNKNOWN: there is none */
	uint64_t omitted_ns;		/* and the last that is not printed */
	unsigned width;
	unsigned count_width;
	bool backward;			/* of like rounds the last one is printed */
};

/* ---- marks ---- */

static int
by_seq(const void *pa, const void *pb)
{
	const struct mark *a = pa, *b = pb;

	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	if (a->cause != b->cause)
		return a->cause == 0 ? 1 : b->cause == 0 || a->cause < b->cause ? -1 : 1;
	/* Findings in their order, then failures in theirs: both lie in arrays. */
	if (a->finding != NULL && b->finding != NULL)
		return a->finding < b->finding ? -1 : 1;
	if (a->failure != NULL && b->failure != NULL)
		return a->failure < b->failure ? -1 : 1;
	return a->finding != NULL ? -1 : 1;
}

static void
collect_marks(struct timeline *t)
{
	const struct run_result *result = t->input->result;

	for (size_t i = 0; i < result->findings.count; i++)
		*vec_add(&t->marks) = (struct mark){
			.seq = result->findings.item[i].seq,
			.finding = &result->findings.item[i],
		};
	for (unsigned i = 0; i < result->failures; i++)
		*vec_add(&t->marks) = (struct mark){
			.seq = result->failure[i].seq, .failure = &result->failure[i],
		};
	for (size_t i = 0; i < t->story.causes.count; i++)
		*vec_add(&t->marks) = (struct mark){
			.seq = t->story.causes.item[i].seq, .cause = (unsigned)i + 1,
		};
	vec_sort(&t->marks, by_seq);
}

/* ---- rows ---- */

static void
colour(const struct timeline *t, const char *code)
{
	if (t->input->style.colour && code != NULL)
		fprintf(t->stream, "\033[%sm", code);
}

/* The columns of page counts: what the host has is one where the device is of such a class. */
static unsigned
count_columns(const struct timeline *t, const struct words_pages *pages,
    struct count_column column[3])
{
	unsigned n = 0;

	column[n++] = (struct count_column){ "driver", pages->driver };
	if (t->class->takes != NULL)
		column[n++] = (struct count_column){ "host", pages->host };
	column[n++] = (struct count_column){ "free", pages->free };
	return n;
}

/* The page counts at the right side, if they are others than the last ones printed. */
static void
print_counts(struct timeline *t, size_t column)
{
	struct count_column count[3];
	unsigned columns = count_columns(t, &t->words.pages, count);
	size_t at = t->width - columns * t->count_width;

	if (column > at)
		fprintf(t->stream, "\n%*s", (int)at, "");
	else
		fprintf(t->stream, "%*s", (int)(at - column), "");
	for (unsigned i = 0; i < columns; i++)
		if (count[i].pages == WORDS_UNKNOWN)
			fprintf(t->stream, "%*s", (int)t->count_width, "-");
		else
			fprintf(t->stream, "%*" PRIu64, (int)t->count_width, count[i].pages);
	t->said = t->words.pages;
}

static void
print_row(struct timeline *t, const char *time, const char *who, const char *code,
    const char *text, bool counts)
{
	size_t column = t->left + COLUMN_WHO + report_columns(who) + 1;

	if (column < t->left + COLUMN_WHAT)
		column = t->left + COLUMN_WHAT;
	fprintf(t->stream, "%*s%12s  ", (int)t->left, t->number, time);
	t->number[0] = '\0';
	colour(t, code);
	fprintf(t->stream, "%s%*s", who,
	    (int)(column - t->left - COLUMN_WHO - report_columns(who)), "");
	report_wrap(t->stream, text, (unsigned)column, t->left + COLUMN_WHAT + 2, t->width);
	colour(t, code != NULL ? "0" : NULL);
	column += report_columns(text);
	if (counts)
		print_counts(t, column > t->width ? t->width : column);
	putc('\n', t->stream);
}

static bool
counts_changed(const struct timeline *t)
{
	return memcmp(&t->said, &t->words.pages, sizeof(t->said)) != 0;
}

static void
print_head(struct timeline *t)
{
	struct count_column count[3];
	unsigned columns = count_columns(t, &t->words.pages, count);
	int what = (int)(t->width - t->left - COLUMN_WHAT - columns * t->count_width);

	fprintf(t->stream, "%*s%12s  %-9s %-*s", (int)t->left, t->left > 0 ? "event" : "", "time",
	    "who", what, "what");
	for (unsigned i = 0; i < columns; i++)
		fprintf(t->stream, "%*s", (int)t->count_width, count[i].head);
	putc('\n', t->stream);
}

/* ---- findings and failures in place ---- */

static void
add_place(const struct timeline *t, uint32_t site, char *text, size_t size)
{
	size_t length = strlen(text);
	struct source_pos pos;

	if (report_position(t->input, site, &pos))
		snprintf(text + length, size - length, " [%s:%u %s]", pos.file, pos.line,
		    pos.function);
}

/* What a lint says stands in the report of a case that failed, or with the first that says it. */
static bool
is_told(const struct timeline *t, const struct finding *finding)
{
	const struct findings *findings = &t->input->result->findings;

	if (finding->rule->severity != SEVERITY_LINT)
		return false;
	vec_each(told, &t->story.findings)
		if (*told == finding)
			return true;
	for (const struct finding *f = findings->item; f != NULL && f < finding; f++)
		if (f->rule == finding->rule && strcmp(f->text, finding->text) == 0)
			return true;
	return false;
}

static void
finding_text(const struct timeline *t, const struct finding *finding, char *text, size_t size)
{
	const struct defect *known = report_known_finding(t->input, finding);
	bool told = is_told(t, finding);
	size_t length;

	snprintf(text, size, "%s: %s%s%s", finding_severity(finding->rule), finding->rule->id,
	    told ? "" : ": ", told ? "" : finding->text);
	add_place(t, finding->site, text, size);
	length = strlen(text);
	if (known != NULL)
		snprintf(text + length, size - length, " (known defect %s)", known->id);
	report_clean(text);
}

static void
failure_text(const struct timeline *t, const struct failure *failure, char *text, size_t size)
{
	const struct defect *known = report_known_failures(t->input);

	snprintf(text, size, "failed: %s: expected %s; actual %s%s%s%s", failure->what,
	    failure->expected, failure->actual, known != NULL ? " (known defect " : "",
	    known != NULL ? known->id : "", known != NULL ? ")" : "");
	report_clean(text);
}

static void
print_cause(struct timeline *t, unsigned number)
{
	const struct story_cause *cause = &t->story.causes.item[number - 1];
	char text[MARK_TEXT], who[16];

	snprintf(text, sizeof(text), "%s%s", cause->access ? "then " : "", cause->what);
	add_place(t, cause->site, text, sizeof(text));
	report_clean(text);
	snprintf(who, sizeof(who), "(%u)", number);
	print_row(t, "", who, "1", text, false);
}

static void
print_mark(struct timeline *t, const struct mark *mark)
{
	char text[MARK_TEXT];
	bool known;

	if (mark->cause != 0) {
		print_cause(t, mark->cause);
		return;
	}
	if (mark->finding != NULL) {
		finding_text(t, mark->finding, text, sizeof(text));
		known = report_known_finding(t->input, mark->finding) != NULL ||
		    mark->finding->rule->severity == SEVERITY_LINT;
	} else {
		failure_text(t, mark->failure, text, sizeof(text));
		known = report_known_failures(t->input) != NULL;
	}
	print_row(t, "", "!!", known ? "33" : "1;31", text, false);
}

/* Those at this event; what belongs to earlier events that are not printed was passed. */
static void
print_marks(struct timeline *t, uint32_t seq)
{
	while (t->at_mark < t->marks.count && t->marks.item[t->at_mark].seq < seq)
		t->at_mark++;
	while (t->at_mark < t->marks.count && t->marks.item[t->at_mark].seq == seq)
		print_mark(t, &t->marks.item[t->at_mark++]);
}

/* ---- events ---- */

static void
add_position(const struct timeline *t, const struct event *event, char *text, size_t size)
{
	struct source_pos pos;
	size_t length = strlen(text);

	if ((event->kind == EV_CALL || event->kind == EV_CTX_SLEEP || words_is_match(event)) &&
	    report_position(t->input, trace_site(t->trace, event->seq), &pos))
		snprintf(text + length, size - length, "  [%s:%u]", pos.file, pos.line);
}

/* Long times look like short ones in a column of numbers. */
static void
print_jump(struct timeline *t, uint64_t time_ns)
{
	char time[32], *end;

	if (t->shown_ns != WORDS_UNKNOWN && time_ns >= t->shown_ns + JUMP_NS) {
		words_time(time_ns - t->shown_ns, time, sizeof(time));
		end = strchr(time, 's');
		while (end[-1] == '0')
			end--;
		end -= end[-1] == '.';
		fprintf(t->stream, "%*s  --- %.*s s later ---\n", (int)t->left + 12, "",
		    (int)(end - (time + strspn(time, " "))), time + strspn(time, " "));
	}
	t->shown_ns = time_ns;
}

/* Those at this event; as with marks. */
static void
print_stands(struct timeline *t, const char *time, uint32_t seq)
{
	char text[WORDS_TEXT + 64];
	struct source_pos pos;

	while (t->at_stand < t->stands.count && t->stands.item[t->at_stand].seq < seq)
		t->at_stand++;
	for (; t->at_stand < t->stands.count; t->at_stand++) {
		const struct stand *stand = &t->stands.item[t->at_stand];

		if (stand->seq != seq)
			break;
		if (report_position(t->input, stand->site, &pos))
			snprintf(text, sizeof(text), "stands %s  [%s:%u]", stand->where, pos.file,
			    pos.line);
		else
			snprintf(text, sizeof(text), "stands %s", stand->where);
		print_row(t, time, stand->who, "32", text, false);
	}
}

static void
print_event(struct timeline *t, const struct event *event)
{
	char time[32], text[WORDS_TEXT + 64], who[WORDS_NAME];

	print_jump(t, event->time_ns);
	words_time(event->time_ns, time, sizeof(time));
	print_stands(t, time, event->seq);
	words_event(&t->words, event, text, WORDS_TEXT);
	snprintf(who, sizeof(who), "%s", words_who(&t->words, event));
	add_position(t, event, text, sizeof(text));
	words_follow(&t->words, event);
	if (t->left > 0)
		snprintf(t->number, sizeof(t->number), "%" PRIu32, event->seq);
	print_row(t, time, who, words_colour(event), text, counts_changed(t));
	print_marks(t, event->seq);
}

/* Go past events that are not printed, and count the requests in them. */
static void
pass(struct timeline *t, uint32_t from, uint32_t to, uint64_t *requests, uint64_t *pages)
{
	for (uint32_t seq = from; seq < to; seq++) {
		const struct event *event = trace_event(t->trace, seq);

		if (event->kind == EV_DEV_TAKE) {
			(*requests)++;
			*pages += event->dev_take.entries;
		}
		words_follow(&t->words, event);
	}
}

static void
print_rounds(struct timeline *t, const struct plan_item *item, uint32_t from)
{
	uint32_t last = t->plan.lines.item[item->line + item->lines - 1].seq;
	uint64_t requests = 0, pages = 0;
	size_t rounds = item->lines / (item->period > 0 ? item->period : 1);
	char time[32], text[WORDS_TEXT];
	int n;

	pass(t, from, last + 1, &requests, &pages);
	t->shown_ns = trace_event(t->trace, last)->time_ns;
	words_time(t->shown_ns, time, sizeof(time));
	if (item->period == 1)
		n = snprintf(text, sizeof(text), "%zu more like the line %s", item->lines,
		    t->backward ? "below" : "above");
	else
		n = snprintf(text, sizeof(text), "%zu more round%s of %s %zu lines",
		    rounds, plural(rounds), t->backward ? "the next" : "these", item->period);
	if (requests == rounds)
		snprintf(text + n, sizeof(text) - (size_t)n, ": %" PRIu64 " page%s", pages,
		    plural(pages));
	else if (requests > 0)
		snprintf(text + n, sizeof(text) - (size_t)n,
		    ": %" PRIu64 " request%s, %" PRIu64 " page%s", requests, plural(requests),
		    pages, plural(pages));
	print_row(t, time, "...", "2", text, counts_changed(t));
}

static bool
has_cause(const struct timeline *t, uint32_t seq)
{
	vec_each(cause, &t->story.causes)
		if (cause->seq == seq)
			return true;
	return false;
}

/* Lines between those that are printed. */
static void
print_omitted(struct timeline *t, size_t *lines)
{
	char text[64];

	if (*lines > 0 && t->shown_ns != WORDS_UNKNOWN) {
		snprintf(text, sizeof(text), "%zu line%s not shown", *lines, plural(*lines));
		print_row(t, "", "...", "2", text, false);
		t->shown_ns = t->omitted_ns;
	}
	*lines = 0;
}

/* The items from `first` on; of what lies before, only the causes of findings. */
static void
print_items(struct timeline *t, size_t first)
{
	uint32_t next = words_first(t->trace);
	uint64_t ignored = 0;
	size_t omitted = 0;

	for (size_t i = 0; i < t->plan.items.count; i++) {
		const struct plan_item *item = &t->plan.items.item[i];
		uint32_t seq = t->plan.lines.item[item->line].seq;

		if (i < first && (item->period != 0 || !has_cause(t, seq))) {
			omitted += item->lines;
			seq = t->plan.lines.item[item->line + item->lines - 1].seq;
			t->omitted_ns = trace_event(t->trace, seq)->time_ns;
			continue;
		}
		if (item->period == 0) {
			pass(t, next, seq, &ignored, &ignored);
			print_omitted(t, &omitted);
			print_event(t, trace_event(t->trace, seq));
			next = seq + 1;
		} else {
			print_omitted(t, &omitted);
			print_rounds(t, item, next);
			next = t->plan.lines.item[item->line + item->lines - 1].seq + 1;
		}
	}
}

/* ---- the whole ---- */

static bool
is_printed(const struct timeline *t, const struct words *words, const struct event *event,
    bool verbose, size_t *m)
{
	while (*m < t->marks.count && t->marks.item[*m].seq < event->seq)
		(*m)++;
	return verbose || words_is_main(words, event) ||
	    (*m < t->marks.count && t->marks.item[*m].seq == event->seq);
}

/*
 * Where the others stand at an event that is printed: those that have done anything since that was
 * told last.  Of one that was woken up and has not gone on, that is known.
 */
static uint64_t
add_stands(struct timeline *t, const struct words *words, const struct event *event,
    bool told[CONTEXTS_MAX + 1])
{
	uint64_t shape = 0;

	for (uint32_t i = 1; i <= CONTEXTS_MAX; i++) {
		char where[WORDS_TEXT];
		struct stand *stand;

		if (i == event->ctx || told[i] || !words_stand(words, i, where, sizeof(where)))
			continue;
		told[i] = true;
		stand = vec_add(&t->stands);
		*stand = (struct stand){
			.seq = event->seq, .ctx = i, .site = words->context[i].site,
		};
		snprintf(stand->who, sizeof(stand->who), "%s",
		    words_context_name(words, i, HW_CTX_KTHREAD));
		snprintf(stand->where, sizeof(stand->where), "%s", where);
		shape ^= trace_hash(&(uint64_t[]){ i, stand->site, (uint64_t)*where },
		    3 * sizeof(uint64_t));
	}
	return shape;
}

static void
plan_lines(struct timeline *t, uint32_t last, bool verbose)
{
	bool told[CONTEXTS_MAX + 1] = { false };
	struct words words;
	size_t m = 0;

	words_init(&words, t->input->world);
	for (uint32_t seq = words_first(t->trace); seq < t->trace->count && seq <= last; seq++) {
		const struct event *event = trace_event(t->trace, seq);

		if (is_printed(t, &words, event, verbose, &m)) {
			bool marked = m < t->marks.count && t->marks.item[m].seq == seq;
			uint64_t shape = words_shape(event);

			if (!verbose)
				shape ^= add_stands(t, &words, event, told);
			/* Nothing that is marked may vanish in a summary. */
			plan_add(&t->plan, seq, shape ^ (marked ? seq + UINT64_C(1) : 0));
		}
		if (event->ctx <= CONTEXTS_MAX && event->kind != EV_CTX_RUN)
			told[event->ctx] = false;
		if (event->kind == EV_CTX_WAKE && event->ctx_wake.context <= CONTEXTS_MAX)
			told[event->ctx_wake.context] = true;
		words_follow(&words, event);
	}
	plan_make(&t->plan, t->backward);
}

static void
begin(struct timeline *t, FILE *stream, const struct report_input *input)
{
	char total[32];
	unsigned digits;

	memset(t, 0, sizeof(*t));
	t->stream = stream;
	t->input = input;
	t->trace = &input->world->trace;
	t->class = device_class_in(input->world);
	t->width = report_width(input);
	t->shown_ns = WORDS_UNKNOWN;
	story_init(&t->story, input);
	digits = (unsigned)snprintf(total, sizeof(total), "%" PRIu64,
	    input->world->memory.counts.total);
	t->count_width = digits + 1 > COUNT_WIDTH ? digits + 1 : COUNT_WIDTH;
	collect_marks(t);
	words_init(&t->words, input->world);
	t->said = t->words.pages;
}

static void
finish(struct timeline *t)
{
	plan_fini(&t->plan);
	vec_fini(&t->marks);
	vec_fini(&t->stands);
	story_fini(&t->story);
}

void
timeline_print(FILE *stream, const struct report_input *input)
{
	struct timeline t;

	begin(&t, stream, input);
	t.left = input->style.verbose ? NUMBER_WIDTH : 0;
	plan_lines(&t, UINT32_MAX, input->style.verbose);
	fprintf(stream, "%s\n", input->id);
	print_head(&t);
	print_items(&t, 0);
	finish(&t);
}

void
timeline_tail(FILE *stream, const struct report_input *input, uint32_t seq, unsigned lines)
{
	struct timeline t;

	begin(&t, stream, input);
	t.backward = true;
	plan_lines(&t, seq, false);
	print_head(&t);
	print_items(&t, t.plan.items.count > lines ? t.plan.items.count - lines : 0);
	finish(&t);
}
