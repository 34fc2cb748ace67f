/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as sentences: see words.h.
 *
 * Most sentences are templates in a table; what needs more has a function of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "device/class.h"
#include "machine/undefined.h"
#include "report/report.h"
#include "report/words_line.h"
#include "scenario/text.h"

/* ---- notes ---- */

static const char *const note_template[HW_NOTES] = {
	[HW_NOTE_MUTEX_HELD] = "holds $1 (level before: $2)",
	[HW_NOTE_MUTEX_FREED] = "releases $1",
	[HW_NOTE_CV_SLEEP] = "waits on $1 with $2",
	[HW_NOTE_CV_WOKEN] = "returns from $1 (timeout: $2)",
	[HW_NOTE_CV_WAKE] = "$1 wakes $2",
	[HW_NOTE_DMAMAP] = "$1 takes up to $2 bytes in $3 segments",
	[HW_NOTE_DMASEG] = "$1: $3 bytes at bus address $2",
	[HW_NOTE_DMASRC] = "$1: $3 bytes of its buffer at physical address $2",
	[HW_NOTE_DMAMAP_GONE] = "$1 is gone (loaded: $2)",
	[HW_NOTE_DMAMEM] = "$1: $2 bytes of DMA memory",
	[HW_NOTE_DMAMEM_GONE] = "$1 is gone",
	[HW_NOTE_SLOT] = "$1 $2 is $3",
	[HW_NOTE_DESC] = "$1 $2: descriptor of $4 bytes at bus address $3",
	[HW_NOTE_DEQUEUED] = "$1 $2 comes back, used length $3",
	[HW_NOTE_VQ] = "$1 has $2 entries",
	[HW_NOTE_VQ_GONE] = "$1 is gone",
	[HW_NOTE_SYSCTL] = "$1 below $2",
	[HW_NOTE_SYSCTL_GONE] = "$1 is gone",
	[HW_NOTE_THREAD] = "$1 is a kernel thread now",
	[HW_NOTE_THREAD_GONE] = "the thread ends (returned: $2, code $3)",
	[HW_NOTE_KMEM] = "block $1: $2 bytes of kernel memory",
	[HW_NOTE_KMEM_GONE] = "block $1 of $2 bytes is freed",
	[HW_NOTE_HANDLERS] = "$1 queues, flags $2, a config change callback: $3",
	[HW_NOTE_SOFTINT] = "$1 is there: $2",
};

static void
say_callback(struct line *line, const struct words *words, const struct event *event)
{
	say(line, "%s the driver's ", event->note.callback.edge == 1 ? "calls" : "back from");
	say_value(line, words, 'B', event->note.callback.callback);
	if (event->note.callback.callback == HW_CB_VQ_DONE ||
	    (event->note.callback.callback == HW_CB_INTRHAND &&
	    event->note.callback.queue <= UINT16_MAX)) {
		say(line, " of ");
		say_value(line, words, 'q', event->note.callback.queue);
	}
}

static void
say_attach(struct line *line, const struct words *words, const struct event *event)
{
	uint64_t result = event->note.attach.result;

	switch ((enum hw_attach)event->note.attach.step) {
	case HW_ATTACH_MATCH:
		say(line, "the driver %s %s", result != 0 ? "matches" : "does not match",
		    event->note.attach.other != 0 ? "another device" : "the device");
		break;
	case HW_ATTACH_BEGIN:
		say(line, "attach begins");
		break;
	case HW_ATTACH_STARTED:
		say(line, "features agreed: ");
		say_features(line, words, result);
		break;
	case HW_ATTACH_FINISHED:
		say(line, "the device is %s", result == 0 ? "ready (DRIVER_OK)" : "not ready");
		break;
	case HW_ATTACH_FAILED:
		say(line, "the driver fails the attach");
		break;
	case HW_ATTACH_END:
		say(line, result != 0 ? "attach ends: attached" : "attach ends: not attached");
		break;
	}
}

static void
say_note(struct line *line, const struct words *words, const struct event *event)
{
	if (event->code == HW_NOTE_CALLBACK)
		say_callback(line, words, event);
	else if (event->code == HW_NOTE_ATTACH)
		say_attach(line, words, event);
	else if (event->code < HW_NOTES)
		say_template(line, words, note_template[event->code],
		    trace_note_args((enum hw_note)event->code), event_values(event));
}

