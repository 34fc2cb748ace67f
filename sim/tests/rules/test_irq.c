/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area irq, as streams of events: what the fragments (test_fragments.c) do not reach.
 */

#include "tests/rules/stream.h"
#include "tests/suite.h"

enum { SPIN = 0, ADAPTIVE = 1, DEFAULT = 2, IPL_NONE = 0, IPL_SOFTNET = 4, IPL_VM = 6 };

static struct stream s;

static void
setup(void)
{
	stream_init(&s);
}

static void
teardown(void)
{
	stream_fini(&s);
}

static void
interrupt(void)
{
	stream_as(&s, 2, HW_CTX_HARDINT, IPL_VM);
	EVENT(&s, IRQ_ENTER, 0, 0);
}

static uint32_t
callback(void)
{
	return NOTE(&s, CALLBACK, 1, HW_CB_VQ_DONE, 0);
}

static uint32_t
come_back(void)
{
	return NOTE(&s, CALLBACK, 2, HW_CB_VQ_DONE, 0);
}

TEST(ipl_left_high_by_attach)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	s.now.ipl = IPL_VM;
	stream_is_only(&s, "irq.ipl", NOTE(&s, ATTACH, HW_ATTACH_END, 1));
}

TEST(after_teardown_of_a_mutex)
{
	uint32_t seq;

	rules_off(s.rules, "attach.undo-order");
	CALL(&s, MUTEX_INIT, 1, DEFAULT, IPL_VM);
	stream_attach(&s);
	CALL(&s, MUTEX_INIT, 2, DEFAULT, IPL_VM);
	CALL(&s, MUTEX_DESTROY, 2);	/* nothing relies on what is younger than DRIVER_OK */
	interrupt();
	callback();
	come_back();
	stream_as(&s, 1, HW_CTX_AUTOCONF, IPL_NONE);
	stream_is_quiet(&s);
	CALL(&s, MUTEX_DESTROY, 1);
	interrupt();
	seq = callback();
	stream_is_only(&s, "irq.after-teardown", seq);
}

TEST(after_teardown_of_the_attach)
{
	stream_attach(&s);
	NOTE(&s, ATTACH, HW_ATTACH_FAILED, 0);
	interrupt();
	stream_is_only(&s, "irq.after-teardown", callback());
}

SUITE(rules_irq_suite, "rules_irq", .setup = setup, .teardown = teardown)
