/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completions of the balloon device: when, how, and with which habits.
 *
 * Requests of one queue are answered in the order in which they were taken, whatever their
 * latencies; the two queues do not wait for each other.
 */
#include "device/balloon_answer.h"

#include <stdlib.h>

#include "base/alloc.h"

#define JITTER_STEPS 16		/* few values, so that an enumeration can try them all */
#define WRONG_LENGTH UINT32_MAX

/* ---- the requests in flight: a ring that grows ---- */

static void
grow(struct balloon_side *side)
{
	uint32_t max = side->max ? 2 * side->max : 16;
	struct balloon_request *request = xmalloc(max * sizeof(request[0]));

	for (uint32_t i = 0; i < side->count; i++)
		request[i] = side->request[(side->first + i) % side->max];
	free(side->request);
	side->request = request;
	side->max = max;
	side->first = 0;
}

static void
append(struct balloon_side *side, struct balloon_request request)
{
	if (side->count == side->max)
		grow(side);
	side->request[(side->first + side->count++) % side->max] = request;
}

static struct balloon_request
remove_oldest(struct balloon_side *side)
{
	struct balloon_request request = side->request[side->first];

	side->first = (side->first + 1) % side->max;
	side->count--;
	return request;
}

static uint64_t
last_due_ns(const struct balloon_side *side)
{
	return side->count == 0 ? 0 :
	    side->request[(side->first + side->count - 1) % side->max].due_ns;
}

/* ---- one answer ---- */

/* Record a habit that struck; from the first one that breaks the rules on, nobody can
 * hold the driver to them. */
static void
record(struct balloon_side *side, enum device_habit habit, uint64_t what)
{
	struct balloon *balloon = side->balloon;
	/* Legacy devices put lengths there that mean nothing (virtio 1.2 clause 2.7.8.1). */
	bool excused = habit == HABIT_WRONG_LEN && balloon->transport.world->config.legacy;

	if (device_habit_breaks_rules(habit) && !excused)
		balloon->unhealthy = true;
	balloon_emit_habit(balloon, habit, (int)side->queue, what);
}

static void
push(struct balloon *balloon, enum balloon_queue queue, uint32_t id, uint32_t length)
{
	if (!virtqueue_push(&balloon->transport.queue[queue].vq, id, length)) {
		balloon_break(&balloon->side[queue], VIRTQUEUE_FAULT_ADDRESS);
		return;
	}
	world_emit(balloon->transport.world, EV_DEV_USED, 0, queue, id, length, 0, 0);
}

/* An id that the request does not have; outside of the queue only if there is no other. */
static uint32_t
wrong_id(const struct balloon_side *side, uint16_t head)
{
	uint16_t size = side->balloon->transport.queue[side->queue].vq.size;

	return size > 1 ? (head + 1u) % size : head + 1u;
}

/* Is the interrupt for this answer due, or left to a later one? */
static bool
interrupts(struct balloon_side *side, uint16_t head)
{
	const struct virtqueue *vq = &side->balloon->transport.queue[side->queue].vq;

	if (balloon_spend(side, HABIT_NO_IRQ)) {
		record(side, HABIT_NO_IRQ, head);
		return false;
	}
	if (balloon_spend(side, HABIT_COALESCE) && side->left[HABIT_COALESCE] > 0 &&
	    (side->count > 0 || virtqueue_waiting(vq) > 0)) {
		record(side, HABIT_COALESCE, ++side->held_back);
		return false;
	}
	side->held_back = 0;
	return true;
}

static void
notify(struct balloon *balloon, enum balloon_queue queue)
{
	if (balloon->config.irq_per_batch)
		balloon->notify |= 1u << queue;
	else
		transport_notify_queue(&balloon->transport, queue);
}

void
balloon_flush(struct balloon *balloon)
{
	for (unsigned q = 0; q < BALLOON_ACTIVE; q++)
		if (balloon->notify & 1u << q)
			transport_notify_queue(&balloon->transport, q);
	balloon->notify = 0;
}

