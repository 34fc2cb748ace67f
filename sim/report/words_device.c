/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device and the host do, as sentences: see words_line.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "device/class.h"
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
	say(line, "queue %" PRIu64 " (", event->dev_queue.queue);
	say_value(line, words, 'q', event->dev_queue.queue);
	if (event->dev_queue.address != 0)
		say(line, ") set up, %" PRIu64 " entries", event->dev_queue.size);
	else
		say(line, ") removed");
}

static void
say_behaviour(struct line *line, const struct words *words, const struct event *event)
{
	const struct device_behaviour *behaviour =
	    device_behaviour_by_code(device_class_in(words->world), event->code);

	say(line, "%s (", behaviour != NULL ? behaviour->what : "?");
	if (event->dev_habit.queue <= UINT16_MAX) {
		say_value(line, words, 'q', event->dev_habit.queue);
		say(line, ", ");
	}
	say(line, "%s %" PRIu64 ")", behaviour != NULL ? behaviour->word : "?",
	    event->dev_habit.what);
}

static void
say_offer(struct line *line, const struct words *words, const struct event *event)
{
	say(line, "is asked for features ");
	say_features(line, words, event->dev_features.accepted);
	say(line, ", offers ");
	say_features(line, words, event->dev_features.offered);
}

const char *
device_code(const struct words *words, const struct event *event)
{
	const struct device_behaviour *behaviour =
	    device_behaviour_by_code(device_class_in(words->world), event->code);

	return behaviour != NULL ? behaviour->word : NULL;
}

void
say_device(struct line *line, const struct words *words, const struct event *event)
{
	const struct device_class *class = device_class_in(words->world);
	char text[200];

	if (event->kind == EV_DEV_QUEUE)
		say_queue(line, words, event);
	else if (event->kind == EV_DEV_HABIT)
		say_behaviour(line, words, event);
	else if (event->kind == EV_IRQ_RAISE)
		say_raise(line, words, event);
	else if (event->kind == EV_DEV_STATUS)
		say_status(line, event);
	else if (event->kind == EV_DEV_FEATURES)
		say_offer(line, words, event);
	else if (class->say != NULL && class->say(event, text, sizeof(text)))
		say(line, "%s", text);
}
