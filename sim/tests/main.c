/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs all unit tests.  Check's own environment variables select and print
 * (CK_RUN_SUITE, CK_RUN_CASE, CK_VERBOSITY, CK_FORK, ...).
 *
 * What tests print on standard error is shown after the result, and is a failure: the errors
 * that a test provokes are for it to look at, see stderr.h.  Without CK_FORK it goes where it
 * usually does, for the debugger.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	X(run_compare_suite) \
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

/* Lets standard error of all tests go into a file; NULL where it is to stay as it is. */
static FILE *
keep_stderr(int *before)
{
	const char *forks = getenv("CK_FORK");
	FILE *kept;

	if (forks != NULL && strcmp(forks, "no") == 0)
		return NULL;
	kept = tmpfile();
	*before = dup(STDERR_FILENO);
	if (kept == NULL || *before < 0 || dup2(fileno(kept), STDERR_FILENO) < 0) {
		perror("check: standard error cannot be kept");
		exit(EXIT_FAILURE);
	}
	return kept;
}

/* Shows what was kept; whether there was something. */
static bool
show_stderr(FILE *kept, int before)
{
	char buffer[4096];
	bool some = false;
	size_t n;

	if (kept == NULL)
		return false;
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	rewind(kept);
	while ((n = fread(buffer, 1, sizeof(buffer), kept)) > 0) {
		if (!some)
			fputs("tests printed this, and do not look at it:\n", stderr);
		some = true;
		fwrite(buffer, 1, n, stderr);
	}
	fclose(kept);
	return some;
}

int
main(void)
{
	SRunner *runner = srunner_create(NULL);
	int before = -1, failed, run;
	bool printed;
	FILE *kept;

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		srunner_add_suite(runner, suites[i]());
	kept = keep_stderr(&before);
	srunner_run_all(runner, CK_ENV);
	fflush(stdout);
	printed = show_stderr(kept, before);
	failed = srunner_ntests_failed(runner);
	run = srunner_ntests_run(runner);
	srunner_free(runner);
	/* A selection that fits no test must not look like success. */
	if (run == 0)
		fprintf(stderr, "no test was run\n");
	return failed == 0 && run > 0 && !printed ? EXIT_SUCCESS : EXIT_FAILURE;
}
