/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings as every command shows them: see finding.h.
 */
#include "report/finding.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "report/json.h"

void
finding_of_run(const struct report_input *input, const struct finding *finding,
    struct source_pos *pos, struct finding_shown *shown)
{
	const struct defect *known = report_known_finding(input, finding);
	struct defect_like like;

	*shown = (struct finding_shown){
		.rule = finding->rule, .text = finding->text,
		.known = known != NULL ? known->id : NULL,
	};
	if (report_like_finding(input, finding, &like)) {
		shown->like = like.defect->id;
		shown->otherwise = like.why[0] != '\0';
	}
	if (report_position(input, finding->site, pos)) {
		shown->file = pos->file;
		shown->line = pos->line;
		shown->function = pos->function;
	}
}

const char *
finding_severity(const struct rule *rule)
{
	return rule->severity == SEVERITY_ERROR ? "error" : "lint";
}

static bool
is_placed(const struct finding_shown *shown)
{
	return shown->file != NULL && shown->file[0] != '\0' && shown->line != 0;
}

void
finding_label(FILE *stream, const struct report_style *style, const char *label,
    const char *colour)
{
	if (style->colour)
		fprintf(stream, "\033[%sm%s:\033[0m ", colour, label);
	else
		fprintf(stream, "%s: ", label);
}

void
finding_print(FILE *stream, const struct report_style *style, unsigned indent,
    const char *unplaced, const struct finding_shown *shown)
{
	bool is_error = shown->rule->severity == SEVERITY_ERROR;

	fprintf(stream, "%*s%s", (int)indent, "", style->colour ? "\033[1m" : "");
	if (is_placed(shown))
		fprintf(stream, "%s:%u", shown->file, shown->line);
	else
		fputs(unplaced != NULL ? unplaced : "driver", stream);
	fprintf(stream, "%s: ", style->colour ? "\033[0m" : "");
	finding_label(stream, style, finding_severity(shown->rule), is_error ? "1;31" : "33");
	fprintf(stream, "%s: %s\n", shown->rule->id, shown->text);
}

void
finding_sentence(const struct finding_shown *shown, char *text, size_t size)
{
	int n = snprintf(text, size, "%s", shown->text);

	if (shown->like != NULL && (size_t)n < size)
		snprintf(text + n, size - (size_t)n, " (looks like %s%s)", shown->like,
		    shown->otherwise ? ", under other circumstances" : "");
	report_clean(text);
}

void
finding_line(const struct finding_shown *shown, char *text, size_t size)
{
	int n = 0;

	if (is_placed(shown))
		n = snprintf(text, size, "%s:%u: ", shown->file, shown->line);
	if ((size_t)n < size)
		n += snprintf(text + n, size - (size_t)n, "%s: ", shown->rule->id);
	if ((size_t)n < size)
		finding_sentence(shown, text + n, size - (size_t)n);
	report_clean(text);
}

void
finding_put(json_t *object, const struct finding_shown *shown)
{
	json_put_text(object, "rule", shown->rule->id);
	json_put_text(object, "severity", finding_severity(shown->rule));
	if (is_placed(shown)) {
		json_put_text(object, "file", shown->file);
		json_put_number(object, "line", shown->line);
	}
	if (shown->function != NULL && shown->function[0] != '\0')
		json_put_text(object, "function", shown->function);
	json_put_text(object, "text", shown->text);
	json_put_text(object, "known", shown->known);
	json_put_text(object, "looks_like", shown->like);
}

void
finding_put_position(json_t *object, const struct report_input *input, uint32_t site)
{
	struct source_pos pos;
	json_t *position;

	if (!report_position(input, site, &pos))
		return;
	position = json_object();
	json_put_text(position, "file", pos.file);
	json_put_number(position, "line", pos.line);
	json_put_text(position, "function", pos.function);
	json_put(object, "position", position);
}

void
finding_put_because(json_t *object, const struct report_input *input,
    const struct finding *finding)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < finding->becauses; i++) {
		json_t *cause = json_object();

		json_put_number(cause, "seq", finding->because[i].seq);
		json_put_text(cause, "text", finding->because[i].what);
		finding_put_position(cause, input, report_because_site(input, finding, i));
		json_add(array, cause);
	}
	if (finding->becauses > 0)
		json_put(object, "because", array);
	else
		json_decref(array);
}

void
finding_put_group(json_t *object, const struct report_input *input,
    const struct finding *finding)
{
	struct source_pos pos = { .file = "", .function = "" }, cause = pos;
	struct defect_like like;
	bool is_like = report_like_finding(input, finding, &like);
	char *group;

	(void)report_position(input, finding->site, &pos);
	for (unsigned i = 0; i < finding->becauses; i++)
		if (report_position(input, report_because_site(input, finding, i), &cause))
			break;
	group = xasprintf("%s|%s|%s|%s%s%s", finding->rule->id, pos.file, pos.function,
	    cause.function, is_like ? "|" : "", is_like ? like.defect->id : "");
	json_put_text(object, "group", group);
	free(group);
}
