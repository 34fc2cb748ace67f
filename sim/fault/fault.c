/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fault catalogue and the armed faults: see fault.h.
 */
#include "fault/fault.h"

#include <stdio.h>
#include <string.h>

#include "machine/world.h"

/* NetBSD's numbers, sys/errno.h (amd64 differs from Linux from 35 on, and at 11). */
#define FAULT_ERRNOS(X) \
	X(EPERM, 1, "not permitted") \
	X(ENOENT, 2, "there is no such thing") \
	X(ESRCH, 3, "there is no such process") \
	X(EINTR, 4, "a signal came first") \
	X(EIO, 5, "the device failed") \
	X(ENXIO, 6, "the device is not there") \
	X(E2BIG, 7, "a list of arguments is too long") \
	X(EDEADLK, 11, "it would wait for itself") \
	X(ENOMEM, 12, "there is no memory for it") \
	X(EACCES, 13, "access is denied") \
	X(EFAULT, 14, "the address is bad") \
	X(EBUSY, 16, "it is in use") \
	X(EEXIST, 17, "it is there already") \
	X(ENODEV, 19, "the device cannot do that") \
	X(ENOTDIR, 20, "it is no directory") \
	X(EINVAL, 22, "an argument is invalid") \
	X(ENOTTY, 25, "it knows no such ioctl") \
	X(EFBIG, 27, "it is too large") \
	X(ENOSPC, 28, "no space is left") \
	X(ERANGE, 34, "the result does not fit") \
	X(EAGAIN, 35, "not now; it may work later") \
	X(EWOULDBLOCK, 35, "the same as EAGAIN: it would have to wait") \
	X(EOPNOTSUPP, 45, "this operation is not supported") \
	X(ENOBUFS, 55, "there is no buffer for it") \
	X(ETIMEDOUT, 60, "it took too long") \
	X(ENAMETOOLONG, 63, "the name is too long") \
	X(ENOSYS, 78, "there is no such function") \
	X(ENOTSUP, 86, "not supported")

enum {
#define X(name, number, text) NETBSD_##name = number,
	FAULT_ERRNOS(X)
#undef X
	NETBSD_NONE = 1		/* for calls whose failure has no errno */
};

#define ANYWHERE false
#define BY_QUEUE true

/*
 * X(CALL, call, "how", "errno" or NULL, answer, BY_QUEUE?, WHEN, "gets", "meaning")
 * WHEN the kernel can do that is a condition of possible.c, where it also says why.
 * The first row of a call is what `fail: {call: ...}` means when it says no more.
 */
