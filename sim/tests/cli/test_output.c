/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what `viosim run` prints: on a terminal, and about cases that failed alike.
 */
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "cli/run_output.h"
#include "tests/suite.h"

/* ---- on a terminal ---- */

/* All that comes out of a terminal in which `viosim run` ran; heap. */
static char *
run_on_terminal(char *const argv[])
{
	const char *build = getenv("BUILD");
	char path[512], *text = NULL;
	size_t length = 0;
	ssize_t n;
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, NULL);

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		snprintf(path, sizeof(path), "%s/viosim", build != NULL ? build : "build");
		unsetenv("CI");
		setenv("TERM", "xterm", 1);
		execv(path, argv);
		_exit(126);
	}
	do {
		text = realloc(text, length + 65537);
		ck_assert_ptr_nonnull(text);
		n = read(fd, text + length, 65536);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0);	/* EIO: the other side is closed */
	text[length] = '\0';
	close(fd);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	return text;
}

TEST(progress_is_erased_before_the_report)
{
	char *argv[] = { (char[]){ "viosim" }, (char[]){ "run" }, (char[]){ "--no-manifest" },
	    (char[]){ "inflate/odd-target" }, (char[]){ "inflate/pace" }, NULL };
	HEAP(text) = run_on_terminal(argv);
	unsigned shown = 0;

	for (const char *p = text; (p = strstr(p, " of 20 cases\r")) != NULL; ) {
		p += strlen(" of 20 cases");
		p += strspn(p, "\r");
		ck_assert_msg(strncmp(p, "\033[K", 3) == 0,
		    "something is glued to the counter: %.30s", p);
		shown++;
	}
	ck_assert_uint_ge(shown, 4);
	HAS(text, "FAIL");
}

/* ---- the last events are those before what failed ---- */

static void
assert_last_events(char *scenario, const char *last)
{
	char *argv[] = { (char[]){ "viosim" }, (char[]){ "run" }, (char[]){ "--no-manifest" },
	    (char[]){ "--color=never" }, scenario, NULL };
	char *all = run_on_terminal(argv), *events = strstr(all, "last events:");

	ck_assert_ptr_nonnull(events);
	ck_assert_msg(strstr(events, last) != NULL, "not among the last events: %s\n%s", last,
	    events);
	free(all);
}

static const struct {
	const char *steps, *last;
} late[] = {
	{ "  - {at: 1s, target: 512 pages}\n  - {expect: host.actual == 513, within: 500ms}\n",
	    "1.500000s  scenario  step 2: the expectation DOES NOT HOLD" },
	{ "  - {at: 1s, target: 512 pages}\n  - {at: 20s, target: 1024 pages}\n"
	    "  - {expect: host.actual == 1025, within: 5s}\n",
	    "25.000000s  scenario  step 3: the expectation DOES NOT HOLD" },
};

/* The driver's races come earlier. */
TEST_EACH(last_events_come_to_a_failure, late)
{
	FOLDER(folder);
	char path[64], late_text[400];

	snprintf(path, sizeof(path), "%s/late.yaml", folder.path);
	snprintf(late_text, sizeof(late_text), "format: 1\nscenario: try/late\nsummary: s\n"
	    "rules: {off: [lock.data-race], why: they come first}\n"
	    "machines: [{transport: virtio-1.0, dma: bounce}]\nsteps:\n%s", late[_i].steps);
	suite_write(path, late_text);
	assert_last_events(path, late[_i].last);
}

/* ---- groups ---- */

static struct run_groups groups;
static char *text;

static void
setup(void)
{
	memset(&groups, 0, sizeof(groups));
	text = NULL;
}

static void
teardown(void)
{
	run_groups_fini(&groups);
	free(text);
}

static const char *
print(void (*printer)(struct run_groups *, FILE *))
{
	free(text);
	text = PRINTED(to, printer(&groups, to));
	return text;
}

#define RULE "a.c:1: mem.leak: 5 bytes are left\n"
#define RULE2 "a.c:1: mem.leak: 16 bytes are left\n"
#define FAILED "finally: expected mem.free == 0; actual mem.free = 7 pages\n"

TEST(cases_that_fail_alike_are_listed)
{
	ck_assert(run_groups_add(&groups, "a/b[x=1]#1.0,bounce", "a/b", RULE));
	ck_assert(!run_groups_add(&groups, "a/b[x=1]#legacy,bounce", "a/b", RULE2));
	ck_assert(!run_groups_add(&groups, "a/b[x=2]#legacy,bounce", "a/b", RULE));
	print(run_groups_same);
	ck_assert_str_eq(text, "2 other cases of a/b fail like a/b[x=1]#1.0,bounce:\n"
	    "  [x=1]#legacy,bounce [x=2]#legacy,bounce\n\n");
	/* In the next scenario the first is reported in full again. */
	ck_assert(run_groups_add(&groups, "c/d#1.0,bounce", "c/d", RULE));
	ck_assert_str_eq(print(run_groups_same), "");
}

/* What differs in anything but numbers is reported. */
TEST(cases_that_fail_otherwise_are_listed)
{
	ck_assert(run_groups_add(&groups, "a/b#1.0,bounce", "a/b", RULE));
	ck_assert(run_groups_add(&groups, "a/b#1.0,coherent", "a/b", RULE FAILED));
	ck_assert(run_groups_add(&groups, "a/b#legacy,bounce", "a/b", FAILED));
	ck_assert(!run_groups_add(&groups, "a/b#legacy,coherent", "a/b", RULE2 FAILED));
	print(run_groups_print);
	ck_assert_str_eq(text, "failures, most frequent first:\n"
	    "     3 cases  a.c:1: mem.leak: 5 bytes are left\n"
	    "               first in a/b#1.0,bounce\n"
	    "               also in 2 cases: finally: expected mem.free == 0; actual "
	    "mem.free = 7 pages\n"
	    "     1 case   finally: expected mem.free == 0; actual mem.free = 7 pages\n"
	    "               first in a/b#legacy,bounce\n\n");
}

/* Twice in one case is once. */
TEST(reasons_count_once_a_case)
{
	run_groups_add(&groups, "a/b#1.0,bounce", "a/b", RULE FAILED FAILED);
	print(run_groups_print);
	HAS(text, "also in 1 case: finally");
}

TEST(long_lists_are_cut_and_say_so)
{
	char id[40], reasons[1000] = RULE;

	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "a/b[x=%d]", i);
		run_groups_add(&groups, id, "a/b", RULE);
	}
	print(run_groups_same);
	HAS(text, "99 other cases of a/b fail", " and 67 more");
	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n") + 1)
		ck_assert_uint_le(strcspn(p, "\n"), 100);
	for (char c = 'a'; c < 'm'; c++) {
		snprintf(id, sizeof(id), "rule.%c: x: y\n", c);
		strncat(reasons, id, sizeof(reasons) - strlen(reasons) - 1);
	}
	run_groups_add(&groups, "c/d", "c/d", reasons);
	print(run_groups_print);
	HAS(text, "and 4 more, not listed");
}

SUITE(cli_output, .setup = setup, .teardown = teardown, .timeout = 60,
    .reads = SCENARIOS " " DRIVER " build/viosim")
