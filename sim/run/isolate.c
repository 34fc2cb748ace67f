/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes for cases: see isolate.h.
 */
#include "run/isolate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hostio.h"

#define JOBS_MAX 64

struct slot {
	pid_t pid;			/* 0: free */
	int fd;
	size_t index;
	uint64_t since_ns;
	bool late;
	char *bytes;
	size_t length, max;
};

struct pool {
	const struct isolate_work *work;
	struct slot *slot;
	struct isolated *result;	/* by index */
	bool *ready;
	struct crash_note *note;	/* by slot, shared with the children */
	size_t next, reported;
	bool stop;			/* done() has said so */
	int error;			/* errno: no child can be started */
};

/* ---- the child ---- */

static void
be_child(const struct isolate_work *work, size_t index, int fd)
{
	struct isolated result = { 0 };
	FILE *stream[ISOLATE_TEXTS];
	bool sent;

	for (int i = 0; i < ISOLATE_TEXTS; i++)
		if ((stream[i] = open_memstream(&result.text[i], &result.length[i])) == NULL)
			exit(3);
	work->child(work->arg, index, &result, stream);
	for (int i = 0; i < ISOLATE_TEXTS; i++)
		fclose(stream[i]);
	sent = write_all(fd, &result, sizeof(result));
	for (int i = 0; i < ISOLATE_TEXTS && sent; i++)
		sent = write_all(fd, result.text[i], result.length[i]);
	for (int i = 0; i < ISOLATE_TEXTS; i++)
		free(result.text[i]);
	close(fd);
	/* exit, not _exit: a coverage build writes its counters here. */
	exit(sent ? 0 : 3);
}

/* ---- the parent ---- */

/* 0 or an errno. */
static int
start(struct pool *pool, struct slot *slot)
{
	struct crash_note *note = &pool->note[slot - pool->slot];
	int fd[2], error;

	fflush(NULL);
	if (pipe(fd) != 0)
		return errno;
	memset(note, 0, sizeof(*note));
	slot->pid = cleanup_fork();
	if (slot->pid < 0) {
		error = errno;
		slot->pid = 0;
		close(fd[0]);
		close(fd[1]);
		return error;
	}
	if (slot->pid == 0) {
		close(fd[0]);
		crash_note_to(note);
		be_child(pool->work, pool->next, fd[1]);
	}
	close(fd[1]);
	slot->fd = fd[0];
	slot->index = pool->next++;
	slot->since_ns = host_ns();
	slot->late = false;
	slot->length = 0;
	return 0;
}

static bool
unpack(const struct slot *slot, struct isolated *result)
{
	size_t at = sizeof(*result);

	if (slot->length < at)
		return false;
	memcpy(result, slot->bytes, sizeof(*result));
	/* These are addresses in the child. */
	memset(result->text, 0, sizeof(result->text));
	for (int i = 0; i < ISOLATE_TEXTS; i++) {
		if (slot->length - at < result->length[i])
			return false;
		result->text[i] = malloc(result->length[i] + 1);
		if (result->text[i] == NULL)
			out_of_memory();
		memcpy(result->text[i], slot->bytes + at, result->length[i]);
		result->text[i][result->length[i]] = '\0';
		at += result->length[i];
	}
	return at == slot->length;
}

/* A result without any text; the verdict is still to come. */
static void
clear(struct isolated *result)
{
	for (int i = 0; i < ISOLATE_TEXTS; i++)
		free(result->text[i]);
	memset(result, 0, sizeof(*result));
	for (int i = 0; i < ISOLATE_TEXTS; i++)
		if ((result->text[i] = strdup("")) == NULL)
			out_of_memory();
}

static unsigned
seconds_of(const struct pool *pool)
{
	return pool->work->seconds != 0 ? pool->work->seconds : ISOLATE_SECONDS;
}

static void
broken(const struct pool *pool, const struct slot *slot, struct isolated *result, int status)
{
	clear(result);
	result->note = pool->note[slot - pool->slot];
	if (slot->late)
		verdict_none(&result->verdict, VERDICT_BROKEN, "not finished within %u s",
		    seconds_of(pool));
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		verdict_none(&result->verdict, VERDICT_BROKEN,
		    "not finished within %u s of processor time", CRASH_SECONDS);
	else if (WIFSIGNALED(status))
		verdict_none(&result->verdict, VERDICT_BROKEN,
		    "viosim itself died of signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		verdict_none(&result->verdict, VERDICT_BROKEN,
		    "viosim itself failed with exit code %d", WEXITSTATUS(status));
	else
		verdict_none(&result->verdict, VERDICT_BROKEN,
		    "its process ended without a result");
}

static void
skipped(const struct pool *pool, struct isolated *result)
{
	clear(result);
	if (pool->error != 0)
		verdict_none(&result->verdict, VERDICT_SKIPPED, "cannot start a process: %s",
		    strerror(pool->error));
	else
		verdict_none(&result->verdict, VERDICT_SKIPPED, "%s", pool->work->stopped);
}

