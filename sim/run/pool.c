/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers: see pool.h.
 *
 * Each worker has one socket to the parent: numbers of pieces go down it, texts come up behind
 * a header.  A worker ends when the socket does.
 */
#include "run/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hostio.h"
#include "base/sbuf.h"
#include "base/vec.h"

#define TICK_MS 200
#define AHEAD_MAX 4096		/* pieces done before an earlier one is */
#define WHY_MAX (ALLOC_REASON + 16)

/* Before the text of a piece. */
struct header {
	uint64_t length;
	uint64_t last;			/* whether the process ends with it */
};

struct worker {
	pid_t pid;			/* 0: none */
	int fd;
	bool busy, late;
	size_t index;			/* the piece it is at */
	uint64_t since_ns;
	struct { VEC_MEMBERS(char); } bytes;	/* what has come of its piece */
};

struct outcome {
	bool ready;
	struct pool_result result;
	char why[WHY_MAX];
};

/* What a worker that dies leaves behind. */
struct last_words {
	struct crash_note note;
	struct alloc_end end;
};

struct pool {
	const struct pool_work *work;
	unsigned jobs;
	struct worker *worker;
	struct last_words *last;	/* by worker, shared with it */
	struct pollfd *polled;		/* by worker; of one that is not busy, no descriptor */
	struct outcome outcome[AHEAD_MAX];	/* by index, modulo */
	size_t next, reported;
	bool stop;
	int error;			/* errno: no worker can be started */
};

/* ---- the worker ---- */

/* SIGPIPE would end a worker whose parent is gone without its counters of coverage. */
static bool
send_all(int fd, const void *bytes, size_t length)
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
receive_number(int fd, uint64_t *number)
{
	ssize_t n;

	do
		n = recv(fd, number, sizeof(*number), MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*number);
}

/* False: what came of it did not get away. */
static bool
do_piece(const struct pool_work *work, int fd, size_t index, struct header *header)
{
	struct sbuf buf;
	bool sent;

	header->last = !work->piece(work->arg, index, sbuf_open(&buf));
	sbuf_close(&buf);
	header->length = buf.length;
	sent = send_all(fd, header, sizeof(*header)) && send_all(fd, buf.text, buf.length);
	free(buf.text);
	return sent;
}

static void
be_worker(const struct pool_work *work, int fd)
{
	struct header header = { .last = false };
	bool sent = true;
	uint64_t index;

	if (work->begin != NULL)
		work->begin(work->arg);
	while (sent && !header.last && receive_number(fd, &index))
		sent = do_piece(work, fd, (size_t)index, &header);
	close(fd);
	/* exit, not _exit: a coverage build writes its counters here. */
	exit(sent ? 0 : 3);
}

/* ---- the parent: workers ---- */

