/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules about the configuration space of the balloon device (virtio 1.2 clause 5.5.4).
 */
#include <inttypes.h>
#include <string.h>

#include "machine/world.h"
#include "rules/area.h"
#include "rules/ledger.h"
#include "rules/shadow.h"

#define BALLOON_ID 5u			/* virtio 1.2 clause 5 */
#define STATUS_DRIVER_OK 0x04u
#define FIELD_BYTES 4u
/* The driver may write `actual` once for several requests, but not put it off like this. */
#define WRITE_LATE_NS UINT64_C(5000000000)

const struct rule rules_config[] = {
	{ "config.actual-write", SEVERITY_ERROR,
	  "`actual` is written in one piece, after the answer, and says what the host has",
	  "virtio 1.2 clauses 5.5.6, 5.5.6.1, 5.5.6.2.1",
	  "It is all that the host sees of the driver's progress.",
	  "virtio_enqueue_commit(...); virtio_write_device_config_le_4(vsc, 4, actual + n);",
	  "write it once virtio_dequeue() gave the request back" },
	{ "config.byte-order", SEVERITY_ERROR,
	  "little-endian fields are read and written by the _le accessors",
	  "virtio 1.2 clause 5.5.4.0.0.1; NetBSD virtio.c",
	  "On the legacy interface the plain accessors use the guest's byte order, these fields "
	  "are little endian there too: wrong on a big-endian machine.",
	  "virtio_read_device_config_4(vsc, 0)", "virtio_read_device_config_le_4(vsc, 0)" },
	{ "config.field-access", SEVERITY_ERROR,
	  "a field is accessed whole, at its offset, and written only if it is the driver's",
	  "virtio 1.2 clauses 4.1.3.1, 5.5.4",
	  "Anything else is undefined on some device, and num_pages is the host's.",
	  "virtio_read_device_config_1(vsc, 0)", "virtio_read_device_config_le_4(vsc, 0)" },
	{ "config.torn-read", SEVERITY_LINT,
	  "fields read one after the other belong to one state of the device",
	  "virtio 1.2 clauses 2.5.1, 2.5.3",
	  "Two reads are no snapshot: the host may change one field between them.",
	  NULL, NULL },
};
const size_t rules_config_count = sizeof(rules_config) / sizeof(rules_config[0]);

/* The fields that this device has without further features. */
enum field { FIELD_NUM_PAGES, FIELD_ACTUAL, FIELDS };
static const char *const field_name[FIELDS] = { "num_pages", "actual" };

struct last_read {
	bool valid;
	uint8_t field;
	uint32_t seq;
};

struct config_state {
	const struct shadow *shadow;
	struct last_read read[SHADOW_CONTEXTS];
	bool changed;			/* ever; at `change_seq` last */
	uint32_t change_seq;
	uint32_t write_seq;		/* of the newest write of `actual` */
	uint32_t answer_seq, answer_site;	/* of the newest answer taken */
	uint64_t answer_ns;
};

static bool
is_read(unsigned code)
{
	return code == HW_CALL_VIRTIO_READ_DEVICE_CONFIG ||
	    code == HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE;
}

static bool
is_write(unsigned code)
{
	return code == HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG ||
	    code == HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG_LE;
}

static bool
is_balloon(const struct rules_view *view)
{
	return view->world == NULL || view->world->hooks.device_id == BALLOON_ID;
}

static bool
is_field(uint64_t offset, uint64_t width)
{
	return width == FIELD_BYTES && offset % FIELD_BYTES == 0 &&
	    offset / FIELD_BYTES < FIELDS;
}

/* ---- access ---- */

static bool
touches_actual(uint64_t offset, uint64_t width)
{
	return offset < (FIELD_ACTUAL + 1) * FIELD_BYTES &&
	    offset + width > FIELD_ACTUAL * FIELD_BYTES;
}

