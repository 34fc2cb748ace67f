/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suites of unit tests.
 *
 * TEST(name) and a body is a test; there is nothing to register.  TEST_EACH(name, table) is run
 * for each row of a table above it, TEST_RANGE(name, from, to) for from <= _i < to: `_i` is the
 * number.  The last line of a file makes a suite of its tests:
 *
 *	SUITE(run_pool, .timeout = 20, .reads = DRIVER)
 *
 * It is run with all others; nothing else has to name it.
 */
#ifndef VIOSIM_TESTS_SUITE_H
#define VIOSIM_TESTS_SUITE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suite_test {
	const TTest *test;
	int from, to;
	const struct suite_test *before;	/* the one above it in the file */
};

/* In each file: its last test. */
static const struct suite_test *suite_last __attribute__((unused));

struct suite {
	/* NULL and 0: none, and Check's own timeout. */
	void (*setup)(void), (*teardown)(void);	/* before and after each test */
	unsigned timeout;			/* seconds that a test may take */
	/* Files and folders that it reads, from the top of the tree (see sim/tools/unit-tests). */
	const char *reads;
	Suite *(*make)(void);			/* in place of all that; NULL: suite_make() does */
	const char *name;
	const struct suite_test *last;
	struct suite *next;
};

extern struct suite *suite_first;
Suite *suite_make(const struct suite *suite);
void suite_add(struct suite *suite, const char *name, const struct suite_test *last);

/* What suites read; DRIVER is the driver that was built, with DIAGNOSTIC and without. */
#define SCENARIOS "scenarios"
#define DRIVER "build/module driver"
#define SMALL "build/tests/explore sim/tests/explore/modules"
#define VIOSIM_CC "sim/tools/viosim-cc sim/tools/viosim-cc.awk sim/include sim/run/manpage.def " \
	"build/include"

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

/* PRINTED(to, print(what, to)): all that is written to the stream `to`; heap. */
#define PRINTED(stream, ...) ({ \
	char *printed = NULL; \
	size_t printed_size; \
	FILE *stream = open_memstream(&printed, &printed_size); \
	ck_assert_ptr_nonnull(stream); \
	__VA_ARGS__; \
	ck_assert_int_eq(fclose(stream), 0); \
	printed; \
})

/* FOLDER(folder): under /tmp; it goes with all that is in it when its block ends. */
#define FOLDER(name) \
	__attribute__((cleanup(suite_remove))) struct suite_folder name = suite_folder_new()
struct suite_folder {
	char path[32];
};
struct suite_folder suite_folder_new(void);
void suite_remove(struct suite_folder *folder);
/* A file with that text; the text of a file, heap; how many files a folder has. */
void suite_write(const char *path, const char *text);
char *suite_read(const char *path);
unsigned suite_files(const char *path);

/* Words that are all somewhere in a text, or are nowhere in it. */
#define HAS(text, ...) SUITE_LOOK(text, true, "lacks", __VA_ARGS__)
#define LACKS(text, ...) SUITE_LOOK(text, false, "has", __VA_ARGS__)
#define SUITE_LOOK(text, wanted, verb, ...) do { \
	const char *const looked_at = (text), *const looks[] = { __VA_ARGS__ }; \
	for (size_t nth = 0; nth < sizeof(looks) / sizeof(looks[0]); nth++) \
		ck_assert_msg((strstr(looked_at, looks[nth]) != NULL) == (wanted), \
		    "%s \"%s\": %s", (verb), looks[nth], looked_at); \
} while (0)

#define SUITE(name, ...) \
	struct suite name##_suite = { __VA_ARGS__ }; \
	static void __attribute__((constructor)) \
	name##_suite_add(void) \
	{ \
		suite_add(&name##_suite, #name, suite_last); \
	}

#endif /* VIOSIM_TESTS_SUITE_H */
