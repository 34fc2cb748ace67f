/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML file as a tree with positions.  The only file that knows libfyaml.
 *
 * The tree is built from the parser's events, not from its documents: every event has a
 * mark, and what scenarios do without (aliases, tags, ...) can be refused where it stands.
 */
#include "yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/utf8.h"

struct yaml_builder {
	const struct yaml_file *file;
	struct arena *arena;
	struct diag_list *diags;
	struct fy_parser *parser;
	unsigned depth;
	bool stopped;		/* no more events are wanted */
};

static void
yaml_error_at(const struct yaml_file *file, struct diag_list *dl, unsigned line, unsigned col,
    unsigned width, const char *rule, const char *message)
{
	struct loc loc = { file->path, line, col };

	diag_add(dl, loc, width, file->text, file->size, rule, "%s", message);
}

void
yaml_error(struct diag_list *dl, const struct yaml_node *n, const char *rule, const char *fmt, ...)
{
	char message[512];

	FORMAT_INTO(message, fmt);
	diag_add(dl, n->loc, n->width, n->file->text, n->file->size, rule, "%s", message);
}

const char *
yaml_kind_name(enum yaml_kind kind)
{
	static const char *const names[] = {
		[YAML_SCALAR] = "a single value", [YAML_MAP] = "a map", [YAML_LIST] = "a list",
		[YAML_BROKEN] = "nothing",
	};

	return names[kind];
}

struct yaml_node *
yaml_lookup(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->pairs[i].key->text, key) == 0)
			return map->pairs[i].value;
	return NULL;
}

const struct yaml_node *
yaml_value(const struct yaml_node *n, const char *key)
{
	const struct yaml_node *value = n->kind == YAML_MAP ? yaml_lookup(n, key) : NULL;

	return value != NULL ? value : n;
}

/* ---- the bytes ---- */

/* An error of the file as a whole. */
static bool
yaml_fail(const char *path, struct diag_list *dl, const char *rule, const char *message)
{
	struct loc loc = { path, 0, 0 };

	diag_add(dl, loc, 1, NULL, 0, rule, "%s", message);
	return false;
}

bool
yaml_read_file(const char *path, struct arena *arena, struct yaml_file *file,
    struct diag_list *dl)
{
	struct stat st;
	size_t room;
	char *text;
	FILE *f;
	bool good;

