/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area balloon: what the driver puts into the statistics queue (virtio 1.2 clause 5.5.6.3).
 */
#include <inttypes.h>

#include "rules/balloon/balloon.h"

/* An entry is a 16-bit tag and a 64-bit value; clause 5.5.6.3.1 still counts in 6 bytes. */
#define ENTRY_BYTES 10u
#define TAGS_MAX 64u
#define BUFFER_MAX (TAGS_MAX * ENTRY_BYTES)

struct statistics {
	bool exists;			/* the driver made the queue */
	uint32_t exists_site;
	uint64_t bus, bytes;		/* of the buffer being put together: its first part, all */
	bool whole, writable;		/* it has one part; the device shall write it */
	unsigned out;			/* buffers with the device */
	uint32_t out_seq;		/* the newest of them */
	uint32_t buffers;		/* since DRIVER_OK */
	uint64_t tags;			/* of the second one and all after it */
};

RULE_ROW(rule_statistics) = {
	"balloon.statistics", SEVERITY_ERROR,
	"one buffer at a time, of whole entries, always the same ones, is in the statistics queue",
	"virtio 1.2 clause 5.5.6.3.1",
	"The device asks for numbers by giving the buffer back; without one it cannot ask.",
	"stats[n].tag = TAG; stats[n++].val = value;\nvirtio_enqueue_p(..., n, true);",
	"virtio_enqueue_p(vsc, vq, slot, map, 0, n * sizeof(struct virtio_balloon_stat), true);"
};

/* A bit for each tag; the upper half is for those of two bytes, as swapped ones are. */
static uint64_t
tags_of(const uint8_t *buffer, uint64_t bytes)
{
	uint64_t tags = 0;

	for (uint64_t at = 0; at + ENTRY_BYTES <= bytes; at += ENTRY_BYTES)
		tags |= UINT64_C(1) << (buffer[at + 1] == 0 ? buffer[at] % (TAGS_MAX / 2) :
		    TAGS_MAX / 2 + buffer[at + 1] % (TAGS_MAX / 2));
	return tags;
}

/*
 * The tags say which numbers there are.  The first buffer may hold anything (clause 5.5.6.3.3),
 * and on the legacy interface did.
 */
static void
check_tags(struct statistics *statistics, struct rules_core *core)
{
	uint8_t buffer[BUFFER_MAX];
	uint64_t tags;

	if (statistics->buffers == 1 || !statistics->whole || statistics->bytes > BUFFER_MAX ||
	    !memory_dma_read(rules_look(core)->memory, statistics->bus, buffer,
	    statistics->bytes))
		return;
	tags = tags_of(buffer, statistics->bytes);
	if (statistics->tags != 0 && tags != statistics->tags)
		rules_report(core, &rule_statistics, "a statistics buffer has the tags %#" PRIx64
		    " (a bit each), those before had %#" PRIx64, tags, statistics->tags);
	statistics->tags = tags;
}

static void
check(struct statistics *statistics, struct rules_core *core)
{
	statistics->buffers++;
	if (statistics->out++ > 0 && rules_look(core)->device.healthy) {
		rules_report(core, &rule_statistics,
		    "a statistics buffer is given to the device, which has one already");
		rules_because(core, statistics->out_seq, "the one before");
	}
	statistics->out_seq = core->event->seq;
	if (statistics->writable)
		rules_report(core, &rule_statistics,
		    "a statistics buffer is for the device to write, which shall read it");
	else if (statistics->bytes % ENTRY_BYTES != 0)
		rules_report(core, &rule_statistics, "a statistics buffer of %" PRIu64 " bytes is "
		    "no whole number of entries of %u bytes", statistics->bytes, ENTRY_BYTES);
	else
		check_tags(statistics, core);
}

static bool
is_ours(struct rules_core *core, uint64_t queue)
{
	return queue == QUEUE_STATISTICS &&
	    (rules_look(core)->device.features & FEATURE_STATS_VQ) != 0;
}

HOOK(balloon_statistics, note_vq, struct statistics *statistics, ON_NOTE(VQ))
{
	if (!is_ours(core, event->note.vq.queue))
		return;
	statistics->exists = true;
	statistics->exists_site = site;
}

HOOK(balloon_statistics, note_desc, struct statistics *statistics, ON_NOTE(DESC))
{
	if (event->note.desc.queue != QUEUE_STATISTICS)
		return;
	statistics->whole = statistics->bytes == 0;
	if (statistics->whole)
		statistics->bus = event->note.desc.address;
	statistics->bytes += event->note.desc.length;
	statistics->writable |= (event->note.desc.flags & DESC_WRITE) != 0;
}

HOOK(balloon_statistics, note_slot, struct statistics *statistics, ON_NOTE(SLOT))
{
	if (!is_ours(core, event->note.slot.queue))
		return;
	if (event->note.slot.state == NOTED_PREPARED) {
		statistics->bytes = 0;
		statistics->writable = false;
	} else if (event->note.slot.state == NOTED_COMMITTED)
		check(statistics, core);
}

HOOK(balloon_statistics, on_used, struct statistics *statistics, ON_EVENT(DEV_USED))
{
	if (event->dev_used.queue == QUEUE_STATISTICS && statistics->out > 0)
		statistics->out--;
}

HOOK(balloon_statistics, on_status, struct statistics *statistics, ON_EVENT(DEV_STATUS))
{
	if (event->dev_status.status == 0)
		*statistics = (struct statistics){
			.exists = statistics->exists, .exists_site = statistics->exists_site,
		};
}

REST(statistics_rest, struct statistics *statistics)
{
	const struct rules_view *view = rules_look(core);

	if (!view->at_rest || !view->device.healthy || !view->device.completes ||
	    !statistics->exists || statistics->out > 0 ||
	    (view->device.status & STATUS_DRIVER_OK) == 0)
		return;
	rules_report_at(core, &rule_statistics, statistics->exists_site, statistics->buffers == 0 ?
	    "STATS_VQ was accepted, and the device never got a buffer" :
	    "the device used the statistics buffer, and got no other");
}

const struct area area_balloon_statistics = {
	.state_bytes = sizeof(struct statistics),
	.each_device = true,
	.rest = statistics_rest,
};
