/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format for people: every key, verb and name, from the loader's tables.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "scenario.h"
#include "table.h"
#include "text.h"

#define DESCRIBE_HELP_COLUMN 24

/* One pass over all rows prints them, prints those of one word, or offers their words. */
struct describe {
	const struct scenario_vocab *vocab;
	FILE *f;
	unsigned width;
	const char *word;		/* print only what has this name; NULL: everything */
	struct text_nearest *near;	/* print nothing, offer the names */
	bool found;
};

static void
describe_row(const struct describe *d, const char *key, unsigned indent, const char *help)
{
	fprintf(d->f, "%*s%-*s ", (int)indent, "", DESCRIBE_HELP_COLUMN - 1 - (int)indent, key);
	if (indent + strlen(key) > DESCRIBE_HELP_COLUMN - 1)
		fprintf(d->f, "\n%*s", DESCRIBE_HELP_COLUMN, "");
	text_print_wrapped(help, DESCRIBE_HELP_COLUMN, d->width, d->f);
}

/* Is a name to be printed now?  A single one gets a heading that says what it is. */
static bool
describe_wants(struct describe *d, const char *name, bool fits, const char *what)
{
	if (d->near != NULL) {
		text_nearest_offer(d->near, name);
		return false;
	}
	if (d->word == NULL)
		return true;
	if (!fits)
		return false;
	fprintf(d->f, "%s%s:\n", d->found ? "\n" : "", what);
	d->found = true;
	return true;
}

static void
describe_field(const struct describe *d, const struct field *f, unsigned indent)
{
	struct sbuf help;
	FILE *to = sbuf_open(&help);

	fputs(f->flags & FIELD_REQUIRED ? "required; " : "", to);
	for (const struct field_word *w = f->words; w != NULL && w->word != NULL; w++)
		fprintf(to, "%s%s", w == f->words ? "" : " | ", w->word);
	if (f->kind != FIELD_WORD)
		fprintf(to, "%s%s", f->map != NULL && f->map->scalars > 0 &&
		    (f->kind == FIELD_MAP || f->kind == FIELD_OWN) ? "a value or " : "",
		    field_kinds[f->kind].form);
	fprintf(to, ": %s", f->help);
	describe_row(d, f->key, indent, sbuf_close(&help));
	free(help.text);
}

/* "machine.dma" is the key of that map only. */
static bool
describe_is_key(const struct map *map, const struct field *f, const char *word)
{
	const char *name = map != NULL ? map->name : "step";
	size_t length = strlen(name);

	if (strncmp(word, name, length) == 0 && word[length] == '.')
		word += length + 1;
	return strcmp(word, f->key) == 0;
}

static bool
describe_has_word(const struct field *f, const char *word)
{
	for (const struct field_word *w = f->words; w != NULL && w->word != NULL; w++)
		if (strcmp(w->word, word) == 0)
			return true;
	return false;
}

static void
describe_what(const struct map *map, bool is_word, const struct field *f, char *what, size_t size)
{
	if (is_word)
		snprintf(what, size, "A value of `%s`", f->key);
	else if (map == NULL)
		snprintf(what, size, "A verb");
	else if (map == &map_scenario)
		snprintf(what, size, "A key at the top level");
	else
		snprintf(what, size, "A key of `%s`", map->name);
}

static void describe_map(struct describe *, const struct map *, unsigned indent);

/* A key of a map, or (NULL) a verb. */
static void
describe_key(struct describe *d, const struct map *map, const struct field *f, unsigned indent)
{
	const struct map *below = field_map(f, d->vocab->type);
	const char *word = d->word;
	bool is_key = word != NULL && describe_is_key(map, f, word);
	bool is_word = word != NULL && !is_key && describe_has_word(f, word);
	bool wanted;
	char what[80];

	describe_what(map, is_word, f, what, sizeof(what));
	for (const struct field_word *w = f->words; d->near != NULL && w != NULL &&
	    w->word != NULL; w++)
		text_nearest_offer(d->near, w->word);
	wanted = describe_wants(d, f->key, is_key || is_word, what);
	if (wanted)
		describe_field(d, f, word != NULL ? 2 : indent);
	/* With a key goes all that is below it. */
	d->word = wanted ? NULL : word;
	if (below != NULL)
		describe_map(d, below, word != NULL ? 4 : indent + 2);
	d->word = word;
}

