/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/choice.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/choice.h"

Suite	*machine_choice_suite(void);

/* The reference outputs for seed 1234567 (also on Rosetta Code). */
START_TEST(splitmix64_matches_published_vector)
{
	static const uint64_t expected[] = {
		6457827717110365317u, 3203168211198807973u,
		9817491932198370423u, 4593380528125082431u,
		16408922859458223821u,
	};
	uint64_t state = 1234567;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_uint_eq(choice_splitmix64(&state), expected[i]);
}
END_TEST

/* The outputs of the reference implementation from state 1, 2, 3, 4. */
START_TEST(xoshiro_matches_published_vector)
{
	static const uint64_t expected[] = {
		11520u, 0u, 1509978240u, 1215971899390074240u,
		1216172134540287360u, 607988272756665600u,
		16172922978634559625u, 8476171486693032832u,
		10595114339597558777u, 2904607092377533576u,
	};
	struct choice_rng rng = { { 1, 2, 3, 4 } };

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_uint_eq(choice_rng_next(&rng), expected[i]);
}
END_TEST

START_TEST(rng_below_is_uniform)
{
	enum { N = 7, DRAWS = 70000 };
	unsigned seen[N] = { 0 };
	struct choice_rng rng;

	choice_rng_init(&rng, 1);
	for (unsigned i = 0; i < DRAWS; i++) {
		uint32_t value = choice_rng_below(&rng, N);

		ck_assert_uint_lt(value, N);
		seen[value]++;
	}
	/* Five standard deviations of 10000 expected; the seed is fixed. */
	for (unsigned i = 0; i < N; i++) {
		ck_assert_uint_gt(seen[i], DRAWS / N - 465);
		ck_assert_uint_lt(seen[i], DRAWS / N + 465);
	}
}
END_TEST

/* With modulo, the lower half of these would come up twice as often. */
START_TEST(rng_below_has_no_modulo_bias)
{
	const uint32_t n = 3u << 30;
	struct choice_rng rng;
	unsigned low = 0;

	choice_rng_init(&rng, 2);
	for (unsigned i = 0; i < 30000; i++)
		low += choice_rng_below(&rng, n) < n / 3;
	ck_assert_uint_gt(low, 10000 - 410);
	ck_assert_uint_lt(low, 10000 + 410);
}
END_TEST

START_TEST(rng_below_one_is_zero)
{
	struct choice_rng rng;

	choice_rng_init(&rng, 3);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(choice_rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(default_is_always_zero)
{
	struct choice c;

	choice_init_default(&c);
	for (unsigned n = 1; n < 100; n++)
		ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, n), 0);
	ck_assert_uint_eq(choice_drawn(&c), 98);
	ck_assert_uint_eq(choice_diverged(&c), 0);
	choice_fini(&c);
}
END_TEST

START_TEST(seed_repeats_after_restart)
{
	unsigned first[50];
	struct choice c;

	choice_init_seed(&c, 42);
	for (unsigned i = 0; i < 50; i++)
		first[i] = choice_next(&c, CHOICE_SCHEDULE, 1000);
	choice_restart(&c);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 1000),
		    first[i]);
	choice_fini(&c);
}
END_TEST

/* Fixed for ever: replay ids with a seed rely on it. */
START_TEST(seed_streams_never_change)
{
	struct choice c;
	struct choice_rng rng;
	uint64_t state = 42;

	choice_init_seed(&c, 42);
	for (unsigned kind = 0; kind < CHOICE_KINDS; kind++) {
		choice_rng_init(&rng, choice_splitmix64(&state));
		for (unsigned i = 0; i < 20; i++)
			ck_assert_uint_eq(
			    choice_next(&c, (enum choice_kind)kind, 1000),
			    choice_rng_below(&rng, 1000));
	}
	choice_restart(&c);
	ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 1000000), 101142);
	ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 1000000), 368148);
	choice_fini(&c);
}
END_TEST

START_TEST(seed_streams_are_independent)
{
	unsigned alone[20];
	struct choice c;

	choice_init_seed(&c, 7);
	for (unsigned i = 0; i < 20; i++)
		alone[i] = choice_next(&c, CHOICE_DEVICE, 1000);
	choice_restart(&c);
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned k = 0; k < i % 3; k++)
			choice_next(&c, CHOICE_SCHEDULE, 5);
		choice_next(&c, CHOICE_FAULT, 2);
		ck_assert_uint_eq(choice_next(&c, CHOICE_DEVICE, 1000),
		    alone[i]);
	}
	choice_fini(&c);
}
END_TEST