#define FAULTS(X) \
	X(UVM_PGLISTALLOC, uvm_pglistalloc, "enomem", "ENOMEM", NETBSD_ENOMEM, ANYWHERE, \
	    NO_WAITOK, "ENOMEM, no page", \
	    "memory is short") \
	X(UVM_PGLISTALLOC, uvm_pglistalloc, "einval", "EINVAL", NETBSD_EINVAL, ANYWHERE, \
	    BY_ITSELF, "EINVAL, no page", "no memory lies between the low and the high limit") \
	X(UVM_PGLISTALLOC, uvm_pglistalloc, "block", NULL, HW_FAULT_BLOCK, ANYWHERE, \
	    WAITOK, "nothing yet: it sleeps inside the call until the fault is healed", \
	    "memory is short and the caller can wait") \
	X(KMEM_ALLOC, kmem_alloc, "fails", NULL, NETBSD_NONE, ANYWHERE, \
	    KM_NO_SLEEP, "NULL", "memory is short") \
	X(KMEM_ALLOC, kmem_alloc, "block", NULL, HW_FAULT_BLOCK, ANYWHERE, \
	    KM_MAY_SLEEP, "nothing yet: it sleeps inside the call until the fault is healed", \
	    "memory is short and the caller can wait") \
	X(KMEM_ZALLOC, kmem_zalloc, "fails", NULL, NETBSD_NONE, ANYWHERE, \
	    KM_NO_SLEEP, "NULL", "memory is short") \
	X(KMEM_ZALLOC, kmem_zalloc, "block", NULL, HW_FAULT_BLOCK, ANYWHERE, \
	    KM_MAY_SLEEP, "nothing yet: it sleeps inside the call until the fault is healed", \
	    "memory is short and the caller can wait") \
	X(BUS_DMAMAP_CREATE, bus_dmamap_create, "enomem", "ENOMEM", NETBSD_ENOMEM, ANYWHERE, \
	    NOWAIT_CREATE, "ENOMEM, and a map pointer that means nothing", \
	    "no memory for the map, or no bounce pages to set aside") \
	X(BUS_DMAMAP_LOAD, bus_dmamap_load, "efbig", "EFBIG", NETBSD_EFBIG, ANYWHERE, \
	    NO_BOUNCE, "EFBIG, the map stays empty", \
	    "the buffer lies in more pieces of physical memory than the map has segments") \
	X(BUS_DMAMAP_LOAD, bus_dmamap_load, "einval", "EINVAL", NETBSD_EINVAL, ANYWHERE, \
	    BY_ITSELF, "EINVAL, the map stays empty", \
	    "the buffer is longer than the map") \
	X(BUS_DMAMEM_ALLOC, bus_dmamem_alloc, "enomem", "ENOMEM", NETBSD_ENOMEM, ANYWHERE, \
	    NOWAIT_ALLOC, "ENOMEM, no memory", "no free pages that fit what was asked for") \
	X(BUS_DMAMEM_ALLOC, bus_dmamem_alloc, "efbig", "EFBIG", NETBSD_EFBIG, ANYWHERE, \
	    ALWAYS, "EFBIG, no memory", "the pages found lie in more pieces than were allowed") \
	X(BUS_DMAMEM_MAP, bus_dmamem_map, "enomem", "ENOMEM", NETBSD_ENOMEM, ANYWHERE, \
	    NOWAIT_MAP, "ENOMEM, no mapping", "no kernel virtual addresses are left") \
	X(VIRTIO_ALLOC_VQ, virtio_alloc_vq, "fails", "ENOMEM", NETBSD_ENOMEM, BY_QUEUE, \
	    ALWAYS, "-1 (no errno), the queue structure all zero", \
	    "no contiguous memory for the ring") \
	X(VIRTIO_CHILD_ATTACH_FINISH, virtio_child_attach_finish, "fails", NULL, NETBSD_NONE, \
	    ANYWHERE, ALWAYS, "1 (no errno), the device is marked FAILED", \
	    "no interrupt could be had from the bus") \
	X(VIRTIO_ENQUEUE_PREP, virtio_enqueue_prep, "eagain", "EAGAIN", NETBSD_EAGAIN, BY_QUEUE, \
	    ALWAYS, "EAGAIN, no slot", "every slot of the queue is in use") \
	X(VIRTIO_ENQUEUE_RESERVE, virtio_enqueue_reserve, "eagain", "EAGAIN", NETBSD_EAGAIN, \
	    BY_QUEUE, SEGMENTS, "EAGAIN, the prepared slot is free again", \
	    "too few slots for all segments") \
	X(VIRTIO_DEQUEUE, virtio_dequeue, "enoent", "ENOENT", NETBSD_ENOENT, BY_QUEUE, \
	    NEVER, "ENOENT, although a used buffer is there", \
	    "the used buffer is not visible yet; the interrupt path has synced the ring by then") \
	X(KTHREAD_CREATE, kthread_create, "enomem", "ENOMEM", NETBSD_ENOMEM, ANYWHERE, \
	    ALWAYS, "ENOMEM, no thread", "no memory for the thread's stack") \
	X(KTHREAD_CREATE, kthread_create, "eagain", "EAGAIN", NETBSD_EAGAIN, ANYWHERE, \
	    ALWAYS, "EAGAIN, no thread", "the system has as many LWPs as it may") \
	X(SOFTINT_ESTABLISH, softint_establish, "fails", NULL, NETBSD_NONE, ANYWHERE, \
	    ALWAYS, "NULL", "all soft interrupt handlers are taken") \
	X(SYSCTL_CREATEV, sysctl_createv, "enomem", "ENOMEM", NETBSD_ENOMEM, ANYWHERE, \
	    ALWAYS, "ENOMEM, *cnode is NULL", "no memory for the node") \
	X(SYSCTL_CREATEV, sysctl_createv, "einval", "EINVAL", NETBSD_EINVAL, ANYWHERE, \
	    BY_ITSELF, "EINVAL, *cnode is NULL", \
	    "flags, type, size or name make no sense") \
	X(SYSCTL_CREATEV, sysctl_createv, "eexist", "EEXIST", NETBSD_EEXIST, ANYWHERE, \
	    ALWAYS, "EEXIST, *cnode is NULL", "somebody else has a node of that name there") \
	X(SYSCTL_CREATEV, sysctl_createv, "enoent", "ENOENT", NETBSD_ENOENT, ANYWHERE, \
	    ALWAYS, "ENOENT, *cnode is NULL", "there is no such parent node") \
	X(SYSCTL_CREATEV, sysctl_createv, "enotdir", "ENOTDIR", NETBSD_ENOTDIR, ANYWHERE, \
	    ALWAYS, "ENOTDIR, *cnode is NULL", "the parent is a node that holds a value") \
	X(SYSCTL_CREATEV, sysctl_createv, "eperm", "EPERM", NETBSD_EPERM, ANYWHERE, \
	    ALWAYS, "EPERM, *cnode is NULL", "the tree is frozen (securelevel, permanent nodes)") \
	X(SYSCTL_CREATEV, sysctl_createv, "enametoolong", "ENAMETOOLONG", NETBSD_ENAMETOOLONG, \
	    ANYWHERE, BY_ITSELF, "ENAMETOOLONG, *cnode is NULL", \
	    "the name has 32 characters or more") \
	X(CONFIG_INIT_COMPONENT, config_init_component, "eexist", "EEXIST", NETBSD_EEXIST, \
	    ANYWHERE, ALWAYS, "EEXIST, nothing is configured", \
	    "a driver or attachment of that name is there already")

