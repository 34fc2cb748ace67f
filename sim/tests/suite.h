/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suites of unit tests.
 *
 * TEST(name) and a body is a test; there is nothing to register.  TEST_EACH(name, table) is run
 * for each row of a table above it, TEST_RANGE(name, from, to) for from <= _i < to: `_i` is the
 * number.  The last line of a file makes a suite of its tests:
 *
 *	SUITE(run_pool_suite, "run/pool", .timeout = 20)
 */
#ifndef VIOSIM_TESTS_SUITE_H
#define VIOSIM_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

/* All zero: none, and Check's own timeout. */
struct suite_how {
	void (*setup)(void), (*teardown)(void);	/* before and after each test */
	unsigned timeout;			/* seconds that a test may take */
};

struct suite_test {
	const TTest *test;
	int from, to;
	const struct suite_test *before;	/* the one above it in the file */
};

/* In each file: its last test. */
static const struct suite_test *suite_last __attribute__((unused));

Suite *suite_make(const char *name, const struct suite_test *last, const struct suite_how *how);

#define TEST_RANGE(name, low, high) \
	static void name##_fn(int _i); \
	static const TTest name##_ttest = { #name, name##_fn, __FILE__, __LINE__ }; \
	static struct suite_test name##_row = { &name##_ttest, (low), (high), NULL }; \
	static void __attribute__((constructor)) \
	name##_add(void) \
	{ \
		name##_row.before = suite_last; \
		suite_last = &name##_row; \
	} \
	static void \
	name##_fn(int _i __attribute__((unused)))

#define TEST(name) TEST_RANGE(name, 0, 1)
#define TEST_EACH(name, table) TEST_RANGE(name, 0, (int)(sizeof(table) / sizeof((table)[0])))

/*
 * A test with something of its own, `made` at its start and released at its end: the parameter
 * `what`, like "struct bare *bare", of the body.
 */
#define TEST_WITH(name, what, made, release) \
	static void name##_body(what); \
	TEST(name) \
	{ \
		__typeof__(made) it = made; \
		name##_body(it); \
		release(it); \
	} \
	static void \
	name##_body(what __attribute__((unused)))

/* The same with a struct that is filled in and emptied: its type, and `what` points to it. */
#define TEST_WITH_IN(name, type, what, fill, empty) \
	static void name##_body(what); \
	TEST(name) \
	{ \
		type it; \
		fill(&it); \
		name##_body(&it); \
		empty(&it); \
	} \
	static void \
	name##_body(what)

/* HEAP(text) = ...: a text that is freed when its block ends. */
#define HEAP(name) __attribute__((cleanup(suite_free))) char *name
static inline void
suite_free(char **text)
{
	free(*text);
}

#define SUITE(function, name, ...) \
	Suite *function(void); \
	Suite * \
	function(void) \
	{ \
		return suite_make(name, suite_last, &(const struct suite_how){ __VA_ARGS__ }); \
	}

#endif /* VIOSIM_TESTS_SUITE_H */
