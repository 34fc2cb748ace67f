/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/atomic.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/atomic.h"
#include "tests/stderr.h"
#include "tests/suite.h"

static struct suite_folder folder;
static char path[128];

static void
setup(void)
{
	folder = suite_folder_new();
	snprintf(path, sizeof(path), "%s/out.txt", folder.path);
}

static void
teardown(void)
{
	suite_remove(&folder);
}

static void
check_content(const char *expected)
{
	HEAP(text) = suite_read(path);

	ck_assert_str_eq(text, expected);
}

/* Not begun, for that reason. */
static void
assert_refused(const char *name, const char *reason)
{
	bool good = true;

	stderr_keep();
	ck_assert_ptr_null(atomic_open(name, &good));
	stderr_kept_has(reason);
	ck_assert(!good);
}

static void
assert_not_written(struct atomic *atomic, const char *reason)
{
	stderr_keep();
	ck_assert(!atomic_end(atomic, true));
	stderr_kept_has(reason);
}

/* Begun, with `text` in it. */
static struct atomic *
begun(const char *name, const char *text)
{
	bool good = true;
	struct atomic *atomic = atomic_open(name, &good);

	ck_assert(good);
	ck_assert_ptr_nonnull(atomic);
	fputs(text, atomic_stream(atomic));
	return atomic;
}

TEST(commit_puts_the_whole_file_there)
{
	struct atomic *atomic = begun(path, "new");

	ck_assert(access(path, F_OK) != 0);
	ck_assert(atomic_end(atomic, true));
	check_content("new");
	ck_assert_uint_eq(suite_files(folder.path), 1);
}

TEST(commit_replaces_what_was_there)
{
	struct atomic *atomic;

	suite_write(path, "old");
	atomic = begun(path, "new");
	check_content("old");
	ck_assert(atomic_end(atomic, true));
	check_content("new");
	ck_assert_uint_eq(suite_files(folder.path), 1);
}

TEST(commit_writes_through_a_symbolic_link)
{
	char link[160];
	struct atomic *atomic;
	struct stat st;

	suite_write(path, "old");
	snprintf(link, sizeof(link), "%s/link", folder.path);
	ck_assert_int_eq(symlink("out.txt", link), 0);
	atomic = begun(link, "new");
	ck_assert(atomic_end(atomic, true));
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	check_content("new");
}

TEST(abandon_leaves_what_was_there)
{
	struct atomic *atomic;

	suite_write(path, "old");
	atomic = begun(path, "new");
	ck_assert(atomic_end(atomic, false));
	ck_assert(atomic_end(NULL, true));
	check_content("old");
	ck_assert_uint_eq(suite_files(folder.path), 1);
}

TEST(missing_folder_is_named)
{
	char lost[192], expected[288];

	snprintf(lost, sizeof(lost), "%s/none/out.txt", folder.path);
	snprintf(expected, sizeof(expected),
	    "viosim: cannot write %s: No such file or directory\n", lost);
	assert_refused(lost, expected);
	ck_assert_uint_eq(suite_files(folder.path), 0);
}

TEST(folder_is_no_output_file)
{
	bool good = true;

	assert_refused(folder.path, "Is a directory");
	/* None is asked for. */
	ck_assert_ptr_null(atomic_open(NULL, &good));
	ck_assert(good);
}

/* Small, many, one large: the error comes at the flush, or already while writing. */
TEST_RANGE(full_disk_is_an_error, 0, 3)
{
	static const struct { size_t bytes, times; } row[] = {
		{ 5, 1 }, { 5, 100000 }, { 65536, 1 },
	};
	static char text[65536];
	struct atomic *atomic = begun("/dev/full", "");

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < row[_i].times; i++)
		fwrite(text, 1, row[_i].bytes, atomic_stream(atomic));
	assert_not_written(atomic, "viosim: cannot write /dev/full: No space left on device\n");
}

/* A file that may not grow: the new file goes, the old one stays. */
TEST(error_while_writing_leaves_nothing)
{
	struct atomic *atomic;

	suite_write(path, "old");
	atomic = begun(path, "new");
	/* The descriptor is closed behind the stream's back, as a lost disk would be. */
	stderr_keep();
	ck_assert_int_eq(close(fileno(atomic_stream(atomic))), 0);
	ck_assert(!atomic_end(atomic, true));
	stderr_kept_has(path);
	check_content("old");
	ck_assert_uint_eq(suite_files(folder.path), 1);
}

TEST(closed_pipe_is_an_error)
{
	struct atomic *atomic;
	char name[32];
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fd), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd[1]);
	atomic = begun(name, "new");
	close(fd[0]);
	assert_not_written(atomic, "Broken pipe");
	close(fd[1]);
	signal(SIGPIPE, SIG_DFL);
}

TEST(what_is_there_stays_in_front)
{
	static const char *const grown[] = { "one\n", "one\ntwo\n" };
	static const char *const text[] = { "one\n", "two\n" };

	for (size_t i = 0; i < 2; i++) {
		bool good = true;
		struct atomic *atomic = atomic_append(path, &good);

		ck_assert_ptr_nonnull(atomic);
		fputs(text[i], atomic_stream(atomic));
		ck_assert(atomic_end(atomic, true));
		check_content(grown[i]);
	}
}

SUITE(report_atomic, .setup = setup, .teardown = teardown)
