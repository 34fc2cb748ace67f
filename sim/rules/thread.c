/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area thread: kernel threads and the times they wait (kthread(9), condvar(9)).
 */
#include <string.h>

#include "rules/area.h"
#include "rules/shadow.h"

#define THREAD_MUSTJOIN 0x10		/* KTHREAD_MUSTJOIN */
#define THREAD_DAY_S 86400		/* a longer wait is suspect */

struct thread {
	bool exists, gone, told;
	bool is_joined;
	uint32_t seq, site;		/* created */
	uint32_t gone_seq;
	uint64_t flags;
};

struct threads {
	const struct shadow *shadow;
	struct thread thread[SHADOW_CONTEXTS];	/* by context */
};

static struct thread *
thread_at(struct threads *threads, uint64_t ctx)
{
	return ctx < SHADOW_CONTEXTS ? &threads->thread[ctx] : NULL;
}

static void
note_made(struct threads *threads, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(threads->shadow, note);
	struct thread *thread = thread_at(threads, note->arg[0]);

	if (thread == NULL || (thread->exists && !thread->gone))
		return;
	*thread = (struct thread){
		.exists = true, .seq = call->seq, .site = call->site, .flags = note->arg[2],
	};
}

static void
note_gone(struct threads *threads, struct rules_core *core, const struct event *note)
{
	struct thread *thread = thread_at(threads, note->arg[0]);
	uint32_t site = shadow_call_of(threads->shadow, note)->site;
	struct finding *finding = NULL;

	if (thread == NULL)
		return;
	thread->gone = true;
	thread->gone_seq = note->seq;
	if (note->arg[1] == 1)
		finding = rules_report(core, "thread.exit", note, site,
		    "thread %u returned from its function instead of calling kthread_exit",
		    (unsigned)note->arg[0]);
	else if (note->arg[2] != 0)
		finding = rules_report(core, "thread.exit", note, site,
		    "thread %u exits with code %lld", (unsigned)note->arg[0],
		    (long long)(int32_t)note->arg[2]);
	if (thread->exists)
		finding_because(finding, thread->seq, "created here");
}

static void
call_join(struct threads *threads, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct thread *thread = thread_at(threads, event->arg[0]);
	struct finding *finding;

	if (thread == NULL || !thread->exists) {
		rules_report(core, "thread.exit", event, site,
		    "kthread_join of a thread that was never created");
		return;
	}
	if (thread->is_joined || (thread->flags & THREAD_MUSTJOIN) == 0) {
		finding = rules_report(core, "thread.exit", event, site,
		    "kthread_join of thread %u, which %s", (unsigned)event->arg[0],
		    thread->is_joined ? "was joined before" :
		    "was created without KTHREAD_MUSTJOIN");
		finding_because(finding, thread->seq, "created here");
	}
	thread->is_joined = true;
}

/* Nobody can stop a thread from outside: it uses a softc that goes away. */
static void
sweep(struct threads *threads, struct rules_core *core, const struct event *now,
    const char *when)
{
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++) {
		struct thread *thread = &threads->thread[i];
		struct finding *finding;

		if (!thread->exists || thread->gone || thread->told)
			continue;
		thread->told = true;
		finding = rules_report(core, "thread.exit", now, thread->site,
		    "thread %u is still there %s", i, when);
		finding_because(finding, thread->seq, "created here");
	}
}

static void
judge_ticks(struct rules_core *core, uint64_t argument, const struct event *event,
    uint32_t site)
{
	int64_t ticks = (int32_t)argument;
	int64_t hz = rules_look(core)->hz;

	if (ticks == 0)
		rules_report(core, "thread.timeout", event, site,
		    "%s with 0 ticks waits for ever", trace_call_name(event->code));
	else if (ticks < 0)
		rules_report(core, "thread.timeout", event, site, "%s with %lld ticks",
		    trace_call_name(event->code), (long long)ticks);
	else if (ticks > THREAD_DAY_S * hz)
		rules_report(core, "thread.timeout", event, site,
		    "%s with %lld ticks, which is %lld days at %lld Hz",
		    trace_call_name(event->code), (long long)ticks,
		    (long long)(ticks / (THREAD_DAY_S * hz)), (long long)hz);
}

