/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules about messages on the console.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "rules/area.h"

#define SECOND_NS UINT64_C(1000000000)
#define LINES_MAX 100			/* in one second */
#define ENOENT_NETBSD 2u

struct log_state {
	uint32_t failed_seq[SHADOW_CONTEXTS];	/* newest call that failed, since its wake-up */
	uint64_t window_ns;		/* start of the second being counted */
	unsigned lines;			/* in it */
};

static bool
is_error_level(unsigned call)
{
	return call == HW_CALL_APRINT_ERROR || call == HW_CALL_APRINT_ERROR_DEV;
}

static bool
is_printf(unsigned call)
{
	return call == HW_CALL_PRINTF || call == HW_CALL_DEVICE_PRINTF;
}

/*
 * printf(9) has no levels, so words must do.  A driver that says it otherwise goes unseen, and
 * nothing but this rule looks at wording.
 */
static bool
sounds_like_failure(const char *text)
{
	static const char *const word[] = {
		"fail", "error", "could not", "cannot", "can't", "unable", "invalid",
		"something wrong",
	};

	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		if (strcasestr(text, word[i]) != NULL)
			return true;
	return false;
}

/* ---- does anything excuse it? ---- */

/* Calls that return failure in the ordinary course of things are no excuse. */
static bool
is_failure(const struct event *ret)
{
	switch (ret->code) {
	case HW_CALL_VIRTIO_FEATURES:	/* no feature, not even VERSION_1: the device has refused */
		return ret->ret.result == 0;
	case HW_CALL_VIRTIO_DEQUEUE:
		return ret->ret.result != 0 && ret->ret.result != ENOENT_NETBSD;
	case HW_CALL_CV_TIMEDWAIT:
	case HW_CALL_CV_TIMEDWAIT_SIG:
	case HW_CALL_CV_WAIT_SIG:
	case HW_CALL_KPAUSE:
		return false;
	default:
		return rules_failed(ret);
	}
}

RULE_ROW(rule_quiet) = {
	"log.quiet", SEVERITY_ERROR,
	"no error message when nothing went wrong",
	"NetBSD aprint(9), kprintf(9)",
	"A message about a failure that was none sends people on a hunt, or shows that the "
	"driver took something ordinary for a failure.",
	.distance = RULE_ALONE
};

static void
check_quiet(struct log_state *state, struct rules_core *core)
{
	const struct rules_view *view = rules_look(core);
	const char *text = trace_text_of(view->trace, core->event->call.printf.text);
	int length = (int)strcspn(text, "\n");

	if (!is_error_level(core->event->code) && !(is_printf(core->event->code) &&
	    sounds_like_failure(text)))
		return;
	/* A device that breaks the specification or falls silent may be complained about. */
	if (view->faults_struck > 0 || !view->device.healthy || !view->device.completes ||
	    state->failed_seq[core->event->ctx] != 0)
		return;
	rules_report(core, &rule_quiet, "an error message, but no call failed and the device did "
	    "nothing wrong: \"%.*s\"", length > 120 ? 120 : length, text);
}

RULE_ROW(rule_flood) = {
	"log.flood", SEVERITY_LINT,
	"a driver prints no more than 100 lines a second",
	"NetBSD kprintf(9)",
	"A console is slow, and printing holds a lock of the whole machine."
};

static void
check_flood(struct log_state *state, struct rules_core *core)
{
	if (core->event->time_ns - state->window_ns >= SECOND_NS) {
		state->window_ns = core->event->time_ns;
		state->lines = 0;
	}
	if (++state->lines == LINES_MAX + 1)
		rules_report(core, &rule_flood, "more than %d messages within one second",
		    LINES_MAX);
}

HOOK(log, call_print, void *state, ON_CALL(APRINT_ERROR), ON_CALL(APRINT_ERROR_DEV),
    ON_CALL(PRINTF), ON_CALL(DEVICE_PRINTF), ON_CALL(APRINT_NORMAL), ON_CALL(APRINT_NORMAL_DEV),
    ON_CALL(APRINT_NAIVE))
{
	check_quiet(state, core);
	check_flood(state, core);
}

HOOK(log, on_return, struct log_state *state, ON_EVENT(RET))
{
	if (is_failure(event))
		state->failed_seq[event->ctx] = event->seq;
}

HOOK(log, on_wake, struct log_state *state, ON_EVENT(CTX_WAKE))
{
	if (event->ctx_wake.context < SHADOW_CONTEXTS)
		state->failed_seq[event->ctx_wake.context] = 0;
}

const struct area area_log = {
	.state_bytes = sizeof(struct log_state),
};