static void
finish(struct pool *pool, struct slot *slot)
{
	struct isolated *result = &pool->result[slot->index];
	bool whole = unpack(slot, result);
	int status = 0;

	close(slot->fd);
	/* One that is late, or closed the pipe and goes on, would never end. */
	if (!whole)
		kill(slot->pid, SIGKILL);
	while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	cleanup_reaped(slot->pid);
	slot->pid = 0;
	if (status != 0 || !whole)
		broken(pool, slot, result, status);
	pool->ready[slot->index] = true;
}

static void
take(struct pool *pool, struct slot *slot)
{
	ssize_t n;

	if (slot->max - slot->length < 65536) {
		slot->max = 2 * slot->max + 65536;
		slot->bytes = realloc(slot->bytes, slot->max);
		if (slot->bytes == NULL)
			out_of_memory();
	}
	n = read(slot->fd, slot->bytes + slot->length, slot->max - slot->length);
	if (n > 0)
		slot->length += (size_t)n;
	else if (n == 0 || errno != EINTR)
		finish(pool, slot);
}

static void
hand_over(struct pool *pool, struct isolated *result)
{
	const struct isolate_work *work = pool->work;

	if (!work->done(work->arg, pool->reported, result) && work->stopped != NULL)
		pool->stop = true;
	for (int i = 0; i < ISOLATE_TEXTS; i++)
		free(result->text[i]);
	pool->reported++;
}

/* Hand over what is ready, in order; what was under way behind a stop does not count. */
static void
report(struct pool *pool)
{
	while (pool->reported < pool->work->count && pool->ready[pool->reported]) {
		struct isolated *result = &pool->result[pool->reported];

		if (pool->stop)
			skipped(pool, result);
		hand_over(pool, result);
	}
}

static void
report_skipped(struct pool *pool)
{
	while (pool->reported < pool->work->count) {
		struct isolated *result = &pool->result[pool->reported];

		skipped(pool, result);
		hand_over(pool, result);
	}
}

/* Milliseconds until somebody is late; ends those that are. */
static int
patience(struct pool *pool)
{
	uint64_t most = (uint64_t)seconds_of(pool) * 1000, least = most;

	for (unsigned i = 0; i < pool->work->jobs; i++) {
		struct slot *slot = &pool->slot[i];
		uint64_t spent = (host_ns() - slot->since_ns) / 1000000;

		if (slot->pid == 0)
			continue;
		if (spent >= most && !slot->late) {
			slot->late = true;
			kill(slot->pid, SIGKILL);
		} else if (spent < most && most - spent < least) {
			least = most - spent;
		}
	}
	return (int)least + 1;
}

static unsigned
wait_for_some(struct pool *pool)
{
	unsigned jobs = pool->work->jobs, n = 0;
	struct pollfd fds[JOBS_MAX];
	struct slot *of[JOBS_MAX];

	for (unsigned i = 0; i < jobs; i++) {
		if (pool->slot[i].pid == 0)
			continue;
		fds[n] = (struct pollfd){ .fd = pool->slot[i].fd, .events = POLLIN };
		of[n++] = &pool->slot[i];
	}
	if (n > 0 && poll(fds, n, patience(pool)) > 0)
		for (unsigned i = 0; i < n; i++)
			if (fds[i].revents != 0)
				take(pool, of[i]);
	return n;
}

/* With a child under way, one that cannot be started waits for its end. */
static void
fill(struct pool *pool)
{
	bool running = false;
	int error = 0;

	for (unsigned i = 0; i < pool->work->jobs; i++) {
		struct slot *slot = &pool->slot[i];

		if (slot->pid == 0 && !pool->stop && error == 0 &&
		    pool->next < pool->work->count)
			error = start(pool, slot);
		running = running || slot->pid != 0;
	}
	if (!running)
		pool->error = error;
}

bool
isolate_run(const struct isolate_work *work)
{
	struct isolate_work bounded = *work;
	struct pool pool = { .work = &bounded };
	unsigned running = 0;

	if (bounded.jobs > JOBS_MAX)
		bounded.jobs = JOBS_MAX;
	pool.slot = calloc(bounded.jobs, sizeof(pool.slot[0]));
	pool.result = calloc(work->count + 1, sizeof(pool.result[0]));
	pool.ready = calloc(work->count + 1, sizeof(pool.ready[0]));
	pool.note = mmap(NULL, JOBS_MAX * sizeof(pool.note[0]), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool.slot == NULL || pool.result == NULL || pool.ready == NULL ||
	    pool.note == MAP_FAILED)
		out_of_memory();
	do {
		fill(&pool);
		running = wait_for_some(&pool);
		report(&pool);
	} while (running > 0 || (pool.error == 0 && !pool.stop && pool.next < work->count));
	report_skipped(&pool);
	for (unsigned i = 0; i < bounded.jobs; i++)
		free(pool.slot[i].bytes);
	free(pool.slot);
	free(pool.result);
	free(pool.ready);
	munmap(pool.note, JOBS_MAX * sizeof(pool.note[0]));
	return pool.error == 0;
}
