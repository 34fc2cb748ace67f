/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole record as NDJSON.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"
#include "report/failure.h"
#include "report/finding.h"
#include "report/json.h"
#include "report/report.h"
#include "report/story.h"
#include "report/words.h"
#include "run/module.h"

struct out {
	FILE *stream;
	const struct report_input *input;
	struct words words;
	struct words_pages said;	/* page counts last printed */
	uint32_t ctx;			/* of the event before */
};

/* ---- values ---- */

static json_t *
in_words(struct out *out, char letter, uint64_t value)
{
	char text[WORDS_TEXT];

	words_value(&out->words, letter, value, text, sizeof(text));
	return json_text(text);
}

static json_t *
value_of(struct out *out, char letter, uint64_t value)
{
	switch (letter) {
	case 'u': case 'k': case 'p': case 's': case 't':
		return json_number(value);
	case 'i':
		return json_integer((json_int_t)value);
	case 'x': case 'U':
		return json_hexadecimal(value);
	case 'b':
		return json_boolean(value != 0);
	case 'e': case 'E':
		return value == 0 ? json_integer(0) : in_words(out, letter, value);
	case 'W':
		return json_text(words_end((enum world_end)value));
	case 'S':
		return json_text(trace_text_of(&out->input->world->trace, value));
	default:
		return in_words(out, letter, value);
	}
}

/* Of the scenario, where a step or an expectation stands. */
static void
put_loc(json_t *object, const struct loc *loc)
{
	json_t *place = json_object();

	if (loc->file != NULL)
		json_put_text(place, "file", loc->file);
	json_put_number(place, "line", loc->line);
	json_put_number(place, "column", loc->col);
	json_put(object, "scenario", place);
}

/* ---- events ---- */

/* "name:letter name:letter" */
static json_t *
named_args(struct out *out, const char *args, const uint64_t *value)
{
	json_t *object = json_object();
	char letter, name[SCENARIO_ARG_NAME];

	for (unsigned i = 0; (letter = scenario_event_arg_of(args, i, name)) != 0; i++)
		json_put(object, name, value_of(out, letter, value[i]));
	return object;
}

static void
put_args(struct out *out, json_t *object, const struct event *event)
{
	const char *args = event->kind == EV_CALL ? trace_call_names((enum hw_call)event->code) :
	    event->kind == EV_NOTE ? trace_note_args((enum hw_note)event->code) :
	    trace_kind_args((enum event_kind)event->kind);
	const char *result = trace_call_result((enum hw_call)event->code);

	if (event->kind != EV_RET)
		json_put(object, "args", named_args(out, args, event_values(event)));
	else if (*result != '\0')
		json_put(object, "result", value_of(out, *result, event->ret.result));
}

/* What the code of an event means depends on its kind, and so does its key. */
static const char *
code_key(const struct event *event)
{
	if (event->kind == EV_CALL || event->kind == EV_RET)
		return "call";
	if (event->kind == EV_NOTE)
		return "note";
	return "what";
}

/* Where the others stand when another one goes on. */
static void
put_others(struct out *out, json_t *object, const struct event *event)
{
	json_t *others = json_array();

	for (uint32_t i = 1; i <= CONTEXTS_MAX; i++) {
		const struct words_context *context = &out->words.context[i];
		char place[WORDS_TEXT];
		json_t *other;

		if (!context->is_there || i == event->ctx)
			continue;
		other = json_object();
		json_put_number(other, "context", i);
		json_put_text(other, "who", words_context_name(&out->words, i, HW_CTX_KTHREAD));
		if (words_place(&out->words, i, place, sizeof(place))) {
			json_put_text(other, words_place_word(context),
			    trace_call_name((enum hw_call)context->last_call));
			json_put_text(other, "text", place);
			finding_put_position(other, out->input, context->site);
		}
		if (context->asleep_ns != WORDS_UNKNOWN)
			json_put_number(other, "asleep_since_ns", context->asleep_ns);
		json_add(others, other);
	}
	if (json_array_size(others) > 0)
		json_put(object, "others", others);
	else
		json_decref(others);
}

static void
put_count(json_t *pages, const char *key, uint64_t count)
{
	if (count != WORDS_UNKNOWN)
		json_put_number(pages, key, count);
}