static void
judge_access(struct rules_core *core, const struct event *event, uint32_t site)
{
	uint64_t offset = event->arg[0], width = event->arg[1];
	bool write = is_write(event->code);

	if (write && touches_actual(offset, width))
		return;		/* config.actual-write */
	if (!is_field(offset, width))
		rules_report(core, "config.field-access", event, site,
		    "a %s of %" PRIu64 " byte%s at offset %" PRIu64 " is no field of this "
		    "device", write ? "write" : "read", width, width == 1 ? "" : "s", offset);
	else if (write)
		rules_report(core, "config.field-access", event, site,
		    "%s is the device's, the driver wrote %" PRIu64,
		    field_name[offset / FIELD_BYTES], event->arg[2]);
}

static void
judge_byte_order(struct rules_core *core, const struct event *event, uint32_t site)
{
	if (event->code != HW_CALL_VIRTIO_READ_DEVICE_CONFIG &&
	    event->code != HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG)
		return;
	if (!rules_look(core)->legacy || !is_field(event->arg[0], event->arg[1]))
		return;
	rules_report(core, "config.byte-order", event, site,
	    "%s of the little-endian field %s in the guest's byte order",
	    is_write(event->code) ? "write" : "read",
	    field_name[event->arg[0] / FIELD_BYTES]);
}

/* ---- actual ---- */

/*
 * The numbers that may be written now: pages in the balloon by requests and answers, or, when
 * no deflate request is out, pages that the driver gave and has not released yet.
 */
static bool
is_count(const struct ledger *ledger, uint64_t value)
{
	if (value == ledger_in_balloon(ledger))
		return true;
	return ledger_count(ledger, LEDGER_RETURNING, LEDGER_RETURNING) == 0 &&
	    value == ledger_count(ledger, LEDGER_GIVEN, LEDGER_GIVEN);
}

static const char *
actual_reason(const struct ledger *ledger, uint64_t value, uint64_t total)
{
	uint64_t balloon = ledger_in_balloon(ledger);
	uint64_t offered = ledger_count(ledger, LEDGER_OFFERED, LEDGER_OFFERED);
	uint64_t returning = ledger_count(ledger, LEDGER_RETURNING, LEDGER_RETURNING);

	if (value > total)
		return ": more pages than there are";
	if (offered > 0 && value == balloon + offered)
		return ": the inflate request is not answered yet";
	if (returning > 0 && value + returning == balloon)
		return ": the deflate request is not answered yet";
	return "";
}

static void
judge_actual(struct config_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct rules_view *view = rules_look(core);
	const struct rules_device *device = &view->device;
	const struct ledger *ledger = rules_ledger(core);
	uint64_t value = event->arg[2];
	struct finding *finding;

	state->write_seq = event->seq;
	if (!is_field(event->arg[0], event->arg[1])) {
		rules_report(core, "config.actual-write", event, site,
		    "`actual` is written in pieces: %" PRIu64 " bytes at offset %" PRIu64,
		    event->arg[1], event->arg[0]);
		return;
	}
	/* With a foreign `actual` the driver may rightly go by it; lost answers spoil the count. */
	if (!device->healthy || !device->keeps_actual || device->actual_foreign)
		return;
	if (is_count(ledger, value))
		return;
	finding = rules_report(core, "config.actual-write", event, site,
	    "`actual` is written as %" PRIu64 ", the host has %" PRIu64 " pages by the answers "
	    "so far%s", value, ledger_in_balloon(ledger),
	    actual_reason(ledger, value, view->memory->counts.total));
	if (state->answer_seq != 0)
		finding_because(finding, state->answer_seq, "last answer");
}

