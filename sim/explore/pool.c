/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers: see pool.h.
 *
 * Each worker has one socket to the parent: numbers of pieces go down it, texts come up with
 * their length before them.  A worker ends when the socket does.
 */
#include "explore/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"

#define JOBS_MAX 64
#define TICK_MS 200
#define AHEAD_MAX 4096		/* pieces done before an earlier one is */
#define WHY_MAX 96

struct header {
	uint64_t index, length;
};

struct worker {
	pid_t pid;			/* 0: none */
	int fd;
	bool busy;
	size_t index;			/* the piece it is at */
	int64_t since_ms;
	char *bytes;			/* what has come of its present answer */
	size_t length, max;
};

struct answer {
	bool ready;
	char *text;			/* NULL: lost */
	size_t length;
	char why[WHY_MAX];
};

struct pool {
	const struct pool_work *work;
	unsigned jobs;
	struct worker worker[JOBS_MAX];
	struct answer answer[AHEAD_MAX];	/* by index, modulo */
	size_t next, reported;
	bool stop, good;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

/* ---- the worker ---- */

static bool
write_all(int fd, const void *bytes, size_t length)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t n = send(fd, p, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		length -= (size_t)n;
	}
	return true;
}

static bool
read_number(int fd, uint64_t *number)
{
	ssize_t n;

	do
		n = recv(fd, number, sizeof(*number), MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*number);
}

static bool
do_piece(const struct pool_work *work, int fd, uint64_t index)
{
	struct header header = { .index = index };
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	bool sent;

	if (out == NULL)
		no_memory();
	work->piece(work->arg, (size_t)index, out);
	if (fclose(out) != 0)
		no_memory();
	header.length = length;
	sent = write_all(fd, &header, sizeof(header)) && write_all(fd, text, length);
	free(text);
	return sent;
}

static void
be_worker(const struct pool_work *work, int fd)
{
	uint64_t index;

	if (work->begin != NULL)
		work->begin(work->arg);
	while (read_number(fd, &index) && do_piece(work, fd, index))
		continue;
	close(fd);
	/* exit, not _exit: a coverage build writes its counters here. */
	exit(0);
}

/* ---- the parent: workers ---- */

static bool
start(struct pool *pool, struct worker *worker)
{
	int fd[2];

	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
		return false;
	worker->pid = cleanup_fork();
	if (worker->pid < 0) {
		worker->pid = 0;
		close(fd[0]);
		close(fd[1]);
		return false;
	}
	if (worker->pid == 0) {
		/* A socket that others hold too would never end. */
		close(fd[0]);
		for (unsigned i = 0; i < pool->jobs; i++)
			if (pool->worker[i].pid != 0)
				close(pool->worker[i].fd);
		be_worker(pool->work, fd[1]);
	}
	close(fd[1]);
	worker->fd = fd[0];
	worker->busy = false;
	worker->length = 0;
	return true;
}

/* Wait for the end of a worker whose socket ended, or that was killed. */
static int
bury(struct worker *worker)
{
	int status = 0;

	close(worker->fd);
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	cleanup_reaped(worker->pid);
	worker->pid = 0;
	return status;
}

static void
lose(struct pool *pool, const struct worker *worker, int status, bool late)
{
	struct answer *answer = &pool->answer[worker->index % AHEAD_MAX];

	answer->ready = true;
	answer->text = NULL;
	answer->length = 0;
	if (late)
		snprintf(answer->why, sizeof(answer->why), "not done within %u s",
		    pool->work->seconds);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		snprintf(answer->why, sizeof(answer->why),
		    "not done within the limit of processor time");
	else if (WIFSIGNALED(status))
		snprintf(answer->why, sizeof(answer->why), "its process died of signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(answer->why, sizeof(answer->why), "its process ended with exit code %d",
		    WEXITSTATUS(status));
}

static void
ended(struct pool *pool, struct worker *worker, bool late)
{
	int status;

	/* One that closed its socket and goes on would never end. */
	if (late || worker->busy)
		kill(worker->pid, SIGKILL);
	status = bury(worker);
	if (worker->busy)
		lose(pool, worker, status, late);
	worker->busy = false;
}

static void
hand_out(struct pool *pool, struct worker *worker)
{
	uint64_t index = pool->next;

	worker->index = pool->next++;
	worker->busy = true;
	worker->since_ms = now_ms();
	/* Of a worker that has gone we hear when we read. */
	write_all(worker->fd, &index, sizeof(index));
}

static bool
has_work(const struct pool *pool)
{
	return !pool->stop && pool->next < pool->work->count &&
	    pool->next - pool->reported < AHEAD_MAX;
}

static void
fill(struct pool *pool)
{
	for (unsigned i = 0; i < pool->jobs && pool->good; i++) {
		struct worker *worker = &pool->worker[i];

		if (worker->busy || !has_work(pool))
			continue;
		if (worker->pid == 0 && !start(pool, worker)) {
			fprintf(stderr, "viosim: cannot start a process: %s\n",
			    strerror(errno));
			pool->good = false;
			return;
		}
		hand_out(pool, worker);
	}
}

