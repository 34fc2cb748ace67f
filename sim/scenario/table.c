/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format as tables: every key of a scenario file, once.
 */
#include "table.h"

#include <assert.h>
#include <string.h>

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define UNSET SCENARIO_UNSET
#define MAX32 UINT32_MAX

/* Rows.  S is the struct, m the member. */
#define ROW(k, kind_, flags_, S, m, help_, ...) \
	{ .key = k, .kind = kind_, .flags = flags_, .offset = offsetof(struct S, m), \
	  .help = help_, __VA_ARGS__ }
#define VOCAB(list) .vocab = offsetof(struct scenario_vocab, list)
#define RANGE(lo, hi) .min = (lo), .max = (hi)

#define MAP(name_, fields_, S, defaults_, scalars_) \
	{ .name = name_, .fields = fields_, .count = NELEM(fields_), \
	  .size = sizeof(struct S), .defaults = defaults_, .scalars = scalars_ }

/* ---- words ---- */

static const struct field_word words_transport[] = {
	{ "virtio-1.0", SCENARIO_VIRTIO_1 }, { "legacy", SCENARIO_LEGACY }, { NULL, 0 }
};
static const struct field_word words_interrupts[] = {
	{ "intx", SCENARIO_INTX }, { "msix", SCENARIO_MSIX }, { NULL, 0 }
};
static const struct field_word words_dma[] = {
	{ "bounce", SCENARIO_BOUNCE }, { "coherent", SCENARIO_COHERENT }, { NULL, 0 }
};
static const struct field_word words_softc[] = {
	{ "plain", SCENARIO_PLAIN }, { "straddle", SCENARIO_STRADDLE }, { NULL, 0 }
};
static const struct field_word words_model[] = {
	{ "qemu", SCENARIO_QEMU }, { "crosvm", SCENARIO_CROSVM },
	{ "cloud-hypervisor", SCENARIO_CLOUD_HYPERVISOR },
	{ "firecracker", SCENARIO_FIRECRACKER }, { NULL, 0 }
};
static const struct field_word words_ack[] = {
	{ "in-notify", SCENARIO_ACK_IN_NOTIFY },
	{ "after-latency", SCENARIO_ACK_AFTER_LATENCY }, { NULL, 0 }
};
static const struct field_word words_config_irq[] = {
	{ "always", SCENARIO_CONFIG_IRQ_ALWAYS },
	{ "on-change", SCENARIO_CONFIG_IRQ_ON_CHANGE }, { NULL, 0 }
};
static const struct field_word words_target_irq[] = {
	{ "config", SCENARIO_TARGET_IRQ_CONFIG }, { "none", SCENARIO_TARGET_IRQ_NONE },
	{ NULL, 0 }
};
static const struct field_word words_again[] = {
	{ "again", SCENARIO_AGAIN }, { NULL, 0 }
};
static const struct field_word words_policy[] = {
	{ "strict", SCENARIO_STRICT }, { "lenient", SCENARIO_LENIENT }, { NULL, 0 }
};

/* ---- machine ---- */

static const struct field fields_segment[] = {
	ROW("at", FIELD_AMOUNT, FIELD_REQUIRED | FIELD_BYTES, scenario_segment, at_pages,
	    "guest-physical address where it begins"),
	ROW("size", FIELD_AMOUNT, FIELD_REQUIRED | FIELD_BYTES, scenario_segment, size_pages,
	    "its size", RANGE(1, 0)),
};
static const struct scenario_segment default_segment = { 0, 0 };
const struct map map_segment =
    MAP("segments", fields_segment, scenario_segment, &default_segment, 0);

