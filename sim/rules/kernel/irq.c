/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area irq: interrupt context and interrupt level (spl(9), mutex(9)).
 */
#include "rules/area.h"
#include "rules/kernel/inventory.h"

#define IRQ_CALLBACKS_MAX 4
#define IRQ_MPSAFE 1			/* VIRTIO_F_INTR_MPSAFE */
#define IRQ_BUSY_US 10000		/* as long as a clock tick */

struct mutex {
	bool by_message;		/* a handler took it that no reset holds back */
	uint32_t used_seq;		/* taken by a handler, or 0 */
};

struct irq_state {
	struct { VEC_MEMBERS(struct mutex); } mutex;		/* by ordinal */
	uint8_t base[SHADOW_CONTEXTS];	/* level at which the interrupt began */
	uint8_t level[SHADOW_CONTEXTS][IRQ_CALLBACKS_MAX];	/* at entry of the driver */
	uint8_t depth[SHADOW_CONTEXTS];
	uint8_t vector[SHADOW_CONTEXTS];	/* that it handles */
	uint64_t busy_us[SHADOW_CONTEXTS];	/* how long it delayed so far */
	bool established;		/* between attach_finish and the end of the handlers */
	bool is_concurrent;		/* handlers do not take the kernel lock */
	uint32_t raise_seq[SHADOW_CONTEXTS];	/* newest spl(9) call from that level, */
	uint32_t raise_site[SHADOW_CONTEXTS];	/* there; 0: none */
	bool reported[SHADOW_CONTEXTS];	/* a callback left with another level */
	bool failed;			/* the attach in progress or the newest one has failed */
	uint32_t failed_seq, failed_site;
	bool has_gone;			/* something that was there when the device went live */
	struct item gone;
	uint32_t gone_site;
};

static const char *
callback_word(uint64_t callback)
{
	switch ((enum hw_callback)callback) {
	case HW_CB_CONFIG_CHANGE:
		return "the config change callback";
	case HW_CB_VQ_DONE:
		return "vq_done";
	case HW_CB_INTRHAND:
		return "the queue handler";
	case HW_CB_SOFTINT:
		return "the soft interrupt handler";
	}
	return "a callback";
}

/* ---- Mutexes in interrupts ---- */

RULE_ROW(rule_adaptive_mutex) = {
	"irq.adaptive-mutex", SEVERITY_ERROR,
	"no adaptive mutex in a hard interrupt",
	"mutex(9), mutex_init(); spl(9)",
	"An adaptive mutex sleeps when it is taken; an interrupt has no thread that could.",
	"mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_NONE);\t/* taken in vq_done */",
	"mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);"
};

RULE_ROW(rule_ipl) = {
	"irq.ipl", SEVERITY_ERROR,
	"a mutex has the level of the highest interrupt that takes it, and levels come back",
	"mutex(9), mutex_init(); spl(9), splx()",
	"With a lower level the interrupt comes while its own CPU holds the mutex, and spins "
	"for ever. A level that stays up blocks interrupts for good.",
	"s = splvm();\nif (sc->sc_idle)\n\treturn 0;",
	"s = splvm();\nif (sc->sc_idle) {\n\tsplx(s);\n\treturn 0;\n}"
};

HOOK(irq, call_mutex_enter, struct irq_state *irq, ON_CALL(MUTEX_ENTER), ON_CALL(MUTEX_SPIN_ENTER),
    ON_CALL(MUTEX_TRYENTER))
{
	const struct item *item;
	struct mutex *mutex;

	if (!is_interrupt(event->ctx_kind))
		return;
	item = item_newest(core, ITEM_MUTEX, event->call.mutex_enter.mutex);
	if (item == NULL)
		return;
	mutex = vec_reach(&irq->mutex, event->call.mutex_enter.mutex);
	mutex->used_seq = event->seq;
	mutex->by_message |= irq->vector[event->ctx] != HW_VEC_INTX;
	if (!item->is_spin && event->ctx_kind == HW_CTX_HARDINT)
		rules_report(core, &rule_adaptive_mutex,
		    "%s of adaptive mutex %u in a hard interrupt", trace_call_name(event->code),
		    (unsigned)event->call.mutex_enter.mutex);
	else if (item->is_spin && item->ipl < irq->base[event->ctx])
		rules_report(core, &rule_ipl, "%s of mutex %u, made for level %u, in an interrupt "
		    "at level %u", trace_call_name(event->code),
		    (unsigned)event->call.mutex_enter.mutex, item->ipl, irq->base[event->ctx]);
	else
		return;
	rules_because(core, item->seq, "initialised here");
}

