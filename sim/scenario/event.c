/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of `expect-trace`, both ways: `notify`, or `notify: {queue: inflate}`.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"
#include "load.h"
#include "text.h"

/* ---- arguments and values ---- */

char
scenario_event_arg_of(const char *args, unsigned index, char name[SCENARIO_ARG_NAME])
{
	for (; *args != '\0'; args += strcspn(args, " "), args += *args == ' ')
		if (index-- == 0) {
			int length = (int)strcspn(args, ":");

			snprintf(name, SCENARIO_ARG_NAME, "%.*s", length, args);
			return args[length + 1];
		}
	return '\0';
}

/* Names of the letter's values; *bits as scenario_vocab.event_words(). */
static const char *const *
names_of(char letter, const struct scenario_vocab *vocab, bool *bits)
{
	*bits = false;
	return letter == 'q' ? vocab->vqs : vocab->event_words(letter, bits);
}

static const char *
name_of(const char *const *names, uint64_t value)
{
	for (; names != NULL && *names != NULL; names++)
		if (value-- == 0)
			return **names != '\0' ? *names : NULL;
	return NULL;
}

static void
print_bits(const char *const *names, uint64_t value, FILE *f)
{
	const char *between = "";

	for (uint64_t bit = 1; *++names != NULL; bit <<= 1) {
		if ((value & bit) == 0 || **names == '\0')
			continue;
		fprintf(f, "%s%s", between, *names);
		between = "|";
		value &= ~bit;
	}
	if (value != 0)
		fprintf(f, "%s0x%" PRIx64, between, value);
}

void
scenario_event_value_print(char letter, uint64_t value, const char *string,
    const struct scenario_vocab *vocab, FILE *f)
{
	bool bits;
	const char *const *names = names_of(letter, vocab, &bits);
	const char *name = bits && value != 0 ? NULL : name_of(names, value);

	if (letter == 'S')
		text_print_yaml(string, f);
	else if (name != NULL)
		fputs(name, f);
	else if (bits && value != 0)
		print_bits(names, value, f);
	else if (letter == 'b')
		fputs(value != 0 ? "true" : "false", f);
	else if (letter == 'x')
		fprintf(f, "0x%" PRIx64, value);
	else if (letter == 'i' || letter == 's' || letter == 'k')
		fprintf(f, "%" PRId64, (int64_t)value);
	else
		fprintf(f, "%" PRIu64, value);
}

/* ---- reading values ---- */

/* One name of `length` bytes; false if it is none. */
static bool
parse_name(const char *const *names, const char *text, size_t length, uint64_t *value)
{
	for (*value = 0; names[*value] != NULL; (*value)++)
		if (length > 0 && text_is(text, length, names[*value]))
			return true;
	return false;
}

/* `A|B` */
static bool
parse_bits(const char *const *names, const char *text, uint64_t *value)
{
	uint64_t index;
	size_t length;

	for (*value = 0;; text += length + 1) {
		length = strcspn(text, "|");
		if (!parse_name(names, text, length, &index))
			return false;
		if (index > 0)
			*value |= UINT64_C(1) << (index - 1);
		if (text[length] == '\0')
			return true;
	}
}

static bool
parse_number(char letter, const char *text, uint64_t *value, struct text_why *why)
{
	bool minus = *text == '-' && (letter == 'i' || letter == 's' || letter == 'k');
	bool flag;

	if (letter == 'b' && text_parse_flag(text, &flag, why)) {
		*value = flag;
		return true;
	}
	if (letter == 'b' || (letter == 'p' ? !text_parse_amount(text, value, why) :
	    !text_parse_number(text + minus, value, why)))
		return false;
	*value = minus ? 0 - *value : *value;
	return true;
}

