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
#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

/*
 * One line per suite: NAME_suite(), and the files and folders that it reads, from the top of the
 * tree (see sim/tools/unit-tests).  build/module is the driver that was built,
 * with DIAGNOSTIC and without.
 */
#define SCENARIOS "scenarios"
#define DRIVER "build/module driver"
#define SMALL "build/tests/explore sim/tests/explore/modules"
#define VIOSIM_CC "sim/tools/viosim-cc sim/tools/viosim-cc.awk sim/include sim/run/manpage.def " \
	"build/include"
#define SUITES(X) \
	X(base, "") \
	X(base_cleanup, "") \
	X(cli_driver, VIOSIM_CC " " DRIVER) \
	X(cli_explain, SCENARIOS " " DRIVER) \
	X(cli_options, "") \
	X(cli_output, SCENARIOS " " DRIVER " " "build/viosim") \
	X(cli_words, SCENARIOS " " DRIVER) \
	X(device_balloon, "") \
	X(device_behaviour, "") \
	X(device_echo, "build/tests/device") \
	X(device_transport, "") \
	X(device_virtqueue, "") \
	X(explore_bytes, SMALL) \
	X(explore_edit, SCENARIOS) \
	X(explore_explore, DRIVER " " SMALL) \
	X(explore_found, "") \
	X(explore_generate, DRIVER " " SMALL) \
	X(explore_seal, "") \
	X(explore_sweep, DRIVER " " SMALL) \
	X(explore_shrink, DRIVER " " SMALL) \
	X(explore_inject, DRIVER " " SMALL) \
	X(explore_trial, DRIVER " " SMALL " " SCENARIOS) \
	X(fault_fault, "") \
	X(bus_dma, "") \
	X(kern_autoconf, "") \
	X(kern_condvar, "") \
	X(kern_kmem, "") \
	X(kern_kthread, "") \
	X(kern_mutex, "") \
	X(kern_param, "") \
	X(kern_prf, "") \
	X(kern_softint, "") \
	X(kern_sysctl, "") \
	X(uvm_page, "") \
	X(uvm_pglist, "") \
	X(virtio, "") \
	X(virtio_pci, "") \
	X(virtio_vq, "") \
	X(machine_access, "") \
	X(machine_loop, "") \
	X(machine_choice, "") \
	X(machine_clock, "") \
	X(machine_crash, "") \
	X(machine_fiber, "") \
	X(machine_irq, "") \
	X(machine_memory, "") \
	X(machine_point, "") \
	X(machine_regions, "") \
	X(machine_step, "") \
	X(machine_trace, "") \
	X(machine_world, "") \
	X(rules_fragments, "build/tests/rules" " " "sim/tests/rules/modules") \
	X(rules_streams, "") \
	X(rules_clauses, "") \
	X(report_atomic, "") \
	X(explore_record, "") \
	X(report_columns, SCENARIOS " " DRIVER " " SMALL) \
	X(report_failure, "") \
	X(report_junit, "") \
	X(report_ndjson, "") \
	X(report_rules_text, "") \
	X(report_summary, "") \
	X(report_explored_text, "") \
	X(report_timeline, "") \
	X(report_words, "") \
	X(run_align, "") \
	X(run_beside, DRIVER " " SMALL) \
	X(run_compare, VIOSIM_CC " sim/tools/apply-patches " DRIVER) \
	X(run_devices, VIOSIM_CC " " DRIVER " " SMALL) \
	X(run_expect_trace, DRIVER) \
	X(run_needs, DRIVER " " SMALL) \
	X(run_isolate, "") \
	X(run_pool, "") \
	X(run_loops, "") \
	X(run_manifest, "") \
	X(run_undecided, VIOSIM_CC " " DRIVER) \
	X(run_module, VIOSIM_CC) \
	X(run_viosim_cc, VIOSIM_CC) \
	X(run_points, SMALL) \
	X(run_source, VIOSIM_CC) \
	X(scenario_bad, "") \
	X(scenario_case, "") \
	X(scenario_expect, "") \
	X(scenario_load, "") \
	X(scenario_mutate, "") \
	X(scenario_print, "") \
	X(scenario_schema, "") \
	X(scenario_text, "")

#define X(name, files) Suite *name##_suite(void);
SUITES(X)
#undef X

static const struct suite {
	const char *name;
	Suite *(*make)(void);
	const char *files;
} suites[] = {
#define X(name, files) { #name, name##_suite, files },
	SUITES(X)
#undef X
};

#define COUNT (sizeof(suites) / sizeof(suites[0]))

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
	SRunner *runner = srunner_create(suites[index].make());
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
		need(folder == NULL || (chdir(folder) == 0 && chdir(suites[index].name) == 0),
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
	for (size_t i = 0; i < COUNT; i++)
		if (jobs[i].pid == pid) {
			jobs[i].pid = 0;
			jobs[i].reaped = true;
		}
}

/* Later suites run while earlier ones are being reported. */
static void
run_all(struct result *results, const bool wanted[COUNT])
{
	static struct job jobs[COUNT];
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t started = 0, running = 0, shown = 0;

	while (shown < COUNT) {
		while (started < COUNT && running < (size_t)(processors > 0 ? processors : 1)) {
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
}

/* Which suites are wanted: all, or those that are named. */
static void
choose(char *const names[], bool wanted[COUNT])
{
	for (size_t i = 0; i < COUNT; i++)
		wanted[i] = names[0] == NULL;
	for (; *names != NULL; names++) {
		size_t i = 0;

		while (i < COUNT && strcmp(suites[i].name, *names) != 0)
			i++;
		if (i == COUNT) {
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
list_passed(const struct result *results, const bool wanted[COUNT])
{
	FILE *file = NULL;

	need(chdir(folder) == 0 && (file = fopen("passed", "w")) != NULL, "no such folder");
	for (size_t i = 0; i < COUNT; i++)
		if (wanted[i] && is_good(&results[i]))
			fprintf(file, "%s\n", suites[i].name);
	need(fclose(file) == 0, "the list of what passed cannot be written");
}

static bool
sum_up(const struct result *results, const bool wanted[COUNT])
{
	struct result sum = { .finished = true };
	bool good = true;
	int bad;

	for (size_t i = 0; i < COUNT; i++) {
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

int
main(int argc, char *argv[])
{
	const char *forks = getenv("CK_FORK");
	struct result *results = mmap(NULL, COUNT * sizeof(*results), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool wanted[COUNT];

	need(results != MAP_FAILED, "no memory");
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < COUNT; i++)
			printf("%s %s\n", suites[i].name, suites[i].files);
		return EXIT_SUCCESS;
	}
	if (argc > 2 && strcmp(argv[1], "--folder") == 0) {
		folder = argv[2];
		argv += 2;
	}
	choose(argv + 1, wanted);
	/* A timeout is for what hangs, not for a host that is busy. */
	setenv("CK_TIMEOUT_MULTIPLIER", "10", 0);
	if (forks == NULL || strcmp(forks, "no") != 0)
		run_all(results, wanted);
	else
		for (size_t i = 0; i < COUNT; i++)
			if (wanted[i])
				run_suite(i, &results[i]);
	if (folder != NULL)
		list_passed(results, wanted);
	return sum_up(results, wanted) ? EXIT_SUCCESS : EXIT_FAILURE;
}
