/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format as tables: every kind of value and every key of a scenario file, once; and whether
 * two values are the same.
 */
#include "table.h"

#include <string.h>

#include "arena.h"
#include "load.h"

#define UNSET SCENARIO_UNSET
#define MAX32 UINT32_MAX
#define ROW FIELD_ROW
#define VOCAB FIELD_NAMES_OF
#define RANGE FIELD_RANGE
#define MAP MAP_OF
#define DEFAULTS MAP_DEFAULTS

/* ---- kinds of values ---- */

#define NUMBER TABLE_NUMBER
#define TIME "(0|" NUMBER " ?(ns|us|ms|s|min|ticks))"
#define NAME "[A-Za-z0-9][A-Za-z0-9_.-]*"
#define OR_PARAM(p) "^(\\\\$" NAME "|" p ")$"
#define SAYS(text) "\"errorMessage\": \"" text "\", \"patternErrorMessage\": \"" text "\""
#define PATTERN(type, p, text) \
	"{\"type\": " type ", \"pattern\": \"" OR_PARAM(p) "\", " SAYS(text)
#define A_STRING "\"string\""
#define OR_NUMBER "[\"string\", \"number\"]"
#define ANY_SCALAR "{\"type\": [\"string\", \"number\", \"boolean\"]}"
#define A_NAME PATTERN(OR_NUMBER, NAME, "a word of letters, digits, _ - and . is expected") "}"
#define A_FLAG PATTERN("[\"boolean\", \"string\"]", "true", "true or false is expected") "}"
#define A_LIST(item) "{\"type\": \"array\", \"minItems\": 1, \"items\": " item
/* Only zero needs no unit. */
#define A_TIME(p, text, examples) "{\"if\": {\"type\": \"integer\"}, " \
	"\"then\": {\"const\": 0, " SAYS(text) "}, " \
	"\"else\": " PATTERN(A_STRING, p, text) ", \"examples\": [" examples "]}}"
#define UNITS "(ns us ms s min ticks)"

#define BYTES(form_, ...) { .holds = HOLDS_BYTES, .form = form_, __VA_ARGS__ }
#define TEXT(form_, ...) { .holds = HOLDS_TEXT, .form = form_, __VA_ARGS__ }
#define OTHER(form_, ...) { .holds = HOLDS_OTHER, .form = form_, __VA_ARGS__ }
#define LIST(type, form_, ...) \
	{ .holds = HOLDS_LIST, .item = sizeof(type), .form = form_, __VA_ARGS__ }

