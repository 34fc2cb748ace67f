/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of scenarios with a balloon: keys of `device:`, verbs, observables.
 */
#include "device/balloon/balloon.h"

#include <string.h>

#include "scenario/arena.h"

#define UNSET SCENARIO_UNSET
#define MAX32 UINT32_MAX
#define ROW FIELD_ROW
#define RANGE FIELD_RANGE
#define MAP MAP_OF
#define DEFAULTS MAP_DEFAULTS

static uint64_t
ns_of(const struct device *device, struct scenario_time time)
{
	return (uint64_t)scenario_time_ns(time, (uint64_t)device->world->config.hz);
}

/* ---- device ---- */

static const struct field_word words_model[] = {
#define X(id, word, what) { word, BALLOON_##id },
	BALLOON_MODELS(X)
#undef X
	{ NULL, 0 }
};
static const struct field_word words_ack[] = {
	{ "in-notify", DEVICE_ACK_IN_NOTIFY }, { "after-latency", DEVICE_ACK_LATER }, { NULL, 0 }
};
static const struct field_word words_config_irq[] = {
	{ "always", 0 }, { "on-change", 1 }, { NULL, 0 }
};

static const struct field fields_latency[] = {
	ROW("inflate", FIELD_TIME, 0, balloon_latency, inflate, "of inflate requests"),
	ROW("deflate", FIELD_TIME, 0, balloon_latency, deflate, "of deflate requests"),
	ROW("jitter", FIELD_TIME, 0, balloon_latency, jitter,
	    "up to so much more, by the seed"),
};
static const struct balloon_latency default_latency = { .inflate = { SCENARIO_NO_TIME, 0 } };
static const struct map map_latency =
    MAP("latency", fields_latency, balloon_latency, &default_latency, .scalars = 2);

static const struct field fields_initial[] = {
	ROW("target", FIELD_AMOUNT, 0, balloon_initial, target_pages,
	    "num_pages at power on (0)", RANGE(0, MAX32)),
	ROW("actual", FIELD_AMOUNT, 0, balloon_initial, actual_pages,
	    "actual at power on (0)", RANGE(0, MAX32)),
	ROW("held", FIELD_AMOUNT, 0, balloon_initial, held_pages,
	    "pages that the host has at power on (0)", RANGE(0, MAX32)),
};
static const struct map map_initial = MAP("initial", fields_initial, balloon_initial,
    DEFAULTS(balloon_initial));

static bool
is_queue_size(uint64_t n)
{
	return n == UNSET || (n & (n - 1)) == 0;
}

static void
check_queue_size(struct map_check *check, const void *object)
{
	static const char wanted[] = "a queue size is a power of two, or 0 for no queue";
	const struct balloon_queue_size *size = object;

	if (!is_queue_size(size->inflate))
		map_error(check, "inflate", wanted);
	if (!is_queue_size(size->deflate))
		map_error(check, "deflate", wanted);
}

static const struct field fields_queue_size[] = {
	ROW("inflate", FIELD_COUNT, 0, balloon_queue_size, inflate,
	    "entries of the inflate queue", RANGE(0, VIRTQUEUE_SIZE_MAX)),
	ROW("deflate", FIELD_COUNT, 0, balloon_queue_size, deflate,
	    "entries of the deflate queue", RANGE(0, VIRTQUEUE_SIZE_MAX)),
};
static const struct map map_queue_size = MAP("queue_size", fields_queue_size, balloon_queue_size,
    DEFAULTS(balloon_queue_size, UNSET, UNSET), .scalars = 2, .check = check_queue_size);

