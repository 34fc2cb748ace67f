/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs all unit tests, each suite in a process of its own, as many at a time as there are
 * processors.  Check's own environment variables select and print (CK_RUN_SUITE, CK_RUN_CASE,
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

/* One line per suite. */
#define SUITES(X) \
	X(base_suite) \
	X(base_cleanup_suite) \
	X(cli_driver_suite) \
	X(cli_explain_suite) \
	X(cli_options_suite) \
	X(cli_output_suite) \
	X(cli_words_suite) \
	X(device_balloon_suite) \
	X(device_behaviour_suite) \
	X(device_echo_suite) \
	X(device_transport_suite) \
	X(device_virtqueue_suite) \
	X(explore_bytes_suite) \
	X(explore_edit_suite) \
	X(explore_explore_suite) \
	X(explore_found_suite) \
	X(explore_generate_suite) \
	X(explore_seal_suite) \
	X(explore_sweep_suite) \
	X(explore_shrink_suite) \
	X(explore_moments_suite) \
	X(explore_trial_suite) \
	X(fault_fault_suite) \
	X(bus_dma_suite) \
	X(kern_autoconf_suite) \
	X(kern_condvar_suite) \
	X(kern_kmem_suite) \
	X(kern_kthread_suite) \
	X(kern_mutex_suite) \
	X(kern_param_suite) \
	X(kern_prf_suite) \
	X(kern_softint_suite) \
	X(kern_sysctl_suite) \
	X(uvm_page_suite) \
	X(uvm_pglist_suite) \
	X(virtio_suite) \
	X(virtio_pci_suite) \
	X(virtio_vq_suite) \
	X(machine_access_suite) \
	X(machine_loop_suite) \
	X(machine_choice_suite) \
	X(machine_clock_suite) \
	X(machine_crash_suite) \
	X(machine_fiber_suite) \
	X(machine_irq_suite) \
	X(machine_memory_suite) \
	X(machine_point_suite) \
	X(machine_shelf_suite) \
	X(machine_step_suite) \
	X(machine_trace_suite) \
	X(machine_world_suite) \
	X(rules_attach_suite) \
	X(rules_balloon_suite) \
	X(rules_config_suite) \
	X(rules_dma_suite) \
	X(rules_dma_late_suite) \
	X(rules_fragments_suite) \
	X(rules_irq_suite) \
	X(rules_live_suite) \
	X(rules_lock_suite) \
	X(rules_log_suite) \
	X(rules_race_suite) \
	X(rules_touch_suite) \
	X(rules_page_suite) \
	X(rules_ring_suite) \
	X(rules_thread_suite) \
	X(report_atomic_suite) \
	X(explore_record_suite) \
	X(report_columns_suite) \
	X(report_failure_suite) \
	X(report_junit_suite) \
	X(report_ndjson_suite) \
	X(report_rules_text_suite) \
	X(report_summary_suite) \
	X(report_explored_text_suite) \
	X(report_timeline_suite) \
	X(report_words_suite) \
	X(run_align_suite) \
	X(run_beside_suite) \
	X(run_compare_suite) \
	X(run_expect_trace_suite) \
	X(run_needs_suite) \
	X(run_isolate_suite) \
	X(run_pool_suite) \
	X(run_loops_suite) \
	X(run_manifest_suite) \
	X(run_undecided_suite) \
	X(run_member_suite) \
	X(run_module_suite) \
	X(run_viosim_cc_suite) \
	X(run_points_suite) \
	X(run_source_suite) \
	X(scenario_bad_suite) \
	X(scenario_case_suite) \
	X(scenario_expect_suite) \
	X(scenario_load_suite) \
	X(scenario_mutate_suite) \
	X(scenario_print_suite) \
	X(scenario_schema_suite) \
	X(scenario_text_suite)

#define X(suite) Suite *suite(void);
SUITES(X)
#undef X

static Suite *(*const suites[])(void) = {
#define X(suite) suite,
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
	SRunner *runner = srunner_create(suites[index]());
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
tell(struct job *job, const struct result *result)
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

/* Later suites run while earlier ones are being told. */
static void
run_all(struct result *results)
{
	static struct job jobs[COUNT];
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t started = 0, running = 0, told = 0;

	while (told < COUNT) {
		while (started < COUNT && running < (size_t)(processors > 0 ? processors : 1)) {
			start(&jobs[started], started, &results[started]);
			started++;
			running++;
		}
		reap(jobs);
		running--;
		for (; told < COUNT && jobs[told].reaped; told++)
			tell(&jobs[told], &results[told]);
	}
}

int
main(void)
{
	const char *forks = getenv("CK_FORK");
	struct result *results = mmap(NULL, COUNT * sizeof(*results), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct result sum = { .finished = true };
	int bad;

	need(results != MAP_FAILED, "no memory");
	/* A timeout is for what hangs, not for a host that is busy. */
	setenv("CK_TIMEOUT_MULTIPLIER", "10", 0);
	if (forks == NULL || strcmp(forks, "no") != 0)
		run_all(results);
	else
		for (size_t i = 0; i < COUNT; i++)
			run_suite(i, &results[i]);
	for (size_t i = 0; i < COUNT; i++) {
		sum.run += results[i].run;
		sum.failures += results[i].failures;
		sum.errors += results[i].errors;
		sum.finished &= results[i].finished;
		sum.printed |= results[i].printed;
	}
	bad = sum.failures + sum.errors;
	printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
	    sum.run > 0 ? (sum.run - bad) * 100 / sum.run : 100, sum.run, sum.failures, sum.errors);
	/* A selection that fits no test must not look like success. */
	if (sum.run == 0)
		fprintf(stderr, "no test was run\n");
	return bad == 0 && sum.run > 0 && sum.finished && !sum.printed ? EXIT_SUCCESS :
	    EXIT_FAILURE;
}
