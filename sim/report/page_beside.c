/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands on a page beside the record of a run: what was explored, and measures.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "explore/tally.h"
#include "report/explored_text.h"
#include "report/told.h"

static void
add_section(struct page *page, char *title, char *text)
{
	*vec_add(&page->titles) = title;
	*vec_add(&page->sections) = text;
}

static void
print_text(const char *line, const char *text, FILE *stream)
{
	fputs("<details><summary>", stream);
	html(stream, line);
	fputs("</summary><pre tabindex=\"0\">", stream);
	html(stream, text);
	fputs("</pre></details>", stream);
}

void
page_text(struct page *page, const char *title, const char *line, const char *text)
{
	add_section(page, xstrdup(title), SBUF_TEXT(stream, print_text(line, text, stream)));
}

/* ---- what was explored ---- */

static void
print_rows(const struct tally *tally, FILE *stream)
{
	static const struct { enum record_class class; const char *word; } columns[] = {
		{ RECORD_OK, "ok" }, { RECORD_KNOWN, "known" }, { RECORD_LINT, "lint" },
		{ RECORD_NEW, "new" }, { RECORD_LOST, "lost" },
	};

	if (tally->rows.count == 0)
		return;
	fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"What was tried\">"
	    "<table><thead><tr><th>tried</th><th>points</th><th>runs</th>", stream);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(stream, "<th>%s</th>", columns[i].word);
	fputs("</tr></thead><tbody>", stream);
	vec_each(row, &tally->rows) {
		fputs("<tr><th scope=\"row\">", stream);
		html(stream, row->group[0] != '\0' ? row->group : "as it stands");
		fprintf(stream, "</th><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
		    "</td>", row->points, row->runs);
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			fprintf(stream, "<td class=\"n%s\">%" PRIu64 "</td>",
			    columns[i].class == RECORD_NEW && row->of[RECORD_NEW] > 0 ?
			    " bad" : "", row->of[columns[i].class]);
		fputs("</tr>", stream);
	}
	fputs("</tbody></table></div>", stream);
}

/* As it is counted: other causes of a finding count with the first. */
static void
print_status(const struct tally *tally, size_t index, FILE *stream)
{
	const struct cluster *cluster = &tally->clusters.item[index];
	bool is_lint = cluster->first.finding.rule->severity == SEVERITY_LINT;

	if (cluster_is_new(cluster))
		fprintf(stream, "<span class=\"tag\">new %s</span>%s", is_lint ? "lint" : "error",
		    tally_is_first(tally, index) ? "" : ", other cause");
	else if (cluster->first.known[0] != '\0')
		fputs("known", stream);
	else
		fprintf(stream, "%s as it stands", is_lint ? "lint" : "error");
}

static void
print_cluster(const struct tally *tally, size_t index, FILE *stream)
{
	const struct cluster *cluster = &tally->clusters.item[index];
	const struct trial_finding *finding = &cluster->first.finding;

	fprintf(stream, "<tr><td class=\"n\">%" PRIu64 "</td><td>", cluster->runs);
	print_status(tally, index, stream);
	fputs("</td><td><code class=\"place\">", stream);
	html(stream, finding->file);
	fprintf(stream, ":%u</code></td><td><b class=\"rule\">", finding->line);
	html(stream, finding->rule->id);
	fputs("</b> ", stream);
	html(stream, finding->text);
	if (cluster->first.cause[0] != '\0') {
		fputs(" <span class=\"dim\">when ", stream);
		html(stream, cluster->first.cause);
		fputs("</span>", stream);
	}
	if (cluster->reduced != NULL) {
		fprintf(stream, "<details><summary>shown by %u step%s</summary>",
		    cluster->reduced->steps, plural(cluster->reduced->steps));
		if (cluster->reduced->why != NULL) {
			fputs("<p>", stream);
			html(stream, cluster->reduced->why);
			fputs("</p>", stream);
		}
		fputs("<pre tabindex=\"0\">", stream);
		html(stream, cluster->reduced->scenario);
		fputs("</pre></details>", stream);
	}
	fputs("</td><td><code>", stream);
	html(stream, cluster->base);
	fputs(cluster->plan[0] != '\0' ? "</code> with <code>" : "", stream);
	html(stream, cluster->plan);
	fputs("</code></td></tr>", stream);
}

static void
print_clusters(const struct tally *tally, FILE *stream)
{
	if (tally->clusters.count == 0)
		return;
	fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"What it found\">"
	    "<table><thead><tr><th>runs</th><th></th><th>where</th><th>finding</th>"
	    "<th>simplest run</th></tr></thead><tbody>", stream);
	for (size_t i = 0; i < tally->clusters.count; i++)
		print_cluster(tally, i, stream);
	fputs("</tbody></table></div>", stream);
}