static const struct field fields_machine[] = {
	ROW("memory", FIELD_AMOUNT, FIELD_BYTES, scenario_machine, memory_pages,
	    "guest memory, from address 0 (64MiB)", RANGE(16, 0)),
	ROW("segments", FIELD_SEGMENTS, 0, scenario_machine, segments,
	    "guest memory in pieces, instead of `memory`"),
	ROW("reserve", FIELD_AMOUNT, FIELD_BYTES, scenario_machine, reserve_pages,
	    "what the page allocator keeps back for the kernel (0)"),
	ROW("hz", FIELD_COUNT, 0, scenario_machine, hz,
	    "clock ticks a second (100)", RANGE(1, 100000)),
	ROW("cpus", FIELD_COUNT, 0, scenario_machine, cpus,
	    "CPUs (1)", RANGE(1, SCENARIO_CPUS_MAX)),
	ROW("diagnostic", FIELD_FLAG, 0, scenario_machine, diagnostic,
	    "a kernel with DIAGNOSTIC (true)"),
	ROW("transport", FIELD_WORD, 0, scenario_machine, transport,
	    "how the device is reached (both, as two machines)", .words = words_transport),
	ROW("interrupts", FIELD_WORD, 0, scenario_machine, interrupts,
	    "how it interrupts (intx)", .words = words_interrupts),
	ROW("dma", FIELD_WORD, 0, scenario_machine, dma,
	    "the device sees only what was synchronised, or all memory at all times "
	    "(both, as two machines)", .words = words_dma),
	ROW("softc", FIELD_WORD, 0, scenario_machine, softc,
	    "driver state in one piece, or across two pages that do not adjoin (plain)",
	    .words = words_softc),
};
static const struct scenario_machine default_machine = {
	.memory_pages = 64 * 256, .hz = 100, .cpus = 1, .diagnostic = true,
	.transport = -1, .dma = -1, .interrupts = SCENARIO_INTX, .softc = SCENARIO_PLAIN,
};
const struct map map_machine =
    MAP("machine", fields_machine, scenario_machine, &default_machine, 0);

/* ---- device ---- */

static const struct field fields_latency[] = {
	ROW("inflate", FIELD_TIME, 0, scenario_latency, inflate, "of inflate requests"),
	ROW("deflate", FIELD_TIME, 0, scenario_latency, deflate, "of deflate requests"),
	ROW("jitter", FIELD_TIME, 0, scenario_latency, jitter,
	    "up to so much more, by the seed"),
};
static const struct scenario_latency default_latency = {
	.inflate = { SCENARIO_NO_TIME, 0 }
};
static const struct map map_latency =
    MAP("latency", fields_latency, scenario_latency, &default_latency, 2);

static const struct field fields_initial[] = {
	ROW("target", FIELD_AMOUNT, 0, scenario_initial, target_pages,
	    "num_pages at power on (0)", RANGE(0, MAX32)),
	ROW("actual", FIELD_AMOUNT, 0, scenario_initial, actual_pages,
	    "actual at power on (0)", RANGE(0, MAX32)),
	ROW("held", FIELD_AMOUNT, 0, scenario_initial, held_pages,
	    "pages that the host has at power on (0)", RANGE(0, MAX32)),
};
static const struct scenario_initial default_initial = { 0, 0, 0 };
static const struct map map_initial =
    MAP("initial", fields_initial, scenario_initial, &default_initial, 0);

static const struct field fields_queue_size[] = {
	ROW("inflate", FIELD_COUNT, 0, scenario_queue_size, inflate,
	    "entries of the inflate queue", RANGE(0, 32768)),
	ROW("deflate", FIELD_COUNT, 0, scenario_queue_size, deflate,
	    "entries of the deflate queue", RANGE(0, 32768)),
};
static const struct scenario_queue_size default_queue_size = { UNSET, UNSET };
static const struct map map_queue_size =
    MAP("queue_size", fields_queue_size, scenario_queue_size, &default_queue_size, 2);