/* ---- calls ---- */

static void
say_call(struct line *line, const struct words *words, const struct event *event)
{
	const char *letters = trace_call_args((enum hw_call)event->code);

	say(line, "%s(", trace_call_name((enum hw_call)event->code));
	for (unsigned i = 0; letters[i] != '\0' && i < HW_ARGS_MAX; i++) {
		say(line, "%s", i > 0 ? ", " : "");
		say_value(line, words, letters[i], event_values(event)[i]);
	}
	say(line, ")");
}

static void
say_return(struct line *line, const struct words *words, const struct event *event)
{
	const char *letter = trace_call_result((enum hw_call)event->code);

	say(line, "%s %s", trace_call_name((enum hw_call)event->code),
	    *letter == 'e' && event->ret.result != 0 ? "fails: " : "returns");
	if (*letter == '\0')
		return;
	say(line, *letter == 'e' && event->ret.result != 0 ? "" : " ");
	say_value(line, words, *letter, event->ret.result);
}

/* ---- contexts and pages ---- */

static void
say_pages(struct line *line, const struct words *words, const struct event *event)
{
	static const char *const verb[] = {
		[HW_PAGE_FREE] = "frees", [HW_PAGE_KERNEL] = "takes for the kernel",
		[HW_PAGE_OTHERS] = "uses", [HW_PAGE_DRIVER] = "allocates",
	};

	say(line, "%s ", event->code <= HW_PAGE_DRIVER ? verb[event->code] : "?");
	say_value(line, words, 'p', event->pages.count);
	say(line, " (0x%" PRIx64, event->pages.first);
	if (event->pages.count > 1)
		say(line, " .. 0x%" PRIx64, event->pages.last);
	say(line, ")");
}

static void
say_sleep(struct line *line, const struct words *words, const struct event *event)
{
	int hz = words->world->config.hz;
	uint64_t ticks = event->ctx_sleep.ticks;

	switch ((enum hw_sleep)event->code) {
	case HW_SLEEP_CV:
		say(line, "sleeps on cv%" PRIu64, event->ctx_sleep.object);
		break;
	case HW_SLEEP_MUTEX:
		say(line, "waits for mutex%" PRIu64, event->ctx_sleep.object);
		break;
	case HW_SLEEP_MEMORY:
		say(line, "waits for memory");
		break;
	case HW_SLEEP_PAUSE:
		say(line, "pauses");
		break;
	case HW_SLEEP_JOIN:
		if (event->ctx_sleep.object == event->ctx) {
			say(line, "waits to be joined");
			break;
		}
		say(line, "waits for the end of ");
		say_value(line, words, 't', event->ctx_sleep.object);
		break;
	case HW_SLEEP_INTR:
		say(line, "waits for the end of the handler of ");
		say_value(line, words, 'V', event->ctx_sleep.object);
		break;
	}
	if (ticks != 0 && hz > 0 && ticks < UINT32_MAX) {
		char text[48];

		text_duration(ticks * (UINT64_C(1000000000) / (uint64_t)hz), text,
		    sizeof(text));
		say(line, ", at most %s", text);
	}
}

static void
say_wake(struct line *line, const struct words *words, const struct event *event)
{
	uint64_t context = event->ctx_wake.context;
	uint64_t since = context <= CONTEXTS_MAX ?
	    words->context[context].asleep_ns : WORDS_UNKNOWN;

	say(line, event->ctx_wake.timeout != 0 ? "wakes up: timeout" : "is woken up");
	if (since != WORDS_UNKNOWN && since <= event->time_ns) {
		char text[48];

		text_duration(event->time_ns - since, text, sizeof(text));
		say(line, ", slept %s", text);
	}
	if (event->ctx_wake.timeout == 0 && event->ctx != 0 && event->ctx != context)
		say(line, " (by %s)", words_context_name(words, event->ctx,
		    (enum hw_context)event->ctx_kind));
}

