/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/subr_autoconf.c and subr_device.c: autoconf(9), config(9).
 */
#include "rig.h"
#include "tests/suite.h"

/* A rig with the driver, attached as *options and child_plan say. */
static struct krig *
attach(struct krig_options *options)
{
	struct krig *rig;

	options->driver = true;
	rig = krig_new(options);
	krig_attach(rig);
	krig_assert_alive(rig);
	return rig;
}

TEST(line_protocol)
{
	KRIG(rig) = KRIG_MADE(attach);

	ck_assert(rig->attached);
	ck_assert_str_eq(krig_console(rig),
	    "virtio0 at pci0 dev 4 function 0\n"
	    "virtio0: memory balloon device (rev. 0x00)\n"
	    "child0 at virtio0: features: 0x10000000<INDIRECT_DESC>\n"
	    "virtio0: interrupting at ioapic0 pin 11\n");
	krig_assert_order(rig, "masqqF");
}

TEST(nobody_matches)
{
	static const int answers[] = { 0, -1 };

	for (int i = 0; i < 2; i++) {
		KRIG(rig) = KRIG_MADE(attach, child_plan.match = answers[i]);

		ck_assert(!rig->attached);
		krig_assert_order(rig, "m");
		HAS(krig_console(rig), "virtio0: no matching child driver; not configured\n");
	}
}

KRIG_TEST(no_driver_at_all)
{
	ck_assert(!krig_attach(rig));
	krig_assert_alive(rig);
	HAS(krig_console(rig), "no matching child driver");
}

TEST(ends_of_an_attachment)
{
	static const struct {
		enum child_end end;
		const char *says, *order;
	} rows[] = {
		{ CHILD_NOTHING, "virtio0: no matching child driver; not configured\n",
		    "ma" },
		{ CHILD_STARTED, "virtio0: virtio internal error, child driver signaled OK "
		    "but didn't initialize interrupts\n", "mas" },
		{ CHILD_FAILED, "virtio0: virtio configuration failed\n", "masL" },
		{ CHILD_LATE_FAILURE, "virtio0: virtio configuration failed\n",
		    "masqqFffL" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int modern = 0; modern <= 1; modern++) {
			KRIG(rig) = KRIG_MADE(attach, options.config.legacy = !modern,
			    child_plan.end = rows[i].end);

			ck_assert(!rig->attached);
			krig_assert_order(rig, rows[i].order);
			HAS(krig_console(rig), rows[i].says);
		}
	}
}

/* out[4]: what attach did not touch is zero. */
TEST(softc_and_names)
{
	for (int straddles = 0; straddles <= 1; straddles++) {
		KRIG(rig) = KRIG_MADE(attach, options.config.softc_straddles = straddles);

		krig_run_well(rig, frag_device_accessors);
		krig_assert_out(rig, 1, 1, 0, 1, 0);
		ck_assert_str_eq(rig->frag.text, "child0");
		ck_assert_str_eq(rig->frag.text + 100, "virtio0");
	}
}

/* Statics live on, the failed device keeps its place and its softc. */
TEST(lie24_a_second_attach_finds_the_driver_as_it_was)
{
	KRIG(rig) = KRIG_MADE(attach, child_plan.end = CHILD_FAILED);
	uint64_t kernel;

	ck_assert(!rig->attached);
	ck_assert_int_eq(child_attaches, 1);
	kernel = rig->world.memory.counts.kernel;
	child_plan.end = CHILD_UP;
	ck_assert(krig_attach(rig));
	ck_assert_int_eq(child_attaches, 2);
	ck_assert_uint_gt(rig->world.memory.counts.kernel, kernel);
	krig_run(rig, frag_device_accessors);
	ck_assert_str_eq(rig->frag.text, "child1");
	ck_assert_int_eq(rig->frag.out[2], 1);
}

TEST(an_attached_device_is_not_attached_again)
{
	KRIG(rig) = KRIG_MADE(attach);

	ck_assert(krig_attach(rig));
	ck_assert_int_eq(child_attaches, 1);
}

/* ---- detach ---- */

static int detach_result;

static void
detach(void *arg)
{
	(void)arg;
	detach_result = kern_detach(0);
}