/* ---- Levels ---- */

/* The call that leaves the level at which the driver's code began. */
HOOK(irq, call_splraise, struct irq_state *irq, ON_CALL(SPLRAISE))
{
	unsigned depth = irq->depth[event->ctx];
	unsigned before = depth == 0 || depth > IRQ_CALLBACKS_MAX ? 0 :
	    irq->level[event->ctx][depth - 1];

	if (event->ipl > before)
		return;
	irq->raise_seq[event->ctx] = event->seq;
	irq->raise_site[event->ctx] = site;
}

/* With a spin mutex left held the level must be up; lock.held-at-return says that. */
static void
check_level(struct irq_state *irq, struct rules_core *core, unsigned before, const char *what)
{
	uint32_t site = core->call->site;

	if (core->event->ipl == before || irq->reported[core->event->ctx] ||
	    shadow_spin(&core->shadow, core->event->ctx, 0) != NULL)
		return;
	irq->reported[core->event->ctx] = true;
	if (core->event->ipl > before && irq->raise_site[core->event->ctx] != 0)
		site = irq->raise_site[core->event->ctx];
	rules_report_at(core, &rule_ipl, site,
	    "%s began at interrupt level %u and ended at level %u", what, before, core->event->ipl);
	if (site == irq->raise_site[core->event->ctx])
		rules_because(core, irq->raise_seq[core->event->ctx], "raised here");
}

static void
enter_driver(struct irq_state *irq, const struct event *event)
{
	uint8_t *depth = &irq->depth[event->ctx];

	if (*depth < IRQ_CALLBACKS_MAX)
		irq->level[event->ctx][*depth] = event->ipl;
	irq->raise_site[event->ctx] = 0;
	(*depth)++;
}

static void
leave_driver(struct irq_state *irq, struct rules_core *core, const char *what)
{
	uint8_t *depth = &irq->depth[core->event->ctx];

	if (*depth == 0)
		return;
	(*depth)--;
	if (*depth < IRQ_CALLBACKS_MAX)
		check_level(irq, core, irq->level[core->event->ctx][*depth], what);
}

/* ---- Callbacks of a driver that is going or gone ---- */

RULE_ROW(rule_after_teardown) = {
	"irq.after-teardown", SEVERITY_ERROR,
	"what a callback uses is released after the last callback",
	"virtio 1.2 clause 3.3.1; NetBSD virtio.c, virtio_child_detach(), "
	"virtio_child_attach_failed(); pci_intr_disestablish(9)",
	"The handler takes a destroyed mutex or looks into a freed ring. After a reset one may "
	"still run on another CPU, or an MSI-X message be on its way; only virtio_child_detach() "
	"and virtio_child_attach_failed() wait for them.",
	"mutex_destroy(&sc->sc_lock);\nvirtio_child_attach_failed(vsc);",
	"virtio_child_attach_failed(vsc);\nmutex_destroy(&sc->sc_lock);"
};

/*
 * A lock that handlers take goes before they are gone.  A handler under the kernel lock, which
 * attach and detach hold, for a line that the reset lowered, does not get to its callback.
 */
HOOK(irq, call_mutex_destroy, struct irq_state *irq, ON_CALL(MUTEX_DESTROY))
{
	unsigned number = (unsigned)event->call.mutex_destroy.mutex;
	const struct mutex *mutex = vec_get(&irq->mutex, number);

	if (mutex == NULL || mutex->used_seq == 0 || !irq->established ||
	    (!rules_status(core)->live && !mutex->by_message && !irq->is_concurrent))
		return;
	rules_report(core, &rule_after_teardown, "mutex %u, which the interrupt handler takes, is "
	    "destroyed before that is gone (%s)", number, rules_status(core)->live ?
	    "the device is live" : mutex->by_message ? "a message may be on its way" :
	    "it may run on another CPU");
	rules_because(core, mutex->used_seq, "taken here");
}

