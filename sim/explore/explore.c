/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploring: see explore.h.
 */
#include "explore/explore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/draw.h"
#include "explore/explore_state.h"
#include "run/pool.h"
#include "explore/walk_out.h"

#define WALK_COST 800000	/* moments run before another walk gets its turn */
#define DRAW_RUNS 50		/* drawn for a case before another gets its turn */
#define DRAWS_DEFAULT 10000
#define WALK_SECONDS 300	/* the most that this may take */

/* A walk to be done. */
struct errand {
	size_t number;			/* of the case */
	struct plan plan;
	struct walk_place from;
	unsigned rank;
	uint64_t turn;			/* of equal ranks, the lower comes first */
	uint64_t seed, count;		/* of drawn runs */
};

struct explore_queue {
	struct errand *errand;		/* to be done in later rounds */
	size_t count, max;
	struct errand *round;		/* of the lowest rank, being done */
	size_t rounds;
	const struct errand *at;	/* whose lines are being read */
	uint64_t children[2];		/* of it, by whether they begin with a failure */
	struct walker walker;		/* a worker's */
	bool stop;
};

int64_t
explore_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
is_late(const struct explore *explore)
{
	return explore->options.ms_max != 0 && explore_now_ms() - explore->begin_ms >=
	    (int64_t)explore->options.ms_max;
}

/* ---- the queue ---- */

/* Is it the one that tells of the case's plain run? */
static bool
is_first(const struct explore *explore, const struct errand *errand)
{
	return errand->count > 0 ? errand->turn < explore->cases :
	    errand->plan.count == 0 && errand->from.stage == 0 && errand->from.moment == 0;
}

static void
add_errand(struct explore *explore, const struct errand *errand)
{
	struct explore_queue *queue = explore->queue;

	if (queue->count == queue->max) {
		queue->max = 2 * queue->max + 256;
		queue->errand = realloc(queue->errand,
		    queue->max * sizeof(queue->errand[0]));
		if (queue->errand == NULL)
			abort();
	}
	queue->errand[queue->count++] = *errand;
	explore->walks_known++;
	explore->plains_known += is_first(explore, errand);
}

/* Parts are made of whole cases: what follows from a run is known to who did it. */
static bool
is_ours(const struct explore *explore, uint64_t number)
{
	const struct explore_options *options = &explore->options;

	return options->shards == 0 || number % options->shards == options->shard - 1;
}

static void
add_roots(struct explore *explore)
{
	for (size_t i = 0; i < explore->cases; i++) {
		const struct scenario_case *c = &explore->c[i];
		bool first = c->machine == c->scenario->machines.machine;

		if (!is_ours(explore, i))
			continue;
		for (unsigned stage = 0; stage < WALK_STAGES; stage++)
			add_errand(explore, &(struct errand){
				.number = i, .rank = first ? 0 : 1, .turn = stage,
				.from.stage = stage,
			});
	}
}

/* A batch for each case in turn, until there are enough runs. */
static void
add_draws(struct explore *explore)
{
	const struct explore_options *options = &explore->options;
	uint64_t left = options->runs_max != 0 ? options->runs_max : DRAWS_DEFAULT;
	uint64_t share = explore->cases > 0 ? left / explore->cases : 0, batch;
	struct errand errand = { .seed = options->seed };

	batch = share < 1 ? 1 : share < DRAW_RUNS ? share : DRAW_RUNS;
	while (left > 0 && explore->cases > 0) {
		errand.count = left < batch ? left : batch;
		if (is_ours(explore, errand.turn))
			add_errand(explore, &errand);
		left -= errand.count;
		errand.seed += errand.count;
		errand.number = (errand.number + 1) % explore->cases;
		errand.turn++;
	}
}

static int
by_turn(const void *a, const void *b)
{
	const struct errand *one = a, *other = b;
	int order = (one->turn > other->turn) - (one->turn < other->turn);

	return order != 0 ? order :
	    (one->number > other->number) - (one->number < other->number);
}

/* Take the errands of the lowest rank out. */
static bool
next_round(struct explore_queue *queue)
{
	unsigned rank = UINT32_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < queue->count; i++)
		if (queue->errand[i].rank < rank)
			rank = queue->errand[i].rank;
	free(queue->round);
	queue->round = calloc(queue->count + 1, sizeof(queue->round[0]));
	if (queue->round == NULL)
		abort();
	queue->rounds = 0;
	for (size_t i = 0; i < queue->count; i++)
		if (queue->errand[i].rank == rank)
			queue->round[queue->rounds++] = queue->errand[i];
		else
			queue->errand[kept++] = queue->errand[i];
	queue->count = kept;
	qsort(queue->round, queue->rounds, sizeof(queue->round[0]), by_turn);
	return queue->rounds > 0;
}

static char *
errand_name(const struct explore *explore, const struct errand *errand)
{
	char *name = NULL;
	size_t size;
	FILE *stream = open_memstream(&name, &size);

	if (stream == NULL)
		abort();
	fprintf(stream, "%s | ", explore->c[errand->number].id);
	plan_print(&errand->plan, stream);
	if (errand->count > 0)
		fprintf(stream, " | seeds %" PRIu64 "+%" PRIu64, errand->seed, errand->count);
	else
		fprintf(stream, " | %u/%zu", errand->from.stage, errand->from.moment);
	fclose(stream);
	return name;
}