static const struct field fields_device[] = {
	FIELD_ROW_TYPE(balloon_options, 0, "virtio device type (balloon)"),
	ROW("model", FIELD_WORD, 0, balloon_options, model,
	    "implementation that decides every key not given (qemu)", .words = words_model),
	FIELD_ROW_FEATURES(balloon_options),
	FIELD_ROW_INSTANCES(balloon_options),
	ROW("requires", FIELD_VOCAB_LIST, 0, balloon_options, requires,
	    "virtio 1.0: FEATURES_OK is refused to a driver that does not accept these (none)",
	    FIELD_NAMES_OF(features)),
	ROW("latency", FIELD_MAP, 0, balloon_options, latency,
	    "how long a request stays with the device: a time or a map (by model)",
	    .map = &map_latency),
	ROW("initial", FIELD_MAP, 0, balloon_options, initial,
	    "state at power on", .map = &map_initial),
	ROW("queue_size", FIELD_MAP, 0, balloon_options, queue_size,
	    "entries of both queues or of each, a power of two; 0: there is none (by model)",
	    .map = &map_queue_size),
	ROW("reset_keeps_actual", FIELD_CHOICE, 0, balloon_options, reset_keeps_actual,
	    "actual survives a device reset (by model)"),
	ROW("keeps_actual", FIELD_CHOICE, 0, balloon_options, keeps_actual,
	    "false: the device forgets what is written to actual (by model)"),
	ROW("ack", FIELD_WORD, 0, balloon_options, ack,
	    "complete requests inside the notification, or after the latency (by model)",
	    .words = words_ack),
	ROW("config_irq", FIELD_WORD, 0, balloon_options, config_irq_on_change,
	    "config interrupt with every target, or only a changed one (by model)",
	    .words = words_config_irq),
	ROW("used_length", FIELD_WORD, 0, balloon_options, used_length,
	    "legacy: the length in used entries, which means nothing to the driver (written)",
	    .words = used_length_words),
	ROW("left_live", FIELD_FLAG, 0, balloon_options, left_live,
	    "at power on it is as firmware left it: DRIVER_OK, an interrupt pending (false)"),
};
const struct map balloon_map_device = MAP("device", fields_device, balloon_options,
    DEFAULTS(balloon_options, .common = { .type = "balloon", .instances = 1 },
    .model = BALLOON_QEMU, .queue_size = { UNSET, UNSET }, .ack = BALLOON_BY_MODEL,
    .config_irq_on_change = BALLOON_BY_MODEL));

static void
choose(bool *value, int choice)
{
	if (choice != SCENARIO_BY_MODEL)
		*value = choice == SCENARIO_YES;
}

static void
set_latency(struct balloon_config *config, enum balloon_queue queue, struct scenario_time time,
    uint64_t hz)
{
	if (!scenario_time_is_given(time))
		return;
	config->device.latency_ns[queue] = (uint64_t)scenario_time_ns(time, hz);
	config->device.ack = DEVICE_ACK_LATER;
}

static void
configure(struct balloon_config *config, const struct balloon_options *options, uint64_t hz)
{
	balloon_config_init(config, (enum balloon_model)options->model);
	if (options->common.features.name != NULL)
		config->device.features =
		    device_features_of(&balloon_class, &options->common.features);
	if (options->queue_size.inflate != UNSET)
		config->device.queue_size[BALLOON_INFLATE] =
		    (uint16_t)options->queue_size.inflate;
	if (options->queue_size.deflate != UNSET)
		config->device.queue_size[BALLOON_DEFLATE] =
		    (uint16_t)options->queue_size.deflate;
	set_latency(config, BALLOON_INFLATE, options->latency.inflate, hz);
	set_latency(config, BALLOON_DEFLATE, options->latency.deflate, hz);
	config->device.jitter_ns = (uint64_t)scenario_time_ns(options->latency.jitter, hz);
	if (options->ack != BALLOON_BY_MODEL)
		config->device.ack = (enum device_ack)options->ack;
	config->device.features_required = device_features_of(&balloon_class, &options->requires);
	config->device.used_length = options->used_length;
	config->device.left_live = options->left_live;
	config->target_pages = (uint32_t)options->initial.target_pages;
	config->actual_pages = (uint32_t)options->initial.actual_pages;
	config->held_pages = options->initial.held_pages;
	choose(&config->keeps_actual, options->keeps_actual);
	choose(&config->reset_keeps_actual, options->reset_keeps_actual);
	if (options->config_irq_on_change != BALLOON_BY_MODEL)
		config->config_irq_on_change = options->config_irq_on_change;
}

void
balloon_init_options(struct device *device, const void *object, uint64_t hz)
{
	struct balloon_config config;

	configure(&config, object, hz);
	balloon_init(device, &config);
}

static void
resolve_features(struct scenario_names *names, uint64_t features, struct arena *arena)
{
	if (names->name != NULL)
		return;
	/* An empty offer is one, too. */
	names->name = arena_calloc(arena, 1, sizeof(names->name[0]));
	for (const struct device_feature *f = balloon_class.features; f->name != NULL; f++)
		if (features & f->mask)
			arena_add(arena, names->name, names->count) = f->name;
}

void
balloon_resolve(void *object, uint64_t hz, struct arena *arena)
{
	struct balloon_options *options = object;
	struct balloon_config config;

	configure(&config, options, hz);
	resolve_features(&options->common.features, config.device.features, arena);
	options->queue_size.inflate = config.device.queue_size[BALLOON_INFLATE];
	options->queue_size.deflate = config.device.queue_size[BALLOON_DEFLATE];
	options->ack = (int)config.device.ack;
	options->config_irq_on_change = config.config_irq_on_change;
	options->keeps_actual = config.keeps_actual ? SCENARIO_YES : SCENARIO_NO;
	options->reset_keeps_actual = config.reset_keeps_actual ? SCENARIO_YES : SCENARIO_NO;
}