/* Once the event has happened; not if they are what they were. */
static void
put_pages(struct out *out, json_t *object)
{
	const struct words_pages *now = &out->words.pages;
	json_t *pages;

	if (memcmp(now, &out->said, sizeof(*now)) == 0)
		return;
	pages = json_object();
	put_count(pages, "driver", now->driver);
	if (device_class_in(out->input->world)->takes != NULL)
		put_count(pages, "host", now->host);
	put_count(pages, "free", now->free);
	json_put(object, "pages", pages);
	out->said = *now;
}

static void
print_event(struct out *out, const struct event *event)
{
	const struct scenario_case *c = out->input->c;
	const char *code = words_code(&out->words, event);
	json_t *object = json_object();
	char text[WORDS_TEXT];

	json_put_number(object, "seq", event->seq);
	json_put_number(object, "time_ns", event->time_ns);
	json_put_number(object, "cpu", event->cpu);
	json_put_number(object, "ipl", event->ipl);
	json_put_number(object, "context", event->ctx);
	json_put_text(object, "who", words_who(&out->words, event));
	json_put_text(object, "kind", trace_kind_word((enum event_kind)event->kind));
	json_put_text(object, code_key(event), code);
	put_args(out, object, event);
	if (event->kind != EV_CALL && event->kind != EV_RET) {
		words_event(&out->words, event, text, sizeof(text));
		json_put_text(object, "text", text[0] != '\0' ? text : NULL);
	}
	if (words_is_main(&out->words, event))
		json_put(object, "main", json_true());
	finding_put_position(object, out->input,
	    trace_site(&out->input->world->trace, event->seq));
	if (c != NULL && (event->kind == EV_STEP || event->kind == EV_EXPECT) &&
	    event->step.index < c->scenario->steps.count)
		put_loc(object, &c->scenario->steps.step[event->step.index].loc);
	if (event->ctx != out->ctx)
		put_others(out, object, event);
	out->ctx = event->ctx;
	words_follow(&out->words, event);
	put_pages(out, object);
	json_print_line(object, out->stream);
}

/* ---- findings and failures ---- */

static void
put_defect(json_t *object, const struct defect *known)
{
	if (known == NULL)
		return;
	json_put_text(object, "known", known->id);
	json_put_text(object, "page", known->finding);
	json_put_text(object, "fix", known->fix);
}

/* Who stands at the place that a finding points to, if it showed while nobody ran. */
static uint32_t
whose(const struct out *out, const struct finding *finding)
{
	for (uint32_t i = 1; finding->ctx == 0 && finding->site != 0 && i <= CONTEXTS_MAX; i++)
		if (out->words.context[i].is_there && out->words.context[i].site == finding->site)
			return i;
	return finding->ctx;
}

static void
print_finding(struct out *out, const struct finding *finding)
{
	json_t *object = json_object();
	uint32_t ctx = whose(out, finding);
	struct defect_like like;

	json_put(object, "finding", json_string(finding->rule->id));
	json_put_text(object, "severity", finding_severity(finding->rule));
	json_put_text(object, "title", finding->rule->title);
	json_put_text(object, "source", finding->rule->source);
	json_put_text(object, "why", finding->rule->why);
	json_put_text(object, "wrong", finding->rule->wrong);
	json_put_text(object, "right", finding->rule->right);
	finding_put_group(object, out->input, finding);
	json_put(object, "rank", json_integer(story_rank(out->input, finding)));
	json_put_number(object, "seq", finding->seq);
	json_put_number(object, "time_ns", finding->time_ns);
	json_put_number(object, "context", ctx);
	json_put_text(object, "who", words_context_name(&out->words, ctx, finding->ctx_kind));
	json_put_number(object, "count", finding->count);
	json_put_text(object, "text", finding->text);
	finding_put_position(object, out->input, finding->site);
	finding_put_because(object, out->input, finding);
	put_defect(object, report_known_finding(out->input, finding));
	if (report_like_finding(out->input, finding, &like)) {
		json_put_text(object, "looks_like", like.defect->id);
		if (like.why[0] != '\0')
			json_put_text(object, "unlike", like.why);
	}
	json_print_line(object, out->stream);
}

static void
print_failure(struct out *out, const struct failure *failure)
{
	json_t *object = json_object();

	json_put_text(object, "failure", failure->what);
	json_put_text(object, "file", failure->file);
	json_put_number(object, "line", failure->loc.line);
	json_put_number(object, "column", failure->loc.col);
	json_put_number(object, "seq", failure->seq);
	json_put_number(object, "time_ns", failure->time_ns);
	json_put_text(object, "expected", failure->expected);
	json_put_text(object, "actual", failure->actual);
	failure_put_rows(object, failure);
	put_defect(object, report_known_failures(out->input));
	json_print_line(object, out->stream);
}

