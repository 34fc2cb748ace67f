/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * make bench: what a ballooned page and a whole run cost, beside the floor; how many runs a
 * second exploring makes in one process (trials), and what memory they leave behind.
 *
 * Everything is measured in this one program and printed as ratios; the times beside them are
 * of this machine.  usage: bench DRIVER.so FLOOR.so LARGE.so [floor | processes | trials |
 * '1 GiB' ...]
 * Environment: BENCH_QUICK leaves the large guests out, BENCH_ALL leaves nothing out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "bench/floor.h"
#include "explore/trial.h"
#include "machine/crash.h"
#include "run/isolate.h"
#include "run/run.h"

#define PAGE_PAGES 8192u		/* pages of the cost-per-page measurement */
#define RUN_PAGES 1024u			/* pages of a small whole run */
#define ROUNDS 200			/* the best of so many */
#define CASES 2000			/* run as processes */
#define CASE_BUDGET_MS 5.0
#define FLAT_BUDGET 2.0			/* a page of a large guest to one of a small guest */
#define TRIAL_PAGES 64u
#define FLOOR_PAGES 256u			/* the fewest that the floor can do */
#define TRIAL_ROUND 100u		/* trials measured together; the best of TRIAL_ROUNDS */
#define TRIAL_ROUNDS 100
#define TRIAL_BUDGET 10000.0		/* a second */
#define TRIAL_POINTS_BUDGET 3000.0	/* when each lists its injection points */
#define TRIAL_CASES 400			/* the same scenario, as processes */
#define TRIAL_MANY 100000u		/* for the memory that they leave behind */
#define TRIAL_ALL 1000000u
#define TRIAL_KIB_BUDGET 256L
#define PAGE_BYTES 35			/* host memory for a page of the guest */

static uint64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t
now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static struct scenario_doc *
load(unsigned long long pages, const char *memory)
{
	char text[1024];
	struct diag_list diags;
	struct scenario_doc *doc;

	snprintf(text, sizeof(text),
	    "format: 1\nscenario: bench\nsummary: Inflate and deflate.\n"
	    "machine: {memory: %s}\n"
	    "machines: [{transport: virtio-1.0, dma: coherent}]\n"
	    "device: {type: balloon, latency: 1us}\n"
	    "rules: {off: [lock.data-race], why: viomb-20}\n"
	    "limits: {time: 1000000000s, events: 1000000000}\n"
	    "steps:\n  - at: 1s\n    target: %llu pages\n"
	    "  - expect: host.actual == %llu\n    within: 400000000s\n"
	    "  - target: 0 pages\n"
	    "  - expect: host.actual == 0\n    within: 400000000s\n"
	    "  - expect: mem.balloon == 0\n", memory, pages, pages);
	diag_list_init(&diags);
	doc = scenario_load_text("bench.yaml", text, strlen(text), run_vocab(), &diags);
	diag_list_print(&diags, stderr, false);
	diag_list_fini(&diags);
	if (doc == NULL)
		exit(3);
	return doc;
}

static const struct finding *
first_error(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->item[i].rule->severity == SEVERITY_ERROR)
			return &findings->item[i];
	return NULL;
}

/* One run; the program ends when it was not a clean one. */
static uint64_t
run_once(const struct scenario_doc *doc, struct module *module, struct regions *regions)
{
	struct run_options options = { .module = module, .regions = regions };
	struct run_result result;
	struct scenario_case *c;
	const struct finding *error;
	size_t count;
	uint64_t start, took;

	c = scenario_cases(doc, NULL, &count);
	start = now_ns();
	run_case(c, &options, &result);
	took = now_ns() - start;
	error = first_error(&result.findings);
	if (error != NULL || result.failures > 0) {
		fprintf(stderr, "bench: the run was not clean: %s %s\n",
		    error != NULL ? error->text : result.failure[0].expected,
		    error != NULL ? error->rule->id : result.failure[0].actual);
		exit(3);
	}
	run_result_fini(&result);
	scenario_cases_free(c, count);
	return took;
}

struct floor_module {
	struct module *module;
	const void *cfattach;
	void (*prepare)(void);
	uint64_t (*run)(const void *cfattach, uint32_t pages);
};

static struct floor_module
floor_open(const char *path)
{
	struct module_error error;
	struct floor_module floor = { .module = module_open(path, &error) };

	if (floor.module == NULL) {
		fputs(error.text, stderr);
		exit(3);
	}
	floor.cfattach = module_attachment(floor.module, 0)->cfattach;
	floor.prepare = (void (*)(void))(uintptr_t)module_symbol(floor.module,
	    "floor_prepare");
	floor.run = (uint64_t (*)(const void *, uint32_t))(uintptr_t)module_symbol(
	    floor.module, "floor_run");
	return floor;
}

