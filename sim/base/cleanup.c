/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must not outlive viosim: see cleanup.h.
 *
 * The tables change with the signals blocked, so that a handler finds them whole.
 */
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#include "base/alloc.h"
#include "base/host.h"

#define FILES_MAX 32
#define CHILDREN_MAX 256

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static char *files[FILES_MAX];		/* NULL: free */
static pid_t children[CHILDREN_MAX];	/* 0: free */
static pid_t owner;			/* the process whose they are; 0: not installed */
static volatile sig_atomic_t deferred, asked;

static void
block(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, before);
}

static void
unblock(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* Calls nothing but what a signal handler may. */
void
cleanup_now(void)
{
	if (getpid() != owner)
		return;
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (children[i] != 0)
			kill(children[i], SIGKILL);
	for (size_t i = 0; i < FILES_MAX; i++)
		if (files[i] != NULL)
			unlink(files[i]);
}

static void
caught(int sig)
{
	if (deferred && asked == 0 && (sig == SIGINT || sig == SIGTERM)) {
		asked = sig;
		return;
	}
	cleanup_now();
	signal(sig, SIG_DFL);
	raise(sig);
}

void
cleanup_install(void)
{
	struct sigaction action = { .sa_handler = caught }, now;

	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&action.sa_mask, signals[i]);
	for (size_t i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	owner = getpid();
	atexit(cleanup_now);
}

void
cleanup_defer(void)
{
	deferred = 1;
}

int
cleanup_asked(void)
{
	return asked;
}

void
cleanup_obey(void)
{
	if (asked != 0)
		raise(asked);
}

static void
add_file(const char *path)
{
	size_t at = 0;

	while (at < FILES_MAX && files[at] != NULL)
		at++;
	if (at == FILES_MAX)
		internal_error("more than %d files under way", FILES_MAX);
	files[at] = xstrdup(path);
}

int
cleanup_create(const char *path)
{
	sigset_t before;
	int fd, error;

	block(&before);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	error = errno;
	if (fd >= 0)
		add_file(path);
	unblock(&before);
	errno = error;
	return fd;
}

void
cleanup_file_done(const char *path)
{
	char *copy = NULL;
	sigset_t before;

	block(&before);
	for (size_t i = 0; i < FILES_MAX && copy == NULL; i++)
		if (files[i] != NULL && strcmp(files[i], path) == 0) {
			copy = files[i];
			files[i] = NULL;
		}
	unblock(&before);
	free(copy);
}

/* In the child. */
static void
begin_anew(pid_t parent)
{
	struct sigaction now;

	memset(files, 0, sizeof(files));
	memset(children, 0, sizeof(children));
	for (size_t i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == caught)
			signal(signals[i], SIG_DFL);
	host_die_with_parent();
	/* It may have died before we asked. */
	if (getppid() != parent)
		_exit(3);
}

pid_t
cleanup_fork(void)
{
	size_t at = 0;
	pid_t parent = getpid(), pid;
	sigset_t before;
	int error;

	block(&before);
	while (at < CHILDREN_MAX && children[at] != 0)
		at++;
	if (at == CHILDREN_MAX)
		internal_error("more than %d children", CHILDREN_MAX);
	pid = fork();
	error = errno;
	if (pid == 0)
		begin_anew(parent);
	else if (pid > 0)
		children[at] = pid;
	unblock(&before);
	errno = error;
	return pid;
}

void
cleanup_reaped(pid_t pid)
{
	sigset_t before;

	block(&before);
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (children[i] == pid)
			children[i] = 0;
	unblock(&before);
}
