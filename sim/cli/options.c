/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command lines by table.
 */
#include "cli/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "run/run.h"
#include "scenario/text.h"

#define OPTIONS_MAX 64
#define HELP_COLUMN 24
#define JOBS_DEFAULT_MAX 16

struct reading {
	const struct cli_command *command;
	const struct cli_option *options;
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

static uint64_t
bit_of(const struct reading *r, const struct cli_option *row)
{
	assert(row - r->options < OPTIONS_MAX);
	return UINT64_C(1) << (row - r->options);
}

static bool
is_given(const struct reading *r, const struct cli_option *row)
{
	return (r->given & bit_of(r, row)) != 0;
}

/* The option of that name, which need not end behind `length`; NULL: there is none. */
static const struct cli_option *
row_of(const struct cli_option *row, const char *name, size_t length)
{
	for (; row != NULL && row->name != NULL; row++)
		if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
			return row;
	return NULL;
}

static const char *
output_of(const struct reading *r, const struct cli_option *row)
{
	return *(const char *const *)((const unsigned char *)r->values + row->offset);
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
	for (const struct cli_option *other = r->options; other->name != NULL; other++)
		if (other != row && other->kind == CLI_OPTION_OUTPUT && is_given(r, other) &&
		    strcmp(output_of(r, other), text) == 0)
			return refuse(r, row, text, " is already what another option writes");
	*(const char **)slot = text;
	return true;
}

/* `text` is NULL where the command line ends. */
static bool
take(struct reading *r, const struct cli_option *row, const char *text)
{
	void *slot = (unsigned char *)r->values + row->offset;

	r->given |= bit_of(r, row);
	if (row->value != NULL && text == NULL) {
		cli_error(r->command, "--%s: %s is missing", row->name, row->value);
		return false;
	}
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
	case CLI_OPTION_OUTPUT:
		return take_output(r, row, text, slot);
	}
	return false;
}

/* ---- options that are not there ---- */

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

/* Another command has such an option: says which. */
static void
say_elsewhere(const struct reading *r, const char *dashed, const char *name)
{
	char commands[200] = "";
	size_t count = 0;

	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		if (row_of((*c)->options, name, strlen(name)) != NULL)
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
	for (const struct cli_option *row = r->options; row->name != NULL; row++) {
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

/* "-verbose": one dash too few? */
static void
refuse_letter(const struct reading *r, int letter, const char *word)
{
	const struct cli_option *row = row_of(r->options, word + 1, strlen(word + 1));
	char dashed[3] = { '-', isprint(letter) ? (char)letter : '?', '\0' };

	say_unknown(r, row != NULL ? word : dashed, row != NULL ? row->name : NULL);
}

/* ---- options together ---- */

/* The first of the names that was given, or NULL. */
static const char *
given_of(const struct reading *r, const char *names)
{
	for (size_t length; *names != '\0'; names += length + (names[length] == ' ')) {
		const struct cli_option *row;

		length = strcspn(names, " ");
		row = row_of(r->options, names, length);
		if (row != NULL && is_given(r, row))
			return row->name;
	}
	return NULL;
}

static bool
check_together(const struct reading *r)
{
	for (const struct cli_option *row = r->options; row->name != NULL; row++) {
		const char *other;

		if (!is_given(r, row))
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

/* What came of a word. */
enum came { CAME_VALUE, CAME_HELP, CAME_REFUSED };

/* "--name", "--name=value" or "--name" "value": *word moves to the last of its words. */
static enum came
read_long(struct reading *r, char ***word)
{
	const char *name = **word + 2, *value = strchr(name, '=');
	size_t length = strcspn(name, "=");
	const struct cli_option *row = row_of(r->options, name, length);
	bool is_help = length == 4 && strncmp(name, "help", 4) == 0;

	if (row == NULL && !is_help) {
		refuse_name(r, **word);
		return CAME_REFUSED;
	}
	if (value != NULL && (is_help || row->value == NULL)) {
		cli_error(r->command, "--%.*s takes no value", (int)length, name);
		return CAME_REFUSED;
	}
	if (is_help)
		return CAME_HELP;
	if (value == NULL && row->value != NULL)
		value = *++*word;
	else if (value != NULL)
		value++;
	return take(r, row, value) ? CAME_VALUE : CAME_REFUSED;
}

/* "-abc", where c may have a value in the rest of the word or in the next one. */
static enum came
read_letters(struct reading *r, char ***word)
{
	const char *begin = **word;

	for (const char *s = begin + 1; *s != '\0'; s++) {
		const struct cli_option *row = r->options;

		while (row->name != NULL && row->letter != *s)
			row++;
		if (*s == 'h')
			return CAME_HELP;
		if (row->name == NULL) {
			refuse_letter(r, *s, begin);
			return CAME_REFUSED;
		}
		if (row->value != NULL)
			return take(r, row, s[1] != '\0' ? s + 1 : *++*word) ? CAME_VALUE :
			    CAME_REFUSED;
		take(r, row, NULL);
	}
	return CAME_VALUE;
}

int
cli_options_read(const struct cli_command *command, int argc, char **argv, void *values,
    int *code)
{
	struct reading r = {
		.command = command, .values = values,
		.options = command->options != NULL ? command->options : none,
	};
	char **operands = xcalloc((size_t)argc, sizeof(operands[0])), **word = argv + 1;
	size_t count = 0;
	bool only_operands = false, good;
	enum came came = CAME_VALUE;

	*code = CLI_USAGE;
	for (; came == CAME_VALUE && *word != NULL; word += came == CAME_VALUE) {
		if (only_operands || word[0][0] != '-' || word[0][1] == '\0')
			operands[count++] = *word;
		else if (strcmp(*word, "--") == 0)
			only_operands = true;
		else
			came = word[0][1] == '-' ? read_long(&r, &word) : read_letters(&r, &word);
	}
	if (came == CAME_HELP)
		*code = cli_help(command, stdout);
	good = came == CAME_VALUE && check_together(&r);
	if (good && command->operands == NULL && count > 0) {
		cli_error(command, "takes no arguments: `%s`", operands[0]);
		good = false;
	}
	memcpy(argv + argc - count, operands, count * sizeof(operands[0]));
	free(operands);
	return good ? argc - (int)count : -1;
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
