/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command lines by table.
 */
#include "cli/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "run/run.h"
#include "scenario/text.h"

#define OPTIONS_MAX 48
#define LONG 256			/* getopt_long()'s value of the first row's name */
#define HELP_COLUMN 24
#define JOBS_DEFAULT_MAX 16

struct reading {
	const struct cli_command *command;
	const struct cli_option *options;
	size_t count;
	void *values;
	uint64_t given;			/* bit n: row n was on the command line */
};

static const struct cli_option none[] = { CLI_OPTIONS_END };

unsigned
cli_jobs(unsigned given)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (given > 0)
		return given;
	return cpus < 1 ? 1 : cpus > JOBS_DEFAULT_MAX ? JOBS_DEFAULT_MAX : (unsigned)cpus;
}

static size_t
count_of(const struct cli_option *options)
{
	size_t count = 0;

	while (options[count].name != NULL)
		count++;
	assert(count <= OPTIONS_MAX);
	return count;
}

static bool
is_given(const struct reading *r, size_t i)
{
	return (r->given & (UINT64_C(1) << i)) != 0;
}

static const char *
output_of(const struct reading *r, size_t i)
{
	return *(const char *const *)((const unsigned char *)r->values + r->options[i].offset);
}

/* ---- values ---- */

static bool
refuse(const struct reading *r, const struct cli_option *row, const char *text, const char *what)
{
	struct text_nearest near = text_nearest(text);

	if (row->kind == CLI_OPTION_CHOICE)
		text_nearest_offer_all(&near, row->words);
	else if (row->kind == CLI_OPTION_RULE)
		text_nearest_offer_all(&near, run_vocab()->rules);
	cli_error(r->command, "--%s: %s%s%s", row->name, text, what,
	    text_nearest_hint(&near, ""));
	return false;
}

static bool
refuse_number(const struct reading *r, const struct cli_option *row, const char *text,
    bool is_number)
{
	char what[100];

	if (row->max == UINT64_MAX)
		snprintf(what, sizeof(what), " is not a number of at least %" PRIu64, row->min);
	else
		snprintf(what, sizeof(what), " is not %s%" PRIu64 "..%" PRIu64,
		    is_number ? "in " : "a number in ", row->min, row->max);
	return refuse(r, row, text, what);
}

static bool
scan_number(const char *text, uint64_t *number)
{
	errno = 0;
	*number = strtoull(text, NULL, 10);
	return errno == 0;
}

static bool
is_digits(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool
take_number(const struct reading *r, const struct cli_option *row, const char *text, void *slot)
{
	uint64_t number = 0;
	bool digits = is_digits(text);

	if (!digits || !scan_number(text, &number) || number < row->min || number > row->max)
		return refuse_number(r, row, text, digits);
	if (row->size == sizeof(uint64_t)) {
		*(uint64_t *)slot = number;
	} else {
		assert(row->size == sizeof(unsigned) && row->max <= UINT32_MAX);
		*(unsigned *)slot = (unsigned)number;
	}
	return true;
}

static bool
take_part(const struct reading *r, const struct cli_option *row, const char *text, void *slot)
{
	struct cli_part *part = slot;
	const char *slash = strchr(text, '/');
	char first[16] = "";
	uint64_t k, n;

	if (slash != NULL && (size_t)(slash - text) < sizeof(first))
		memcpy(first, text, (size_t)(slash - text));
	if (!is_digits(first) || !is_digits(slash + 1) || !scan_number(first, &k) ||
	    !scan_number(slash + 1, &n) || k < 1 || k > n || n > row->max)
		return refuse(r, row, text, " is not K/N, part K of N (2/4)");
	*part = (struct cli_part){ .part = (unsigned)k, .parts = (unsigned)n };
	return true;
}

static bool
take_choice(const struct reading *r, const struct cli_option *row, const char *text, void *slot)
{
	char words[160] = "";

	for (unsigned i = 0; row->words[i] != NULL; i++) {
		if (strcmp(text, row->words[i]) == 0) {
			assert(row->size == sizeof(unsigned));
			*(unsigned *)slot = i;
			return true;
		}
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
		    i == 0 ? " is not one of " : ", ", row->words[i]);
	}
	return refuse(r, row, text, words);
}

static bool
take_output(const struct reading *r, const struct cli_option *row, const char *text, void *slot)
{
	static const char *const sources[] = { ".yaml", ".c", ".so" };

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (cli_ends_in(text, sources[i]))
			return refuse(r, row, text, " is not overwritten: its name is not that "
			    "of an output; is the value of the option missing?");
	for (size_t i = 0; i < r->count; i++)
		if (&r->options[i] != row && r->options[i].kind == CLI_OPTION_OUTPUT &&
		    is_given(r, i) && strcmp(output_of(r, i), text) == 0)
			return refuse(r, row, text, " is already what another option writes");
	*(const char **)slot = text;
	return true;
}

static bool
take_one_more(const struct reading *r, const struct cli_option *row, const char *text,
    struct cli_texts *texts)
{
	if (texts->count == CLI_TEXTS_MAX)
		return refuse(r, row, text, " is one too many");
	texts->item[texts->count++] = text;
	return true;
}