static const struct fault_row row[] = {
#define X(id, name, how, error_name, error, by_queue, when, gets, meaning) \
	{ #name "." how, HW_CALL_##id, #name, error_name, error, by_queue, FAULT_##when, \
	    gets, meaning },
	FAULTS(X)
#undef X
};
#define ROWS (sizeof(row) / sizeof(row[0]))

const char *const fault_names[] = {
#define X(id, name, how, ...) #name "." how,
	FAULTS(X)
#undef X
	NULL
};

/* ---- the tables ---- */

struct errno_name {
	const char *name;
	int number;
};

static const struct errno_name errno_name[] = {
#define X(name, number, text) { #name, number },
	FAULT_ERRNOS(X)
#undef X
};
#define ERRNOS (sizeof(errno_name) / sizeof(errno_name[0]))

const char *const fault_errno_names[] = {
#define X(name, number, text) #name,
	FAULT_ERRNOS(X)
#undef X
	NULL
};

const char *const fault_errno_texts[] = {
#define X(name, number, text) text,
	FAULT_ERRNOS(X)
#undef X
	NULL
};

const struct fault_row *
fault_catalogue(size_t *count)
{
	*count = ROWS;
	return row;
}

const struct fault_row *
fault_row_by_id(const char *id)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(row[i].id, id) == 0)
			return &row[i];
	return NULL;
}

bool
fault_errno_by_name(const char *name, int *number)
{
	for (size_t i = 0; i < ERRNOS; i++)
		if (strcmp(errno_name[i].name, name) == 0) {
			*number = errno_name[i].number;
			return true;
		}
	return false;
}

const char *
fault_errno_name(int number)
{
	for (size_t i = 0; i < ERRNOS; i++)
		if (errno_name[i].number == number)
			return errno_name[i].name;
	return NULL;
}

/* ---- which row an order means ---- */

static bool
is_block(const struct fault_row *candidate)
{
	return candidate->error == HW_FAULT_BLOCK;
}

