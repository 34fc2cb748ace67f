/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The class of the balloon: all that viosim knows of it, in one struct.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"
#include "device/balloon/balloon.h"

/* ---- names ---- */

#define FEATURES(X) \
	X("MUST_TELL_HOST", BALLOON_F_MUST_TELL_HOST, "a page may be used again only after the " \
	    "host has completed the deflate request that names it (virtio 1.2 clause 5.5.3)") \
	X("STATS_VQ", BALLOON_F_STATS_VQ, "a third queue, for statistics about the guest's " \
	    "memory (virtio 1.2 clause 5.5.6.3)") \
	X("DEFLATE_ON_OOM", BALLOON_F_DEFLATE_ON_OOM, "the driver may take pages back from the " \
	    "balloon when the guest runs out of memory (virtio 1.2 clause 5.5.3)") \
	X("FREE_PAGE_HINT", BALLOON_F_FREE_PAGE_HINT, "a queue for hints which pages are free " \
	    "while a guest moves (virtio 1.2 clause 5.5.6.5); the device asks for none") \
	X("PAGE_POISON", BALLOON_F_PAGE_POISON, "the driver writes a value into pages that it " \
	    "takes back, and says which (virtio 1.2 clause 5.5.6.6)") \
	X("PAGE_REPORTING", BALLOON_F_PAGE_REPORTING, "a queue for reports of free pages " \
	    "(virtio 1.2 clause 5.5.6.7); the device leaves them as they are") \
	TRANSPORT_FEATURES(X)

static const struct device_feature features[] = {
#define X(name, mask, help) { name, mask, help },
	FEATURES(X)
#undef X
	{ NULL, 0, NULL }
};
static const char *const feature_names[] = {
#define X(name, mask, help) name,
	FEATURES(X)
#undef X
	NULL
};
static const char *const feature_texts[] = {
#define X(name, mask, help) help,
	FEATURES(X)
#undef X
	NULL
};
static const char *const queues[] = { "inflate", "deflate", NULL };
static const char *const queue_names[] = {
	"inflateq", "deflateq", "statsq", "free_page_vq", "reporting_vq", NULL
};
static const struct device_word models[] = {
#define X(id, word, what) { word, what },
	BALLOON_MODELS(X)
#undef X
	{ NULL, NULL }
};

const struct device_behaviour balloon_behaviours[] = {
	[BALLOON_SETS_ACTUAL] = { 12, "actual", false, "changes `actual` by itself" },
	[BALLOON_IGNORES] = { 14, "ignored", false, "completes a request without processing it" },
	[BALLOON_IS_OVERLONG] = { 15, "overlong", false,
	    "never completes an over-long request" },
	[BALLOON_RECEIVES_STATISTICS] = { 22, "statistics", false,
	    "receives statistics of the guest" },	/* bytes */
	[BALLOON_ASKS_STATISTICS] = { 23, "ask_statistics", false,
	    "asks for statistics of the guest" },	/* 1: there is a buffer to give back */
	{ 0, NULL, false, NULL }
};

/* ---- what the run asks ---- */

static bool
is_settled(const struct device *device)
{
	const struct balloon_facts *facts = &balloon_of(device)->facts;

	return facts->actual == facts->num_pages;
}

static void
print_unsettled(const struct device *device, FILE *stream)
{
	const struct balloon_facts *facts = &balloon_of(device)->facts;

	fprintf(stream, "host.actual = %" PRIu32 ", host.target = %" PRIu32, facts->actual,
	    facts->num_pages);
}

static const void *
facts_of(const struct device *device)
{
	return &balloon_of(device)->facts;
}

