/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One cause with its cases, one case of a kind in full: see page.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "report/told.h"

#define FINDINGS_MAX 60			/* of a case that are told */

/* ---- where somebody stood ---- */

static void
print_other(FILE *stream, const json_t *other, json_int_t now)
{
	const char *place = page_get(other, "text");
	const json_t *asleep = json_object_get(other, "asleep_since_ns");

	fputs("<b>", stream);
	html(stream, page_get(other, "who"));
	fputs("</b>", stream);
	if (asleep != NULL) {
		fputs(" has been asleep for ", stream);
		html_time(stream, now - json_integer_value(asleep));
	} else if (*place != '\0') {
		fputs(" stands <code>", stream);
		html(stream, place);
		fputs("</code>", stream);
	} else
		fputs(" has begun", stream);
	if (json_object_get(other, "position") != NULL) {
		fputs(", ", stream);
		html_place(stream, other);
	}
}

static void
print_others(FILE *stream, const json_t *object)
{
	json_t *others = json_object_get(object, "others"), *other;
	size_t i, count = 0;

	json_array_foreach(others, i, other) {
		if (strcmp(page_get(other, "who"), page_get(object, "who")) == 0)
			continue;
		fputs(count++ > 0 ? "; " : "<span class=\"others\">meanwhile ", stream);
		print_other(stream, other, page_number(object, "time_ns"));
	}
	fputs(count > 0 ? "</span>" : "", stream);
}

/* ---- a finding ---- */

static void
print_when(FILE *stream, const json_t *object)
{
	fprintf(stream, "<span class=\"when\">#%lld", (long long)page_number(object, "seq"));
	if (json_object_get(object, "time_ns") != NULL) {
		fputs(", ", stream);
		html_time(stream, page_number(object, "time_ns"));
	}
	fputs("</span> ", stream);
}

static void
print_function(FILE *stream, const json_t *object)
{
	const char *function = page_get(json_object_get(object, "position"), "function");

	if (*function == '\0')
		return;
	fputs(" <span class=\"dim\">", stream);
	html(stream, function);
	fputs("</span>", stream);
}

/* What led to it, numbered, and the finding itself as the last one. */
static void
print_causes(FILE *stream, const json_t *reason)
{
	json_t *because;
	size_t i;

	fputs("<ol class=\"why\">", stream);
	json_array_foreach(json_object_get(reason, "because"), i, because) {
		fputs("<li>", stream);
		print_when(stream, because);
		if (*page_get(because, "who") != '\0') {
			fputs("<b>", stream);
			html(stream, page_get(because, "who"));
			fputs("</b>: ", stream);
		}
		html(stream, page_get(because, "text"));
		fputs(" ", stream);
		html_place(stream, because);
		print_function(stream, because);
		print_others(stream, because);
		fputs("</li>", stream);
	}
	fputs("<li class=\"end\">", stream);
	print_when(stream, reason);
	if (*page_get(reason, "who") != '\0') {
		fputs("<b>", stream);
		html(stream, page_get(reason, "who"));
		fputs("</b>: ", stream);
	}
	fputs("here it shows ", stream);
	html_place(stream, reason);
	print_function(stream, reason);
	print_others(stream, reason);
	fputs("</li></ol>", stream);
}

static void
print_example(FILE *stream, const char *title, const char *text)
{
	if (*text == '\0')
		return;
	fprintf(stream, "<p class=\"dim\">%s</p><pre tabindex=\"0\">", title);
	html(stream, text);
	fputs("</pre>", stream);
}

static void
print_rule(FILE *stream, const json_t *finding)
{
	if (*page_get(finding, "title") == '\0')
		return;
	fputs("<div class=\"box\"><h4>Rule</h4><p><b>", stream);
	html(stream, page_get(finding, "title"));
	fputs(".</b> ", stream);
	html(stream, page_get(finding, "why"));
	fputs("</p>", stream);
	print_example(stream, "wrong", page_get(finding, "wrong"));
	print_example(stream, "right", page_get(finding, "right"));
	fputs("<p class=\"dim\">", stream);
	html(stream, page_get(finding, "source"));
	fputs("</p></div>", stream);
}

