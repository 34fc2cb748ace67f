/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snprintb(3): the text of a bit mask, after common/lib/libc/stdlib and the manual page.
 *
 * Old style: "\20", then items of a bit number counted from 1 and a name.  New style:
 * "\177\20", then items that open with a letter and end with NUL; an empty one ends all:
 *	b N name	bit N, counted from 0
 *	f N W name	field of W bits from bit N: name=0x..
 *	F N W		the same without a name, for the = and : items after it
 *	= V name	if the field is V: =name (after f), name (after F)
 *	: V name	if the field is V: name
 */
#include "kernel.h"

struct snprintb {
	struct prf_out	 out;
	char		 separator;	/* '<' before the first name */
	uint64_t	 value;
	uint64_t	 field;		/* of the last f or F */
	bool		 is_named;	/* it was f */
};

static void
snprintb_number(struct snprintb *s, unsigned base, uint64_t value)
{
	char text[32];
	const char *fmt = base == 8 ? "0%jo" : base == 10 ? "%ju" : "0x%jx";

	(void)snprintf(text, sizeof(text), fmt, (uintmax_t)value);
	for (const char *p = text; *p != '\0'; p++)
		prf_char(&s->out, *p);
}

static void
snprintb_separator(struct snprintb *s)
{

	prf_char(&s->out, s->separator);
	s->separator = ',';
}

/* Text up to a byte that can not be part of a name; returns that byte's place. */
static const char *
snprintb_name(struct snprintb *s, const char *p, char last, bool is_shown)
{

	for (; (unsigned char)*p > (unsigned char)last; p++) {
		if (is_shown)
			prf_char(&s->out, *p);
	}
	return p;
}

static void
snprintb_old(struct snprintb *s, const char *p)
{

	while (*p != '\0') {
		unsigned bit = (unsigned char)*p++;
		bool is_set = bit <= 64 && (s->value >> (bit - 1) & 1) != 0;

		if (is_set)
			snprintb_separator(s);
		p = snprintb_name(s, p, ' ', is_set);
	}
}

static const char *
snprintb_bit(struct snprintb *s, const char *p)
{
	unsigned bit = (unsigned char)p[0];
	bool is_set = bit < 64 && (s->value >> bit & 1) != 0;

	if (is_set)
		snprintb_separator(s);
	return snprintb_name(s, p + 1, '\0', is_set);
}

static const char *
snprintb_field(struct snprintb *s, const char *p, unsigned base, bool is_named)
{
	unsigned bit = (unsigned char)p[0], width = (unsigned char)p[1];

	s->field = bit < 64 ? s->value >> bit : 0;
	if (width < 64)
		s->field &= (UINT64_C(1) << width) - 1;
	s->is_named = is_named;
	if (!is_named)
		return snprintb_name(s, p + 2, '\0', false);
	snprintb_separator(s);
	p = snprintb_name(s, p + 2, '\0', true);
	prf_char(&s->out, '=');
	snprintb_number(s, base, s->field);
	return p;
}

static const char *
snprintb_match(struct snprintb *s, const char *p, bool with_sign)
{
	bool is_equal = s->field == (unsigned char)p[0];

	if (is_equal && with_sign && s->is_named)
		prf_char(&s->out, '=');
	else if (is_equal)
		snprintb_separator(s);
	return snprintb_name(s, p + 1, '\0', is_equal);
}

static void
snprintb_new(struct snprintb *s, const char *p, unsigned base)
{

	while (*p != '\0') {
		switch (*p++) {
		case 'b':
			p = snprintb_bit(s, p);
			break;
		case 'f':
			p = snprintb_field(s, p, base, true);
			break;
		case 'F':
			p = snprintb_field(s, p, base, false);
			break;
		case '=':
			p = snprintb_match(s, p, true);
			break;
		case ':':
			p = snprintb_match(s, p, false);
			break;
		default:
			/* not an item: the wrong style after this prefix */
			p = snprintb_name(s, p, '\0', false);
			break;
		}
		p++;
	}
}

int
snprintb(char *buf, size_t size, const char *fmt, uint64_t val)
{
	struct snprintb s = {
		.out = { .buf = buf, .size = size }, .separator = '<', .value = val,
	};
	bool is_new = *fmt == '\177';
	unsigned base;

	if (is_new)
		fmt++;
	base = (unsigned char)*fmt++;
	snprintb_number(&s, base, val);
	if (is_new)
		snprintb_new(&s, fmt, base);
	else
		snprintb_old(&s, fmt);
	if (s.separator == ',')
		prf_char(&s.out, '>');
	return prf_end(&s.out);
}