/* ---- target, storm ---- */

static const struct field_word words_irq[] = { { "config", 0 }, { "none", 1 }, { NULL, 0 } };

static const struct field fields_target[] = {
	ROW("pages", FIELD_AMOUNT, FIELD_REQUIRED, balloon_target, pages,
	    "num_pages", RANGE(0, MAX32)),
	ROW("irq", FIELD_WORD, 0, balloon_target, no_irq,
	    "none: without the config interrupt (config)", .words = words_irq),
};
static const struct map map_target = MAP("target", fields_target, balloon_target,
    DEFAULTS(balloon_target), .scalars = 1);

static void
act_target(struct device *device, const void *data)
{
	const struct balloon_target *target = data;

	balloon_target(device, (uint32_t)target->pages, !target->no_irq);
}

static const struct field fields_storm[] = {
	ROW("targets", FIELD_AMOUNTS, FIELD_REQUIRED, balloon_storm, targets,
	    "the targets, in a cycle", RANGE(0, MAX32)),
	ROW("every", FIELD_TIME, FIELD_REQUIRED, balloon_storm, every,
	    "time between two", RANGE(1, 0)),
	ROW("count", FIELD_COUNT, 0, balloon_storm, count,
	    "how many in all (once through the list)", RANGE(1, 1000000)),
	ROW("irq", FIELD_WORD, 0, balloon_storm, no_irq,
	    "none: without the config interrupts (config)", .words = words_irq),
};
static const struct map map_storm = MAP("storm", fields_storm, balloon_storm,
    DEFAULTS(balloon_storm, .count = UNSET));

static uint64_t
storm_count(const struct balloon_storm *storm)
{
	return storm->count == UNSET ? storm->targets.count : storm->count;
}

static uint64_t
storm_least_ns(const void *data, uint64_t hz)
{
	const struct balloon_storm *storm = data;
	uint64_t ns = (uint64_t)scenario_time_ns(storm->every, hz), count = storm_count(storm);

	if (count == 0)
		return 0;
	return __builtin_mul_overflow(ns, count - 1, &ns) || ns > INT64_MAX ? INT64_MAX : ns;
}

static void
storm_next(void *arg)
{
	struct device *device = arg;
	struct balloon *balloon = balloon_of(device);
	const struct balloon_storm *storm = balloon->storm;
	struct clock *clock = &device->world->clock;

	balloon_target(device,
	    (uint32_t)storm->targets.pages[balloon->storm_sent % storm->targets.count],
	    !storm->no_irq);
	if (++balloon->storm_sent < storm_count(storm))
		clock_at(clock, clock->now_ns + ns_of(device, storm->every), CLOCK_STEP,
		    storm_next, device);
	else
		balloon->storm = NULL;
}

static void
act_storm(struct device *device, const void *data)
{
	balloon_of(device)->storm = data;
	balloon_of(device)->storm_sent = 0;
	storm_next(device);
}

static bool
storm_goes_on(const struct device *device)
{
	return balloon_of(device)->storm != NULL;
}

/* ---- device ---- */

static const struct field fields_step_latency[] = {
	ROW("inflate", FIELD_TIME, 0, balloon_latency, inflate, "of inflate requests"),
	ROW("deflate", FIELD_TIME, 0, balloon_latency, deflate, "of deflate requests"),
};
static const struct map map_step_latency =
    MAP("latency", fields_step_latency, balloon_latency, &default_latency, .scalars = 2);

static const struct field_word words_statistics_fault[] = {
	{ "wrong_id", BEHAVIOUR_WRONG_ID }, { "wrong_len", BEHAVIOUR_WRONG_LEN },
	{ "duplicate", BEHAVIOUR_DUPLICATE }, { NULL, 0 }
};

static const struct field fields_device_step[] = {
	ROW("latency", FIELD_MAP, 0, balloon_step, latency,
	    "from now on requests take so long: a time or {inflate, deflate}",
	    .map = &map_step_latency),
	ROW("jitter", FIELD_TIME, 0, balloon_step, latency.jitter,
	    "from now on up to so much more, by the seed"),
	DEVICE_STEP_ROWS_FIRST,
	ROW("actual", FIELD_AMOUNT, 0, balloon_step, actual_pages,
	    "the device changes `actual` by itself", RANGE(0, MAX32)),
	ROW("ask_statistics", FIELD_FLAG, 0, balloon_step, ask_statistics,
	    "STATS_VQ: the host asks for statistics of the guest (false)"),
	ROW("statistics_fault", FIELD_WORD, 0, balloon_step, statistics_fault,
	    "what is wrong with the buffer that ask_statistics gives back (none)",
	    .words = words_statistics_fault),
	DEVICE_STEP_ROWS_LAST,
};