const struct field_row field_kinds[FIELD_KINDS] = {
	[FIELD_FORMAT] = BYTES("a number", .schema = "{\"const\": 1}"),
	[FIELD_PATH] = TEXT("area/situation", .schema = PATTERN(OR_NUMBER,
	    "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", "a scenario is named area/situation") "}"),
	[FIELD_TEXT] = TEXT("text", .schema = ANY_SCALAR),
	[FIELD_NAME] = TEXT("a name", .schema = A_NAME),
	[FIELD_VOCAB] = TEXT("a name"),
	[FIELD_SOURCE] = TEXT("config or a queue"),
	[FIELD_FAULT] = TEXT("a call or a fault"),
	[FIELD_HEAL] = TEXT("an id or all", .schema = A_NAME),
	[FIELD_FLAG] = BYTES("true or false", .schema = A_FLAG),
	[FIELD_CHOICE] = BYTES("true or false", .schema = A_FLAG),
	[FIELD_WORD] = BYTES(NULL),
	[FIELD_COUNT] = BYTES("a number"),
	[FIELD_TIMES] = BYTES("a number or forever"),
	[FIELD_AMOUNT] = BYTES("an amount"),
	[FIELD_PERCENT] = BYTES("a percentage",
	    .schema = PATTERN(A_STRING, "(0|[1-9][0-9]*)(\\\\.[0-9]{1,4})?%",
	    "a percentage is expected, such as 10% or 0.25%") "}"),
	[FIELD_TIME] = OTHER("a time", .schema = A_TIME(TIME,
	    "a time has a unit " UNITS ", as 50ms", "\"50ms\", \"2s\"")),
	[FIELD_AT] = OTHER("a time", .schema = A_TIME("\\\\+?" TIME, "a time has a unit " UNITS
	    ", as 1s, or +50ms after the previous step", "\"1s\", \"+50ms\"")),
	[FIELD_POINT] = OTHER("a point", .schema = PATTERN(A_STRING,
	    "([a-z][a-z0-9_]*(#[1-9][0-9]*)?( entry| before| after)?|"
	    "line [1-9][0-9]*(#[1-9][0-9]*)?)", "a point is expected: a kernel call and before or "
	    "after, as mutex_enter#2 before; config entry; line 351#2; access#17")
	    ", \"examples\": [\"mutex_enter before\", \"virtio_dequeue#2 after\", "
	    "\"config entry\"]}"),
	[FIELD_EXPECT] = OTHER("an expectation"),
	[FIELD_MAP] = OTHER("a map"),
	[FIELD_OWN] = OTHER("a map"),
	[FIELD_NAMES] = LIST(const char *, "a list of names"),
	[FIELD_VOCAB_LIST] = LIST(const char *, "a list of names"),
	[FIELD_AMOUNTS] = LIST(uint64_t, "a list of amounts"),
	[FIELD_SEGMENTS] = LIST(struct scenario_segment, "a list of maps"),
	[FIELD_MACHINES] = LIST(struct scenario_machine, "a list of maps"),
	[FIELD_CLAIMS] = LIST(struct scenario_claim, "a list of expectations"),
	[FIELD_STEPS] = LIST(struct scenario_step, "a list of steps"),
	[FIELD_TRACE] = LIST(struct scenario_event, "a list of events",
	    .schema = A_LIST("{\"$ref\": \"#/$defs/event\"}}")),
	[FIELD_SEED] = LIST(uint64_t, "a number"),
	[FIELD_SEEDS] = LIST(uint64_t, "a range or a list",
	    .schema = "{\"if\": {\"type\": \"array\"}, \"then\": "
	    A_LIST("{\"type\": \"integer\", \"minimum\": 0}, \"uniqueItems\": true}") ", \"else\": "
	    PATTERN(A_STRING, "[0-9a-fA-Fx]+\\\\.\\\\.[0-9a-fA-Fx]+",
	    "seeds are a list or a range, as 1..16") ", \"examples\": [\"1..8\"]}}"),
	[FIELD_MATRIX] = OTHER("a map", .schema = "{\"type\": \"object\", \"minProperties\": 1, "
	    "\"additionalProperties\": {\"type\": \"array\", \"minItems\": 1, "
	    "\"uniqueItems\": true, \"items\": " ANY_SCALAR "}}"),
	[FIELD_EXTENDS] = OTHER("a path", .schema = ANY_SCALAR),
};

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
static const struct field_word words_byte_order[] = {
	{ "native", SCENARIO_NATIVE }, { "swapped", SCENARIO_SWAPPED }, { NULL, 0 }
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
const struct map map_segment = MAP("segments", fields_segment, scenario_segment,
    DEFAULTS(scenario_segment));

#define DEFAULT_MACHINE \
	.memory_pages = 64 * 256, .hz = 100, .cpus = 1, .diagnostic = true, .transport = -1, \
	.dma = -1, .interrupts = SCENARIO_INTX, .softc = SCENARIO_PLAIN
static const struct field fields_machine[] = {
	ROW("memory", FIELD_AMOUNT, FIELD_BYTES, scenario_machine, memory_pages,
	    "guest memory, from address 0 (64MiB)", RANGE(16, 0)),
	ROW("segments", FIELD_SEGMENTS, 0, scenario_machine, segments,
	    "guest memory in pieces, instead of `memory`", .map = &map_segment),
	ROW("reserve", FIELD_AMOUNT, FIELD_BYTES, scenario_machine, reserve_pages,
	    "what the page allocator keeps back for the kernel (0)"),
	ROW("hz", FIELD_COUNT, 0, scenario_machine, hz,
	    "clock ticks a second (100)", RANGE(1, 100000)),
	ROW("cpus", FIELD_COUNT, 0, scenario_machine, cpus,
	    "CPUs (1)", RANGE(1, SCENARIO_CPUS_MAX)),
	ROW("interrupt_cpu", FIELD_COUNT, 0, scenario_machine, interrupt_cpu,
	    "the CPU that the device interrupts, counted from 0 (0, where attach and detach run)",
	    RANGE(0, SCENARIO_CPUS_MAX - 1)),
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
	    "driver state in one piece, or across two discontiguous pages (plain)",
	    .words = words_softc),
	ROW("byte_order", FIELD_WORD, 0, scenario_machine, byte_order,
	    "byte order of the CPU: little endian, or what makes htole32() and the like swap "
	    "(native)", .words = words_byte_order),
};
const struct map map_machine = MAP("machine", fields_machine, scenario_machine,
    DEFAULTS(scenario_machine, DEFAULT_MACHINE));

