/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completions of requests: when, and how.
 *
 * Requests of one queue are completed in the order in which they were taken, whatever their
 * latencies; queues do not wait for each other.
 */
#include "device/completion.h"

#define OUTLIVES_NS UINT64_C(1000000)	/* after the reset */
#define JITTER_STEPS 16		/* few values, so that an enumeration can try them all */

static struct device_request
remove_oldest(struct device_queue *queue)
{
	struct device_request request = queue->flight.item[0];

	vec_remove(&queue->flight, 0, 1);
	return request;
}

/* ---- one completion ---- */

void
completion_push(struct completion *c)
{
	struct device *device = c->queue->device;

	if (virtqueue_push(&device->transport.queue[c->on].vq, c->id, c->length))
		transport_emit(&device->transport, EV_DEV_USED, 0, c->on, c->id, c->length, 0, 0);
	else
		device_break(device, c->on, VIRTQUEUE_FAULT_ADDRESS);
}

static void
notify(struct device *device, unsigned queue)
{
	if (device->config.irq_per_batch)
		device->notify |= 1u << queue;
	else
		transport_notify_queue(&device->transport, queue);
}

void
completion_flush(struct device *device)
{
	for (unsigned q = 0; q < device->active; q++)
		if (device->notify & 1u << q)
			transport_notify_queue(&device->transport, q);
	device->notify = 0;
}

static void
complete(struct device_queue *queue, struct device_request request)
{
	struct device *device = queue->device;
	struct completion c = {
		.queue = queue, .on = queue->number, .head = request.head, .id = request.head,
		.asked = request.asked, .length = request.length,
	};

	if (!behaviours_apply(&c, BEHAVES_BEFORE_USED))
		return;
	completion_push(&c);
	if (!behaviours_apply(&c, BEHAVES_AFTER_USED) ||
	    !behaviours_apply(&c, BEHAVES_BEFORE_IRQ))
		return;
	queue->held_back = 0;
	notify(device, c.on);
}

/* ---- when ---- */

static uint64_t
jitter(struct device_queue *queue, uint64_t most_ns)
{
	unsigned steps = most_ns < JITTER_STEPS ? (unsigned)most_ns : JITTER_STEPS;

	if (steps == 0)
		return 0;
	return most_ns / steps * world_choose(queue->device->world, CHOICE_DEVICE, steps + 1);
}

/* The time of the completion of a request taken now; false: inside the notification. */
static bool
is_later(struct device_queue *queue, uint64_t *due_ns)
{
	const struct device_config *config = &queue->device->config;
	uint64_t now_ns = queue->device->world->clock.now_ns;

	if (behaviour_spend(queue, BEHAVIOUR_LATENCY))
		*due_ns = now_ns + queue->latency_ns + jitter(queue, queue->jitter_ns);
	else if (config->ack == DEVICE_ACK_LATER)
		*due_ns = now_ns + config->latency_ns[queue->number] +
		    jitter(queue, config->jitter_ns);
	else
		*due_ns = now_ns;
	return config->ack == DEVICE_ACK_LATER || *due_ns > now_ns || queue->flight.count > 0;
}

void
device_complete(struct device *device, unsigned number, uint32_t written)
{
	struct device_queue *queue = &device->queue[number];
	uint32_t asked = (uint32_t)(device->chain.readable + device->chain.writable);
	struct device_request request = {
		.asked = asked, .head = device->chain.head,
		/* A length that nobody wrote breaks the specification where it is not legacy. */
		.length = !device->world->config.legacy ? written :
		    used_length(device->config.used_length, asked, written),
	};

	if (!is_later(queue, &request.due_ns)) {
		complete(queue, request);
		return;
	}
	/* Not before those that were taken before it. */
	if (queue->flight.count > 0 &&
	    queue->flight.item[queue->flight.count - 1].due_ns > request.due_ns)
		request.due_ns = queue->flight.item[queue->flight.count - 1].due_ns;
	*vec_add(&queue->flight) = request;
	completion_arm(queue);
}

/* Requests were completed: their interrupts, and what follows. */
static void
go_on(struct device_queue *queue)
{
	completion_flush(queue->device);
	completion_arm(queue);
	if (queue->device->config.quiet_notify)
		completion_serve(queue);
}

static bool
stands_still(const struct device_queue *queue)
{
	return queue->flight.count == 0 || queue->paused || queue->device->broken ||
	    !transport_is_live(&queue->device->transport);
}

