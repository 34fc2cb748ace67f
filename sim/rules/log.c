/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules about messages on the console.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "rules/area.h"
#include "rules/shadow.h"

#define SECOND_NS UINT64_C(1000000000)
#define LINES_MAX 100			/* in one second */
#define ENOENT_NETBSD 2u

const struct rule rules_log[] = {
	{ "log.flood", SEVERITY_LINT,
	  "a driver prints no more than 100 lines a second",
	  "NetBSD kprintf(9)",
	  "A console is slow, and printing holds a lock of the whole machine.",
	  NULL, NULL },
	{ "log.quiet", SEVERITY_ERROR,
	  "no error message when nothing went wrong",
	  "NetBSD aprint(9), kprintf(9)",
	  "A message about a failure that was none sends people on a hunt, or shows that the "
	  "driver took something ordinary for a failure.",
	  NULL, NULL },
};
const size_t rules_log_count = sizeof(rules_log) / sizeof(rules_log[0]);

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

static bool
is_print(unsigned call)
{
	return is_error_level(call) || is_printf(call) || call == HW_CALL_APRINT_NORMAL ||
	    call == HW_CALL_APRINT_NORMAL_DEV || call == HW_CALL_APRINT_NAIVE;
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
is_failure(unsigned call, uint64_t result)
{
	if (call == HW_CALL_KMEM_ALLOC || call == HW_CALL_KMEM_ZALLOC)
		return result == 0;
	if (call == HW_CALL_VIRTIO_DEQUEUE)
		return result != 0 && result != ENOENT_NETBSD;
	if (call == HW_CALL_CV_TIMEDWAIT || call == HW_CALL_CV_TIMEDWAIT_SIG ||
	    call == HW_CALL_CV_WAIT_SIG || call == HW_CALL_KPAUSE)
		return false;
	if (call == HW_CALL_VIRTIO_ALLOC_VQ || call == HW_CALL_VIRTIO_CHILD_ATTACH_FINISH)
		return result != 0;
	return result != 0 && trace_call_result(call)[0] == 'e';
}

static void
judge_quiet(struct log_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct rules_view *view = rules_look(core);
	const char *text = trace_text_of(view->trace, event->arg[0]);
	int length = (int)strcspn(text, "\n");

	if (!is_error_level(event->code) &&
	    !(is_printf(event->code) && sounds_like_failure(text)))
		return;
	/* A device that breaks the specification or falls silent may be complained about. */
	if (view->faults_struck > 0 || !view->device.healthy || !view->device.answers ||
	    state->failed_seq[event->ctx] != 0)
		return;
	rules_report(core, "log.quiet", event, site,
	    "an error message, but no call failed and the device did nothing wrong: \"%.*s\"",
	    length > 120 ? 120 : length, text);
}

static void
judge_flood(struct log_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	if (event->time_ns - state->window_ns >= SECOND_NS) {
		state->window_ns = event->time_ns;
		state->lines = 0;
	}
	if (++state->lines == LINES_MAX + 1)
		rules_report(core, "log.flood", event, site,
		    "more than %d messages within one second", LINES_MAX);
}

static void
log_see(void *self, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct log_state *state = self;

	(void)payload;
	if (event->kind == EV_CALL && is_print(event->code)) {
		judge_quiet(state, core, event, site);
		judge_flood(state, core, event, site);
	} else if (event->kind == EV_RET && is_failure(event->code, event->arg[0])) {
		state->failed_seq[event->ctx] = event->seq;
	} else if (event->kind == EV_CTX_WAKE && event->arg[0] < SHADOW_CONTEXTS) {
		state->failed_seq[event->arg[0]] = 0;
	} else if (event->kind == EV_HOST_REBOOT) {
		memset(state, 0, sizeof(*state));
	}
}

const struct area area_log = {
	.name = "log",
	.kinds = KIND(CALL) | KIND(RET) | KIND(CTX_WAKE) | KIND(HOST_REBOOT),
	.calls = CALLS(HW_CALL_APRINT_ERROR, HW_CALL_APRINT_ERROR_DEV, HW_CALL_PRINTF,
	    HW_CALL_DEVICE_PRINTF, HW_CALL_APRINT_NORMAL, HW_CALL_APRINT_NORMAL_DEV,
	    HW_CALL_APRINT_NAIVE),
	.state_bytes = sizeof(struct log_state),
	.see = log_see,
};
