/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of JSON and back, by tables: see record.h.
 */
#include "explore/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "rules/rules.h"

/* ---- seals ---- */

#define TAIL_BYTES (sizeof(",\"sum\":\"0123456789abcdef\"}") - 1)

/* Of `length` bytes, behind the lines so far. */
static uint64_t
sum_of(const struct seal *seal, const char *bytes, size_t length)
{
	uint64_t both[2] = { seal->sum, trace_hash(bytes, length) };

	return trace_hash(both, sizeof(both));
}

static void
print_tail(char tail[TAIL_BYTES + 1], uint64_t sum)
{
	snprintf(tail, TAIL_BYTES + 1, ",\"sum\":\"%016" PRIx64 "\"}", sum);
}

void
seal_write(struct seal *seal, const char *line, size_t length, FILE *stream)
{
	char tail[TAIL_BYTES + 1];

	assert(length > 2 && line[length - 1] == '}');
	seal->sum = sum_of(seal, line, length);
	print_tail(tail, seal->sum);
	fwrite(line, 1, length - 1, stream);
	fputs(tail, stream);
	fputc('\n', stream);
}

bool
seal_open(struct seal *seal, char *line, size_t *length)
{
	char tail[TAIL_BYTES + 1], was[TAIL_BYTES];
	size_t bare;
	uint64_t sum;

	if (*length <= TAIL_BYTES)
		return false;
	bare = *length - TAIL_BYTES;
	memcpy(was, line + bare, TAIL_BYTES);
	line[bare] = '}';
	sum = sum_of(seal, line, bare + 1);
	print_tail(tail, sum);
	if (memcmp(was, tail, TAIL_BYTES) != 0) {
		line[bare] = was[0];
		return false;
	}
	seal->sum = sum;
	line[bare + 1] = '\0';
	*length = bare + 1;
	return true;
}

/* ---- what the kinds of lines have ---- */

/* A NUMBER has 32 or 64 bits. */
enum type { TEXT, HEAP, NUMBER, HASH, FLAG, REAL, RULE, LIST };

struct key {
	const char *name;
	enum type type;
	size_t offset, size;
	bool optional;			/* not written when zero */
	const struct kind *of;		/* LIST: its elements */
};
struct kind {
	size_t at;			/* in struct record_line */
	size_t size;
	const struct key *key;		/* the first says which kind it is */
	size_t keys;
};
struct list { VEC_MEMBERS(char); };	/* as all of VEC_MEMBERS() lie */

#define KEY(name, type, s, member) \
	{ name, type, offsetof(struct s, member), sizeof(((struct s *)0)->member), false, NULL }
#define MAY(name, type, s, member) \
	{ name, type, offsetof(struct s, member), sizeof(((struct s *)0)->member), true, NULL }
#define ALL(name, s, member, of) { name, LIST, offsetof(struct s, member), 0, false, of }
#define ANY(name, s, member, of) { name, LIST, offsetof(struct s, member), 0, true, of }
#define KIND(s, keys) { 0, sizeof(struct s), keys, sizeof(keys) / sizeof((keys)[0]) }
#define LINE(member, keys) \
	{ offsetof(struct record_line, member), 0, keys, sizeof(keys) / sizeof((keys)[0]) }

