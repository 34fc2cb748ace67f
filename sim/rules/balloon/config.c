/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area config: what the driver writes into the field `actual` (virtio 1.2 clause 5.5.4).
 */
#include <inttypes.h>

#include "base/sbuf.h"
#include "rules/balloon/balloon.h"

#define FIELD_BYTES 4u
/* The driver may write `actual` once for several requests, but not put it off like this. */
#define WRITE_LATE_NS UINT64_C(5000000000)

/* A completion that the driver has taken. */
struct completion {
	uint64_t pages;
	uint64_t time_ns;
	uint32_t seq, site;
};

struct config_state {
	uint32_t completed_seq;		/* of the newest completion */
	/*
	 * The balloon now, and as `actual` said it at some time; the completions of each queue
	 * since then, and how many of these the newest `actual` may count.
	 */
	uint64_t balloon, balloon_then;
	struct { VEC_MEMBERS(struct completion); } done[LEDGER_QUEUES];
	size_t counted[LEDGER_QUEUES];
};

/* What was written is what there is to say, or nobody can tell. */
static void
config_settle(struct config_state *state, const struct pages *pages)
{
	state->balloon_then = state->balloon = ledger_in_balloon(pages);
	for (unsigned queue = 0; queue < LEDGER_QUEUES; queue++)
		state->done[queue].count = state->counted[queue] = 0;
}

/*
 * A driver may have dequeued more than it has dealt with: is that the balloon as it was after
 * some of the completions, those of a queue in their order?  The fewest of them that it can be
 * are dealt with for good; the driver is trusted to have counted the most.
 */
static bool
is_count_of_some(struct config_state *state, uint64_t value)
{
	size_t ups = 0, downs = 0, fewest[LEDGER_QUEUES];
	uint64_t more = state->balloon_then, less = value;
	bool is = false;

	for (;; ups++) {
		while (downs < state->done[LEDGER_DEFLATE].count && more > less)
			less += state->done[LEDGER_DEFLATE].item[downs++].pages;
		if (more == less) {
			if (!is) {
				fewest[LEDGER_INFLATE] = ups;
				fewest[LEDGER_DEFLATE] = downs;
			}
			is = true;
			state->counted[LEDGER_INFLATE] = ups;
			state->counted[LEDGER_DEFLATE] = downs;
		}
		if (ups == state->done[LEDGER_INFLATE].count)
			break;
		more += state->done[LEDGER_INFLATE].item[ups].pages;
	}
	if (!is)
		return false;
	state->balloon_then = value;
	for (unsigned queue = 0; queue < LEDGER_QUEUES; queue++) {
		if (fewest[queue] > 0)
			vec_remove(&state->done[queue], 0, fewest[queue]);
		state->counted[queue] -= fewest[queue];
	}
	return true;
}

/* The oldest completion that no write of `actual` counts, or NULL. */
static const struct completion *
oldest_uncounted(const struct config_state *state)
{
	const struct completion *oldest = NULL;

	for (unsigned queue = 0; queue < LEDGER_QUEUES; queue++) {
		const struct completion *next = &state->done[queue].item[state->counted[queue]];

		if (state->counted[queue] < state->done[queue].count &&
		    (oldest == NULL || next->seq < oldest->seq))
			oldest = next;
	}
	return oldest;
}

/*
 * The numbers that may be written now: pages in the balloon by requests and completions, or, when
 * no deflate request is out, pages that the driver gave and has not released yet.
 */
static bool
is_count(const struct pages *pages, uint64_t value)
{
	if (value == ledger_in_balloon(pages))
		return true;
	return pages_count(pages, LEDGER_RETURNING, LEDGER_RETURNING) == 0 &&
	    value == pages_count(pages, LEDGER_GIVEN, LEDGER_GIVEN);
}

static const char *
actual_reason(const struct pages *pages, uint64_t value, uint64_t total)
{
	uint64_t balloon = ledger_in_balloon(pages);
	uint64_t offered = pages_count(pages, LEDGER_OFFERED, LEDGER_OFFERED);
	uint64_t returning = pages_count(pages, LEDGER_RETURNING, LEDGER_RETURNING);

	if (value > total)
		return ": more pages than there are";
	if (offered > 0 && value == balloon + offered)
		return ": the inflate request is not completed yet";
	if (returning > 0 && value + returning == balloon)
		return ": the deflate request is not completed yet";
	return "";
}

