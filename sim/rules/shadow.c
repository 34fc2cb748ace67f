/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What areas remember about contexts: see area.h.
 */
#include <assert.h>
#include <string.h>

#include "rules/area.h"

static void
on_call(struct shadow *shadow, const struct event *event, uint32_t site)
{
	struct shadow_call *call = &shadow->call[event->ctx];

	call->code = event->code;
	call->is_struck = false;
	call->seq = event->seq;
	call->site = site;
	call->args = event->call;
}

static void
on_held(struct shadow *shadow, const struct event *event, uint32_t site)
{
	*vec_add(&shadow->held[event->ctx]) = (struct shadow_lock){
		.mutex = (uint32_t)event->note.mutex_held.mutex,
		.is_spin = event->note.mutex_held.spin != 0, .seq = event->seq, .site = site,
	};
}

static bool
release(struct shadow_held *held, uint32_t mutex)
{
	for (size_t i = held->count; i-- > 0; ) {
		if (held->item[i].mutex != mutex)
			continue;
		vec_remove(held, i, 1);
		return true;
	}
	return false;
}

/* A driver may release what another context took; the mutex is free all the same. */
static void
on_freed(struct shadow *shadow, const struct event *event)
{
	uint32_t mutex = (uint32_t)event->note.mutex_freed.mutex;

	if (release(&shadow->held[event->ctx], mutex))
		return;
	for (uint32_t ctx = 0; ctx < SHADOW_CONTEXTS; ctx++)
		if (release(&shadow->held[ctx], mutex))
			return;
}

/* A number comes again when all are taken: whoever has it now did nothing yet. */
static void
on_start(struct shadow *shadow, uint64_t ctx)
{
	if (ctx >= SHADOW_CONTEXTS)
		return;
	shadow->held[ctx].count = 0;
	shadow->call[ctx] = (struct shadow_call){ .code = HW_CALL_NONE };
}

void
shadow_on_event(struct shadow *shadow, const struct event *event, uint32_t site)
{
	assert(event->ctx < SHADOW_CONTEXTS);
	if (event->kind == EV_CALL)
		on_call(shadow, event, site);
	else if (event->kind == EV_NOTE && event->code == HW_NOTE_MUTEX_HELD)
		on_held(shadow, event, site);
	else if (event->kind == EV_NOTE && event->code == HW_NOTE_MUTEX_FREED)
		on_freed(shadow, event);
	else if (event->kind == EV_CTX_START)
		on_start(shadow, event->ctx_start.context);
	else if (event->kind == EV_FAULT)
		shadow->call[event->ctx].is_struck = true;
}

void
shadow_clear(struct shadow *shadow)
{
	for (uint32_t ctx = 0; ctx < SHADOW_CONTEXTS; ctx++)
		vec_fini(&shadow->held[ctx]);
	memset(shadow, 0, sizeof(*shadow));
}

bool
shadow_holds(const struct shadow *shadow, uint32_t ctx, uint32_t mutex)
{
	for (size_t i = 0; i < shadow->held[ctx].count; i++)
		if (shadow->held[ctx].item[i].mutex == mutex)
			return true;
	return false;
}

const struct shadow_lock *
shadow_spin(const struct shadow *shadow, uint32_t ctx, uint32_t except)
{
	for (size_t i = 0; i < shadow->held[ctx].count; i++) {
		const struct shadow_lock *lock = &shadow->held[ctx].item[i];

		if (lock->is_spin && lock->mutex != except)
			return lock;
	}
	return NULL;
}

bool
shadow_share_lock(const struct shadow *shadow, uint32_t one, uint32_t other)
{
	for (size_t i = 0; i < shadow->held[one].count; i++)
		if (shadow_holds(shadow, other, shadow->held[one].item[i].mutex))
			return true;
	return false;
}
