/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See suite.h.
 */
#include "tests/suite.h"

#include <dirent.h>

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

struct suite_folder
suite_folder_new(void)
{
	struct suite_folder folder = { "/tmp/viosim-test.XXXXXX" };

	ck_assert_ptr_nonnull(mkdtemp(folder.path));
	return folder;
}

void
suite_remove(struct suite_folder *folder)
{
	char command[sizeof(folder->path) + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder->path);
	ck_assert_int_eq(system(command), 0);
}

void
suite_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

char *
suite_read(const char *path)
{
	FILE *file = fopen(path, "r");
	int c;

	ck_assert_ptr_nonnull(file);
	return PRINTED(to, while ((c = getc(file)) != EOF)
		putc(c, to);
	    fclose(file));
}

unsigned
suite_files(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
		count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(dir);
	return count;
}
