/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/isolate: every piece of work comes back, run or not.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>

#include "base/alloc.h"
#include "run/isolate.h"
#include "tests/suite.h"

#define PIECES 9

struct seen {
	size_t count, stop_at;
	enum verdict verdict[PIECES];
	char reason[PIECES][VERDICT_REASON], text[PIECES][32];
};

static struct seen no_memory;

static void
child(void *arg, size_t index, struct regions *regions, struct isolated *result,
    FILE *text[ISOLATE_TEXTS])
{
	static unsigned before;

	(void)arg;
	(void)regions;
	fprintf(text[0], "piece %zu behind %u", index, before++);
	result->reusable = index % 2 == 0;
	if (index == 3)
		raise(SIGKILL);
	if (index == 5 && arg == &no_memory)
		out_of_memory();
	if (index == 6 && arg == &no_memory)
		internal_error("it is wrong");
}

/* One that blocks what can be blocked and sleeps, one that lets go of all and goes on. */
static void
child_for_ever(void *arg, size_t index, struct regions *regions, struct isolated *result,
    FILE *text[ISOLATE_TEXTS])
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int fd = 3; index == 2 && fd < 64; fd++)
		close(fd);
	while (index == 1 || index == 2)
		usleep(100000);
	if (index == 4)
		kill(getpid(), SIGPROF);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	child(arg, index, regions, result, text);
}

static bool
done(void *arg, size_t index, const struct isolated *result)
{
	struct seen *seen = arg;

	ck_assert_uint_eq(index, seen->count++);
	seen->verdict[index] = result->verdict.verdict;
	snprintf(seen->reason[index], VERDICT_REASON, "%s", result->verdict.reason);
	snprintf(seen->text[index], sizeof(seen->text[index]), "%s", result->text[0]);
	return index != seen->stop_at;
}

static bool
run(struct seen *seen, size_t stop_at, unsigned jobs)
{
	struct isolate_work work = {
		.count = PIECES, .jobs = jobs, .child = child, .done = done, .arg = seen,
		.stopped = "enough",
	};

	*seen = (struct seen){ .stop_at = stop_at };
	return isolate_run(&work);
}

TEST(a_death_has_a_reason_and_takes_nothing_else_down)
{
	struct seen seen;

	ck_assert(run(&seen, PIECES, 4));
	ck_assert_uint_eq(seen.count, PIECES);
	for (size_t i = 0; i < PIECES; i++)
		ck_assert_int_eq(seen.verdict[i], i == 3 ? VERDICT_BROKEN : VERDICT_PASS);
	ck_assert_str_eq(seen.reason[3], "viosim itself died of signal 9 (Killed)");
	ck_assert_str_eq(seen.text[3], "");
	ck_assert_int_eq(strncmp(seen.text[8], "piece 8 ", 8), 0);
}

TEST(a_process_is_used_again_after_what_was_well)
{
	struct seen seen;

	ck_assert(run(&seen, PIECES, 1));
	ck_assert_str_eq(seen.text[0], "piece 0 behind 0");
	ck_assert_str_eq(seen.text[1], "piece 1 behind 1");
	ck_assert_str_eq(seen.text[2], "piece 2 behind 0");
}

TEST(too_little_memory_is_no_fault)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	ck_assert(run(&no_memory, PIECES, 4));
	ck_assert_int_eq(no_memory.verdict[4], VERDICT_PASS);
	ck_assert_int_eq(no_memory.verdict[5], VERDICT_SKIPPED);
	ck_assert_str_eq(no_memory.reason[5], "not finished: out of memory");
	ck_assert_int_eq(no_memory.verdict[6], VERDICT_BROKEN);
	ck_assert_str_eq(no_memory.reason[6], "not finished: internal error: it is wrong");
}

TEST(what_comes_behind_a_stop_is_skipped_whatever_ran_beside)
{
	struct seen seen;

	for (unsigned jobs = 1; jobs <= 8; jobs += 7) {
		ck_assert(run(&seen, 1, jobs));
		ck_assert_uint_eq(seen.count, PIECES);
		for (size_t i = 0; i < PIECES; i++) {
			ck_assert_int_eq(seen.verdict[i],
			    i <= 1 ? VERDICT_PASS : VERDICT_SKIPPED);
			ck_assert_str_eq(seen.reason[i], i <= 1 ? "" : "enough");
		}
		ck_assert_str_eq(seen.text[2], "");
	}
}

/* Descriptors left for `more` of them. */
static void
limit_descriptors(unsigned more)
{
	int next = dup(STDERR_FILENO);
	struct rlimit limit = { .rlim_cur = (rlim_t)next + more, .rlim_max = RLIM_INFINITY };

	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next + more;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(a_child_that_cannot_be_started_waits_for_the_others)
{
	struct seen seen;

	limit_descriptors(3);
	ck_assert(run(&seen, PIECES, 8));
	ck_assert_uint_eq(seen.count, PIECES);
	ck_assert_int_eq(seen.verdict[8], VERDICT_PASS);
}

TEST(no_child_at_all_is_said_of_every_piece)
{
	struct seen seen;

	limit_descriptors(1);
	ck_assert(!run(&seen, PIECES, 8));
	ck_assert_uint_eq(seen.count, PIECES);
	for (size_t i = 0; i < PIECES; i++) {
		ck_assert_int_eq(seen.verdict[i], VERDICT_SKIPPED);
		ck_assert_str_eq(seen.reason[i],
		    "cannot start a process: Too many open files");
	}
}

TEST(no_child_is_waited_for_for_ever)
{
	struct seen seen = { .stop_at = PIECES };
	struct isolate_work work = {
		.count = PIECES, .jobs = 2, .seconds = 1, .child = child_for_ever,
		.done = done, .arg = &seen,
	};

	signal(SIGPROF, SIG_DFL);
	ck_assert(isolate_run(&work));
	for (size_t i = 0; i < PIECES; i++)
		ck_assert_int_eq(seen.verdict[i], i >= 1 && i <= 4 ? VERDICT_BROKEN :
		    VERDICT_PASS);
	ck_assert_str_eq(seen.reason[1], "not finished within 1 s");
	HAS(seen.reason[2], "viosim itself died of signal 9");
	HAS(seen.reason[4], "of processor time");
}

TEST(a_long_reason_is_cut)
{
	struct case_verdict verdict = { .unknown = 3 };
	char text[2 * VERDICT_REASON];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	verdict_none(&verdict, VERDICT_SKIPPED, "%s", text);
	ck_assert_uint_eq(strlen(verdict.reason), VERDICT_REASON - 1);
	ck_assert_uint_eq(verdict.unknown, 0);
}

SUITE(run_isolate)
