/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balloon device: configuration space and requests.  See balloon.h.
 */
#include "device/balloon.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/balloon_answer.h"

#define CONFIG_NUM_PAGES 0
#define CONFIG_ACTUAL 4
#define CONFIG_BYTES 8
#define STATS_SIZE 128

/* ---- configuration space (virtio 1.2 clause 5.5.4: little endian on both faces) ---- */

static void
config_read(void *self, uint8_t *to)
{
	const struct balloon *balloon = self;
	uint32_t raw[2] = { htole32(balloon->num_pages), htole32(balloon->actual) };

	memcpy(to, raw, sizeof(raw));
}

static void
config_write(void *self, unsigned offset, unsigned width, const uint8_t *bytes)
{
	struct balloon *balloon = self;
	const struct device_config *config = &balloon->config;
	bool whole = offset == CONFIG_ACTUAL && width == sizeof(uint32_t);
	uint32_t raw;

	/* num_pages is the host's: QEMU takes the write and forgets it. */
	if (offset + width <= CONFIG_ACTUAL)
		return;
	memcpy(&raw, bytes + CONFIG_ACTUAL, sizeof(raw));
	raw = le32toh(raw);
	if (config->keeps_actual && (whole || !config->actual_whole)) {
		balloon->actual = raw;
		balloon->actual_foreign = false;
	}
	world_emit(balloon->transport.world, EV_DEV_ACTUAL, 0, raw, balloon->actual, 0, 0, 0);
}

/* ---- what the host does with a request ---- */

static void
act(struct balloon_side *side, const uint32_t *entry, size_t n)
{
	struct world *world = side->balloon->transport.world;
	struct memory *memory = &world->memory;
	uint64_t in_use = memory->counts.discarded_in_use;
	size_t skipped = memory_host_move(memory, entry, n, side->queue == BALLOON_INFLATE);

	in_use = memory->counts.discarded_in_use - in_use;
	world_emit(world, EV_DEV_ACT, 0, side->queue, n - skipped, skipped, in_use,
	    memory->counts.held);
}

/* ---- taking requests ---- */

static void
make_room(struct balloon *balloon, size_t n)
{
	size_t max = balloon->entries_max ? balloon->entries_max : 1024;

	if (n <= balloon->entries_max)
		return;
	while (max < n)
		max *= 2;
	free(balloon->entry);
	balloon->entry = xmalloc(max * sizeof(balloon->entry[0]));
	balloon->entries_max = max;
}

/* Read the page numbers of the chain at hand and record them; false when that is over. */
static bool
read_request(struct balloon_side *side, size_t n)
{
	struct balloon *balloon = side->balloon;
	const struct virtqueue_chain *chain = &balloon->chain;
	size_t bytes = n * sizeof(balloon->entry[0]);

	if (n > BALLOON_ENTRIES_MAX) {
		balloon_break(side, VIRTQUEUE_FAULT_LENGTH);
		return false;
	}
	make_room(balloon, n);
	if (!virtqueue_read(&balloon->transport.queue[side->queue].vq, chain, 0,
	    balloon->entry, bytes)) {
		balloon_break(side, VIRTQUEUE_FAULT_ADDRESS);
		return false;
	}
	side->requests++;
	side->entries += n;
	world_emit_payload(balloon->transport.world, EV_DEV_TAKE, 0, side->queue, chain->head,
	    chain->readable, n, trace_hash(balloon->entry, bytes), balloon->entry);
	return true;
}

/* What some models do not work on: see balloon-device tables in balloon.h. */
static bool
is_refused(struct balloon_side *side)
{
	struct balloon *balloon = side->balloon;
	const struct device_config *config = &balloon->config;
	const struct virtqueue_chain *chain = &balloon->chain;
	uint32_t bytes = (uint32_t)chain->readable;

	if (config->request_bytes_max != 0 && bytes > config->request_bytes_max &&
	    config->overlong != DEVICE_OVERLONG_DONE) {
		bool lost = config->overlong == DEVICE_OVERLONG_LOST;

		balloon_emit_habit(balloon, lost ? HABIT_OVERLONG : HABIT_IGNORED,
		    (int)side->queue, bytes);
		if (lost)
			side->lost++;
		else
			balloon_answer(side, chain->head, bytes);
		return true;
	}
	if (config->strict_format && (chain->writable > 0 || bytes % sizeof(uint32_t) != 0)) {
		balloon_emit_habit(balloon, HABIT_IGNORED, (int)side->queue, bytes);
		balloon_answer(side, chain->head, bytes);
		return true;
	}
	return false;
}

static void
handle(struct balloon_side *side)
{
	struct balloon *balloon = side->balloon;
	const struct virtqueue *vq = &balloon->transport.queue[side->queue].vq;
	size_t n = balloon->chain.readable / sizeof(uint32_t);

	/* After wrong answers the two sides no longer agree on what is in flight. */
	if (!balloon->unhealthy && side->count + side->lost >= vq->size) {
		balloon_break(side, VIRTQUEUE_FAULT_EXCESS);
		return;
	}
	if (!read_request(side, n) || is_refused(side))
		return;
	act(side, balloon->entry, n);
	balloon_answer(side, balloon->chain.head, (uint32_t)balloon->chain.readable);
}

static bool
is_served(const struct balloon_side *side)
{
	const struct balloon *balloon = side->balloon;

	return !side->paused && !balloon->broken && transport_is_live(&balloon->transport);
}