TEST(lie40_no_ca_detach_is_eopnotsupp)
{
	KRIG(rig) = KRIG_MADE(attach, child_plan.sysctl = child_plan.thread = true);
	int64_t value;

	krig_run_well(rig, detach);
	ck_assert_int_eq(detach_result, K_EOPNOTSUPP);
	/* Nothing went away. */
	ck_assert(kern_sysctl("hw.child.value", &value));
	krig_run(rig, frag_device_accessors);
	ck_assert_int_eq(rig->frag.out[3], 1);
}

TEST(lie40_a_forced_detach_without_ca_detach_panics)
{
	KRIG(rig) = KRIG_MADE(attach);

	krig_run(rig, frag_detach_force);
	krig_assert_panic(rig, "forced detach of child0 failed (45)");
}

/* A thread and sysctl nodes that the driver does not end outlive it. */
TEST(lie40_detach_takes_the_softc_and_nothing_else)
{
	KRIG(rig) = KRIG_MADE(attach, options.driver_detaches = true, child_plan.sysctl = true);
	uint64_t kernel;
	int64_t value;

	kernel = rig->world.memory.counts.kernel;
	krig_run_well(rig, detach);
	ck_assert_int_eq(detach_result, 0);
	ck_assert_uint_lt(rig->world.memory.counts.kernel, kernel);
	HAS(krig_console(rig), "child0: detached\n");
	ck_assert_uint_eq(rig->device.transport.status, 0);
	/* The node still points into the softc that is gone: it is there to be read. */
	ck_assert(kern_sysctl("hw.child.value", &value));
	krig_run(rig, detach);
	ck_assert_int_eq(detach_result, K_ENXIO);
}

TEST(ca_detach_may_refuse)
{
	KRIG(rig) = KRIG_MADE(attach, options.driver_detaches = true,
	    child_plan.detach_error = K_EBUSY);

	krig_run(rig, detach);
	ck_assert_int_eq(detach_result, K_EBUSY);
	krig_run(rig, frag_device_accessors);
	ck_assert_int_eq(rig->frag.out[3], 1);
}

/* One finds the attachment over and detaches, the others come too late. */
TEST(detach_waits_for_the_attachment_and_is_done_once)
{
	KRIG(rig) = KRIG_MADE(attach, options.driver_detaches = true);

	for (int i = 1; i <= 3; i++) {
		rig->frag.out[i] = -1;
		krig_thread(rig, frag_detach_twice);
		krig_go_until(rig, rig->world.clock.now_ns + 5 * KRIG_TICK_NS);
		ck_assert(rig->frag.out[i] == -1 || i == 3);
	}
	krig_go_well(rig);
	ck_assert_int_eq(rig->frag.out[1] + rig->frag.out[2] + rig->frag.out[3],
	    2 * K_ENOENT);
}

/* ---- what is put off ---- */

TEST(deferred_work_runs_after_the_next_look_for_devices)
{
	KRIG(rig) = KRIG_MADE(attach);

	rig->frag.marks = 0;
	krig_run(rig, frag_config_defer);
	ck_assert(krig_attach(rig));
	krig_assert_alive(rig);
	ck_assert_str_eq(rig->frag.order, "xdsqqF");
	krig_run(rig, frag_config_defer_twice);
	krig_assert_panic(rig, "deferred twice");
}

TEST(what_waits_for_a_running_system_runs_at_once)
{
	KRIG(rig) = KRIG_MADE(attach);

	rig->frag.marks = 0;
	krig_run_well(rig, frag_config_at_once);
	ck_assert_str_eq(rig->frag.order, "ddzqqF");
}

/* ---- components ---- */

static const struct krig_row components[] = {
	/* It can go and come again, and may be there already. */
	RUN(component_fini, OUT(0, 0, 0)),
	RUN(component_fini, .fault = "config_init_component.eexist", OUT(K_EEXIST)),
};

KRIG_ROWS(one_component, components)

TEST(a_component_is_registered_once_and_asked)
{
	KRIG(rig) = KRIG_MADE(attach, child_plan.end = CHILD_FAILED);

	krig_forget_marks(rig);
	child_plan.match = 0;
	krig_run_well(rig, frag_component_twice);
	krig_assert_out(rig, 0, K_EEXIST);
	/* The bus was looked at again: both drivers were asked. */
	krig_assert_order(rig, "mo");
}

SUITE(kern_autoconf)