static bool
take(const struct reading *r, const struct cli_option *row, char *text)
{
	void *slot = (unsigned char *)r->values + row->offset;

	if (row->value != NULL && text[0] == '\0') {
		cli_error(r->command, "--%s: %s is empty", row->name, row->value);
		return false;
	}
	switch (row->kind) {
	case CLI_OPTION_FLAG:
		*(bool *)slot = true;
		return true;
	case CLI_OPTION_NUMBER:
		return take_number(r, row, text, slot);
	case CLI_OPTION_PART:
		return take_part(r, row, text, slot);
	case CLI_OPTION_CHOICE:
		return take_choice(r, row, text, slot);
	case CLI_OPTION_RULE:
		if (!text_list_has(run_vocab()->rules, text))
			return refuse(r, row, text, " is not a rule");
		/* FALLTHROUGH */
	case CLI_OPTION_TEXT:
		*(const char **)slot = text;
		return true;
	case CLI_OPTION_TEXTS:
		return take_one_more(r, row, text, slot);
	case CLI_OPTION_OUTPUT:
		return take_output(r, row, text, slot);
	}
	return false;
}

/* ---- options that are not there ---- */

/* "-verbose": one dash too few? */
static const char *
with_one_dash(const struct reading *r, int letter, char *const *argv)
{
	for (; *argv != NULL; argv++)
		for (size_t i = 0; i < r->count; i++)
			if (argv[0][0] == '-' && strcmp(argv[0] + 1, r->options[i].name) == 0 &&
			    strchr(argv[0] + 1, letter) != NULL)
				return r->options[i].name;
	return NULL;
}

/* Says the nearest name with its dashes, or where they are listed. */
static void
say_unknown(const struct reading *r, const char *dashed, const char *best)
{
	char candidate[64];
	struct text_nearest near = { .best = NULL };

	if (best != NULL) {
		snprintf(candidate, sizeof(candidate), "--%s", best);
		near.best = candidate;
		cli_error(r->command, "unknown option %s%s", dashed,
		    text_nearest_hint(&near, ""));
	} else {
		cli_error(r->command, "unknown option %s; `viosim %s --help` lists them",
		    dashed, r->command->name);
	}
}

/* The option of any command that is most like the name; NULL: none is. */
static const char *
option_elsewhere(const char *name)
{
	struct text_nearest near = text_nearest(name);

	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		for (const struct cli_option *row = (*c)->options;
		    row != NULL && row->name != NULL; row++)
			if (row->help != NULL)
				text_nearest_offer(&near, row->name);
	return near.best;
}

static bool
has_option(const struct cli_command *command, const char *name)
{
	for (const struct cli_option *row = command->options;
	    row != NULL && row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return true;
	return false;
}

/* Another command has such an option: says which. */
static void
say_elsewhere(const struct reading *r, const char *dashed, const char *name)
{
	char commands[200] = "";
	size_t count = 0;

	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		if (has_option(*c, name))
			snprintf(commands + strlen(commands), sizeof(commands) -
			    strlen(commands), "%s%s", count++ > 0 ? ", " : "", (*c)->name);
	cli_error(r->command, "unknown option %s; --%s is an option of %s", dashed, name,
	    commands);
}

static void
refuse_name(const struct reading *r, const char *word)
{
	struct text_nearest near;
	char dashed[80], name[80], fits[200] = "";
	const char *other;
	size_t fit = 0;

	snprintf(dashed, sizeof(dashed), "%.*s", (int)strcspn(word, "="), word);
	snprintf(name, sizeof(name), "%s", dashed + 2);
	near = text_nearest(name);
	text_nearest_offer(&near, "help");
	for (size_t i = 0; i < r->count; i++) {
		const struct cli_option *row = &r->options[i];

		if (row->help == NULL)
			continue;
		text_nearest_offer(&near, row->name);
		if (strncmp(row->name, name, strlen(name)) == 0)
			snprintf(fits + strlen(fits), sizeof(fits) - strlen(fits), "%s--%s",
			    fit++ == 0 ? "" : " or ", row->name);
	}
	if (fit > 1)
		cli_error(r->command, "%s is ambiguous: %s", dashed, fits);
	else if (near.best == NULL && (other = option_elsewhere(name)) != NULL)
		say_elsewhere(r, dashed, other);
	else
		say_unknown(r, dashed, near.best);
}

static void
refuse_letter(const struct reading *r, int letter, char *const *argv)
{
	const char *name = with_one_dash(r, letter, argv);
	char dashed[80];

	if (name != NULL)
		snprintf(dashed, sizeof(dashed), "-%s", name);
	else
		snprintf(dashed, sizeof(dashed), "-%c", isprint(letter) ? letter : '?');
	say_unknown(r, dashed, name);
}

/* What getopt_long() gave: ':' for a missing value, '?' for all else. */
static void
refuse_option(const struct reading *r, int what, char *const *argv)
{
	const struct cli_option *row = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (optopt == LONG + (int)i || (optopt != 0 && optopt == r->options[i].letter))
			row = &r->options[i];
	if (what == ':' && row != NULL) {
		cli_error(r->command, "--%s: %s is missing", row->name, row->value);
	} else if (row != NULL) {
		cli_error(r->command, "--%s takes no value", row->name);
	} else if (optopt == 'h') {
		cli_error(r->command, "--help takes no value");
	} else if (optopt == 0) {
		refuse_name(r, argv[optind - 1]);
	} else {
		refuse_letter(r, optopt, argv);
	}
}

/* ---- options together ---- */

/* The first of the names that was given, or NULL. */
static const char *
given_of(const struct reading *r, const char *names)
{
	for (size_t length; *names != '\0'; names += length + (names[length] == ' ')) {
		length = strcspn(names, " ");
		for (size_t i = 0; i < r->count; i++)
			if (is_given(r, i) &&
			    strlen(r->options[i].name) == length &&
			    strncmp(r->options[i].name, names, length) == 0)
				return r->options[i].name;
	}
	return NULL;
}

static bool
check_together(const struct reading *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct cli_option *row = &r->options[i];
		const char *other;

		if (!is_given(r, i))
			continue;
		other = row->not_with != NULL ? given_of(r, row->not_with) : NULL;
		if (other != NULL) {
			cli_error(r->command, "--%s and --%s exclude each other", other,
			    row->name);
			return false;
		}
		if (row->only_with != NULL && given_of(r, row->only_with) == NULL) {
			cli_error(r->command, "--%s has no effect without --%.*s", row->name,
			    (int)strcspn(row->only_with, " "), row->only_with);
			return false;
		}
	}
	return true;
}