static void
say_start(struct line *line, const struct words *words, const struct event *event)
{
	switch ((enum hw_context)event->ctx_start.kind) {
	case HW_CTX_AUTOCONF:
		say(line, "autoconfiguration begins");
		break;
	case HW_CTX_KTHREAD:
		say(line, "starts kernel thread %s, priority %" PRId64,
		    words_thread_name(words, event), (int64_t)event->ctx_start.priority);
		break;
	case HW_CTX_SOFTINT:
		say(line, "sets up a soft interrupt");
		break;
	case HW_CTX_HARDINT:
		say(line, "sets up an interrupt handler");
		break;
	}
}

/* ---- the device and the host behind it ---- */

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
say_status(struct line *line, const struct words *words, const struct event *event)
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

	(void)words;
	say(line, event->dev_status.status == 0 ? "is reset" : "status ");
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (event->dev_status.status & name[i].bit) {
			say(line, "%s%s", between, name[i].name);
			between = "|";
		}
}

static void
say_device_queue(struct line *line, const struct words *words, const struct event *event)
{
	say(line, "queue %" PRIu64 " (", event->dev_queue.queue);
	say_value(line, words, 'q', event->dev_queue.queue);
	if (event->dev_queue.address != 0)
		say(line, ") set up, %" PRIu64 " %s", event->dev_queue.size,
		    event->dev_queue.size == 1 ? "entry" : "entries");
	else
		say(line, ") removed");
}

static void
say_behaviour(struct line *line, const struct words *words, const struct event *event)
{
	const struct device_behaviour *behaviour =
	    device_behaviour_by_code(device_class_in(words->world), event->code);
	char value[48];

	say(line, "%s (", behaviour != NULL ? behaviour->what : "?");
	if (event->dev_behaviour.queue <= UINT16_MAX) {
		say_value(line, words, 'q', event->dev_behaviour.queue);
		say(line, ", ");
	}
	/* The only one whose value is a time. */
	if (behaviour != NULL && strcmp(behaviour->word, "latency") == 0)
		text_duration(event->dev_behaviour.what, value, sizeof(value));
	else
		snprintf(value, sizeof(value), "%" PRIu64, event->dev_behaviour.what);
	say(line, "%s %s)", behaviour != NULL ? behaviour->word : "?", value);
}

static void
say_offer(struct line *line, const struct words *words, const struct event *event)
{
	say(line, "is asked for features ");
	say_features(line, words, event->dev_features.accepted);
	say(line, ", offers ");
	say_features(line, words, event->dev_features.offered);
}

static void
say_busy(struct line *line, const struct words *words, const struct event *event)
{
	(void)words;
	say(line, event->busy.is_busy ? "processes want every processor: no thread of a priority "
	    "below theirs runs" : "no process wants a processor any more");
}

static void
say_hold(struct line *line, const struct words *words, const struct event *event)
{
	say_template(line, words, event->hold.is_held ? "$1 is held up" : "$1 may go on",
	    trace_kind_args(EV_HOLD), event_values(event));
}

/* ---- scenario, console, the end ---- */

static void
say_fault(struct line *line, const struct words *words, const struct event *event)
{
	uint64_t error = event->fault.error;
	bool blocks = (int64_t)error == HW_FAULT_BLOCK;

	say(line, "%s is made to %s", trace_call_name((enum hw_call)event->fault.call),
	    blocks ? "wait" : error == 0 ? "fail" : "fail with ");
	if (!blocks && error != 0)
		say_value(line, words, 'E', error);
	say(line, " (");
	say_value(line, words, 'F', event->fault.row);
	say(line, ")");
}

const char *
words_end(enum world_end end)
{
	static const char *const words[WORLD_ENDS] = {
		[WORLD_RUNNING] = "still running",
		[WORLD_PANIC] = "the kernel panicked",
		[WORLD_CRASH] = "the driver accessed invalid memory",
		[WORLD_ENDLESS] = "the driver loops endlessly",
		[WORLD_DEVICE_FAULT] = "the kernel failed on the device's misbehaviour",
		[WORLD_TIME_LIMIT] = "the limit of virtual time is reached",
		[WORLD_EVENT_LIMIT] = "the limit of events is reached",
		[WORLD_STOPPED] = "the scenario is over",
		[WORLD_STACK] = "the driver overran its kernel stack",
		[WORLD_TRAP] = "the driver caused a processor trap",
	};

	return end < WORLD_ENDS ? words[end] : "?";
}

