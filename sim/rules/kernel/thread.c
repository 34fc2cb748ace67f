/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area thread: kernel threads and the times they wait (kthread(9), condvar(9)).
 */
#include "base/sbuf.h"
#include "rules/area.h"

#define THREAD_MUSTJOIN 0x10		/* KTHREAD_MUSTJOIN */
#define THREAD_DAY_S 86400		/* a longer wait is suspect */
#define THREAD_BUSY_US 2000000		/* so is a longer delay */

struct thread {
	bool exists, reported;
	bool gone;			/* it has called kthread_exit(), or returned */
	bool is_joined;
	uint32_t seq, site;		/* created */
	uint32_t gone_seq;
	uint64_t flags;
};

struct threads {
	struct thread thread[SHADOW_CONTEXTS];	/* by context */
	uint64_t busy_us[SHADOW_CONTEXTS];	/* of delay(9) since it slept */
};

static struct thread *
thread_at(struct threads *threads, uint64_t ctx)
{
	return ctx < SHADOW_CONTEXTS ? &threads->thread[ctx] : NULL;
}

HOOK(thread, note_thread, struct threads *threads, ON_NOTE(THREAD))
{
	const struct shadow_call *call = core->call;
	struct thread *thread = thread_at(threads, event->note.thread.context);

	if (thread == NULL || (thread->exists && !thread->gone))
		return;
	*thread = (struct thread){
		.exists = true, .seq = call->seq, .site = call->site, .flags =
		    event->note.thread.flags,
	};
}

RULE_ROW(rule_exit) = {
	"thread.exit", SEVERITY_ERROR,
	"a kernel thread ends by kthread_exit(0), is joined if it must be, and ends in time",
	"kthread(9), kthread_create(), kthread_exit(), kthread_join()",
	"A thread that returns has nowhere to go; one that outlives its device uses freed "
	"memory.",
	"static void\nthread(void *arg)\n{\n\twork(arg);\n}",
	"static void\nthread(void *arg)\n{\n\twork(arg);\n\tkthread_exit(0);\n}"
};

/* It may wait in there to be joined, but does not come back. */
HOOK(thread, call_exit, struct threads *threads, ON_CALL(KTHREAD_EXIT))
{
	struct thread *thread = &threads->thread[event->ctx];

	if (!thread->exists)
		return;
	thread->gone = true;
	thread->gone_seq = event->seq;
	if (event->call.kthread_exit.code == 0)
		return;
	rules_report(core, &rule_exit, "thread %u exits with code %lld", event->ctx,
	    (long long)(int32_t)event->call.kthread_exit.code);
	rules_because(core, thread->seq, "created here");
}

HOOK(thread, note_thread_gone, struct threads *threads, ON_NOTE(THREAD_GONE))
{
	struct thread *thread = thread_at(threads, event->note.thread_gone.context);

	if (thread == NULL || event->note.thread_gone.returned == 0)
		return;
	thread->gone = true;
	thread->gone_seq = event->seq;
	rules_report_at(core, &rule_exit, core->call->site, "thread %u returned from its "
	    "function instead of calling kthread_exit", (unsigned)event->note.thread_gone.context);
	if (thread->exists)
		rules_because(core, thread->seq, "created here");
}

HOOK(thread, call_join, struct threads *threads, ON_CALL(KTHREAD_JOIN))
{
	struct thread *thread = thread_at(threads, event->call.kthread_join.thread);

	if (thread == NULL || !thread->exists) {
		rules_report(core, &rule_exit, "kthread_join of a thread that was never created");
		return;
	}
	if (thread->is_joined || (thread->flags & THREAD_MUSTJOIN) == 0) {
		rules_report(core, &rule_exit, "kthread_join of thread %u, which %s",
		    (unsigned)event->call.kthread_join.thread, thread->is_joined ?
		    "was joined before" : "was created without KTHREAD_MUSTJOIN");
		rules_because(core, thread->seq, "created here");
	}
	thread->is_joined = true;
}

/* Nobody can stop a thread from outside: it uses a softc that goes away. */
static void
report_left(struct threads *threads, struct rules_core *core, const char *when)
{
	if (rules_works_beside(core, 1u << core->at))
		return;
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++) {
		struct thread *thread = &threads->thread[i];

		if (!thread->exists || thread->gone || thread->reported)
			continue;
		thread->reported = true;
		rules_report_at(core, &rule_exit, thread->site, "thread %u is still there %s", i,
		    when);
		rules_because(core, thread->seq, "created here");
	}
}