static void
load_no_name(struct loader *ld, const struct yaml_node *n, const char *key, const char *text,
    const char *const *names)
{
	struct text_nearest near = text_nearest(text);
	struct sbuf list;
	FILE *f = sbuf_open(&list);
	const char *comma = "";

	for (; *names != NULL; names++) {
		if (**names == '\0')
			continue;
		text_nearest_offer(&near, *names);
		fprintf(f, "%s%s", comma, *names);
		comma = ", ";
	}
	load_error(ld, n, "scenario.value", "\"%.80s\" is no value of \"%s\" (%s, or a "
	    "number)%s", text, key, arena_take(ld->arena, &list), text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
}

static void
load_event_value(struct loader *ld, const struct yaml_node *n, const char *key,
    struct scenario_event_arg *arg)
{
	const char *text = load_scalar(ld, n);
	const char *const *names;
	struct text_why why;
	bool bits;

	if (text == NULL)
		return;
	arg->string = text;
	names = names_of(arg->letter, ld->vocab, &bits);
	if (arg->letter == 'S' || (names != NULL && (bits ?
	    parse_bits(names, text, &arg->value) :
	    parse_name(names, text, strlen(text), &arg->value))))
		return;
	if (parse_number(arg->letter, text, &arg->value, &why))
		return;
	if (names != NULL && !(*text >= '0' && *text <= '9'))
		load_no_name(ld, n, key, text, names);
	else
		load_error(ld, n, "scenario.value", "\"%.80s\": %s", text, why.text);
}

/* ---- events ---- */

static void
load_no_arg(struct loader *ld, const struct scenario_event_kind *kind, const struct yaml_node *key)
{
	const char *list = "";
	struct text_nearest near = text_nearest(key->text);
	char name[SCENARIO_ARG_NAME];

	for (unsigned i = 0; scenario_event_arg_of(kind->args, i, name) != 0; i++) {
		text_nearest_offer(&near, arena_copy(ld->arena, name, strlen(name)));
		list = arena_printf(ld->arena, "%s%s%s", list, i > 0 ? ", " : "", name);
	}
	if (*list == '\0')
		yaml_error(ld->diags, key, "scenario.event", "%s has no arguments", kind->name);
	else
		yaml_error(ld->diags, key, "scenario.event",
		    "%s has no argument \"%.80s\" (%s)%s", kind->name, key->text, list,
		    text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
}

static void
load_event_args(struct loader *ld, const struct yaml_node *n, struct scenario_event *event)
{
	char name[SCENARIO_ARG_NAME];

	if (n->kind == YAML_BROKEN)
		return;
	if (n->kind != YAML_MAP || n->count == 0) {
		load_error(ld, n, "scenario.event", "the arguments of %s are a map, as in "
		    "{queue: 0}; leave them out where they do not matter", event->kind->name);
		return;
	}
	for (size_t i = 0; i < n->count; i++) {
		const struct yaml_node *key = n->pairs[i].key;
		struct scenario_event_arg arg = { .index = 0 };

		while ((arg.letter = scenario_event_arg_of(event->kind->args, arg.index,
		    name)) != 0 && strcmp(key->text, name) != 0)
			arg.index++;
		if (arg.letter == 0) {
			load_no_arg(ld, event->kind, key);
			continue;
		}
		load_event_value(ld, n->pairs[i].value, key->text, &arg);
		arena_add(ld->arena, event->wants, event->count) = arg;
	}
}

static const struct scenario_event_kind *
load_event_kind(struct loader *ld, const struct yaml_node *n, const char *name)
{
	const struct scenario_event_kind *kind;
	struct text_nearest near = text_nearest(name);

	for (kind = ld->vocab->events; kind->name != NULL; kind++) {
		if (strcmp(kind->name, name) == 0)
			return kind;
		text_nearest_offer(&near, kind->name);
	}
	load_error(ld, n, "scenario.name", "unknown kernel call or event \"%.80s\"%s", name,
	    text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
	return NULL;
}

/* As in a file, without the braces around it. */
static const char *
event_text(struct loader *ld, const struct scenario_event *event)
{
	struct sbuf buf;
	FILE *f = sbuf_open(&buf);
	char name[SCENARIO_ARG_NAME];

	fputs(event->kind->name, f);
	for (size_t i = 0; i < event->count; i++) {
		const struct scenario_event_arg *arg = &event->wants[i];

		scenario_event_arg_of(event->kind->args, arg->index, name);
		fprintf(f, "%s%s: ", i > 0 ? ", " : ": {", name);
		scenario_event_value_print(arg->letter, arg->value, arg->string, ld->vocab, f);
	}
	fputs(event->count > 0 ? "}" : "", f);
	return arena_take(ld->arena, &buf);
}

void
load_event(struct loader *ld, const struct yaml_node *n, struct scenario_event *event)
{
	bool has_args = n->kind == YAML_MAP;
	const struct yaml_node *key = has_args && n->count > 0 ? n->pairs[0].key : n;
	const char *name;

	event->loc = n->loc;
	if (n->kind == YAML_BROKEN)
		return;
	if (n->kind == YAML_LIST || (has_args && n->count != 1)) {
		load_error(ld, n, "scenario.event", "an event is a kernel call or one of the "
		    "words of `viosim describe events`, alone or with arguments behind a colon");
		return;
	}
	name = has_args ? key->text : load_scalar(ld, n);
	if (name == NULL || (event->kind = load_event_kind(ld, key, name)) == NULL)
		return;
	if (has_args)
		load_event_args(ld, n->pairs[0].value, event);
	event->text = event_text(ld, event);
}