static const struct key site_keys[] = {
	KEY("call", TEXT, record_site, call), KEY("file", TEXT, record_site, file),
	KEY("line", NUMBER, record_site, line),
	KEY("function", TEXT, record_site, function),
};
static const struct kind site = KIND(record_site, site_keys);
static const struct key head_keys[] = {
	KEY("explored", TEXT, record_head, command), KEY("viosim", NUMBER, record_head, version),
	KEY("driver", TEXT, record_head, driver), KEY("options", TEXT, record_head, options),
	KEY("shard", NUMBER, record_head, shard), KEY("shards", NUMBER, record_head, shards),
	ALL("sites", record_head, sites, &site),
};
static const struct key finding_keys[] = {
	KEY("rule", RULE, record_finding, finding.rule),
	KEY("key", HASH, record_finding, finding.key),
	MAY("known", TEXT, record_finding, known), MAY("like", TEXT, record_finding, finding.like),
	MAY("baseline", FLAG, record_finding, baseline),
	MAY("inherited", FLAG, record_finding, inherited),
	MAY("cause", TEXT, record_finding, cause), MAY("file", TEXT, record_finding, finding.file),
	MAY("line", NUMBER, record_finding, finding.line),
	MAY("function", TEXT, record_finding, finding.function),
	KEY("seq", NUMBER, record_finding, finding.seq),
	KEY("time_ns", NUMBER, record_finding, finding.time_ns),
	KEY("text", TEXT, record_finding, finding.text),
};
static const struct kind finding = KIND(record_finding, finding_keys);
static const struct key point_keys[] = {
	KEY("call", TEXT, record_point, call), KEY("file", TEXT, record_point, file),
	KEY("line", NUMBER, record_point, line),
	KEY("point", HASH, record_point, point), MAY("can_fail", FLAG, record_point, can_fail),
};
static const struct kind point = KIND(record_point, point_keys);
static const struct key run_keys[] = {
	KEY("run", NUMBER, record, number), KEY("case", TEXT, record, base),
	MAY("with", TEXT, record, plan), MAY("group", TEXT, record, group),
	MAY("point", HASH, record, point), KEY("steps", NUMBER, record, steps),
	MAY("ended", TEXT, record, ended), MAY("lost", TEXT, record, lost),
	MAY("digest", HASH, record, digest),
	MAY("events", NUMBER, record, events), MAY("idle", FLAG, record, idle),
	MAY("bound", REAL, record, bound), MAY("dropped", NUMBER, record, dropped),
	ALL("findings", record, findings, &finding), ANY("points", record, points, &point),
};
static const struct key reduced_keys[] = {
	KEY("found", HASH, record_reduced, key), MAY("cause", TEXT, record_reduced, cause),
	KEY("from", NUMBER, record_reduced, from), KEY("steps", NUMBER, record_reduced, steps),
	KEY("complete", FLAG, record_reduced, complete),
	KEY("verified", FLAG, record_reduced, verified),
	KEY("scenario", HEAP, record_reduced, scenario), MAY("why", HEAP, record_reduced, why),
};
static const struct key child_keys[] = {
	KEY("child", TEXT, record_child, plan), MAY("point", HASH, record_child, point),
	MAY("seq", NUMBER, record_child, seq),
};
static const struct key differ_keys[] = {
	KEY("differs", TEXT, record_differ, plan), KEY("why", HEAP, record_differ, why),
};
static const struct key silent_keys[] = {
	KEY("key", HASH, record_silent, key), MAY("cause", TEXT, record_silent, cause),
	KEY("runs", NUMBER, record_silent, runs),
};
static const struct kind silent = KIND(record_silent, silent_keys);
static const struct key job_end_keys[] = {
	KEY("done", NUMBER, record_job_end, runs), MAY("skipped", NUMBER, record_job_end, skipped),
	MAY("limited", NUMBER, record_job_end, limited),
	MAY("left_out", NUMBER, record_job_end, left_out),
	MAY("cpus", NUMBER, record_job_end, cpus),
	KEY("points", NUMBER, record_job_end, points), MAY("bound", REAL, record_job_end, bound),
	MAY("cut", FLAG, record_job_end, cut), MAY("kind", NUMBER, record_job_end, kind),
	MAY("at", NUMBER, record_job_end, at), ANY("silent", record_job_end, silent, &silent),
};
static const struct key end_keys[] = {
	KEY("end", TEXT, record_end, how), KEY("runs", NUMBER, record_end, runs),
	KEY("cases_left", NUMBER, record_end, cases_left), KEY("lost", NUMBER, record_end, lost),
	KEY("differ", NUMBER, record_end, differ), MAY("planned", NUMBER, record_end, planned),
};

static const struct kind kinds[RECORD_KINDS] = {
	[RECORD_HEAD] = LINE(head, head_keys), [RECORD_RUN] = LINE(run, run_keys),
	[RECORD_REDUCED] = LINE(reduced, reduced_keys), [RECORD_CHILD] = LINE(child, child_keys),
	[RECORD_DIFFER] = LINE(differ, differ_keys),
	[RECORD_JOB_END] = LINE(job_end, job_end_keys), [RECORD_END] = LINE(end, end_keys),
};

/* ---- writing ---- */

/* Console texts are in sentences: what is not UTF-8 there is a driver's doing. */
static json_t *
clean(const char *text)
{
	char *copy = xstrdup(text);
	json_t *value;

	for (char *p = copy; *p != '\0'; p++)
		if (*p & 0x80 || (*p < ' ' && *p != '\n'))
			*p = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

/* Not all readers of JSON know 64 bits. */
static json_t *
hexadecimal(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	return json_string(text);
}

static json_t *object_of(const struct kind *kind, const char *what);

static json_t *
list_of(const struct kind *kind, const struct list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, object_of(kind, list->item + i * kind->size));
	return array;
}