RULE_ROW(rule_timeout) = {
	"thread.timeout", SEVERITY_LINT,
	"a time-out is more than 0 ticks, and less than a day",
	"condvar(9), cv_timedwait(); kpause(9); mstohz(9)",
	"0 means for ever, and mstohz() rounds down: 9 ms are 0 ticks at 100 Hz.",
	"cv_timedwait(&cv, &lock, mstohz(5));",
	"cv_timedwait(&cv, &lock, MAX(1, mstohz(5)));",
	.distance = RULE_SUSPECT
};

static void
check_ticks(struct rules_core *core, uint64_t argument)
{
	int64_t ticks = (int32_t)argument;
	int64_t hz = rules_look(core)->hz;

	if (ticks == 0)
		rules_report(core, &rule_timeout, "%s with 0 ticks waits for ever",
		    trace_call_name(core->event->code));
	else if (ticks < 0)
		rules_report(core, &rule_timeout, "%s with a negative time: %lld",
		    trace_call_name(core->event->code), (long long)ticks);
	else if (ticks > THREAD_DAY_S * hz)
		rules_report(core, &rule_timeout, "%s with %lld ticks, which is %lld day%s at "
		    "%lld Hz", trace_call_name(core->event->code), (long long)ticks,
		    (long long)(ticks / (THREAD_DAY_S * hz)),
		    plural((uint64_t)(ticks / (THREAD_DAY_S * hz))), (long long)hz);
}

static void
check_timeout(struct rules_core *core, uint64_t ticks)
{
	/* A day of ticks is beyond any wait; look closer only at what is odd. */
	if ((int32_t)ticks <= 0 || ticks > THREAD_DAY_S)
		check_ticks(core, ticks);
}

HOOK(thread, call_timedwait, void *state, ON_CALL(CV_TIMEDWAIT), ON_CALL(CV_TIMEDWAIT_SIG))
{
	check_timeout(core, event->call.cv_timedwait.ticks);
}

HOOK(thread, call_kpause, void *state, ON_CALL(KPAUSE))
{
	check_timeout(core, event->call.kpause.ticks);
}

RULE_ROW(rule_busy) = {
	"thread.busy-wait", SEVERITY_LINT,
	"a thread that waits for seconds sleeps",
	"delay(9); kpause(9)",
	"delay(9) keeps the CPU: no other thread runs there meanwhile.",
	"while (!ready(sc))\n\tdelay(1000);",
	"while (!ready(sc))\n\tkpause(\"ready\", false, 1, NULL);",
	.distance = RULE_SUSPECT
};

HOOK(thread, call_delay, struct threads *threads, ON_CALL(DELAY))
{
	uint64_t *busy_us = &threads->busy_us[event->ctx], before = *busy_us;

	if (is_interrupt(event->ctx_kind))
		return;
	*busy_us += event->call.delay.us;
	if (before < THREAD_BUSY_US && *busy_us >= THREAD_BUSY_US)
		rules_report(core, &rule_busy, "a thread delays for %llu ms without sleeping",
		    (unsigned long long)*busy_us / 1000);
}

HOOK(thread, on_sleep, struct threads *threads, ON_EVENT(CTX_SLEEP))
{
	threads->busy_us[event->ctx] = 0;
}

HOOK(thread, call_detach, void *state, ON_CALL(VIRTIO_CHILD_DETACH))
{
	report_left(state, core, "when the device is detached");
}

HOOK(thread, note_attach, void *state, ON_NOTE(ATTACH))
{
	if (event->note.attach.step == HW_ATTACH_END && event->note.attach.result == 0)
		report_left(state, core, "after the failed attach");
}

REST(thread_end, struct threads *threads)
{
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++) {
		const struct thread *thread = &threads->thread[i];

		if (!thread->exists || !thread->gone || thread->is_joined ||
		    (thread->flags & THREAD_MUSTJOIN) == 0)
			continue;
		rules_report_at(core, &rule_exit, thread->site, "thread %u was created with "
		    "KTHREAD_MUSTJOIN and ended, but nobody joined it", i);
		rules_because(core, thread->seq, "created here");
		rules_because(core, thread->gone_seq, "ended here");
	}
}

const struct area area_thread = {
	.state_bytes = sizeof(struct threads),
	.end = thread_end,
};