/* ---- verbs ---- */

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
static const struct map map_fail = MAP("fail", fields_fail, scenario_fail,
    DEFAULTS(scenario_fail, .nth = 1, .count = 1, .probability_ppm = SCENARIO_CERTAIN_PPM),
    .check = check_fail);

static const struct field fields_irq[] = {
	ROW("source", FIELD_SOURCE, FIELD_REQUIRED, scenario_irq, source,
	    "config, or a queue"),
	ROW("spurious", FIELD_FLAG, 0, scenario_irq, spurious,
	    "false: the device shows the cause, yet nothing is new (true)"),
	ROW("count", FIELD_COUNT, 0, scenario_irq, count,
	    "how many, one after the other (1)", RANGE(1, 1000000)),
};
static const struct map map_irq = MAP("irq", fields_irq, scenario_irq,
    DEFAULTS(scenario_irq, .spurious = true, .count = 1));

static const struct field fields_deliver[] = {
	FIELD_ROWS_DELIVER_FIRST, FIELD_ROWS_DELIVER_LAST,
};
const struct scenario_deliver default_deliver = { .act = UNSET };
const struct map map_deliver =
    MAP("deliver", fields_deliver, scenario_deliver, &default_deliver, .check = check_deliver);

static const struct field fields_hold[] = {
	ROW("thread", FIELD_NAME, 0, scenario_hold, thread,
	    "the kernel thread, by name; `every`: all of the driver's; autoconf is the one that "
	    "attaches (with `at`: thread or interrupt handler that comes there)"),
	ROW("at", FIELD_POINT, 0, scenario_hold, at,
	    "the point where it stops (where it stands)"),
	ROW("for", FIELD_TIME, 0, scenario_hold, lasts,
	    "how long; or", RANGE(1, 0)),
	ROW("until", FIELD_TEXT, 0, scenario_hold, until,
	    "until the step of this name begins"),
};
static const struct map map_hold = MAP("hold", fields_hold, scenario_hold,
    DEFAULTS(scenario_hold), .check = check_hold);

static const struct field fields_guest[] = {
	ROW("use", FIELD_AMOUNT, 0, scenario_guest, use_pages,
	    "others take pages", RANGE(1, 0)),
	ROW("release", FIELD_AMOUNT, 0, scenario_guest, release_pages,
	    "others give pages back", RANGE(1, 0)),
	ROW("reboot", FIELD_FLAG, 0, scenario_guest, reboot,
	    "the guest starts anew; the device is reset"),
	ROW("attach", FIELD_WORD, 0, scenario_guest, attach,
	    "the driver attaches once more, beside the steps that follow", .words = words_again),
	ROW("detach", FIELD_FLAG, 0, scenario_guest, detach,
	    "the driver is asked to detach, beside the steps that follow"),
	ROW("busy", FIELD_TIME, 0, scenario_guest, busy,
	    "processes want every processor for so long: no thread of a priority below theirs "
	    "runs", RANGE(1, 0)),
};
static const struct map map_guest = MAP("guest", fields_guest, scenario_guest,
    DEFAULTS(scenario_guest, .use_pages = UNSET, .release_pages = UNSET), .check = check_guest);