static uint64_t
floor_once(const struct floor_module *floor, unsigned pages)
{
	uint64_t start, took, requests;

	module_reset(floor->module);
	floor->prepare();
	start = now_ns();
	requests = floor->run(floor->cfattach, pages);
	took = now_ns() - start;
	if (requests != 2 * pages / 256) {
		fprintf(stderr, "bench: the floor made %llu requests for %u pages\n",
		    (unsigned long long)requests, pages);
		exit(3);
	}
	return took;
}

static void
ratio(const char *what, double ours, double floor, double budget, const char *unit)
{
	printf("%-28s %10.2f %-3s  floor %8.2f %-3s  ratio %6.2f  budget %.1f  %s\n", what,
	    ours, unit, floor, unit, ours / floor, budget,
	    ours / floor <= budget ? "ok" : "OVER");
}

static void
keep_best(uint64_t *best, uint64_t took)
{
	if (*best == 0 || took < *best)
		*best = took;
}

struct best {			/* ns */
	uint64_t small, large;
};

/* In turns, so that whatever else the machine does troubles both alike. */
static void
race(struct module *module, const struct floor_module *floor, struct best *ours,
    struct best *theirs)
{
	struct scenario_doc *small = load(RUN_PAGES, "64MiB");
	struct scenario_doc *large = load(PAGE_PAGES, "64MiB");
	struct regions regions = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		keep_best(&ours->small, run_once(small, module, &regions));
		keep_best(&ours->large, run_once(large, module, &regions));
		keep_best(&theirs->small, floor_once(floor, RUN_PAGES));
		keep_best(&theirs->large, floor_once(floor, PAGE_PAGES));
	}
	regions_fini(&regions);
	scenario_doc_free(small);
	scenario_doc_free(large);
}

static void
bench_floor(struct module *module, const char *floor_path)
{
	struct floor_module floor = floor_open(floor_path);
	struct best ours = { 0 }, theirs = { 0 };

	race(module, &floor, &ours, &theirs);
	/* What more pages cost, free of what every run costs; a page is moved twice. */
	ratio("a ballooned page", (double)(ours.large - ours.small) /
	    (2 * (PAGE_PAGES - RUN_PAGES)), (double)(theirs.large - theirs.small) /
	    (2 * (PAGE_PAGES - RUN_PAGES)), 4.0, "ns");
	ratio("a whole run of 8192 pages", (double)ours.large / 1000,
	    (double)theirs.large / 1000, 3.5, "us");
	printf("%-28s %10.2f us\n", "a whole run of 1024 pages", (double)ours.small / 1000);
	printf("%-28s %10.0f /s\n", "such runs in one process", 1e9 / (double)ours.small);
}

/* ---- cases as processes ---- */

struct forked {
	struct module *module;
	struct scenario_doc *doc;
};

static void
forked_child(void *arg, size_t index, struct regions *regions, struct isolated *result,
    FILE *text[ISOLATE_TEXTS])
{
	struct forked *forked = arg;

	(void)index;
	(void)result;
	(void)text;
	crash_install();
	run_once(forked->doc, forked->module, regions);
}

static bool
forked_done(void *arg, size_t index, const struct isolated *result)
{
	(void)arg;
	(void)index;
	if (result->verdict.verdict != VERDICT_PASS) {
		fprintf(stderr, "bench: a run was not finished: %s\n", result->verdict.reason);
		exit(3);
	}
	return true;
}

