/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach: sysctl nodes, and values that users may write through them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "rules/kernel/attach.h"

#define EEXIST_NETBSD 17

/* What users may write too. */
struct exposed {
	uintptr_t low, high;
	uint32_t number, seq;
	bool reported;
};

struct nodes {
	struct { VEC_MEMBERS(struct exposed); } exposed;
	unsigned count;			/* nodes that there are */
	bool made;			/* one since the newest sysctl_createv() */
	uint32_t createv_seq[SHADOW_CONTEXTS];	/* newest one, if it failed, + 1 */
};

const struct rule rule_attach_sysctl = {
	"attach.sysctl", SEVERITY_ERROR,
	"sysctl nodes are checked, made once, removed with the device, and not open to any write",
	"sysctl(9), sysctl_createv()",
	"After a failure the node pointer is NULL; a node that stays points into freed memory; "
	"what users write changes the driver's own numbers under its feet.",
	"sysctl_createv(NULL, 0, NULL, &node, ...);\n"
	"sysctl_createv(NULL, 0, NULL, NULL, ..., node->sysctl_num, ...);",
	"if (sysctl_createv(&log, 0, NULL, &node, ...) == 0)\n"
	"\tsysctl_createv(&log, 0, NULL, NULL, ..., node->sysctl_num, ...);"
};

/* ---- making nodes ---- */

HOOK(call_createv, struct nodes *nodes)
{
	nodes->made = false;
}

HOOK(note_node, struct nodes *nodes)
{
	nodes->made = true;
	nodes->count++;
}

HOOK(note_node_gone, struct nodes *nodes)
{
	nodes->count -= nodes->count > 0;
}

HOOK(ret_createv, struct nodes *nodes)
{
	const struct shadow_call *call = rules_returned(core, event);
	uint64_t result = event->ret.result;

	if (call == NULL)
		return;
	nodes->createv_seq[event->ctx] = result != 0 ? call->seq + 1 : 0;
	/* The kernel turns a duplicate node into success, without making one. */
	if ((result == EEXIST_NETBSD && !call->is_struck) ||
	    (result == 0 && !nodes->made && nodes->count > 0))
		rules_report(core, &rule_attach_sysctl, event, site,
		    "sysctl node \"%s\" exists already",
		    trace_text_of(rules_look(core)->trace, call->args.sysctl_createv.name));
}

/* A crash right after a createv that failed: its node pointer was NULL. */
HOOK(on_crash, struct nodes *nodes)
{
	const struct shadow_call *call = rules_call(core, event);
	uint32_t failed = nodes->createv_seq[event->ctx];
	struct finding *finding;

	if (failed == 0 || call->code != HW_CALL_SYSCTL_CREATEV || call->seq != failed - 1)
		return;
	finding = rules_report(core, &rule_attach_sysctl, event, site,
	    "wild access right after a sysctl_createv that failed: the node pointer it was to "
	    "store is NULL");
	finding_because(finding, call->seq, "sysctl_createv(\"%.24s\")",
	    trace_text_of(rules_look(core)->trace, call->args.sysctl_createv.name));
}

/* ---- values that users may write ---- */

/* The driver keeps a value here that users may overwrite. */
static void
check_store(struct nodes *nodes, struct rules_core *core, const struct touch *touch)
{
	for (size_t i = 0; i < nodes->exposed.count; i++) {
		struct exposed *exposed = &nodes->exposed.item[i];
		const struct event event = touch_event(touch);
		struct finding *finding;

		if (exposed->reported || touch->address >= exposed->high ||
		    touch->address + touch->size <= exposed->low)
			continue;
		exposed->reported = true;
		finding = rules_report(core, &rule_attach_sysctl, &event, touch->site,
		    "the driver keeps a value here that users may write: sysctl node %u has "
		    "CTLFLAG_READWRITE and no function", exposed->number);
		finding_because(finding, exposed->seq, "the node was made here");
	}
}

static enum access_verdict
nodes_touch(void *state, struct rules_core *core, const struct touch *touch)
{
	if (touch->write)
		check_store(state, core, touch);
	return ACCESS_ORDINARY;
}

static void
nodes_memory(void *state, struct rules_core *core, enum hw_memory what, uintptr_t low,
    uintptr_t high, uint64_t number)
{
	struct nodes *nodes = state;

	if (what == HW_MEMORY_EXPOSED)
		*vec_add(&nodes->exposed) = (struct exposed){
			.low = low, .high = high, .number = (uint32_t)number,
			.seq = rules_look(core)->trace->count - 1,
		};
	else if (what == HW_MEMORY_HIDDEN)
		for (size_t i = nodes->exposed.count; i-- > 0; )
			if (nodes->exposed.item[i].number == number)
				nodes->exposed.item[i] =
				    nodes->exposed.item[--nodes->exposed.count];
}

static void
nodes_fini(void *state)
{
	struct nodes *nodes = state;

	vec_fini(&nodes->exposed);
}

HOOK(on_reboot, struct nodes *nodes)
{
	nodes_fini(nodes);
	memset(nodes, 0, sizeof(*nodes));
}

static const struct hook_row hooks[] = {
	ON_CALL(SYSCTL_CREATEV, call_createv),
	ON_NOTE(SYSCTL, note_node),
	ON_NOTE(SYSCTL_GONE, note_node_gone),
	ON_RET(SYSCTL_CREATEV, ret_createv),
	ON_EVENT(CRASH, on_crash),
	ON_EVENT(PANIC, on_crash),
	ON_EVENT(HOST_REBOOT, on_reboot),
	HOOKS_END
};

const struct area area_attach_sysctl = {
	.name = "attach",
	.rules = RULES(&rule_attach_sysctl),
	.hooks = hooks,
	.state_bytes = sizeof(struct nodes),
	.fini = nodes_fini,
	.touch = nodes_touch,
	.memory = nodes_memory,
};
