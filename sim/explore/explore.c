/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploring: see explore.h.
 */
#include "explore/explore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hostio.h"
#include "base/sbuf.h"
#include "run/pool.h"

struct explore_queue {
	struct { VEC_MEMBERS(struct job); } later, round;	/* round: of the lowest rank */
	struct record_line line;
	struct worker worker;		/* a worker's */
	bool stop;
};

static bool
is_late(const struct explore *explore)
{
	return cleanup_asked() != 0 || (explore->options.ms_max != 0 &&
	    host_ns() - explore->begin_ns >= explore->options.ms_max * UINT64_C(1000000));
}

/* ---- the queue ---- */

void
explore_add(struct explore *explore, const struct job *job)
{
	struct job *added = vec_add(&explore->queue->later);

	*added = *job;
	added->plan.class = device_class_of(explore->c[job->number].scenario->device.type);
	explore->jobs_known++;
	explore->bases_known += job->is_base;
}

bool
explore_is_ours(const struct explore *explore, uint64_t number)
{
	const struct explore_options *options = &explore->options;

	return options->shards == 0 || number % options->shards == options->shard - 1;
}

unsigned
explore_depth(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;

	return options->strategy == &explore_bounded ? options->preemptions + 1 : options->depth;
}

static int
by_turn(const void *a, const void *b)
{
	const struct job *one = a, *other = b;
	int order = (one->turn > other->turn) - (one->turn < other->turn);

	return order != 0 ? order :
	    (one->number > other->number) - (one->number < other->number);
}

/* Take the jobs of the lowest rank out. */
static bool
next_round(struct explore_queue *queue)
{
	unsigned rank = UINT32_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < queue->later.count; i++)
		if (queue->later.item[i].rank < rank)
			rank = queue->later.item[i].rank;
	queue->round.count = 0;
	for (size_t i = 0; i < queue->later.count; i++)
		if (queue->later.item[i].rank == rank)
			*(struct job *)vec_add(&queue->round) = queue->later.item[i];
		else
			queue->later.item[kept++] = queue->later.item[i];
	queue->later.count = kept;
	vec_sort(&queue->round, by_turn);
	return queue->round.count > 0;
}

static char *
job_name(const struct explore *explore, const struct job *job)
{
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);

	fprintf(stream, "%s | ", explore->c[job->number].id);
	plan_print(&job->plan, stream);
	fprintf(stream, " | %u/%zu", job->kind, job->at);
	if (job->count > 0)
		fprintf(stream, " | seeds %" PRIu64 "+%" PRIu64, job->seed, job->count);
	return sbuf_close(&buf);
}

/* ---- what two parts have in common ---- */

static uint64_t
hash_of_cases(const struct explore *explore)
{
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);
	uint64_t hash;

	for (size_t i = 0; i < explore->cases; i++) {
		fprintf(stream, "%s\n", explore->c[i].id);
		scenario_print(explore->c[i].scenario, stream);
	}
	sbuf_close(&buf);
	hash = trace_hash(buf.text, buf.length);
	free(buf.text);
	return hash;
}

char *
explore_describe(const struct explore *explore)
{
	const struct explore_options *o = &explore->options;
	uint64_t cases = hash_of_cases(explore);

	if (o->strategy == &explore_sweep)
		return xasprintf("sweep%s%s%s%s%s cases=%016" PRIx64,
		    o->no_faults ? " no-faults" : "", o->no_interrupts ? " no-interrupts" : "",
		    o->contract ? " contract" : "", o->all_stacks ? " all-stacks" : "",
		    o->pairs ? " pairs" : "", cases);
	if (o->strategy == &explore_drawn)
		return xasprintf("drawn depth=%u seed=%" PRIu64 " cases=%016" PRIx64, o->depth,
		    o->seed, cases);
	return xasprintf("preemptions=%u faults=%u%s cases=%016" PRIx64, o->preemptions,
	    o->faults, o->reduction ? "" : " no-reduction", cases);
}

/*
 * ---- finished jobs in a file, so that an exploration can go on where it was ended ----
 *
 * The first line says what was explored: driver, cases, bounds.  Then, for each job, a line with
 * its name and what it wrote.  A line without an end was being written when the program was ended:
 * it is forgotten.  Each line is sealed (record.h): a file in which any line was changed, removed,
 * doubled or moved is refused with the number of that line.
 */

struct explore_state {
	const char *path;
	FILE *file;
	struct seal seal;		/* of the lines up to where the next is written */
	json_t *jobs;			/* name: what it wrote */
};