/* Nothing, nought or empty. */
static bool
is_zero(const struct key *key, const void *at)
{
	static const char none[sizeof(uint64_t)];

	if (key->type == TEXT)
		return *(const char *)at == '\0';
	if (key->type == LIST)
		return ((const struct list *)at)->count == 0;
	return memcmp(at, none, key->size) == 0;
}

static json_t *
value_of(const struct key *key, const void *at)
{
	switch (key->type) {
	case TEXT:
		return clean(at);
	case HEAP:
		return clean(*(char *const *)at);
	case NUMBER:
		return json_integer(key->size == sizeof(uint32_t) ? *(const uint32_t *)at :
		    (json_int_t)*(const uint64_t *)at);
	case HASH:
		return hexadecimal(*(const uint64_t *)at);
	case FLAG:
		return json_boolean(*(const bool *)at);
	case REAL:
		return json_real(*(const double *)at);
	case RULE:
		return json_string((*(const struct rule *const *)at)->id);
	case LIST:
		return list_of(key->of, at);
	}
	return NULL;
}

static json_t *
object_of(const struct kind *kind, const char *what)
{
	json_t *object = json_object();

	for (size_t i = 0; i < kind->keys; i++) {
		const struct key *key = &kind->key[i];
		const char *at = what + key->offset;

		if (!(key->optional && is_zero(key, at)) &&
		    json_object_set_new(object, key->name, value_of(key, at)) != 0)
			out_of_memory();
	}
	return object;
}

void
record_write(enum record_kind kind, const void *what, struct seal *seal, FILE *stream)
{
	json_t *object = object_of(&kinds[kind], what);
	char *text = json_dumps(object, JSON_COMPACT);

	if (text == NULL)
		out_of_memory();
	if (seal != NULL)
		seal_write(seal, text, strlen(text), stream);
	else
		fprintf(stream, "%s\n", text);
	free(text);
	json_decref(object);
}

/* ---- reading ---- */

static bool
read_number(const json_t *value, void *at, size_t size)
{
	json_int_t n = json_integer_value(value);

	if (size == sizeof(uint32_t))
		*(uint32_t *)at = (uint32_t)n;
	else
		*(uint64_t *)at = (uint64_t)n;
	return json_is_integer(value) && n >= 0 && (size > sizeof(uint32_t) || n <= UINT32_MAX);
}

static bool
read_hash(const json_t *value, uint64_t *hash)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	*hash = strtoull(text, NULL, 16);
	return true;
}