HOOK(irq, call_end, struct irq_state *irq, ON_CALL(VIRTIO_CHILD_DETACH),
    ON_CALL(VIRTIO_CHILD_ATTACH_FAILED))
{
	irq->established = false;
}

RULE_ROW(rule_softint) = {
	"irq.softint", SEVERITY_ERROR,
	"a soft interrupt is scheduled, and ended once, between its establishment and its end",
	"softint(9), softint_schedule(), softint_disestablish()",
	"The place of one that ended has no handler, or that of another.",
	"softint_disestablish(sc->sc_si);\n...\nsoftint_schedule(sc->sc_si);",
	"virtio_child_detach(vsc);\t/* no handler schedules it any more */\n"
	"softint_disestablish(sc->sc_si);"
};

HOOK(irq, call_softint, struct irq_state *irq, ON_CALL(SOFTINT_SCHEDULE),
    ON_CALL(SOFTINT_DISESTABLISH))
{
	uint32_t number = (uint32_t)event->call.softint_schedule.softint;
	const struct item *item = item_newest(core, ITEM_SOFTINT, number);

	if (item == NULL || !item->gone)
		return;
	rules_report(core, &rule_softint, "%s of soft interrupt %u, which was disestablished",
	    trace_call_name(event->code), number);
	rules_because(core, item->gone_seq, "disestablished here");
}

RULE_ROW(rule_busy) = {
	"irq.busy-wait", SEVERITY_ERROR,
	"an interrupt handler does not delay(9) for as long as a clock tick",
	"delay(9); spl(9); kpause(9)",
	"Nothing of that level or below runs on its CPU meanwhile, no thread at all: the "
	"machine stands still.",
	"delay(20000);\t/* until the device is ready */",
	"cv_signal(&sc->sc_cv);\t/* a thread waits, with kpause(9) */"
};

HOOK(irq, call_delay, struct irq_state *irq, ON_CALL(DELAY))
{
	uint64_t *busy_us = &irq->busy_us[event->ctx], before = *busy_us;

	if (!is_interrupt(event->ctx_kind))
		return;
	*busy_us += event->call.delay.us;
	if (before < IRQ_BUSY_US && *busy_us >= IRQ_BUSY_US)
		rules_report(core, &rule_busy, "an interrupt handler delays for %llu us",
		    (unsigned long long)*busy_us);
}

static void
check_callback(struct irq_state *irq, struct rules_core *core)
{
	if (irq->failed) {
		rules_report_at(core, &rule_after_teardown, irq->failed_site, "%s is called after "
		    "the attach has failed", callback_word(core->event->note.callback.callback));
		rules_because(core, irq->failed_seq, "the attach failed here");
	} else if (irq->has_gone) {
		rules_report_at(core, &rule_after_teardown, irq->gone_site, "%s is called while %s "
		    "%u is released already", callback_word(core->event->note.callback.callback),
		    item_word(irq->gone.kind), irq->gone.number);
		rules_because(core, irq->gone.gone_seq, "released here");
	}
}

HOOK(irq, on_release, struct irq_state *irq, ON_CALL(MUTEX_DESTROY), ON_CALL(CV_DESTROY),
    ON_NOTE(VQ_GONE))
{
	const struct item *item = item_relied_on(core);

	if (item == NULL || irq->has_gone)
		return;
	irq->has_gone = true;
	irq->gone = *item;
	irq->gone.gone_seq = event->seq;
	irq->gone_site = site;
}

static void
note_failed(struct irq_state *irq, struct rules_core *core)
{
	irq->failed = true;
	irq->failed_seq = core->event->seq;
	irq->failed_site = core->call->site;
}