static const struct field fields_device[] = {
	ROW("type", FIELD_VOCAB, 0, scenario_device, type,
	    "virtio device type (balloon)", VOCAB(devices)),
	ROW("model", FIELD_WORD, 0, scenario_device, model,
	    "whose device it is like, for every key not given (qemu)",
	    .words = words_model),
	ROW("features", FIELD_VOCAB_LIST, 0, scenario_device, features,
	    "all features offered, or [none]; VERSION_1 comes with the transport (by model)",
	    VOCAB(features)),
	ROW("latency", FIELD_MAP, 0, scenario_device, latency,
	    "how long a request stays with the device: a time or a map (by model)",
	    .map = &map_latency),
	ROW("initial", FIELD_MAP, 0, scenario_device, initial,
	    "state at power on", .map = &map_initial),
	ROW("queue_size", FIELD_MAP, 0, scenario_device, queue_size,
	    "entries of both queues or of each, a power of two; 0: there is none (by model)",
	    .map = &map_queue_size),
	ROW("reset_keeps_actual", FIELD_CHOICE, 0, scenario_device, reset_keeps_actual,
	    "actual survives a device reset (by model)"),
	ROW("keeps_actual", FIELD_CHOICE, 0, scenario_device, keeps_actual,
	    "false: the device forgets what is written to actual (by model)"),
	ROW("ack", FIELD_WORD, 0, scenario_device, ack,
	    "answer inside the notification or after the latency (by model)",
	    .words = words_ack),
	ROW("config_irq", FIELD_WORD, 0, scenario_device, config_irq,
	    "config interrupt with every target, or only a changed one (by model)",
	    .words = words_config_irq),
};
static const struct scenario_device default_device = {
	.type = "balloon", .model = SCENARIO_QEMU, .queue_size = { UNSET, UNSET },
};
const struct map map_device =
    MAP("device", fields_device, scenario_device, &default_device, 0);

/* ---- verbs ---- */

static const struct field fields_target[] = {
	ROW("pages", FIELD_AMOUNT, FIELD_REQUIRED, scenario_target, pages,
	    "num_pages", RANGE(0, MAX32)),
	ROW("irq", FIELD_WORD, 0, scenario_target, irq,
	    "none: without the config interrupt (config)", .words = words_target_irq),
};
static const struct scenario_target default_target = { 0, SCENARIO_TARGET_IRQ_CONFIG };
static const struct map map_target =
    MAP("target", fields_target, scenario_target, &default_target, 1);

static const struct field fields_storm[] = {
	ROW("targets", FIELD_AMOUNTS, FIELD_REQUIRED, scenario_storm, targets,
	    "the targets, in a cycle", RANGE(0, MAX32)),
	ROW("every", FIELD_TIME, FIELD_REQUIRED, scenario_storm, every,
	    "time between two", RANGE(1, 0)),
	ROW("count", FIELD_COUNT, 0, scenario_storm, count,
	    "how many in all (once through the list)", RANGE(1, 1000000)),
	ROW("irq", FIELD_WORD, 0, scenario_storm, irq,
	    "none: without the config interrupts (config)", .words = words_target_irq),
};
static const struct scenario_storm default_storm = { .count = UNSET };
static const struct map map_storm =
    MAP("storm", fields_storm, scenario_storm, &default_storm, 0);

static const struct field fields_fail[] = {
	ROW("id", FIELD_NAME, FIELD_REQUIRED, scenario_fail, id,
	    "name for `heal` and fail.<id>.hits"),
	ROW("call", FIELD_FAULT, FIELD_REQUIRED, scenario_fail, call,
	    "kernel call, or one of its faults (`viosim explain` lists them)"),
	ROW("vq", FIELD_VOCAB, 0, scenario_fail, vq,
	    "only calls for this queue", VOCAB(vqs)),
	ROW("nth", FIELD_COUNT, 0, scenario_fail, nth,
	    "the first call to fail, counted from 1 at this step (1)", RANGE(1, MAX32)),
	ROW("count", FIELD_TIMES, 0, scenario_fail, count,
	    "how many calls fail, or forever (1)", RANGE(1, MAX32)),
	ROW("probability", FIELD_PERCENT, 0, scenario_fail, probability_ppm,
	    "chance of each of these calls to fail, by the seed (100%)"),
	ROW("errno", FIELD_VOCAB, 0, scenario_fail, error,
	    "what the call returns (by fault)", VOCAB(errnos)),
	ROW("block", FIELD_FLAG, 0, scenario_fail, block,
	    "sleep inside the call until healed, instead of failing it (false)"),
};
static const struct scenario_fail default_fail = {
	.nth = 1, .count = 1, .probability_ppm = SCENARIO_CERTAIN_PPM,
};
const struct map map_fail = MAP("fail", fields_fail, scenario_fail, &default_fail, 0);