static bool
read_text(const json_t *value, char *text, size_t size)
{
	if (!json_is_string(value) || json_string_length(value) >= size)
		return false;
	memcpy(text, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_object(const struct kind *kind, const json_t *object, char *what,
    const char **wrong);

static bool
read_list(const struct kind *kind, const json_t *array, struct list *list, const char **wrong)
{
	if (!json_is_array(array))
		return false;
	for (size_t i = 0; i < json_array_size(array); i++) {
		list->item = vec_room(list->item, list->count, &list->max, 1, kind->size);
		if (!read_object(kind, json_array_get(array, i),
		    list->item + list->count++ * kind->size, wrong))
			return false;
	}
	return true;
}

static bool
read_value(const struct key *key, const json_t *value, void *at, const char **wrong)
{
	switch (key->type) {
	case TEXT:
		return read_text(value, at, key->size);
	case HEAP:
		if (json_is_string(value))
			*(char **)at = xstrdup(json_string_value(value));
		return json_is_string(value);
	case NUMBER:
		return read_number(value, at, key->size);
	case HASH:
		return read_hash(value, at);
	case FLAG:
		*(bool *)at = json_is_true(value);
		return json_is_boolean(value);
	case REAL:
		*(double *)at = json_number_value(value);
		return json_is_number(value);
	case RULE:
		*(const struct rule **)at = json_is_string(value) ?
		    rule_by_id(json_string_value(value)) : NULL;
		return *(const struct rule **)at != NULL;
	case LIST:
		return read_list(key->of, value, at, wrong);
	}
	return false;
}

/* `what` is zeroed.  False: *wrong is the key of which something is wrong. */
static bool
read_object(const struct kind *kind, const json_t *object, char *what, const char **wrong)
{
	for (size_t i = 0; i < kind->keys; i++) {
		const struct key *key = &kind->key[i];
		const json_t *value = json_object_get(object, key->name);

		if (value == NULL && key->optional)
			continue;
		*wrong = key->name;
		if (value == NULL || !read_value(key, value, what + key->offset, wrong))
			return false;
	}
	return true;
}

static bool
is_sound(const struct record_line *line, const char **wrong)
{
	*wrong = "viosim";
	if (line->kind == RECORD_HEAD && line->head.version != RECORD_VERSION)
		return false;
	*wrong = "end";
	return line->kind != RECORD_END || strcmp(line->end.how, "complete") == 0 ||
	    strcmp(line->end.how, "cut") == 0;
}

enum record_kind
record_read(struct record_line *line, const char *text, size_t length, char *why, size_t why_size)
{
	const char *wrong = NULL;
	json_error_t error;
	json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

	record_line_fini(line);
	if (object == NULL)
		snprintf(why, why_size, "no JSON: %s", error.text);
	for (int kind = RECORD_HEAD; object != NULL && kind < RECORD_KINDS; kind++)
		if (json_object_get(object, kinds[kind].key[0].name) != NULL) {
			line->kind = (enum record_kind)kind;
			break;
		}
	if (object != NULL && line->kind == RECORD_BAD) {
		snprintf(why, why_size, "no line of an exploration");
	} else if (object != NULL && (!read_object(&kinds[line->kind], object,
	    (char *)line + kinds[line->kind].at, &wrong) || !is_sound(line, &wrong))) {
		snprintf(why, why_size, "nothing, or nothing that makes sense, in `%s`", wrong);
		line->kind = RECORD_BAD;
	}
	json_decref(object);
	return line->kind;
}

/* ---- memory ---- */

void
record_clear(struct record *run)
{
	struct record was = *run;

	memset(run, 0, sizeof(*run));
	run->findings = was.findings;
	run->points = was.points;
	run->findings.count = run->points.count = 0;
}

/* What the keys have on the heap. */
static void
free_keys(enum record_kind kind, void *what)
{
	for (size_t i = 0; i < kinds[kind].keys; i++) {
		const struct key *key = &kinds[kind].key[i];
		void *at = (char *)what + key->offset;

		if (key->type == HEAP)
			free(*(char **)at);
		else if (key->type == LIST)
			free(((struct list *)at)->item);
	}
}

void
record_fini(struct record *run)
{
	free_keys(RECORD_RUN, run);
	memset(run, 0, sizeof(*run));
}

void
record_reduced_fini(struct record_reduced *reduced)
{
	free_keys(RECORD_REDUCED, reduced);
	memset(reduced, 0, sizeof(*reduced));
}

void
record_line_fini(struct record_line *line)
{
	for (int kind = RECORD_HEAD; kind < RECORD_KINDS; kind++)
		free_keys((enum record_kind)kind, (char *)line + kinds[kind].at);
	memset(line, 0, sizeof(*line));
}

/* ---- runs ---- */

void
record_take(struct record *run, const struct trial_result *result,
    const struct trial_result *baseline, const struct trial_result *parent)
{
	for (unsigned i = 0; i < result->findings; i++) {
		struct record_finding *found = vec_add(&run->findings);

		found->finding = result->finding[i];
		found->baseline = baseline != NULL &&
		    trial_find(baseline, found->finding.key) != NULL;
		if (found->finding.defect != NULL)
			snprintf(found->known, sizeof(found->known), "%s",
			    found->finding.defect->id);
		found->inherited = !found->baseline && parent != NULL &&
		    trial_find(parent, found->finding.key) != NULL;
	}
	run->dropped = result->dropped;
	run->digest = result->digest;
	run->events = result->counts.events;
}

bool
record_is_leak(const struct record_finding *found)
{
	static const char *const leaks[] = {
		"attach.leak", "dma.leak", "mem.leak", "page.conservation"
	};

	for (size_t i = 0; i < sizeof(leaks) / sizeof(leaks[0]); i++)
		if (strcmp(found->finding.rule->id, leaks[i]) == 0)
			return true;
	return false;
}

enum record_class
record_class(const struct record *run)
{
	enum record_class class = RECORD_OK;

	if (run->lost[0] != '\0')
		return RECORD_LOST;
	for (size_t i = 0; i < run->findings.count; i++) {
		const struct record_finding *found = &run->findings.item[i];
		enum record_class weight = found->known[0] != '\0' ? RECORD_KNOWN :
		    found->finding.rule->severity == SEVERITY_LINT ? RECORD_LINT : RECORD_NEW;

		if (!found->baseline && weight > class)
			class = weight;
	}
	return class;
}
