/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes as scenarios: see bytes.h.
 */
#include "explore/bytes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "explore/generate.h"
#include "explore/baseline.h"

const char *const bytes_scenarios[] = {
	"inflate/exact-request", "inflate/two-requests", "deflate/odd-to-zero",
	"deflate/raised-in-flight", "memory/allocation-fails", "target/same-again", NULL
};

void
bytes_init(struct bytes *bytes, struct trial *trial)
{
	*bytes = (struct bytes){ .trial = trial };
	bytes->base = xcalloc(BYTES_BASES_MAX, sizeof(bytes->base[0]));
}

void
bytes_fini(struct bytes *bytes)
{
	for (size_t i = 0; i < bytes->count; i++) {
		edit_free(bytes->base[i].edit);
		vec_fini(&bytes->base[i].points);
	}
	free(bytes->base);
	*bytes = (struct bytes){ .trial = NULL };
}

bool
bytes_add(struct bytes *bytes, const struct scenario_case *c)
{
	struct bytes_base *base = &bytes->base[bytes->count];
	struct scenario_case plain = *c;

	for (size_t i = 0; i < bytes->count; i++)
		if (bytes->base[i].of == c->scenario)
			return true;
	if (trial_module(bytes->trial, c->machine) == NULL)
		return false;
	if (bytes->count == BYTES_BASES_MAX) {
		bytes->left_out++;
		return false;
	}
	plain.has_seed = false;
	base->of = c->scenario;
	base->edit = baseline_new(bytes->trial, &plain, NULL);
	trial_run(bytes->trial, edit_case(base->edit), &base->points, &base->result);
	bytes->count++;
	return true;
}

const struct bytes_base *
bytes_base_of(const struct bytes *bytes, const void *data, size_t size)
{
	assert(bytes->count > 0);
	return &bytes->base[size > 0 ? *(const uint8_t *)data % bytes->count : 0];
}

struct edit *
bytes_edit(const struct bytes *bytes, const void *data, size_t size)
{
	const struct bytes_base *base = bytes_base_of(bytes, data, size);
	struct choice choice;
	struct edit *edit;

	if (size > 1)
		choice_init_bytes(&choice, (const uint8_t *)data + 1, size - 1);
	else
		choice_init_default(&choice);
	edit = generate(&choice, base->edit, &base->points, bytes->trial->nodiag != NULL);
	choice_fini(&choice);
	return edit;
}

bool
bytes_is_new(const struct bytes *bytes, const struct trial_finding *finding)
{
	if (finding->rule->severity != SEVERITY_ERROR || finding->defect != NULL)
		return false;
	for (size_t i = 0; i < bytes->count; i++)
		if (trial_find(&bytes->base[i].result, finding->key) != NULL)
			return false;
	return true;
}