	/* Asked before opening: to open a pipe could wait for ever. */
	if (stat(path, &st) != 0)
		return yaml_fail(path, dl, "scenario.file", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return yaml_fail(path, dl, "scenario.file",
		    "this is a directory, not a scenario file");
	if (!S_ISREG(st.st_mode))
		return yaml_fail(path, dl, "scenario.file", "this is not a regular file");
	f = fopen(path, "rb");
	if (f == NULL)
		return yaml_fail(path, dl, "scenario.file", strerror(errno));
	room = (st.st_size < YAML_FILE_MAX ? (size_t)st.st_size : YAML_FILE_MAX) + 1;
	text = arena_calloc(arena, room + 1, 1);
	*file = (struct yaml_file){ .path = path, .text = text, .size = fread(text, 1, room, f) };
	good = !ferror(f) || yaml_fail(path, dl, "scenario.file", strerror(errno));
	if (good && file->size == room && room <= YAML_FILE_MAX)
		good = yaml_fail(path, dl, "scenario.file", "it grew while it was read");
	fclose(f);
	return good;
}

/* What is wrong with the character of n bytes at s, or NULL. */
static const char *
yaml_char_complaint(const char *s, size_t n)
{
	if (n == 0)
		return "this byte is not valid UTF-8";
	if (*s == '\0')
		return "a NUL byte cannot stand in a scenario";
	if (utf8_is_control(s, n) && strchr("\t\n\r", *s) == NULL)
		return "a control character cannot stand in a scenario";
	if (strncmp(s, "\ufeff", n) == 0)
		return "a byte order mark cannot stand in a scenario";
	if (strncmp(s, "\u2028", n) == 0 || strncmp(s, "\u2029", n) == 0)
		return "a Unicode line separator cannot stand in a scenario";
	return NULL;
}

/*
 * Only text gets to the parser.  libfyaml 0.7.12 never returns from a directive that holds
 * invalid UTF-8, so besides bad bytes all directives are kept from it.
 */
static bool
yaml_check_bytes(const struct yaml_file *file, struct diag_list *dl)
{
	const char *s = file->text, *end = s + file->size;
	unsigned line = 1, col = 1;
	const char *complaint;
	size_t n;

	for (; s < end; s += n, col++) {
		n = utf8_size(s, end);
		complaint = yaml_char_complaint(s, n);
		if (*s == '\r' && (s + 1 == end || s[1] != '\n'))
			complaint = "a carriage return ends no line here; a newline does";
		if (complaint == NULL && col == 1 && *s == '%')
			complaint = "directives are not used in scenarios";
		if (complaint != NULL) {
			yaml_error_at(file, dl, line, col, 1, "scenario.bytes", complaint);
			return false;
		}
		if (*s == '\n') {
			line++;
			col = 0;
		}
	}
	return true;
}

/* ---- the tree ---- */

/* Characters from byte `from` to byte `to` or the end of the line, at least 1. */
static unsigned
yaml_width(const struct yaml_file *file, size_t from, size_t to)
{
	const char *s = file->text + (from < file->size ? from : file->size), *end = s;

	while (end < file->text + to && end < file->text + file->size && *end != '\n')
		end++;
	return end > s ? (unsigned)utf8_count(s, end) : 1;
}

static struct yaml_node *
yaml_new(struct yaml_builder *b, enum yaml_kind kind, struct fy_event *ev)
{
	struct yaml_node *n = arena_calloc(b->arena, 1, sizeof(*n));
	const struct fy_mark *start = fy_event_start_mark(ev), *end = fy_event_end_mark(ev);

	n->kind = kind;
	n->file = b->file;
	n->loc.file = b->file->path;
	n->loc.line = start != NULL ? (unsigned)start->line + 1 : 1;
	n->loc.col = start != NULL ? (unsigned)start->column + 1 : 1;
	n->width = 1;
	if (start != NULL && end != NULL)
		n->width = yaml_width(b->file, start->input_pos, end->input_pos);
	return n;
}

static struct fy_event *
yaml_next(struct yaml_builder *b)
{
	struct fy_event *ev = b->stopped ? NULL : fy_parser_parse(b->parser);

	if (ev == NULL)
		b->stopped = true;
	return ev;
}

/* What scenarios do without at this event, or NULL; *token is where it stands. */
static const char *
yaml_forbidden(struct fy_event *ev, struct fy_token **token)
{
	if (ev->type == FYET_ALIAS) {
		*token = fy_event_get_token(ev);
		return "aliases are not used in scenarios: write the value out, or put a text "
		    "that begins with \"*\" in quotes";
	}
	*token = fy_event_get_anchor_token(ev);
	if (*token != NULL)
		return "anchors are not used in scenarios; a text that begins with \"&\" needs "
		    "quotes";
	*token = fy_event_get_tag_token(ev);
	return *token == NULL ? NULL :
	    "tags are not used in scenarios; a text that begins with \"!\" needs quotes";
}

/* Report it and give the node up. */
static void
yaml_refuse_forbidden(struct yaml_builder *b, struct yaml_node *n, struct fy_event *ev)
{
	struct fy_token *token = NULL;
	const char *complaint = yaml_forbidden(ev, &token);
	const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;
	struct yaml_node place = *n;

	if (complaint == NULL)
		return;
	if (mark != NULL) {
		place.loc.line = (unsigned)mark->line + 1;
		place.loc.col = (unsigned)mark->column + 1;
		place.width = 1;
		/* The mark of an anchor or alias is behind its sign. */
		if (mark->input_pos > 0 && place.loc.col > 1 &&
		    strchr("&*", b->file->text[mark->input_pos - 1]) != NULL)
			place.loc.col--;
	}
	yaml_error(b->diags, &place, "scenario.yaml", "%s", complaint);
	n->kind = YAML_BROKEN;
}

static bool
yaml_text_is_clean(const char *text, size_t size)
{
	size_t n;

	for (const char *end = text + size; text < end; text += n) {
		n = utf8_size(text, end);
		if (yaml_char_complaint(text, n) != NULL)
			return false;
	}
	return true;
}

/* Do the characters of the scalar stand one by one in the source? */
static void
yaml_find_text(struct yaml_node *n, struct fy_event *ev, size_t size)
{
	const struct fy_mark *start = fy_event_start_mark(ev);
	size_t at;

	if (start == NULL)
		return;
	at = start->input_pos;
	n->text_col = n->loc.col;
	if (!n->plain && at < n->file->size && strchr("\"'", n->file->text[at]) != NULL) {
		at++;
		n->text_col++;
	}
	n->exact = at <= n->file->size && size <= n->file->size - at &&
	    memcmp(n->file->text + at, n->text, size) == 0 && memchr(n->text, '\n', size) == NULL;
}

static void
yaml_fill_scalar(struct yaml_builder *b, struct yaml_node *n, struct fy_event *ev)
{
	size_t size = 0;
	const char *text = fy_token_get_text(ev->scalar.value, &size);

	n->plain = fy_token_scalar_style(ev->scalar.value) == FYSS_PLAIN;
	if (text == NULL)
		size = 0;
	if (size > 0 && !yaml_text_is_clean(text, size)) {
		yaml_error(b->diags, n, "scenario.bytes",
		    "this text holds a control character");
		n->kind = YAML_BROKEN;
	}
	n->text = arena_copy(b->arena, text, size);
	yaml_find_text(n, ev, size);
}

static struct yaml_node *yaml_build(struct yaml_builder *, struct fy_event *);

/* Takes the event; NULL when the events ran out. */
static struct yaml_node *
yaml_build_next(struct yaml_builder *b, enum fy_event_type end)
{
	struct fy_event *ev = yaml_next(b);
	struct yaml_node *n = NULL;

	if (ev == NULL)
		return NULL;
	if (ev->type != end)
		n = yaml_build(b, ev);
	fy_parser_event_free(b->parser, ev);
	return n;
}

static bool
yaml_is_null(const struct yaml_node *n)
{
	static const char *const spellings[] = { "", "~", "null", "Null", "NULL" };

	if (n->kind != YAML_SCALAR || !n->plain)
		return false;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (strcmp(n->text, spellings[i]) == 0)
			return true;
	return false;
}

/* An absent value is shown at its key or list, which is there to be seen. */
static void
yaml_refuse_null(struct yaml_builder *b, struct yaml_node *n, const struct yaml_node *parent)
{
	if (!yaml_is_null(n))
		return;
	if (n->text[0] != '\0')
		yaml_error(b->diags, n, "scenario.null",
		    "\"%s\" is not a value: omit the key instead", n->text);
	else if (parent->kind == YAML_SCALAR)
		yaml_error(b->diags, parent, "scenario.null", "\"%s\" has no value",
		    parent->text);
	else
		yaml_error(b->diags, parent, "scenario.null", "entry %zu of this list is empty",
		    parent->count + 1);
	n->kind = YAML_BROKEN;
}

static void
yaml_fill_list(struct yaml_builder *b, struct yaml_node *n)
{
	struct yaml_node *item;

	while ((item = yaml_build_next(b, FYET_SEQUENCE_END)) != NULL) {
		yaml_refuse_null(b, item, n);
		arena_add(b->arena, n->items, n->count) = item;
	}
}

/* `use:1000` in braces is one key of that name, and `machine:{memory: 1MiB}` another. */
static void
yaml_missing_space(struct yaml_builder *b, const struct yaml_node *key)
{
	struct yaml_node colon = *key;
	size_t length = strcspn(key->text, ":");

	if (key->exact)
		colon.loc.col += (unsigned)utf8_count(key->text, key->text + length);
	colon.width = 1;
	yaml_error(b->diags, &colon, "scenario.key",
	    "a space is missing after the colon of \"%.*s\"", (int)(length < 40 ? length : 40),
	    key->text);
	if (key->exact)
		diag_repair(b->diags, ":", ": ");
}

/* Keys are plain words, each once. */
static bool
yaml_key_is_good(struct yaml_builder *b, const struct yaml_node *map, const struct yaml_node *key)
{
	const struct yaml_node *other = NULL;

	if (key->kind == YAML_BROKEN)
		return false;
	if (key->kind != YAML_SCALAR || key->text[0] == '\0') {
		yaml_error(b->diags, key, "scenario.key", "a key must be a word");
		return false;
	}
	if (key->plain && strchr(key->text, ':') != NULL) {
		yaml_missing_space(b, key);
		return false;
	}
	if (strcmp(key->text, "<<") == 0) {
		yaml_error(b->diags, key, "scenario.key",
		    "merge keys are not used in scenarios (see `extends`)");
		return false;
	}
	for (size_t i = 0; i < map->count && other == NULL; i++)
		if (strcmp(map->pairs[i].key->text, key->text) == 0)
			other = map->pairs[i].key;
	if (other != NULL)
		yaml_error(b->diags, key, "scenario.duplicate-key",
		    "the key \"%s\" stands here twice (first in line %u)", key->text,
		    other->loc.line);
	return other == NULL;
}

static void
yaml_fill_map(struct yaml_builder *b, struct yaml_node *n)
{
	struct yaml_node *key, *value;
	bool spoilt = false;

	while ((key = yaml_build_next(b, FYET_MAPPING_END)) != NULL) {
		value = yaml_build_next(b, FYET_NONE);
		if (value == NULL)
			break;
		if (!yaml_key_is_good(b, n, key)) {
			/* What the map lacks may be what this pair should have been. */
			spoilt |= key->text == NULL || yaml_lookup(n, key->text) == NULL;
			continue;
		}
		yaml_refuse_null(b, value, key);
		arena_add(b->arena, n->pairs, n->count) = (struct yaml_pair){ key, value };
	}
	/* A block map has no sign of its own; its first key is where it begins. */
	if (n->count > 0 && n->pairs[0].key->loc.line <= n->loc.line) {
		if (n->pairs[0].key->loc.col < n->loc.col)
			n->loc = n->pairs[0].key->loc;
		n->width = 1;
	}
	if (spoilt)
		n->kind = YAML_BROKEN;
}

static struct yaml_node *
yaml_build(struct yaml_builder *b, struct fy_event *ev)
{
	enum yaml_kind kind = ev->type == FYET_MAPPING_START ? YAML_MAP :
	    ev->type == FYET_SEQUENCE_START ? YAML_LIST :
	    ev->type == FYET_SCALAR ? YAML_SCALAR : YAML_BROKEN;
	struct yaml_node *n = yaml_new(b, kind, ev);

	if (kind == YAML_SCALAR)
		yaml_fill_scalar(b, n, ev);
	if (kind == YAML_MAP || kind == YAML_LIST) {
		if (++b->depth > YAML_DEPTH_MAX) {
			yaml_error(b->diags, n, "scenario.depth",
			    "nested deeper than %d levels", YAML_DEPTH_MAX);
			b->stopped = true;
		}
		if (kind == YAML_MAP)
			yaml_fill_map(b, n);
		else
			yaml_fill_list(b, n);
		b->depth--;
	}
	yaml_refuse_forbidden(b, n, ev);
	return n;
}

/* ---- the parser ---- */

/* One reason for where the parser stopped; what comes after it only follows from it. */
static void
yaml_report_syntax(struct yaml_builder *b, struct fy_diag *diag)
{
	struct fy_diag_error *e;
	struct yaml_why why;
	void *prev = NULL;

	do {
		e = fy_diag_errors_iterate(diag, &prev);
	} while (e != NULL && (e->type != FYET_ERROR || e->line <= 0));
	if (e == NULL) {
		yaml_error_at(b->file, b->diags, 1, 1, 1, "scenario.yaml", "this is not YAML");
		return;
	}
	why.to[0] = '\0';
	if (!yaml_why(b->file, (unsigned)e->line, e->column > 0 ? (unsigned)e->column : 1, &why)) {
		why.line = (unsigned)e->line;
		why.col = e->column > 0 ? (unsigned)e->column : 1;
		why.width = 1;
		snprintf(why.text, sizeof(why.text), "this is not YAML: %s", e->msg);
	}
	yaml_error_at(b->file, b->diags, why.line, why.col, why.width, "scenario.yaml", why.text);
	if (why.to[0] != '\0')
		diag_repair(b->diags, why.from, why.to);
}

static struct yaml_node *
yaml_build_stream(struct yaml_builder *b)
{
	struct yaml_node *root = NULL, *n;
	struct fy_event *ev;
	unsigned documents = 0;

	while ((ev = yaml_next(b)) != NULL) {
		documents += ev->type == FYET_DOCUMENT_START;
		/* One that begins without a marker is seen at what is in it. */
		if (documents == 2 && fy_event_start_mark(ev) != NULL) {
			n = yaml_new(b, YAML_BROKEN, ev);
			yaml_error(b->diags, n, "scenario.yaml",
			    "a second document begins here: one file holds one scenario");
			b->stopped = true;
			root = NULL;
		} else if (documents == 1 && (ev->type == FYET_SCALAR || ev->type == FYET_ALIAS ||
		    ev->type == FYET_MAPPING_START || ev->type == FYET_SEQUENCE_START)) {
			root = yaml_build(b, ev);
		}
		fy_parser_event_free(b->parser, ev);
	}
	return root;
}

static struct yaml_node *
yaml_parse_with(struct yaml_builder *b, struct fy_diag *diag)
{
	size_t before = b->diags->count;
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_JSON_NONE, .diag = diag };
	struct yaml_node *root = NULL;

