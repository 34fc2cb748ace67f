/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim completion: scripts for shells, made of the tables of commands and options.
 */
#include <string.h>

#include "cli/cli.h"
#include "scenario/text.h"

/* What a value or an operand is, by its name in the help. */
enum value { VALUE_NONE, VALUE_FILE, VALUE_RULE, VALUE_SCENARIO, VALUE_COMMAND, VALUE_WORDS };

static enum value
value_of(const char *help)
{
	static const struct { const char *word; enum value value; } values[] = {
		{ "SCENARIO", VALUE_SCENARIO }, { "RULE", VALUE_RULE },
		{ "COMMAND", VALUE_COMMAND }, { "FILE", VALUE_FILE }, { "FOLDER", VALUE_FILE },
		{ "MANIFEST", VALUE_FILE }, { "MODULE", VALUE_FILE }, { "RECORD", VALUE_FILE },
		{ "PATH", VALUE_FILE },
	};

	for (size_t i = 0; help != NULL && i < sizeof(values) / sizeof(values[0]); i++)
		if (strstr(help, values[i].word) != NULL)
			return values[i].value;
	return VALUE_NONE;
}

static enum value
value_of_option(const struct cli_option *row)
{
	if (row->kind == CLI_OPTION_CHOICE)
		return VALUE_WORDS;
	return row->kind == CLI_OPTION_RULE ? VALUE_RULE : value_of(row->value);
}

/* Each option that the help shows. */
#define each_option(row, command) \
	for (const struct cli_option *row = (command)->options; \
	    row != NULL && row->name != NULL; row++) \
		if (row->help != NULL)

#define each_command(c) \
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)

static void
print_choices(const struct cli_option *row)
{
	for (size_t i = 0; row->words[i] != NULL; i++)
		printf("%s%s", i > 0 ? " " : "", row->words[i]);
}

static void
print_commands(void)
{
	each_command(c)
		printf("%s%s", c == cli_commands ? "" : " ", (*c)->name);
}

/* ---- bash ---- */

static void
bash_words(enum value value, const struct cli_option *row)
{
	static const char *const words[] = {
		[VALUE_NONE] = "", [VALUE_FILE] = "files=1",
		[VALUE_RULE] = "words=$(_viosim_rules)",
		[VALUE_SCENARIO] = "words=$(_viosim_scenarios) files=1",
		[VALUE_COMMAND] = "words=$commands",
	};

	if (value != VALUE_WORDS) {
		fputs(words[value], stdout);
		return;
	}
	fputs("words='", stdout);
	print_choices(row);
	fputs("'", stdout);
}

static void
bash_command(const struct cli_command *command)
{
	printf("\t%s)\n\t\toptions='", command->name);
	each_option(row, command) {
		printf("--%s ", row->name);
		if (row->letter != 0)
			printf("-%c ", row->letter);
	}
	printf("--help -h'\n\t\tcase $before in\n");
	each_option(row, command) {
		if (row->value == NULL)
			continue;
		fputs("\t\t", stdout);
		if (row->letter != 0)
			printf("-%c|", row->letter);
		printf("--%s) options= ", row->name);
		bash_words(value_of_option(row), row);
		fputs(";;\n", stdout);
	}
	fputs("\t\t*) ", stdout);
	bash_words(value_of(command->operands), NULL);
	fputs(";;\n\t\tesac;;\n", stdout);
}