START_TEST(seed_streams_differ_by_kind_and_seed)
{
	struct choice a, b;
	unsigned same_kind = 0, same_seed = 0;

	choice_init_seed(&a, 1);
	choice_init_seed(&b, 2);
	for (unsigned i = 0; i < 100; i++) {
		unsigned x = choice_next(&a, CHOICE_TIMER, 1000);

		same_kind += x == choice_next(&b, CHOICE_TIMER, 1000);
		same_seed += x == choice_next(&a, CHOICE_PLACEMENT, 1000);
	}
	ck_assert_uint_lt(same_kind, 5);
	ck_assert_uint_lt(same_seed, 5);
	choice_fini(&a);
	choice_fini(&b);
}
END_TEST

START_TEST(single_possibility_is_no_choice)
{
	struct choice c;
	unsigned expected;

	choice_init_seed(&c, 9);
	expected = choice_next(&c, CHOICE_TIMER, 1000);
	choice_restart(&c);
	choice_record(&c, true);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 1), 0);
	ck_assert_uint_eq(choice_recorded(&c)->count, 0);
	ck_assert_uint_eq(choice_drawn(&c), 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 1000), expected);
	ck_assert_uint_eq(choice_recorded(&c)->count, 1);
	choice_fini(&c);
}
END_TEST

/* A run of 60 draws of mixed kinds; returns a digest of its values. */
static uint64_t
run_mixed(struct choice *c)
{
	uint64_t digest = 0;

	for (unsigned i = 0; i < 60; i++)
		digest = digest * 31 + choice_next(c,
		    (enum choice_kind)(i % CHOICE_KINDS), 2 + i % 9);
	return digest;
}

START_TEST(replay_repeats_the_record)
{
	struct choice seeded, replayed;
	uint64_t digest;

	choice_init_seed(&seeded, 5);
	choice_record(&seeded, true);
	digest = run_mixed(&seeded);
	ck_assert_uint_eq(choice_recorded(&seeded)->count, 60);

	choice_init_replay(&replayed, choice_recorded(&seeded));
	choice_record(&replayed, true);
	ck_assert_uint_eq(choice_unused(&replayed), 60);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(run_mixed(&replayed), digest);
		ck_assert_uint_eq(choice_diverged(&replayed), 0);
		ck_assert_uint_eq(choice_unused(&replayed), 0);
		ck_assert(choice_list_is_equal(choice_recorded(&replayed),
		    choice_recorded(&seeded)));
		choice_restart(&replayed);
	}
	choice_fini(&replayed);
	choice_fini(&seeded);
}
END_TEST

static void
make_list(struct choice_list *list)
{
	choice_list_init(list);
	choice_list_push(list, CHOICE_SCHEDULE, 3, 2);
	choice_list_push(list, CHOICE_TIMER, 4, 3);
	choice_list_push(list, CHOICE_SCHEDULE, 3, 1);
	choice_list_push(list, CHOICE_SCHEDULE, 5, 4);
}

START_TEST(replay_past_the_end_gives_defaults)
{
	struct choice_list list;
	struct choice c;

	make_list(&list);
	choice_init_replay(&c, &list);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 4), 3);
	ck_assert_uint_eq(choice_diverged(&c), 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 4), 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 2), 0);
	ck_assert_uint_eq(choice_diverged(&c), 2);
	ck_assert_uint_eq(choice_unused(&c), 3);
	choice_fini(&c);
	choice_list_fini(&list);
}
END_TEST

START_TEST(replay_misfit_gives_defaults_for_that_kind_only)
{
	struct choice_list list;
	struct choice c;

	make_list(&list);
	choice_init_replay(&c, &list);
	ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 3), 2);
	ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 2), 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 3), 0);
	ck_assert_uint_eq(choice_diverged(&c), 2);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 4), 3);
	ck_assert_uint_eq(choice_diverged(&c), 2);
	ck_assert_uint_eq(choice_unused(&c), 2);
	choice_fini(&c);
	choice_list_fini(&list);
}
END_TEST

