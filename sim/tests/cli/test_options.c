/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/cli/options and the commands' tables.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "tests/cli/said.h"
#include "tests/suite.h"

/* ---- a table of our own ---- */

struct values {
	bool flag, other, third;
	const char *text, *one, *two;
	unsigned small;
	uint64_t large;
	enum cli_color color;
	struct cli_part part;
};

static const struct cli_option options[] = {
	{ 'f', "flag", NULL, "a flag", CLI_FLAG(struct values, flag) },
	{ 'o', "other", NULL, "another", CLI_FLAG(struct values, other), .not_with = "flag text" },
	{ 0, "third", NULL, "one more", CLI_FLAG(struct values, third), .only_with = "text part" },
	{ 't', "text", "TEXT", "a text", CLI_TEXT(struct values, text) },
	{ 0, "one", "FILE", "a file", CLI_OUTPUT(struct values, one) },
	{ 0, "two", "FILE", "a file", CLI_OUTPUT(struct values, two) },
	{ 's', "small", "N", "a number", CLI_NUMBER(struct values, small, 2, 9) },
	{ 0, "large", "N", "any", CLI_NUMBER(struct values, large, 1, UINT64_MAX) },
	{ 0, "color", "WHEN", "a word", CLI_CHOICE(struct values, color, cli_color_words) },
	{ 0, "part", "K/N", "a part", CLI_PART(struct values, part) },
	CLI_OPTIONS_END
};

static int
no_main(void *flags, char **names, size_t count)
{
	(void)flags;
	(void)names;
	return (int)count;
}

static const struct cli_command command = {
	.name = "test", .operands = "[WORD ...]", .about = "A test.", .options = options,
	.main = no_main,
};

struct reading {
	char **argv;
	struct values *values;
};

static int
read_now(void *arg)
{
	struct reading *reading = arg;
	int argc = 0, code;

	while (reading->argv[argc] != NULL)
		argc++;
	memset(reading->values, 0, sizeof(*reading->values));
	return cli_options_read(&command, argc, reading->argv, reading->values, &code);
}

/* Where the operands begin; below 0: refused, with one line. */
static int
read_words(struct values *values, char **argv)
{
	struct reading reading = { argv, values };
	struct said it = said_by(read_now, &reading);

	ck_assert((it.code < 0) == (it.err[0] != '\0'));
	ck_assert(it.code >= 0 || strchr(it.err, '\n') == it.err + strlen(it.err) - 1);
	return it.code;
}

#define READ(values, ...) \
	read_words((values), (char *[]){ "test", __VA_ARGS__, NULL })

TEST(values_go_where_the_table_says)
{
	struct values v;
	char *argv[] = { "test", "word", "-fs", "7", "--large=18446744073709551615", "--text", "x",
	    "--part", "2/3", "--color", "never", "more", "--", "-f", NULL };

	ck_assert_int_eq(read_words(&v, argv), 11);
	ck_assert_str_eq(argv[11], "word");
	ck_assert_str_eq(argv[12], "more");
	ck_assert_str_eq(argv[13], "-f");
	ck_assert(v.flag && !v.other);
	ck_assert_uint_eq(v.small, 7);
	ck_assert_uint_eq(v.large, UINT64_MAX);
	ck_assert_str_eq(v.text, "x");
	ck_assert_uint_eq(v.part.part, 2);
	ck_assert_uint_eq(v.part.parts, 3);
	ck_assert_int_eq(v.color, CLI_COLOR_NEVER);
}

/* What was cut short may be another: the name is asked for. */
TEST(names_are_not_cut_short)
{
	struct values v;

	ck_assert_int_lt(READ(&v, "--sm", "3"), 0);
	ck_assert_int_lt(READ(&v, "--sm=3"), 0);
	ck_assert_int_lt(READ(&v, "--fla"), 0);
	/* --text or --third */
	ck_assert_int_lt(READ(&v, "--t", "3"), 0);
	/* A value may look like an option, and stand in the same word. */
	ck_assert_int_eq(READ(&v, "--text", "--tex"), 3);
	ck_assert_str_eq(v.text, "--tex");
	ck_assert_int_eq(READ(&v, "word", "--text=--te", "--flag"), 3);
	ck_assert_str_eq(v.text, "--te");
}

static char *const bad_values[][2] = {
	{ "--small", "1" }, { "--small", "10" }, { "--small", "" }, { "--small", "+3" },
	{ "--small", " 3" }, { "--small", "3 " }, { "--small", "0x3" },
	{ "--small", "4294967299" }, { "--large", "18446744073709551616" },
	{ "--large", "0" }, { "--large", "-1" }, { "--text", "" }, { "--color", "" },
	{ "--color", "nev" }, { "--part", "2" }, { "--part", "0/3" }, { "--part", "4/3" },
	{ "--part", "/3" }, { "--part", "1/" }, { "--part", "1/3/3" },
	{ "--part", "1/100001" }, { "--part", "11111111111111111111/3" },
};

TEST_EACH(bad_values_are_refused, bad_values)
{
	char *const *bad = bad_values[_i];
	struct values v;

	ck_assert_msg(READ(&v, bad[0], bad[1]) < 0, "%s '%s'", bad[0], bad[1]);
}

