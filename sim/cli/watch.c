/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To do something again whenever files change: see watch.h.
 *
 * What has changed is seen in the files themselves.  inotify(7), where there is one, only says when
 * to look; elsewhere, or for a folder that it cannot watch, they are looked at twice a second.
 */
#include "cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include "base/cleanup.h"
#include "cli/cli.h"
#include "scenario/arena.h"

#define LOOK_MS 500		/* without inotify, and at the latest */
#define QUIET_MS 100		/* without a change: what is written is complete */

struct watched {
	const char *const *(*files)(void *arg, struct arena *arena);
	void *arg;
	int events;		/* inotify's descriptor, or -1 */
	size_t count;		/* files, when they were last looked at */
};

/* The folder of a file becomes one that events come from. */
static void
watch_folder(const struct watched *w, const char *file, struct arena *arena)
{
#ifdef __linux__
	const char *slash = strrchr(file, '/');

	if (w->events >= 0)
		inotify_add_watch(w->events, slash == NULL ? "." :
		    arena_copy(arena, file, (size_t)(slash - file) + 1),
		    IN_CLOSE_WRITE | IN_CREATE | IN_MOVE | IN_DELETE | IN_ATTRIB);
#else
	(void)w, (void)file, (void)arena;
#endif
}

static uint64_t
mix(uint64_t sum, const void *data, size_t size)
{
	for (const unsigned char *p = data; size-- > 0; p++)
		sum = (sum ^ *p) * UINT64_C(0x100000001b3);
	return sum;
}

/* A number that changes when a file does, or which there are. */
static uint64_t
look(struct watched *w)
{
	struct arena *arena = arena_new();
	const char *const *files = w->files(w->arg, arena);
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	struct stat st;

	w->count = 0;
	for (; *files != NULL; files++, w->count++) {
		watch_folder(w, *files, arena);
		sum = mix(sum, *files, strlen(*files) + 1);
		if (stat(*files, &st) != 0)
			continue;
		sum = mix(sum, &st.st_ino, sizeof(st.st_ino));
		sum = mix(sum, &st.st_size, sizeof(st.st_size));
		sum = mix(sum, &st.st_mtim, sizeof(st.st_mtim));
	}
	arena_free(arena);
	return sum;
}

/* Until something happens in a folder, but not longer. */
static void
await(const struct watched *w, int ms)
{
	struct pollfd wait = { .fd = w->events, .events = POLLIN };
	char events[4096];

	if (poll(&wait, 1, ms) > 0 && read(w->events, events, sizeof(events)) < 0)
		usleep((useconds_t)ms * 1000);
}

/* Returns when the files are no longer as they were, and nobody writes any more. */
static uint64_t
await_change(struct watched *w, uint64_t before)
{
	uint64_t now = before, last;

	while (now == before) {
		await(w, LOOK_MS);
		now = look(w);
	}
	do {
		last = now;
		usleep(QUIET_MS * 1000);
		now = look(w);
	} while (now != last);
	return now;
}

/* False: there is no child. */
static bool
run_child(int (*work)(void *arg), void *arg)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = cleanup_fork();
	if (pid < 0) {
		fprintf(stderr, "viosim: cannot start a process: %s\n", strerror(errno));
		return false;
	}
	if (pid == 0) {
		cleanup_install();
		exit(cli_output_end(work(arg)));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	cleanup_reaped(pid);
	return true;
}

int
watch(const char *const *(*files)(void *arg, struct arena *arena), int (*work)(void *arg),
    void *arg)
{
	struct watched w = { .files = files, .arg = arg, .events = -1 };
	uint64_t now;

#ifdef __linux__
	w.events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
#endif
	for (now = look(&w); run_child(work, arg); now = await_change(&w, now))
		fprintf(stderr, "viosim: %zu files are watched; Ctrl-C ends\n", w.count);
	if (w.events >= 0)
		close(w.events);
	return CLI_BROKEN;
}
