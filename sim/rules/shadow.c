/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What areas remember about contexts: see shadow.h.
 */
#include "rules/shadow.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void
see_call(struct shadow *shadow, const struct event *event, uint32_t site)
{
	struct shadow_call *call = &shadow->call[event->ctx];

	call->code = event->code;
	call->is_struck = false;
	call->seq = event->seq;
	call->site = site;
	memcpy(call->arg, event->arg, sizeof(call->arg));
}

static void
see_held(struct shadow *shadow, const struct event *event, uint32_t site)
{
	uint8_t *holds = &shadow->holds[event->ctx];

	if (*holds == SHADOW_HELD_MAX)
		return;
	shadow->held[event->ctx][(*holds)++] = (struct shadow_lock){
		.mutex = (uint32_t)event->arg[0], .is_spin = event->arg[2] != 0,
		.seq = event->seq, .site = site,
	};
}

static bool
release(struct shadow *shadow, uint32_t ctx, uint32_t mutex)
{
	struct shadow_lock *held = shadow->held[ctx];
	uint8_t *holds = &shadow->holds[ctx];

	for (unsigned i = *holds; i-- > 0; ) {
		if (held[i].mutex != mutex)
			continue;
		memmove(&held[i], &held[i + 1], (*holds - i - 1U) * sizeof(held[0]));
		(*holds)--;
		return true;
	}
	return false;
}

/* A driver may release what another context took; the mutex is free all the same. */
static void
see_freed(struct shadow *shadow, const struct event *event)
{
	uint32_t mutex = (uint32_t)event->arg[0];

	if (release(shadow, event->ctx, mutex))
		return;
	for (uint32_t ctx = 0; ctx < SHADOW_CONTEXTS; ctx++)
		if (release(shadow, ctx, mutex))
			return;
}

/* A number comes again when all are taken: whoever has it now did nothing yet. */
static void
see_start(struct shadow *shadow, uint64_t ctx)
{
	if (ctx >= SHADOW_CONTEXTS)
		return;
	shadow->holds[ctx] = 0;
	shadow->call[ctx] = (struct shadow_call){ .code = HW_CALL_NONE };
}

void
shadow_see(struct shadow *shadow, const struct event *event, uint32_t site)
{
	assert(event->ctx < SHADOW_CONTEXTS);
	if (event->kind == EV_CALL)
		see_call(shadow, event, site);
	else if (event->kind == EV_NOTE && event->code == HW_NOTE_MUTEX_HELD)
		see_held(shadow, event, site);
	else if (event->kind == EV_NOTE && event->code == HW_NOTE_MUTEX_FREED)
		see_freed(shadow, event);
	else if (event->kind == EV_CTX_START)
		see_start(shadow, event->arg[0]);
	else if (event->kind == EV_FAULT)
		shadow->call[event->ctx].is_struck = true;
}

const struct shadow_call *
shadow_call_of(const struct shadow *shadow, const struct event *event)
{
	return &shadow->call[event->ctx];
}

bool
shadow_returns(const struct shadow *shadow, const struct event *ret)
{
	return ret->kind == EV_RET && shadow->call[ret->ctx].code == ret->code;
}

bool
shadow_holds(const struct shadow *shadow, uint32_t ctx, uint32_t mutex)
{
	for (unsigned i = 0; i < shadow->holds[ctx]; i++)
		if (shadow->held[ctx][i].mutex == mutex)
			return true;
	return false;
}

const struct shadow_lock *
shadow_spin(const struct shadow *shadow, uint32_t ctx, uint32_t except)
{
	for (unsigned i = 0; i < shadow->holds[ctx]; i++) {
		const struct shadow_lock *lock = &shadow->held[ctx][i];

		if (lock->is_spin && lock->mutex != except)
			return lock;
	}
	return NULL;
}

bool
shadow_share_lock(const struct shadow *shadow, uint32_t one, uint32_t other)
{
	for (unsigned i = 0; i < shadow->holds[one]; i++)
		if (shadow_holds(shadow, other, shadow->held[one][i].mutex))
			return true;
	return false;
}

const char *
shadow_forbids_sleep(const struct shadow *shadow, const struct event *event,
    uint32_t except, char *buffer, size_t size, uint32_t *because)
{
	const struct shadow_lock *lock = shadow_spin(shadow, event->ctx, except);

	if (event->ctx_kind == HW_CTX_HARDINT)
		return "in a hard interrupt";
	if (event->ctx_kind == HW_CTX_SOFTINT)
		return "in a soft interrupt";
	if (lock == NULL)
		return NULL;
	*because = lock->seq;
	snprintf(buffer, size, "with spin mutex %u held", lock->mutex);
	return buffer;
}

void *
shadow_grow(void *array, size_t *max, size_t index, size_t element)
{
	size_t before = *max, after = before ? before : 8;
	char *bytes;

	if (index < before)
		return array;
	while (after <= index)
		after *= 2;
	bytes = realloc(array, after * element);
	if (bytes == NULL)
		out_of_memory();
	memset(bytes + before * element, 0, (after - before) * element);
	*max = after;
	return bytes;
}
