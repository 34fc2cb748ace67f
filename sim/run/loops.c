/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Known endless loops: see loops.h.
 */
#include "run/loops.h"

#include <stdio.h>

static struct loops_row *
find(const struct loops *loops, bool diagnostic, uint32_t site)
{
	for (unsigned i = 0; i < loops->count; i++) {
		const struct loops_row *row = &loops->row[i];

		if (row->site == site && row->diagnostic == diagnostic)
			return (struct loops_row *)(uintptr_t)row;
	}
	return NULL;
}

bool
loops_knows(const struct loops *loops, bool diagnostic, uint32_t site)
{
	const struct loops_row *row = find(loops, diagnostic, site);

	return row != NULL && row->cases >= LOOPS_ENOUGH;
}

void
loops_meet(struct loops_met *met, uint32_t site)
{
	for (unsigned i = 0; i < met->earlies; i++)
		if (met->early[i] == site)
			return;
	if (met->earlies < LOOPS_EARLY_MAX)
		met->early[met->earlies++] = site;
}

const struct loops_row *
loops_take(struct loops *loops, const struct loops_met *met)
{
	struct loops_row *row;

	for (unsigned i = 0; i < met->earlies; i++)
		if (loops_knows(loops, met->diagnostic, met->early[i]))
			return find(loops, met->diagnostic, met->early[i]);
	if (met->end == 0)
		return NULL;
	if (loops_knows(loops, met->diagnostic, met->end))
		return find(loops, met->diagnostic, met->end);
	row = find(loops, met->diagnostic, met->end);
	if (row == NULL && loops->count < LOOPS_MAX) {
		row = &loops->row[loops->count++];
		*row = (struct loops_row){ .site = met->end, .diagnostic = met->diagnostic };
		snprintf(row->where, sizeof(row->where), "%s", met->where);
	}
	if (row != NULL)
		row->cases++;
	return NULL;
}
