/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole page: see page.h.
 */
#include "report/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "report/json.h"
#include "report/told.h"
#include "report/page_embed.h"

#define MACHINES_MAX 6			/* columns; the rarest share one */

/* ---- verdicts by area and machine ---- */

struct cell { size_t all, failed; };

struct machine {
	const char *name;
	size_t cases;
};

struct machines { VEC_MEMBERS(struct machine); };

static const char *
machine_of(const struct page_case *c)
{
	const char *hash = strrchr(c->id, '#');

	return hash != NULL ? hash + 1 : "";
}

static size_t
area_length(const struct page_case *c)
{
	return strcspn(c->id, "/");
}

static bool
is_failed(const struct page_case *c)
{
	return c->kind != PAGE_NONE;
}

static bool
has_run(const struct page_case *c)
{
	return is_failed(c) || strcmp(c->verdict, "passed") == 0;
}

static int
by_cases(const void *a, const void *b)
{
	const struct machine *x = a, *y = b;

	return x->cases != y->cases ? (x->cases > y->cases ? -1 : 1) : strcmp(x->name, y->name);
}

static struct machines
list_machines(const struct page *page)
{
	struct machines machines = { 0 };

	vec_each(c, &page->cases) {
		struct machine *machine = NULL;

		vec_each(one, &machines)
			if (strcmp(one->name, machine_of(c)) == 0)
				machine = one;
		if (machine == NULL) {
			machine = vec_add(&machines);
			machine->name = machine_of(c);
		}
		machine->cases++;
	}
	vec_sort(&machines, by_cases);
	return machines;
}

/* The last column has all that have none. */
static size_t
column_of(const struct machines *machines, const struct page_case *c)
{
	size_t i = 0;

	while (i + 1 < MACHINES_MAX && i < machines->count &&
	    strcmp(machines->item[i].name, machine_of(c)) != 0)
		i++;
	return i;
}

static void
print_cell(FILE *stream, const struct cell *cell)
{
	if (cell->all == 0) {
		fputs("<td class=\"n dim\">-</td>", stream);
		return;
	}
	fprintf(stream, "<td class=\"n\"><span class=\"bar\"><i style=\"width:%zu%%\"></i></span>",
	    100 * cell->failed / cell->all);
	if (cell->failed > 0)
		fprintf(stream, "<b class=\"bad\">%zu</b> of %zu</td>", cell->failed, cell->all);
	else
		fprintf(stream, "%zu</td>", cell->all);
}

static void
print_area(const struct page *page, const struct machines *machines, const char *area,
    size_t length, FILE *stream)
{
	struct cell cell[MACHINES_MAX] = { 0 }, all = { 0 };
	size_t columns = machines->count < MACHINES_MAX ? machines->count : MACHINES_MAX;

	vec_each(c, &page->cases) {
		struct cell *one = &cell[column_of(machines, c)];

		if (!has_run(c) || (area != NULL && (area_length(c) != length ||
		    memcmp(c->id, area, length) != 0)))
			continue;
		one->all++;
		one->failed += is_failed(c);
		all.all++;
		all.failed += is_failed(c);
	}
	fputs("<tr><th scope=\"row\">", stream);
	for (size_t i = 0; i < length; i++)
		html(stream, (const char[]){ area[i], '\0' });
	fputs(area == NULL ? "all</th>" : "</th>", stream);
	print_cell(stream, &all);
	for (size_t i = 0; i < columns; i++)
		print_cell(stream, &cell[i]);
	fputs("</tr>", stream);
}