static const struct field fields_habit_latency[] = {
	ROW("inflate", FIELD_TIME, 0, scenario_latency, inflate, "of inflate requests"),
	ROW("deflate", FIELD_TIME, 0, scenario_latency, deflate, "of deflate requests"),
};
static const struct map map_habit_latency =
    MAP("latency", fields_habit_latency, scenario_latency, &default_latency, 2);

#define HABIT(k, help_) \
	ROW(#k, FIELD_VOCAB, 0, scenario_habit, k, help_, VOCAB(vqs))
static const struct field fields_habit[] = {
	ROW("latency", FIELD_MAP, 0, scenario_habit, latency,
	    "from now on requests take so long: a time or {inflate, deflate}",
	    .map = &map_habit_latency),
	ROW("jitter", FIELD_TIME, 0, scenario_habit, latency.jitter,
	    "from now on up to so much more, by the seed"),
	HABIT(pause, "stop answering on this queue"),
	HABIT(resume, "answer again what was held back"),
	HABIT(drop, "lose the next completions of this queue"),
	HABIT(duplicate, "complete twice"),
	HABIT(wrong_queue, "complete on the other queue"),
	HABIT(wrong_id, "complete with an id that was not asked"),
	HABIT(wrong_len, "complete with a length that is not true"),
	HABIT(no_irq, "complete without an interrupt"),
	HABIT(coalesce, "one interrupt for several completions, while more are under way"),
	ROW("needs_reset", FIELD_FLAG, 0, scenario_habit, needs_reset,
	    "the device sets DEVICE_NEEDS_RESET and stops (false)"),
	ROW("actual", FIELD_AMOUNT, 0, scenario_habit, actual_pages,
	    "the device changes `actual` by itself", RANGE(0, MAX32)),
	ROW("count", FIELD_COUNT, 0, scenario_habit, count,
	    "for how many completions (1)", RANGE(1, MAX32)),
};
static const struct scenario_habit default_habit = { .actual_pages = UNSET, .count = 1 };
const struct map map_habit =
    MAP("device", fields_habit, scenario_habit, &default_habit, 0);

static const struct field fields_irq[] = {
	ROW("source", FIELD_SOURCE, FIELD_REQUIRED, scenario_irq, source,
	    "config, or a queue"),
	ROW("spurious", FIELD_FLAG, 0, scenario_irq, spurious,
	    "false: the device shows the cause, yet nothing is new (true)"),
	ROW("count", FIELD_COUNT, 0, scenario_irq, count,
	    "how many, one after the other (1)", RANGE(1, 1000000)),
};
static const struct scenario_irq default_irq = { .spurious = true, .count = 1 };
static const struct map map_irq = MAP("irq", fields_irq, scenario_irq, &default_irq, 0);

static const struct field fields_deliver[] = {
	ROW("irq", FIELD_SOURCE, FIELD_REQUIRED, scenario_deliver, irq,
	    "config, or a queue"),
	ROW("at", FIELD_POINT, FIELD_REQUIRED, scenario_deliver, at,
	    "the point where it comes in"),
	ROW("target", FIELD_AMOUNT, 0, scenario_deliver, target_pages,
	    "the host also writes num_pages there", RANGE(0, MAX32)),
	ROW("answer", FIELD_FLAG, 0, scenario_deliver, answer,
	    "the device answers there the oldest request that it has on that queue, if it has "
	    "one (false)"),
};
static const struct scenario_deliver default_deliver = { .target_pages = UNSET };
const struct map map_deliver =
    MAP("deliver", fields_deliver, scenario_deliver, &default_deliver, 0);

static const struct field fields_hold[] = {
	ROW("thread", FIELD_NAME, FIELD_REQUIRED, scenario_hold, thread,
	    "the kernel thread, by name; autoconf is the one that attaches"),
	ROW("at", FIELD_POINT, 0, scenario_hold, at,
	    "the point where it stops (where it stands)"),
	ROW("for", FIELD_TIME, 0, scenario_hold, lasts,
	    "how long; or", RANGE(1, 0)),
	ROW("until", FIELD_TEXT, 0, scenario_hold, until,
	    "until the step of this name begins"),
};
static const struct scenario_hold default_hold = { .thread = NULL };
const struct map map_hold = MAP("hold", fields_hold, scenario_hold, &default_hold, 0);

static const struct field fields_guest[] = {
	ROW("use", FIELD_AMOUNT, 0, scenario_guest, use_pages,
	    "others take pages", RANGE(1, 0)),
	ROW("release", FIELD_AMOUNT, 0, scenario_guest, release_pages,
	    "others give pages back", RANGE(1, 0)),
	ROW("reboot", FIELD_FLAG, 0, scenario_guest, reboot,
	    "the guest starts anew; the device is reset"),
	ROW("attach", FIELD_WORD, 0, scenario_guest, attach,
	    "the driver attaches once more", .words = words_again),
	ROW("detach", FIELD_FLAG, 0, scenario_guest, detach,
	    "the driver is asked to detach"),
};
static const struct scenario_guest default_guest = {
	.use_pages = UNSET, .release_pages = UNSET,
};
const struct map map_guest = MAP("guest", fields_guest, scenario_guest, &default_guest, 0);

static const struct field fields_settle[] = {
	ROW("within", FIELD_TIME, FIELD_REQUIRED, scenario_settle, within,
	    "by then all must be at rest", RANGE(1, 0)),
};
static const struct scenario_settle default_settle = { .within = { SCENARIO_NO_TIME, 0 } };
static const struct map map_settle =
    MAP("settle", fields_settle, scenario_settle, &default_settle, 0);

#define VERB(k, kind_, flags_, member, help_, ...) \
	ROW(k, kind_, flags_, scenario_step, member, help_, __VA_ARGS__)
static const struct field fields_verbs[] = {
	VERB("target", FIELD_MAP, 0, target,
	    "the host asks for a balloon of so many pages and raises the config interrupt",
	    .map = &map_target),
	VERB("storm", FIELD_MAP, 0, storm, "a burst of targets", .map = &map_storm),
	VERB("fail", FIELD_MAP, 0, fail, "arm a fault", .map = &map_fail),
	VERB("heal", FIELD_HEAL, 0, heal.id, "disarm a fault by its id, or all"),
	VERB("device", FIELD_MAP, 0, device, "the device's habit for the next completions",
	    .map = &map_habit),
	VERB("irq", FIELD_MAP, 0, irq, "interrupts without a cause", .map = &map_irq),
	VERB("deliver", FIELD_MAP, 0, deliver, "an interrupt at an exact point",
	    .map = &map_deliver),
	VERB("hold", FIELD_MAP, 0, hold, "keep a thread from running", .map = &map_hold),
	VERB("guest", FIELD_MAP, 0, guest, "what the rest of the guest does",
	    .map = &map_guest),
	VERB("expect", FIELD_EXPECT, FIELD_TAKES_WITHIN | FIELD_TAKES_FOR, expect,
	    "must be true: now, within a time, for a time"),
	VERB("wait", FIELD_EXPECT, FIELD_TAKES_WITHIN | FIELD_NEEDS_WITHIN, expect,
	    "go on as soon as it is true"),
	VERB("settle", FIELD_MAP, 0, settle,
	    "nothing in flight and the driver asleep with nothing to do",
	    .map = &map_settle),
	VERB("note", FIELD_TEXT, 0, note, "a mark on every timeline"),
};
static const struct scenario_step default_step = { .name = NULL };
const struct map map_verbs =
    MAP("step", fields_verbs, scenario_step, &default_step, 0);

/* A verb's place in the table is its number. */
#define X(id, key) + 1
_Static_assert(NELEM(fields_verbs) == 0 SCENARIO_VERBS(X), "one row a verb");
#undef X

static const struct field fields_step[] = {
	ROW("at", FIELD_AT, 0, scenario_step, at,
	    "`1s` since attach finished, `+50ms` after the previous step (at once after it)"),
	ROW("name", FIELD_TEXT, 0, scenario_step, name, "what happens here, in words"),
	ROW("within", FIELD_TIME, 0, scenario_step, within,
	    "becomes true by then (expect, wait)", RANGE(1, 0)),
	ROW("for", FIELD_TIME, 0, scenario_step, lasts,
	    "stays true so long (expect)", RANGE(1, 0)),
};
const struct map map_step =
    MAP("step", fields_step, scenario_step, &default_step, 0);

/* ---- the whole ---- */

static const struct field fields_claim[] = {
	ROW("that", FIELD_EXPECT, FIELD_REQUIRED, scenario_claim, that, "the expectation"),
	ROW("id", FIELD_NAME, 0, scenario_claim, id, "a name for reports"),
};
static const struct scenario_claim default_claim = { .id = NULL };
const struct map map_claim =
    MAP("expectation", fields_claim, scenario_claim, &default_claim, 1);

static const struct field fields_limits[] = {
	ROW("time", FIELD_TIME, 0, scenario_limits, time,
	    "virtual time (120s)", RANGE(1, 0)),
	ROW("events", FIELD_COUNT, 0, scenario_limits, events,
	    "events (1000000)", RANGE(1, 1000000000)),
};
static const struct scenario_limits default_limits = {
	.time = { SCENARIO_NS, UINT64_C(120000000000) }, .events = 1000000,
};
static const struct map map_limits =
    MAP("limits", fields_limits, scenario_limits, &default_limits, 0);

static const struct field fields_rules[] = {
	ROW("off", FIELD_VOCAB_LIST, FIELD_REQUIRED, scenario_rules, off,
	    "rules that are not checked here", VOCAB(rules)),
	ROW("why", FIELD_TEXT, FIELD_REQUIRED, scenario_rules, why, "the reason"),
};
static const struct scenario_rules default_rules = { .why = NULL };
static const struct map map_rules =
    MAP("rules", fields_rules, scenario_rules, &default_rules, 0);

static const struct field fields_scenario[] = {
	ROW("format", FIELD_FORMAT, FIELD_REQUIRED | FIELD_BASE, scenario, format,
	    "version of the format: 1", RANGE(1, 1)),
	ROW("scenario", FIELD_PATH, FIELD_REQUIRED, scenario, id,
	    "the file's path below scenarios/, without .yaml"),
	ROW("summary", FIELD_TEXT, FIELD_REQUIRED, scenario, summary,
	    "one sentence that a kernel developer understands"),
	ROW("tags", FIELD_NAMES, 0, scenario, tags, "words to select scenarios by"),
	ROW("extends", FIELD_EXTENDS, 0, scenario, id,
	    "a file whose machine, device, always and never hold here too"),
	ROW("seed", FIELD_SEED, FIELD_SILENT, scenario, seeds,
	    "run once with this seed (plain choices, no seed)"),
	ROW("seeds", FIELD_SEEDS, 0, scenario, seeds,
	    "run once with each of these: `1..16` or a list"),
	ROW("matrix", FIELD_MATRIX, 0, scenario, params,
	    "parameters: `name: [value, ...]`; `$name` elsewhere stands for the value"),
	ROW("machine", FIELD_MAP, FIELD_BASE, scenario, base,
	    "the machine", .map = &map_machine),
	ROW("machines", FIELD_MACHINES, 0, scenario, machines,
	    "run on each of these, which differ from `machine` in the keys given; "
	    "transport and dma default to the first of their words "
	    "(without this key: all combinations of transport and dma that `machine` leaves open)",
	    .map = &map_machine),
	ROW("device", FIELD_MAP, FIELD_BASE, scenario, device,
	    "the virtio device and the host behind it", .map = &map_device),
	ROW("limits", FIELD_MAP, 0, scenario, limits,
	    "the run ends as stuck when it reaches one of these", .map = &map_limits),
	ROW("policy", FIELD_WORD, 0, scenario, policy,
	    "how to judge what the virtio specification leaves open (strict)",
	    .words = words_policy),
	ROW("rules", FIELD_MAP, 0, scenario, rules, "rules that do not fit this story",
	    .map = &map_rules),
	ROW("steps", FIELD_STEPS, FIELD_REQUIRED, scenario, steps,
	    "the story, in order; one verb each"),
	ROW("always", FIELD_CLAIMS, FIELD_BASE, scenario, always,
	    "true after every event", .map = &map_claim),
	ROW("never", FIELD_CLAIMS, FIELD_BASE, scenario, never,
	    "false after every event", .map = &map_claim),
	ROW("finally", FIELD_CLAIMS, 0, scenario, finally,
	    "true at the end, with all faults healed and everything settled",
	    .map = &map_claim),
};
static const struct scenario default_scenario = {
	.base = {
		.memory_pages = 64 * 256, .hz = 100, .cpus = 1, .diagnostic = true,
		.transport = -1, .dma = -1, .interrupts = SCENARIO_INTX,
		.softc = SCENARIO_PLAIN,
	},
	.device = {
		.type = "balloon", .model = SCENARIO_QEMU, .queue_size = { UNSET, UNSET },
	},
	.limits = {
		.time = { SCENARIO_NS, UINT64_C(120000000000) }, .events = 1000000,
	},
};
const struct map map_scenario =
    MAP("scenario", fields_scenario, scenario, &default_scenario, 0);

/* ---- look-ups ---- */

const struct field *
map_find(const struct map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->fields[i].key, key) == 0)
			return &map->fields[i];
	return NULL;
}

