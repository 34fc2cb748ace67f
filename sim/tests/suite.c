/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See suite.h.
 */
#include "tests/suite.h"

static void
add(TCase *tcase, const struct suite_test *test)
{
	if (test == NULL)
		return;
	add(tcase, test->before);
	tcase_add_loop_test(tcase, test->test, test->from, test->to);
}

Suite *
suite_make(const char *name, const struct suite_test *last, const struct suite_how *how)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	if (how->setup != NULL || how->teardown != NULL)
		tcase_add_checked_fixture(tcase, how->setup, how->teardown);
	if (how->timeout != 0)
		tcase_set_timeout(tcase, how->timeout);
	add(tcase, last);
	suite_add_tcase(suite, tcase);
	return suite;
}
