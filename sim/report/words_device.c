/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device and the host do, as sentences: see words_line.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "device/balloon.h"
#include "report/words_line.h"

static void
say_raise(struct line *line, const struct words *words, const struct event *event)
{
	say(line, "raises ");
	say_value(line, words, 'V', event->irq_raise.vector);
	if (event->irq_raise.vector >= HW_VECTORS)
		return;
	switch (event->irq_raise.cause) {
	case 0:
		say(line, " without a cause");
		break;
	case TRANSPORT_ISR_QUEUE:
		say(line, " (queue)");
		break;
	case TRANSPORT_ISR_CONFIG:
		say(line, " (config)");
		break;
	case TRANSPORT_ISR_QUEUE | TRANSPORT_ISR_CONFIG:
		say(line, " (queue and config)");
		break;
	default:
		say(line, " (cause 0x%" PRIx64 ")", event->irq_raise.cause);
		break;
	}
}

static void
say_request(struct line *line, uint64_t queue)
{
	static const char *const request[] = { "an inflate", "a deflate", "a statistics" };

	say(line, "%s request", queue < 3 ? request[queue] : "a");
}

static void
say_take(struct line *line, const struct event *event)
{
	say(line, "reads ");
	say_request(line, event->dev_take.queue);
	say(line, ": %" PRIu64 " page number%s, %" PRIu64 " bytes (id %" PRIu64 ")",
	    event->dev_take.entries, event->dev_take.entries == 1 ? "" : "s",
	    event->dev_take.length, event->dev_take.head);
}

static void
say_act(struct line *line, const struct event *event)
{
	bool takes = event->dev_act.queue == BALLOON_INFLATE;
	char count[48];

	words_count_pages(event->dev_act.pages, count, sizeof(count));
	say(line, "%s %s %s the guest", takes ? "takes" : "gives", count,
	    takes ? "from" : "back to");
	if (event->dev_act.skipped != 0)
		say(line, ", skips %" PRIu64 " that are no memory", event->dev_act.skipped);
	if (event->dev_act.in_use != 0)
		say(line, ", %" PRIu64 " OF THEM IN USE", event->dev_act.in_use);
}

static void
say_status(struct line *line, const struct event *event)
{
	static const struct { unsigned bit; const char *name; } name[] = {
		{ TRANSPORT_STATUS_ACKNOWLEDGE, "ACKNOWLEDGE" },
		{ TRANSPORT_STATUS_DRIVER, "DRIVER" },
		{ TRANSPORT_STATUS_FEATURES_OK, "FEATURES_OK" },
		{ TRANSPORT_STATUS_DRIVER_OK, "DRIVER_OK" },
		{ TRANSPORT_STATUS_NEEDS_RESET, "NEEDS_RESET" },
		{ TRANSPORT_STATUS_FAILED, "FAILED" },
	};
	const char *between = "";

	say(line, event->dev_status.status == 0 ? "is reset" : "status ");
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (event->dev_status.status & name[i].bit) {
			say(line, "%s%s", between, name[i].name);
			between = "|";
		}
}

static void
say_queue(struct line *line, const struct words *words, const struct event *event)
{
	say(line, event->dev_queue.address != 0 ? "is given " : "loses ");
	say_value(line, words, 'q', event->dev_queue.queue);
	if (event->dev_queue.address != 0)
		say(line, " with %" PRIu64 " entries", event->dev_queue.size);
}

static const char *const habit_word[HABITS] = {
#define X(id, word, breaks, what) [HABIT_##id] = word,
	DEVICE_HABITS(X)
#undef X
};
static const char *const habit_text[HABITS] = {
#define X(id, word, breaks, what) [HABIT_##id] = what,
	DEVICE_HABITS(X)
#undef X
};

static void
say_habit(struct line *line, const struct words *words, const struct event *event)
{
	bool is_known = event->code > HABIT_NONE && event->code < HABITS;

	say(line, "%s (", is_known ? habit_text[event->code] : "?");
	if (event->dev_habit.queue <= UINT16_MAX) {
		say_value(line, words, 'q', event->dev_habit.queue);
		say(line, ", ");
	}
	say(line, "%s %" PRIu64 ")", is_known ? habit_word[event->code] : "?",
	    event->dev_habit.what);
}

static void
say_target(struct line *line, const struct event *event)
{
	char count[48];

	words_count_pages(event->host_target.pages, count, sizeof(count));
	say(line, "asks for %s (was %" PRIu64 "), %s", count, event->host_target.old,
	    event->host_target.irq != 0 ? "config interrupt" : "no interrupt");
}

static void
say_actual(struct line *line, const struct event *event)
{
	say(line, "is told actual = %" PRIu64, event->dev_actual.written);
	if (event->dev_actual.stored != event->dev_actual.written)
		say(line, ", keeps %" PRIu64, event->dev_actual.stored);
}

static void
say_offer(struct line *line, const struct event *event)
{
	say(line, "is asked for features ");
	say_features(line, event->dev_features.accepted);
	say(line, ", offers ");
	say_features(line, event->dev_features.offered);
}

const char *
device_code(const struct event *event)
{
	return event->code < HABITS ? habit_word[event->code] : NULL;
}

void
say_device(struct line *line, const struct words *words, const struct event *event)
{
	static void (*const alone[EV_KINDS])(struct line *, const struct event *) = {
		[EV_DEV_TAKE] = say_take, [EV_DEV_ACT] = say_act,
		[EV_DEV_STATUS] = say_status, [EV_DEV_ACTUAL] = say_actual,
		[EV_DEV_FEATURES] = say_offer, [EV_HOST_TARGET] = say_target,
	};

	if (event->kind == EV_DEV_QUEUE)
		say_queue(line, words, event);
	else if (event->kind == EV_DEV_HABIT)
		say_habit(line, words, event);
	else if (event->kind == EV_IRQ_RAISE)
		say_raise(line, words, event);
	else if (alone[event->kind] != NULL)
		alone[event->kind](line, event);
}