/* As the failure report has it. */
static void
print_like(FILE *stream, const json_t *finding)
{
	const char *like = page_get(finding, "looks_like"), *unlike = page_get(finding, "unlike");

	if (*like == '\0')
		return;
	fputs("<p class=\"like\">looks like <b>", stream);
	html(stream, like);
	fputs("</b>", stream);
	if (*unlike != '\0') {
		fputs(" under other circumstances: ", stream);
		html(stream, unlike);
	}
	fputs(" <span class=\"dim\">(<code>viosim explain ", stream);
	html(stream, like);
	fputs("</code>)</span></p>", stream);
}

/* One that is not what the case is listed by: short, until it is opened. */
static void
print_beside(FILE *stream, const json_t *one, size_t number)
{
	const char *severity = page_get(one, "severity"), *known = page_get(one, "known");

	fprintf(stream, "<details class=\"beside\" data-show=\"%zu\"><summary>", number);
	html_place(stream, one);
	fprintf(stream, " %s", strcmp(severity, "lint") == 0 ? "<i>lint</i> " : "");
	html_reason(stream, one);
	if (page_number(one, "count") > 1)
		fprintf(stream, " <span class=\"dim\">(%lld times)</span>",
		    (long long)page_number(one, "count"));
	if (*known != '\0') {
		fputs(" <span class=\"tag\">known: ", stream);
		html(stream, known);
		fputs("</span>", stream);
	}
	fputs("</summary>", stream);
	print_causes(stream, one);
	print_like(stream, one);
	if (*page_get(one, "title") != '\0') {
		fputs("<p><b>", stream);
		html(stream, page_get(one, "title"));
		fputs(".</b> ", stream);
		html(stream, page_get(one, "why"));
		fputs("</p>", stream);
	}
	fputs("</details>", stream);
}

/* Findings come first, failures after them: so they are numbered for the script, too. */
static void
print_all_beside(FILE *stream, const struct page_told *told, const json_t *reason)
{
	size_t i, findings = json_array_size(told->findings), shown = 0;
	size_t all = findings + json_array_size(told->failures);

	for (i = 0; i < all && shown < FINDINGS_MAX; i++) {
		const json_t *one = i < findings ? json_array_get(told->findings, i) :
		    json_array_get(told->failures, i - findings);

		if (one == reason)
			continue;
		if (shown++ == 0)
			fputs("<h4>Also in this case</h4>", stream);
		print_beside(stream, one, i);
	}
	if (i < all)
		fprintf(stream, "<p class=\"dim\">%zu more are not shown.</p>", all - i);
}

/* ---- a case ---- */

static void
print_facts(FILE *stream, const struct page_told *told)
{
	fprintf(stream, "<span class=\"dim\">%lld Hz, %lld pages, %lld events, ",
	    (long long)page_number(told->header, "hz"),
	    (long long)page_number(told->header, "pages"),
	    (long long)page_number(told->verdict, "events"));
	html_time(stream, page_number(told->verdict, "virtual_ns"));
	fputs(" virtual, digest ", stream);
	html(stream, page_get(told->verdict, "digest"));
	fputs("</span>", stream);
}

static void
print_commands(FILE *stream, const struct page *page, const struct page_told *told,
    const json_t *reason)
{

	fputs("<p class=\"commands\"><span><i>replay</i> <code>", stream);
	html_replay(stream, page, told);
	fputs("</code></span> ", stream);
	if (json_object_get(reason, "seq") != NULL) {
		fputs("<span><i>debug</i> <code>", stream);
		html_debug(stream, page, told, (uint32_t)page_number(reason, "seq"));
		fputs("</code></span>", stream);
	}
	fputs("</p>", stream);
}

/* The script puts the story there. */
static void
print_story(FILE *stream, const struct page_told *told, const char *which, size_t number)
{
	if (told->story == NULL) {
		fputs("<p class=\"dim\">The events are left out: the page would be too large. "
		    "Report this case alone to see them.</p>", stream);
		return;
	}
	fprintf(stream, "<div class=\"story\" data-story=\"%s%zu\"></div>"
	    "<noscript><p class=\"dim\">The events are drawn by a script.</p></noscript>",
	    which, number);
}

static void
print_trouble(FILE *stream, struct page *page, const struct page_told *told)
{
	const struct page_module *module = &page->modules.item[page_module(page, told->header)];

	if (module->trouble == NULL)
		return;
	fputs("<p class=\"note\">", stream);
	html(stream, module->trouble);
	fputs("</p>", stream);
}