static void
print_verdicts(const struct page *page, FILE *stream)
{
	struct machines machines = list_machines(page);

	fputs("<section id=\"verdicts\"><h2>Verdicts by area and machine</h2>"
	    "<p class=\"dim\">How many cases ran; where some failed, how many of them.  The red "
	    "part of a bar is the share that failed.</p>"
	    "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Verdicts\">"
	    "<table><thead><tr><th>area</th><th>all machines</th>", stream);
	for (size_t i = 0; i < machines.count && i < MACHINES_MAX; i++) {
		fputs("<th>", stream);
		if (i + 1 == MACHINES_MAX && machines.count > MACHINES_MAX)
			fprintf(stream, "%zu others", machines.count - i);
		else
			html(stream, machines.item[i].name);
		fputs("</th>", stream);
	}
	fputs("</tr></thead><tbody>", stream);
	for (size_t i = 0; i < page->cases.count; i++) {
		const struct page_case *c = &page->cases.item[i];
		bool is_first = true;

		for (size_t j = 0; j < i && is_first; j++)
			is_first = area_length(&page->cases.item[j]) != area_length(c) ||
			    memcmp(page->cases.item[j].id, c->id, area_length(c)) != 0;
		if (is_first)
			print_area(page, &machines, c->id, area_length(c), stream);
	}
	print_area(page, &machines, NULL, 0, stream);
	fputs("</tbody></table></div></section>", stream);
	vec_fini(&machines);
}

/* ---- causes ---- */

static void
print_cause_row(struct page *page, size_t number, FILE *stream)
{
	const struct page_cause *cause = &page->causes.item[number];
	const struct page_kind *kind = &page->kinds.item[cause->kinds.item[0]];

	fprintf(stream, "<tr><td class=\"n\">%zu</td><td>", cause->cases);
	html_place(stream, kind->reason);
	fprintf(stream, "</td><td><a href=\"#c%zu\">", number + 1);
	html_reason(stream, kind->reason);
	fputs("</a></td>", stream);
	if (page->compares && cause->fresh > 0)
		fprintf(stream, "<td><span class=\"tag\">%zu new</span></td>", cause->fresh);
	else if (page->compares)
		fputs("<td class=\"dim\">as before</td>", stream);
	if (page->has_beside)
		fprintf(stream, "<td class=\"n\">%zu of %zu</td>", cause->passed_beside,
		    cause->cases);
	fputs("</tr>", stream);
}

static void
print_causes(struct page *page, FILE *stream)
{
	if (page->causes.count < (page->compares || page->has_beside ? 1 : 2))
		return;
	fputs("<section id=\"causes\"><h2>What failed, by cause</h2>"
	    "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Causes\">"
	    "<table class=\"causes\"><thead><tr><th>cases</th><th>where</th><th>cause</th>",
	    stream);
	fputs(page->compares ? "<th>since</th>" : "", stream);
	if (page->has_beside) {
		fputs("<th>pass with ", stream);
		html(stream, page_get(page->head[PAGE_BESIDE], "module"));
		fputs("</th>", stream);
	}
	fputs("</tr></thead><tbody>", stream);
	for (size_t i = 0; i < page->causes.count; i++)
		print_cause_row(page, i, stream);
	fputs("</tbody></table></div></section>", stream);
}

/* ---- against an earlier record ---- */

static void
print_ids(const char *title, const char *id, const json_t *ids, FILE *stream)
{
	const char *key;
	json_t *value;

	fprintf(stream, "<details id=\"%s\"><summary>%s: %zu</summary><ul>", id, title,
	    json_object_size(ids));
	json_object_foreach((json_t *)(uintptr_t)ids, key, value) {
		fputs("<li><code>", stream);
		html(stream, key);
		fputs("</code></li>", stream);
	}
	fputs("</ul></details>", stream);
}