static const struct field fields_settle[] = {
	ROW("within", FIELD_TIME, FIELD_REQUIRED, scenario_settle, within,
	    "by then all must be at rest", RANGE(1, 0)),
};
static const struct map map_settle = MAP("settle", fields_settle, scenario_settle,
    DEFAULTS(scenario_settle));

bool
verb_always(const struct scenario_step *step)
{
	(void)step;
	return true;
}

static bool
uses_memory(const struct scenario_step *step)
{
	return step->guest.use_pages != UNSET;
}

static bool
starts_anew(const struct scenario_step *step)
{
	return step->guest.reboot || step->guest.detach || step->guest.attach == SCENARIO_AGAIN;
}

#define VERB(ID, code_, field_, ...) \
	[SCENARIO_STEP_##ID] = { .field = field_, .id = SCENARIO_STEP_##ID, .code = code_, \
	    __VA_ARGS__ }
#define STEP_ROW(k, kind_, flags_, member, help_, ...) \
	ROW(k, kind_, flags_, scenario_step, member, help_, __VA_ARGS__)
/* What a verb does is in run/steps.c. */
const struct verb scenario_verbs[SCENARIO_STEP_OWN] = {
	VERB(FAIL, 2, STEP_ROW("fail", FIELD_MAP, 0, fail, "arm a fault", .map = &map_fail),
	    .prepares = verb_always),
	VERB(HEAL, 3, STEP_ROW("heal", FIELD_HEAL, 0, heal.id,
	    "disarm a fault by its id, or all")),
	VERB(IRQ, 5, STEP_ROW("irq", FIELD_MAP, FIELD_TAKES_ON, irq,
	    "raises an interrupt without a cause", .map = &map_irq), .prepares = verb_always),
	[SCENARIO_STEP_DELIVER] = SCENARIO_VERB_DELIVER(&map_deliver),
	VERB(HOLD, 7, STEP_ROW("hold", FIELD_MAP, 0, hold, "keep a thread from running",
	    .map = &map_hold), .prepares = verb_always),
	VERB(GUEST, 8, STEP_ROW("guest", FIELD_MAP, FIELD_TAKES_ON, guest,
	    "what the rest of the guest does", .map = &map_guest),
	    .prepares = uses_memory, .is_barrier = starts_anew),
	VERB(EXPECT, 9, STEP_ROW("expect", FIELD_EXPECT, FIELD_TAKES_WITHIN | FIELD_TAKES_FOR,
	    expect, "must be true: now, within a time, for a time")),
	VERB(EXPECT_TRACE, 13, STEP_ROW("expect-trace", FIELD_TRACE,
	    FIELD_TAKES_WITHIN | FIELD_TAKES_EXACTLY, trace,
	    "from here on these events come in this order"), .prepares = verb_always),
	VERB(WAIT, 10, STEP_ROW("wait", FIELD_EXPECT, FIELD_TAKES_WITHIN | FIELD_NEEDS_WITHIN,
	    expect, "go on as soon as it is true")),
	VERB(SETTLE, 11, STEP_ROW("settle", FIELD_MAP, 0, settle,
	    "nothing in flight and the driver asleep with nothing to do", .map = &map_settle)),
	VERB(NOTE, 12, STEP_ROW("note", FIELD_TEXT, 0, note, "a mark on every timeline"),
	    .prepares = verb_always),
};