RULE_ROW(rule_actual_write) = {
	"config.actual-write", SEVERITY_ERROR,
	"`actual` is written in one piece, after the completion, and says what the host has",
	"virtio 1.2 clauses 5.5.6, 5.5.6.1, 5.5.6.2.1",
	"It is all that the host sees of the driver's progress.",
	"virtio_enqueue_commit(...); virtio_write_device_config_le_4(vsc, 4, actual + n);",
	"write it once virtio_dequeue() gave the request back"
};

static void
check_actual(struct config_state *state, struct rules_core *core)
{
	const struct pages *pages = rules_pages(core);
	uint64_t value = core->event->call.virtio_write_device_config_le.value;

	if (core->event->call.virtio_write_device_config_le.offset != CONFIG_ACTUAL ||
	    core->event->call.virtio_write_device_config_le.width != FIELD_BYTES) {
		rules_report(core, &rule_actual_write, "`actual` is written in pieces: %" PRIu64
		    " bytes at offset %" PRIu64,
		    core->event->call.virtio_write_device_config_le.width,
		    core->event->call.virtio_write_device_config_le.offset);
		return;
	}
	if (is_count_of_some(state, value))
		return;
	config_settle(state, pages);
	/* With a foreign `actual` the driver may go by it; lost completions spoil the count. */
	if (!balloon_actual_is_own(core) || is_count(pages, value))
		return;
	rules_report(core, &rule_actual_write, "`actual` is written as %" PRIu64 ", the host has %"
	    PRIu64 " pages by the requests completed so far%s", value, ledger_in_balloon(pages),
	    actual_reason(pages, value, rules_look(core)->memory->counts.total));
	if (state->completed_seq != 0)
		rules_because(core, state->completed_seq, "last completion");
}

/* Was the oldest completion that is not counted put off for so long? */
static void
check_missing(struct config_state *state, struct rules_core *core, uint64_t late_ns)
{
	const struct completion *oldest = oldest_uncounted(state);
	const struct balloon_facts *balloon = balloon_look(core);
	const struct pages *pages = rules_pages(core);

	if (oldest == NULL || rules_patience_ns(core) - oldest->time_ns < late_ns)
		return;
	if (!balloon_actual_is_own(core) ||
	    !(rules_look(core)->device.status & STATUS_DRIVER_OK))
		return;
	if (ledger_waiting(rules_ledger(core)) > 0 || balloon->actual == ledger_in_balloon(pages))
		return;
	rules_report_at(core, &rule_actual_write, oldest->site,
	    "`actual` was not written after each completed request: it is %" PRIu32
	    ", the host has %" PRIu64 " page%s", balloon->actual, ledger_in_balloon(pages),
	    plural(ledger_in_balloon(pages)));
	rules_set_distance(core, RULE_LEFT_OVER);
	rules_because(core, oldest->seq, "the first completion that it does not count");
}

HOOK(balloon_config, call_write, void *state, ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG),
    ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG_LE))
{
	uint64_t offset = event->call.virtio_write_device_config_le.offset;
	uint64_t end = offset + event->call.virtio_write_device_config_le.width;

	if (offset < CONFIG_ACTUAL + FIELD_BYTES && end > CONFIG_ACTUAL)
		check_actual(state, core);
}

HOOK(balloon_config, note_dequeued, struct config_state *state, ON_NOTE(DEQUEUED))
{
	uint64_t queue = event->note.dequeued.queue, before = state->balloon;

	state->completed_seq = event->seq;
	state->balloon = ledger_in_balloon(rules_pages(core));
	if (queue >= LEDGER_QUEUES || state->balloon == before)
		return;
	*vec_add(&state->done[queue]) = (struct completion){
		.pages = queue == LEDGER_INFLATE ? state->balloon - before :
		    before - state->balloon,
		.time_ns = rules_patience_ns(core), .seq = event->seq, .site = site,
	};
}

HOOK(balloon_config, on_wake, void *state, ON_EVENT(CTX_WAKE))
{
	check_missing(state, core, WRITE_LATE_NS);
}

FINI(config_fini, struct config_state *state)
{
	vec_fini(&state->done[LEDGER_INFLATE]);
	vec_fini(&state->done[LEDGER_DEFLATE]);
}

REST(config_rest, void *state)
{
	check_missing(state, core, rules_look(core)->at_rest ? 0 : WRITE_LATE_NS);
}

const struct area area_balloon_config = {
	.state_bytes = sizeof(struct config_state),
	.each_device = true,
	.fini = config_fini,
	.rest = config_rest,
};