/* 0 or an errno. */
static int
start(struct pool *pool, struct worker *worker)
{
	struct last_words *last = &pool->last[worker - pool->worker];
	int fd[2], error;

	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
		return errno;
	memset(last, 0, sizeof(*last));
	worker->pid = cleanup_fork();
	if (worker->pid < 0) {
		error = errno;
		worker->pid = 0;
		close(fd[0]);
		close(fd[1]);
		return error;
	}
	if (worker->pid == 0) {
		/* A socket that others hold too would never end. */
		close(fd[0]);
		for (unsigned i = 0; i < pool->jobs; i++)
			if (pool->worker[i].pid != 0)
				close(pool->worker[i].fd);
		crash_note_to(&last->note);
		alloc_end_to(&last->end);
		be_worker(pool->work, fd[1]);
	}
	close(fd[1]);
	worker->fd = fd[0];
	worker->busy = worker->late = false;
	worker->bytes.count = 0;
	return 0;
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
say_why(const struct pool *pool, const struct worker *worker, int status, char why[WHY_MAX])
{
	const struct alloc_end *end = &pool->last[worker - pool->worker].end;

	if (worker->late)
		snprintf(why, WHY_MAX, "not finished within %u s", pool->work->seconds);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		snprintf(why, WHY_MAX, "not finished within %u s of processor time",
		    CRASH_SECONDS);
	else if (WIFSIGNALED(status))
		snprintf(why, WHY_MAX, "viosim itself died of signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (end->reason[0] != '\0')
		snprintf(why, WHY_MAX, "not finished: %s", end->reason);
	else if (WEXITSTATUS(status) != 0)
		snprintf(why, WHY_MAX, "viosim itself failed with exit code %d",
		    WEXITSTATUS(status));
	else
		snprintf(why, WHY_MAX, "its process ended without a result");
}

/* Has all of its piece come? */
static bool
is_whole(const struct worker *worker, struct header *header)
{
	if (worker->bytes.count < sizeof(*header))
		return false;
	memcpy(header, worker->bytes.item, sizeof(*header));
	return worker->bytes.count - sizeof(*header) >= header->length;
}

static void
deliver(struct pool *pool, struct worker *worker)
{
	struct outcome *outcome = &pool->outcome[worker->index % AHEAD_MAX];
	size_t length = worker->bytes.count - sizeof(struct header);
	char *text = xmalloc(length + 1);

	memcpy(text, worker->bytes.item + sizeof(struct header), length);
	text[length] = '\0';
	outcome->result = (struct pool_result){ .text = text, .length = length };
	outcome->ready = true;
	worker->bytes.count = 0;
	worker->busy = false;
}

/* Its socket ended, or it is late. */
static void
ended(struct pool *pool, struct worker *worker)
{
	const struct last_words *last = &pool->last[worker - pool->worker];
	struct header header;
	bool whole = is_whole(worker, &header);
	struct outcome *outcome;
	int status;

	/* One that is late, or closed its socket and goes on, would never end. */
	if (worker->busy && !whole)
		kill(worker->pid, SIGKILL);
	status = bury(worker);
	if (worker->busy && whole && status == 0) {
		deliver(pool, worker);
	} else if (worker->busy) {
		outcome = &pool->outcome[worker->index % AHEAD_MAX];
		outcome->ready = true;
		outcome->result = (struct pool_result){
			.why = outcome->why, .no_memory = last->end.no_memory, .note = last->note,
		};
		say_why(pool, worker, status, outcome->why);
	}
	worker->busy = false;
}

static void
send_piece(struct pool *pool, struct worker *worker)
{
	uint64_t index = pool->next;

	worker->index = pool->next++;
	worker->busy = true;
	worker->since_ns = host_ns();
	/* Of a worker that has gone we hear when we read. */
	send_all(worker->fd, &index, sizeof(index));
}

static bool
has_work(const struct pool *pool)
{
	return !pool->stop && pool->next < pool->work->count &&
	    pool->next - pool->reported < AHEAD_MAX;
}

/* With a piece under way, a worker that cannot be started waits for its end. */
static void
fill(struct pool *pool)
{
	bool running = false;
	int error = 0;

	for (unsigned i = 0; i < pool->jobs; i++) {
		struct worker *worker = &pool->worker[i];

		if (!worker->busy && error == 0 && has_work(pool)) {
			if (worker->pid == 0)
				error = start(pool, worker);
			if (error == 0)
				send_piece(pool, worker);
		}
		running = running || worker->busy;
	}
	if (!running)
		pool->error = error;
}

/* ---- the parent: what comes back ---- */

static void
take(struct pool *pool, struct worker *worker)
{
	char bytes[65536];
	struct header header;
	ssize_t n = recv(worker->fd, bytes, sizeof(bytes), 0);

	if (n > 0) {
		memcpy(vec_add_n(&worker->bytes, (size_t)n), bytes, (size_t)n);
		/* If its process ends with it, that is awaited, and how it ends. */
		if (is_whole(worker, &header) && !header.last)
			deliver(pool, worker);
	} else if (n == 0 || errno != EINTR) {
		ended(pool, worker);
	}
}

/* Milliseconds until somebody is late or it is time for a tick, -1: neither. */
static int
patience(const struct pool *pool)
{
	int64_t least = pool->work->tick != NULL ? TICK_MS : -1;
	uint64_t now = host_ns();

	for (unsigned i = 0; i < pool->jobs && pool->work->seconds > 0; i++) {
		const struct worker *worker = &pool->worker[i];
		int64_t left = (int64_t)pool->work->seconds * 1000 -
		    (int64_t)((now - worker->since_ns) / 1000000);

		if (worker->busy && (least < 0 || left < least))
			least = left > 0 ? left : 0;
	}
	return (int)least;
}

static void
end_late_ones(struct pool *pool)
{
	uint64_t now = host_ns();

	for (unsigned i = 0; i < pool->jobs && pool->work->seconds > 0; i++) {
		struct worker *worker = &pool->worker[i];

		if (worker->busy && now - worker->since_ns >=
		    (uint64_t)pool->work->seconds * UINT64_C(1000000000)) {
			worker->late = true;
			ended(pool, worker);
		}
	}
}

/* False: nobody is busy. */
static bool
wait_for_some(struct pool *pool)
{
	bool busy = false;

	for (unsigned i = 0; i < pool->jobs; i++) {
		const struct worker *worker = &pool->worker[i];

		pool->polled[i] = (struct pollfd){
			.fd = worker->busy ? worker->fd : -1, .events = POLLIN,
		};
		busy |= worker->busy;
	}
	if (!busy)
		return false;
	if (poll(pool->polled, pool->jobs, patience(pool)) > 0)
		for (unsigned i = 0; i < pool->jobs; i++)
			if (pool->polled[i].revents != 0)
				take(pool, &pool->worker[i]);
	end_late_ones(pool);
	return true;
}

/* Hand over what is ready, in order. */
static void
report(struct pool *pool)
{
	const struct pool_work *work = pool->work;

	while (pool->reported < work->count && !pool->stop) {
		struct outcome *outcome = &pool->outcome[pool->reported % AHEAD_MAX];

		if (!outcome->ready)
			break;
		pool->stop = !work->done(work->arg, pool->reported, &outcome->result);
		free((void *)(uintptr_t)outcome->result.text);
		*outcome = (struct outcome){ 0 };
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
		vec_fini(&worker->bytes);
	}
	for (unsigned i = 0; i < AHEAD_MAX; i++)
		free((void *)(uintptr_t)pool->outcome[i].result.text);
}

int
pool_run(const struct pool_work *work)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));
	unsigned jobs = work->jobs > 0 ? work->jobs : 1;
	size_t shared = jobs * sizeof(pool->last[0]);
	bool busy;
	int error;

	pool->work = work;
	pool->jobs = jobs;
	pool->worker = xcalloc(jobs, sizeof(pool->worker[0]));
	pool->polled = xcalloc(jobs, sizeof(pool->polled[0]));
	pool->last = mmap(NULL, shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool->last == MAP_FAILED)
		out_of_memory();
	do {
		fill(pool);
		busy = wait_for_some(pool);
		report(pool);
	} while (!pool->stop && pool->error == 0 && (busy || has_work(pool)));
	dismiss(pool);
	error = pool->stop ? 0 : pool->error;
	munmap(pool->last, shared);
	free(pool->polled);
	free(pool->worker);
	free(pool);
	return error;
}

bool
pool_run_all(const struct pool_work *work)
{
	int error = pool_run(work);

	if (error != 0)
		fprintf(stderr, "viosim: cannot start a process: %s\n", strerror(error));
	return error == 0;
}