static void
print_bash(void)
{
	fputs("# bash completion of viosim; made by `viosim completion bash`\n"
	    "_viosim_scenarios() { \"${COMP_WORDS[0]}\" list 2>/dev/null | cut -d' ' -f1; }\n"
	    "_viosim_rules() { \"${COMP_WORDS[0]}\" rules 2>/dev/null | "
	    "sed -n 's/^\\([a-z0-9.-]*\\.[a-z0-9.-]*\\) .*/\\1/p'; }\n"
	    "_viosim()\n{\n"
	    "\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tlocal commands options= words= files=\n"
	    "\tcommands='", stdout);
	print_commands();
	fputs("'\n"
	    "\tCOMPREPLY=()\n"
	    "\t# --option=value is three words.\n"
	    "\tif [ \"$current\" = '=' ]; then current=\n"
	    "\telif [ \"$before\" = '=' ]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$current\"))\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tcase ${COMP_WORDS[1]} in\n", stdout);
	each_command(c)
		bash_command(*c);
	fputs("\tesac\n"
	    "\tcase $current in -*) words=$options files=;; esac\n"
	    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
	    "\tif [ -n \"$files\" ]; then\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tCOMPREPLY+=($(compgen -f -- \"$current\"))\n"
	    "\tfi\n"
	    "}\n"
	    "complete -F _viosim viosim\n", stdout);
}

/* ---- zsh ---- */

/* A text inside single quotes and, in a specification, inside brackets. */
static void
zsh_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			putchar('\\');
		fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, stdout);
	}
}

static void
zsh_action(enum value value, const struct cli_option *row)
{
	static const char *const actions[] = {
		[VALUE_NONE] = " ", [VALUE_FILE] = "_files", [VALUE_RULE] = "_viosim_rules",
		[VALUE_SCENARIO] = "_viosim_scenarios", [VALUE_COMMAND] = "_viosim_commands",
	};

	if (value != VALUE_WORDS) {
		fputs(actions[value], stdout);
		return;
	}
	putchar('(');
	print_choices(row);
	putchar(')');
}

static void
zsh_command(const struct cli_command *command)
{
	printf("\t%s)\n\t\t_arguments -s", command->name);
	each_option(row, command) {
		if (row->letter != 0)
			printf(" \\\n\t\t    '(-%c --%s)'{-%c,--%s%s}'[", row->letter, row->name,
			    row->letter, row->name, row->value != NULL ? "=" : "");
		else
			printf(" \\\n\t\t    '--%s%s[", row->name, row->value != NULL ? "=" : "");
		zsh_text(row->help);
		putchar(']');
		if (row->value != NULL) {
			printf(":%s:", row->value);
			zsh_action(value_of_option(row), row);
		}
		putchar('\'');
	}
	fputs(" \\\n\t\t    '(-h --help)'{-h,--help}'[print this help]'", stdout);
	if (command->operands != NULL) {
		fputs(" \\\n\t\t    '*:argument:", stdout);
		zsh_action(value_of(command->operands), NULL);
		putchar('\'');
	}
	fputs(";;\n", stdout);
}

static void
print_zsh(void)
{
	fputs("#compdef viosim\n"
	    "# zsh completion of viosim; made by `viosim completion zsh`\n"
	    "_viosim_scenarios() {\n"
	    "\tlocal -a names\n"
	    "\tnames=(${${(f)\"$(viosim list 2>/dev/null)\"}%% *})\n"
	    "\tcompadd -a names\n\t_files\n}\n"
	    "_viosim_rules() {\n"
	    "\tlocal -a names\n"
	    "\tnames=(${${(M)${(f)\"$(viosim rules 2>/dev/null)\"}:#[a-z0-9.-]##.*}%% *})\n"
	    "\tcompadd -a names\n}\n"
	    "_viosim_commands() {\n\tlocal -a commands\n\tcommands=(\n", stdout);
	each_command(c) {
		printf("\t\t'%s:", (*c)->name);
		zsh_text((*c)->summary);
		fputs("'\n", stdout);
	}
	fputs("\t)\n\t_describe command commands\n}\n"
	    "_viosim() {\n"
	    "\tsetopt local_options extended_glob\n"
	    "\tif (( CURRENT == 2 )); then _viosim_commands; return; fi\n"
	    "\tshift words\n\t(( CURRENT-- ))\n"
	    "\tcase $words[1] in\n", stdout);
	each_command(c)
		zsh_command(*c);
	fputs("\tesac\n}\n"
	    "# Loaded by compinit, or read by `.`.\n"
	    "if [ \"$funcstack[1]\" = _viosim ]; then _viosim \"$@\"\n"
	    "else compdef _viosim viosim; fi\n", stdout);
}