static void
say_step(struct line *line, const struct words *words, const struct event *event)
{
	if (event->step.index > INT32_MAX) {
		say(line, "planted noise %" PRIu64, event_values(event)[2]);
		return;
	}
	say(line, "step %" PRIu64 ": ", event->step.index + 1);
	say_text(line, words, event->step.text);
	if (words_holds_at_once(words, trace_event(&words->world->trace, event->seq + 1)))
		say(line, ": holds");
}

static void
say_panic(struct line *line, const struct words *words, const struct event *event)
{
	say(line, event->code == WORLD_DEVICE_FAULT ? "fails on the device: " :
	    event->panic.assertion != 0 ? "assertion failed: " : "panic: ");
	say_text(line, words, event->panic.text);
}

static void
say_end(struct line *line, const struct words *words, const struct event *event)
{
	(void)words;
	say(line, "%s", words_end((enum world_end)(event->kind == EV_CRASH ? event->code :
	    event->end.end)));
}

static void
say_console(struct line *line, const struct words *words, const struct event *event)
{
	say_text(line, words, event->console.text);
}

static void
say_expect(struct line *line, const struct words *words, const struct event *event)
{
	(void)words;
	say(line, "step %" PRIu64 ": the expectation %s", event->expect.index + 1,
	    event->expect.held == 1 ? "holds" : event->expect.held == 0 ? "DOES NOT HOLD" :
	    "IS NOT DECIDED");
}

static void
say_undefined(struct line *line, const struct words *words, const struct event *event)
{
	(void)words;
	say(line, "runs into %s: %" PRIu64, undefined_text((enum undefined)event->code),
	    event->undefined.left);
}

#define SCENARIO .who = "scenario", .colour = "1"
#define HOST .who = "host", .of_device = true, .colour = "36"
#define DEVICE .who = "device", .of_device = true, .colour = "33"
#define KERNEL(word) .who = word, .colour = WORDS_KERNEL
#define MAIN .is_main = true
#define SHAPE(values, ...) .shape = (values), __VA_ARGS__
const struct words_kind words_kinds[EV_KINDS] = {
	[EV_NONE] = { SHAPE(0, .template = "?") },
	[EV_CALL] = { SHAPE(0, .say = say_call) },
	[EV_RET] = { SHAPE(1, .say = say_return) },
	[EV_NOTE] = { SHAPE(0, .say = say_note) },
	[EV_PAGES] = { SHAPE(1, .say = say_pages) },
	[EV_CTX_START] = { SHAPE(WORDS_ALONE, .say = say_start) },
	[EV_CTX_RUN] = { .colour = WORDS_THREAD, SHAPE(1, .template = "runs") },
	[EV_CTX_SLEEP] = { MAIN, SHAPE(3, .say = say_sleep) },
	[EV_CTX_WAKE] = { .colour = WORDS_THREAD, MAIN, SHAPE(3, .say = say_wake) },
	[EV_CTX_END] = { SHAPE(WORDS_ALONE, .template = "ends") },
	[EV_IRQ_RAISE] = { DEVICE, MAIN, SHAPE(3, .say = say_raise) },
	[EV_IRQ_ENTER] = { .colour = WORDS_INTERRUPT, MAIN,
	    SHAPE(1, .template = "handler of $1 begins") },
	[EV_IRQ_EXIT] = { .colour = WORDS_INTERRUPT, SHAPE(1, .template = "handler of $1 ends") },
	[EV_REG_READ] = { SHAPE(7, .template = "reads $1 register $2, $3 bytes: $4") },
	[EV_REG_WRITE] = { SHAPE(7, .template = "writes $1 register $2, $3 bytes: $4") },
	[EV_DEV_NOTIFY] = { DEVICE, MAIN, SHAPE(1, .template = "is notified of $1") },
	[EV_DEV_TAKE] = { DEVICE, MAIN, SHAPE(1 | 8) },
	[EV_DEV_ACT] = { DEVICE, MAIN, SHAPE(15) },
	[EV_DEV_USED] = { DEVICE, MAIN,
	    SHAPE(1 | 4, .template = "returns a buffer on $1: id $2, length $3") },
	[EV_DEV_STATUS] = { DEVICE, MAIN, SHAPE(1, .say = say_status) },
	[EV_DEV_FEATURES] = { DEVICE, MAIN, SHAPE(3, .say = say_offer) },
	[EV_DEV_QUEUE] = { DEVICE, MAIN, SHAPE(WORDS_ALONE, .say = say_device_queue) },
	[EV_DEV_ACTUAL] = { DEVICE, MAIN, SHAPE(0) },
	[EV_DEV_BEHAVIOUR] = { DEVICE, MAIN, SHAPE(1, .say = say_behaviour) },
	[EV_HOST_TARGET] = { HOST, MAIN, SHAPE(1 | 4) },
	[EV_HOST_REBOOT] = { HOST, MAIN, SHAPE(WORDS_ALONE, .template = "restarts the guest") },
	[EV_FAULT] = { KERNEL("fault"), MAIN, SHAPE(15, .say = say_fault) },
	[EV_CONSOLE] = { KERNEL("console"), SHAPE(2, .say = say_console) },
	[EV_STEP] = { SCENARIO, MAIN, SHAPE(WORDS_ALONE, .say = say_step) },
	[EV_EXPECT] = { SCENARIO, SHAPE(WORDS_ALONE, .say = say_expect) },
	[EV_PANIC] = { KERNEL("kernel"), MAIN, SHAPE(WORDS_ALONE, .say = say_panic) },
	[EV_CRASH] = { MAIN, SHAPE(WORDS_ALONE, .say = say_end) },
	[EV_UNDEFINED] = { MAIN, SHAPE(1, .say = say_undefined) },
	[EV_END] = { SCENARIO, MAIN, SHAPE(WORDS_ALONE, .say = say_end) },
	[EV_STACK] = { MAIN, SHAPE(0, .template = "nears the end of the kernel stack") },
	[EV_BUSY] = { KERNEL("guest"), MAIN, SHAPE(1, .say = say_busy) },
	[EV_HOLD] = { SCENARIO, MAIN, SHAPE(3, .say = say_hold) },
};

