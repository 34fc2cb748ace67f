/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/load: the errors for a bad file, word for word, and where.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario/yaml.h"
#include "tests/scenario/bad_cases.h"
#include "tests/scenario/bad_steps_cases.h"
#include "tests/scenario/bad_text_cases.h"
#include "tests/suite.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* The header lines of `errors` are those of the case, in order, and no others. */
static void
check_bad(const struct bad *bad)
{
	char *errors = fixture_errors(bad->text), *line, *state = NULL, wanted[400];
	const char *rest;
	size_t n = 0;

	ck_assert_msg(errors != NULL, "this loads:\n%s", bad->text);
	for (line = strtok_r(errors, "\n", &state); line != NULL;
	    line = strtok_r(NULL, "\n", &state)) {
		if (strncmp(line, "t.yaml:", 7) != 0)
			continue;
		ck_assert_msg(n < NELEM(bad->errors) && bad->errors[n] != NULL,
		    "one error more than wanted: %s\n%s", line, bad->text);
		/* "line:col: " ends at the second space-free colon. */
		rest = strchr(bad->errors[n], ' ');
		snprintf(wanted, sizeof(wanted), "t.yaml:%.*s error:%s",
		    (int)(rest - bad->errors[n]), bad->errors[n], rest);
		ck_assert_str_eq(line, wanted);
		n++;
	}
	ck_assert_msg(n == NELEM(bad->errors) || bad->errors[n] == NULL,
	    "an error is missing: %s\n%s", bad->errors[n], bad->text);
	free(errors);
}

#define BAD(list) { list, NELEM(list) }
static const struct {
	const struct bad *bad;
	size_t count;
} bad_lists[] = {
	BAD(bad_yaml), BAD(bad_null), BAD(bad_keys), BAD(bad_values), BAD(bad_steps),
	BAD(bad_matrix), BAD(bad_text), BAD(bad_in_all_steps), BAD(bad_expects), BAD(bad_near),
	BAD(bad_needs), BAD(bad_events), BAD(bad_params),
};

TEST_EACH(mistakes_are_refused, bad_lists)
{
	for (size_t i = 0; i < bad_lists[_i].count; i++)
		check_bad(&bad_lists[_i].bad[i]);
}

/* What looks like one of those and has a meaning. */
static const char *const good[] = {
	/* All memory; more than the smaller machine has; all of it given back. */
	FIXTURE_STEPS "  - guest: {use: 64MiB}\n  - guest: {release: 64MiB}\n",
	FIXTURE_STEPS "  - guest: {use: 50MiB}\nmachines: [{memory: 32MiB}, {}]\n",
	FIXTURE_STEPS "  - guest: {use: 1GiB}\n"
	    "machine: {memory: $m}\nmatrix: {m: [64MiB, 2GiB]}\n",
	/* A target is what a host wants; it may want nonsense. */
	FIXTURE_STEPS "  - target: 1TiB\n  - expect: host.target == 1TiB\n",
	/* No driver may claim so much; one that is wrong does. */
	FIXTURE_STEP "never: [host.actual > 64MiB, host.held > 64MiB]\n",
	FIXTURE_STEP "device: {initial: {actual: 1TiB}}\nfinally: [host.actual == 1TiB]\n",
	FIXTURE_STEPS "  - device: {actual: 1TiB}\n  - expect: host.actual == 1TiB\n",
	/* Is there such a node? */
	FIXTURE_STEPS "  - expect: sysctl.hw.x == sysctl.hw.x\n",
	FIXTURE_STEPS "  - expect: sysctl.hw.x >= 0\n",
	FIXTURE_STEPS "  - expect: host.actual - host.held < 0\n",
	FIXTURE_STEPS "  - expect: mem.free + mem.balloon > 64MiB\n",
	FIXTURE_STEPS "  - expect: mem.free in 0..64MiB - mem.balloon\n",
	FIXTURE_STEPS "  - expect: thread.sleep < 1ticks\n",
	FIXTURE_STEPS "  - expect: mem.free > 1GiB\nmachines: [{}, {memory: 2GiB}]\n",
	/* A wait may be over at once; a span ends when the next step begins. */
	FIXTURE_STEPS "  - at: 5s\n    wait: mem.free > 1\n    within: 10s\n"
	    "  - at: 6s\n    target: 1\n",
	FIXTURE_STEPS "  - at: 5s\n    expect: mem.free > 1\n    for: 1s\n"
	    "  - at: 6s\n    target: 1\n",
	FIXTURE_STEPS "  - at: 5s\n    settle: {within: 10s}\n  - at: 6s\n    target: 1\n",
	FIXTURE_STEPS "  - at: 100ticks\n    target: 1\n  - at: 500ms\n    target: 2\n"
	    "machines: [{hz: 100}, {hz: 1000}]\n",
	/* A fault heals once, and all that are left once more. */
	FIXTURE_STEPS "  - fail: {id: a, call: uvm_pglistalloc}\n"
	    "  - fail: {id: b, call: uvm_pglistalloc}\n  - heal: a\n  - heal: all\n",
	FIXTURE_STEPS "  - device: {pause: $q}\n  - device: {resume: inflate}\n"
	    "  - device: {resume: deflate}\nmatrix: {q: [inflate, deflate]}\n",
	/* Texts in more than one line, brackets over several. */
	"---\nformat: 1\nscenario: t\nsummary: >-\n  The {host's\n  \"rest\n"
	    "steps:\n- target: 1\n...\n",
	"format: 1\r\nscenario: t\r\nsummary: \"s\"\r\nsteps:\r\n  - target: 1\r\n",
	FIXTURE_STEP "machine: {\n  hz: 100,\n }\n",
};