static void
print_other_driver(struct page *page, const struct page_kind *kind, size_t number, FILE *stream)
{
	const struct page_told *told = &kind->beside;
	const json_t *reason;

	if (!page->has_beside)
		return;
	fputs("<section class=\"other\"><h4>The same case with <code>", stream);
	html(stream, page_get(page->head[PAGE_BESIDE], "module"));
	fputs("</code></h4>", stream);
	if (told->header == NULL) {
		fputs("<p>It was not run.</p></section>", stream);
		return;
	}
	reason = page_reason(told);
	fprintf(stream, "<p><b class=\"verdict %s\">%s</b> ", page_get(told->verdict, "verdict"),
	    page_get(told->verdict, "verdict"));
	print_facts(stream, told);
	fputs("</p>", stream);
	if (reason != NULL) {
		fputs("<p>", stream);
		html_place(stream, reason);
		fputs(" ", stream);
		html_reason(stream, reason);
		fputs("</p>", stream);
	}
	print_story(stream, told, "b", number);
	fputs("</section>", stream);
}

static void
print_alike(FILE *stream, const struct page *page, const struct page_kind *kind)
{
	if (kind->cases.count < 2)
		return;
	fprintf(stream, "<details class=\"alike\"><summary>%zu more case%s failed for the same "
	    "reasons</summary><ul>", kind->cases.count - 1, plural(kind->cases.count - 1));
	for (size_t i = 1; i < kind->cases.count; i++) {
		const struct page_case *c = &page->cases.item[kind->cases.item[i]];

		fputs("<li><code>", stream);
		html(stream, c->id);
		fprintf(stream, "</code>%s</li>", c->passed_before ?
		    " <span class=\"tag\">new</span>" : "");
	}
	fputs("</ul></details>", stream);
}

static void
print_kind(struct page *page, size_t number, bool open, FILE *stream)
{
	const struct page_kind *kind = &page->kinds.item[number];
	const struct page_told *told = &kind->told;
	const char *verdict = page_get(told->verdict, "verdict");

	fprintf(stream, "<details class=\"kind\" id=\"k%zu\"%s><summary><b class=\"verdict %s\">"
	    "%s</b> <code>", number, open ? " open" : "", verdict, verdict);
	html(stream, page_case_id(told));
	fputs("</code>", stream);
	if (kind->cases.count > 1)
		fprintf(stream, " <span class=\"dim\">and %zu alike</span>",
		    kind->cases.count - 1);
	fputs("<span class=\"sentence dim\">", stream);
	html_reason(stream, kind->reason);
	fputs("</span></summary><p class=\"headline\">", stream);
	html_place(stream, kind->reason);
	fputs(" ", stream);
	html_reason(stream, kind->reason);
	fputs("</p>", stream);
	if (json_object_get(kind->reason, "seq") != NULL)
		print_causes(stream, kind->reason);
	print_like(stream, kind->reason);
	print_commands(stream, page, told, kind->reason);
	if (json_object_get(kind->reason, "seq") != NULL) {
		print_story(stream, told, "s", number);
		print_trouble(stream, page, told);
		fputs("<div class=\"two\"><div class=\"texts\"></div><div>", stream);
		print_rule(stream, kind->reason);
		fputs("<div class=\"scenario\"></div></div></div>", stream);
	}
	fputs("<p class=\"facts\">", stream);
	print_facts(stream, told);
	fputs("</p>", stream);
	print_other_driver(page, kind, number, stream);
	print_all_beside(stream, told, kind->reason);
	print_alike(stream, page, kind);
	fputs("</details>", stream);
}

void
page_print_cause(struct page *page, size_t number, FILE *stream)
{
	const struct page_cause *cause = &page->causes.item[number];
	const json_t *reason = page->kinds.item[cause->kinds.item[0]].reason;

	fprintf(stream, "<section class=\"cause\" id=\"c%zu\"><h3>", number + 1);
	html_place(stream, reason);
	fputs(" <b>", stream);
	html(stream, *page_get(reason, "finding") != '\0' ? page_get(reason, "finding") :
	    *page_get(reason, "failure") != '\0' ? page_get(reason, "failure") : "error");
	fprintf(stream, "</b> <span class=\"dim\">%zu case%s</span></h3>", cause->cases,
	    plural(cause->cases));
	for (size_t i = 0; i < cause->kinds.count; i++)
		print_kind(page, cause->kinds.item[i], number == 0 && i == 0, stream);
	fputs("</section>", stream);
}
