/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes for cases: see isolate.h.
 */
#include "run/isolate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

struct slot {
	pid_t pid;			/* 0: free */
	int fd;
	size_t index;
	char *bytes;
	size_t length, max;
};

struct pool {
	const struct isolate_work *work;
	struct slot *slot;
	struct isolated *result;	/* by index */
	bool *ready;
	size_t next, reported;
	bool stop;			/* done() has said so */
	int error;			/* errno: no child can be started */
};

/* ---- the child ---- */

static bool
write_all(int fd, const void *bytes, size_t length)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		length -= (size_t)n;
	}
	return true;
}

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
	int fd[2], error;

	fflush(NULL);
	if (pipe(fd) != 0)
		return errno;
	slot->pid = fork();
	if (slot->pid < 0) {
		error = errno;
		slot->pid = 0;
		close(fd[0]);
		close(fd[1]);
		return error;
	}
	if (slot->pid == 0) {
		close(fd[0]);
		be_child(pool->work, pool->next, fd[1]);
	}
	close(fd[1]);
	slot->fd = fd[0];
	slot->index = pool->next++;
	slot->length = 0;
	return 0;
}

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
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
			no_memory();
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
			no_memory();
}

static void
broken(struct isolated *result, int status)
{
	clear(result);
	if (WIFSIGNALED(status))
		verdict_none(&result->verdict, VERDICT_BROKEN,
		    "viosim itself died of signal %d", WTERMSIG(status));
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
	int status = 0;

	close(slot->fd);
	while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	slot->pid = 0;
	if (status != 0 || !unpack(slot, result))
		broken(result, status);
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
			no_memory();
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

static unsigned
wait_for_some(struct pool *pool)
{
	unsigned jobs = pool->work->jobs, n = 0;
	struct pollfd fds[64];
	struct slot *of[64];

	for (unsigned i = 0; i < jobs; i++) {
		if (pool->slot[i].pid == 0)
			continue;
		fds[n] = (struct pollfd){ .fd = pool->slot[i].fd, .events = POLLIN };
		of[n++] = &pool->slot[i];
	}
	if (n > 0 && poll(fds, n, -1) > 0)
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

	if (bounded.jobs > 64)
		bounded.jobs = 64;
	pool.slot = calloc(bounded.jobs, sizeof(pool.slot[0]));
	pool.result = calloc(work->count + 1, sizeof(pool.result[0]));
	pool.ready = calloc(work->count + 1, sizeof(pool.ready[0]));
	if (pool.slot == NULL || pool.result == NULL || pool.ready == NULL)
		no_memory();
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
	return pool.error == 0;
}
