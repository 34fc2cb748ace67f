/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all reports share: see report.h.
 */
#include "report/report.h"

#include <string.h>

const char *
report_known_finding(const struct report_input *input, const struct finding *finding)
{
	return input->known_finding != NULL ?
	    input->known_finding(input->known_arg, finding) : NULL;
}

const char *
report_known_failure(const struct report_input *input, const struct failure *failure)
{
	return input->known_failure != NULL ?
	    input->known_failure(input->known_arg, failure) : NULL;
}

bool
report_like_finding(const struct report_input *input, const struct finding *finding,
    struct defect_like *like)
{
	*like = (struct defect_like){ 0 };
	if (input->like_finding != NULL && report_known_finding(input, finding) == NULL)
		input->like_finding(input->known_arg, finding, like);
	return like->defect != NULL;
}

bool
report_position(const struct report_input *input, uint32_t site, struct source_pos *pos)
{
	return site != 0 && input->source != NULL && source_lookup(input->source, site, pos);
}

unsigned
report_width(const struct report_style *style)
{
	if (style->width == 0)
		return REPORT_WIDTH;
	return style->width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : style->width;
}

/* ---- text ---- */

/* Bytes of the UTF-8 character at p, 0 if there is none (RFC 3629, section 4). */
static size_t
utf8_length(const unsigned char *p)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;	/* over-long */
	if (p[0] == 0xed)
		high = 0x9f;	/* surrogates */
	if (p[0] == 0xf0)
		low = 0x90;
	if (p[0] == 0xf4)
		high = 0x8f;	/* beyond U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

/* U+0080..U+009F are control characters too; U+FFFE and U+FFFF no XML can hold. */
static bool
is_unfit(const unsigned char *p, size_t n)
{
	return (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) ||
	    (n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
}

static void
clean(char *text, bool lines)
{
	unsigned char *p = (unsigned char *)text;

	while (*p != '\0') {
		size_t n = utf8_length(p);

		if (*p == '\n' || *p == '\t')
			*p = lines ? *p : ' ';
		else if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (n == 0 || is_unfit(p, n))
			for (size_t i = 0; i < (n == 0 ? 1 : n); i++)
				p[i] = '?';
		p += n == 0 ? 1 : n;
	}
	while (!lines && p > (unsigned char *)text && p[-1] == ' ')
		*--p = '\0';
}

void
report_clean(char *text)
{
	clean(text, false);
}

void
report_clean_lines(char *text)
{
	clean(text, true);
}

size_t
report_columns(const char *text)
{
	size_t columns = 0;

	for (; *text != '\0'; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

/* The bytes that fit into so many columns. */
static size_t
bytes_of(const char *text, size_t columns)
{
	size_t i = 0;

	for (; text[i] != '\0'; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && columns-- == 0)
			break;
	return i;
}

void
report_wrap(FILE *stream, const char *text, unsigned column, unsigned indent,
    unsigned width)
{
	for (;;) {
		size_t room = column + 8 < width ? width - column : 8;
		size_t end = bytes_of(text, room), cut = end;

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