/* ---- the parent: answers ---- */

/* Is the answer complete?  Then keep its text. */
static void
unpack(struct pool *pool, struct worker *worker)
{
	struct answer *answer = &pool->answer[worker->index % AHEAD_MAX];
	struct header header;

	if (worker->length < sizeof(header))
		return;
	memcpy(&header, worker->bytes, sizeof(header));
	if (worker->length - sizeof(header) < header.length)
		return;
	answer->text = malloc(header.length + 1);
	if (answer->text == NULL)
		no_memory();
	memcpy(answer->text, worker->bytes + sizeof(header), header.length);
	answer->text[header.length] = '\0';
	answer->length = header.length;
	answer->ready = true;
	worker->length = 0;
	worker->busy = false;
}

static void
take(struct pool *pool, struct worker *worker)
{
	ssize_t n;

	if (worker->max - worker->length < 65536) {
		worker->max = 2 * worker->max + 65536;
		worker->bytes = realloc(worker->bytes, worker->max);
		if (worker->bytes == NULL)
			no_memory();
	}
	n = recv(worker->fd, worker->bytes + worker->length, worker->max - worker->length, 0);
	if (n > 0) {
		worker->length += (size_t)n;
		unpack(pool, worker);
	} else if (n == 0 || errno != EINTR) {
		ended(pool, worker, false);
	}
}

/* Milliseconds until somebody is late or it is time for a tick; -1: neither. */
static int
patience(const struct pool *pool)
{
	int64_t now = now_ms(), least = pool->work->tick != NULL ? TICK_MS : -1;

	for (unsigned i = 0; i < pool->jobs && pool->work->seconds > 0; i++) {
		const struct worker *worker = &pool->worker[i];
		int64_t left = worker->since_ms + (int64_t)pool->work->seconds * 1000 - now;

		if (!worker->busy)
			continue;
		if (left < 0)
			left = 0;
		if (least < 0 || left < least)
			least = left;
	}
	return (int)least;
}

static void
end_late_ones(struct pool *pool)
{
	int64_t now = now_ms();

	for (unsigned i = 0; i < pool->jobs && pool->work->seconds > 0; i++) {
		struct worker *worker = &pool->worker[i];

		if (worker->busy &&
		    now - worker->since_ms >= (int64_t)pool->work->seconds * 1000)
			ended(pool, worker, true);
	}
}

static unsigned
wait_for_some(struct pool *pool)
{
	struct pollfd fds[JOBS_MAX];
	struct worker *of[JOBS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < pool->jobs; i++) {
		if (!pool->worker[i].busy)
			continue;
		fds[n] = (struct pollfd){ .fd = pool->worker[i].fd, .events = POLLIN };
		of[n++] = &pool->worker[i];
	}
	if (n == 0)
		return 0;
	if (poll(fds, n, patience(pool)) > 0)
		for (unsigned i = 0; i < n; i++)
			if (fds[i].revents != 0)
				take(pool, of[i]);
	end_late_ones(pool);
	return n;
}

/* Hand over what is ready, in order. */
static void
report(struct pool *pool)
{
	const struct pool_work *work = pool->work;

	while (pool->reported < work->count && !pool->stop) {
		struct answer *answer = &pool->answer[pool->reported % AHEAD_MAX];

		if (!answer->ready)
			break;
		pool->stop = !work->done(work->arg, pool->reported, answer->text,
		    answer->length, answer->text == NULL ? answer->why : NULL);
		free(answer->text);
		*answer = (struct answer){ 0 };
		pool->reported++;
	}
	if (work->tick != NULL && !work->tick(work->arg, pool->reported))
		pool->stop = true;
}

/* Those that are at a piece that nobody wants any more are not waited for. */
static void
dismiss(struct pool *pool)
{
	for (unsigned i = 0; i < pool->jobs; i++) {
		struct worker *worker = &pool->worker[i];

		if (worker->pid != 0 && worker->busy)
			kill(worker->pid, SIGKILL);
		if (worker->pid != 0)
			bury(worker);
		free(worker->bytes);
	}
	for (unsigned i = 0; i < AHEAD_MAX; i++)
		free(pool->answer[i].text);
}

bool
pool_run(const struct pool_work *work)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	unsigned busy;
	bool good;

	if (pool == NULL)
		no_memory();
	pool->work = work;
	pool->good = true;
	pool->jobs = work->jobs < 1 ? 1 : work->jobs > JOBS_MAX ? JOBS_MAX : work->jobs;
	do {
		fill(pool);
		busy = wait_for_some(pool);
		report(pool);
	} while (!pool->stop && pool->good && (busy > 0 || has_work(pool)));
	dismiss(pool);
	good = pool->good;
	free(pool);
	return good;
}
