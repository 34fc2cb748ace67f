/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * make bench: what a ballooned page and a whole run cost, beside the floor.
 *
 * Everything is measured in this one program and printed as ratios; the times beside them are
 * of this machine.  usage: bench DRIVER.so FLOOR.so LARGE.so
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "bench/floor.h"
#include "machine/crash.h"
#include "run/isolate.h"
#include "run/run.h"

#define PAGE_PAGES 8192u		/* pages of the cost-per-page measurement */
#define RUN_PAGES 1024u			/* pages of a small whole run */
#define ROUNDS 7			/* the best of so many */

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct scenario_doc *
story(unsigned long long pages, const char *memory)
{
	char text[1024];
	struct diag_list diags;
	struct scenario_doc *doc;

	snprintf(text, sizeof(text),
	    "format: 1\nscenario: bench\nsummary: Inflate and deflate.\n"
	    "machine: {memory: %s}\n"
	    "machines: [{transport: virtio-1.0, dma: coherent}]\n"
	    "device: {type: balloon, latency: 1us}\n"
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

/* One run; the program ends when it was not a clean one. */
static uint64_t
run_once(const struct scenario_doc *doc, struct module *module, struct shelf *shelf)
{
	struct run_options options = { .module = module, .shelf = shelf };
	struct run_result result;
	struct scenario_case *c;
	size_t count;
	uint64_t start, took;

	c = scenario_cases(doc, NULL, &count);
	start = now_ns();
	run_case(c, &options, &result);
	took = now_ns() - start;
	if (result.findings.count > 0 || result.failures > 0) {
		fprintf(stderr, "bench: the run was not clean: %s %s\n",
		    result.findings.count > 0 ? result.findings.item[0].text :
		    result.failure[0].expected,
		    result.findings.count > 0 ? result.findings.item[0].rule->id :
		    result.failure[0].actual);
		exit(3);
	}
	run_result_fini(&result);
	scenario_cases_free(c, count);
	return took;
}

static uint64_t
best_run(unsigned pages, struct module *module)
{
	struct scenario_doc *doc = story(pages, "64MiB");
	uint64_t best = UINT64_MAX;
	struct shelf shelf;

	shelf_init(&shelf);
	for (int i = 0; i < 20 * ROUNDS; i++) {
		uint64_t took = run_once(doc, module, &shelf);

		if (took < best)
			best = took;
	}
	shelf_fini(&shelf);
	scenario_doc_free(doc);
	return best;
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
best_floor(const struct floor_module *floor, unsigned pages)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 20 * ROUNDS; i++) {
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
		if (took < best)
			best = took;
	}
	return best;
}

static void
ratio(const char *what, double ours, double floor, double budget, const char *unit)
{
	printf("%-28s %10.2f %-3s  floor %8.2f %-3s  ratio %6.2f  budget %.1f  %s\n", what,
	    ours, unit, floor, unit, ours / floor, budget,
	    ours / floor <= budget ? "ok" : "OVER");
}

static void
bench_floor(struct module *module, const char *floor_path)
{
	struct floor_module floor = floor_open(floor_path);
	uint64_t small = best_run(RUN_PAGES, module), large = best_run(PAGE_PAGES, module);
	uint64_t floor_small = best_floor(&floor, RUN_PAGES);
	uint64_t floor_large = best_floor(&floor, PAGE_PAGES);

	/* What more pages cost, free of what every run costs; a page is moved twice. */
	ratio("a ballooned page", (double)(large - small) / (2 * (PAGE_PAGES - RUN_PAGES)),
	    (double)(floor_large - floor_small) / (2 * (PAGE_PAGES - RUN_PAGES)), 4.0, "ns");
	ratio("a whole run of 8192 pages", (double)large / 1000, (double)floor_large / 1000,
	    3.5, "us");
	printf("%-28s %10.2f us\n", "a whole run of 1024 pages", (double)small / 1000);
	printf("%-28s %10.0f /s\n", "such runs in one process", 1e9 / (double)small);
}

/* ---- cases as processes ---- */

struct forked {
	struct module *module;
	struct scenario_doc *doc;
};

static void
forked_child(void *arg, size_t index, struct isolated *result, FILE *text[ISOLATE_TEXTS])
{
	struct forked *forked = arg;

	(void)index;
	(void)result;
	(void)text;
	crash_install();
	run_once(forked->doc, forked->module, NULL);
}

static bool
forked_done(void *arg, size_t index, const struct isolated *result)
{
	(void)arg;
	(void)index;
	return result->verdict.verdict == VERDICT_PASS;
}

static void
bench_processes(struct module *module)
{
	struct forked forked = { .module = module, .doc = story(RUN_PAGES, "64MiB") };
	struct isolate_work work = {
		.count = 2000, .jobs = 2, .child = forked_child, .done = forked_done,
		.arg = &forked,
	};
	uint64_t start = now_ns(), took;

	if (!isolate_run(&work))
		exit(3);
	took = now_ns() - start;
	printf("%-28s %10.0f /s (%.2f ms each, 2 at a time)\n", "such runs as processes",
	    2000 * 1e9 / (double)took, 2 * (double)took / 2000 / 1e6);
	scenario_doc_free(forked.doc);
}

/* ---- large guests ---- */

static const struct large {
	const char *what, *memory;
	unsigned long long pages;
} large_table[] = {
	{ "1 GiB", "1280MiB", UINT64_C(1) << 18 },
	{ "16 GiB", "17GiB", UINT64_C(1) << 22 },
	{ "256 GiB", "260GiB", UINT64_C(1) << 26 },
	{ "1 TiB", "1040GiB", UINT64_C(1) << 28 },
};

static void
run_large(const char *path, const struct large *large)
{
	struct module_error error;
	struct module *module = module_open(path, &error);

	if (module == NULL)
		exit(3);
	crash_install();
	run_once(story(large->pages, large->memory), module, NULL);
	exit(0);
}

static void
bench_large(const char *path, const struct large *large)
{
	struct rusage usage;
	pid_t pid;
	int status;
	uint64_t start = now_ns(), took;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_large(path, large);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		printf("%-28s failed\n", large->what);
		return;
	}
	took = now_ns() - start;
	printf("%-28s %10.3f s   %6.2f ns a page   %8.1f MiB\n", large->what,
	    (double)took / 1e9, (double)took / (2 * (double)large->pages),
	    (double)usage.ru_maxrss / 1024);
}

/* ---- which of them ---- */

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

int
main(int argc, char **argv)
{
	struct module_error error;
	struct module *module;

	if (argc < 4) {
		fputs("usage: bench DRIVER.so FLOOR.so LARGE.so "
		    "[floor | processes | '1 GiB' ...]\n", stderr);
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
	for (size_t i = 0; i < sizeof(large_table) / sizeof(large_table[0]); i++)
		if (is_wanted(argv + 4, large_table[i].what))
			bench_large(argv[3], &large_table[i]);
	return 0;
}