/* ---- fish ---- */

static void
fish_text(const char *text)
{
	putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void
fish_value(enum value value, const struct cli_option *row)
{
	static const char *const values[] = {
		[VALUE_NONE] = "", [VALUE_FILE] = " -F", [VALUE_RULE] = " -a '(__viosim_rules)'",
		[VALUE_SCENARIO] = " -F -a '(__viosim_scenarios)'",
		[VALUE_COMMAND] = " -a '(__viosim_commands)'",
	};

	if (value != VALUE_WORDS) {
		fputs(values[value], stdout);
		return;
	}
	fputs(" -a '", stdout);
	print_choices(row);
	putchar('\'');
}

static void
fish_command(const struct cli_command *command)
{
	printf("complete -c viosim -n __fish_use_subcommand -a %s -d ", command->name);
	fish_text(command->summary);
	putchar('\n');
	if (value_of(command->operands) != VALUE_NONE) {
		printf("complete -c viosim -n '__fish_seen_subcommand_from %s'", command->name);
		fish_value(value_of(command->operands), NULL);
		putchar('\n');
	}
	each_option(row, command) {
		printf("complete -c viosim -n '__fish_seen_subcommand_from %s'", command->name);
		if (row->letter != 0)
			printf(" -s %c", row->letter);
		printf(" -l %s%s", row->name, row->value != NULL ? " -r" : "");
		if (row->value != NULL)
			fish_value(value_of_option(row), row);
		fputs(" -d ", stdout);
		fish_text(row->help);
		putchar('\n');
	}
}

static void
print_fish(void)
{
	fputs("# fish completion of viosim; made by `viosim completion fish`\n"
	    "function __viosim_scenarios; viosim list 2>/dev/null | "
	    "string replace -r '^(\\S+) +' '$1\\t'; end\n"
	    "function __viosim_rules; viosim rules 2>/dev/null | "
	    "string replace -rf '^([a-z0-9-]+\\.\\S+) +' '$1\\t'; end\n"
	    "function __viosim_commands; printf '%s\\n'", stdout);
	each_command(c)
		printf(" %s", (*c)->name);
	fputs("; end\ncomplete -c viosim -f\ncomplete -c viosim -s h -l help -d 'print the help'\n",
	    stdout);
	each_command(c)
		fish_command(*c);
}

/* ---- the command ---- */

static const struct { const char *name; void (*print)(void); } shells[] = {
	{ "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish },
};

static int
completion_main(void *values, char **names, size_t count)
{
	struct text_nearest near;

	(void)values;
	if (count != 1)
		return cli_usage_error(&cli_completion, "one shell is expected: bash, zsh or fish");
	near = text_nearest(names[0]);
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, names[0]) == 0) {
			shells[i].print();
			return CLI_OK;
		}
		text_nearest_offer(&near, shells[i].name);
	}
	return cli_error(&cli_completion, "unknown shell %s%s", names[0], text_nearest_hint(&near,
	    "; bash, zsh and fish are known"));
}

const struct cli_command cli_completion = {
	.name = "completion",
	.summary = "print a completion script for a shell",
	.operands = "bash | zsh | fish",
	.about =
	    "Prints what makes a shell complete commands, options, their values and the names of "
	    "scenarios and rules.  `make install` puts it where shells look for it.",
	.after =
	    "examples:\n"
	    "  . <(viosim completion bash)\n"
	    "  viosim completion zsh > ~/.zfunc/_viosim\n"
	    "  viosim completion fish > ~/.config/fish/completions/viosim.fish\n",
	.main = completion_main,
};