TEST(contradictions_are_refused)
{
	struct values v;

	ck_assert_int_lt(READ(&v, "--flag", "--other"), 0);
	ck_assert_int_lt(READ(&v, "-o", "-t", "x"), 0);
	ck_assert_int_lt(READ(&v, "--third"), 0);
	ck_assert_int_lt(READ(&v, "--third", "--flag"), 0);
	ck_assert_int_gt(READ(&v, "--third", "--text", "x"), 0);
	ck_assert_int_gt(READ(&v, "--part", "1/1", "--third"), 0);
	/* Said twice, the last counts. */
	ck_assert_int_gt(READ(&v, "--text", "x", "--text", "y", "-f", "-f"), 0);
	ck_assert_str_eq(v.text, "y");
}

/* `--one scenario.yaml` is a value forgotten; two reports in one file are neither. */
TEST(outputs_overwrite_neither_sources_nor_each_other)
{
	struct values v;

	ck_assert_int_lt(READ(&v, "--one", "a.yaml"), 0);
	ck_assert_int_lt(READ(&v, "--one", "driver/viomb.c"), 0);
	ck_assert_int_lt(READ(&v, "--one", "b/viomb.so"), 0);
	ck_assert_int_lt(READ(&v, "--one", "a", "--two", "a"), 0);
	ck_assert_int_lt(READ(&v, "--two", "-", "--one", "-"), 0);
	ck_assert_int_gt(READ(&v, "--one", "a", "--one", "a", "--two", "a.yaml.json"), 0);
	ck_assert_str_eq(v.one, "a");
	ck_assert_str_eq(v.two, "a.yaml.json");
	ck_assert_int_gt(READ(&v, "--one", ".so"), 0);
}

/* ---- the tables of the commands ---- */

typedef void visit_fn(const struct cli_command *c, const struct cli_option *o);

static void
each_option(visit_fn *visit)
{
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		for (const struct cli_option *o = (*c)->options; o != NULL && o->name != NULL; o++)
			visit(*c, o);
}

static const struct cli_command *here;
static const struct cli_option *one;

static void
meets(const struct cli_command *c, const struct cli_option *o)
{
	bool same = strcmp(o->name, one->name) == 0;

	if (c->foreign != here->foreign)
		return;
	ck_assert_msg((o->letter != 0 && o->letter == one->letter) ? same : true,
	    "-%c is --%s of %s and --%s of %s", o->letter, o->name, c->name, one->name,
	    here->name);
	ck_assert_msg(!same || o->letter == one->letter, "--%s is -%c in %s, -%c in %s", o->name,
	    o->letter, c->name, one->letter, here->name);
	ck_assert_msg(!same || (o->value != NULL) == (one->value != NULL),
	    "--%s takes a value in %s or %s only", o->name, c->name, here->name);
	ck_assert_msg(!same || c != here || o == one, "%s has --%s twice", c->name, o->name);
}

static void
check_against_all(const struct cli_command *c, const struct cli_option *o)
{
	here = c;
	one = o;
	ck_assert_msg(o->letter != 'h' && strcmp(o->name, "help") != 0, "%s", c->name);
	ck_assert_msg((o->kind == CLI_OPTION_FLAG) == (o->value == NULL), "%s --%s", c->name,
	    o->name);
	each_option(meets);
}

TEST(an_option_has_one_meaning)
{
	each_option(check_against_all);
}

static void
check_named(const struct cli_command *c, const struct cli_option *o, const char *names)
{
	size_t length;

	for (; names != NULL && *names != '\0'; names += length + (names[length] == ' ')) {
		const struct cli_option *other = c->options;

		length = strcspn(names, " ");
		while (other->name != NULL && (strlen(other->name) != length ||
		    strncmp(other->name, names, length) != 0))
			other++;
		ck_assert_msg(other->name != NULL && other != o, "%s --%s: no %s", c->name,
		    o->name, names);
	}
}

static void
check_others(const struct cli_command *c, const struct cli_option *o)
{
	check_named(c, o, o->not_with);
	check_named(c, o, o->only_with);
}

TEST(options_name_others_that_are_there)
{
	each_option(check_others);
}

TEST(every_command_has_help)
{
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		char line[64], usage[64];
		struct said asked, got;

		snprintf(line, sizeof(line), "%s --help", (*c)->name);
		snprintf(usage, sizeof(usage), "usage: viosim %s", (*c)->name);
		asked = said(line);
		ck_assert_int_eq(asked.code, CLI_OK);
		ck_assert_msg(strncmp(asked.out, usage, strlen(usage)) == 0, "%s", asked.out);
		for (const struct cli_option *o = (*c)->options; o != NULL && o->name != NULL; o++)
			ck_assert_msg(o->help == NULL || strstr(asked.out, o->help) != NULL ||
			    strlen(o->help) > 60, "%s --%s", (*c)->name, o->name);
		snprintf(line, sizeof(line), "help %s", (*c)->name);
		got = said(line);
		ck_assert_str_eq(got.out, asked.out);
		ck_assert_str_eq(asked.err, "");
	}
}

SUITE(cli_options)