static void
check_step(struct map_check *check, const void *object)
{
	const struct balloon_step *step = object;

	device_step_check(check, &step->common, map_has(check, "latency") ||
	    map_has(check, "jitter") || map_has(check, "actual") ||
	    map_has(check, "ask_statistics"));
	map_only_true(check, "ask_statistics", step->ask_statistics);
	if (map_has(check, "statistics_fault") && !map_has(check, "ask_statistics"))
		map_error(check, "statistics_fault", "\"statistics_fault\" says what is wrong with "
		    "what \"ask_statistics\" does, which is not there");
}

static void
check_step_order(struct map_check *check, const void *data, uint64_t *memory)
{
	const struct balloon_step *step = data;

	device_step_check_order(check, &step->common, balloon_class.language.queues, memory);
}

static const struct map map_device_step = MAP("device", fields_device_step, balloon_step,
    DEFAULTS(balloon_step, .common = DEVICE_STEP_DEFAULT, .actual_pages = UNSET,
    .statistics_fault = BEHAVIOURS),
    .check = check_step);

static void
act_step(struct device *device, const void *data)
{
	const struct balloon_step *step = data;
	uint64_t jitter_ns = ns_of(device, step->latency.jitter);

	device_step_act(device, &step->common);
	if (scenario_time_is_given(step->latency.inflate))
		device_latency(device, BALLOON_INFLATE, ns_of(device, step->latency.inflate),
		    jitter_ns, UINT64_MAX);
	if (scenario_time_is_given(step->latency.deflate))
		device_latency(device, BALLOON_DEFLATE, ns_of(device, step->latency.deflate),
		    jitter_ns, UINT64_MAX);
	if (step->actual_pages != UNSET)
		balloon_set_actual(device, (uint32_t)step->actual_pages);
	if (step->ask_statistics)
		balloon_ask_statistics(device, (enum behaviour)step->statistics_fault);
	device_step_act_last(device, &step->common);
}

/* ---- deliver ---- */

static void
check_deliver_target(struct map_check *check, const void *object)
{
	const struct scenario_deliver *deliver = object;

	if (deliver->act == UNSET)
		check_deliver(check, object);
	else if (deliver->answer)
		map_error(check, "answer", "a step delivers either a target or a completion");
	else if (deliver->irq != NULL && strcmp(deliver->irq, "config") != 0)
		map_error(check, "irq", "a target comes with the interrupt \"config\"");
}

static const struct field fields_deliver[] = {
	FIELD_ROWS_DELIVER_FIRST,
	ROW("target", FIELD_AMOUNT, 0, scenario_deliver, act,
	    "the host also writes num_pages there", RANGE(0, MAX32)),
	FIELD_ROWS_DELIVER_LAST,
};
const struct map balloon_map_deliver =
    MAP("deliver", fields_deliver, scenario_deliver, &default_deliver,
    .check = check_deliver_target);

/* ---- verbs ---- */

#define OWN_ROW(k, help_, map_) \
	ROW(k, FIELD_OWN, FIELD_TAKES_ON, scenario_step, own, help_, .map = map_)

const struct device_verb balloon_verb_target = {
	.format = {
		.field = OWN_ROW("target", "the host asks for a balloon of so many pages and "
		    "raises the config interrupt", &map_target),
		.id = SCENARIO_STEP_OWN, .code = 0, .prepares = verb_always,
	},
	.act = act_target,
};
const struct device_verb balloon_verb_storm = {
	.format = {
		.field = OWN_ROW("storm", "a burst of targets", &map_storm),
		.id = SCENARIO_STEP_OWN, .code = 1, .is_barrier = verb_always,
		.least_ns = storm_least_ns, .least_key = "every",
	},
	.act = act_storm, .is_busy = storm_goes_on,
};
const struct device_verb balloon_verb_device = {
	.format = {
		.field = OWN_ROW("device", "the device's behaviour for the next completions",
		    &map_device_step),
		.id = SCENARIO_STEP_OWN, .code = DEVICE_STEP_CODE, .prepares = verb_always,
		.check = check_step_order,
	},
	.act = act_step,
};
static const struct verb verb_deliver = SCENARIO_VERB_DELIVER(&balloon_map_deliver);