HOOK(irq, note_attach, struct irq_state *irq, ON_NOTE(ATTACH))
{
	switch ((enum hw_attach)event->note.attach.step) {
	case HW_ATTACH_BEGIN:
		irq->failed = false;
		irq->has_gone = false;
		enter_driver(irq, event);
		break;
	case HW_ATTACH_FAILED:
		note_failed(irq, core);
		break;
	case HW_ATTACH_END:
		leave_driver(irq, core, "attach");
		if (event->note.attach.result == 0 && !irq->failed)
			note_failed(irq, core);
		irq->reported[event->ctx] = false;
		break;
	case HW_ATTACH_FINISHED:
		irq->established = event->note.attach.result == 0;
		break;
	case HW_ATTACH_MATCH:
	case HW_ATTACH_STARTED:
		break;
	}
}

RULE_ROW(rule_unclaimed) = {
	"irq.unclaimed", SEVERITY_ERROR,
	"a callback that is called for a cause says that the interrupt was its own",
	"NetBSD virtiovar.h, virtio_callback; pci_intr_establish(9)",
	"On a shared line the kernel takes the interrupt for somebody else's, or for a "
	"stray one.",
	"cv_signal(&sc->sc_cv);\nmutex_exit(&sc->sc_lock);\nreturn 0;",
	"cv_signal(&sc->sc_cv);\nmutex_exit(&sc->sc_lock);\nreturn 1;"
};

/* Callbacks are called for a cause: a used buffer that waits, a changed configuration. */
static void
check_claim(struct irq_state *irq, struct rules_core *core)
{
	if (core->event->note.callback.refused != 0 &&
	    (core->event->note.callback.callback == HW_CB_VQ_DONE ||
	    core->event->note.callback.callback == HW_CB_CONFIG_CHANGE))
		rules_report_at(core, &rule_unclaimed, core->call->site,
		    "%s returned 0, that is, the interrupt was not its own",
		    callback_word(core->event->note.callback.callback));
}

HOOK(irq, note_callback, struct irq_state *irq, ON_NOTE(CALLBACK))
{
	if (event->note.callback.edge == 1) {
		enter_driver(irq, event);
		check_callback(irq, core);
	} else {
		leave_driver(irq, core, callback_word(event->note.callback.callback));
		check_claim(irq, core);
	}
}

/* ---- Single events ---- */

HOOK(irq, call_attach_start, struct irq_state *irq, ON_CALL(VIRTIO_CHILD_ATTACH_START))
{
	/* x86 takes the kernel lock for handlers of that level only. */
	irq->is_concurrent = event->call.virtio_child_attach_start.ipl != IPL_VM ||
	    (event->call.virtio_child_attach_start.flags & IRQ_MPSAFE) != 0;
	if (event->call.virtio_child_attach_start.ipl == 0)
		rules_report(core, &rule_ipl, "virtio_child_attach_start with IPL_NONE, at which "
		    "no interrupt can be handled");
}

HOOK(irq, note_handlers, struct irq_state *irq, ON_NOTE(HANDLERS))
{
	irq->is_concurrent |= (event->note.handlers.flags & IRQ_MPSAFE) != 0;
}

HOOK(irq, note_thread_gone, void *state, ON_NOTE(THREAD_GONE))
{
	check_level(state, core, 0, "a thread");
}

HOOK(irq, on_irq_enter, struct irq_state *irq, ON_EVENT(IRQ_ENTER))
{
	irq->base[event->ctx] = event->ipl;
	irq->reported[event->ctx] = false;
	irq->depth[event->ctx] = 0;
	irq->vector[event->ctx] = (uint8_t)event->irq_enter.vector;
	irq->busy_us[event->ctx] = 0;
}

HOOK(irq, on_irq_exit, struct irq_state *irq, ON_EVENT(IRQ_EXIT))
{
	check_level(irq, core, irq->base[event->ctx], "an interrupt");
}

FINI(irq_fini, struct irq_state *irq)
{
	vec_fini(&irq->mutex);
}

const struct area area_irq = {
	.state_bytes = sizeof(struct irq_state),
	.each_device = true,
	.fini = irq_fini,
};