	b->parser = fy_parser_create(&cfg);
	if (b->parser == NULL || fy_parser_set_string(b->parser, b->file->text, b->file->size)) {
		yaml_error_at(b->file, b->diags, 1, 1, 1, "scenario.yaml", "no YAML parser");
	} else {
		root = yaml_build_stream(b);
		if (fy_parser_get_stream_error(b->parser)) {
			/* What was wrong before may be so by what stopped the parser. */
			diag_list_cut(b->diags, before);
			yaml_report_syntax(b, diag);
			root = NULL;
		}
	}
	fy_parser_destroy(b->parser);
	return root;
}

struct yaml_node *
yaml_parse(const struct yaml_file *file, struct arena *arena, struct diag_list *dl)
{
	struct yaml_builder b = { .file = file, .arena = arena, .diags = dl };
	struct fy_diag_cfg cfg;
	struct fy_diag *diag;
	struct yaml_node *root;
	size_t before = dl->reported;

	if (file->size > YAML_FILE_MAX)
		yaml_fail(file->path, dl, "scenario.too-large", "the file is larger than 1 MiB");
	if (file->size > YAML_FILE_MAX || !yaml_check_bytes(file, dl))
		return NULL;
	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.colorize = false;
	diag = fy_diag_create(&cfg);
	fy_diag_set_collect_errors(diag, true);
	root = yaml_parse_with(&b, diag);
	fy_diag_destroy(diag);
	if (root == NULL && dl->reported == before)
		yaml_error_at(file, dl, 1, 1, 1, "scenario.empty", "the file holds nothing");
	return root;
}

char *
yaml_to_json(const char *text)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET };
	struct fy_document *document = fy_document_build_from_string(&cfg, text, FY_NT);
	char *json = document == NULL ? NULL : fy_emit_document_to_string(document,
	    FYECF_MODE_JSON_ONELINE | FYECF_WIDTH_INF);

	if (json == NULL)
		internal_error("no YAML: %s", text);
	fy_document_destroy(document);
	return json;
}
