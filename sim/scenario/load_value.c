/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single values: from the text in the file to what the tables say it is.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"
#include "load.h"
#include "text.h"

/* ---- text and parameters ---- */

static struct load_param *
load_find_param(struct loader *ld, const char *name)
{
	for (size_t i = 0; i < ld->nparams; i++)
		if (strcmp(ld->params[i].bound.name, name) == 0)
			return &ld->params[i];
	return NULL;
}

static const char *
load_param(struct loader *ld, const struct yaml_node *n)
{
	struct load_param *p = load_find_param(ld, n->text + 1);
	struct text_nearest near = text_nearest(n->text + 1);

	if (p != NULL) {
		p->used = true;
		return p->bound.value;
	}
	if (ld->matrix_broken)
		return NULL;
	for (size_t i = 0; i < ld->nparams; i++)
		text_nearest_offer(&near, ld->params[i].bound.name);
	load_error(ld, n, "scenario.parameter",
	    "the matrix has no parameter \"%s\"%s", n->text + 1, text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
	return NULL;
}

static bool
is_param(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->plain && n->text[0] == '$' && text_is_name(n->text + 1);
}

/*
 * Where the text of a value stands: for `$name` its value in the matrix; then `used` says
 * where it is used, as the end of a message.
 */
static const struct yaml_node *
load_origin(struct loader *ld, const struct yaml_node *n, const char **used)
{
	const struct load_param *p = is_param(n) ? load_find_param(ld, n->text + 1) : NULL;

	*used = "";
	if (p == NULL)
		return n;
	*used = arena_printf(ld->arena, " (as %s in line %u)", n->text, n->loc.line);
	return p->item;
}

void
load_error(struct loader *ld, const struct yaml_node *n, const char *rule, const char *fmt, ...)
{
	char message[512];
	const char *used;

	FORMAT_INTO(message, fmt);
	n = load_origin(ld, n, &used);
	yaml_error(ld->diags, n, rule, "%s%s", message, used);
}

const char *
load_scalar(struct loader *ld, const struct yaml_node *n)
{
	if (n->kind == YAML_BROKEN)
		return NULL;
	if (n->kind != YAML_SCALAR) {
		load_error(ld, n, "scenario.type", "a single value is expected, not %s",
		    yaml_kind_name(n->kind));
		return NULL;
	}
	if (is_param(n))
		return load_param(ld, n);
	return n->text;
}

static void
load_bad(struct loader *ld, const struct yaml_node *n, const char *text,
    const struct text_why *why)
{
	load_error(ld, n, "scenario.value", "\"%.80s\": %s", text, why->text);
	if (why->to[0] != '\0')
		diag_repair(ld->diags, why->from, why->to);
}

/* `unknown WHAT "word"`, with the nearest of the names. */
static void
load_unknown(struct loader *ld, const struct yaml_node *n, const char *rule, const char *what,
    const char *word, const char *const *names)
{
	struct text_nearest near = text_nearest(word);

	text_nearest_offer_all(&near, names);
	load_error(ld, n, rule, "unknown %s \"%.80s\"%s", what, word,
	    text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
}

/* ---- words ---- */

static void
load_text(struct loader *ld, const struct field *f, const struct yaml_node *n, const char *text,
    const char **slot)
{
	size_t length = strlen(text);

	/* A folded or literal block ends in a newline that nobody means. */
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length == 0)
		load_error(ld, n, "scenario.value", "\"%s\" is empty", f->key);
	else if (memchr(text, '\n', length) != NULL)
		load_error(ld, n, "scenario.value", "\"%s\" is one line of text", f->key);
	else
		*slot = arena_copy(ld->arena, text, length);
}

static void
load_name(struct loader *ld, const struct field *f, const struct yaml_node *n, const char *text,
    const char **slot)
{
	if (!text_is_name(text))
		load_error(ld, n, "scenario.value",
		    "\"%s\" must be a word of letters, digits, '_', '-' and '.', not \"%s\"",
		    f->key, text);
	else
		*slot = text;
}

static bool
parse_path(const char *text, const char **slot, struct text_why *why)
{
	size_t length = strlen(text);

	if (length == 0 || strspn(text, TEXT_LETTERS TEXT_DIGITS "_-./") < length ||
	    text[0] == '/' || text[length - 1] == '/' || strstr(text, "//") != NULL)
		return text_fail(why, "a scenario is named like area/situation");
	*slot = text;
	return true;
}

static void
load_word(struct loader *ld, const struct field *f, const struct yaml_node *n, const char *text,
    int *slot)
{
	struct text_nearest near = text_nearest(text);
	char words[160] = "";

	for (const struct field_word *w = f->words; w->word != NULL; w++) {
		if (strcmp(w->word, text) == 0) {
			*slot = w->value;
			return;
		}
		text_nearest_offer(&near, w->word);
		if (w != f->words)
			strncat(words, ", ", sizeof(words) - strlen(words) - 1);
		strncat(words, w->word, sizeof(words) - strlen(words) - 1);
	}
	load_error(ld, n, "scenario.value", "\"%s\" is no value of \"%s\" (%s)%s", text,
	    f->key, words, text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
}

static void
load_vocab(struct loader *ld, const struct field *f, const struct yaml_node *n, const char *text,
    const char **slot)
{
	const char *const *names = field_vocab(f, ld->vocab);

	if (text_list_has(names, text))
		*slot = text;
	else
		load_unknown(ld, n, "scenario.name", arena_printf(ld->arena, "name for \"%s\":",
		    f->key), text, names);
}

static void
load_source(struct loader *ld, const struct yaml_node *n, const char *text, const char **slot)
{
	struct text_nearest near = text_nearest(text);

	if (strcmp(text, "config") == 0 || text_list_has(ld->vocab->vqs, text)) {
		*slot = text;
		return;
	}
	text_nearest_offer(&near, "config");
	text_nearest_offer_all(&near, ld->vocab->vqs);
	load_error(ld, n, "scenario.name", "unknown interrupt source \"%s\"%s", text,
	    text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
}

static void
load_fault(struct loader *ld, const struct yaml_node *n, const char *text, const char **slot)
{
	struct text_nearest near = text_nearest(text);

	if (text_list_has(ld->vocab->faults, text) || vocab_call_can_fail(ld->vocab, text)) {
		*slot = text;
		return;
	}
	if (text_list_has(ld->vocab->calls, text)) {
		load_error(ld, n, "scenario.name", "%s cannot fail", text);
		return;
	}
	text_nearest_offer_all(&near, ld->vocab->faults);
	for (const char *const *c = ld->vocab->calls; *c != NULL; c++)
		if (vocab_call_can_fail(ld->vocab, *c))
			text_nearest_offer(&near, *c);
	load_error(ld, n, "scenario.name", "unknown call or fault \"%s\"%s", text,
	    text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
}

/* ---- numbers ---- */

static void
load_ranged(struct loader *ld, const struct field *f, const struct yaml_node *n, const char *text,
    uint64_t value, uint64_t *slot)
{
	if (value < f->min)
		load_error(ld, n, "scenario.value", "\"%s\" is at least %" PRIu64
		    ", not %s", f->key, f->min, text);
	else if (f->max != 0 && value > f->max)
		load_error(ld, n, "scenario.value", "\"%s\" is at most %" PRIu64
		    ", not %s", f->key, f->max, text);
	else
		*slot = value;
}

static void
load_count(struct loader *ld, const struct field *f, const struct yaml_node *n, const char *text,
    uint64_t *slot)
{
	struct text_why why;
	uint64_t value;

	if (f->kind == FIELD_TIMES && strcmp(text, "forever") == 0)
		*slot = SCENARIO_FOREVER;
	else if (!(f->kind == FIELD_AMOUNT ? text_parse_amount : text_parse_number)(text, &value,
	    &why))
		load_bad(ld, n, text, &why);
	else
		load_ranged(ld, f, n, text, value, slot);
}

static bool
parse_format(const char *text, uint64_t *slot, struct text_why *why)
{
	*slot = 1;
	return strcmp(text, "1") == 0 || text_fail(why, "this program reads format 1");
}

static bool
parse_choice(const char *text, int *slot, struct text_why *why)
{
	bool yes;

	if (!text_parse_flag(text, &yes, why))
		return false;
	*slot = yes ? SCENARIO_YES : SCENARIO_NO;
	return true;
}

static void
load_time(struct loader *ld, const struct field *f, const struct yaml_node *n, const char *text,
    struct scenario_time *slot)
{
	struct scenario_time time;
	struct text_why why;

	if (!text_parse_time(text, &time, &why))
		load_bad(ld, n, text, &why);
	else if (time.value < f->min)
		load_error(ld, n, "scenario.value", "\"%s\" must be longer than 0",
		    f->key);
	else
		*slot = time;
}

static bool
parse_at(const char *text, struct scenario_at *slot, struct text_why *why)
{
	bool plus = *text == '+';
	struct scenario_at at = { .when = plus ? SCENARIO_RELATIVE : SCENARIO_ABSOLUTE };

	if (!text_parse_time(text + plus, &at.time, why))
		return false;
	*slot = at;
	return true;
}

/* ---- points ---- */

#define LOAD_POINT_FORMS \
	"\"config entry\", \"virtio_dequeue#2 before\", \"line 351#2\" or access#17"

/* `#N` at s, if it is there: its number, and s moves behind it. */
static bool
load_point_nth(const char **s, uint64_t *nth, struct text_why *why)
{
	*nth = 1;
	if (**s != '#')
		return true;
	(*s)++;
	if (!text_scan_number(*s, nth, s, why))
		return false;
	text_fail(why, "points are counted from 1");
	return *nth > 0 && *nth <= UINT32_MAX;
}

static bool
load_point_name(struct loader *ld, const struct yaml_node *n, struct scenario_point *p,
    const char *tail)
{
	const char *const *names = ld->vocab->calls;
	const char *what = "kernel call";

	p->place = SCENARIO_CALL;
	if (strcmp(tail, " entry") == 0) {
		p->place = SCENARIO_ENTRY;
		names = ld->vocab->vqs;
		what = "interrupt source";
		if (strcmp(p->name, "config") == 0)
			return true;
	}
	p->after = strcmp(tail, " after") == 0;
	if (text_list_has(names, p->name))
		return true;
	load_unknown(ld, n, "scenario.point", what, p->name, names);
	return false;
}

/* What stands before the `#` of a point, and behind it. */
static const char *const point_heads[] = { "line", "access", "config", NULL };
static const char *const point_tails[] = { "before", "after", "entry", NULL };

static void
load_no_point(struct loader *ld, const struct yaml_node *n, const char *text,
    const char *name, const char *tail)
{
	struct text_nearest head = text_nearest(name);
	struct text_nearest rest = text_nearest(tail + (*tail == ' '));

	text_nearest_offer_all(&head, point_heads);
	text_nearest_offer_all(&head, ld->vocab->vqs);
	text_nearest_offer_all(&head, ld->vocab->calls);
	text_nearest_offer_all(&rest, point_tails);
	load_error(ld, n, "scenario.point", "\"%.80s\" is not a point; points look like "
	    LOAD_POINT_FORMS "%s", text,
	    /* A name that is right needs no other. */
	    text_nearest_hint(head.distance == 0 ? &rest : &head, ""));
	text_nearest_repair(head.distance == 0 ? &rest : &head, ld->diags);
}

/* `line LINE[#N]`; `s` is at the line. */
static bool
parse_point_line(const char *s, struct scenario_point *p, struct text_why *why)
{
	uint64_t line = 0;

	text_fail(why, "a line of the driver is meant, like \"line 351\"");
	if (*s < '0' || *s > '9' || !text_scan_number(s, &line, &s, why))
		return false;
	if (line == 0 || line > INT32_MAX)
		return text_fail(why, line == 0 ? "lines are counted from 1" :
		    "no text has so many lines");
	if (!load_point_nth(&s, &p->nth, why))
		return false;
	p->place = SCENARIO_LINE;
	p->line = (unsigned)line;
	p->name = NULL;
	return *s == '\0' || text_fail(why,
	    "behind the line stands nothing, or which access is meant, like #2");
}

/* NAME[#N] and one of: nothing, " entry", " before", " after". */
static void
load_point(struct loader *ld, const struct yaml_node *n, const char *text,
    struct scenario_point *slot)
{
	struct scenario_point p = { .given = true };
	size_t length = strcspn(text, "# ");
	const char *tail = text + length;
	struct text_why why;
	bool is_line;

	p.name = arena_copy(ld->arena, text, length);
	is_line = strcmp(p.name, "line") == 0;
	if (is_line ? !parse_point_line(tail + (*tail == ' '), &p, &why) :
	    !load_point_nth(&tail, &p.nth, &why)) {
		load_bad(ld, n, text, &why);
		return;
	}
	if (is_line) {
		*slot = p;
		return;
	}
	if (strcmp(p.name, "access") == 0 && *tail == '\0') {
		p.place = SCENARIO_ACCESS;
		p.name = NULL;
	} else if (strcmp(tail, "") != 0 && strcmp(tail, " entry") != 0 &&
	    strcmp(tail, " before") != 0 && strcmp(tail, " after") != 0) {
		load_no_point(ld, n, text, p.name, tail);
		return;
	} else if (!load_point_name(ld, n, &p, tail)) {
		return;
	}
	*slot = p;
}

/* ---- expectations ---- */

static void
load_expect(struct loader *ld, const struct yaml_node *n, const char *text, struct expect **slot)
{
	struct expect_source source = { .exact = false };
	const struct yaml_node *origin = load_origin(ld, n, &source.used);
	size_t length = strlen(text);

	source.loc = origin->loc;
	source.source = origin->file->text;
	source.source_size = origin->file->size;
	source.exact = origin->exact && text == origin->text;
	if (source.exact)
		source.loc.col = origin->text_col;
	if (length > 0 && text[length - 1] == '\n')
		text = arena_copy(ld->arena, text, length - 1);
	*slot = expect_parse(text, &source, ld->vocab, ld->arena, ld->diags);
	/* What fails in a run is the step that has it. */
	if (*slot != NULL && origin != n)
		(*slot)->loc = n->loc;
}

/* ---- any of them ---- */

void
load_value(struct loader *ld, const struct field *f, const struct yaml_node *n, void *slot)
{
	const char *text = load_scalar(ld, n);
	struct text_why why;
	bool good = true;

	if (text == NULL)
		return;
	if (f->kind == FIELD_PATH)
		good = parse_path(text, slot, &why);
	else if (f->kind == FIELD_TEXT)
		load_text(ld, f, n, text, slot);
	else if (f->kind == FIELD_NAME || (f->kind == FIELD_HEAL && strcmp(text, "all") != 0))
		load_name(ld, f, n, text, slot);
	else if (f->kind == FIELD_VOCAB)
		load_vocab(ld, f, n, text, slot);
	else if (f->kind == FIELD_SOURCE)
		load_source(ld, n, text, slot);
	else if (f->kind == FIELD_FAULT)
		load_fault(ld, n, text, slot);
	else if (f->kind == FIELD_FLAG)
		good = text_parse_flag(text, slot, &why);
	else if (f->kind == FIELD_CHOICE)
		good = parse_choice(text, slot, &why);
	else if (f->kind == FIELD_WORD)
		load_word(ld, f, n, text, slot);
	else if (f->kind == FIELD_FORMAT)
		good = parse_format(text, slot, &why);
	else if (f->kind == FIELD_COUNT || f->kind == FIELD_TIMES || f->kind == FIELD_AMOUNT)
		load_count(ld, f, n, text, slot);
	else if (f->kind == FIELD_PERCENT)
		good = text_parse_percent(text, slot, &why);
	else if (f->kind == FIELD_TIME)
		load_time(ld, f, n, text, slot);
	else if (f->kind == FIELD_AT)
		good = parse_at(text, slot, &why);
	else if (f->kind == FIELD_POINT)
		load_point(ld, n, text, slot);
	else if (f->kind == FIELD_EXPECT)
		load_expect(ld, n, text, slot);
	else
		assert(f->kind == FIELD_HEAL || !"not a single value");
	if (!good)
		load_bad(ld, n, text, &why);
}
