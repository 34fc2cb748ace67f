/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Characters of UTF-8 text: see utf8.h.
 */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static bool
is_first_byte(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t
utf8_size(const char *s, const char *end)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char head = (unsigned char)*s;
	size_t n = head < 0x80 ? 1 : head < 0xc0 ? 0 : head < 0xe0 ? 2 : head < 0xf0 ? 3 :
	    head < 0xf8 ? 4 : 0;
	uint32_t c;

	if (n <= 1)
		return n;
	if ((size_t)(end - s) < n)
		return 0;
	c = head & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (is_first_byte(s[i]))
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

bool
utf8_is_control(const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;

	return n == 1 ? c < ' ' || c == 0x7f : n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0;
}

void
utf8_clean(char *text, const char *keep)
{
	const char *end = text + strlen(text);

	for (size_t bytes; text < end; text += bytes) {
		size_t n = utf8_size(text, end);

		bytes = n == 0 ? 1 : n;
		/* U+FFFE and U+FFFF no XML can hold. */
		if (n == 0 || (utf8_is_control(text, n) && strchr(keep, *text) == NULL) ||
		    strncmp(text, "\xef\xbf\xbe", n) == 0 ||
		    strncmp(text, "\xef\xbf\xbf", n) == 0)
			memset(text, '?', bytes);
	}
}

size_t
utf8_count(const char *s, const char *end)
{
	size_t n = 0;

	for (; s < end; s++)
		n += is_first_byte(*s);
	return n;
}

const char *
utf8_skip(const char *s, size_t n)
{
	for (; *s != '\0'; s++)
		if (is_first_byte(*s) && n-- == 0)
			break;
	return s;
}