void
words_event(const struct words *words, const struct event *event, char *text, size_t size)
{
	struct line line = { text, size, 0 };

	const struct words_kind *kind = &words_kinds[event->kind];
	const struct device_class *class = device_class_in(words->world);

	text[0] = '\0';
	if (kind->template != NULL)
		say_template(&line, words, kind->template,
		    trace_kind_args((enum event_kind)event->kind), event_values(event));
	else if (kind->say != NULL)
		kind->say(&line, words, event);
	else if (class->say != NULL && !class->say(event, text, size))
		text[0] = '\0';
	report_clean(text);
}

/* ---- codes ---- */

const char *
words_code(const struct words *words, const struct event *event)
{
	static const char *const owner[] = {
		[HW_PAGE_FREE] = "free", [HW_PAGE_KERNEL] = "kernel",
		[HW_PAGE_OTHERS] = "others", [HW_PAGE_DRIVER] = "driver",
	};
	static const char *const sleep[] = {
		[HW_SLEEP_CV] = "condvar", [HW_SLEEP_MUTEX] = "mutex",
		[HW_SLEEP_MEMORY] = "memory", [HW_SLEEP_PAUSE] = "pause",
		[HW_SLEEP_JOIN] = "join", [HW_SLEEP_INTR] = "intr",
	};
	const struct device_behaviour *behaviour;
	static const char *const console[] = {
		[HW_CON_NORMAL] = "normal", [HW_CON_ERROR] = "error",
		[HW_CON_QUIET] = "quiet", [HW_CON_KERNEL] = "kernel",
	};

	if (event->kind == EV_CALL || event->kind == EV_RET)
		return trace_call_name((enum hw_call)event->code);
	if (event->kind == EV_NOTE)
		return trace_note_word((enum hw_note)event->code);
	if (event->kind == EV_PAGES)
		return event->code <= HW_PAGE_DRIVER ? owner[event->code] : NULL;
	if (event->kind == EV_CTX_SLEEP)
		return event->code <= HW_SLEEP_INTR ? sleep[event->code] : NULL;
	if (event->kind == EV_CONSOLE)
		return event->code <= HW_CON_KERNEL ? console[event->code] : NULL;
	if (event->kind != EV_DEV_BEHAVIOUR)
		return NULL;
	behaviour = device_behaviour_by_code(device_class_in(words->world), event->code);
	return behaviour != NULL ? behaviour->word : NULL;
}
