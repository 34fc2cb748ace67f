/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Habits of the balloon device: the table, and those that take effect at a moment.
 */
#include "device/balloon_answer.h"

#include <assert.h>

struct habit_row {
	const char *word;
	bool breaks;
	const char *text;
};

static const struct habit_row habit_row[HABITS] = {
	[HABIT_NONE] = { "none", false, "does what it should" },
#define X(id, word, breaks, text) [HABIT_##id] = { word, breaks, text },
	DEVICE_HABITS(X)
#undef X
};

const char *
device_habit_word(enum device_habit habit)
{
	return habit_row[habit].word;
}

const char *
device_habit_text(enum device_habit habit)
{
	return habit_row[habit].text;
}

bool
device_habit_breaks_rules(enum device_habit habit)
{
	return habit_row[habit].breaks;
}

void
balloon_emit_habit(struct balloon *balloon, enum device_habit habit, int queue, uint64_t what)
{
	world_emit(balloon->transport.world, EV_DEV_HABIT, habit, (uint64_t)(int64_t)queue,
	    what, 0, 0, 0);
}

bool
balloon_spend(struct balloon_side *side, enum device_habit habit)
{
	if (side->left[habit] == 0)
		return false;
	if (side->left[habit] != UINT64_MAX)
		side->left[habit]--;
	return true;
}

/* ---- standing still and going on ---- */

static void
pause_side(struct balloon_side *side)
{
	side->paused = true;
	balloon_halt(side);
	balloon_emit_habit(side->balloon, HABIT_PAUSE, (int)side->queue, 0);
}

static void
resume_side(struct balloon_side *side)
{
	side->paused = false;
	balloon_emit_habit(side->balloon, HABIT_RESUME, (int)side->queue, 0);
	balloon_arm(side);
	balloon_serve(side);
}

void
balloon_habit(struct balloon *balloon, enum device_habit habit, enum balloon_queue queue,
    uint64_t count)
{
	struct balloon_side *side = &balloon->side[queue];

	assert(queue < BALLOON_ACTIVE);
	switch (habit) {
	case HABIT_PAUSE:
		pause_side(side);
		return;
	case HABIT_RESUME:
		resume_side(side);
		return;
	case HABIT_DROP:
	case HABIT_DUPLICATE:
	case HABIT_WRONG_QUEUE:
	case HABIT_WRONG_ID:
	case HABIT_WRONG_LEN:
	case HABIT_NO_IRQ:
	case HABIT_COALESCE:
		side->left[habit] = count;
		return;
	case HABIT_NONE:
	case HABIT_LATENCY:
	case HABIT_NEEDS_RESET:
	case HABIT_ACTUAL:
	case HABIT_SPURIOUS:
	case HABIT_IGNORED:
	case HABIT_OVERLONG:
	case HABIT_BROKEN:
	case HABITS:
		break;
	}
	assert(!"a habit with a function of its own");
}

void
balloon_latency(struct balloon *balloon, enum balloon_queue queue, uint64_t latency_ns,
    uint64_t jitter_ns, uint64_t count)
{
	struct balloon_side *side = &balloon->side[queue];

	side->latency_ns = latency_ns;
	side->jitter_ns = jitter_ns;
	side->left[HABIT_LATENCY] = count;
	balloon_emit_habit(balloon, HABIT_LATENCY, (int)queue, latency_ns);
}

/* ---- giving up ---- */

static void
halt_all(struct balloon *balloon)
{
	for (unsigned q = 0; q < BALLOON_ACTIVE; q++)
		balloon_halt(&balloon->side[q]);
}

void
balloon_need_reset(struct balloon *balloon)
{
	balloon_emit_habit(balloon, HABIT_NEEDS_RESET, BALLOON_NO_QUEUE, 0);
	halt_all(balloon);
	transport_need_reset(&balloon->transport);
}

void
balloon_break(struct balloon_side *side, enum virtqueue_fault fault)
{
	struct balloon *balloon = side->balloon;

	balloon->broken = true;
	balloon_emit_habit(balloon, HABIT_BROKEN, (int)side->queue, fault);
	halt_all(balloon);
	if (!balloon->transport.world->config.legacy)
		transport_need_reset(&balloon->transport);
}

/* ---- by itself ---- */

void
balloon_set_actual(struct balloon *balloon, uint32_t pages)
{
	balloon->actual = pages;
	balloon->actual_foreign = true;
	balloon->transport.generation++;
	balloon_emit_habit(balloon, HABIT_ACTUAL, BALLOON_NO_QUEUE, pages);
}

/*
 * The next one comes when nothing else can happen at this time: by then the handler of the
 * one before has run, so that a level-triggered line gives as many interrupts as were asked.
 */
static void
raise_next(void *arg)
{
	struct balloon_source *source = arg;
	struct balloon *balloon = source->balloon;
	struct clock *clock = &balloon->transport.world->clock;

	source->timer = NULL;
	source->left--;
	balloon_emit_habit(balloon, HABIT_SPURIOUS, source->queue, source->left);
	if (source->left > 0)
		source->timer = clock_at(clock, clock->now_ns, CLOCK_DEVICE, raise_next,
		    source);
	transport_interrupt(&balloon->transport, source->queue, source->spurious);
}

void
balloon_interrupt(struct balloon *balloon, int queue, bool spurious, uint64_t count)
{
	struct balloon_source *source =
	    &balloon->source[queue == BALLOON_NO_QUEUE ? BALLOON_ACTIVE : queue];

	if (count == 0)
		return;
	source->spurious = spurious;
	source->left += count;
	if (source->timer == NULL)
		raise_next(source);
}

void
balloon_stop_interrupts(struct balloon *balloon)
{
	for (unsigned i = 0; i <= BALLOON_ACTIVE; i++) {
		struct balloon_source *source = &balloon->source[i];

		if (source->timer != NULL)
			clock_cancel(&balloon->transport.world->clock, source->timer);
		source->timer = NULL;
		source->left = 0;
	}
}

/* ---- what can be said about it ---- */

bool
balloon_is_busy(const struct balloon *balloon)
{
	for (unsigned q = 0; q < BALLOON_ACTIVE; q++)
		if (balloon->side[q].timer != NULL)
			return true;
	for (unsigned i = 0; i <= BALLOON_ACTIVE; i++)
		if (balloon->source[i].timer != NULL)
			return true;
	return false;
}

bool
balloon_answers(const struct balloon *balloon)
{
	if (balloon->broken ||
	    (balloon->transport.status & TRANSPORT_STATUS_NEEDS_RESET))
		return false;
	for (unsigned q = 0; q < BALLOON_ACTIVE; q++) {
		const struct balloon_side *side = &balloon->side[q];

		if (side->paused || side->lost > 0 || side->left[HABIT_DROP] > 0)
			return false;
	}
	return true;
}