TEST_EACH(what_has_a_meaning_loads, good)
{
	scenario_doc_free(fixture_load(good[_i]));
}

/* ---- bytes ---- */

static const struct {
	const char *text;
	size_t size;
	const char *error;
} bad_bytes[] = {
#define BYTES(text, error) { text, sizeof(text) - 1, "t.yaml:" error }
	BYTES("a: \xff\n", "1:4: error: this byte is not valid UTF-8"),
	BYTES("a: 1\nb: \xc3\xa9\xe2\x82\n", "2:5: error: this byte is not valid UTF-8"),
	BYTES("a: \xc0\x80\n", "1:4: error: this byte is not valid UTF-8"),
	BYTES("a: \xed\xa0\x80\n", "1:4: error: this byte is not valid UTF-8"),
	BYTES("a: \xf4\x90\x80\x80\n", "1:4: error: this byte is not valid UTF-8"),
	BYTES("a: \xe2\x82", "1:4: error: this byte is not valid UTF-8"),
	/* With these libfyaml 0.7.12 would never come back. */
	BYTES(": \n%\x9a", "2:1: error: directives are not used in scenarios"),
	BYTES(": \n %\x9a", "2:3: error: this byte is not valid UTF-8"),
	BYTES("a: b\0c\n", "1:5: error: a NUL byte cannot stand in a scenario"),
	BYTES("a: \x1b[31m\n", "1:4: error: a control character cannot stand in a scenario"),
	BYTES("a: \x7f\n", "1:4: error: a control character cannot stand in a scenario"),
	BYTES("a: \xc2\x85\n", "1:4: error: a control character cannot stand in a scenario"),
	BYTES("\xef\xbb\xbf" "a: 1\n", "1:1: error: a byte order mark cannot stand"),
	BYTES("\xff\xfe" "a\0", "1:1: error: this byte is not valid UTF-8"),
	BYTES("a: 1\rb: 2\r", "1:5: error: a carriage return ends no line here"),
	BYTES("a: \"\\e[31m\"\n", "1:5: error: this text holds a control character"),
	BYTES("a: \"\\0\"\n", "1:5: error: this text holds a control character"),
};

TEST_EACH(bytes_are_refused, bad_bytes)
{
	HEAP(errors) = fixture_errors_of("t.yaml", bad_bytes[_i].text, bad_bytes[_i].size);

	ck_assert_ptr_nonnull(errors);
	ck_assert_msg(strstr(errors, bad_bytes[_i].error) != NULL, "%s", errors);
	for (const char *s = errors; *s != '\0'; s++)
		ck_assert_msg((unsigned char)*s >= ' ' || *s == '\n', "%s", errors);
}

/* ---- size and shape ---- */

TEST(depth_is_bounded)
{
	char text[2001];
	char *errors;

	memset(text, '[', 2000);
	text[2000] = '\0';
	errors = fixture_errors(text);
	HAS(errors, "t.yaml:1:33: error: nested deeper than 32 levels");
	free(errors);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "- ", 2);
	errors = fixture_errors(text);
	HAS(errors, "nested deeper than 32 levels");
	free(errors);
}