static void
answer(struct balloon_side *side, struct balloon_request request)
{
	struct balloon *balloon = side->balloon;
	enum balloon_queue queue = side->queue;
	uint32_t id = request.head;
	uint32_t length = balloon->config.used_bytes ? request.bytes : 0;

	if (balloon_spend(side, HABIT_DROP)) {
		side->lost++;
		record(side, HABIT_DROP, request.head);
		return;
	}
	if (balloon_spend(side, HABIT_WRONG_ID))
		record(side, HABIT_WRONG_ID, id = wrong_id(side, request.head));
	if (balloon_spend(side, HABIT_WRONG_LEN))
		record(side, HABIT_WRONG_LEN, length = WRONG_LENGTH);
	if (balloon_spend(side, HABIT_WRONG_QUEUE)) {
		record(side, HABIT_WRONG_QUEUE, request.head);
		queue = queue == BALLOON_INFLATE ? BALLOON_DEFLATE : BALLOON_INFLATE;
	}
	push(balloon, queue, id, length);
	if (balloon_spend(side, HABIT_DUPLICATE)) {
		record(side, HABIT_DUPLICATE, request.head);
		push(balloon, queue, id, length);
	}
	if (interrupts(side, request.head))
		notify(balloon, queue);
}

/* ---- when ---- */

static uint64_t
jitter(struct balloon_side *side, uint64_t most_ns)
{
	struct world *world = side->balloon->transport.world;
	unsigned steps = most_ns < JITTER_STEPS ? (unsigned)most_ns : JITTER_STEPS;

	if (steps == 0)
		return 0;
	return most_ns / steps * world_choose(world, CHOICE_DEVICE, steps + 1);
}

/* The moment for an answer to a request taken now; false: inside the notification. */
static bool
is_later(struct balloon_side *side, uint64_t *due_ns)
{
	const struct device_config *config = &side->balloon->config;
	uint64_t now_ns = side->balloon->transport.world->clock.now_ns;

	if (balloon_spend(side, HABIT_LATENCY))
		*due_ns = now_ns + side->latency_ns + jitter(side, side->jitter_ns);
	else if (config->ack == DEVICE_ACK_LATER)
		*due_ns = now_ns + config->latency_ns[side->queue] +
		    jitter(side, config->jitter_ns);
	else
		*due_ns = now_ns;
	return config->ack == DEVICE_ACK_LATER || *due_ns > now_ns || side->count > 0;
}

void
balloon_answer(struct balloon_side *side, uint16_t head, uint32_t bytes)
{
	struct balloon_request request = { .bytes = bytes, .head = head };

	if (!is_later(side, &request.due_ns)) {
		answer(side, request);
		return;
	}
	if (request.due_ns < last_due_ns(side))
		request.due_ns = last_due_ns(side);
	append(side, request);
	balloon_arm(side);
}

/* Answers were given: their interrupts, and what follows. */
static void
go_on(struct balloon_side *side)
{
	balloon_flush(side->balloon);
	balloon_arm(side);
	if (side->balloon->config.quiet_kicks)
		balloon_serve(side);
}

bool
balloon_answer_oldest(struct balloon_side *side)
{
	struct balloon *balloon = side->balloon;

	if (side->count == 0 || side->paused || balloon->broken ||
	    !transport_is_live(&balloon->transport))
		return false;
	balloon_halt(side);
	answer(side, remove_oldest(side));
	go_on(side);
	return true;
}

static void
fire(void *arg)
{
	struct balloon_side *side = arg;
	uint64_t now_ns = side->balloon->transport.world->clock.now_ns;

	side->timer = NULL;
	while (side->count > 0 && side->request[side->first].due_ns <= now_ns)
		answer(side, remove_oldest(side));
	go_on(side);
}

void
balloon_arm(struct balloon_side *side)
{
	struct balloon *balloon = side->balloon;
	struct clock *clock = &balloon->transport.world->clock;

	if (side->timer != NULL || side->count == 0 || side->paused || balloon->broken ||
	    !transport_is_live(&balloon->transport))
		return;
	side->timer = clock_at(clock, side->request[side->first].due_ns, CLOCK_DEVICE, fire,
	    side);
}

void
balloon_halt(struct balloon_side *side)
{
	if (side->timer != NULL)
		clock_cancel(&side->balloon->transport.world->clock, side->timer);
	side->timer = NULL;
}

void
balloon_forget(struct balloon_side *side)
{
	balloon_halt(side);
	side->first = side->count = 0;
	side->lost = 0;
	side->held_back = 0;
}
