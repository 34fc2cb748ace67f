/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/fault: the catalogue, and faults that are armed, strike and heal.
 */
#include <stdlib.h>
#include <string.h>

#include "fault/fault.h"
#include "tests/machine/bare.h"
#include "tests/suite.h"

static struct bare *bare;
static struct world *world;
static struct faults faults;
static struct fault_order order;
static char why[160];
static struct event last;
static unsigned seen;

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	(void)self;
	(void)site;
	(void)payload;
	last = *event;
	seen++;
}

static void
setup(void)
{
	bare = bare_new(NULL);
	world = &bare->world;
	trace_observe(&world->trace,
	    (struct observer){ .kinds = UINT64_C(1) << EV_FAULT, .see = see });
	faults_init(&faults, world);
	order = (struct fault_order){ .id = "f", .call = "virtio_enqueue_prep",
	    .queue = FAULT_ANY_QUEUE, .nth = 1, .count = 1,
	    .probability_ppm = FAULT_CERTAIN_PPM };
	seen = 0;
}

static void
teardown(void)
{
	bare_free(bare);
}

static int
ask(enum hw_call call, int queue)
{
	return fault_ask(&faults, call, queue);
}

static void
arm(void)
{
	ck_assert_msg(fault_arm(&faults, &order, why, sizeof(why)) != NULL, "%s", why);
}

static void
refuse(const char *word)
{
	ck_assert_ptr_null(fault_arm(&faults, &order, why, sizeof(why)));
	ck_assert_msg(strstr(why, word) != NULL, "%s", why);
	ck_assert_uint_eq(faults.count, 0);
}

/* ---- the catalogue ---- */

TEST(every_row_is_complete_and_named_after_its_call)
{
	size_t n;
	const struct fault_row *rows = fault_catalogue(&n);

	for (size_t i = 0; i < n; i++) {
		const struct fault_row *r = &rows[i];
		size_t length = strlen(r->call_name);
		int number;

		ck_assert_str_eq(r->id, fault_names[i]);
		ck_assert_str_eq(trace_call_name(r->call), r->call_name);
		ck_assert_int_eq(strncmp(r->id, r->call_name, length), 0);
		ck_assert_int_eq(r->id[length], '.');
		ck_assert_ptr_eq(fault_row_by_id(r->id), r);
		ck_assert_int_ne(r->error, 0);
		ck_assert_uint_gt(strlen(r->gets), 0);
		ck_assert_uint_gt(strlen(r->meaning), 0);
		ck_assert_int_lt(r->when, FAULT_CONDITION_COUNT);
		/* Whoever says when also says where the kernel does. */
		ck_assert_int_eq(fault_when(r)[0] == '\0', fault_when_source(r)[0] == '\0');
		if (r->error_name == NULL)
			continue;
		ck_assert(fault_errno_by_name(r->error_name, &number));
		ck_assert_int_eq(number, r->error);
	}
	ck_assert_ptr_null(fault_names[n]);
}

/* ---- what the kernel can produce ---- */

static bool
possible(const char *id, struct event call, bool bounce)
{
	const struct fault_row *row = fault_row_by_id(id);
	struct world_config machine = { .bounce = bounce };

	ck_assert_ptr_nonnull(row);
	call.kind = EV_CALL;
	call.code = (uint16_t)row->call;
	return fault_possible(row, &call, &machine);
}

