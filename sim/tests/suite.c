/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See suite.h.
 */
#include "tests/suite.h"

struct suite *suite_first;

static void
add(TCase *tcase, const struct suite_test *test)
{
	if (test == NULL)
		return;
	add(tcase, test->before);
	tcase_add_loop_test(tcase, test->test, test->from, test->to);
}

Suite *
suite_make(const struct suite *suite)
{
	Suite *made;
	TCase *tcase;

	if (suite->make != NULL)
		return suite->make();
	made = suite_create(suite->name);
	tcase = tcase_create(suite->name);
	if (suite->setup != NULL || suite->teardown != NULL)
		tcase_add_checked_fixture(tcase, suite->setup, suite->teardown);
	if (suite->timeout != 0)
		tcase_set_timeout(tcase, suite->timeout);
	add(tcase, suite->last);
	suite_add_tcase(made, tcase);
	return made;
}

void
suite_add(struct suite *suite, const char *name, const struct suite_test *last)
{
	suite->name = name;
	suite->last = last;
	suite->next = suite_first;
	suite_first = suite;
}