/* ---- in the worker ---- */

static void
begin(void *arg)
{
	struct explore *explore = arg;

	walker_init(&explore->queue->walker, explore->module, explore->manifest,
	    explore->cases);
}

static void
piece(void *arg, size_t index, FILE *out)
{
	struct explore *explore = arg;
	const struct explore_options *options = &explore->options;
	const struct errand *errand = &explore->queue->round[index];
	char *name = errand_name(explore, errand);
	const char *kept = explore_state_find(explore->kept, name);
	struct walk_plan plan = {
		.c = &explore->c[errand->number], .plan = errand->plan, .from = errand->from,
		.one_stage = errand->plan.count == 0,
		.preemptions = options->preemptions, .faults = options->faults,
		.reduction = options->reduction, .lines = options->lines,
		.cost_max = WALK_COST, .noise = options->noise,
	};

	if (kept != NULL)
		fputs(kept, out);
	else if (options->drawn)
		draw_runs(&explore->queue->walker, errand->number, &(struct draw_plan){
			.c = plan.c, .tell_plain = is_first(explore, errand),
			.depth = options->depth, .seed = errand->seed,
			.count = errand->count, .lines = plan.lines, .noise = plan.noise,
		}, out);
	else
		walk(&explore->queue->walker, errand->number, &plan, out);
	free(name);
}

/* ---- in the parent: what a walk wrote ---- */

static bool
read_run(void *arg, const char *line)
{
	struct explore *explore = arg;

	if (explore->line != NULL)
		explore->line(explore->arg, line);
	return true;
}

static struct explore_cause *
find_cause(struct explore *explore, uint64_t key, const char *text)
{
	for (size_t i = 0; i < explore->causes; i++)
		if (explore->cause[i].key == key && strcmp(explore->cause[i].text, text) == 0)
			return &explore->cause[i];
	return NULL;
}

