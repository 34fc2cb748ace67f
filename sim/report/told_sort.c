/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What failed in a case, and which cases failed alike: see page.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "report/story.h"
#include "report/json.h"
#include "report/told.h"

bool
page_is_new(const json_t *finding)
{
	return *page_get(finding, "known") == '\0';
}

static bool
is_error(const json_t *finding)
{
	return strcmp(page_get(finding, "severity"), "error") == 0;
}

/* The first of the list that no known defect explains. */
static json_t *
first_new(const json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (page_is_new(one))
			return one;
	return NULL;
}

json_t *
page_reason(const struct page_told *told)
{
	json_t *failure = first_new(told->failures), *nearest = NULL, *one;
	size_t i;

	json_array_foreach(told->findings, i, one)
		if (page_is_new(one) && (nearest == NULL ||
		    page_number(one, "rank") < page_number(nearest, "rank")))
			nearest = one;
	if (nearest != NULL && failure != NULL &&
	    page_number(nearest, "rank") >= STORY_BESIDE)
		return failure;
	return nearest != NULL ? nearest : failure;
}

/* A failure has no group: it is where it stands. */
static void
print_cause(const json_t *reason, FILE *stream)
{
	if (*page_get(reason, "finding") != '\0')
		fputs(page_get(reason, "group"), stream);
	else if (*page_get(reason, "failure") != '\0')
		fprintf(stream, "%s|%s|%lld|%s", page_get(reason, "failure"),
		    page_get(reason, "file"), (long long)page_number(reason, "line"),
		    page_get(reason, "expected"));
	else
		fprintf(stream, "%s|%s", page_get(reason, "verdict"),
		    page_get(reason, "reason"));
}

char *
page_cause_of(const json_t *reason)
{
	return SBUF_TEXT(stream, print_cause(reason, stream));
}

static void
add_cause(json_t *set, const json_t *reason)
{
	char *cause = page_cause_of(reason);

	json_put(set, cause, json_null());
	free(cause);
}

char *
page_key_of(const struct page_told *told)
{
	json_t *reason = page_reason(told), *set = json_object(), *one;
	char *text, *main, *key;
	size_t i;

	json_array_foreach(told->findings, i, one)
		if (page_is_new(one) && is_error(one))
			add_cause(set, one);
	json_array_foreach(told->failures, i, one)
		if (page_is_new(one))
			add_cause(set, one);
	text = json_dumps(set, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		out_of_memory();
	main = page_cause_of(reason != NULL ? reason : told->verdict);
	key = xasprintf("%s %s", main, text);
	free(main);
	free(text);
	json_decref(set);
	return key;
}

static struct page_cause *
cause_of(struct page *page, const char *cause)
{
	struct page_cause *new;

	vec_each(one, &page->causes)
		if (strcmp(one->cause, cause) == 0)
			return one;
	new = vec_add(&page->causes);
	new->cause = cause;
	return new;
}

static int
by_cases(const void *a, const void *b)
{
	const struct page_cause *x = a, *y = b;

	if (x->cases != y->cases)
		return x->cases > y->cases ? -1 : 1;
	return x->kinds.item[0] > y->kinds.item[0] ? 1 : -1;
}

static int
by_id(const void *a, const void *b)
{
	const struct page_known *x = a, *y = b;

	return strcmp(x->id, y->id);
}

void
page_sort(struct page *page)
{
	vec_sort(&page->known, by_id);
	page_compare(page);
	vec_each(c, &page->cases) {
		const char *before = page->compares ? page_get(page->before, c->id) : "";

		c->failed_before = strcmp(before, "failed") == 0;
		c->passed_before = strcmp(before, "passed") == 0;
	}
	for (size_t i = 0; i < page->kinds.count; i++) {
		const struct page_kind *kind = &page->kinds.item[i];
		struct page_cause *cause = cause_of(page, kind->cause);

		*vec_add(&cause->kinds) = i;
		cause->cases += kind->cases.count;
		vec_each(number, &kind->cases) {
			const struct page_case *c = &page->cases.item[*number];

			cause->fresh += c->passed_before;
			cause->passed_beside += c->ran_beside && !c->failed_beside;
		}
	}
	vec_sort(&page->causes, by_cases);
}
