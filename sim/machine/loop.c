/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops of the driver: see loop.h.
 *
 * __sanitizer_cov_trace_pc() is what gcc and clang call in code compiled with
 * -fsanitize-coverage=trace-pc.
 */
#include "machine/loop.h"

#include <string.h>

#include "machine/world.h"

#define INSTALMENT 16		/* rounds between two looks at the limits */
#define FINAL_SHARE 16		/* of a limit: the last part, which is watched */
#define EARLY_SHARE 64		/* of a limit: watched early when so much is used */
#define EARLY_WATCH 512		/* of a limit: so long */
#define EARLY_ROUNDS 8		/* and at least so many rounds */

void __sanitizer_cov_trace_pc(void);

static void
begin(struct loop *loop, uint64_t instalment)
{
	loop->left = loop->instalment = instalment;
}

static void
stop_watching(struct loop *loop)
{
	loop->watching = loop->by_events = false;
	begin(loop, INSTALMENT);
}

void
loop_init(struct loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	begin(loop, INSTALMENT);
}

void
loop_ask(struct loop *loop, loop_is_known *is_known, void *arg)
{
	loop->is_known = is_known;
	loop->arg = arg;
}

void
loop_refill(struct world *world)
{
	struct loop *loop = &world->loop;

	loop->rounds = 0;
	loop->accesses = access_count(&world->access);
	loop->text = world->trace.text_length;
	loop->kept_most = loop->kept_least = loop->kept;
	loop->was_early = false;
	if (!loop->by_events)
		stop_watching(loop);
}

void
loop_work(struct loop *loop, uint64_t rounds)
{
	loop->rounds += rounds;
	if (rounds <= INSTALMENT)
		return;
	/* Much at once: the limits are looked at in the next round. */
	loop->rounds += loop->instalment - loop->left;
	begin(loop, 1);
}

void
loop_kept(struct world *world, bool more)
{
	struct loop *loop = &world->loop;
	uint64_t limit = world->config.points_limit;

	loop->kept += more ? 1 : UINT64_MAX;
	if (loop->kept_least <= loop->kept && loop->kept <= loop->kept_most)
		return;
	if (more)
		loop->kept_most = loop->kept;
	else
		loop->kept_least = loop->kept;
	world->points_left = world->points_left + 2 < limit ? world->points_left + 2 : limit;
}

void
loop_text(struct world *world)
{
	const struct world_config *config = &world->config;

	if (config->text_limit == 0)
		return;
	if (world->trace.text_length - world->loop.text > config->text_limit)
		world_finish(world, WORLD_ENDLESS,
		    "the driver prints without end, and no time passes");
	else if (world->trace.text_length > config->text_limit_all)
		world_finish(world, WORLD_EVENT_LIMIT,
		    "the run reached its limit of text: 128 MiB of messages");
}

const struct loop_seen *
loop_of(const struct world *world, uint32_t context)
{
	const struct loop_seen *seen = &world->loop.seen[context];

	return world->loop.watching && seen->sites > 0 ? seen : NULL;
}

/* Is more used than that share of any limit? */
static bool
is_used(const struct world *world, uint64_t part, uint64_t of)
{
	const struct world_config *config = &world->config;
	uint64_t points = config->points_limit - world->points_left;
	uint64_t accesses = access_count(&world->access) - world->loop.accesses;

	return (config->rounds_limit != 0 &&
	    world->loop.rounds > config->rounds_limit / of * part) ||
	    (config->text_limit != 0 && world->trace.text_length - world->loop.text >
	    config->text_limit / of * part) ||
	    accesses > config->access_limit / of * part ||
	    points > config->points_limit / of * part;
}

static void
add_site(struct loop_seen *seen, uint32_t site)
{
	unsigned at = 0;

	while (at < seen->sites && seen->site[at] < site)
		at++;
	if (at == LOOP_SITES || (at < seen->sites && seen->site[at] == site))
		return;
	if (seen->sites < LOOP_SITES)
		seen->sites++;
	memmove(&seen->site[at + 1], &seen->site[at],
	    (seen->sites - at - 1) * sizeof(seen->site[0]));
	seen->site[at] = site;
}

/*
 * A round began in the function whose frame is the second argument.  What that function was
 * called by, up to the one that was not left so far, is still under way too.
 */