/* Was the last answer ever followed by a write? */
static void
judge_missing(struct config_state *state, struct rules_core *core, const struct event *now)
{
	const struct rules_view *view = rules_look(core);
	const struct rules_device *device = &view->device;
	const struct ledger *ledger = rules_ledger(core);
	struct finding *finding;

	if (!device->healthy || !device->keeps_actual || device->actual_foreign ||
	    !(device->status & STATUS_DRIVER_OK) || !is_balloon(view))
		return;
	if (ledger_waiting(ledger) > 0 || device->actual == ledger_in_balloon(ledger))
		return;
	finding = rules_report(core, "config.actual-write", now, state->answer_site,
	    "`actual` was not written after the last answer: it is %" PRIu32
	    ", the host has %" PRIu64 " pages", device->actual, ledger_in_balloon(ledger));
	finding_because(finding, state->answer_seq, "the answer");
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

/* ---- torn reads ---- */

static void
judge_torn(struct config_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct shadow_call *call = shadow_call_of(state->shadow, event);
	struct last_read *last = &state->read[event->ctx];
	struct finding *finding;
	uint8_t field;

	if (!is_read(event->code) || !shadow_returns(state->shadow, event) ||
	    !is_field(call->arg[0], call->arg[1]))
		return;
	field = (uint8_t)(call->arg[0] / FIELD_BYTES);
	if (last->valid && last->field != field && state->changed &&
	    state->change_seq > last->seq) {
		finding = rules_report(core, "config.torn-read", event, site,
		    "%s was read, then the configuration changed, then %s was read",
		    field_name[last->field], field_name[field]);
		finding_because(finding, last->seq, "%s read", field_name[last->field]);
		finding_because(finding, state->change_seq, "changed");
	}
	*last = (struct last_read){ .valid = true, .field = field, .seq = event->seq };
}

/* ---- the area ---- */

static void
see_call(struct config_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	if (!is_read(event->code))
		state->read[event->ctx].valid = false;
	if (!is_read(event->code) && !is_write(event->code))
		return;
	if (!is_balloon(rules_look(core)))
		return;
	judge_access(core, event, site);
	judge_byte_order(core, event, site);
	if (is_write(event->code) && touches_actual(event->arg[0], event->arg[1]))
		judge_actual(state, core, event, site);
}

static void
config_see(void *self, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct config_state *state = self;

	(void)payload;
	state->shadow = rules_shadow(core);
	if (event->kind == EV_CALL) {
		see_call(state, core, event, site);
	} else if (event->kind == EV_RET) {
		judge_torn(state, core, event, site);
	} else if (event->kind == EV_CTX_SLEEP) {
		state->read[event->ctx].valid = false;
	} else if (event->kind == EV_CTX_WAKE) {
		if (is_late(state, event))
			judge_missing(state, core, event);
	} else if (event->kind == EV_NOTE && event->code == HW_NOTE_DEQUEUED) {
		state->answer_ns = event->time_ns;
		state->answer_seq = event->seq;
		state->answer_site = site;
	} else if (event->kind == EV_HOST_TARGET || event->kind == EV_DEV_ACTUAL) {
		state->changed = true;
		state->change_seq = event->seq;
	} else if (event->kind == EV_HOST_REBOOT) {
		memset(state, 0, sizeof(*state));
	}
}

static void
config_rest(void *self, struct rules_core *core, const struct event *now)
{
	struct config_state *state = self;

	if (is_late(state, now) || (rules_look(core)->at_rest && is_unwritten(state)))
		judge_missing(state, core, now);
}

const struct area area_config = {
	.name = "config",
	.kinds = KIND(CALL) | KIND(NOTE) | KIND(RET) | KIND(CTX_SLEEP) | KIND(CTX_WAKE) |
	    KIND(HOST_TARGET) | KIND(DEV_ACTUAL) | KIND(HOST_REBOOT),
	.returns = CALLS(HW_CALL_VIRTIO_READ_DEVICE_CONFIG,
	    HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE),
	.notes = NOTE(DEQUEUED),
	.state_bytes = sizeof(struct config_state),
	.see = config_see,
	.rest = config_rest,
};