static double
usage_ms(const struct rusage *usage)
{
	return 1e3 * (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	    1e-3 * (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

/* Of this process and those that it waited for. */
static double
cpu_ms(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return usage_ms(&self) + usage_ms(&children);
}

static void
bench_processes(struct module *module)
{
	struct forked forked = { .module = module, .doc = load(RUN_PAGES, "64MiB") };
	struct isolate_work work = {
		.count = CASES, .jobs = 2, .child = forked_child, .done = forked_done,
		.arg = &forked,
	};
	double cpu = cpu_ms(), each, took;
	uint64_t start = now_ns();

	if (!isolate_run(&work))
		exit(3);
	took = (double)(now_ns() - start);
	each = (cpu_ms() - cpu) / CASES;
	printf("%-28s %10.0f /s, 2 at a time\n", "such runs as processes", CASES * 1e9 / took);
	printf("%-28s %10.2f ms of processor time   budget %.1f  %s\n", "one of them", each,
	    CASE_BUDGET_MS, each <= CASE_BUDGET_MS ? "ok" : "OVER");
	scenario_doc_free(forked.doc);
}

/* ---- trials: runs as exploring makes them ---- */

struct bench_trial {
	struct trial trial;
	struct scenario_doc *doc;
	struct scenario_case *c;
	size_t count;
	struct inject_points points;
};

static void
bench_trial_init(struct bench_trial *bench, struct module *module)
{
	static const char text[] =
	    "format: 1\nscenario: bench\nsummary: A few pages.\n"
	    "machine: {memory: 64MiB}\n"
	    "machines: [{transport: virtio-1.0, dma: coherent}]\n"
	    "device: {type: balloon, latency: 1us}\n"
	    "steps:\n  - at: 1s\n    target: 64 pages\n  - settle: {within: 10s}\n";
	struct diag_list diags;

	diag_list_init(&diags);
	bench->doc = scenario_load_text("bench.yaml", text, strlen(text), run_vocab(), &diags);
	diag_list_print(&diags, stderr, false);
	diag_list_fini(&diags);
	if (bench->doc == NULL)
		exit(3);
	bench->c = scenario_cases(bench->doc, NULL, &bench->count);
	trial_init(&bench->trial, module, NULL);
}

static void
bench_trial_fini(struct bench_trial *bench)
{
	trial_fini(&bench->trial);
	vec_fini(&bench->points);
	scenario_cases_free(bench->c, bench->count);
	scenario_doc_free(bench->doc);
}

static void
run_trials(struct bench_trial *bench, unsigned n, bool list_points)
{
	struct trial_result result;

	for (unsigned i = 0; i < n; i++) {
		trial_run(&bench->trial, bench->c, list_points ? &bench->points : NULL,
		    &result);
		/* The driver writes one number a page at least. */
		if (result.end != WORLD_STOPPED || result.counts.accesses < TRIAL_PAGES) {
			fputs("bench: a trial did not come to its end\n", stderr);
			exit(3);
		}
	}
}

/* ns of processor time each */
static double
time_trials(struct bench_trial *bench, bool list_points)
{
	uint64_t best = 0;

	for (unsigned i = 0; i < TRIAL_ROUNDS; i++) {
		uint64_t start = read_clock(CLOCK_PROCESS_CPUTIME_ID);

		run_trials(bench, TRIAL_ROUND, list_points);
		keep_best(&best, read_clock(CLOCK_PROCESS_CPUTIME_ID) - start);
	}
	return (double)best / TRIAL_ROUND;
}

static void
rate(const char *what, double each_ns, double budget)
{
	printf("%-28s %10.0f /s   budget %.0f  %s\n", what, 1e9 / each_ns, budget,
	    1e9 / each_ns >= budget ? "ok" : "OVER");
}

static void
trial_child(void *arg, size_t index, struct regions *regions, struct isolated *result,
    FILE *text[ISOLATE_TEXTS])
{
	(void)index;
	(void)regions;
	(void)result;
	(void)text;
	run_trials(arg, 1, false);
}

static double
time_forked_trials(struct bench_trial *bench)
{
	struct isolate_work work = {
		.count = TRIAL_CASES, .jobs = 1, .child = trial_child, .done = forked_done,
		.arg = bench,
	};
	uint64_t start = now_ns();

	if (!isolate_run(&work))
		exit(3);
	return (double)(now_ns() - start) / TRIAL_CASES;
}

static long
resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long all = 0, resident = 0;

	if (file == NULL || fscanf(file, "%ld %ld", &all, &resident) != 2)
		exit(3);
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
bench_trial_memory(struct bench_trial *bench)
{
	unsigned many = getenv("BENCH_ALL") != NULL ? TRIAL_ALL : TRIAL_MANY;
	char what[64];
	long before, grown;

	run_trials(bench, 1000, true);
	before = resident_kib();
	run_trials(bench, many, false);
	run_trials(bench, many / 10, true);
	grown = resident_kib() - before;
	snprintf(what, sizeof(what), "memory that %u leave", many);
	printf("%-28s %10ld KiB   budget %ld  %s\n", what, grown, TRIAL_KIB_BUDGET,
	    grown <= TRIAL_KIB_BUDGET ? "ok" : "OVER");
}

static void
bench_trials(struct module *module, const char *floor_path)
{
	struct floor_module floor = floor_open(floor_path);
	struct bench_trial bench = { 0 };
	uint64_t theirs = 0;
	double each, forked;

	bench_trial_init(&bench, module);
	each = time_trials(&bench, false);
	for (unsigned i = 0; i < ROUNDS; i++)
		keep_best(&theirs, floor_once(&floor, FLOOR_PAGES));
	forked = time_forked_trials(&bench);
	rate("trials of 64 pages", each, TRIAL_BUDGET);
	rate("listing their points", time_trials(&bench, true), TRIAL_POINTS_BUDGET);
	printf("%-28s %10.2f us   floor of %u pages %.2f us   as a process %.0f us, "
	    "%.0f times as much\n", "one of them", each / 1e3, FLOOR_PAGES,
	    (double)theirs / 1e3, forked / 1e3, forked / each);
	bench_trial_memory(&bench);
	bench_trial_fini(&bench);
	module_close(floor.module);
}

/* ---- large guests ---- */

#define QUICK_PAGES (UINT64_C(1) << 22)

static bool
is_wanted(char **only, const char *what)
{
	if (*only == NULL)
		return true;
	while (*only != NULL)
		if (strcmp(*only++, what) == 0)
			return true;
	return false;
}

static const struct large {
	const char *what, *memory;
	unsigned long long pages;
	bool is_long;
} large_table[] = {
	{ "1 GiB", "1280MiB", UINT64_C(1) << 18, false },
	{ "16 GiB", "17GiB", UINT64_C(1) << 22, false },
	{ "256 GiB", "260GiB", UINT64_C(1) << 26, false },
	{ "1 TiB", "1040GiB", UINT64_C(1) << 28, true },
};

static void
run_large(const char *path, const struct large *large)
{
	struct module_error error;
	struct module *module = module_open(path, &error);

	if (module == NULL)
		exit(3);
	crash_install();
	run_once(load(large->pages, large->memory), module, NULL);
	exit(0);
}

static double
gib_available(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long long kib = 0;
	char line[128];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return (double)kib / (1 << 20);
}

/* Can it be run here and now?  Says why not. */
static bool
is_possible(const struct large *large)
{
	double need = (double)large->pages * PAGE_BYTES / (1 << 30), have = gib_available();

	if (need <= 0.9 * have)
		return true;
	printf("%-28s not run: it takes %.1f GiB of memory, and %.1f are available\n",
	    large->what, need, have);
	return false;
}

/* ms of processor time, 0: it failed. */
static double
time_once(const char *path, const struct large *large, double *mib)
{
	struct rusage usage;
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_large(path, large);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
		return 0;
	*mib = (double)usage.ru_maxrss / 1024;
	return usage_ms(&usage);
}

/* ns a page, 0: not run.  What takes long is run but once. */
static double
time_large(const char *path, const struct large *large, double small)
{
	unsigned rounds = large->pages < QUICK_PAGES ? 10 : large->pages > QUICK_PAGES ? 1 : 2;
	double best = 0, mib, page;

	if (!is_possible(large))
		return 0;
	for (unsigned i = 0; i < rounds; i++) {
		double took = time_once(path, large, &mib);

		if (took == 0) {
			printf("%-28s failed\n", large->what);
			return 0;
		}
		best = best == 0 || took < best ? took : best;
	}
	page = 1e6 * best / (2 * (double)large->pages);
	printf("%-28s %10.2f s   %6.2f ns a page   %8.1f MiB", large->what, best / 1e3, page,
	    mib);
	if (small > 0)
		printf("   ratio %.2f  budget %.1f  %s", page / small, FLAT_BUDGET,
		    page / small <= FLAT_BUDGET ? "ok" : "OVER");
	putchar('\n');
	return page;
}

static void
bench_large(const char *path, char **only)
{
	double small = 0, page;

	if (*only == NULL)
		puts("\ninflate and deflate, with a driver that may use all memory:");
	for (size_t i = 0; i < sizeof(large_table) / sizeof(large_table[0]); i++) {
		const struct large *large = &large_table[i];

		if (!is_wanted(only, large->what))
			continue;
		if (*only == NULL && large->is_long && getenv("BENCH_ALL") == NULL) {
			printf("%-28s not run: it takes about a minute; BENCH_ALL=1 runs it\n",
			    large->what);
			continue;
		}
		if (*only == NULL && large->pages > QUICK_PAGES && getenv("BENCH_QUICK") != NULL)
			continue;
		page = time_large(path, large, small);
		if (small == 0)
			small = page;
	}
}

int
main(int argc, char **argv)
{
	struct module_error error;
	struct module *module;

	if (argc < 4) {
		fputs("usage: bench DRIVER.so FLOOR.so LARGE.so "
		    "[floor | processes | trials | '1 GiB' ...]\n", stderr);
		return 2;
	}
	module = module_open(argv[1], &error);
	if (module == NULL) {
		fputs(error.text, stderr);
		return 2;
	}
	crash_install();
	if (is_wanted(argv + 4, "floor"))
		bench_floor(module, argv[2]);
	if (is_wanted(argv + 4, "processes"))
		bench_processes(module);
	if (is_wanted(argv + 4, "trials"))
		bench_trials(module, argv[2]);
	bench_large(argv[3], argv + 4);
	return 0;
}