const struct field_word scenario_device_words[SCENARIO_DEVICES_MAX + 1] = {
	{ "virtio0", 0 }, { "virtio1", 1 }, { NULL, 0 }
};
const struct step_limit step_limits[] = {
	{ "within", FIELD_TAKES_WITHIN }, { "for", FIELD_TAKES_FOR },
	{ "exactly", FIELD_TAKES_EXACTLY }, { "on", FIELD_TAKES_ON }, { NULL, 0 },
};
static const struct field fields_step[] = {
	ROW("at", FIELD_AT, 0, scenario_step, at,
	    "`1s` since attach finished, `+50ms` after the previous step (at once after it)"),
	ROW("name", FIELD_TEXT, 0, scenario_step, name, "what happens here, in words"),
	ROW("within", FIELD_TIME, 0, scenario_step, within,
	    "becomes true, or is complete, by then (expect, expect-trace, wait)", RANGE(1, 0)),
	ROW("for", FIELD_TIME, 0, scenario_step, lasts,
	    "stays true so long (expect)", RANGE(1, 0)),
	ROW("exactly", FIELD_FLAG, 0, scenario_step, exactly,
	    "nothing else of their kinds comes between (expect-trace; false)"),
	ROW("on", FIELD_WORD, 0, scenario_step, on,
	    "the device that is meant, or its driver (of device and host, deliver, irq, "
	    "guest: detach; virtio0)", .words = scenario_device_words),
};
const struct map map_step = MAP("step", fields_step, scenario_step, DEFAULTS(scenario_step));

/* ---- the whole ---- */

static const struct field fields_claim[] = {
	ROW("that", FIELD_EXPECT, FIELD_REQUIRED, scenario_claim, that, "the expectation"),
	ROW("id", FIELD_NAME, 0, scenario_claim, id, "a name for reports"),
};
const struct map map_claim = MAP("expectation", fields_claim, scenario_claim,
    DEFAULTS(scenario_claim), .scalars = 1);

#define DEFAULT_LIMITS .time = { SCENARIO_NS, UINT64_C(120000000000) }, .events = 1000000
static const struct field fields_limits[] = {
	ROW("time", FIELD_TIME, 0, scenario_limits, time,
	    "virtual time (120s)", RANGE(1, 0)),
	ROW("events", FIELD_COUNT, 0, scenario_limits, events,
	    "events (1000000)", RANGE(1, 1000000000)),
};
static const struct map map_limits = MAP("limits", fields_limits, scenario_limits,
    DEFAULTS(scenario_limits, DEFAULT_LIMITS));

static const struct field fields_rules[] = {
	ROW("off", FIELD_VOCAB_LIST, FIELD_REQUIRED, scenario_rules, off,
	    "rules that are not checked here", VOCAB(rules)),
	ROW("why", FIELD_TEXT, FIELD_REQUIRED, scenario_rules, why, "the reason"),
};
static const struct map map_rules = MAP("rules", fields_rules, scenario_rules,
    DEFAULTS(scenario_rules));

