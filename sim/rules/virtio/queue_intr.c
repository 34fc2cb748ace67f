/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area queue-intr: interrupts of a queue that the driver has stopped
 * (virtio_stop_vq_intr(), virtio_start_vq_intr()).
 */
#include <string.h>

#include "rules/area.h"

/* No driver that polls its queues looks less often. */
#define LOOK_NS UINT64_C(30000000000)

struct queue {
	bool stopped;
	uint32_t stop_seq, stop_site;
	/* A used buffer that no interrupt announces: since when, and whose fault it is. */
	bool unseen;
	uint64_t since_ns;
	uint32_t seq, site;		/* of the stop, or of the start that was not heeded */
	const char *what;
};

struct queue_intr {
	struct queue queue[RULES_QUEUES_MAX];
};

RULE_ROW(rule_unseen) = {
	"queue-intr.unseen", SEVERITY_ERROR,
	"who stops a queue's interrupts looks for used buffers itself",
	"virtio 1.2 clause 2.7.7; NetBSD virtio.c, virtio_start_vq_intr()",
	"No interrupt comes for a buffer used meanwhile: it waits until another one comes, or for "
	"ever. virtio_start_vq_intr() says whether there are used buffers already.",
	"virtio_start_vq_intr(vsc, vq);\ncv_wait(&sc->sc_cv, &sc->sc_lock);",
	"if (virtio_start_vq_intr(vsc, vq) != 0)\n\tdequeue_all(sc, vq);\n"
	"cv_wait(&sc->sc_cv, &sc->sc_lock);"
};

static struct queue *
queue_at(struct queue_intr *state, uint64_t index)
{
	return index < RULES_QUEUES_MAX ? &state->queue[index] : NULL;
}

static void
wait(struct queue *queue, const struct rules_core *core, uint32_t seq, uint32_t site,
    const char *what)
{
	if (queue->unseen)
		return;
	queue->unseen = true;
	queue->since_ns = rules_patience_ns(core);
	queue->seq = seq;
	queue->site = site;
	queue->what = what;
}

static void
look(struct queue *queue, struct rules_core *core, size_t index)
{
	/* A device that is not right may use buffers where the driver has none. */
	if (queue->unseen && rules_patience_ns(core) - queue->since_ns >= LOOK_NS &&
	    rules_look(core)->device.healthy) {
		rules_report_at(core, &rule_unseen, queue->site,
		    "a used buffer on queue %zu waits for %llu s, unseen: %s", index,
		    (unsigned long long)(rules_patience_ns(core) - queue->since_ns) / 1000000000,
		    queue->what);
		rules_because(core, queue->seq, "here");
	}
	queue->unseen = false;
}

HOOK(queue_intr, call_stop, struct queue_intr *state, ON_CALL(VIRTIO_STOP_VQ_INTR))
{
	struct queue *queue = queue_at(state, event->call.virtio_stop_vq_intr.queue);

	if (queue == NULL || queue->stopped)
		return;
	queue->stopped = true;
	queue->stop_seq = event->seq;
	queue->stop_site = site;
}

HOOK(queue_intr, call_start, struct queue_intr *state, ON_CALL(VIRTIO_START_VQ_INTR))
{
	struct queue *queue = queue_at(state, event->call.virtio_start_vq_intr.queue);

	if (queue != NULL)
		queue->stopped = false;
}

HOOK(queue_intr, ret_start, struct queue_intr *state, ON_RET(VIRTIO_START_VQ_INTR))
{
	struct queue *queue = queue_at(state, core->call->args.virtio_start_vq_intr.queue);

	if (queue != NULL && event->ret.result != 0)
		wait(queue, core, core->call->seq, core->call->site,
		    "the interrupts were started when it was there, which is what the result says");
}

HOOK(queue_intr, on_used, struct queue_intr *state, ON_EVENT(DEV_USED))
{
	struct queue *queue = queue_at(state, event->dev_used.queue);

	if (queue != NULL && queue->stopped)
		wait(queue, core, queue->stop_seq, queue->stop_site,
		    "the queue's interrupts are stopped");
}

HOOK(queue_intr, call_look, struct queue_intr *state, ON_CALL(VIRTIO_DEQUEUE),
    ON_CALL(VIRTIO_VQ_IS_ENQUEUED))
{
	struct queue *queue = queue_at(state, event->call.virtio_dequeue.queue);

	if (queue != NULL)
		look(queue, core, (size_t)event->call.virtio_dequeue.queue);
}

/* A reset ends whatever was out. */
HOOK(queue_intr, on_status, struct queue_intr *state, ON_EVENT(DEV_STATUS))
{
	if (event->dev_status.status == 0)
		memset(state, 0, sizeof(*state));
}

REST(queue_intr_end, struct queue_intr *queues)
{
	for (size_t i = 0; i < RULES_QUEUES_MAX; i++)
		look(&queues->queue[i], core, i);
}

const struct area area_queue_intr = {
	.state_bytes = sizeof(struct queue_intr),
	.each_device = true,
	.end = queue_intr_end,
};