/* Does what the order says beside the call fit the row? */
static bool
fits(const struct fault_row *candidate, const struct fault_order *order)
{
	int number;

	if (order->block || order->error_name == NULL)
		return order->block == is_block(candidate);
	return candidate->error_name != NULL &&
	    fault_errno_by_name(order->error_name, &number) && number == candidate->error;
}

static const struct fault_row *
row_of_id(const struct fault_order *order, const struct fault_row *named, char *why,
    size_t why_size)
{
	struct fault_order full = *order;

	/* An id says it all; what stands beside it may only say the same. */
	full.block = order->block || (order->error_name == NULL && is_block(named));
	if (fits(named, &full))
		return named;
	snprintf(why, why_size, "%s is not a fault that %s", named->id,
	    order->block ? "blocks" : "gives that errno");
	return NULL;
}

/* No row of the call fits: names the errnos that there are. */
static void
say_no_row(const struct fault_order *order, char *why, size_t why_size)
{
	char errnos[120] = "";

	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(row[i].call_name, order->call) == 0 && row[i].error_name != NULL)
			snprintf(errnos + strlen(errnos), sizeof(errnos) - strlen(errnos), "%s%s",
			    errnos[0] != '\0' ? ", " : "", row[i].error_name);
	if (order->block)
		snprintf(why, why_size, "%s has no fault that blocks inside it", order->call);
	else if (errnos[0] == '\0')
		snprintf(why, why_size, "%s has no fault that gives an errno", order->call);
	else
		snprintf(why, why_size, "%s has no fault that gives %s (%s)", order->call,
		    order->error_name, errnos);
}

const struct fault_row *
fault_row_for(const struct fault_order *order, char *why, size_t why_size)
{
	const struct fault_row *named = fault_row_by_id(order->call);
	bool known = false;

	if (order->block && order->error_name != NULL) {
		snprintf(why, why_size, "a fault either blocks or gives an errno");
		return NULL;
	}
	if (named != NULL)
		return row_of_id(order, named, why, why_size);
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(row[i].call_name, order->call) != 0)
			continue;
		known = true;
		if (fits(&row[i], order))
			return &row[i];
	}
	if (!known)
		snprintf(why, why_size, "no fault strikes %s", order->call);
	else
		say_no_row(order, why, why_size);
	return NULL;
}

/* ---- arming ---- */

void
faults_init(struct faults *faults, struct world *world)
{
	memset(faults, 0, sizeof(*faults));
	faults->world = world;
}

static bool
may_strike(const struct fault_armed *armed)
{
	return !armed->healed &&
	    (armed->order.count == FAULT_FOREVER || armed->hits < armed->order.count);
}

unsigned
fault_armed_count(const struct faults *faults)
{
	unsigned n = 0;

	for (unsigned i = 0; i < faults->count; i++)
		n += may_strike(&faults->armed[i]);
	return n;
}

static bool
is_sensible(const struct fault_order *order, const struct fault_row *target, char *why,
    size_t why_size)
{
	if (order->queue != FAULT_ANY_QUEUE && !target->by_queue)
		snprintf(why, why_size, "%s has nothing to do with a virtqueue",
		    target->call_name);
	else if (order->nth == 0)
		snprintf(why, why_size, "nth counts from 1");
	else if (order->count == 0)
		snprintf(why, why_size, "a fault that strikes 0 times is none");
	else if (order->probability_ppm == 0 || order->probability_ppm > FAULT_CERTAIN_PPM)
		snprintf(why, why_size, "a probability is more than 0%% and at most 100%%");
	else
		return true;
	return false;
}

bool
fault_check(const struct fault_order *order, char *why, size_t why_size)
{
	const struct fault_row *target = fault_row_for(order, why, why_size);

	return target != NULL && is_sensible(order, target, why, why_size);
}

struct fault_armed *
fault_arm(struct faults *faults, const struct fault_order *order, char *why, size_t why_size)
{
	const struct fault_row *target = fault_row_for(order, why, why_size);
	struct fault_armed *armed;

	if (target == NULL || !is_sensible(order, target, why, why_size))
		return NULL;
	if (faults->count == FAULTS_ARMED_MAX) {
		snprintf(why, why_size, "more than %d faults in one run", FAULTS_ARMED_MAX);
		return NULL;
	}
	armed = &faults->armed[faults->count++];
	*armed = (struct fault_armed){ .order = *order, .row = target };
	faults->live = true;
	return armed;
}

