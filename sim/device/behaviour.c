/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Behaviours of a device: see behaviour.h.
 */
#include "device/behaviour.h"

#include <assert.h>

#include "device/completion.h"

const struct device_behaviour device_behaviours[BEHAVIOURS] = {
#define X(code, id, word, when, breaks, what, help) \
	[BEHAVIOUR_##id] = { code, #word, breaks, what },
	QUEUE_BEHAVIOURS(X)
#undef X
#define X(code, id, word, breaks, what) [BEHAVIOUR_##id] = { code, #word, breaks, what },
	OTHER_BEHAVIOURS(X)
#undef X
};

const struct field_word used_length_words[] = {
#define X(id, word, value) { word, USED_LENGTH_##id },
	USED_LENGTHS(X)
#undef X
	{ NULL, 0 }
};
const struct field_word used_id_words[] = {
#define X(id, word, what) { word, USED_ID_##id },
	USED_IDS(X)
#undef X
	{ NULL, 0 }
};

uint32_t
used_length(enum used_length kind, uint32_t asked, uint32_t written)
{
	switch (kind) {
#define X(id, word, value) \
	case USED_LENGTH_##id: \
		return value;
	USED_LENGTHS(X)
#undef X
	}
	return written;
}

void
behaviour_emit(struct device *device, const struct device_behaviour *behaviour, int queue,
    uint64_t what)
{
	transport_emit(&device->transport, EV_DEV_BEHAVIOUR, behaviour->code,
	    (uint64_t)(int64_t)queue, what, 0, 0, 0);
}

/* Record what showed in a completion; from the first that breaks the rules on, nobody can hold
 * the driver to them. */
static void
record(struct completion *c, enum behaviour behaviour, uint64_t what)
{
	struct device *device = c->queue->device;
	/* Legacy devices put lengths there that mean nothing (virtio 1.2 clause 2.7.8.1). */
	bool excused = behaviour == BEHAVIOUR_WRONG_LEN && device->world->config.legacy;

	if (device_behaviours[behaviour].breaks && !excused)
		device->unhealthy = true;
	behaviour_emit(device, &device_behaviours[behaviour], (int)c->queue->number, what);
}

/* ---- one function a row: false when this is as far as the completion gets ---- */

static bool
behave_PAUSE(struct completion *c)
{
	c->queue->paused = true;
	completion_halt(c->queue);
	record(c, BEHAVIOUR_PAUSE, 0);
	return true;
}

static bool
behave_RESUME(struct completion *c)
{
	c->queue->paused = false;
	record(c, BEHAVIOUR_RESUME, 0);
	completion_arm(c->queue);
	completion_serve(c->queue);
	return true;
}

static bool
behave_DROP(struct completion *c)
{
	c->queue->lost++;
	record(c, BEHAVIOUR_DROP, c->head);
	return false;
}

static bool
behave_DUPLICATE(struct completion *c)
{
	record(c, BEHAVIOUR_DUPLICATE, c->head);
	completion_push(c);
	return true;
}

static bool
behave_WRONG_QUEUE(struct completion *c)
{
	record(c, BEHAVIOUR_WRONG_QUEUE, c->head);
	c->on = (c->on + 1) % c->queue->device->active;
	return true;
}

static bool
is_in_flight(const struct device_queue *queue, uint32_t id)
{
	vec_each(request, &queue->flight)
		if (request->head == id)
			return true;
	return false;
}

/* Outside of the queue also if it has no other id. */
static uint32_t
wrong_id(const struct completion *c)
{
	const struct device_queue *queue = c->queue;
	uint32_t size = queue->device->transport.queue[queue->number].vq.size;
	uint32_t id = 0;

	switch (queue->wrong_id) {
	case USED_ID_NEXT:
		return size > 1 ? (c->head + 1u) % size : c->head + 1u;
	case USED_ID_FREE:
		while (id == c->head || is_in_flight(queue, id))
			id++;
		return id;
	case USED_ID_IN_USE:
		return queue->flight.count > 0 ? queue->flight.item[0].head : c->head;
	case USED_ID_BEYOND:
		break;
	}
	return size;
}

static bool
behave_WRONG_ID(struct completion *c)
{
	c->id = wrong_id(c);
	if (c->id != c->head)
		record(c, BEHAVIOUR_WRONG_ID, c->id);
	return true;
}

static bool
behave_WRONG_LEN(struct completion *c)
{
	c->length = used_length(c->queue->wrong_length, c->asked, c->length);
	record(c, BEHAVIOUR_WRONG_LEN, c->length);
	return true;
}

static bool
behave_NO_IRQ(struct completion *c)
{
	record(c, BEHAVIOUR_NO_IRQ, c->head);
	return false;
}

/* Left to a later completion, while one will come. */
static bool
behave_COALESCE(struct completion *c)
{
	struct device_queue *queue = c->queue;
	const struct virtqueue *vq = &queue->device->transport.queue[queue->number].vq;

	if (queue->left[BEHAVIOUR_COALESCE] == 0 ||
	    (queue->flight.count == 0 && virtqueue_waiting(vq) == 0))
		return true;
	record(c, BEHAVIOUR_COALESCE, ++queue->held_back);
	return false;
}

static bool
behave_MISS(struct completion *c)
{
	c->queue->missed = true;
	record(c, BEHAVIOUR_MISS,
	    virtqueue_waiting(&c->queue->device->transport.queue[c->on].vq));
	return false;
}

static bool
behave_AFTER_RESET(struct completion *c)
{
	completion_outlive_reset(c->queue);
	return true;
}

/* ---- which hold ---- */

static const struct {
	enum behaviour_when when;
	bool (*behave)(struct completion *);
} rows[] = {
#define X(code, id, word, when, breaks, what, help) \
	[BEHAVIOUR_##id] = { BEHAVES_##when, behave_##id },
	QUEUE_BEHAVIOURS(X)
#undef X
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

bool
behaviour_spend(struct device_queue *queue, enum behaviour behaviour)
{
	if (queue->left[behaviour] == 0)
		return false;
	if (queue->left[behaviour] != UINT64_MAX)
		queue->left[behaviour]--;
	queue->waits[behaviour] = false;
	return true;
}

bool
behaviour_is_counted(enum behaviour behaviour)
{
	return behaviour < ROWS && rows[behaviour].when != BEHAVES_NOW;
}

bool
behaviours_apply(struct completion *completion, enum behaviour_when when)
{
	for (unsigned i = 0; i < ROWS; i++)
		if (rows[i].when == when &&
		    behaviour_spend(completion->queue, (enum behaviour)i) &&
		    !rows[i].behave(completion))
			return false;
	return true;
}

void
device_behave(struct device *device, enum behaviour behaviour, unsigned queue, uint64_t count)
{
	struct completion none = { .queue = &device->queue[queue], .on = queue };

	assert(queue < device->active && behaviour < ROWS);
	if (rows[behaviour].when == BEHAVES_NOW) {
		rows[behaviour].behave(&none);
		return;
	}
	none.queue->left[behaviour] = count;
	none.queue->waits[behaviour] = count > 0;
}
