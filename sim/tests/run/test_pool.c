/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run/pool.c: pieces come back in order, and what kills a worker costs its piece only.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/pool.h"
#include "tests/suite.h"

#define PIECES 40

/* WORK(.count = PIECES, .piece = piece, ...) is done to its end. */
#define WORK(...) \
	ck_assert_int_eq(pool_run(&(const struct pool_work){ __VA_ARGS__ }), 0)

struct seen {
	size_t next;			/* index that must come now */
	size_t lost;
	char why[PIECES][96];		/* of lost pieces */
	char text[PIECES][32];
	size_t stop_after;		/* 0: never */
	int begun;			/* in a worker: times that begin() ran */
	size_t big;			/* bytes that each piece says */
	unsigned ticks;
};

static void
begin(void *arg)
{
	struct seen *seen = arg;

	seen->begun++;
}

static bool
piece(void *arg, size_t index, FILE *out)
{
	struct seen *seen = arg;

	if (index == 7)
		raise(SIGSEGV);
	if (index == 11)
		exit(5);
	if (index == 13)
		for (;;)
			pause();
	/* Later pieces are done before earlier ones. */
	if (index % 5 == 0)
		usleep(2000);
	fprintf(out, "piece %zu begun %d", index, seen->begun);
	return true;
}

static bool
done(void *arg, size_t index, const struct pool_result *got)
{
	struct seen *seen = arg;

	ck_assert_uint_eq(index, seen->next);
	seen->next++;
	if (got->text == NULL) {
		ck_assert_ptr_nonnull(got->why);
		seen->lost++;
		snprintf(seen->why[index], sizeof(seen->why[0]), "%s", got->why);
	} else {
		ck_assert_ptr_null(got->why);
		ck_assert_uint_eq(got->length, strlen(got->text));
		snprintf(seen->text[index], sizeof(seen->text[0]), "%s", got->text);
	}
	return seen->stop_after == 0 || seen->next < seen->stop_after;
}

static void
run_with(unsigned jobs, struct seen *seen)
{
	signal(SIGSEGV, SIG_DFL);
	WORK(.count = PIECES, .jobs = jobs, .seconds = 1, .begin = begin, .piece = piece,
	    .done = done, .arg = seen);
}

TEST_RANGE(pieces_come_in_order_and_losses_have_reasons, 2, 4)
{
	unsigned jobs = (unsigned)_i;
	struct seen seen = { 0 };
	char expected[32];

	run_with(jobs, &seen);
	ck_assert_uint_eq(seen.next, PIECES);
	ck_assert_uint_eq(seen.lost, 3);
	HAS(seen.why[7], "signal 11");
	HAS(seen.why[11], "exit code 5");
	ck_assert_str_eq(seen.why[13], "not finished within 1 s");
	for (size_t i = 0; i < PIECES; i++) {
		if (i == 7 || i == 11 || i == 13)
			continue;
		/* Begun once in each worker, also in those that took over. */
		snprintf(expected, sizeof(expected), "piece %zu begun 1", i);
		ck_assert_str_eq(seen.text[i], expected);
	}
	/* What a worker changes stays there. */
	ck_assert_int_eq(seen.begun, 0);
}

TEST_RANGE(nothing_more_once_it_is_enough, 1, 3)
{
	struct seen seen = { .stop_after = 5 };

	run_with((unsigned)_i, &seen);
	ck_assert_uint_eq(seen.next, 5);
	ck_assert_uint_eq(seen.lost, 0);
}

static bool
big_piece(void *arg, size_t index, FILE *out)
{
	struct seen *seen = arg;

	for (size_t i = 0; i < seen->big; i++)
		putc('a' + (int)(index % 26), out);
	return true;
}

static bool
big_done(void *arg, size_t index, const struct pool_result *got)
{
	struct seen *seen = arg;
	bool good = true;

	ck_assert_ptr_null(got->why);
	ck_assert_uint_eq(index, seen->next);
	ck_assert_uint_eq(got->length, seen->big);
	for (size_t i = 0; i < got->length && good; i++)
		good = got->text[i] == 'a' + (int)(index % 26);
	ck_assert(good && got->text[got->length] == '\0');
	seen->next++;
	return true;
}

TEST_RANGE(texts_may_be_empty_or_larger_than_any_socket, 0, 3)
{
	static const size_t sizes[] = { 0, 1, 300000 };
	struct seen seen = { .big = sizes[_i] };

	WORK(.count = 30, .jobs = 3, .piece = big_piece, .done = big_done, .arg = &seen);
	ck_assert_uint_eq(seen.next, 30);
}

static bool
pid_piece(void *arg, size_t index, FILE *out)
{
	(void)arg;
	fprintf(out, "%d", (int)getpid());
	return index % 3 != 2;
}

static bool
pid_done(void *arg, size_t index, const struct pool_result *got)
{
	int *pid = arg;

	ck_assert_ptr_nonnull(got->text);
	if (index > 0)
		ck_assert_int_eq(atoi(got->text) == *pid, index % 3 != 0);
	*pid = atoi(got->text);
	return true;
}

TEST(a_process_ends_when_its_piece_says_so)
{
	int pid = 0;

	WORK(.count = 9, .jobs = 1, .piece = pid_piece, .done = pid_done, .arg = &pid);
	ck_assert_int_ne(pid, 0);
}

/* More pieces than may be ahead of the first, which is the slowest. */
static bool
slow_first(void *arg, size_t index, FILE *out)
{
	(void)arg;
	if (index == 0)
		usleep(300000);
	fprintf(out, "%zu", index);
	return true;
}

static bool
counted(void *arg, size_t index, const struct pool_result *got)
{
	struct seen *seen = arg;

	ck_assert_ptr_null(got->why);
	ck_assert_uint_eq(index, seen->next);
	ck_assert_uint_eq(strtoul(got->text, NULL, 10), index);
	seen->next++;
	return true;
}

static bool
tick(void *arg, size_t reported)
{
	struct seen *seen = arg;

	ck_assert_uint_eq(reported, seen->next);
	seen->ticks++;
	return seen->stop_after == 0 || reported < seen->stop_after;
}

TEST(a_slow_piece_does_not_upset_the_order)
{
	struct seen seen = { 0 };

	WORK(.count = 5000, .jobs = 4, .piece = slow_first, .done = counted, .tick = tick,
	    .arg = &seen);
	ck_assert_uint_eq(seen.next, 5000);
	ck_assert_uint_gt(seen.ticks, 1);
}

TEST(a_tick_can_stop_it)
{
	struct seen seen = { .stop_after = 100 };

	WORK(.count = 100000, .jobs = 2, .piece = slow_first, .done = counted, .tick = tick,
	    .arg = &seen);
	ck_assert_uint_ge(seen.next, 100);
	ck_assert_uint_lt(seen.next, 50000);
}

TEST(no_pieces_are_no_work)
{
	struct seen seen = { 0 };

	WORK(.count = 0, .jobs = 2, .piece = slow_first, .done = counted, .arg = &seen);
	ck_assert_uint_eq(seen.next, 0);
}

SUITE(run_pool, .timeout = 20)
