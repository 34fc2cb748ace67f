/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NDJSON: see ndjson.h.
 */
#include "report/ndjson.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report/words.h"

#define LINE_BYTES 4096		/* that nearly every line fits into */

struct out {
	FILE *stream;
	const struct report_input *input;
	struct words words;
	bool good;
};

/* ---- values ---- */

/* jansson takes ownership of values in json_object_set_new(), also of NULL as an error. */
static void
put(struct out *out, json_t *object, const char *key, json_t *value)
{
	out->good = json_object_set_new(object, key, value) == 0 && out->good;
}

static json_t *
string(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	if (copy == NULL)
		return NULL;
	report_clean_lines(copy);
	value = json_string(copy);
	free(copy);
	return value;
}

static json_t *
hexadecimal(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

/* JSON readers know integers up to 2^63 at best. */
static json_t *
number(uint64_t value)
{
	return value <= INT64_MAX ? json_integer((json_int_t)value) : hexadecimal(value);
}

static json_t *
in_words(struct out *out, char letter, uint64_t value)
{
	char text[WORDS_TEXT];

	words_value(&out->words, letter, value, text, sizeof(text));
	return string(text);
}

static json_t *
value_of(struct out *out, char letter, uint64_t value)
{
	switch (letter) {
	case 'u': case 'k': case 'p': case 's': case 't':
		return number(value);
	case 'i':
		return json_integer((json_int_t)value);
	case 'x':
		return hexadecimal(value);
	case 'b':
		return json_boolean(value != 0);
	case 'e': case 'E':
		return value == 0 ? json_integer(0) : in_words(out, letter, value);
	case 'S':
		return string(trace_text_of(&out->input->world->trace, value));
	default:
		return in_words(out, letter, value);
	}
}

static void
put_position(struct out *out, json_t *object, uint32_t site)
{
	struct source_pos pos;
	json_t *position;

	if (!report_position(out->input, site, &pos))
		return;
	position = json_object();
	put(out, position, "file", string(pos.file));
	put(out, position, "line", json_integer((json_int_t)pos.line));
	put(out, position, "function", string(pos.function));
	put(out, object, "position", position);
}

static void
print_line(struct out *out, json_t *object)
{
	char text[LINE_BYTES];
	size_t length = json_dumpb(object, text, sizeof(text), JSON_COMPACT);
	int bad;

	/* jansson writes a stream token by token, which takes longer than all the rest. */
	if (length > 0 && length <= sizeof(text))
		bad = fwrite(text, 1, length, out->stream) != length;
	else
		bad = json_dumpf(object, out->stream, JSON_COMPACT);
	if (bad != 0 || putc('\n', out->stream) == EOF)
		out->good = false;
	json_decref(object);
}

/* ---- events ---- */

/* "name:letter name:letter" */
static json_t *
named_args(struct out *out, const char *args, const uint64_t *value)
{
	json_t *object = json_object();

	for (unsigned i = 0; *args != '\0' && i < HW_ARGS_MAX; i++) {
		size_t length = strcspn(args, ":");
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)length, args);
		args += length;
		if (*args == '\0')
			break;
		put(out, object, name, value_of(out, args[1], value[i]));
		args += 2;
		args += strspn(args, " ");
	}
	return object;
}

static json_t *
call_args(struct out *out, const struct event *event)
{
	const char *letters = trace_call_args((enum hw_call)event->code);
	json_t *array = json_array();

	for (unsigned i = 0; letters[i] != '\0' && i < HW_ARGS_MAX; i++)
		out->good = json_array_append_new(array, value_of(out, letters[i],
		    event->arg[i])) == 0 && out->good;
	return array;
}