TEST(arguments_and_machine_decide)
{
	const struct event none = { .kind = EV_CALL };
	struct event pages = { .call.uvm_pglistalloc = { .nsegs = 1, .waitok = 1 } };
	struct event sleeps = { .call.kmem_alloc = { .size = 8, .flags = 1 } };
	struct event does_not = { .call.kmem_alloc = { .size = 8, .flags = 2 } };
	struct event one = { .call.virtio_enqueue_reserve = { .nsegs = 1 } };
	struct event two = { .call.virtio_enqueue_reserve = { .nsegs = 2 } };
	struct event create = { .call.bus_dmamap_create = { .flags = 1 } };
	struct event alloc = { .call.bus_dmamem_alloc = { .flags = 1 } };
	struct event map = { .call.bus_dmamem_map = { .flags = 1 } };

	ck_assert(possible("uvm_pglistalloc.enomem", none, false));
	ck_assert(!possible("uvm_pglistalloc.enomem", pages, false));
	ck_assert(!possible("uvm_pglistalloc.block", none, false));
	ck_assert(possible("uvm_pglistalloc.block", pages, false));
	ck_assert(!possible("uvm_pglistalloc.einval", pages, false));
	ck_assert(possible("kmem_alloc.fails", does_not, false));
	ck_assert(!possible("kmem_alloc.fails", sleeps, false));
	ck_assert(possible("kmem_zalloc.block", sleeps, false));
	ck_assert(!possible("kmem_zalloc.block", does_not, false));
	ck_assert(!possible("virtio_enqueue_reserve.eagain", one, false));
	ck_assert(possible("virtio_enqueue_reserve.eagain", two, false));
	ck_assert(possible("bus_dmamap_create.enomem", create, false));
	ck_assert(!possible("bus_dmamap_create.enomem", none, true));
	ck_assert(possible("bus_dmamem_alloc.enomem", alloc, false));
	ck_assert(!possible("bus_dmamem_alloc.enomem", none, false));
	ck_assert(possible("bus_dmamem_map.enomem", map, false));
	ck_assert(!possible("bus_dmamem_map.enomem", none, false));
	ck_assert(possible("bus_dmamap_load.efbig", none, false));
	ck_assert(!possible("bus_dmamap_load.efbig", none, true));
	ck_assert(!possible("bus_dmamap_load.einval", none, false));
	ck_assert(!possible("sysctl_createv.einval", none, false));
	ck_assert(!possible("virtio_dequeue.enoent", none, false));
	ck_assert(possible("virtio_enqueue_prep.eagain", none, false));
}

TEST(errnos_are_those_of_netbsd)
{
	int number;

	ck_assert(fault_errno_by_name("EAGAIN", &number));
	ck_assert_int_eq(number, 35);
	ck_assert(fault_errno_by_name("EWOULDBLOCK", &number));
	ck_assert_int_eq(number, 35);
	ck_assert(fault_errno_by_name("ENAMETOOLONG", &number));
	ck_assert_int_eq(number, 63);
	ck_assert_str_eq(fault_errno_name(35), "EAGAIN");
	ck_assert_ptr_null(fault_errno_name(11111));
	ck_assert(!fault_errno_by_name("EFOO", &number));
}

static const char *
row_for(const char *call, const char *error_name, bool block)
{
	struct fault_order wanted = { .call = call, .error_name = error_name,
	    .block = block };
	const struct fault_row *r = fault_row_for(&wanted, why, sizeof(why));

	return r != NULL ? r->id : "none";
}

TEST(order_leads_to_its_row)
{
	ck_assert_str_eq(row_for("bus_dmamap_load", NULL, false), "bus_dmamap_load.efbig");
	ck_assert_str_eq(row_for("bus_dmamap_load", "EINVAL", false),
	    "bus_dmamap_load.einval");
	ck_assert_str_eq(row_for("bus_dmamap_create.enomem", NULL, false),
	    "bus_dmamap_create.enomem");
	ck_assert_str_eq(row_for("bus_dmamap_create.enomem", "ENOMEM", false),
	    "bus_dmamap_create.enomem");
	ck_assert_str_eq(row_for("bus_dmamap_create.enomem", "EINVAL", false), "none");
	ck_assert_str_eq(row_for("uvm_pglistalloc", NULL, true), "uvm_pglistalloc.block");
	ck_assert_str_eq(row_for("uvm_pglistalloc.block", NULL, false),
	    "uvm_pglistalloc.block");
	ck_assert_str_eq(row_for("uvm_pglistalloc.einval", NULL, true), "none");
	ck_assert_str_eq(row_for("uvm_pglistalloc", "EFBIG", false), "none");
	ck_assert_str_eq(row_for("uvm_pglistalloc", "ENOMEM", true), "none");
	ck_assert_str_eq(row_for("bus_dmamap_load", NULL, true), "none");
	ck_assert_str_eq(row_for("mutex_enter", NULL, false), "none");
	ck_assert_str_eq(row_for("virtio_enqueue_prep", "EWOULDBLOCK", false),
	    "virtio_enqueue_prep.eagain");
}

/* ---- striking ---- */