/* ---- the whole ---- */

static void
getopt_tables(const struct reading *r, struct option *longs, char *shorts)
{
	/* A missing value is distinct from an unknown option. */
	*shorts++ = ':';
	*shorts++ = 'h';
	for (size_t i = 0; i < r->count; i++) {
		const struct cli_option *row = &r->options[i];

		longs[i] = (struct option){ row->name, row->value != NULL ? required_argument :
		    no_argument, NULL, LONG + (int)i };
		if (row->letter == 0)
			continue;
		*shorts++ = row->letter;
		if (row->value != NULL)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[r->count] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[r->count + 1] = (struct option){ NULL, 0, NULL, 0 };
}

/* The word of the long option that getopt_long() just gave: its value may be the next one. */
static const char *
long_word(char *const *argv)
{
	return argv[optind - 1] == optarg ? argv[optind - 2] : argv[optind - 1];
}

/* getopt_long() takes `--stat` for `--state`; whoever wrote it may have meant another. */
static bool
is_abbreviated(const char *name, char *const *argv)
{
	const char *word = long_word(argv) + 2;

	return strlen(name) != strcspn(word, "=") || strncmp(word, name, strlen(name)) != 0;
}

int
cli_options_read(const struct cli_command *command, int argc, char **argv, void *values,
    int *code)
{
	const struct cli_option *options = command->options != NULL ? command->options : none;
	struct reading r = {
		.command = command, .options = options, .count = count_of(options),
		.values = values,
	};
	struct option longs[OPTIONS_MAX + 2];
	char shorts[2 * OPTIONS_MAX + 3];
	int option, index;

	*code = CLI_USAGE;
	getopt_tables(&r, longs, shorts);
	opterr = 0;
	/* Begin anew: a program may read more than one command line. */
	optind = 0;
	while (index = -1, (option = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		size_t i = 0;

		while (i < r.count && option != LONG + (int)i && option != options[i].letter)
			i++;
		if (index >= 0 && is_abbreviated(longs[index].name, argv)) {
			refuse_name(&r, long_word(argv));
			return -1;
		}
		if (option == 'h') {
			*code = cli_help(command, stdout);
			return -1;
		}
		if (i == r.count) {
			refuse_option(&r, option, argv);
			return -1;
		}
		if (!take(&r, &options[i], optarg))
			return -1;
		r.given |= UINT64_C(1) << i;
	}
	if (!check_together(&r))
		return -1;
	if (command->operands == NULL && optind < argc) {
		cli_error(command, "takes no arguments: `%s`", argv[optind]);
		return -1;
	}
	return optind;
}

void
cli_options_print(const struct cli_option *options, unsigned width, FILE *stream)
{
	for (; options != NULL && options->name != NULL; options++) {
		int at;

		if (options->help == NULL)
			continue;
		if (options->letter != 0)
			at = fprintf(stream, "  -%c, --%s", options->letter, options->name);
		else
			at = fprintf(stream, "      --%s", options->name);
		if (options->value != NULL)
			at += fprintf(stream, " %s", options->value);
		if (at >= HELP_COLUMN)
			at = fprintf(stream, "\n") - 1;
		fprintf(stream, "%*s", HELP_COLUMN - at, "");
		text_print_wrapped(options->help, HELP_COLUMN, width, stream);
	}
}