static char *
copy_of(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

static void
add_cause(struct explore *explore, const struct walk_found *found)
{
	uint64_t key = found->finding.key;
	struct explore_cause *cause = find_cause(explore, key, found->cause);

	if (cause == NULL) {
		if (explore->causes == explore->causes_max) {
			explore->causes_max = 2 * explore->causes_max + 64;
			explore->cause = realloc(explore->cause,
			    explore->causes_max * sizeof(explore->cause[0]));
			if (explore->cause == NULL)
				abort();
		}
		cause = &explore->cause[explore->causes++];
		*cause = (struct explore_cause){
			.key = key, .text = copy_of(found->cause),
			.first = explore->runs + found->number, .steps = SIZE_MAX,
		};
	}
	if (found->steps >= cause->steps)
		return;
	free(cause->scenario);
	cause->scenario = copy_of(found->scenario);
	cause->steps = found->steps;
}

static bool
read_found(void *arg, const struct walk_found *found)
{
	struct explore *explore = arg;
	uint64_t key = found->finding.key;
	bool first = clusters_find(&explore->clusters, key) == NULL;
	struct cluster *cluster;

	clusters_add(&explore->clusters, &found->finding,
	    (size_t)(explore->runs + found->number), found->scenario, found->steps,
	    found->plan[0] == '\0');
	cluster = clusters_find(&explore->clusters, key);
	/* How many runs had it stands at the end of the walk. */
	cluster->runs--;
	add_cause(explore, found);
	if (first && explore->found != NULL)
		explore->found(explore->arg, cluster,
		    explore->c[explore->queue->at->number].id, found->plan);
	return true;
}

static bool
read_count(void *arg, uint64_t key, const char *text, uint64_t runs)
{
	struct explore *explore = arg;
	struct cluster *cluster = clusters_find(&explore->clusters, key);
	struct explore_cause *cause = find_cause(explore, key, text);

	if (cluster != NULL)
		cluster->runs += runs;
	if (cause != NULL)
		cause->runs += runs;
	return true;
}

static bool
read_child(void *arg, const char *plan)
{
	struct explore *explore = arg;
	struct explore_queue *queue = explore->queue;
	struct errand errand = { .number = queue->at->number, .rank = queue->at->rank };
	bool fault;

	if (!plan_parse(&errand.plan, plan) || errand.plan.count == 0)
		return false;
	fault = errand.plan.item[errand.plan.count - 1].kind == DEVIATION_FAULT;
	errand.rank += fault ? 1 : 2;
	errand.turn = ++queue->children[fault] + queue->at->turn;
	add_errand(explore, &errand);
	return true;
}

static void
remember_why(struct explore *explore, const struct errand *errand, const char *plan,
    const char *why)
{
	if (explore->why[0] == '\0')
		snprintf(explore->why, sizeof(explore->why), "%s%s%s: %s",
		    explore->c[errand->number].id, plan[0] != '\0' ? ", " : "", plan, why);
}

static bool
read_differ(void *arg, const char *plan, const char *why)
{
	struct explore *explore = arg;

	explore->differ++;
	remember_why(explore, explore->queue->at, plan, why);
	return true;
}

static bool
read_end(void *arg, const struct walk_end *end)
{
	struct explore *explore = arg;
	const struct errand *at = explore->queue->at;

	explore->runs += end->runs;
	explore->skipped += end->skipped;
	if (is_first(explore, at)) {
		explore->moments += end->moments;
		explore->plains++;
		explore->ended += end->ended;
	}
	if (end->bound > 0 && (explore->bound == 0 || end->bound < explore->bound))
		explore->bound = end->bound;
	if (end->cut) {
		struct errand errand = *at;

		errand.from = end->place;
		errand.rank++;
		add_errand(explore, &errand);
	}
	return true;
}

static bool
read_walk(struct explore *explore, const char *text)
{
	const struct walk_reader reader = {
		.run = read_run, .found = read_found, .count = read_count,
		.child = read_child, .differ = read_differ, .end = read_end,
		.arg = explore,
	};
	char *name;

	if (!walk_read(&reader, explore->manifest, text))
		return false;
	name = errand_name(explore, explore->queue->at);
	if (!explore_state_add(explore->kept, name, text))
		explore->state_full = true;
	free(name);
	return true;
}

static bool
done(void *arg, size_t index, const struct pool_result *got)
{
	const char *text = got->text, *why = got->why;
	size_t length = got->length;
	struct explore *explore = arg;
	struct explore_queue *queue = explore->queue;

	(void)length;
	queue->at = &queue->round[index];
	queue->children[0] = queue->children[1] = 0;
	explore->walks++;
	if (text == NULL) {
		explore->lost++;
		remember_why(explore, queue->at, "", why);
	} else if (!read_walk(explore, text)) {
		explore->lost++;
		remember_why(explore, queue->at, "", "what its worker wrote makes no sense");
	}
	queue->stop = explore->differ > 0 || explore->state_full || is_late(explore) ||
	    (explore->options.runs_max != 0 && !explore->options.drawn &&
	    explore->runs >= explore->options.runs_max);
	return !queue->stop;
}

static bool
tick(void *arg, size_t pieces)
{
	struct explore *explore = arg;

	(void)pieces;
	if (explore->tick != NULL)
		explore->tick(explore->arg, explore);
	if (is_late(explore))
		explore->queue->stop = true;
	return !explore->queue->stop;
}

/* ---- all ---- */

static bool
run_rounds(struct explore *explore)
{
	struct explore_queue *queue = explore->queue;
	bool good = true;

	if (explore->options.drawn)
		add_draws(explore);
	else
		add_roots(explore);
	while (good && !queue->stop && next_round(queue)) {
		struct pool_work work = {
			.count = queue->rounds, .jobs = explore->options.jobs,
			.seconds = WALK_SECONDS, .begin = begin, .piece = piece, .done = done,
			.tick = tick, .arg = explore,
		};

		good = pool_run_all(&work);
	}
	explore->complete = good && explore->walks == explore->walks_known &&
	    explore->lost == 0 && explore->differ == 0 && !explore->state_full;
	return good;
}

static int
by_group(const void *a, const void *b)
{
	const struct explore_cause *one = a, *other = b;
	int order = (one->group > other->group) - (one->group < other->group);

	return order != 0 ? order :
	    (one->first > other->first) - (one->first < other->first);
}

static void
sort_causes(struct explore *explore)
{
	for (size_t i = 0; i < explore->causes; i++) {
		struct explore_cause *cause = &explore->cause[i];

		cause->group = (size_t)(clusters_find(&explore->clusters, cause->key) -
		    explore->clusters.item);
	}
	if (explore->causes > 0)
		qsort(explore->cause, explore->causes, sizeof(explore->cause[0]), by_group);
	for (size_t i = 1; i < explore->causes; i++)
		if (explore->cause[i].group == explore->cause[i - 1].group)
			explore->cause[i].turn = explore->cause[i - 1].turn + 1;
}

bool
explore_run(struct explore *explore)
{
	bool good = true;

	explore->begin_ms = explore_now_ms();
	explore->queue = calloc(1, sizeof(*explore->queue));
	if (explore->queue == NULL)
		abort();
	clusters_init(&explore->clusters);
	if (explore->options.state != NULL) {
		explore->kept = explore_state_open(explore->options.state, explore,
		    &explore->bad_state);
		good = explore->kept != NULL;
	}
	good = good && run_rounds(explore);
	clusters_sort(&explore->clusters);
	sort_causes(explore);
	explore_state_close(explore->kept);
	explore->kept = NULL;
	free(explore->queue->errand);
	free(explore->queue->round);
	free(explore->queue);
	explore->queue = NULL;
	return good;
}

void
explore_fini(struct explore *explore)
{
	for (size_t i = 0; i < explore->causes; i++) {
		free(explore->cause[i].text);
		free(explore->cause[i].scenario);
		free(explore->cause[i].why);
	}
	free(explore->cause);
	clusters_fini(&explore->clusters);
}