START_TEST(enum_visits_every_path_once_in_order)
{
	const struct choice_bound bound = { .draws_max = 0 };
	unsigned expected = 0;
	struct choice c;

	choice_init_enum(&c, &bound);
	do {
		unsigned path = choice_next(&c, CHOICE_SCHEDULE, 3);

		path = path * 2 + choice_next(&c, CHOICE_FAULT, 2);
		path = path * 4 + choice_next(&c, CHOICE_TIMER, 4);
		ck_assert_uint_eq(path, expected);
		expected++;
	} while (choice_enum_advance(&c));
	ck_assert_uint_eq(expected, 3 * 2 * 4);
	ck_assert(!choice_enum_is_cut(&c));
	ck_assert_uint_eq(choice_diverged(&c), 0);
	choice_fini(&c);
}
END_TEST

/* The second draw exists only when the first is 1. */
START_TEST(enum_follows_a_tree_of_uneven_depth)
{
	const struct choice_bound bound = { .draws_max = 0 };
	unsigned runs = 0, inner = 0;
	struct choice c;

	choice_init_enum(&c, &bound);
	do {
		if (choice_next(&c, CHOICE_SCHEDULE, 3) == 1) {
			choice_next(&c, CHOICE_SCHEDULE, 5);
			inner++;
		}
		runs++;
	} while (choice_enum_advance(&c));
	ck_assert_uint_eq(runs, 2 + 5);
	ck_assert_uint_eq(inner, 5);
	choice_fini(&c);
}
END_TEST

static unsigned
enum_count_paths(const struct choice_bound *bound, bool *cut)
{
	unsigned runs = 0;
	struct choice c;

	choice_init_enum(&c, bound);
	do {
		for (unsigned i = 0; i < 5; i++)
			choice_next(&c, i == 4 ? CHOICE_FAULT : CHOICE_SCHEDULE,
			    3);
		runs++;
	} while (choice_enum_advance(&c));
	*cut = choice_enum_is_cut(&c);
	choice_fini(&c);
	return runs;
}

START_TEST(enum_keeps_its_bounds_and_says_so)
{
	bool cut;

	ck_assert_uint_eq(enum_count_paths(&(struct choice_bound){
	    .draws_max = 5 }, &cut), 243);
	ck_assert(!cut);
	ck_assert_uint_eq(enum_count_paths(&(struct choice_bound){
	    .draws_max = 2 }, &cut), 9);
	ck_assert(cut);
	/* One path without, five places times two values with a deviation. */
	ck_assert_uint_eq(enum_count_paths(&(struct choice_bound){
	    .deviations_max = 1 }, &cut), 1 + 5 * 2);
	ck_assert(cut);
	/* And ten pairs of places times four pairs of values. */
	ck_assert_uint_eq(enum_count_paths(&(struct choice_bound){
	    .deviations_max = 2 }, &cut), 1 + 10 + 10 * 4);
	ck_assert(cut);
	ck_assert_uint_eq(enum_count_paths(&(struct choice_bound){
	    .deviations_max = 5 }, &cut), 243);
	ck_assert(!cut);
	ck_assert_uint_eq(enum_count_paths(&(struct choice_bound){
	    .kinds = 1u << CHOICE_FAULT }, &cut), 3);
	ck_assert(cut);
}
END_TEST

START_TEST(enum_notices_an_irreproducible_run)
{
	const struct choice_bound bound = { .draws_max = 0 };
	struct choice c;

	choice_init_enum(&c, &bound);
	choice_next(&c, CHOICE_SCHEDULE, 2);
	choice_next(&c, CHOICE_SCHEDULE, 2);
	ck_assert(choice_enum_advance(&c));
	ck_assert_uint_eq(choice_diverged(&c), 0);
	choice_next(&c, CHOICE_SCHEDULE, 3);
	ck_assert_uint_eq(choice_diverged(&c), 1);
	choice_fini(&c);
}
END_TEST

START_TEST(bytes_answer_by_width_until_the_end)
{
	static const uint8_t bytes[] = { 5, 255, 0x34, 0x12, 1, 2, 3, 4, 9 };
	struct choice c;

	choice_init_bytes(&c, bytes, sizeof(bytes));
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 4), 1);
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 256), 255);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 65536), 0x1234);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 100000),
	    0x04030201 % 100000);
	ck_assert_uint_eq(choice_diverged(&c), 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 257), 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 2), 0);
	ck_assert_uint_eq(choice_diverged(&c), 2);
	choice_restart(&c);
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 4), 1);
	choice_fini(&c);

	choice_init_bytes(&c, NULL, 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 4), 0);
	choice_fini(&c);
}
END_TEST