TEST(fault_strikes_once_and_says_so)
{
	uint64_t hits;

	arm();
	ck_assert_uint_eq(fault_armed_count(&faults), 1);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_RESERVE, 0), 0);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 1), 35);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 1), 0);
	ck_assert_uint_eq(seen, 1);
	ck_assert_str_eq(fault_names[last.arg[0]], "virtio_enqueue_prep.eagain");
	ck_assert_uint_eq(last.arg[1], HW_CALL_VIRTIO_ENQUEUE_PREP);
	ck_assert_uint_eq(last.arg[2], 1);
	ck_assert_uint_eq(last.arg[3], 35);
	ck_assert(fault_hits(&faults, "f", &hits));
	ck_assert_uint_eq(hits, 1);
	ck_assert(!fault_hits(&faults, "g", &hits));
	ck_assert_uint_eq(fault_armed_count(&faults), 0);
	ck_assert_uint_eq(faults.hits, 1);
}

TEST(nth_and_count_say_which_calls)
{
	order.nth = 3;
	order.count = 2;
	arm();
	for (int i = 1; i <= 8; i++)
		ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0),
		    i == 3 || i == 4 ? 35 : 0);
}

TEST(queue_filter_counts_its_queue_only)
{
	order.queue = 1;
	order.nth = 2;
	arm();
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 0);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 1), 0);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 0);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 1), 35);
}

TEST(fault_for_ever_lasts_until_healed)
{
	order.count = FAULT_FOREVER;
	arm();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 35);
	ck_assert_uint_eq(fault_heal(&faults, "other"), 0);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 35);
	ck_assert_uint_eq(fault_heal(&faults, "f"), 1);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 0);
	ck_assert_uint_eq(fault_heal(&faults, NULL), 0);
}

TEST(block_is_answered_as_such)
{
	order.call = "uvm_pglistalloc";
	order.block = true;
	arm();
	ck_assert_int_eq(ask(HW_CALL_UVM_PGLISTALLOC, -1), HW_FAULT_BLOCK);
	ck_assert_uint_eq(last.arg[3], 0);
	ck_assert_uint_eq(last.arg[2], UINT64_MAX);
}

TEST(failure_without_errno_is_not_0)
{
	order.call = "virtio_child_attach_finish";
	arm();
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, -1), 1);
	ck_assert_uint_eq(last.arg[3], 0);
}

TEST(first_of_two_decides_and_both_count)
{
	arm();
	order.id = "g";
	order.nth = 2;
	arm();
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 35);
	ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 35);
	ck_assert_uint_eq(faults.armed[0].hits, 1);
	ck_assert_uint_eq(faults.armed[1].hits, 1);
}

TEST(fault_that_never_struck_is_told)
{
	const struct fault_armed *unstruck;

	arm();
	order.id = "late";
	order.nth = 5;
	arm();
	ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0);
	fault_heal(&faults, NULL);
	unstruck = fault_unstruck(&faults, NULL);
	ck_assert_ptr_nonnull(unstruck);
	ck_assert_str_eq(unstruck->order.id, "late");
	ck_assert_ptr_null(fault_unstruck(&faults, unstruck));
}

TEST(plainest_choice_never_strikes)
{
	order.probability_ppm = 999999;
	order.count = FAULT_FOREVER;
	arm();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0), 0);
}

TEST(seeded_probability_is_met)
{
	unsigned struck = 0;

	choice_init_seed(&world->choice, 1);
	order.probability_ppm = 250000;
	order.count = FAULT_FOREVER;
	arm();
	for (int i = 0; i < 10000; i++)
		struck += ask(HW_CALL_VIRTIO_ENQUEUE_PREP, 0) != 0;
	ck_assert_uint_gt(struck, 2300);
	ck_assert_uint_lt(struck, 2700);
}

TEST(senseless_order_is_refused)
{
	order.nth = 0;
	refuse("nth");
	order.nth = 1;
	order.count = 0;
	refuse("0 times");
	order.count = 1;
	order.probability_ppm = 0;
	refuse("probability");
	order.probability_ppm = FAULT_CERTAIN_PPM;
	order.call = "kthread_create";
	order.queue = 0;
	refuse("virtqueue");
	order.call = "mutex_exit";
	refuse("mutex_exit");
}

TEST(more_faults_than_room_are_refused)
{
	for (int i = 0; i < FAULTS_ARMED_MAX; i++)
		arm();
	ck_assert_ptr_null(fault_arm(&faults, &order, why, sizeof(why)));
}

SUITE(fault_fault, .setup = setup, .teardown = teardown)
