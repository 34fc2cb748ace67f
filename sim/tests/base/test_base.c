/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim/base: memory that is there or ends the program, vectors, texts, whole writes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/hostio.h"
#include "base/sbuf.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "base/width.h"
#include "tests/suite.h"

struct pair { int a, b; };

TEST(vectors_grow_and_new_elements_are_zero)
{
	struct { VEC_MEMBERS(struct pair); } pairs = { 0 };

	for (int i = 0; i < 1000; i++) {
		struct pair *pair = vec_add(&pairs);

		ck_assert_int_eq(pair->a, 0);
		ck_assert_int_eq(pair->b, 0);
		*pair = (struct pair){ i, -1 };
	}
	ck_assert_uint_eq(pairs.count, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(pairs.item[i].a, i);
	ck_assert_int_eq(vec_add_n(&pairs, 3)[2].b, 0);
	ck_assert_uint_eq(pairs.count, 1003);
	vec_add_n(&pairs, 0);
	vec_add(&pairs);
	ck_assert_uint_eq(pairs.count, 1004);
	vec_fini(&pairs);
	ck_assert_ptr_null(pairs.item);
	ck_assert_uint_eq(pairs.count, 0);
}

TEST(characters_are_what_utf_8_makes_them)
{
	static const struct { const char *text; size_t size; bool is_control; } chars[] = {
		{ "a", 1, false }, { "\n", 1, true }, { "\x7f", 1, true }, { "\xc2\x85", 2, true },
		{ "\xc3\xa4", 2, false }, { "\xe2\x82\xac", 3, false },
		{ "\xf0\x9f\x90\xa7", 4, false },
		/* Cut off, over-long, a surrogate, too large, no first byte. */
		{ "\xe2\x82", 0, false }, { "\xc0\xaf", 0, false }, { "\xe0\x80\xaf", 0, false },
		{ "\xed\xa0\x80", 0, false }, { "\xf4\x90\x80\x80", 0, false },
		{ "\x80", 0, false },
	};
	const char *text = "\xc3\xa4\xe2\x82\xac!";

	for (size_t i = 0; i < sizeof(chars) / sizeof(chars[0]); i++) {
		ck_assert_uint_eq(utf8_size(chars[i].text, chars[i].text + strlen(chars[i].text)),
		    chars[i].size);
		ck_assert(utf8_is_control(chars[i].text, chars[i].size) == chars[i].is_control);
	}
	ck_assert_uint_eq(utf8_count(text, text + strlen(text)), 3);
	ck_assert_ptr_eq(utf8_skip(text, 2), text + 5);
	ck_assert_ptr_eq(utf8_skip(text, 9), text + 6);
}

TEST(texts_keep_their_nul_bytes)
{
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);
	char *text;

	fprintf(stream, "one %d", 2);
	fputc('\0', stream);
	text = sbuf_close(&buf);
	ck_assert_str_eq(text, "one 2");
	ck_assert_uint_eq(buf.length, 6);
	free(text);
	sbuf_open(&buf);
	text = sbuf_close(&buf);
	ck_assert_str_eq(text, "");
	free(text);
}

TEST(nothing_is_memory_too)
{
	char *texts[] = { xmalloc(0), xcalloc(0, 8), xrealloc(NULL, 0, 8), xstrdup(""),
	    xstrndup("abc", 0), xasprintf("%s", "") };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_ptr_nonnull(texts[i]);
		free(texts[i]);
	}
}

/* What the function does in a process of its own: its exit code and what it says. */
static int
outcome(void (*fn)(void), char *said, size_t size)
{
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fd[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(fd[1]);
	n = read(fd[0], said, size - 1);
	said[n > 0 ? n : 0] = '\0';
	close(fd[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static volatile size_t huge = SIZE_MAX / 2;

static void ask_malloc(void) { free(xmalloc(huge)); }
static void ask_calloc(void) { free(xcalloc(huge, 8)); }
static void ask_realloc(void) { free(xrealloc(NULL, huge, 8)); }
static void ask_vec(void) { size_t max = 0; free(vec_room(NULL, 1, &max, huge, 1)); }
static void be_wrong(void) { internal_error("%s %d", "event", 7); }

TEST(too_much_ends_the_program_with_a_sentence)
{
	void (*const ask[])(void) = { ask_malloc, ask_calloc, ask_realloc, ask_vec };
	char said[128];

	for (size_t i = 0; i < sizeof(ask) / sizeof(ask[0]); i++) {
		ck_assert_int_eq(outcome(ask[i], said, sizeof(said)), 3);
		ck_assert_str_eq(said, "viosim: out of memory\n");
	}
	ck_assert_int_eq(outcome(be_wrong, said, sizeof(said)), 3);
	ck_assert_str_eq(said, "viosim: internal error: event 7\n");
}

TEST(host_time_does_not_go_back)
{
	uint64_t before = host_ns();

	ck_assert_uint_ge(host_ns(), before);
}

TEST(columns_are_those_of_the_environment_or_the_terminal)
{
	static const struct { const char *columns; unsigned terminal, file; } rows[] = {
		{ NULL, 132, WIDTH_DEFAULT }, { "72", 72, 72 }, { "3", WIDTH_MIN, WIDTH_MIN },
		{ "0", 132, WIDTH_DEFAULT }, { "wide", 132, WIDTH_DEFAULT },
		{ "", 132, WIDTH_DEFAULT }, { "70000", 132, WIDTH_DEFAULT },
	};
	struct winsize size = { .ws_col = 132, .ws_row = 40 };
	int host = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *terminal, *file = tmpfile();

	ck_assert(grantpt(host) == 0 && unlockpt(host) == 0);
	terminal = fopen(ptsname(host), "w");
	ck_assert(terminal != NULL && ioctl(host, TIOCSWINSZ, &size) == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].columns != NULL)
			setenv("COLUMNS", rows[i].columns, 1);
		else
			unsetenv("COLUMNS");
		ck_assert_uint_eq(width_of(terminal), rows[i].terminal);
		ck_assert_uint_eq(width_of(file), rows[i].file);
	}
	unsetenv("COLUMNS");
	fclose(terminal);
	close(host);
	fclose(file);
}

SUITE(base)
