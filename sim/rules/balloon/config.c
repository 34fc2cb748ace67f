/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area config: what the driver writes into the field `actual` (virtio 1.2 clause 5.5.4).
 */
#include <inttypes.h>
#include <string.h>

#include "base/vec.h"
#include "rules/balloon/balloon.h"

#define FIELD_BYTES 4u
/* The driver may write `actual` once for several requests, but not put it off like this. */
#define WRITE_LATE_NS UINT64_C(5000000000)

struct config_state {
	uint32_t write_seq;		/* of the newest write of `actual` */
	uint32_t answer_seq, answer_site;	/* of the newest answer taken */
	uint64_t answer_ns;
	/*
	 * Completions since `actual` last said all: the balloon then and now, and for each
	 * queue the pages of its completions, added up.
	 */
	uint64_t balloon_then, balloon;
	struct { VEC_MEMBERS(uint64_t); } sum[LEDGER_QUEUES];
};

/* `actual` says all there is to say. */
static void
config_settle(struct config_state *state, const struct pages *pages)
{
	state->balloon_then = state->balloon = ledger_in_balloon(pages);
	state->sum[LEDGER_INFLATE].count = state->sum[LEDGER_DEFLATE].count = 0;
}

/*
 * A driver may have dequeued more than it has dealt with: the balloon as it was after some of
 * the newest completions, those of a queue in their order.
 */
static bool
is_count_of_some(const struct config_state *state, uint64_t value)
{
	size_t j = 0, ups = state->sum[LEDGER_INFLATE].count;
	size_t downs = state->sum[LEDGER_DEFLATE].count;

	for (size_t i = 0; i <= ups; i++) {
		uint64_t most = state->balloon_then +
		    (i == 0 ? 0 : state->sum[LEDGER_INFLATE].item[i - 1]);

		while (j < downs && most - state->sum[LEDGER_DEFLATE].item[j] > value &&
		    most > state->sum[LEDGER_DEFLATE].item[j])
			j++;
		if (most == value || (j < downs &&
		    most - state->sum[LEDGER_DEFLATE].item[j] == value))
			return true;
	}
	return false;
}

/*
 * The numbers that may be written now: pages in the balloon by requests and answers, or, when
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

static const struct rule rule_actual_write = {
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
	const struct rules_view *view = rules_look(core);
	const struct balloon_facts *balloon = balloon_look(core);
	const struct pages *pages = rules_pages(core);
	uint64_t value = core->event->call.virtio_write_device_config_le.value;

	state->write_seq = core->event->seq;
	if (core->event->call.virtio_write_device_config_le.offset != CONFIG_ACTUAL ||
	    core->event->call.virtio_write_device_config_le.width != FIELD_BYTES) {
		rules_report(core, &rule_actual_write, "`actual` is written in pieces: %" PRIu64
		    " bytes at offset %" PRIu64,
		    core->event->call.virtio_write_device_config_le.width,
		    core->event->call.virtio_write_device_config_le.offset);
		return;
	}
	/* With a foreign `actual` the driver may rightly go by it; lost answers spoil the count. */
	if (!view->device.healthy || !balloon->keeps_actual || balloon->actual_foreign)
		return;
	if (!is_count(pages, value) && is_count_of_some(state, value))
		return;
	config_settle(state, pages);
	if (is_count(pages, value))
		return;
	rules_report(core, &rule_actual_write, "`actual` is written as %" PRIu64 ", the host has %"
	    PRIu64 " pages by the requests completed so far%s", value, ledger_in_balloon(pages),
	    actual_reason(pages, value, view->memory->counts.total));
	if (state->answer_seq != 0)
		rules_because(core, state->answer_seq, "last completion");
}

/* Was the last answer ever followed by a write? */
static void
check_missing(struct config_state *state, struct rules_core *core)
{
	const struct rules_view *view = rules_look(core);
	const struct balloon_facts *balloon = balloon_look(core);
	const struct pages *pages = rules_pages(core);

	if (!view->device.healthy || !balloon->keeps_actual || balloon->actual_foreign ||
	    !(view->device.status & STATUS_DRIVER_OK))
		return;
	if (ledger_waiting(rules_ledger(core)) > 0 || balloon->actual == ledger_in_balloon(pages))
		return;
	rules_report_at(core, &rule_actual_write, state->answer_site,
	    "`actual` was not written after the last completed request: it is %" PRIu32
	    ", the host has %" PRIu64 " pages", balloon->actual, ledger_in_balloon(pages));
	rules_because(core, state->answer_seq, "the completion");
}

static bool
is_unwritten(const struct config_state *state)
{
	return state->answer_seq > state->write_seq;
}

static bool
is_late(const struct config_state *state, const struct event *now)
{
	return is_unwritten(state) && now->time_ns - state->answer_ns >= WRITE_LATE_NS;
}

HOOK(call_write, void *state)
{
	uint64_t offset = event->call.virtio_write_device_config_le.offset;
	uint64_t end = offset + event->call.virtio_write_device_config_le.width;

	if (offset < CONFIG_ACTUAL + FIELD_BYTES && end > CONFIG_ACTUAL)
		check_actual(state, core);
}

HOOK(note_dequeued, struct config_state *state)
{
	uint64_t queue = event->note.dequeued.queue, before = state->balloon, *sum, last;

	state->balloon = ledger_in_balloon(rules_pages(core));
	if (queue < LEDGER_QUEUES && state->balloon != before) {
		last = state->sum[queue].count == 0 ? 0 :
		    state->sum[queue].item[state->sum[queue].count - 1];
		sum = vec_add(&state->sum[queue]);
		*sum = last + (queue == LEDGER_INFLATE ? state->balloon - before :
		    before - state->balloon);
	}
	state->answer_ns = event->time_ns;
	state->answer_seq = event->seq;
	state->answer_site = site;
}

HOOK(on_wake, void *state)
{
	if (is_late(state, event))
		check_missing(state, core);
}

static void
config_fini(void *memory)
{
	struct config_state *state = memory;

	vec_fini(&state->sum[LEDGER_INFLATE]);
	vec_fini(&state->sum[LEDGER_DEFLATE]);
}

static void
config_rest(void *state, struct rules_core *core)
{
	if (is_late(state, core->event) || (rules_look(core)->at_rest && is_unwritten(state)))
		check_missing(state, core);
}

static const struct hook_row hooks[] = {
	ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG, call_write),
	ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG_LE, call_write),
	ON_NOTE(DEQUEUED, note_dequeued),
	ON_EVENT(CTX_WAKE, on_wake),
	HOOKS_END
};

const struct area area_balloon_config = {
	.name = "config",
	.rules = RULES(&rule_actual_write),
	.hooks = hooks,
	.state_bytes = sizeof(struct config_state),
	.each_device = true,
	.fini = config_fini,
	.rest = config_rest,
};