static void *
saved_of(struct device *device, size_t *bytes)
{
	*bytes = offsetof(struct balloon_facts, held);
	return &balloon_of(device)->facts;
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t
claimed_pages(const struct scenario *scenario)
{
	const struct balloon_initial *initial = &balloon_options_of(scenario)->initial;
	uint64_t most = larger(initial->actual_pages, initial->held_pages);

	for (size_t i = 0; i < scenario->steps.count; i++) {
		const struct scenario_step *s = &scenario->steps.step[i];
		const struct balloon_step *step = s->own.object;

		if (s->row == &balloon_verb_device.format &&
		    step->actual_pages != SCENARIO_UNSET)
			most = larger(most, step->actual_pages);
	}
	return most;
}

/* ---- what explorers ask ---- */

#define REQUEST_PAGES 256	/* what drivers put into one request */

static void
act_target(struct device *device, uint64_t pages)
{
	balloon_target(device, (uint32_t)pages, true);
}

static const struct device_act target = {
	.key = "target", .words = "the new target with its config interrupt", .act = act_target,
};

static size_t
numbers_of(const struct scenario_step *step, uint64_t *number, size_t max, bool *moves)
{
	const struct balloon_target *t = balloon_target_of(step);
	const struct balloon_storm *storm = balloon_storm_of(step);

	*moves = t != NULL && !t->no_irq;
	if (t != NULL && max > 0)
		number[0] = t->pages;
	for (size_t i = 0; storm != NULL && i < storm->targets.count && i < max; i++)
		number[i] = storm->targets.pages[i];
	return t != NULL ? 1 : storm != NULL ? storm->targets.count : 0;
}

static uint64_t
first_target(const struct scenario *scenario)
{
	return balloon_options_of(scenario)->initial.target_pages;
}

static bool
target_of_event(const struct event *event, uint64_t *number)
{
	if (event->kind != EV_HOST_TARGET)
		return false;
	*number = event->host_target.pages;
	return true;
}

static uint64_t
more_pages(uint64_t last, const struct scenario_machine *machine)
{
	uint64_t more = last + REQUEST_PAGES;

	return more < scenario_machine_pages(machine) / 2 ? more : 0;
}

/* A burst is simpler as one of its targets. */
static bool
simpler_storm(const struct scenario_step *from, size_t nth, struct scenario_step *to,
    struct arena *arena)
{
	const struct balloon_storm *storm = balloon_storm_of(from);
	struct balloon_target *t;

	if (storm == NULL || nth >= storm->targets.count)
		return false;
	t = map_new(balloon_verb_target.format.field.map, arena);
	*t = (struct balloon_target){ storm->targets.pages[nth], storm->no_irq };
	to->row = &balloon_verb_target.format;
	to->own = (struct scenario_own){ to->row->field.map, t };
	return true;
}

static struct scenario_time
draw_latency(unsigned (*draw)(void *arg, size_t n), void *arg)
{
	uint64_t ns = 1000;

	for (unsigned i = draw(arg, 7); i > 0; i--)
		ns *= 10;
	return (struct scenario_time){ SCENARIO_NS, ns };
}

/* Whatever the specification lets a device do. */
static void
vary(void *object, unsigned (*draw)(void *arg, size_t n), void *arg)
{
	struct balloon_options *options = object;

	if (draw(arg, 2) == 1)
		options->latency.inflate = draw_latency(draw, arg);
	if (draw(arg, 2) == 1)
		options->latency.deflate = draw_latency(draw, arg);
	if (draw(arg, 2) == 1)
		options->model = (int)draw(arg, 3);
	if (draw(arg, 4) == 3)
		options->ack = DEVICE_ACK_IN_NOTIFY;
	if (draw(arg, 4) == 3)
		options->config_irq_on_change = true;
	if (draw(arg, 4) == 3)
		options->used_length = (int)draw(arg, USED_LENGTH_MAX32 + 1);
}

static const struct device_explore explore = {
	.numbers = numbers_of, .first = first_target, .number_of = target_of_event,
	.more = more_pages, .simpler = simpler_storm, .vary = vary,
};

/* ---- what reports ask ---- */

static bool
takes(const struct event *event)
{
	return event->dev_act.queue == BALLOON_INFLATE;
}

static void
say_take(const struct event *event, char *text, size_t size)
{
	static const char *const request[] = { "an inflate", "a deflate", "a statistics" };
	uint64_t queue = event->dev_take.queue, entries = event->dev_take.entries;

	snprintf(text, size, "reads %s request: %" PRIu64 " page number%s, %" PRIu64
	    " bytes (id %" PRIu64 ")", queue < 3 ? request[queue] : "a", entries,
	    plural(entries), event->dev_take.length, event->dev_take.head);
}

static void
say_act(const struct event *event, char *text, size_t size)
{
	char skipped[64] = "", in_use[48] = "";

	if (event->dev_act.skipped != 0)
		snprintf(skipped, sizeof(skipped), ", skips %" PRIu64 " that are no memory",
		    event->dev_act.skipped);
	if (event->dev_act.in_use != 0)
		snprintf(in_use, sizeof(in_use), ", %" PRIu64 " OF THEM IN USE",
		    event->dev_act.in_use);
	snprintf(text, size, "%s %" PRIu64 " page%s %s the guest%s%s",
	    takes(event) ? "takes" : "gives", event->dev_act.pages,
	    plural(event->dev_act.pages), takes(event) ? "from" : "back to", skipped, in_use);
}

static void
say_actual(const struct event *event, char *text, size_t size)
{
	int n = snprintf(text, size, "gets actual = %" PRIu64, event->dev_actual.written);

	if (event->dev_actual.stored != event->dev_actual.written && n > 0 && (size_t)n < size)
		snprintf(text + n, size - (size_t)n, ", keeps %" PRIu64,
		    event->dev_actual.stored);
}

static bool
say(const struct event *event, char *text, size_t size)
{
	switch (event->kind) {
	case EV_DEV_TAKE:
		say_take(event, text, size);
		return true;
	case EV_DEV_ACT:
		say_act(event, text, size);
		return true;
	case EV_DEV_ACTUAL:
		say_actual(event, text, size);
		return true;
	case EV_HOST_TARGET:
		snprintf(text, size, "asks for %" PRIu64 " page%s (was %" PRIu64 "), %s",
		    event->host_target.pages, plural(event->host_target.pages),
		    event->host_target.old, event->host_target.irq ? "config interrupt" :
		    "no interrupt");
		return true;
	default:
		return false;
	}
}

static const struct device_counter counters[] = {
	{ .what = "target: pages the host wants", .kind = EV_HOST_TARGET, .arg = "pages" },
	{ .what = "allocated by the driver", .key = "driver" },
	{ .what = "held by the host", .key = "host" },
	{ .what = "`actual`, as the driver wrote it", .kind = EV_DEV_ACTUAL, .arg = "stored" },
	{ .what = NULL }
};

/* ---- the class ---- */

const struct device_class balloon_class = {
	.language = {
		.name = "balloon", .queues = queues,
		.features = feature_names, .feature_texts = feature_texts,
		.device = &balloon_map_device, .verbs = balloon_verbs,
		.observables = balloon_observables, .example = balloon_example,
		.claimed_pages = claimed_pages,
	},
	.features = features,
	.behaviours = balloon_behaviours,
	.models = models,
	.act = &target,
	.explore = &explore,
	.device_id = BALLOON_DEVICE_ID,
	.config_bytes = 16,
	.config_read = balloon_config_read,
	.config_write = balloon_config_write,
	.init = balloon_init_options,
	.resolve = balloon_resolve,
	.fini = balloon_fini,
	.power_on = balloon_power_on,
	.start = balloon_start,
	.reset = balloon_reset,
	.reboot = balloon_reboot,
	.request = balloon_request,
	.other_queue = balloon_other_queue,
	.saved = saved_of,
	.is_settled = is_settled,
	.settled = "host.actual == host.target",
	.print_unsettled = print_unsettled,
	.facts = facts_of,
	.queue_names = queue_names,
	.say = say,
	.takes = takes,
	.counters = counters,
};
