/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim explain REPLAY-ID: the effective configuration of a case, as a scenario that runs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "device/class.h"
#include "scenario/arena.h"

/* Comments, so that what follows stays a scenario. */
static void
print_head(const struct scenario_case *c, const struct manifest *manifest, FILE *stream)
{
	fprintf(stream, "# %s\n", c->id);
	for (size_t i = 0; manifest != NULL && i < manifest->count; i++) {
		const struct defect *defect = &manifest->defects[i];

		if (defect_names(defect, c->scenario->id))
			fprintf(stream, "# known defect %s of %s: %s\n", defect->id,
			    manifest->path, defect->title);
	}
}

void
cli_case_print(const struct scenario_case *c, const struct manifest *manifest, FILE *stream)
{
	struct scenario scenario = *c->scenario;
	struct scenario_case whole = *c;
	const struct device_class *class = device_class_of(scenario.device.type);
	const struct scenario_own *own = &c->scenario->device.own;
	struct arena *arena = arena_new();

	whole.scenario = &scenario;
	scenario.device.own.object = arena_calloc(arena, 1, own->map->size);
	memcpy(scenario.device.own.object, own->object, own->map->size);
	if (class->resolve != NULL)
		class->resolve(scenario.device.own.object, c->machine->hz, arena);
	print_head(c, manifest, stream);
	scenario_case_print(&whole, stream);
	arena_free(arena);
}

bool
cli_explain_case(const char *id, const struct manifest *manifest)
{
	struct cli_cases cases = { 0 };
	char *name = xstrdup(id);
	bool good = cli_collect(&cases, &name, 1);

	if (good && cases.count > 1) {
		fprintf(stderr, "viosim explain: %s has %zu cases; name one (`viosim list --cases "
		    "%s` lists them), such as\n  viosim explain '%s'\n", id, cases.count, id,
		    cases.item[0].c->id);
		good = false;
	}
	if (good)
		cli_case_print(cases.item[0].c, manifest, stdout);
	cli_cases_fini(&cases);
	free(name);
	return good;
}