const struct verb *const balloon_verbs[] = {
	&balloon_verb_target.format, &balloon_verb_storm.format,
	SCENARIO_VERB(FAIL), SCENARIO_VERB(HEAL),
	&balloon_verb_device.format, SCENARIO_VERB(IRQ), &verb_deliver,
	SCENARIO_VERB(HOLD), SCENARIO_VERB(GUEST), SCENARIO_VERB(EXPECT),
	SCENARIO_VERB(EXPECT_TRACE), SCENARIO_VERB(WAIT),
	SCENARIO_VERB(SETTLE), SCENARIO_VERB(NOTE), NULL
};

const struct balloon_target *
balloon_target_of(const struct scenario_step *step)
{
	return step->row == &balloon_verb_target.format ? step->own.object : NULL;
}

const struct balloon_storm *
balloon_storm_of(const struct scenario_step *step)
{
	return step->row == &balloon_verb_storm.format ? step->own.object : NULL;
}

/* ---- observables ---- */

#define OBSERVE(what, value_) \
	static bool \
	observe_##what(const struct expect_env *env, const struct expect_term *term, \
	    int64_t *value) \
	{ \
		const struct balloon *balloon = balloon_of(expect_device(env, term)); \
		const struct memory_counts *counts = \
		    &expect_device(env, term)->world->memory.counts; \
\
		(void)balloon, (void)counts; \
		*value = (int64_t)(value_); \
		return true; \
	}
OBSERVE(target, balloon->facts.num_pages)
OBSERVE(actual, balloon->facts.actual)
OBSERVE(held, balloon->facts.held)
OBSERVE(discarded, counts->discarded_in_use)
OBSERVE(balloon, counts->driver)
OBSERVE(entries, balloon->entries[device_queue_by_name(&balloon_class, term->arg)])
OBSERVE(statistics, balloon->statistics.received)

const struct observable balloon_observables[] = {
	{ "host.target", EXPECT_PAGES, NULL, "what the host asks for (num_pages)",
	    EXPECT_32BIT | EXPECT_DEVICE, observe_target },
	{ "host.actual", EXPECT_PAGES, NULL, "`actual` as the device has it",
	    EXPECT_32BIT | EXPECT_CLAIMED | EXPECT_DEVICE, observe_actual },
	{ "host.held", EXPECT_PAGES, NULL, "pages that the host was given and not asked back",
	    EXPECT_CLAIMED | EXPECT_DEVICE, observe_held },
	{ "host.discarded_in_use", EXPECT_PAGES, NULL,
	    "pages that the host discarded while the guest used them",
	    EXPECT_CLAIMED, observe_discarded },
	{ "mem.balloon", EXPECT_PAGES, NULL, "pages that the driver allocated and did not free",
	    EXPECT_MEMORY, observe_balloon },
	{ "vq.<q>.entries", EXPECT_PAGES, NULL, "page numbers in all requests since attach",
	    EXPECT_DEVICE, observe_entries },
	{ "host.statistics", EXPECT_COUNT, NULL,
	    "buffers with statistics that came from the driver since attach", EXPECT_DEVICE,
	    observe_statistics },
	{ .pattern = NULL }
};

/* ---- an example ---- */

/* Shows nothing on a correct driver, and on viomb no other defects than known ones. */
const char balloon_example[] =
    "# What any correct driver does; `viosim describe` explains every key.\n"
    "format: 1\n"
    "scenario: area/situation\n"
    "summary: The host asks for 256 pages, gets exactly those, and gives them back.\n"
    "tags: [area]                        # words for `viosim run --tag`\n"
    "extends: <usual>                    # 1 ms for a request, and what holds in every scenario\n"
    "\n"
    "steps:                              # in virtual time; one verb each\n"
    "  - at: 1s                          # since the driver has attached\n"
    "    name: the host asks for 1 MiB\n"
    "    target: 256 pages\n"
    "  - expect: host.actual == 256      # the driver says so,\n"
    "    within: 2s                      # by then,\n"
    "  - expect: host.held == 256        # and the host has them\n"
    "  - settle: {within: 1s}            # nothing in flight, the driver sleeps\n"
    "  # Put here what may go wrong (`viosim describe verbs`), such as:\n"
    "  # - fail: {id: full, call: virtio_enqueue_prep, vq: deflate}\n"
    "  # - device: {latency: 2s}\n"
    "  # - deliver: {irq: config, at: mutex_enter before, target: 512 pages}\n"
    "  - at: +4s                         # after the previous step\n"
    "    name: the host gives them back\n"
    "    target: 0 pages\n"
    "  - settle: {within: 4s}\n"
    "\n"
    "finally:                            # when all is over\n"
    "  - host.actual == 0\n"
    "  - mem.balloon == 0\n";