static void
put_args(struct out *out, json_t *object, const struct event *event)
{
	const char *result;

	if (event->kind == EV_CALL)
		put(out, object, "args", call_args(out, event));
	else if (event->kind == EV_RET) {
		result = trace_call_result((enum hw_call)event->code);
		if (*result != '\0')
			put(out, object, "result", value_of(out, *result, event->arg[0]));
	} else if (event->kind == EV_NOTE)
		put(out, object, "args", named_args(out,
		    trace_note_args((enum hw_note)event->code), event->arg));
	else
		put(out, object, "args", named_args(out,
		    trace_kind_args((enum event_kind)event->kind), event->arg));
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

static void
print_event(struct out *out, const struct event *event)
{
	const char *code = words_code(event);
	json_t *object = json_object();

	put(out, object, "seq", number(event->seq));
	put(out, object, "time_ns", number(event->time_ns));
	put(out, object, "cpu", number(event->cpu));
	put(out, object, "ipl", number(event->ipl));
	put(out, object, "context", number(event->ctx));
	put(out, object, "who", string(words_who(&out->words, event)));
	put(out, object, "kind", json_string(trace_kind_word((enum event_kind)event->kind)));
	if (code != NULL)
		put(out, object, code_key(event), json_string(code));
	put_args(out, object, event);
	put_position(out, object, trace_site(&out->input->world->trace, event->seq));
	print_line(out, object);
	words_follow(&out->words, event);
}

/* ---- findings and failures ---- */

static void
put_known(struct out *out, json_t *object, const char *known)
{
	if (known != NULL)
		put(out, object, "known", string(known));
}

static json_t *
because(struct out *out, const struct finding *finding)
{
	const struct trace *trace = &out->input->world->trace;
	json_t *array = json_array();

	for (unsigned i = 0; i < finding->becauses; i++) {
		uint32_t seq = finding->because[i].seq, site = finding->because[i].site;
		json_t *object = json_object();

		put(out, object, "seq", number(seq));
		put(out, object, "text", string(finding->because[i].what));
		put_position(out, object, site != 0 ? site : trace_site(trace, seq));
		out->good = json_array_append_new(array, object) == 0 && out->good;
	}
	return array;
}

static void
print_finding(struct out *out, const struct finding *finding)
{
	json_t *object = json_object();

	put(out, object, "finding", json_string(finding->rule->id));
	put(out, object, "severity",
	    json_string(finding->rule->severity == SEVERITY_ERROR ? "error" : "lint"));
	put(out, object, "seq", number(finding->seq));
	put(out, object, "time_ns", number(finding->time_ns));
	put(out, object, "context", number(finding->ctx));
	put(out, object, "who", string(words_context_name(&out->words, finding->ctx,
	    finding->ctx_kind)));
	put(out, object, "count", number(finding->count));
	put(out, object, "text", string(finding->text));
	put_position(out, object, finding->site);
	if (finding->becauses > 0)
		put(out, object, "because", because(out, finding));
	put_known(out, object, report_known_finding(out->input, finding));
	print_line(out, object);
}

static void
print_failure(struct out *out, const struct failure *failure)
{
	json_t *object = json_object();

	put(out, object, "failure", string(failure->what));
	put(out, object, "file", string(failure->file));
	put(out, object, "line", number(failure->loc.line));
	put(out, object, "column", number(failure->loc.col));
	put(out, object, "seq", number(failure->seq));
	put(out, object, "time_ns", number(failure->time_ns));
	put(out, object, "expected", string(failure->expected));
	put(out, object, "actual", string(failure->actual));
	put_known(out, object, report_known_failure(out->input, failure));
	print_line(out, object);
}

/* ---- the whole ---- */

static void
print_header(struct out *out)
{
	json_t *object = json_object();

	put(out, object, "viosim", json_integer(NDJSON_VERSION));
	put(out, object, "case", string(out->input->id));
	if (out->input->driver != NULL)
		put(out, object, "driver", string(out->input->driver));
	put(out, object, "hz", json_integer(out->input->world->config.hz));
	put(out, object, "pages", number(out->input->world->memory.counts.total));
	print_line(out, object);
}

static void
print_verdict(struct out *out)
{
	const struct run_result *result = out->input->result;
	json_t *object = json_object();
	char digest[24];

	snprintf(digest, sizeof(digest), "%016" PRIx64, result->digest);
	if (out->input->verdict != NULL)
		put(out, object, "verdict", string(out->input->verdict));
	put(out, object, "end", json_string(words_end(result->end)));
	put(out, object, "digest", json_string(digest));
	put(out, object, "events", number(result->counts.events));
	put(out, object, "virtual_ns", number(result->counts.virtual_ns));
	put(out, object, "findings", number(result->findings.count));
	put(out, object, "failures", number(result->failures_all));
	print_line(out, object);
}

bool
ndjson_print(FILE *stream, const struct report_input *input)
{
	const struct trace *trace = &input->world->trace;
	struct out out = { .stream = stream, .input = input, .good = true };

	words_init(&out.words, input->world);
	print_header(&out);
	for (uint32_t seq = words_first(trace); seq < trace->count; seq++)
		print_event(&out, trace_event(trace, seq));
	for (size_t i = 0; i < input->result->findings.count; i++)
		print_finding(&out, &input->result->findings.item[i]);
	for (unsigned i = 0; i < input->result->failures; i++)
		print_failure(&out, &input->result->failure[i]);
	print_verdict(&out);
	return out.good && !ferror(stream);
}

bool
ndjson_print_none(FILE *stream, const char *id, const char *verdict, const char *reason)
{
	struct out out = { .stream = stream, .good = true };
	json_t *object = json_object();

	put(&out, object, "viosim", json_integer(NDJSON_VERSION));
	put(&out, object, "case", string(id));
	print_line(&out, object);
	object = json_object();
	put(&out, object, "verdict", string(verdict));
	put(&out, object, "reason", string(reason));
	print_line(&out, object);
	return out.good && !ferror(stream);
}