/* What cannot be compared is neither new nor gone. */
static void
print_compared(const struct page *page, FILE *stream)
{
	json_t *fresh = json_object(), *gone = json_object(), *still = json_object();
	json_t *absent = json_object(), *other = json_object(), *value;
	const char *id;

	vec_each(c, &page->cases)
		if (is_failed(c))
			json_put(c->failed_before ? still : c->passed_before ? fresh : other, c->id,
			    json_null());
	json_object_foreach(page->before, id, value) {
		json_t *number = json_object_get(page->case_of, id);
		const struct page_case *c = number == NULL ? NULL :
		    &page->cases.item[json_integer_value(number)];

		if (strcmp(json_string_value(value), "failed") != 0 || (c != NULL && is_failed(c)))
			continue;
		json_put(c != NULL && has_run(c) ? gone : absent, id, json_null());
	}
	print_ids("new failures: they passed before", "new", fresh, stream);
	print_ids("gone: they failed before and pass now", "gone", gone, stream);
	print_ids("still failing", "still", still, stream);
	if (json_object_size(absent) > 0)
		print_ids("failed before and were not run now", "absent", absent, stream);
	if (json_object_size(other) > 0)
		print_ids("fail now and were not run before", "other", other, stream);
	json_decref(fresh);
	json_decref(gone);
	json_decref(still);
	json_decref(absent);
	json_decref(other);
}

static void
print_since(const struct page *page, FILE *stream)
{
	if (!page->has_before)
		return;
	fputs("<section id=\"since\"><h2>Since the earlier record</h2>", stream);
	if (page->compares) {
		print_compared(page, stream);
	} else {
		fputs("<p class=\"note\">The earlier record cannot be compared: ", stream);
		html(stream, page->incomparable);
		fputs(".  Nothing counts as new or gone.</p>", stream);
	}
	fputs("</section>", stream);
}

/* ---- known defects ---- */

static void
print_known(const struct page *page, FILE *stream)
{
	if (page->known.count == 0)
		return;
	fputs("<section id=\"known\"><h2>Known defects that showed</h2>"
	    "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Known defects\">"
	    "<table><thead><tr><th>defect</th><th>cases</th><th>where</th><th>what it shows as</th>"
	    "<th>explained in</th><th>fix</th></tr></thead><tbody>", stream);
	vec_each(known, &page->known) {
		fputs("<tr><th scope=\"row\">", stream);
		html(stream, known->id);
		fprintf(stream, "</th><td class=\"n\">%zu</td><td>", known->cases);
		html_place(stream, known->finding);
		fputs("</td><td>", stream);
		html_reason(stream, known->finding);
		fputs("</td><td><code>", stream);
		html(stream, page_get(known->finding, "page"));
		fputs("</code></td><td><code>", stream);
		html(stream, page_get(known->finding, "fix"));
		fputs("</code></td></tr>", stream);
	}
	fputs("</tbody></table></div></section>", stream);
}

/* ---- cases without a verdict ---- */

static bool
is_skipped(const struct page_case *c)
{
	return strcmp(c->verdict, "skipped") == 0;
}

static bool
is_inapplicable(const struct page_case *c)
{
	return strcmp(c->verdict, "not-applicable") == 0;
}

static void
print_without(const struct page *page, const char *title, const char *id,
    bool (*is)(const struct page_case *c), FILE *stream)
{
	json_t *reasons = json_object(), *count;
	const char *key;

	vec_each(c, &page->cases) {
		const char *reason = c->reason != NULL ? c->reason : "";

		if (is(c))
			json_put(reasons, reason, json_integer(1 +
			    json_integer_value(json_object_get(reasons, reason))));
	}
	if (json_object_size(reasons) > 0)
		fprintf(stream, "<section id=\"%s\"><h2>%s</h2><ul>", id, title);
	json_object_foreach(reasons, key, count) {
		fprintf(stream, "<li>%lld case%s: ", (long long)json_integer_value(count),
		    plural((uint64_t)json_integer_value(count)));
		html(stream, key);
		fputs("</li>", stream);
	}
	if (json_object_size(reasons) > 0)
		fputs("</ul></section>", stream);
	json_decref(reasons);
}

/* ---- head ---- */

