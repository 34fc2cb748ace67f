/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs unit tests, each suite in a process of its own, as many at a time as there are processors.
 *
 *	check [--folder FOLDER] [SUITE...]
 *	check --list
 *
 * Without names all suites run.  With a folder, each runs in FOLDER/SUITE, and those that passed
 * are listed in FOLDER/passed.  --list prints the suites and what files each reads.
 *
 * Check's own environment variables select and print (CK_RUN_SUITE, CK_RUN_CASE,
 * CK_VERBOSITY, CK_FORK, ...).  What a suite prints is shown in the order below, if a test of it
 * failed or CK_VERBOSITY asks for it.
 *
 * What tests print on standard error is a failure too: the errors that a test provokes are for it
 * to look at, see stderr.h.  With CK_FORK=no all is done in this process, and standard error goes
 * where it usually does, for the debugger.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/suite.h"

static struct suite **suites;		/* in the order of their names */
static size_t count;

/* What came of a suite; shared by all processes. */
struct result {
	int run, failures, errors;
	bool finished;			/* its process came to its end */
	bool printed;			/* on standard error */
};

static const char *folder;		/* NULL: where we are */

/* In the parent. */
struct job {
	pid_t pid;			/* 0: not started, or reaped */
	bool reaped;
	FILE *text;
};

static void
need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "check: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
run_suite(size_t index, struct result *result)
{
	SRunner *runner = srunner_create(suite_make(suites[index]));
	TestResult **failed;

	srunner_run_all(runner, CK_ENV);
	fflush(stdout);
	failed = srunner_failures(runner);
	result->run = srunner_ntests_run(runner);
	for (int i = 0; i < srunner_ntests_failed(runner); i++) {
		result->failures += tr_rtype(failed[i]) == CK_FAILURE;
		result->errors += tr_rtype(failed[i]) == CK_ERROR;
	}
	free(failed);
	srunner_free(runner);
	result->finished = true;
}

/* Copies all of it; whether there was something. */
static bool
show(FILE *from, FILE *to, const char *title)
{
	char buffer[4096];
	bool some = false;
	size_t n;

	rewind(from);
	while ((n = fread(buffer, 1, sizeof(buffer), from)) > 0) {
		if (!some)
			fputs(title, to);
		some = true;
		fwrite(buffer, 1, n, to);
	}
	fflush(to);
	return some;
}

/* A process that runs a suite and prints into the job's text. */
static void
start(struct job *job, size_t index, struct result *result)
{
	FILE *errors = tmpfile();

	job->text = tmpfile();
	need(errors != NULL && job->text != NULL, "no temporary file");
	fflush(stdout);
	job->pid = fork();
	need(job->pid >= 0, "no process");
	if (job->pid == 0) {
		need(dup2(fileno(job->text), STDOUT_FILENO) >= 0 &&
		    dup2(fileno(errors), STDERR_FILENO) >= 0, "output cannot be kept");
		need(folder == NULL || (chdir(folder) == 0 && chdir(suites[index]->name) == 0),
		    "no such folder");
		run_suite(index, result);
		fflush(stderr);
		result->printed = show(errors, stdout, "tests printed this on standard error, "
		    "and do not look at it:\n");
		_exit(0);
	}
	fclose(errors);
}

/* The text of a suite whose process has ended. */
static void
report(struct job *job, const struct result *result)
{
	const char *verbosity = getenv("CK_VERBOSITY");

	if (result->run > 0 && verbosity != NULL && strcmp(verbosity, "silent") != 0)
		show(job->text, stdout, "");
	else if (!result->finished || result->failures + result->errors > 0 || result->printed)
		show(job->text, stdout, "");
	if (!result->finished)
		puts("the process of this suite ended before its tests did");
	fclose(job->text);
}

static void
reap(struct job *jobs)
{
	pid_t pid = wait(NULL);

	need(pid > 0, "a process is lost");
	for (size_t i = 0; i < count; i++)
		if (jobs[i].pid == pid) {
			jobs[i].pid = 0;
			jobs[i].reaped = true;
		}
}