static void
take_all(struct balloon_side *side)
{
	struct balloon *balloon = side->balloon;
	struct virtqueue *vq = &balloon->transport.queue[side->queue].vq;
	enum virtqueue_fault fault = VIRTQUEUE_FAULT_NONE;

	while (is_served(side) && virtqueue_take(vq, &balloon->chain, &fault))
		handle(side);
	if (fault != VIRTQUEUE_FAULT_NONE && !balloon->broken)
		balloon_break(side, fault);
	balloon_flush(balloon);
}

void
balloon_serve(struct balloon_side *side)
{
	struct balloon *balloon = side->balloon;
	struct virtqueue *vq = &balloon->transport.queue[side->queue].vq;

	take_all(side);
	if (!balloon->config.quiet_kicks || !is_served(side))
		return;
	virtqueue_set_kicks(vq, side->count == 0);
	/* What came in before kicks were asked for again was not announced. */
	if (side->count == 0 && virtqueue_waiting(vq) > 0)
		take_all(side);
}

/* The host keeps a statistics buffer until somebody asks for statistics; nobody does. */
static void
keep_stats(struct balloon *balloon)
{
	struct virtqueue *vq = &balloon->transport.queue[BALLOON_STATS].vq;
	enum virtqueue_fault fault;

	while (virtqueue_take(vq, &balloon->chain, &fault))
		;
	if (fault != VIRTQUEUE_FAULT_NONE)
		balloon_break(&balloon->side[BALLOON_INFLATE], fault);
}

static void
kick(void *self, unsigned queue)
{
	struct balloon *balloon = self;

	if (queue < BALLOON_ACTIVE)
		balloon_serve(&balloon->side[queue]);
	else if (!balloon->broken)
		keep_stats(balloon);
}

/* ---- life ---- */

static void
queue_gone(void *self, unsigned queue)
{
	struct balloon *balloon = self;

	if (queue < BALLOON_ACTIVE)
		balloon_forget(&balloon->side[queue]);
}

static void
reset(void *self)
{
	struct balloon *balloon = self;

	for (unsigned q = 0; q < BALLOON_ACTIVE; q++)
		balloon_forget(&balloon->side[q]);
	balloon_stop_interrupts(balloon);
	balloon->broken = false;
	if (!balloon->config.reset_keeps_actual)
		balloon->actual = 0;
	/* Whoever comes next finds a value that it did not write. */
	balloon->actual_foreign = balloon->actual != 0;
}

static void
start(void *self)
{
	struct balloon *balloon = self;

	for (unsigned q = 0; q < BALLOON_ACTIVE; q++)
		balloon->side[q].requests = balloon->side[q].entries = 0;
}

static const struct device_class balloon_class = {
	.name = "balloon",
	.device_id = BALLOON_DEVICE_ID,
	.config_bytes = CONFIG_BYTES,
	.config_read = config_read,
	.config_write = config_write,
	.kick = kick,
	.queue_gone = queue_gone,
	.reset = reset,
	.start = start,
};

void
balloon_init(struct balloon *balloon, struct world *world, const struct device_config *config)
{
	uint16_t sizes[BALLOON_QUEUES] = { config->queue_size[BALLOON_INFLATE],
	    config->queue_size[BALLOON_DEFLATE], STATS_SIZE };
	bool stats = config->features & BALLOON_F_STATS_VQ;

	memset(balloon, 0, sizeof(*balloon));
	balloon->config = *config;
	transport_init(&balloon->transport, world, &balloon_class, balloon, sizes,
	    stats ? BALLOON_QUEUES : BALLOON_ACTIVE);
	balloon->transport.offered = config->features;
	balloon->transport.required = config->features_required;
	balloon->transport.config_isr = config->config_isr;
	balloon->num_pages = config->target_pages;
	balloon->actual = config->actual_pages;
	balloon->actual_foreign = balloon->actual != 0;
	virtqueue_chain_init(&balloon->chain);
	for (unsigned q = 0; q < BALLOON_ACTIVE; q++) {
		balloon->side[q].balloon = balloon;
		balloon->side[q].queue = (enum balloon_queue)q;
	}
	for (int i = 0; i <= BALLOON_ACTIVE; i++) {
		balloon->source[i].balloon = balloon;
		balloon->source[i].queue = i < BALLOON_ACTIVE ? i : BALLOON_NO_QUEUE;
	}
}

void
balloon_fini(struct balloon *balloon)
{
	for (unsigned q = 0; q < BALLOON_ACTIVE; q++) {
		balloon_forget(&balloon->side[q]);
		free(balloon->side[q].request);
	}
	balloon_stop_interrupts(balloon);
	virtqueue_chain_fini(&balloon->chain);
	free(balloon->entry);
	memset(balloon, 0, sizeof(*balloon));
}

void
balloon_power_on(struct balloon *balloon)
{
	struct memory *memory = &balloon->transport.world->memory;
	uint64_t left = balloon->config.held_pages;

	for (unsigned i = memory->segments; i-- > 0 && left > 0;) {
		const struct hw_segment *segment = &memory->segment[i];

		for (uint64_t n = segment->npages; n-- > 0 && left > 0; left--)
			memory_host_take(memory, segment->pfn + n);
	}
}

uint64_t
balloon_inflight(const struct balloon *balloon, enum balloon_queue queue)
{
	const struct balloon_side *side = &balloon->side[queue];

	return side->count + side->lost +
	    virtqueue_waiting(&balloon->transport.queue[queue].vq);
}
