/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of runs with two devices, and of several drivers: viomb works the first device,
 * explore/modules/small.c as many as there are.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"
#include "tests/explore/rig.h"
#include "tests/run/build_module.h"
#include "tests/suite.h"

#define TWO "format: 1\nscenario: t\nsummary: s\n" \
	"machines: [{transport: virtio-1.0, dma: coherent}]\n" \
	"device: {instances: 2, latency: 1ms}\n"

static struct rig rig;
static struct run_result *const result = &rig.run;
static unsigned of_second[EV_KINDS];

static void
teardown(void)
{
	rig_fini(&rig);
}

static void
count_second(void *arg, struct world *world, const struct run_result *of)
{
	(void)arg;
	(void)of;
	for (uint32_t seq = 0; seq < world->trace.count; seq++) {
		const struct event *event = trace_event(&world->trace, seq);

		of_second[event->kind] += event->device == 1;
	}
}

static void
run(const char *steps)
{
	memset(of_second, 0, sizeof(of_second));
	rig.how = (struct run_options){ .keep_trace = true, .finished = count_second };
	rig_case(&rig, "%s", steps);
}

static void
assert_all_held(void)
{
	ck_assert_str_eq(result->unmet, "");
	rig_assert_good(&rig);
	ck_assert_uint_eq(result->steps_done, result->steps);
}

/* The threads of the small driver count their steps in one variable. */
static void
assert_only_races(void)
{
	for (size_t i = 0; i < result->findings.count; i++)
		ck_assert_str_eq(result->findings.item[i].rule->id, "lock.data-race");
}

TEST(second_device_may_be_refused)
{
	rig_init(&rig);
	run(TWO "steps:\n  - {target: 256 pages, on: virtio1}\n  - target: 256 pages\n"
	    "  - settle: {within: 5s}\n  - expect: host.held == 256\n"
	    "  - expect: attach.result == ok\n  - expect: virtio1.attach.result == failed\n"
	    "  - expect: virtio1.host.target == 256\n  - expect: virtio1.host.held == 0\n"
	    "  - expect: virtio1.device.status == driver\n"
	    "  - expect: count(log ~ \"viomb1 at virtio1\") == 1\n");
	assert_all_held();
	for (size_t i = 0; i < result->findings.count; i++)
		ck_assert_str_ne(result->findings.item[i].rule->id, "attach.refused");
	ck_assert_uint_eq(of_second[EV_DEV_TAKE], 0);
	ck_assert_uint_gt(of_second[EV_DEV_STATUS], 0);
}

TEST(each_device_has_its_driver_host_and_interrupts)
{
	rig_init_small(&rig);
	run(TWO "steps:\n  - {at: 1s, target: 20 pages, on: virtio1}\n"
	    "  - settle: {within: 5s}\n  - expect: host.held == 0\n"
	    "  - expect: irq.config + irq.inflate == 0\n"
	    "  - expect: virtio1.host.held == 20\n  - expect: virtio1.irq.config == 1\n"
	    "  - target: 30 pages\n  - settle: {within: 5s}\n"
	    "  - expect: host.held == 30\n  - expect: virtio1.vq.inflate.entries == 20\n"
	    "finally: [mem.balloon == 50]\n");
	assert_all_held();
	ck_assert_uint_gt(result->findings.count, 0);
	assert_only_races();
	ck_assert_uint_gt(of_second[EV_DEV_TAKE], 0);
	ck_assert_uint_gt(of_second[EV_IRQ_ENTER], 0);
}

/* `settle` waits for the second too, once the driver has it. */
TEST(what_the_second_does_not_do_is_missed)
{
	rig_init_small(&rig);
	run(TWO "steps:\n  - {device: {drop: inflate}, on: virtio1}\n"
	    "  - {at: 1s, target: 20 pages, on: virtio1}\n  - settle: {within: 5s}\n");
	ck_assert_uint_eq(result->failures_all, 1);
	ck_assert_str_eq(result->failure[0].what, "settle");
	HAS(result->failure[0].actual, "host.target = 20");
}

TEST(points_are_of_one_device)
{
	rig_init_small(&rig);
	run(TWO "steps:\n  - {deliver: {irq: config, at: config entry}, on: virtio1}\n"
	    "  - {at: 1s, target: 20 pages}\n  - settle: {within: 5s}\n"
	    "  - expect: virtio1.irq.config == 0\n"
	    "  - {target: 20 pages, on: virtio1}\n  - settle: {within: 5s}\n"
	    "  - expect: virtio1.irq.config == 2\n  - expect: irq.config == 1\n");
	assert_all_held();
}

/* ---- several drivers ---- */

/* A driver that says MATCH to a balloon, and cannot attach to it. */
static const char other_driver[] =
    "#include <sys/param.h>\n"
    "#include <sys/device.h>\n"
    "#include <dev/pci/virtioreg.h>\n"
    "#include <dev/pci/virtiovar.h>\n"
    "static int\n"
    "other_match(device_t parent, cfdata_t cf, void *aux)\n"
    "{\n"
    "	const struct virtio_attach_args *va = aux;\n"
    "	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON ? MATCH : 0;\n"
    "}\n"
    "static void\n"
    "other_attach(device_t parent, device_t self, void *aux)\n"
    "{\n"
    "	virtio_child_attach_failed(device_private(parent));\n"
    "}\n"
    "CFATTACH_DECL_NEW(other, 0, other_match, other_attach, NULL, NULL);\n";

/* That driver is asked first, then those of `sources`. */
static void
run_other(int match, const char *sources, const char *steps)
{
	char cwd[512], flags[1200];
	OPENED(module) = NULL;

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	snprintf(flags, sizeof(flags), "-DMATCH=%d %s%s", match,
	    sources[0] != '\0' ? cwd : "", sources);
	build_begin();
	build_module("x", other_driver, flags);
	module = build_open("x.so");
	rig_init(&rig);
	run_case(rig_load(&rig, steps), &(struct run_options){ .module = module }, result);
	build_end();
}

#define SMALL_MODULE "/sim/tests/explore/modules/small.c"

TEST(a_driver_of_another_device_is_asked_and_left_alone)
{
	run_other(0, SMALL_MODULE, TWO "steps:\n  - target: 20 pages\n"
	    "  - {target: 30 pages, on: virtio1}\n  - settle: {within: 5s}\n"
	    "finally: [host.held == 20, virtio1.host.held == 30,"
	    " count(log ~ \"other\") == 0, count(log ~ \"small1 at virtio1\") == 1]\n");
	assert_all_held();
	assert_only_races();
}

TEST(the_best_match_gets_the_device)
{
	run_other(2, SMALL_MODULE, TWO "steps:\n  - at: 1s\n    expect: attach.result == failed\n"
	    "  - expect: virtio1.attach.result == failed\n"
	    "  - expect: count(log ~ \"other1 at virtio1\") == 1\n"
	    "  - expect: count(log ~ \"small\") == 0\n");
	assert_all_held();
}

TEST(a_device_that_no_driver_matches_is_a_finding)
{
	run_other(0, "", TWO "steps:\n  - target: 20 pages\n");
	ck_assert(result->refused);
	ck_assert_uint_eq(result->findings.count, 1);
	ck_assert_str_eq(result->findings.item[0].rule->id, "attach.match");
	ck_assert_uint_ne(result->findings.item[0].site, 0);
}

SUITE(run_devices, .teardown = teardown, .reads = VIOSIM_CC " " DRIVER " " SMALL)
