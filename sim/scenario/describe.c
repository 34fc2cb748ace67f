/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format for people: every key, verb and name, from the loader's tables.
 */
#include <assert.h>
#include <string.h>

#include "scenario.h"
#include "table.h"
#include "text.h"

#define DESCRIBE_WIDTH 78
#define DESCRIBE_HELP_COLUMN 24

static void
describe_row(const char *key, unsigned indent, const char *help, FILE *f)
{
	fprintf(f, "%*s%-*s ", (int)indent, "", DESCRIBE_HELP_COLUMN - 1 - (int)indent, key);
	if (indent + strlen(key) > DESCRIBE_HELP_COLUMN - 1)
		fprintf(f, "\n%*s", DESCRIBE_HELP_COLUMN, "");
	text_print_wrapped(help, DESCRIBE_HELP_COLUMN, DESCRIBE_WIDTH, f);
}

/* What can stand after the key. */
static const char *
describe_form(const struct field *f)
{
	switch (f->kind) {
	case FIELD_FORMAT:
	case FIELD_COUNT:
	case FIELD_SEED:
		return "a number";
	case FIELD_PATH:
		return "area/situation";
	case FIELD_TEXT:
		return "text";
	case FIELD_NAME:
	case FIELD_VOCAB:
		return "a name";
	case FIELD_SOURCE:
		return "config or a queue";
	case FIELD_FAULT:
		return "a call or a fault";
	case FIELD_HEAL:
		return "an id or all";
	case FIELD_FLAG:
	case FIELD_CHOICE:
		return "true or false";
	case FIELD_WORD:
		return NULL;	/* its words */
	case FIELD_TIMES:
		return "a number or forever";
	case FIELD_AMOUNT:
		return "an amount";
	case FIELD_PERCENT:
		return "a percentage";
	case FIELD_TIME:
	case FIELD_AT:
		return "a time";
	case FIELD_POINT:
		return "a point";
	case FIELD_EXPECT:
		return "an expectation";
	case FIELD_MAP:
	case FIELD_MATRIX:
		return f->map != NULL && f->map->scalars > 0 ? "a value or a map" : "a map";
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
		return "a list of names";
	case FIELD_AMOUNTS:
		return "a list of amounts";
	case FIELD_SEGMENTS:
	case FIELD_MACHINES:
		return "a list of maps";
	case FIELD_CLAIMS:
		return "a list of expectations";
	case FIELD_STEPS:
		return "a list of steps";
	case FIELD_SEEDS:
		return "a range or a list";
	case FIELD_EXTENDS:
		return "a path";
	}
	return NULL;
}

static void
describe_field(const struct field *f, unsigned indent, FILE *out)
{
	char help[512] = "";
	size_t n = 0;

	if (f->flags & FIELD_REQUIRED)
		n += (size_t)snprintf(help + n, sizeof(help) - n, "required; ");
	if (f->kind == FIELD_WORD)
		for (const struct field_word *w = f->words; w->word != NULL; w++)
			n += (size_t)snprintf(help + n, sizeof(help) - n, "%s%s",
			    w == f->words ? "" : " | ", w->word);
	else
		n += (size_t)snprintf(help + n, sizeof(help) - n, "%s", describe_form(f));
	assert(n < sizeof(help));
	snprintf(help + n, sizeof(help) - n, ": %s", f->help);
	describe_row(f->key, indent, help, out);
}

static void
describe_map(const struct map *map, unsigned indent, FILE *f)
{
	for (size_t i = 0; i < map->count; i++) {
		describe_field(&map->fields[i], indent, f);
		if (map->fields[i].kind == FIELD_MAP)
			describe_map(map->fields[i].map, indent + 2, f);
		else if (map->fields[i].kind == FIELD_SEGMENTS)
			describe_map(&map_segment, indent + 2, f);
	}
}

static void
describe_names(const char *title, const char *const *names, FILE *f)
{
	char line[4096] = "";
	size_t n = 0;

	for (; *names != NULL && n < sizeof(line); names++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s", n > 0 ? " " : "",
		    *names);
	describe_row(title, 2, line, f);
}

static void
describe_observables(FILE *f)
{
	for (size_t i = 0; i < expect_obs_count(); i++)
		describe_row(expect_obs_pattern((enum expect_obs)i), 2,
		    expect_obs_help((enum expect_obs)i), f);
#define X(id, word) word,
	describe_names("thread.state", (const char *const[]){ EXPECT_THREADS(X) NULL }, f);
	describe_names("attach.result", (const char *const[]){ EXPECT_ATTACHES(X) NULL }, f);
	describe_names("device.status", (const char *const[]){ EXPECT_STATUSES(X) NULL }, f);
#undef X
}

void
scenario_describe(const struct scenario_vocab *vocab, FILE *f)
{
	fputs("Top level (what stands in parentheses holds when the key is left out)\n", f);
	describe_map(&map_scenario, 2, f);
	fputs("\nEntries of always, never and finally: an expectation, or a map\n", f);
	describe_map(&map_claim, 2, f);
	fputs("\nSteps: one verb each, and beside it\n", f);
	describe_map(&map_step, 2, f);
	fputs("\nVerbs\n", f);
	describe_map(&map_verbs, 2, f);
	fputs("\nForms\n", f);
	describe_row("an amount", 2, "1024 pages, 4MiB (B KiB MiB GiB TiB), or a bare number "
	    "of pages", f);
	describe_row("a time", 2, "5ms: ns us ms s min ticks, or 0; after `at` with + if it "
	    "counts from the previous step", f);
	describe_row("a point", 2, "\"inflate entry\", \"virtio_dequeue#2 before\" (or after), "
	    "access#17, \"line 351#2\" (the second access at that line of the driver); "
	    "counted from the step on", f);
	describe_row("an expectation", 2, "sums of amounts, times and observables, compared by "
	    "== != < <= > >=, `in 500..520`, log ~ \"text\", count(log ~ \"text\") == 2", f);
	fputs("\nObservables\n", f);
	describe_observables(f);
	fputs("\nNames\n", f);
	describe_names("device types", vocab->devices, f);
	describe_names("features", vocab->features, f);
	describe_names("queues", vocab->vqs, f);
	describe_names("faults", vocab->faults, f);
	describe_names("errno", vocab->errnos, f);
}