bool
device_complete_now(struct device *device, int number)
{
	struct device_queue *queue;

	if (number < 0 || (unsigned)number >= device->active ||
	    stands_still(&device->queue[number]))
		return false;
	queue = &device->queue[number];
	completion_halt(queue);
	complete(queue, remove_oldest(queue));
	go_on(queue);
	return true;
}

static void
fire(void *arg)
{
	struct device_queue *queue = arg;
	uint64_t now_ns = queue->device->world->clock.now_ns;

	queue->timer = NULL;
	while (queue->flight.count > 0 && queue->flight.item[0].due_ns <= now_ns)
		complete(queue, remove_oldest(queue));
	go_on(queue);
}

void
completion_arm(struct device_queue *queue)
{
	if (queue->timer == NULL && !stands_still(queue))
		queue->timer = clock_at(&queue->device->world->clock,
		    queue->flight.item[0].due_ns, CLOCK_DEVICE, fire, queue);
}

void
completion_halt(struct device_queue *queue)
{
	clock_cancel(&queue->device->world->clock, &queue->timer);
}

void
completion_forget(struct device_queue *queue)
{
	completion_halt(queue);
	queue->flight.count = 0;
	queue->lost = 0;
	queue->missed = false;
	queue->held_back = 0;
}

void
device_latency(struct device *device, unsigned number, uint64_t latency_ns, uint64_t jitter_ns,
    uint64_t count)
{
	struct device_queue *queue = &device->queue[number];

	queue->latency_ns = latency_ns;
	queue->jitter_ns = jitter_ns;
	queue->left[BEHAVIOUR_LATENCY] = count;
	behaviour_emit(device, &device_behaviours[BEHAVIOUR_LATENCY], (int)number, latency_ns);
}

/* ---- a completion that outlives a reset ---- */

static void
complete_outliving(void *arg)
{
	struct device_queue *queue = arg;
	struct device_outliving *outliving = &queue->outliving;

	outliving->timer = NULL;
	behaviour_emit(queue->device, &device_behaviours[BEHAVIOUR_AFTER_RESET],
	    (int)queue->number, outliving->request.head);
	queue->device->unhealthy = true;
	virtqueue_push(&outliving->vq, outliving->request.head, outliving->request.length);
	transport_interrupt(&queue->device->transport, (int)queue->number, true);
}

void
completion_outlive_reset(struct device_queue *queue)
{
	struct device *device = queue->device;
	struct clock *clock = &device->world->clock;

	completion_forget_outliving(queue);
	queue->outliving.vq = device->transport.queue[queue->number].vq;
	queue->outliving.request = queue->flight.item[0];
	queue->outliving.timer = clock_at(clock, clock->now_ns + OUTLIVES_NS, CLOCK_DEVICE,
	    complete_outliving, queue);
}

void
completion_forget_outliving(struct device_queue *queue)
{
	clock_cancel(&queue->device->world->clock, &queue->outliving.timer);
}

/* ---- raises an interrupt without a cause ---- */

/*
 * The next one comes when nothing else can happen at this time: by then the handler of the
 * one before has run, so that a level-triggered line gives as many interrupts as were asked.
 */
static void
raise_next(void *arg)
{
	struct device_source *source = arg;
	struct device *device = source->device;
	struct clock *clock = &device->world->clock;

	source->timer = NULL;
	source->left--;
	behaviour_emit(device, &device_behaviours[BEHAVIOUR_SPURIOUS], source->queue,
	    source->left);
	if (source->left > 0)
		source->timer = clock_at(clock, clock->now_ns, CLOCK_DEVICE, raise_next,
		    source);
	transport_interrupt(&device->transport, source->queue, source->spurious);
}

void
device_interrupt(struct device *device, int queue, bool spurious, uint64_t count)
{
	struct device_source *source =
	    &device->source[queue == DEVICE_CONFIGURATION ? DEVICE_QUEUES_MAX : queue];

	if (count == 0)
		return;
	source->spurious = spurious;
	source->left += count;
	if (source->timer == NULL)
		raise_next(source);
}

void
completion_stop_interrupts(struct device *device)
{
	for (unsigned i = 0; i <= DEVICE_QUEUES_MAX; i++) {
		clock_cancel(&device->world->clock, &device->source[i].timer);
		device->source[i].left = 0;
	}
}
