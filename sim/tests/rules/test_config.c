/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area config, as streams of events: what the fragments (test_fragments.c) do not reach.
 */
#include <string.h>

#include "tests/rules/guest.h"
#include "tests/suite.h"

static struct guest g;

static void
setup(void)
{
	guest_init(&g);
	guest_target(&g, 1000);
	guest_wake(&g, 0);
}

static void
teardown(void)
{
	guest_fini(&g);
}

/* A driver that goes by what the device says about a balloon it did not fill. */
TEST(foreign_actual_is_not_judged)
{
	g.s.balloon.actual_foreign = true;
	guest_actual(&g, 512);
	stream_is_quiet(&g.s);
}

static void
read_field(unsigned offset)
{
	CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, offset, 4);
	RET(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, 0);
}

TEST(read_before_change_is_quiet)
{
	read_field(0);
	read_field(4);
	guest_as_host(&g);
	EVENT(&g.s, HOST_TARGET, 0, 7, 1000, 0);
	guest_as_thread(&g);
	CALL(&g.s, DELAY, 1);
	read_field(0);
	read_field(4);
	stream_is_quiet(&g.s);
}

SUITE(rules_config_suite, "rules_config", .setup = setup, .teardown = teardown)