static void
see_call(struct threads *threads, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	switch (event->code) {
	case HW_CALL_CV_TIMEDWAIT:
	case HW_CALL_CV_TIMEDWAIT_SIG:
	case HW_CALL_KPAUSE:
		/* A day of ticks is beyond any wait; look closer only at what is odd. */
		if ((int32_t)event->arg[2] <= 0 || event->arg[2] > THREAD_DAY_S)
			judge_ticks(core, event->arg[2], event, site);
		break;
	case HW_CALL_KTHREAD_JOIN:
		call_join(threads, core, event, site);
		break;
	case HW_CALL_VIRTIO_CHILD_DETACH:
		sweep(threads, core, event, "when the device is detached");
		break;
	}
}

static void
thread_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct threads *threads = state;

	(void)payload;
	threads->shadow = rules_shadow(core);
	if (event->kind == EV_CALL)
		see_call(threads, core, event, site);
	else if (event->kind == EV_HOST_REBOOT)
		memset(threads, 0, sizeof(*threads));
	else if (event->kind != EV_NOTE)
		return;
	else if (event->code == HW_NOTE_THREAD)
		note_made(threads, event);
	else if (event->code == HW_NOTE_THREAD_GONE)
		note_gone(threads, core, event);
	else if (event->code == HW_NOTE_ATTACH && event->arg[0] == HW_ATTACH_END &&
	    event->arg[1] == 0)
		sweep(threads, core, event, "after the failed attach");
}

static void
thread_end(void *state, struct rules_core *core, const struct event *now)
{
	struct threads *threads = state;

	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++) {
		const struct thread *thread = &threads->thread[i];
		struct finding *finding;

		if (!thread->exists || !thread->gone || thread->is_joined ||
		    (thread->flags & THREAD_MUSTJOIN) == 0)
			continue;
		finding = rules_report(core, "thread.exit", now, thread->site,
		    "thread %u was created with KTHREAD_MUSTJOIN and ended, but nobody joined it",
		    i);
		finding_because(finding, thread->seq, "created here");
		finding_because(finding, thread->gone_seq, "ended here");
	}
}

const struct area area_thread = {
	.name = "thread",
	.kinds = KIND(CALL) | KIND(NOTE) | KIND(HOST_REBOOT),
	.calls = CALLS(HW_CALL_CV_TIMEDWAIT, HW_CALL_CV_TIMEDWAIT_SIG, HW_CALL_KPAUSE,
	    HW_CALL_KTHREAD_JOIN, HW_CALL_VIRTIO_CHILD_DETACH),
	.notes = NOTE(THREAD) | NOTE(THREAD_GONE) | NOTE(ATTACH),
	.state_bytes = sizeof(struct threads),
	.see = thread_see,
	.end = thread_end,
};

const struct rule rules_thread[] = {
	{ "thread.exit", SEVERITY_ERROR,
	  "a kernel thread ends by kthread_exit(0), is joined if it must be, and ends in time",
	  "kthread(9), kthread_create(), kthread_exit(), kthread_join()",
	  "A thread that returns has nowhere to go; one that outlives its device uses freed "
	  "memory.",
	  "static void\nthread(void *arg)\n{\n\twork(arg);\n}",
	  "static void\nthread(void *arg)\n{\n\twork(arg);\n\tkthread_exit(0);\n}" },
	{ "thread.timeout", SEVERITY_LINT,
	  "a time-out is more than 0 ticks, and less than a day",
	  "condvar(9), cv_timedwait(); kpause(9); mstohz(9)",
	  "0 means for ever, and mstohz() rounds down: 9 ms are 0 ticks at 100 Hz.",
	  "cv_timedwait(&cv, &lock, mstohz(5));",
	  "cv_timedwait(&cv, &lock, MAX(1, mstohz(5)));" },
};
const size_t rules_thread_count = sizeof(rules_thread) / sizeof(rules_thread[0]);
