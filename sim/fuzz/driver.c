/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzzer's target: the driver.
 *
 * The bytes are the choices that make a variant of a scenario (explore/generate.h); it is run in
 * this process.  A finding that is an error, no known defect, and not there in the baseline runs
 * is a crash.  The fuzzer sees where the run went: each place of the driver, an access to
 * memory or a kernel call, together with the place before, whichever context that was in.
 *
 * Environment:
 *	VIOSIM_FUZZ_DRIVER	the module (default build/viomb.so)
 *	VIOSIM_FUZZ_MANIFEST	its manifest (default as for `viosim run`; empty: none)
 *	VIOSIM_FUZZ_SCENARIO	base scenarios, with spaces between
 *	VIOSIM_FUZZ_SEEN	a file: each mistake is a crash once, then it stands there
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/alloc.h"
#include "cli/cli.h"
#include "explore/generate.h"

#define COUNTERS (1u << 16)
#define NAMES_MAX BYTES_BASES_MAX

int	LLVMFuzzerInitialize(int *argc, char ***argv);
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fuzzer hands no state over from call to call. */
static struct target {
	struct cli_cases cases;
	struct module *module;
	struct manifest *manifest;
	struct trial trial;
	struct bytes bytes;
	/* of the present run */
	struct world *world;
	uint32_t before;
} target;

/* ---- what the fuzzer sees ---- */

#ifdef __AFL_COMPILER
/* Guards, as the compiler makes them for AFL, which must know them before it makes its map. */
void	__sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void	__sanitizer_cov_trace_pc_guard(uint32_t *guard);
static uint32_t guard[COUNTERS];

static __attribute__((constructor(2))) void
reserve(void)
{
	__sanitizer_cov_trace_pc_guard_init(guard, guard + COUNTERS);
}

static void
count(uint32_t n)
{
	__sanitizer_cov_trace_pc_guard(&guard[n]);
}
#else
static __attribute__((section("__libfuzzer_extra_counters"), used)) uint8_t counter[COUNTERS];

static void
count(uint32_t n)
{
	if (counter[n] < UINT8_MAX)
		counter[n]++;
}
#endif

static void
come_to(uint32_t place)
{
	uint32_t edge = (place ^ (target.before << 7 | target.before >> 25)) *
	    UINT32_C(0x9e3779b1);

	count(edge >> 16);
	target.before = place;
}

static void
look_at_point(void *self, enum point_kind kind, unsigned what)
{
	(void)self;
	come_to(target.world->running->site * 8 + 1 + (uint32_t)kind + (what << 20));
}

static void
look_at_access(void *self, uintptr_t address, unsigned size, bool write, const void *pc)
{
	(void)self;
	(void)address;
	(void)size;
	(void)write;
	come_to((uint32_t)((uintptr_t)pc - target.world->module_low) * 8);
}

static void
look_on(void *arg, struct world *world)
{
	(void)arg;
	target.world = world;
	target.before = 0;
	world_look_on(world, &(struct point_observer){
		.point = look_at_point, .access = look_at_access,
	});
}

/* ---- beginning ---- */

/* Words of a text, which is cut up. */
static size_t
cut(char *text, char *word[NAMES_MAX])
{
	size_t count = 0;

	for (char *w = strtok(text, " "); w != NULL && count < NAMES_MAX; w = strtok(NULL, " "))
		word[count++] = w;
	return count;
}

static bool
collect(void)
{
	const char *names = getenv("VIOSIM_FUZZ_SCENARIO");
	char *copy = xstrdup(names != NULL ? names : ""), *word[NAMES_MAX];
	size_t count;
	bool good;

	count = cut(copy, word);
	while (names == NULL && bytes_scenarios[count] != NULL) {
		word[count] = (char *)(uintptr_t)bytes_scenarios[count];
		count++;
	}
	good = cli_collect(&target.cases, word, count);
	free(copy);
	return good;
}

static bool
open_driver(void)
{
	const char *driver = getenv("VIOSIM_FUZZ_DRIVER");
	const char *manifest = getenv("VIOSIM_FUZZ_MANIFEST");
	bool bad = false;

	target.module = cli_module_open(driver != NULL ? driver : CLI_DRIVER_DEFAULT);
	if (target.module == NULL)
		return false;
	if (manifest == NULL || *manifest != '\0')
		target.manifest = cli_manifest_open(manifest, target.module, &bad);
	return !bad;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!collect() || !open_driver())
		exit(CLI_USAGE);
	trial_init(&target.trial, target.module, target.manifest);
	bytes_init(&target.bytes, &target.trial);
	for (size_t i = 0; i < target.cases.count; i++)
		bytes_add(&target.bytes, target.cases.item[i].c);
	if (target.bytes.left_out > 0)
		fprintf(stderr, "driver: %zu case%s never chosen: a byte picks one of %d "
		    "scenarios\n", target.bytes.left_out, plural(target.bytes.left_out),
		    BYTES_BASES_MAX);
	if (target.bytes.count == 0) {
		fputs("driver: no scenario can be run with that driver\n", stderr);
		exit(CLI_USAGE);
	}
	target.trial.started = look_on;
	return 0;
}

/* ---- one run ---- */

/* Whether it was a crash before, of this process or another; from now on it was. */
static bool
was_seen(const struct trial_finding *finding)
{
	const char *path = getenv("VIOSIM_FUZZ_SEEN");
	FILE *seen = path != NULL ? fopen(path, "a+") : NULL;
	char line[160], key[20];
	bool was = false;

	if (seen == NULL)
		return false;
	snprintf(key, sizeof(key), "%016" PRIx64, finding->key);
	while (!was && fgets(line, sizeof(line), seen) != NULL)
		was = strncmp(line, key, strlen(key)) == 0;
	if (!was)
		fprintf(seen, "%s %s %s\n", key, finding->rule->id, finding->function);
	fclose(seen);
	return was;
}

static void
look_at(const struct trial_finding *finding)
{
	if (!bytes_is_new(&target.bytes, finding) || was_seen(finding))
		return;
	fprintf(stderr, "driver: %s: %s\n", finding->rule->id, finding->text);
	if (finding->line != 0)
		fprintf(stderr, "  at %s:%u (%s)\n", finding->file, finding->line,
		    finding->function);
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct edit *edit = bytes_edit(&target.bytes, data, size);
	struct trial_result result;

	trial_run(&target.trial, edit_case(edit), NULL, &result);
	for (unsigned i = 0; i < result.findings; i++)
		look_at(&result.finding[i]);
	edit_free(edit);
	return 0;
}