TEST(alias_bomb_does_not_go_off)
{
	char text[4096], *errors;
	size_t n = (size_t)sprintf(text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");

	for (int i = 1; i < 20; i++)
		n += (size_t)sprintf(text + n, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
		    i - 1, i - 1, i - 1, i - 1, i - 1);
	errors = fixture_errors(text);
	HAS(errors, "t.yaml:1:5: error: anchors are not used", "more errors are not shown");
	free(errors);
}

TEST(errors_come_all_at_once_but_at_most_twenty)
{
	char text[2048] = FIXTURE_STEPS, *errors;
	size_t lines = 0;

	for (int i = 0; i < 25; i++)
		strcat(text, "  - targte: 1\n");
	errors = fixture_errors(text);
	for (const char *s = errors; (s = strstr(s, "[scenario.unknown-key]")) != NULL; s++)
		lines++;
	ck_assert_uint_eq(lines, DIAG_MAX);
	HAS(errors, "5 more errors are not shown\n");
	free(errors);
}

TEST(too_many_combinations_are_refused)
{
	char text[2048] = FIXTURE_STEP "matrix: {", *errors;

	for (int i = 0; i < 60; i++)
		sprintf(text + strlen(text), "%sp%d: [a, b]", i > 0 ? ", " : "", i);
	strcat(text, "}\n");
	errors = fixture_errors(text);
	HAS(errors, "t.yaml:6:9: error: more than 1024 combinations");
	free(errors);
}

TEST(caret_stands_under_the_error)
{
	char *errors = fixture_errors(FIXTURE_STEPS "  - expect: \"host.actuall == 1\" # é\n");

	ck_assert_str_eq(errors, "t.yaml:5:14: error: nothing called \"host.actuall\" can be "
	    "observed; did you mean \"host.actual\"? [scenario.expectation]\n"
	    "    - expect: \"host.actuall == 1\" # é\n"
	    "               ^~~~~~~~~~~~\n");
	free(errors);
	/* Columns count characters, and tabs stay tabs. */
	errors = fixture_errors(FIXTURE_STEPS "  - {note: \"é\t\", taget: 5}\n");
	ck_assert_str_eq(errors, "t.yaml:5:18: error: unknown verb or key \"taget\"; did you mean "
	    "\"target\"? [scenario.unknown-key]\n"
	    "    - {note: \"é\t\", taget: 5}\n"
	    "               \t   ^~~~~\n");
	free(errors);
}

TEST(long_lines_are_cropped_around_the_error)
{
	HEAP(errors) = fixture_errors(FIXTURE_STEPS
	    "  - {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, taget: 5, at: 5s}\n");

	ck_assert_str_eq(errors, "t.yaml:5:134: error: unknown verb or key \"taget\"; did you "
	    "mean \"target\"? [scenario.unknown-key]\n"
	    "  ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, taget: 5, at: 5s}\n"
	    "                                                                 ^~~~~\n");
}

/* ---- files ---- */

static void
check_file(const char *path, const char *wanted)
{
	struct diag_list diags;

	diag_list_init(&diags);
	ck_assert_ptr_null(scenario_load(path, fixture_vocab(), &diags));
	ck_assert_uint_eq(diags.count, 1);
	ck_assert_str_eq(diags.items[0].loc.file, path);
	ck_assert_uint_eq(diags.items[0].loc.line, 0);
	ck_assert_str_eq(diags.items[0].message, wanted);
	diag_list_fini(&diags);
}

TEST(files_that_are_none_are_refused)
{
	FOLDER(folder);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/t.yaml", folder.path);
	check_file(path, "No such file or directory");
	check_file(folder.path, "this is a directory, not a scenario file");
	check_file("/dev/null", "this is not a regular file");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	check_file(path, "this is not a regular file");
	ck_assert_int_eq(unlink(path), 0);
	/* 100 MB that take no room on the disk. */
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 100 * 1000 * 1000), 0);
	ck_assert_int_eq(close(fd), 0);
	check_file(path, "the file is larger than 1 MiB");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("t.yaml", path), 0);
	check_file(path, "Too many levels of symbolic links");
}

TEST(large_files_are_refused_or_read_fast)
{
	char *text = malloc(YAML_FILE_MAX + 2), *errors;
	size_t head = strlen(FIXTURE_HEAD);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', YAML_FILE_MAX + 1);
	errors = fixture_errors_of("t.yaml", text, YAML_FILE_MAX + 1);
	ck_assert_str_eq(errors,
	    "t.yaml: error: the file is larger than 1 MiB [scenario.too-large]\n");
	free(errors);
	memcpy(text, FIXTURE_HEAD "steps:\n", head + 7);
	for (size_t i = head + 7; i + 10 <= YAML_FILE_MAX; i += 10)
		memcpy(text + i, "- note: x\n", 10);
	ck_assert_ptr_null(fixture_errors_of("t.yaml", text, head + 7 + 10 * 100000));
	free(text);
}

SUITE(scenario_bad)