static void
describe_map(struct describe *d, const struct map *map, unsigned indent)
{
	for (size_t i = 0; i < map->count; i++)
		describe_key(d, map, &map->fields[i], indent);
}

/* ---- sections ---- */

static void
describe_verbs(struct describe *d)
{
	for (const struct verb *const *v = d->vocab->type->verbs; *v != NULL; v++)
		describe_key(d, NULL, &(*v)->field, 2);
}

static void
describe_forms(struct describe *d)
{
	static const struct { const char *name, *row, *help; } forms[] = {
		{ "amount", "an amount", "1024 pages, 4MiB (B KiB MiB GiB TiB), or a bare number "
		    "of pages" },
		{ "time", "a time", "5ms: ns us ms s min ticks, or 0; after `at` with + if it "
		    "counts from the previous step" },
		{ "point", "a point", "\"config entry\", \"virtio_dequeue#2 before\" (or after), "
		    "access#17, \"line 351#2\" (the second access at that line of the driver); "
		    "counted from the step on" },
		{ "expectation", "an expectation", "sums of amounts, times and observables, "
		    "compared by == != < <= > >=, `in 500..520`, log ~ \"text\", "
		    "count(log ~ \"text\") == 2" },
		{ "event", "an event", "notify, or with arguments: `bus_dmamap_sync: {ops: "
		    "PREWRITE}`; of a set of bits the given ones are set" },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (describe_wants(d, forms[i].name, d->word != NULL &&
		    strcmp(d->word, forms[i].name) == 0, "A form of values"))
			describe_row(d, forms[i].row, 2, forms[i].help);
}

/* A list of names: `meaning` is of each, where `texts` (in their order) has none of its own. */
struct describe_list {
	const char *title, *meaning;
	const char *const *names, *const *texts;
};

static void
describe_list(const struct describe *d, const struct describe_list *list)
{
	struct sbuf line;
	FILE *f = sbuf_open(&line);

	for (size_t i = 0; list->names[i] != NULL; i++)
		fprintf(f, "%s%s", i > 0 ? " " : "", list->names[i]);
	describe_row(d, list->title, 2, sbuf_close(&line));
	free(line.text);
}

static void
describe_names(struct describe *d, const struct describe_list *list)
{
	if (d->word == NULL && d->near == NULL) {
		describe_list(d, list);
		return;
	}
	for (size_t i = 0; list->names[i] != NULL; i++)
		if (describe_wants(d, list->names[i], d->word != NULL &&
		    strcmp(list->names[i], d->word) == 0, "A name"))
			describe_row(d, list->names[i], 2, list->texts != NULL ?
			    list->texts[i] : list->meaning);
	if (d->word != NULL && strcmp(list->title, d->word) == 0 &&
	    describe_wants(d, list->title, true, "Names"))
		describe_list(d, list);
}

static void
describe_observables(struct describe *d)
{
	const struct observable *o;
	const char *arg;
	size_t length;
	char meaning[64];

	/* "calls.mutex_enter" is one of "calls.<fn>", and so is that itself. */
	for (size_t i = 0; (o = scenario_observable(d->vocab, i)) != NULL; i++)
		if (describe_wants(d, o->pattern, d->word != NULL &&
		    observable_fits(o->pattern, d->word, &arg, &length), "An observable"))
			describe_row(d, o->pattern, 2, o->help);
	for (size_t i = 0; (o = scenario_observable(d->vocab, i)) != NULL; i++) {
		const struct describe_list list = { o->pattern, meaning, o->words, NULL };

		snprintf(meaning, sizeof(meaning), "a value of %s", o->pattern);
		if (o->words != NULL)
			describe_names(d, &list);
	}
}

/* Kernel calls, which are many, only by their names. */
static void
describe_events(struct describe *d)
{
	const struct scenario_event_kind *kind = d->vocab->events;

	for (; kind->name != NULL; kind++) {
		struct sbuf text;
		char name[SCENARIO_ARG_NAME];
		FILE *f;

		if ((kind->is_call && d->word == NULL && d->near == NULL) ||
		    !describe_wants(d, kind->name, d->word != NULL &&
		    strcmp(kind->name, d->word) == 0, "An event of `expect-trace`"))
			continue;
		f = sbuf_open(&text);
		fputs(*kind->args == '\0' ? "no arguments" : "", f);
		for (unsigned i = 0; scenario_event_arg_of(kind->args, i, name) != 0; i++)
			fprintf(f, "%s%s", i > 0 ? ", " : "arguments: ", name);
		describe_row(d, kind->name, 2, sbuf_close(&text));
		free(text.text);
	}
}

static void
describe_vocab(struct describe *d)
{
	const struct scenario_vocab *vocab = d->vocab;
	const struct describe_list lists[] = {
		{ "device types", "a type of virtio device", vocab->devices, NULL },
		{ "features", "a feature of the device", vocab->features, vocab->feature_texts },
		{ "queues", "a queue of the device", vocab->vqs, NULL },
		{ "faults", "a fault of a kernel call, for `fail`: `viosim explain` has more",
		    vocab->faults, NULL },
		{ "errno", "an error number of NetBSD, for `errno` of `fail`", vocab->errnos,
		    vocab->errno_texts },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		describe_names(d, &lists[i]);
}

static const struct section {
	const char *word, *title;
	const struct map *map;			/* its keys, or */
	void (*rows)(struct describe *);
} sections[] = {
	{ "scenario", "Top level (what stands in parentheses holds when the key is left out)",
	    &map_scenario, NULL },
	{ "claims", "Entries of always, never, finally and needs: an expectation, or a map",
	    &map_claim, NULL },
	{ "steps", "Steps: one verb each, and beside it", &map_step, NULL },
	{ "verbs", "Verbs", NULL, describe_verbs },
	{ "forms", "Forms", NULL, describe_forms },
	{ "observables", "Observables", NULL, describe_observables },
	{ "events", "Events of `expect-trace`, beside all kernel calls", NULL, describe_events },
	{ "names", "Names", NULL, describe_vocab },
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static void
describe_section(struct describe *d, const struct section *section)
{
	if (section->map != NULL)
		describe_map(d, section->map, 2);
	else
		section->rows(d);
}

void
scenario_describe(const struct scenario_vocab *vocab, unsigned width, FILE *f)
{
	struct describe d = { .vocab = vocab, .f = f, .width = width };

	for (size_t i = 0; i < SECTIONS; i++) {
		fprintf(f, "%s%s\n", i > 0 ? "\n" : "", sections[i].title);
		describe_section(&d, &sections[i]);
	}
}

bool
scenario_describe_word(const struct scenario_vocab *vocab, const char *word, unsigned width,
    FILE *f)
{
	struct describe d = { .vocab = vocab, .f = f, .width = width, .word = word };

	for (size_t i = 0; i < SECTIONS; i++)
		describe_section(&d, &sections[i]);
	for (size_t i = 0; i < SECTIONS; i++)
		if (strcmp(sections[i].word, word) == 0) {
			fprintf(f, "%s%s\n", d.found ? "\n" : "", sections[i].title);
			d.word = NULL;
			describe_section(&d, &sections[i]);
			d.found = true;
		}
	return d.found;
}

void
scenario_describe_offer(const struct scenario_vocab *vocab, struct text_nearest *near)
{
	struct describe d = { .vocab = vocab, .near = near };

	for (size_t i = 0; i < SECTIONS; i++) {
		text_nearest_offer(near, sections[i].word);
		describe_section(&d, &sections[i]);
	}
}
