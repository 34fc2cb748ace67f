/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Characters of UTF-8 text (RFC 3629).
 */
#ifndef VIOSIM_BASE_UTF8_H
#define VIOSIM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes of the character at s, before end; 0 if it is malformed, too long for its value, a
 * surrogate or beyond U+10FFFF.
 */
size_t utf8_size(const char *s, const char *end);
/* Is it, of n bytes, one that a terminal obeys (U+0000 to U+001F, U+007F to U+009F)? */
bool utf8_is_control(const char *s, size_t n);
/* In place: what no terminal or XML should get becomes '?', but for the characters in `keep`. */
void utf8_clean(char *text, const char *keep);
/* Characters from s to end; whatever is no UTF-8 counts somehow. */
size_t utf8_count(const char *s, const char *end);
/* Where character number n from s begins, or the NUL at the end. */
const char *utf8_skip(const char *s, size_t n);

#endif /* VIOSIM_BASE_UTF8_H */
