/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failing cases by what failed in them.
 */
#include "cli/run_output.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/width.h"
#include "cli/cli.h"
#include "report/report.h"
#include "scenario/text.h"

#define SAME_MAX 32			/* cases of a scenario that are named */
#define BESIDES_MAX 8			/* reasons beside the first that are named */

/* ---- reasons ---- */

void
run_reasons_add(struct run_reasons *reasons, const char *reason, size_t length)
{
	size_t i = 0;

	while (i < reasons->count && !text_is(reason, length, reasons->item[i].reason))
		i++;
	if (i == reasons->count)
		vec_add(reasons)->reason = xstrndup(reason, length);
	reasons->item[i].cases++;
}

void
run_reasons_fini(struct run_reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		free(reasons->item[i].reason);
	vec_fini(reasons);
}

/* ---- alike ---- */

/* Do two texts read the same but for their numbers?  That of a known defect is a name. */
static bool
is_alike(const char *a, const char *b)
{
	const char *const number = "0123456789abcdefx.";
	const char *name = strstr(a, "(looks like "), *other = strstr(b, "(looks like ");

	if (name != NULL && other != NULL && strcmp(name, other) != 0)
		return false;
	while (*a != '\0' && *b != '\0') {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, number);
			b += strspn(b, number);
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

/* Place and rule must be the very same: they stand before the second ": ". */
static bool
is_same_reason(const char *a, const char *b)
{
	const char *rule = strstr(a, ": "), *text = rule != NULL ? strstr(rule + 2, ": ") : NULL;
	size_t head = text != NULL ? (size_t)(text - a) : 0;

	return strncmp(a, b, head) == 0 && strlen(b) >= head && is_alike(a + head, b + head);
}

/* The next line of *rest, on the heap; NULL when there is none. */
static char *
next_line(const char **rest)
{
	size_t length = strcspn(*rest, "\n");
	const char *line = *rest;

	if (length == 0)
		return NULL;
	*rest += length + (line[length] == '\n');
	return xstrndup(line, length);
}

static bool
are_same_reasons(const char *a, const char *b)
{
	bool same = true;

	while (same) {
		char *x = next_line(&a), *y = next_line(&b);
		bool end = x == NULL && y == NULL;

		same = end || (x != NULL && y != NULL && is_same_reason(x, y));
		free(x);
		free(y);
		if (end)
			break;
	}
	return same;
}

/* ---- a case ---- */

static struct run_group *
group_of(struct run_groups *groups, const char *reason, const char *id)
{
	struct run_group *group;

	for (size_t i = 0; i < groups->groups.count; i++)
		if (is_same_reason(groups->groups.item[i].first.reason, reason))
			return &groups->groups.item[i];
	group = vec_add(&groups->groups);
	group->first.reason = xstrdup(reason);
	group->first_id = xstrdup(id);
	return group;
}

/* A reason counts once a case: `counted` says which have, and has room for all. */
static void
add_beside(struct run_group *group, const char *reason, bool *counted)
{
	size_t i = 0;

	while (i < group->besides.count && !is_same_reason(group->besides.item[i].reason, reason))
		i++;
	if (i == group->besides.count)
		vec_add(&group->besides)->reason = xstrdup(reason);
	if (!counted[i])
		group->besides.item[i].cases++;
	counted[i] = true;
}

static void
add_to_groups(struct run_groups *groups, const char *id, const char *reasons)
{
	char *reason = next_line(&reasons);
	struct run_group *group = group_of(groups, reason != NULL ? reason : "", id);
	size_t lines = 1;
	bool *counted;

	for (const char *p = reasons; *p != '\0'; p++)
		lines += *p == '\n';
	counted = xcalloc(group->besides.count + lines, sizeof(counted[0]));
	group->first.cases++;
	free(reason);
	while ((reason = next_line(&reasons)) != NULL) {
		add_beside(group, reason, counted);
		free(reason);
	}
	free(counted);
}

bool
run_groups_add(struct run_groups *groups, const char *id, const char *scenario,
    const char *reasons)
{
	struct run_same *same;

	add_to_groups(groups, id, reasons);
	for (size_t i = 0; i < groups->sames.count; i++) {
		same = &groups->sames.item[i];
		if (are_same_reasons(same->reasons, reasons)) {
			*vec_add(&same->ids) = xstrdup(id);
			return false;
		}
	}
	same = vec_add(&groups->sames);
	same->reasons = xstrdup(reasons);
	same->scenario = xstrdup(scenario);
	same->first_id = xstrdup(id);
	return true;
}

/* ---- the end of a scenario ---- */

/* What an id has behind the scenario's; all of it where it does not begin with that. */
static const char *
tail_of(const char *id, const char *scenario)
{
	size_t length = strlen(scenario);

	return strncmp(id, scenario, length) == 0 && id[length] != '\0' ? id + length : id;
}

static void
print_same(const struct run_same *same, FILE *stream)
{
	size_t count = same->ids.count, shown = count < SAME_MAX ? count : SAME_MAX;
	struct sbuf buf;
	FILE *line = sbuf_open(&buf);

	fprintf(stream, "%zu other case%s of %s fail%s like %s:\n", count,
	    plural(count), same->scenario, count == 1 ? "s" : "",
	    same->first_id);
	for (size_t i = 0; i < shown; i++)
		fprintf(line, "%s%s", i > 0 ? " " : "", tail_of(same->ids.item[i], same->scenario));
	if (shown < count)
		fprintf(line, " and %zu more", count - shown);
	fputs("  ", stream);
	report_wrap(stream, sbuf_close(&buf), 2, 2, width_of(stream));
	fputs("\n\n", stream);
	free(buf.text);
}

static void
free_same(struct run_same *same)
{
	for (size_t i = 0; i < same->ids.count; i++)
		free(same->ids.item[i]);
	vec_fini(&same->ids);
	free(same->reasons);
	free(same->scenario);
	free(same->first_id);
}

void
run_groups_same(struct run_groups *groups, FILE *stream)
{
	for (size_t i = 0; i < groups->sames.count; i++) {
		if (stream != NULL && groups->sames.item[i].ids.count > 0)
			print_same(&groups->sames.item[i], stream);
		free_same(&groups->sames.item[i]);
	}
	vec_fini(&groups->sames);
}

/* ---- the end of the run ---- */

/* Of two reasons, or of groups, which begin with one. */
static int
by_cases(const void *a, const void *b)
{
	const struct run_reason *x = a, *y = b;

	if (x->cases != y->cases)
		return x->cases < y->cases ? 1 : -1;
	return strcmp(x->reason, y->reason);
}

static void
print_group(struct run_group *group, FILE *stream)
{
	size_t count = group->besides.count, shown = count < BESIDES_MAX ? count : BESIDES_MAX;

	fprintf(stream, "  %4zu case%s  %s\n               first in %s\n",
	    group->first.cases, group->first.cases == 1 ? " " : "s", group->first.reason,
	    group->first_id);
	if (shown > 0)
		qsort(group->besides.item, count, sizeof(struct run_reason), by_cases);
	for (size_t i = 0; i < shown; i++) {
		const struct run_reason *beside = &group->besides.item[i];

		fprintf(stream, "               also in %zu case%s: %s\n", beside->cases,
		    plural(beside->cases), beside->reason);
	}
	if (shown < count)
		fprintf(stream, "               and %zu more, not listed\n", count - shown);
}

void
run_groups_print(struct run_groups *groups, FILE *stream)
{
	if (groups->groups.count == 0)
		return;
	qsort(groups->groups.item, groups->groups.count, sizeof(struct run_group), by_cases);
	fputs("failures, most frequent first:\n", stream);
	for (size_t i = 0; i < groups->groups.count; i++)
		print_group(&groups->groups.item[i], stream);
	putc('\n', stream);
}

void
run_groups_fini(struct run_groups *groups)
{
	vec_each(group, &groups->groups) {
		run_reasons_fini(&group->besides);
		free(group->first.reason);
		free(group->first_id);
	}
	vec_fini(&groups->groups);
	run_groups_same(groups, NULL);
}
