/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/base/cleanup: nothing outlives a process that is ended.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

#include "base/cleanup.h"
#include "tests/suite.h"

static struct suite_folder folder;
static char pending[64], finished[64];

static void
setup(void)
{
	folder = suite_folder_new();
	snprintf(pending, sizeof(pending), "%s/pending", folder.path);
	snprintf(finished, sizeof(finished), "%s/finished", folder.path);
}

static void
teardown(void)
{
	suite_remove(&folder);
}

/* Holds the pipe open as long as it lives, and blocks every signal that can be. */
static void
be_child(int fd)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (write(fd, "c", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* A program with a file under way, one that is done, and a child. */
static void
be_program(int fd, int sig, bool ignores)
{
	int reaped;

	alarm(20);
	signal(sig, ignores ? SIG_IGN : SIG_DFL);
	cleanup_install();
	close(cleanup_create(pending));
	close(cleanup_create(finished));
	cleanup_file_done(finished);
	reaped = cleanup_fork();
	if (reaped == 0)
		_exit(0);
	waitpid(reaped, NULL, 0);
	cleanup_reaped(reaped);
	if (cleanup_fork() == 0)
		be_child(fd);
	close(fd);
	while (sig != 0)
		pause();
	exit(5);
}

/* The program is sent the signal (0: it exits) once its child runs: how it ended. */
static int
end_by(int sig, bool ignores, int and_then)
{
	int fd[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		be_program(fd[1], sig, ignores);
	}
	close(fd[1]);
	if (sig != 0) {
		ck_assert_int_eq(read(fd[0], &byte, 1), 1);
		kill(pid, sig);
	}
	if (and_then != 0) {
		usleep(50000);
		kill(pid, and_then);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	/* The end of the pipe is that of the child. */
	alarm(10);
	while (read(fd[0], &byte, 1) > 0)
		continue;
	close(fd[0]);
	return status;
}

TEST_RANGE(a_signal_leaves_no_file_and_no_child, 0, 4)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	int status = end_by(signals[_i], false, 0);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), signals[_i]);
	ck_assert_int_ne(access(pending, F_OK), 0);
	ck_assert_int_eq(access(finished, F_OK), 0);
}

TEST(an_exit_does_the_same)
{
	int status = end_by(0, false, 0);

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 5);
	ck_assert_int_ne(access(pending, F_OK), 0);
	ck_assert_int_eq(access(finished, F_OK), 0);
}

/* nohup(1) */
TEST(an_ignored_signal_stays_ignored)
{
	int status = end_by(SIGHUP, true, SIGTERM);

	ck_assert_int_eq(WTERMSIG(status), SIGTERM);
	ck_assert_int_ne(access(pending, F_OK), 0);
}

TEST(a_program_that_is_killed_takes_its_child_with_it)
{
	int status = end_by(SIGKILL, false, 0);

	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}

SUITE(base_cleanup, .setup = setup, .teardown = teardown, .timeout = 30)