static void
print_fact(FILE *stream, const char *before, const json_t *head, const char *key)
{
	if (*page_get(head, key) == '\0')
		return;
	fprintf(stream, "%s<code>", before);
	html(stream, page_get(head, key));
	fputs("</code>", stream);
}

static size_t
count_of(const struct page *page, bool (*is)(const struct page_case *c))
{
	size_t count = 0;

	vec_each(c, &page->cases)
		count += is(c);
	return count;
}

size_t
page_skipped(const struct page *page)
{
	return count_of(page, is_skipped);
}

void
page_ended(struct page *page, const char *why)
{
	free(page->ended);
	page->ended = xstrdup(why);
}

/* The name of the driver; of what was explored only its path is known. */
static void
print_name(const struct page *page, FILE *stream)
{
	const char *driver = page_get(page->head[PAGE_NOW], "driver"), *slash;

	if (*driver == '\0' && page->explored_driver != NULL) {
		slash = strrchr(page->explored_driver, '/');
		driver = slash != NULL ? slash + 1 : page->explored_driver;
	}
	html(stream, *driver != '\0' ? driver : "viosim");
}

static bool
has_news(const struct page *page)
{
	return page->explored.errors + page->explored.standing > 0;
}

/* What stands behind the verdict, by commas. */
static void
print_rest(const struct page *page, const char *comma, FILE *stream)
{
	size_t fresh = 0;
	const struct { size_t count; const char *one, *more; } row[] = {
		{ page->causes.count, "cause", "causes" },
		{ page_skipped(page), "skipped", "skipped" },
		{ count_of(page, is_inapplicable), "not applicable", "not applicable" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (row[i].count == 0)
			continue;
		fprintf(stream, "%s%zu %s", comma, row[i].count,
		    row[i].count == 1 ? row[i].one : row[i].more);
		comma = ", ";
	}
	vec_each(c, &page->cases)
		fresh += is_failed(c) && c->passed_before;
	if (page->compares && page->cases.count > 0)
		fprintf(stream, "%s%zu new", comma, fresh);
}

static void
print_verdict(const struct page *page, FILE *stream)
{
	size_t failed = count_of(page, is_failed), ran = count_of(page, has_run);

	if (page->cases.count > 0 && failed == 0)
		fprintf(stream, " <span class=\"%s\">%zu case%s passed</span>",
		    ran > 0 ? "good" : "dim", ran, plural(ran));
	else if (page->cases.count > 0)
		fprintf(stream, " <span class=\"bad\">%zu of %zu case%s failed</span>", failed,
		    ran, plural(ran));
	if (page->explored_driver != NULL) {
		fprintf(stream, "%s <span class=\"%s\">", page->cases.count > 0 ? "," : "",
		    has_news(page) ? "bad" : "good");
		page_print_news(&page->explored, stream);
		fputs("</span>", stream);
	}
	fputs(" <small>", stream);
	print_rest(page, "", stream);
	fputs(page->explored.partial ? " exploration not complete</small>" : "</small>", stream);
}

static void
print_head(const struct page *page, FILE *stream)
{
	const json_t *head = page->head[PAGE_NOW];

	fputs("<h1>", stream);
	print_name(page, stream);
	print_verdict(page, stream);
	fputs("</h1><p class=\"dim\">", stream);
	print_fact(stream, "driver ", head, "module");
	print_fact(stream, " ", head, "module_hash");
	/* As it is before a checkout that expands it. */
	if (strcmp(page_get(head, "rcsid"), "$NetBSD$") != 0)
		print_fact(stream, " ", head, "rcsid");
	print_fact(stream, ", manifest ", head, "manifest");
	if (head != NULL && *page_get(head, "manifest") == '\0')
		fputs(", no manifest", stream);
	print_fact(stream, ", viosim ", head, "version");
	fputs("</p>", stream);
	if (page->ended != NULL) {
		fputs("<p class=\"note\">Not complete: viosim was ended (", stream);
		html(stream, page->ended);
		fputs(") before all had run.</p>", stream);
	}
}

static void
print_nav(const struct page *page, FILE *stream)
{
	fputs("<nav aria-label=\"Contents\">", stream);
	if (page->causes.count > 1 ||
	    (page->causes.count > 0 && (page->compares || page->has_beside)))
		fputs("<a href=\"#causes\">causes</a> ", stream);
	if (page->causes.count > 0)
		fputs("<a href=\"#cases\">cases</a> ", stream);
	if (page->has_before)
		fputs("<a href=\"#since\">new and gone</a> ", stream);
	if (page->cases.count > 0)
		fputs("<a href=\"#verdicts\">areas and machines</a> ", stream);
	if (page->known.count > 0)
		fputs("<a href=\"#known\">known defects</a> ", stream);
	for (size_t i = 0; i < page->titles.count; i++) {
		fprintf(stream, "<a href=\"#x%zu\">", i + 1);
		html(stream, page->titles.item[i]);
		fputs("</a> ", stream);
	}
	fputs("</nav>", stream);
}

static void
print_body(struct page *page, FILE *stream)
{
	fputs("<header>", stream);
	print_head(page, stream);
	print_nav(page, stream);
	fputs("</header><main>", stream);
	print_causes(page, stream);
	if (page->causes.count > 0)
		fputs("<section id=\"cases\"><h2>Cases</h2>", stream);
	for (size_t i = 0; i < page->causes.count; i++)
		page_print_cause(page, i, stream);
	if (page->causes.count > 0)
		fputs("</section>", stream);
	print_since(page, stream);
	if (page->cases.count > 0)
		print_verdicts(page, stream);
	print_known(page, stream);
	print_without(page, "Not run", "not-run", is_skipped, stream);
	print_without(page, "Not applicable", "not-applicable", is_inapplicable, stream);
	for (size_t i = 0; i < page->sections.count; i++) {
		fprintf(stream, "<section id=\"x%zu\"><h2>", i + 1);
		html(stream, page->titles.item[i]);
		fprintf(stream, "</h2>%s</section>", page->sections.item[i]);
	}
	fputs("</main>", stream);
}

/* ---- what the script reads ---- */

static json_t *
others_of(const json_t *object)
{
	json_t *others = json_array(), *other;
	size_t i;

	json_array_foreach(json_object_get(object, "others"), i, other) {
		json_t *row = json_array();

		json_add(row, json_text(page_get(other, "who")));
		json_add(row, json_text(page_get(other, "text")));
		json_add(row, json_incref(json_object_get(other, "position") != NULL ?
		    json_object_get(other, "position") : json_null()));
		json_add(others, row);
	}
	return others;
}

/* A finding, a failure or what led to one. */
static json_t *
mark_of(const json_t *one)
{
	static const char *const keys[] = { "seq", "time_ns", "text", "finding", "failure",
	    "severity", "file", "line", "expected", "actual", "position", "who" };
	json_t *mark = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(one, keys[i]);

		if (value != NULL)
			json_put(mark, keys[i], json_incref(value));
	}
	json_put(mark, "others", others_of(one));
	return mark;
}