/* Later suites run while earlier ones are being reported. */
static void
run_all(struct result *results, const bool *wanted)
{
	struct job *jobs = calloc(count, sizeof(*jobs));
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t started = 0, running = 0, shown = 0;

	need(jobs != NULL, "no memory");
	while (shown < count) {
		while (started < count && running < (size_t)(processors > 0 ? processors : 1)) {
			if (wanted[started]) {
				start(&jobs[started], started, &results[started]);
				running++;
			}
			started++;
		}
		if (running > 0) {
			reap(jobs);
			running--;
		}
		for (; shown < started && (!wanted[shown] || jobs[shown].reaped); shown++)
			if (wanted[shown])
				report(&jobs[shown], &results[shown]);
	}
	free(jobs);
}

/* Which suites are wanted: all, or those that are named. */
static void
choose(char *const names[], bool *wanted)
{
	for (size_t i = 0; i < count; i++)
		wanted[i] = names[0] == NULL;
	for (; *names != NULL; names++) {
		size_t i = 0;

		while (i < count && strcmp(suites[i]->name, *names) != 0)
			i++;
		if (i == count) {
			fprintf(stderr, "check: no suite %s; see --list\n", *names);
			exit(EXIT_FAILURE);
		}
		wanted[i] = true;
	}
}

static bool
is_good(const struct result *result)
{
	return result->finished && !result->printed && result->failures + result->errors == 0;
}

static void
list_passed(const struct result *results, const bool *wanted)
{
	FILE *file = NULL;

	need(chdir(folder) == 0 && (file = fopen("passed", "w")) != NULL, "no such folder");
	for (size_t i = 0; i < count; i++)
		if (wanted[i] && is_good(&results[i]))
			fprintf(file, "%s\n", suites[i]->name);
	need(fclose(file) == 0, "the list of what passed cannot be written");
}

static bool
sum_up(const struct result *results, const bool *wanted)
{
	struct result sum = { .finished = true };
	bool good = true;
	int bad;

	for (size_t i = 0; i < count; i++) {
		sum.run += results[i].run;
		sum.failures += results[i].failures;
		sum.errors += results[i].errors;
		good &= !wanted[i] || is_good(&results[i]);
	}
	bad = sum.failures + sum.errors;
	printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
	    sum.run > 0 ? (sum.run - bad) * 100 / sum.run : 100, sum.run, sum.failures, sum.errors);
	/* A selection that fits no test must not look like success. */
	if (sum.run == 0)
		fprintf(stderr, "no test was run\n");
	return good && sum.run > 0;
}

static int
compare(const void *one, const void *other)
{
	return strcmp((*(struct suite *const *)one)->name, (*(struct suite *const *)other)->name);
}

static void
find_suites(void)
{
	for (struct suite *suite = suite_first; suite != NULL; suite = suite->next)
		count++;
	suites = calloc(count, sizeof(*suites));
	need(suites != NULL, "no memory");
	count = 0;
	for (struct suite *suite = suite_first; suite != NULL; suite = suite->next)
		suites[count++] = suite;
	qsort(suites, count, sizeof(*suites), compare);
}

int
main(int argc, char *argv[])
{
	const char *forks = getenv("CK_FORK");
	struct result *results;
	bool *wanted;

	find_suites();
	results = mmap(NULL, count * sizeof(*results), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	wanted = calloc(count, sizeof(*wanted));
	need(results != MAP_FAILED && wanted != NULL, "no memory");
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < count; i++)
			printf("%s %s\n", suites[i]->name,
			    suites[i]->reads != NULL ? suites[i]->reads : "");
		return EXIT_SUCCESS;
	}
	if (argc > 2 && strcmp(argv[1], "--folder") == 0) {
		folder = argv[2];
		argv += 2;
	}
	choose(argv + 1, wanted);
	/* A timeout is for what hangs, not for a host that is busy. */
	setenv("CK_TIMEOUT_MULTIPLIER", "10", 0);
	/* What is printed is compared. */
	unsetenv("COLUMNS");
	if (forks == NULL || strcmp(forks, "no") != 0)
		run_all(results, wanted);
	else
		for (size_t i = 0; i < count; i++)
			if (wanted[i])
				run_suite(i, &results[i]);
	if (folder != NULL)
		list_passed(results, wanted);
	return sum_up(results, wanted) ? EXIT_SUCCESS : EXIT_FAILURE;
}