static uint64_t
hash_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char bytes[65536];
	struct sbuf buf;
	FILE *all = sbuf_open(&buf);
	uint64_t hash;
	size_t n;

	while (file != NULL && (n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		fwrite(bytes, 1, n, all);
	if (file != NULL)
		fclose(file);
	sbuf_close(&buf);
	hash = trace_hash(buf.text, buf.length);
	free(buf.text);
	return hash;
}

static char *
header_of(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;
	char *what = explore_describe(explore);
	char *text = xasprintf("{\"viosim-jobs\":%u,\"driver\":\"%016" PRIx64 "\","
	    "\"options\":\"%s\",\"lines\":%s,\"part\":\"%u/%u\"}", RECORD_VERSION,
	    hash_file(module_path(explore->module)), what, options->lines ? "true" : "false",
	    options->shard, options->shards);

	free(what);
	return text;
}

static bool
complain(const char *path, size_t line, const char *what)
{
	fprintf(stderr, "%s:%zu: error: %s\n", path, line, what);
	return false;
}

/* One line without its newline; NULL at the end, or when it has no newline: cut off. */
static char *
next_line(FILE *file, size_t *length)
{
	char *line = NULL;
	size_t max = 0;
	ssize_t n = getline(&line, &max, file);

	if (n <= 0 || line[n - 1] != '\n') {
		free(line);
		return NULL;
	}
	line[n - 1] = '\0';
	*length = (size_t)n - 1;
	return line;
}

/* *good_end is behind the last whole line; 0 before. */
static bool
read_all(struct explore_state *state, const char *header, long *good_end)
{
	bool good = true;
	size_t length;
	char *line;

	for (size_t n = 1; good && (line = next_line(state->file, &length)) != NULL; n++) {
		good = seal_open(&state->seal, line, &length);
		if (good && n > 1) {
			json_t *job = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

			json_object_set(state->jobs, json_string_value(json_object_get(job, "job")),
			    json_object_get(job, "wrote"));
			json_decref(job);
		} else if (n > 1) {
			complain(state->path, n, "this line is not what was written here: it, "
			    "or a line before it, was changed, removed, added or moved; remove "
			    "the file to begin anew");
		} else {
			good = good && strcmp(line, header) == 0;
		}
		if (good)
			*good_end = ftell(state->file);
		free(line);
	}
	if (*good_end == 0)
		return complain(state->path, 1, "this is no state file of this exploration "
		    "(another driver, other scenarios or bounds, with or without --ndjson, "
		    "another viosim); remove it or name another file");
	return good && (!ferror(state->file) || complain(state->path, 1, strerror(errno)));
}

static bool
cannot_write(const char *path)
{
	fprintf(stderr, "viosim: cannot write %s: %s\n", path, strerror(errno));
	return false;
}

/* For reading and writing; nothing but a file can be gone on with. */
static FILE *
open_file(const char *path, bool *is_new)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	FILE *file = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		cannot_write(path);
	else if (!S_ISREG(st.st_mode))
		fprintf(stderr, "viosim: %s is no regular file; finished work can be kept in "
		    "no other\n", path);
	else if ((file = fdopen(fd, "r+")) == NULL)
		cannot_write(path);
	*is_new = file != NULL && st.st_size == 0;
	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

static bool
begin_file(struct explore_state *state, const char *header)
{
	seal_write(&state->seal, header, strlen(header), state->file);
	return (fflush(state->file) == 0 && !ferror(state->file)) || cannot_write(state->path);
}

/* What is behind the last whole job is forgotten. */
static bool
cut_behind(struct explore_state *state, long end)
{
	return (ftruncate(fileno(state->file), end) == 0 &&
	    fseek(state->file, end, SEEK_SET) == 0) || cannot_write(state->path);
}

static void
state_close(struct explore_state *state)
{
	if (state == NULL)
		return;
	if (state->file != NULL)
		fclose(state->file);
	json_decref(state->jobs);
	free(state);
}

/*
 * NULL after a message: *bad if the file is broken, or of another exploration; else it cannot be
 * read or written.
 */
static struct explore_state *
state_open(const char *path, const struct explore *explore, bool *bad)
{
	struct explore_state *state = xcalloc(1, sizeof(*state));
	char *header = header_of(explore);
	bool good, is_new;
	long end = 0;

	state->jobs = json_object();
	state->path = path;
	state->file = open_file(path, &is_new);
	if (state->file == NULL)
		good = false;
	else if (!is_new)
		good = !(*bad = !read_all(state, header, &end)) &&
		    cut_behind(state, end);
	else
		good = begin_file(state, header);
	free(header);
	if (good)
		return state;
	state_close(state);
	return NULL;
}

/* What the job of that name wrote, or NULL. */
static const char *
state_find(const struct explore_state *state, const char *name)
{
	return state == NULL ? NULL : json_string_value(json_object_get(state->jobs, name));
}

/* False when the host's disk is full, or the like. */
static bool
state_add(struct explore_state *state, const char *name, const char *text)
{
	json_t *job;
	char *line;
	bool good;

	if (state == NULL || state_find(state, name) != NULL)
		return true;
	job = json_pack("{s:s, s:s}", "job", name, "wrote", text);
	line = json_dumps(job, JSON_COMPACT);
	if (line == NULL)
		out_of_memory();
	seal_write(&state->seal, line, strlen(line), state->file);
	good = fflush(state->file) == 0 && !ferror(state->file);
	free(line);
	json_decref(job);
	if (!good)
		fprintf(stderr, "viosim: cannot write %s: %s; the jobs in it are whole, and the "
		    "next exploration goes on from there\n", state->path, strerror(errno));
	return good;
}

/* ---- in the worker ---- */

static void
begin(void *arg)
{
	struct explore *explore = arg;

	worker_init(&explore->queue->worker, explore);
}

static bool
piece(void *arg, size_t index, FILE *out)
{
	struct explore *explore = arg;
	const struct job *job = &explore->queue->round.item[index];
	char *name = job_name(explore, job);
	const char *kept = state_find(explore->kept, name);

	if (kept != NULL)
		fputs(kept, out);
	else
		explore->options.strategy->work(&explore->queue->worker, job, out);
	free(name);
	return true;
}

/* ---- in the parent: what a job wrote ---- */

/* No number is that of a run in another part. */
static uint64_t
number_of(const struct explore *explore, const struct job *job, uint64_t in_job, uint64_t before)
{
	const struct explore_options *o = &explore->options;

	if (job->first != 0)
		return job->first + in_job;
	return o->shards == 0 ? before + in_job + 1 :
	    (before + in_job) * o->shards + o->shard;
}

static void
take_run(struct explore *explore, const struct record *run)
{
	size_t known = explore->tally.clusters.count;

	tally_add(&explore->tally, run);
	for (; explore->found != NULL && known < explore->tally.clusters.count; known++)
		if (tally_is_first(&explore->tally, known))
			explore->found(explore->arg, &explore->tally.clusters.item[known]);
	if (explore->run != NULL)
		explore->run(explore->arg, run);
	if (explore->options.fail_fast && record_class(run) == RECORD_NEW)
		explore->cut = true;
	/* A sweep ends with that run, not with its job. */
	if (explore->options.strategy == &explore_sweep && explore->options.runs_max != 0 &&
	    explore->tally.runs >= explore->options.runs_max)
		explore->cut = true;
}

static void
lose(struct explore *explore, const struct job *job, const char *why)
{
	struct record *run = &explore->queue->line.run;

	record_clear(run);
	run->number = number_of(explore, job, 0, explore->tally.runs);
	snprintf(run->base, sizeof(run->base), "%s", explore->c[job->number].id);
	plan_text(&job->plan, run->plan);
	plan_group(&job->plan, run->group);
	run->point = job->point;
	snprintf(run->lost, sizeof(run->lost), "%s", why);
	take_run(explore, run);
}

static void
take_end(struct explore *explore, const struct job *job, const struct record_job_end *end,
    uint64_t written)
{
	tally_add_silent(&explore->tally, end, written);
	explore->skipped += end->skipped;
	explore->limited += end->limited;
	if (job->is_base) {
		explore->points += end->points;
		explore->left_out += end->left_out;
		explore->many_cpus += end->cpus > 1;
	}
	if (end->bound > 0 && (explore->bound == 0 || end->bound < explore->bound))
		explore->bound = end->bound;
	if (end->cut) {
		struct job rest = *job;

		rest.kind = end->kind;
		rest.at = end->at;
		rest.is_base = false;
		rest.rank++;
		explore_add(explore, &rest);
	}
}

/* False: what it wrote is malformed. */
static bool
take_line(struct explore *explore, const struct job *job, uint64_t before, uint64_t *written)
{
	struct record_line *line = &explore->queue->line;

	switch (line->kind) {
	case RECORD_RUN:
		/* The worker counts within the job, from 1. */
		line->run.number = number_of(explore, job, line->run.number - 1, before);
		++*written;
		if (!job->elsewhere)
			take_run(explore, &line->run);
		return true;
	case RECORD_CHILD:
		return explore->options.strategy->child != NULL &&
		    explore->options.strategy->child(explore, job, &line->child);
	case RECORD_DIFFER:
		if (explore->differ++ == 0)
			explore->why = xasprintf("%s%s%s: %s", explore->c[job->number].id,
			    line->differ.plan[0] != '\0' ? ", " : "",
			    line->differ.plan, line->differ.why);
		return true;
	case RECORD_JOB_END:
		take_end(explore, job, &line->job_end, *written);
		return true;
	default:
		return false;
	}
}

static void
read_job(struct explore *explore, const struct job *job, const char *text)
{
	struct record_line *line = &explore->queue->line;
	uint64_t before = explore->tally.runs, written = 0;
	char *name, why[160];

	line->kind = RECORD_BAD;
	for (const char *at = text; *at != '\0' && !explore->cut;) {
		size_t length = strcspn(at, "\n");

		if (record_read(line, at, length, why, sizeof(why)) == RECORD_BAD ||
		    !take_line(explore, job, before, &written))
			internal_error("malformed output from a worker: %.*s", (int)length, at);
		at += length + (at[length] == '\n');
	}
	name = job_name(explore, job);
	if (!explore->cut && !state_add(explore->kept, name, text))
		explore->state_full = true;
	free(name);
}

static bool
done(void *arg, size_t index, const struct pool_result *result)
{
	struct explore *explore = arg;
	const struct explore_options *options = &explore->options;
	struct job job = explore->queue->round.item[index];

	/* It may have been killed by the same signal. */
	if (result->text == NULL && cleanup_asked() != 0)
		return !(explore->cut = explore->queue->stop = true);
	explore->jobs++;
	explore->children[0] = explore->children[1] = 0;
	if (options->strategy->begin != NULL)
		options->strategy->begin(explore, &job);
	if (result->text == NULL)
		lose(explore, &job, result->why);
	else
		read_job(explore, &job, result->text);
	explore->cut = explore->cut || is_late(explore) || (options->runs_max != 0 &&
	    options->strategy != &explore_drawn && explore->tally.runs >= options->runs_max);
	explore->queue->stop = explore->cut || explore->differ > 0 || explore->state_full;
	return !explore->queue->stop;
}

static bool
tick(void *arg, size_t pieces)
{
	struct explore *explore = arg;

	(void)pieces;
	if (explore->tick != NULL)
		explore->tick(explore->arg, explore);
	if (is_late(explore))
		explore->cut = explore->queue->stop = true;
	return !explore->queue->stop;
}

/* ---- all ---- */

static bool
run_rounds(struct explore *explore)
{
	const struct strategy *strategy = explore->options.strategy;
	struct explore_queue *queue = explore->queue;
	bool good = true;

	strategy->plan(explore);
	while (good && !queue->stop && next_round(queue))
		good = pool_run_all(&(struct pool_work){
			.count = queue->round.count, .jobs = explore->options.jobs,
			.seconds = strategy->seconds, .begin = begin, .piece = piece,
			.done = done, .tick = tick, .arg = explore,
		});
	explore->complete = good && !explore->cut && explore->jobs == explore->jobs_known &&
	    explore->tally.lost.count == 0 && explore->differ == 0 && !explore->state_full;
	return good;
}

bool
explore_run(struct explore *explore)
{
	bool good = true;

	explore->begin_ns = host_ns();
	explore->options.lines |= explore->options.strategy == &explore_sweep;
	explore->tally.leaks_apart = explore->options.strategy == &explore_sweep;
	explore->queue = xcalloc(1, sizeof(*explore->queue));
	if (explore->options.state != NULL) {
		explore->kept = state_open(explore->options.state, explore,
		    &explore->bad_state);
		good = explore->kept != NULL;
	}
	good = good && run_rounds(explore);
	tally_sort(&explore->tally);
	state_close(explore->kept);
	explore->kept = NULL;
	return good;
}

void
explore_fini(struct explore *explore)
{
	if (explore->queue != NULL) {
		vec_fini(&explore->queue->later);
		vec_fini(&explore->queue->round);
		record_line_fini(&explore->queue->line);
	}
	free(explore->queue);
	explore->queue = NULL;
	free(explore->why);
	explore->why = NULL;
	tally_fini(&explore->tally);
}