static json_t *
marks_of(const struct page_told *told, size_t *main)
{
	const json_t *reason = page_reason(told);
	json_t *marks = json_array(), *one, *because, *mark, *list;
	size_t i, j, findings = json_array_size(told->findings);

	*main = 0;
	for (i = 0; i < findings + json_array_size(told->failures); i++) {
		one = i < findings ? json_array_get(told->findings, i) :
		    json_array_get(told->failures, i - findings);
		if (one == reason)
			*main = i;
		mark = mark_of(one);
		list = json_array();
		json_array_foreach(json_object_get(one, "because"), j, because)
			json_add(list, mark_of(because));
		json_put(mark, "because", list);
		json_add(marks, mark);
	}
	return marks;
}

static void
put_told(json_t *object, const char *key, struct page *page, const struct page_told *told)
{
	json_t *value;
	size_t main;

	if (told->story == NULL)
		return;
	value = json_object();
	json_put(value, "story", json_incref(told->story));
	json_put(value, "marks", marks_of(told, &main));
	json_put_number(value, "main", main);
	json_put_number(value, "module", page_module(page, told->header));
	json_put(object, key, value);
}

/* By its file: what is wrong with it, and its text. */
static void
put_scenario(json_t *scenarios, const struct page_told *told)
{
	const char *file = page_get(told->story, "file"), *trouble;
	json_t *row;
	char *text;

	if (*file == '\0' || json_object_get(scenarios, file) != NULL)
		return;
	text = page_scenario(told->header, file, &trouble);
	row = json_array();
	json_add(row, json_text(trouble != NULL ? trouble : ""));
	json_add(row, json_text(text != NULL ? text : ""));
	json_put(scenarios, file, row);
	free(text);
}