static const struct field fields_scenario[] = {
	ROW("format", FIELD_FORMAT, FIELD_REQUIRED | FIELD_BASE, scenario, format,
	    "version of the format: 1", RANGE(1, 1)),
	ROW("scenario", FIELD_PATH, FIELD_REQUIRED, scenario, id,
	    "the file's path below scenarios/, without .yaml"),
	ROW("summary", FIELD_TEXT, FIELD_REQUIRED, scenario, summary,
	    "one sentence that a kernel developer understands"),
	ROW("tags", FIELD_NAMES, 0, scenario, tags, "words to select scenarios by"),
	ROW("extends", FIELD_EXTENDS, 0, scenario, id,
	    "a file whose machine, device, always and never hold here too: a path relative to "
	    "this file, or <usual> for include/usual.yaml of the scenarios that come with viosim"),
	ROW("seed", FIELD_SEED, FIELD_SILENT, scenario, seeds,
	    "run once with this seed (without: default choices)"),
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
	ROW("device", FIELD_OWN, FIELD_BASE, scenario, device.own,
	    "the virtio device and the host behind it"),
	ROW("limits", FIELD_MAP, 0, scenario, limits,
	    "the run ends as stuck when it reaches one of these", .map = &map_limits),
	ROW("policy", FIELD_WORD, 0, scenario, policy,
	    "how to read what the virtio specification leaves open (strict)",
	    .words = words_policy),
	ROW("rules", FIELD_MAP, 0, scenario, rules, "rules that do not fit this scenario",
	    .map = &map_rules),
	ROW("needs", FIELD_CLAIMS, 0, scenario, needs,
	    "what a driver must have or do, by the end of the run, for the scenario to apply to it",
	    .map = &map_claim),
	ROW("steps", FIELD_STEPS, FIELD_REQUIRED, scenario, steps,
	    "what happens, in order; one verb each"),
	ROW("always", FIELD_CLAIMS, FIELD_BASE, scenario, always,
	    "true after every event", .map = &map_claim),
	ROW("never", FIELD_CLAIMS, FIELD_BASE, scenario, never,
	    "false after every event", .map = &map_claim),
	ROW("finally", FIELD_CLAIMS, 0, scenario, finally,
	    "true at the end, with all faults healed and everything settled",
	    .map = &map_claim),
};
const struct map map_scenario = MAP("scenario", fields_scenario, scenario,
    DEFAULTS(scenario, .base = { DEFAULT_MACHINE }, .limits = { DEFAULT_LIMITS }));

/* ---- look-ups ---- */

const struct field *
map_find(const struct map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->fields[i].key, key) == 0)
			return &map->fields[i];
	return NULL;
}

const struct field *
field_named(const char *key)
{
	const struct field *f = map_find(&map_scenario, key);

	if (f == NULL)
		f = map_find(&map_step, key);
	for (size_t i = 0; f == NULL && i < SCENARIO_STEP_OWN; i++)
		if (scenario_verbs[i].field.key != NULL &&
		    strcmp(scenario_verbs[i].field.key, key) == 0)
			f = &scenario_verbs[i].field;
	return f;
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
	return NULL;
}

const char *
scenario_verb_key(const struct scenario_step *step)
{
	return step->row->field.key;
}

const struct verb *
verb_find(const struct scenario_type *type, const char *key)
{
	for (const struct verb *const *v = type->verbs; *v != NULL; v++)
		if (strcmp((*v)->field.key, key) == 0)
			return *v;
	return NULL;
}

const struct verb *
verb_of(const struct scenario_type *type, enum scenario_verb id)
{
	for (const struct verb *const *v = type->verbs; *v != NULL; v++)
		if ((*v)->id == id)
			return *v;
	return NULL;
}

const struct map *
field_map(const struct field *f, const struct scenario_type *type)
{
	return f->map != NULL || f->kind != FIELD_OWN ? f->map : type->device;
}

struct scenario_vocab
scenario_vocab_of(const struct scenario_vocab *vocab, const struct scenario_type *type)
{
	struct scenario_vocab of_type = *vocab;

	of_type.type = type;
	of_type.vqs = type->queues;
	of_type.features = type->features;
	of_type.feature_texts = type->feature_texts;
	return of_type;
}

const struct observable *
scenario_observable(const struct scenario_vocab *vocab, size_t i)
{
	const struct observable *o = vocab->type->observables;

	for (; o->pattern != NULL; o++)
		if (i-- == 0)
			return o;
	for (o = vocab->observables; o->pattern != NULL; o++)
		if (i-- == 0)
			return o;
	return NULL;
}

/* Key by key: the map may share its struct with other keys. */
void
map_defaults(const struct map *map, void *object)
{
	map_each(f, map) {
		if (f->kind == FIELD_MAP)
			map_defaults(f->map, field_slot(f, object));
		else
			memcpy(field_slot(f, object), field_value(f, map->defaults), f->size);
	}
}