static bool
has_name(const struct fault_armed *armed, const char *id)
{
	return armed->order.id != NULL && strcmp(armed->order.id, id) == 0;
}

unsigned
fault_heal(struct faults *faults, const char *id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < faults->count; i++) {
		struct fault_armed *armed = &faults->armed[i];

		if (id != NULL && !has_name(armed, id))
			continue;
		n += may_strike(armed);
		armed->healed = true;
	}
	faults->live = fault_armed_count(faults) > 0;
	return n;
}

/* ---- striking ---- */

static uint32_t
divisor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* The simplest choice, 0, never strikes; as few possibilities as the probability allows. */
static bool
chance_strikes(struct world *world, uint32_t ppm)
{
	uint32_t step = divisor(FAULT_CERTAIN_PPM, ppm);
	uint32_t n = FAULT_CERTAIN_PPM / step;

	return ppm == FAULT_CERTAIN_PPM ||
	    world_choose(world, CHOICE_FAULT, n) >= n - ppm / step;
}

static bool
concerns(const struct fault_armed *armed, enum hw_call call, int queue)
{
	return armed->row->call == call && may_strike(armed) &&
	    (armed->order.queue == FAULT_ANY_QUEUE || armed->order.queue == queue);
}

/* The first strike that no kernel makes is remembered, and what call it was. */
static void
check_possible(const struct world *world, struct fault_armed *armed)
{
	const struct context *caller = world->running;
	struct event call = { .kind = EV_CALL, .code = armed->row->call };

	if (armed->impossible || caller == NULL)
		return;
	memcpy(call.arg, caller->call_arg, sizeof(call.arg));
	if (fault_possible(armed->row, &call, &world->config))
		return;
	armed->impossible = true;
	armed->at = (struct event){
		.time_ns = world->clock.now_ns, .seq = world->trace.count,
		.ctx = caller->ordinal, .ctx_kind = (uint8_t)caller->kind,
	};
	armed->site = caller->site;
}

static int
strike(struct faults *faults, struct fault_armed *armed, int queue)
{
	int error = armed->row->error;
	bool is_errno = armed->row->error_name != NULL;

	check_possible(faults->world, armed);
	armed->hits++;
	faults->hits++;
	world_emit(faults->world, EV_FAULT, 0, (uint64_t)(armed->row - row),
	    armed->row->call, (uint64_t)(int64_t)queue, is_errno ? (uint64_t)error : 0, 0);
	faults->live = fault_armed_count(faults) > 0;
	return error;
}

int
fault_ask(void *self, enum hw_call call, int queue)
{
	struct faults *faults = self;
	struct fault_armed *struck = NULL;

	if (!faults->live)
		return 0;
	for (unsigned i = 0; i < faults->count; i++) {
		struct fault_armed *armed = &faults->armed[i];

		if (!concerns(armed, call, queue) || ++armed->calls < armed->order.nth)
			continue;
		if (struck == NULL &&
		    chance_strikes(faults->world, armed->order.probability_ppm))
			struck = armed;
	}
	return struck != NULL ? strike(faults, struck, queue) : 0;
}

/* ---- what became of them ---- */

bool
fault_hits(const struct faults *faults, const char *id, uint64_t *hits)
{
	bool known = false;

	*hits = 0;
	for (unsigned i = 0; i < faults->count; i++) {
		if (!has_name(&faults->armed[i], id))
			continue;
		known = true;
		*hits += faults->armed[i].hits;
	}
	return known;
}

const struct fault_armed *
fault_unstruck(const struct faults *faults, const struct fault_armed *from)
{
	const struct fault_armed *armed = from == NULL ? faults->armed : from + 1;

	for (; armed < faults->armed + faults->count; armed++)
		if (armed->hits == 0)
			return armed;
	return NULL;
}