const char *const *
field_vocab(const struct field *f, const struct scenario_vocab *vocab)
{
	const char *const *list;

	memcpy(&list, (const unsigned char *)vocab + f->vocab, sizeof(list));
	return list;
}

bool
vocab_call_can_fail(const struct scenario_vocab *vocab, const char *call)
{
	size_t length = strlen(call);

	for (const char *const *f = vocab->faults; *f != NULL; f++)
		if (strncmp(*f, call, length) == 0 && (*f)[length] == '.')
			return true;
	return false;
}

const char *
field_word_of(const struct field_word *words, int value)
{
	for (; words->word != NULL; words++)
		if (words->value == value)
			return words->word;
	assert(!"a value without a word");
	return NULL;
}

const char *
scenario_verb_key(enum scenario_verb verb)
{
	return fields_verbs[verb].key;
}

size_t
field_size(const struct field *f)
{
	switch (f->kind) {
	case FIELD_PATH:
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_VOCAB:
	case FIELD_SOURCE:
	case FIELD_FAULT:
	case FIELD_HEAL:
		return sizeof(const char *);
	case FIELD_FLAG:
		return sizeof(bool);
	case FIELD_CHOICE:
	case FIELD_WORD:
		return sizeof(int);
	case FIELD_FORMAT:
	case FIELD_COUNT:
	case FIELD_TIMES:
	case FIELD_AMOUNT:
	case FIELD_PERCENT:
		return sizeof(uint64_t);
	case FIELD_TIME:
		return sizeof(struct scenario_time);
	case FIELD_AT:
		return sizeof(struct scenario_at);
	case FIELD_POINT:
		return sizeof(struct scenario_point);
	case FIELD_EXPECT:
		return sizeof(struct expect *);
	case FIELD_MAP:
		return f->map->size;
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
		return sizeof(struct scenario_names);
	case FIELD_AMOUNTS:
		return sizeof(struct scenario_amounts);
	case FIELD_SEGMENTS:
		return sizeof(struct scenario_segments);
	case FIELD_MACHINES:
		return sizeof(struct scenario_machines);
	case FIELD_CLAIMS:
		return sizeof(struct scenario_claims);
	case FIELD_STEPS:
		return sizeof(struct scenario_steps);
	case FIELD_SEED:
	case FIELD_SEEDS:
		return sizeof(struct scenario_seeds);
	case FIELD_MATRIX:
	case FIELD_EXTENDS:
		break;
	}
	return 0;
}