static struct page_news
news_of(const struct tally *tally)
{
	struct page_news news = { .errors = tally_count(tally, false, false) };

	news.lints = tally_count(tally, true, false) - news.errors;
	news.standing = tally_count(tally, false, true) - news.errors;
	return news;
}

void
page_print_news(const struct page_news *news, FILE *stream)
{
	fprintf(stream, "%zu new error%s", news->errors, plural(news->errors));
	if (news->lints > 0)
		fprintf(stream, ", %zu new lint%s", news->lints, plural(news->lints));
	if (news->standing > 0)
		fprintf(stream, ", %zu error%s of cases as they stand", news->standing,
		    plural(news->standing));
}

static void
print_explored(const struct page_explored *explored, FILE *stream)
{
	const struct tally *tally = explored->tally;
	struct page_news news = news_of(tally);
	char *sums = SBUF_TEXT(to, explored_text_sums(tally, to));

	fprintf(stream, "<p>%" PRIu64 " runs of %" PRIu64 " case%s with <code>", tally->runs,
	    tally->bases, plural(tally->bases));
	html(stream, explored->driver);
	fputs("</code>: ", stream);
	page_print_news(&news, stream);
	fprintf(stream, "%s.", explored->cut ? "; a bound ended it" : "");
	if (explored->left > 0)
		fprintf(stream, "  %" PRIu64 " case%s not run.", explored->left,
		    plural(explored->left));
	fputs("</p><p class=\"dim\">New is what no case shows as it stands, and no known defect "
	    "explains.  One finding with several causes has a row for each, and counts once.  "
	    "A lint is suspicious, and fails nothing.</p>", stream);
	print_clusters(tally, stream);
	print_rows(tally, stream);
	print_text("What was tried, in full", sums, stream);
	free(sums);
}

bool
page_explored(struct page *page, const struct page_explored *explored, char *why, size_t size)
{
	struct page_news news = news_of(explored->tally);

	if (!page_fits_explored(page, explored->driver, why, size))
		return false;
	if (page->explored_driver == NULL)
		page->explored_driver = xstrdup(explored->driver);
	page->explored.errors += news.errors;
	page->explored.lints += news.lints;
	page->explored.standing += news.standing;
	page->explored.partial |= !explored->whole;
	add_section(page, xstrdup(explored->command),
	    SBUF_TEXT(stream, print_explored(explored, stream)));
	return true;
}

/* ---- seeded bugs ---- */

static void
print_score(json_t *score, json_t *mutants, FILE *stream)
{
	static const char *const columns[] = { "total", "named", "other", "survived",
	    "equivalent", "error" };
	json_t *row;
	size_t i;

	fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Seeded bugs\">"
	    "<table><thead><tr><th>class</th>", stream);
	for (size_t j = 0; j < sizeof(columns) / sizeof(columns[0]); j++)
		fprintf(stream, "<th>%s</th>", columns[j]);
	fputs("</tr></thead><tbody>", stream);
	json_array_foreach(score, i, row) {
		fputs("<tr><th scope=\"row\">", stream);
		html(stream, page_get(row, "class"));
		fputs("</th>", stream);
		for (size_t j = 0; j < sizeof(columns) / sizeof(columns[0]); j++)
			fprintf(stream, "<td class=\"n\">%lld</td>",
			    (long long)page_number(row, columns[j]));
		fputs("</tr>", stream);
	}
	fputs("</tbody></table></div><ul>", stream);
	json_array_foreach(mutants, i, row) {
		if (strcmp(page_get(row, "verdict"), "survived") != 0 &&
		    strcmp(page_get(row, "verdict"), "error") != 0)
			continue;
		fputs("<li><b class=\"bad\">", stream);
		html(stream, page_get(row, "verdict"));
		fputs("</b> <code>", stream);
		html(stream, page_get(row, "name"));
		fputs("</code> ", stream);
		html(stream, page_get(row, "bug"));
		fputs("</li>", stream);
	}
	fputs("</ul>", stream);
}

bool
page_score(struct page *page, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	json_t *score = json_object_get(json, "score");
	bool good = *page_get(json_array_get(score, 0), "class") != '\0';

	if (good)
		add_section(page, xstrdup("seeded bugs"), SBUF_TEXT(stream,
		    print_score(score, json_object_get(json, "mutants"), stream)));
	json_decref(json);
	return good;
}