/* A folder of its own for each test. */
static char folder[] = "/tmp/test_choice.XXXXXX";
static char path[64];

static void
setup_folder(void)
{
	strcpy(strrchr(folder, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/choices", folder);
}

static void
teardown_folder(void)
{
	unlink(path);
	/* Fails if a temporary file was left behind. */
	ck_assert_int_eq(rmdir(folder), 0);
}

static void
write_file(const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(file_is_what_the_header_says)
{
	char text[200];
	struct choice_error error;
	struct choice_list list;
	size_t len;
	FILE *file;

	make_list(&list);
	ck_assert(choice_list_save(&list, path, "case a/b@7\nx", &error));
	choice_list_fini(&list);
	file = fopen(path, "r");
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	ck_assert_str_eq(text,
	    "viosim-choices 1\n"
	    "# case a/b@7 x\n"
	    "schedule 3 2\n"
	    "timer 4 3\n"
	    "schedule 3 1\n"
	    "schedule 5 4\n");
}
END_TEST

START_TEST(file_round_trip_keeps_the_list)
{
	struct choice_error error;
	struct choice_list list;
	struct choice c;

	choice_init_seed(&c, 3);
	choice_record(&c, true);
	run_mixed(&c);
	ck_assert(choice_list_save(choice_recorded(&c), path, NULL, &error));
	choice_list_init(&list);
	choice_list_push(&list, CHOICE_FAULT, 2, 1); /* must not survive */
	ck_assert_msg(choice_list_load(&list, path, &error), "%s", error.text);
	ck_assert(choice_list_is_equal(&list, choice_recorded(&c)));
	choice_list_fini(&list);
	choice_fini(&c);
}
END_TEST

static const struct {
	const char	*text;
	unsigned	 line;
	const char	*what;
} bad_files[] = {
	{ "", 1, "must begin with" },
	{ "viosim-choices 2\n", 1, "must begin with" },
	{ "\nviosim-choices 1\n", 1, "must begin with" },
	{ "viosim-choices 1\nlunch 2 1\n", 2, "unknown kind of choice: lunch" },
	{ "viosim-choices 1\n\n# x\ntimer 2\n", 4, "expected KIND N VALUE" },
	{ "viosim-choices 1\ntimer 2 1 1\n", 2, "expected KIND N VALUE" },
	{ "viosim-choices 1\ntimer  2 1\n", 2, "expected KIND N VALUE" },
	{ "viosim-choices 1\ntimer -2 1\n", 2, "expected KIND N VALUE" },
	{ "viosim-choices 1\ntimer 4294967296 1\n", 2, "expected KIND" },
	{ "viosim-choices 1\ntimer 2 1\ntimer 3 3\n", 3, "not below 3" },
	{ "viosim-choices 1\ntimer 1 0\n", 2, "1 is no choice" },
	{ "viosim-choices 1\ntimer\t2 1\n", 2, "byte 0x09" },
	{ "viosim-choices 1\n\xc3\xa4 2 1\n", 2, "byte 0xc3" },
	{ "viosim-choices 1\ntimer 2 100000000000000000000000000000000000000"
	  "000000000000000000000000000000000000000000000\n", 2, "too long" },
};

START_TEST(bad_file_is_refused_with_its_line)
{
	struct choice_error error;
	struct choice_list list;
	char prefix[100];

	write_file(bad_files[_i].text, strlen(bad_files[_i].text));
	choice_list_init(&list);
	ck_assert(!choice_list_load(&list, path, &error));
	ck_assert_uint_eq(error.line, bad_files[_i].line);
	snprintf(prefix, sizeof(prefix), "%s:%u: error: ", path, error.line);
	ck_assert_msg(strncmp(error.text, prefix, strlen(prefix)) == 0,
	    "%s", error.text);
	ck_assert_msg(strstr(error.text, bad_files[_i].what) != NULL,
	    "%s", error.text);
	ck_assert_uint_eq(list.count, 0);
	choice_list_fini(&list);
}
END_TEST

START_TEST(unreadable_file_is_refused)
{
	struct choice_error error;
	struct choice_list list;

	choice_list_init(&list);
	ck_assert(!choice_list_load(&list, path, &error));
	ck_assert_uint_eq(error.line, 0);
	ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
	ck_assert(!choice_list_load(&list, folder, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "directory"));
	choice_list_fini(&list);
}
END_TEST

START_TEST(failed_save_leaves_nothing)
{
	struct choice_error error;
	struct choice_list list;

	/* The name is taken by a folder, so that the last step fails. */
	make_list(&list);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert(!choice_list_save(&list, path, NULL, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "error: "));
	ck_assert_int_eq(rmdir(path), 0);
	choice_list_fini(&list);
}
END_TEST

START_TEST(unwritable_place_is_an_error)
{
	struct choice_error error;
	struct choice_list list;

	make_list(&list);
	ck_assert(!choice_list_save(&list, "/dev/null/choices", NULL, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "/dev/null/choices: error: "));
	choice_list_fini(&list);
}
END_TEST

/* A limit on the size of files stands for a disk that is full. */
START_TEST(save_cut_short_leaves_the_old_file)
{
	struct choice_error error;
	struct choice_list list, old;
	struct rlimit limit, low;

	make_list(&old);
	ck_assert(choice_list_save(&old, path, NULL, &error));
	choice_list_init(&list);
	for (unsigned i = 0; i < 10000; i++)
		choice_list_push(&list, CHOICE_DEVICE, 2, 1);

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	low = limit;
	low.rlim_cur = 8192;
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &low), 0);
	ck_assert(!choice_list_save(&list, path, NULL, &error));
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, SIG_DFL);

	ck_assert_ptr_nonnull(strstr(error.text, "File too large"));
	ck_assert(choice_list_load(&list, path, &error));
	ck_assert(choice_list_is_equal(&list, &old));
	choice_list_fini(&list);
	choice_list_fini(&old);
}
END_TEST

