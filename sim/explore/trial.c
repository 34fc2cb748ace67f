/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many runs in one process: see trial.h.
 */
#include "explore/trial.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine/crash.h"
#include "run/source.h"
#include "run/verdict.h"

static struct module *
open_nodiag(const struct module *module)
{
	struct module_error error;
	struct module *nodiag;
	char path[4096];

	if (!module_nodiag_path(module_path(module), path, sizeof(path)) ||
	    access(path, R_OK) != 0)
		return NULL;
	nodiag = module_open(path, &error);
	if (nodiag == NULL) {
		fputs(error.text, stderr);
		module_error_fini(&error);
	}
	return nodiag;
}

void
trial_init(struct trial *trial, struct module *module, const struct manifest *manifest)
{
	*trial = (struct trial){
		.module = module, .nodiag = open_nodiag(module),
		.manifest = manifest, .recorder = recorder_new(),
	};
	crash_install();
}

void
trial_fini(struct trial *trial)
{
	recorder_free(trial->recorder);
	regions_fini(&trial->regions);
	module_close(trial->nodiag);
	memset(trial, 0, sizeof(*trial));
}

struct module *
trial_module(const struct trial *trial, const struct scenario_machine *machine)
{
	return machine->diagnostic ? trial->module : trial->nodiag;
}

/* ---- what a run found ---- */

/*
 * Which page or slot it was, and how many, is chance; what was done to it is the mistake.  What
 * stands behind a semicolon is an example.
 */
static size_t
without_numbers(const char *text, char *plain)
{
	size_t length = 0;

	while (*text != '\0' && *text != ';') {
		if (text[0] == '0' && text[1] == 'x')
			text += 2 + strspn(text + 2, "0123456789abcdef");
		else if (isdigit((unsigned char)*text))
			text++;
		else if (strncmp(text, "pages", 5) == 0)
			text += 5;
		else if (strncmp(text, "page", 4) == 0)
			text += 4;
		else
			plain[length++] = *text++;
	}
	return length;
}

static uint64_t
key_of(const struct trial_finding *finding)
{
	char text[sizeof(finding->text) + 257];
	size_t length = (size_t)snprintf(text, 256, "%s %s:%u ", finding->rule->id,
	    finding->function, finding->line);

	if (finding->line == 0)
		length += without_numbers(finding->text, text + length);
	/* The same under circumstances of a known defect and under others are two. */
	if (finding->like[0] != '\0')
		text[length++] = '!';
	return trace_hash(text, length);
}

/* What the scenario itself does wrong is no finding of an exploration. */
static bool
is_scenarios(const struct finding *finding)
{
	return strncmp(finding->rule->id, "scenario.", 9) == 0;
}

static void
identify(const struct trial *trial, struct source *source, const struct finding *finding,
    const struct run_result *run, struct trial_finding *kept)
{
	struct defect_like like;
	struct source_pos pos;

	*kept = (struct trial_finding){
		.rule = finding->rule, .time_ns = finding->time_ns, .seq = finding->seq,
	};
	if (finding->site != 0 && source_lookup(source, finding->site, &pos)) {
		snprintf(kept->function, sizeof(kept->function), "%s", pos.function);
		snprintf(kept->file, sizeof(kept->file), "%s", pos.file);
		kept->line = pos.line;
	}
	memcpy(kept->text, finding->text, sizeof(kept->text));
	kept->defect = verdict_finding(finding, run, trial->manifest, NULL, source, &like);
	if (like.defect != NULL)
		snprintf(kept->like, sizeof(kept->like), "%s under other circumstances: %s",
		    like.defect->id, like.why);
	kept->key = key_of(kept);
}

static void
keep(const struct trial *trial, struct source *source, const struct finding *finding,
    const struct run_result *run, struct trial_result *result)
{
	struct trial_finding *kept = &result->finding[result->findings];

	if (is_scenarios(finding))
		return;
	identify(trial, source, finding, run, kept);
	if (trial_find(result, kept->key) == NULL)
		result->findings++;
}

static void
take_over(const struct trial *trial, struct source *source, const struct run_result *run,
    struct trial_result *result)
{
	result->findings = result->dropped = 0;
	for (size_t i = 0; i < run->findings.count; i++)
		if (result->findings < TRIAL_FINDINGS_MAX)
			keep(trial, source, &run->findings.item[i], run, result);
		else
			result->dropped++;
	result->digest = run->digest;
	result->end = run->end;
	result->counts = run->counts;
	result->loops = run->loops;
}

/* A run has shown what it is for. */
static uint32_t
more_events(void *arg, const struct findings *findings)
{
	const struct trial *trial = arg;
	const struct finding *newest = &findings->item[findings->count - 1];
	struct trial_finding kept;

	if (newest->rule->severity != SEVERITY_ERROR || is_scenarios(newest))
		return UINT32_MAX;
	identify(trial, trial->source, newest, trial->running, &kept);
	return kept.defect == NULL && trial_find(trial->parent, kept.key) == NULL ?
	    trial->events_after : UINT32_MAX;
}

void
trial_watch(struct trial *trial, const struct scenario_case *c, struct run_options *run,
    struct run_result *result)
{
	run->module = trial_module(trial, c->machine);
	run->regions = &trial->regions;
	run->loops = trial->loops;
	trial->source = module_source(run->module);
	trial->running = result;
	if (trial->parent != NULL) {
		run->more_events = more_events;
		run->more_arg = trial;
	}
	assert(run->module != NULL);
	crash_limit(CRASH_SECONDS);
	run_case(c, run, result);
	crash_limit(0);
	trial->runs++;
}

void
trial_run(struct trial *trial, const struct scenario_case *c, struct inject_points *points,
    struct trial_result *result)
{
	struct module *module = trial_module(trial, c->machine);
	struct run_options options = { .started = trial->started, .arg = trial->arg };
	struct run_result run;

	assert(module != NULL);
	if (points != NULL) {
		recorder_into(trial->recorder, module, points);
		options.started = recorder_start;
		options.arg = trial->recorder;
	}
	trial_watch(trial, c, &options, &run);
	take_over(trial, module_source(module), &run, result);
	run_result_fini(&run);
}

const char *
trial_ended_early(const struct trial_result *result)
{
	if (result->end == WORLD_RUNNING || result->end == WORLD_STOPPED)
		return NULL;
	/* The kernel is gone, and not by the driver: there is nothing after that to try. */
	if (result->end == WORLD_DEVICE_FAULT)
		return NULL;
	for (unsigned i = 0; i < result->findings; i++)
		if (result->finding[i].defect != NULL &&
		    result->finding[i].rule->severity == SEVERITY_ERROR)
			return NULL;
	return world_end_word(result->end);
}

const struct trial_finding *
trial_find(const struct trial_result *result, uint64_t key)
{
	for (unsigned i = 0; i < result->findings; i++)
		if (result->finding[i].key == key)
			return &result->finding[i];
	return NULL;
}
