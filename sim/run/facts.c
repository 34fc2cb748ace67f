/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened in a run: see facts.h.
 */
#include "run/facts.h"

#include <string.h>

#define STATUS_DRIVER_OK 0x04u

static void
note(uint32_t *fact, const struct event *event)
{
	if (*fact == FACTS_NEVER)
		*fact = event->seq;
}

static void
on_call(struct run_facts *facts, const struct event *event)
{
	uint64_t offset = event->call.virtio_write_device_config.offset;

	facts->now.newest[event->ctx] = event->code;
	switch (event->code) {
	case HW_CALL_VIRTIO_READ_DEVICE_CONFIG:
	case HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE:
		facts->now.offset[event->ctx] = event->call.virtio_read_device_config.offset;
		break;
	case HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG:
	case HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG_LE:
		if (offset / 4 < FACTS_CONFIG_WORDS)
			facts->now.written[offset / 4] =
			    (uint32_t)event->call.virtio_write_device_config.value;
		break;
	}
}

/* Fields that the driver never writes are the host's: what it wrote there is not asked. */
static void
on_return(struct run_facts *facts, const struct event *event)
{
	bool reads = event->code == HW_CALL_VIRTIO_READ_DEVICE_CONFIG ||
	    event->code == HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE;
	uint64_t offset = facts->now.offset[event->ctx];

	if (!reads && trace_call_result((enum hw_call)event->code)[0] == 'e' &&
	    event->ret.result != 0)
		note(&facts->failed[event->code], event);
	if (reads && offset >= 4 && offset / 4 < FACTS_CONFIG_WORDS &&
	    (uint32_t)event->ret.result != facts->now.written[offset / 4])
		note(&facts->fact[FACT_CONFIG_DIFFERS], event);
}

static void
on_callback(struct run_facts *facts, const struct event *event)
{
	bool of_queue = event->note.callback.callback == HW_CB_VQ_DONE;

	if (event->note.callback.edge != 1 ||
	    (!of_queue && event->note.callback.callback != HW_CB_CONFIG_CHANGE))
		return;
	for (unsigned i = 0; i < FACTS_CONTEXTS; i++)
		if (facts->now.awake[i]) {
			note(&facts->awake[of_queue][HW_CALLS], event);
			note(&facts->awake[of_queue][facts->now.newest[i]], event);
		}
}

static void
on_target(struct run_facts *facts, const struct event *event)
{
	if (facts->targets < FACTS_COUNTED_MAX) {
		facts->target[facts->targets].seq = event->seq;
		facts->target[facts->targets++].pages = event->host_target.pages;
	}
	if ((facts->now.status & STATUS_DRIVER_OK) == 0)
		note(&facts->fact[FACT_TARGET_BEFORE_LIVE], event);
	if (facts->now.out > 0)
		note(&facts->fact[FACT_TARGET_WHILE_OUT], event);
}

static void
on_other(struct run_facts *facts, const struct event *event)
{
	switch (event->kind) {
	case EV_CTX_START:
		if (event->ctx_start.context < FACTS_CONTEXTS)
			facts->now.awake[event->ctx_start.context] =
			    facts->now.is_thread[event->ctx_start.context] =
			    event->ctx_start.kind == HW_CTX_KTHREAD ||
			    event->ctx_start.kind == HW_CTX_AUTOCONF;
		break;
	case EV_CTX_SLEEP:
		/* A wait for memory or a mutex is in the middle of its work. */
		facts->now.awake[event->ctx] = facts->now.awake[event->ctx] &&
		    (event->code == HW_SLEEP_MEMORY || event->code == HW_SLEEP_MUTEX);
		if (event->code == HW_SLEEP_MEMORY)
			note(&facts->fact[FACT_WAITS_FOR_MEMORY], event);
		break;
	case EV_CTX_WAKE:
		if (event->ctx_wake.context < FACTS_CONTEXTS)
			facts->now.awake[event->ctx_wake.context] =
			    facts->now.is_thread[event->ctx_wake.context];
		break;
	case EV_CTX_END:
		if (event->ctx_end.context < FACTS_CONTEXTS)
			facts->now.awake[event->ctx_end.context] = false;
		break;
	case EV_FAULT:
		if (event->fault.call < HW_CALLS)
			note(&facts->failed[event->fault.call], event);
		break;
	case EV_DEV_TAKE:
		if (facts->requests < FACTS_COUNTED_MAX)
			facts->request[facts->requests++] = event->seq;
		facts->now.out++;
		break;
	case EV_DEV_USED:
		facts->now.out -= facts->now.out > 0;
		break;
	case EV_DEV_STATUS:
		facts->now.status = (uint8_t)event->dev_status.status;
		if (facts->now.status == 0)
			facts->now.out = 0;
		break;
	case EV_HOST_REBOOT:
		memset(&facts->now, 0, sizeof(facts->now));
		break;
	case EV_DEV_BEHAVIOUR:
		if (event->code < FACTS_BEHAVIOURS)
			note(&facts->behaviour[event->code], event);
		break;
	case EV_DEV_FEATURES:
		if (event->dev_features.offered == 0)
			note(&facts->fact[FACT_NO_FEATURES], event);
		break;
	}
}

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct run_facts *facts = self;

	(void)site;
	(void)payload;
	if (event->ctx >= FACTS_CONTEXTS)
		return;
	if (event->kind == EV_CALL)
		on_call(facts, event);
	else if (event->kind == EV_RET)
		on_return(facts, event);
	else if (event->kind == EV_NOTE && event->code == HW_NOTE_CALLBACK)
		on_callback(facts, event);
	else if (event->kind == EV_NOTE && event->code == HW_NOTE_ATTACH &&
	    event->note.attach.step == HW_ATTACH_FAILED)
		note(&facts->fact[FACT_ATTACH_FAILED], event);
	else if (event->kind == EV_HOST_TARGET)
		on_target(facts, event);
	else
		on_other(facts, event);
}

#define KIND(id) (UINT64_C(1) << EV_##id)

void
facts_watch(struct run_facts *facts, struct trace *trace, uint64_t memory_end)
{
	memset(facts, 0, sizeof(*facts));
	memset(facts->fact, 0xff, sizeof(facts->fact));
	memset(facts->failed, 0xff, sizeof(facts->failed));
	memset(facts->awake, 0xff, sizeof(facts->awake));
	memset(facts->behaviour, 0xff, sizeof(facts->behaviour));
	facts->memory_end = memory_end;
	trace_observe(trace, (struct observer){
		.kinds = KIND(CALL) | KIND(RET) | KIND(NOTE) | KIND(CTX_START) |
		    KIND(CTX_SLEEP) | KIND(CTX_WAKE) | KIND(CTX_END) | KIND(FAULT) |
		    KIND(DEV_TAKE) | KIND(DEV_USED) | KIND(DEV_STATUS) | KIND(DEV_BEHAVIOUR) |
		    KIND(DEV_FEATURES) |
		    KIND(HOST_TARGET) | KIND(HOST_REBOOT),
		.see = see, .self = facts,
	});
}