void *
map_new(const struct map *map, struct arena *arena)
{
	void *object = arena_calloc(arena, 1, map->size);

	memcpy(object, map->defaults, map->size);
	return object;
}

/* ---- are two values the same? ---- */

static bool
text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
time_equal(struct scenario_time a, struct scenario_time b)
{
	return a.unit == b.unit && a.value == b.value;
}

static bool
point_equal(const struct scenario_point *a, const struct scenario_point *b)
{
	return a->given == b->given && (!a->given || (a->place == b->place &&
	    text_equal(a->name, b->name) && a->line == b->line && a->nth == b->nth &&
	    a->after == b->after));
}

bool
step_equal(const struct scenario_step *a, const struct scenario_step *b)
{
	const struct field *f = &a->row->field;

	return a->row == b->row && map_equal(&map_step, a, b) &&
	    field_equal(f, field_value(f, a), field_value(f, b));
}

/* An element of a list. */
static bool
item_equal(const struct field *f, const void *a, const void *b)
{
	switch (f->kind) {
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
		return text_equal(*(const char *const *)a, *(const char *const *)b);
	case FIELD_SEGMENTS:
	case FIELD_MACHINES:
	case FIELD_CLAIMS:
		return map_equal(f->map, a, b);
	case FIELD_STEPS:
		return step_equal(a, b);
	case FIELD_TRACE:
		return text_equal(((const struct scenario_event *)a)->text,
		    ((const struct scenario_event *)b)->text);
	default:
		return memcmp(a, b, field_kinds[f->kind].item) == 0;
	}
}

/* No list is another than an empty one, where either can be given. */
static bool
list_equal(const struct field *f, const struct scenario_list *a, const struct scenario_list *b)
{
	bool can_be_empty = f->kind == FIELD_NAMES || f->kind == FIELD_VOCAB_LIST;

	if (a->count != b->count || (can_be_empty && (a->item == NULL) != (b->item == NULL)))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!item_equal(f, (const char *)a->item + i * field_kinds[f->kind].item,
		    (const char *)b->item + i * field_kinds[f->kind].item))
			return false;
	return true;
}

static bool
other_equal(const struct field *f, const void *a, const void *b)
{
	const struct scenario_at *at_a = a, *at_b = b;
	const struct scenario_own *own_a = a, *own_b = b;
	const struct expect *const *expect_a = a, *const *expect_b = b;

	switch (f->kind) {
	case FIELD_TIME:
		return time_equal(*(const struct scenario_time *)a,
		    *(const struct scenario_time *)b);
	case FIELD_AT:
		return at_a->when == at_b->when && (at_a->when == SCENARIO_AT_ONCE ||
		    time_equal(at_a->time, at_b->time));
	case FIELD_POINT:
		return point_equal(a, b);
	case FIELD_EXPECT:
		return *expect_a == *expect_b || (*expect_a != NULL && *expect_b != NULL &&
		    text_equal((*expect_a)->text, (*expect_b)->text));
	case FIELD_MAP:
		return map_equal(f->map, a, b);
	case FIELD_OWN:
		return own_a->map == own_b->map &&
		    map_equal(own_a->map, own_a->object, own_b->object);
	default:
		return true;
	}
}

bool
field_equal(const struct field *f, const void *a, const void *b)
{
	switch (field_kinds[f->kind].holds) {
	case HOLDS_BYTES:
		return memcmp(a, b, f->size) == 0;
	case HOLDS_TEXT:
		return text_equal(*(const char *const *)a, *(const char *const *)b);
	case HOLDS_LIST:
		return list_equal(f, a, b);
	case HOLDS_OTHER:
		break;
	}
	return other_equal(f, a, b);
}

bool
map_equal(const struct map *map, const void *a, const void *b)
{
	map_each(f, map) {
		if (!field_equal(f, field_value(f, a), field_value(f, b)))
			return false;
	}
	return true;
}
