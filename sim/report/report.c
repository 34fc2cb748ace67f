/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all reports share: see report.h.
 */
#include "report/report.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "scenario/text.h"

#define FILE_MAX (1 << 20)

static const struct defect *
defect_behind(const struct report_input *input, const struct finding *finding,
    const struct manifest *manifest, struct defect_like *like)
{
	return manifest == NULL ? NULL : verdict_finding(finding, input->result, manifest,
	    input->scenario, input->source, like);
}

const struct defect *
report_known_finding(const struct report_input *input, const struct finding *finding)
{
	return defect_behind(input, finding, input->manifest, NULL);
}

const struct defect *
report_known_failures(const struct report_input *input)
{
	return verdict_failure(input->result, input->manifest, input->scenario);
}

bool
report_like_finding(const struct report_input *input, const struct finding *finding,
    struct defect_like *like)
{
	const struct defect *defect;

	*like = (struct defect_like){ 0 };
	if (report_known_finding(input, finding) != NULL)
		return false;
	defect = defect_behind(input, finding, input->hints, like);
	if (defect != NULL)
		*like = (struct defect_like){ .defect = defect };
	return like->defect != NULL;
}

uint32_t
report_because_site(const struct report_input *input, const struct finding *finding, unsigned i)
{
	uint32_t site = finding->because[i].site;

	return site != 0 ? site : trace_site(&input->world->trace, finding->because[i].seq);
}

unsigned
report_width(const struct report_input *input)
{
	unsigned width = input->style.width;

	return width == 0 ? REPORT_WIDTH : width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : width;
}

bool
report_position(const struct report_input *input, uint32_t site, struct source_pos *pos)
{
	return site != 0 && input->source != NULL && source_lookup(input->source, site, pos);
}

/* ---- text ---- */

char *
report_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text;

	if (file == NULL)
		return NULL;
	text = xmalloc(FILE_MAX + 1);
	*length = fread(text, 1, FILE_MAX, file);
	text[*length] = '\0';
	fclose(file);
	return text;
}

void
report_clean(char *text)
{
	size_t length = strlen(text);

	for (char *p = text; (p = strpbrk(p, "\n\t")) != NULL;)
		*p = ' ';
	report_clean_lines(text);
	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
}

void
report_clean_lines(char *text)
{
	utf8_clean(text, "\n\t");
}

size_t
report_columns(const char *text)
{
	return utf8_count(text, text + strlen(text));
}

void
report_wrap(FILE *stream, const char *text, unsigned column, unsigned indent,
    unsigned width)
{
	for (;;) {
		size_t room = column + 8 < width ? width - column : 8;
		size_t end = (size_t)(utf8_skip(text, room) - text), cut = end;

		if (text[end] == '\0') {
			fputs(text, stream);
			return;
		}
		while (cut > 0 && text[cut] != ' ')
			cut--;
		if (cut == 0)
			cut = end;	/* a word longer than the line */
		fprintf(stream, "%.*s\n%*s", (int)cut, text, (int)indent, "");
		text += cut;
		while (*text == ' ')
			text++;
		column = indent;
	}
}

void
report_print_quoted(FILE *stream, const char *word)
{
	if (*word != '\0' && word[strspn(word, TEXT_LETTERS TEXT_DIGITS "_@%+=:,./-")] == '\0') {
		fputs(word, stream);
		return;
	}
	putc('\'', stream);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			fputs("'\\''", stream);
		else
			putc(*word, stream);
	putc('\'', stream);
}
