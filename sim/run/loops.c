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

const struct loops_row *
loops_find(const struct loops *loops, bool diagnostic, uint32_t site)
{
	const struct loops_row *row = find(loops, diagnostic, site);

	return row != NULL && row->cases >= LOOPS_ENOUGH ? row : NULL;
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

static struct loops_row *
find_or_add(struct loops *loops, const struct loops_met *met)
{
	struct loops_row *row = find(loops, met->diagnostic, met->end);

	if (row != NULL || loops->count == LOOPS_MAX)
		return row;
	row = &loops->row[loops->count++];
	*row = (struct loops_row){
		.site = met->end, .diagnostic = met->diagnostic, .line = met->line,
	};
	snprintf(row->where, sizeof(row->where), "%s", met->where);
	return row;
}

const struct loops_row *
loops_take(struct loops *loops, const struct loops_met *met)
{
	const struct loops_row *known;
	struct loops_row *row;

	for (unsigned i = 0; i < met->earlies; i++)
		if ((known = loops_find(loops, met->diagnostic, met->early[i])) != NULL)
			return known;
	if (met->end == 0)
		return NULL;
	if ((known = loops_find(loops, met->diagnostic, met->end)) != NULL)
		return known;
	row = find_or_add(loops, met);
	if (row != NULL)
		row->cases++;
	return NULL;
}

void
loops_learn(struct loops *loops, const struct loops_met *met)
{
	struct loops_row *row = met->end != 0 ? find_or_add(loops, met) : NULL;

	if (row != NULL)
		row->cases = LOOPS_ENOUGH;
}
