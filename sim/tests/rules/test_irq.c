/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area irq, as streams of events: what the fragments (test_fragments.c) do not reach.
 */

#include "tests/rules/stream.h"
#include "tests/suite.h"

enum { IPL_VM = 6 };

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

TEST(ipl_left_high_by_attach)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	s.now.ipl = IPL_VM;
	stream_is_only(&s, "irq.ipl", NOTE(&s, ATTACH, HW_ATTACH_END, 1));
}

TEST(after_teardown_of_the_attach)
{
	stream_attach(&s);
	NOTE(&s, ATTACH, HW_ATTACH_FAILED, 0);
	interrupt();
	stream_is_only(&s, "irq.after-teardown", callback());
}

SUITE(rules_irq_suite, "rules_irq", .setup = setup, .teardown = teardown)