static void
add_source_tests(Suite *s)
{
	TCase *tc = tcase_create("source");

	tcase_add_test(tc, splitmix64_matches_published_vector);
	tcase_add_test(tc, xoshiro_matches_published_vector);
	tcase_add_test(tc, rng_below_is_uniform);
	tcase_add_test(tc, rng_below_has_no_modulo_bias);
	tcase_add_test(tc, rng_below_one_is_zero);
	tcase_add_test(tc, default_is_always_zero);
	tcase_add_test(tc, seed_repeats_after_restart);
	tcase_add_test(tc, seed_streams_never_change);
	tcase_add_test(tc, seed_streams_are_independent);
	tcase_add_test(tc, seed_streams_differ_by_kind_and_seed);
	tcase_add_test(tc, single_possibility_is_no_choice);
	tcase_add_test(tc, replay_repeats_the_record);
	tcase_add_test(tc, replay_past_the_end_gives_defaults);
	tcase_add_test(tc, replay_misfit_gives_defaults_for_that_kind_only);
	tcase_add_test(tc, enum_visits_every_path_once_in_order);
	tcase_add_test(tc, enum_follows_a_tree_of_uneven_depth);
	tcase_add_test(tc, enum_keeps_its_bounds_and_says_so);
	tcase_add_test(tc, enum_notices_an_irreproducible_run);
	tcase_add_test(tc, bytes_answer_by_width_until_the_end);
	suite_add_tcase(s, tc);
}

static void
add_file_tests(Suite *s)
{
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, setup_folder, teardown_folder);
	tcase_add_test(tc, file_is_what_the_header_says);
	tcase_add_test(tc, file_round_trip_keeps_the_list);
	tcase_add_loop_test(tc, bad_file_is_refused_with_its_line, 0,
	    sizeof(bad_files) / sizeof(bad_files[0]));
	tcase_add_test(tc, unreadable_file_is_refused);
	tcase_add_test(tc, failed_save_leaves_nothing);
	tcase_add_test(tc, unwritable_place_is_an_error);
	tcase_add_test(tc, save_cut_short_leaves_the_old_file);
	suite_add_tcase(s, tc);
}

Suite *
machine_choice_suite(void)
{
	Suite *s = suite_create("machine_choice");

	add_source_tests(s);
	add_file_tests(s);
	return s;
}