static json_t *
data_of(struct page *page)
{
	json_t *data = json_object(), *kinds = json_array(), *modules = json_array();
	json_t *scenarios = json_object();

	vec_each(kind, &page->kinds) {
		json_t *object = json_object();

		put_told(object, "s", page, &kind->told);
		put_told(object, "b", page, &kind->beside);
		put_scenario(scenarios, &kind->told);
		json_add(kinds, object);
	}
	vec_each(module, &page->modules) {
		json_t *texts = json_object();

		vec_each(text, &module->texts)
			json_put_text(texts, text->name, text->text);
		json_add(modules, texts);
	}
	json_put(data, "texts", json_incref(page->texts));
	json_put(data, "places", json_incref(page->places));
	json_put(data, "modules", modules);
	json_put(data, "scenarios", scenarios);
	json_put(data, "kinds", kinds);
	return data;
}

/* ---- the template ---- */

static void
print_part(struct page *page, const char *name, size_t length, FILE *stream)
{
	json_t *data;

	if (strncmp(name, "title", length) == 0)
		print_name(page, stream);
	else if (strncmp(name, "style", length) == 0)
		fputs(page_style, stream);
	else if (strncmp(name, "script", length) == 0)
		fputs(page_script, stream);
	else if (strncmp(name, "body", length) == 0)
		print_body(page, stream);
	else if (strncmp(name, "data", length) == 0) {
		data = data_of(page);
		html_json(stream, data);
		json_decref(data);
	} else
		internal_error("page.html: what is {{%.*s}}?", (int)length, name);
}

void
page_print(struct page *page, FILE *stream)
{
	const char *from = page_template, *name;

	page_sort(page);
	while ((name = strstr(from, "{{")) != NULL) {
		size_t length = strcspn(name + 2, "}");

		fwrite(from, 1, (size_t)(name - from), stream);
		print_part(page, name + 2, length, stream);
		from = name + 2 + length + 2;
	}
	fputs(from, stream);
}

void
page_say(const struct page *page, const char *path, FILE *stream)
{
	size_t failed = count_of(page, is_failed), ran = count_of(page, has_run);

	fprintf(stream, "%s: ", path);
	if (page->cases.count > 0 || page->explored_driver == NULL)
		fprintf(stream, "%zu of %zu case%s failed", failed, ran, plural(ran));
	print_rest(page, ", ", stream);
	if (page->explored_driver != NULL) {
		fputs(page->cases.count > 0 ? "; " : "", stream);
		page_print_news(&page->explored, stream);
		fputs(page->explored.partial ? ", not complete" : "", stream);
	}
	if (page->ended != NULL)
		fprintf(stream, "; not complete: viosim was ended (%s)", page->ended);
	if (page->incomparable != NULL)
		fprintf(stream, "\nwarning: the earlier record cannot be compared: %s; nothing "
		    "counts as new or gone", page->incomparable);
	putc('\n', stream);
}