/* ---- the whole ---- */

/* What the class of the device counts. */
static void
put_counters(struct out *out, json_t *object)
{
	const struct device_counter *counter = device_class_in(out->input->world)->counters;
	json_t *array = json_array();

	for (; counter != NULL && counter->what != NULL; counter++) {
		json_t *row = json_object();

		json_put_text(row, "what", counter->what);
		json_put_text(row, "pages", counter->key);
		if (counter->key == NULL) {
			json_put_text(row, "kind", trace_kind_word(counter->kind));
			json_put_text(row, "arg", counter->arg);
		}
		json_add(array, row);
	}
	json_put(object, "counters", array);
}

/* The whole configuration, as `viosim explain CASE` prints it. */
static json_t *
configuration(const struct scenario_case *c)
{
	char *text = run_configuration_json(c);
	json_t *object = json_loads(text, 0, NULL);

	if (object == NULL)
		internal_error("no JSON: %s", text);
	free(text);
	return object;
}

/* Which text the lines of the scenario are of. */
static void
put_scenario(json_t *object, const struct scenario_case *c)
{
	size_t length;
	char *text = c->scenario->loc.file != NULL ?
	    report_file(c->scenario->loc.file, &length) : NULL;

	if (text == NULL)
		return;
	json_put_text(object, "scenario_file", c->scenario->loc.file);
	json_put_digest(object, "scenario_hash", trace_hash(text, length));
	free(text);
}

static void
print_header(struct out *out)
{
	const struct report_input *input = out->input;
	json_t *object = json_object();

	json_put(object, "viosim", json_integer(JSON_OUTPUT_VERSION));
	json_put_text(object, "case", input->id);
	json_put_text(object, "driver", input->driver);
	json_put(object, "hz", json_integer(input->world->config.hz));
	json_put_number(object, "pages", input->world->memory.counts.total);
	json_put_text(object, "version", input->version);
	if (input->module != NULL) {
		json_put_text(object, "module", module_path(input->module));
		json_put_digest(object, "module_hash", module_hash(input->module));
		json_put_text(object, "rcsid", module_rcsid(input->module));
		json_put_text(object, "era", module_era(input->module));
	}
	if (input->manifest != NULL)
		json_put_text(object, "manifest", input->manifest->path);
	put_counters(out, object);
	if (input->c != NULL) {
		put_scenario(object, input->c);
		json_put(object, "configuration", configuration(input->c));
	}
	json_print_line(object, out->stream);
}

static void
print_verdict(struct out *out)
{
	const struct run_result *result = out->input->result;
	json_t *object = json_object();

	json_put_text(object, "verdict", out->input->verdict);
	if (out->input->reason != NULL && *out->input->reason != '\0')
		json_put_text(object, "reason", out->input->reason);
	json_put(object, "end", json_string(words_end(result->end)));
	json_put_digest(object, "digest", result->digest);
	json_put_number(object, "events", result->counts.events);
	json_put_number(object, "virtual_ns", result->counts.virtual_ns);
	json_put_number(object, "findings", result->findings.count);
	json_put_number(object, "failures", result->failures_all);
	json_print_line(object, out->stream);
}

void
ndjson_print(FILE *stream, const struct report_input *input, bool events)
{
	const struct trace *trace = &input->world->trace;
	struct out out = { .stream = stream, .input = input };

	words_init(&out.words, input->world);
	out.said = (struct words_pages){ WORDS_UNKNOWN, WORDS_UNKNOWN, WORDS_UNKNOWN };
	print_header(&out);
	for (uint32_t seq = words_first(trace); seq < trace->count; seq++)
		if (events)
			print_event(&out, trace_event(trace, seq));
		else
			words_follow(&out.words, trace_event(trace, seq));
	for (size_t i = 0; i < input->result->findings.count; i++)
		print_finding(&out, &input->result->findings.item[i]);
	for (unsigned i = 0; i < input->result->failures; i++)
		print_failure(&out, &input->result->failure[i]);
	print_verdict(&out);
}

void
ndjson_print_none(FILE *stream, const char *id, const char *verdict, const char *reason)
{
	json_t *object = json_object();

	json_put(object, "viosim", json_integer(JSON_OUTPUT_VERSION));
	json_put_text(object, "case", id);
	json_print_line(object, stream);
	object = json_object();
	json_put_text(object, "verdict", verdict);
	json_put_text(object, "reason", reason);
	json_print_line(object, stream);
}