static void
see(const struct world *world, struct loop_seen *seen, const uintptr_t *frame, const void *pc)
{
	const struct context *ctx = world->running;
	uint32_t site = world_site_of(world, pc);

	if (seen->frame == 0)
		seen->frame = (uintptr_t)frame;
	while ((uintptr_t)frame < seen->frame || site == 0) {
		if (!fiber_stack_contains(ctx->fiber, (uintptr_t)frame))
			return;
		site = world_site_of(world, (const void *)frame[1]);
		frame = (const uintptr_t *)frame[0];
	}
	/* It has returned: where it was called is still in question. */
	if ((uintptr_t)frame > seen->frame) {
		seen->frame = (uintptr_t)frame;
		seen->sites = 0;
	}
	add_site(seen, site);
}

static void
begin_watching(struct world *world)
{
	world->loop.watching = true;
	world->loop.watched = 0;
	memset(world->loop.seen, 0, sizeof(world->loop.seen));
	begin(&world->loop, 1);
}

void
loop_heard(struct world *world)
{
	world->loop.quiet = world->trace.count;
}

static bool
is_quiet(const struct world *world)
{
	return world->trace.count - world->loop.quiet >=
	    world->config.event_limit / EARLY_SHARE;
}

const struct loop_seen *
loop_of_events(const struct world *world)
{
	const struct loop_seen *seen = NULL;

	for (uint32_t i = 1; i <= world->contexts && seen == NULL; i++)
		seen = loop_of(world, i);
	return world->loop.by_events && is_quiet(world) ? seen : NULL;
}

void
loop_events(struct world *world)
{
	struct loop *loop = &world->loop;
	uint32_t limit = world->config.event_limit, count = world->trace.count;
	uint32_t final = limit - limit / FINAL_SHARE;
	const struct loop_seen *seen;

	if (count < final && loop->by_events) {
		loop->was_asked = true;
		seen = loop_of_events(world);
		if (seen != NULL && loop->is_known(loop->arg, seen))
			world_finish(world, WORLD_EVENT_LIMIT,
			    "the run reached its limit of events");
		if (world->end != WORLD_RUNNING)
			return;
		stop_watching(loop);
	}
	world->event_stop = count < final ? final : limit;
	if (count >= final || (is_quiet(world) && loop->is_known != NULL && !loop->was_asked)) {
		begin_watching(world);
		loop->by_events = true;
	}
	/* At first nobody can have asked to be asked yet. */
	if (count < final && (loop->is_known != NULL || count == 0) && !loop->was_asked)
		world->event_stop = count + limit / (loop->by_events ? EARLY_WATCH :
		    EARLY_SHARE) + 1;
	if (world->event_stop > limit)
		world->event_stop = limit;
}

static void
end_early_watch(struct world *world)
{
	struct loop *loop = &world->loop;
	const struct loop_seen *seen = loop_of(world, world->running->ordinal);

	if (seen != NULL && loop->is_known(loop->arg, seen))
		world_finish(world, WORLD_ENDLESS,
		    "the driver goes on without letting time pass");
	loop->was_early = true;
	stop_watching(loop);
}

/*
 * Not in line: most rounds only count.  A loop of nothing but a jump has its call from
 * viosim-cc, which knows nothing of the alignment of the stack.
 */
#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))
#endif
static void __attribute__((noinline, cold))
look(struct world *world, const uintptr_t *frame, const void *pc)
{
	struct loop *loop = &world->loop;

	loop->rounds += loop->instalment;
	begin(loop, loop->watching ? 1 : INSTALMENT);
	if (world->running == NULL)
		return;
	if (world->config.rounds_limit != 0 && loop->rounds >= world->config.rounds_limit)
		world_finish(world, WORLD_ENDLESS,
		    "the driver goes on without letting time pass");
	if (!loop->watching && (is_used(world, FINAL_SHARE - 1, FINAL_SHARE) ||
	    (loop->is_known != NULL && !loop->was_early && is_used(world, 1, EARLY_SHARE))))
		begin_watching(world);
	if (!loop->watching)
		return;
	see(world, &loop->seen[world->running->ordinal], frame, pc);
	if (loop->is_known != NULL && !loop->was_early && ++loop->watched >= EARLY_ROUNDS &&
	    is_used(world, EARLY_WATCH / EARLY_SHARE + 1, EARLY_WATCH))
		end_early_watch(world);
}

void
__sanitizer_cov_trace_pc(void)
{
	struct world *world = world_current;
	const uintptr_t *frame;

	if (world == NULL || __builtin_expect(--world->loop.left != 0, 1))
		return;
	frame = __builtin_frame_address(0);
	look(world, (const uintptr_t *)frame[0], __builtin_return_address(0));
}
