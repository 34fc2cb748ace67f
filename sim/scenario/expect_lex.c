/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of an expectation.
 */
#include "expect_lex.h"

#include <string.h>

#include "base/sbuf.h"
#include "base/utf8.h"
#include "text.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define LEX_ONE_COMPARISON "an expectation is one comparison; write two for two"

/* ---- errors ---- */

struct loc
lex_loc(const struct lexer *p, const char *at)
{
	struct loc loc = p->source->loc;

	if (p->source->exact)
		loc.col += (unsigned)utf8_count(p->text, at);
	return loc;
}

void
lex_fail_at(struct lexer *p, struct loc loc, size_t width, const char *fmt, ...)
{
	const struct expect_source *source = p->source;
	char message[400];

	if (p->failed)
		return;
	p->failed = true;
	FORMAT_INTO(message, fmt);
	diag_add(p->diags, loc, source->exact ? (unsigned)width : 1, source->source,
	    source->source_size, "scenario.expectation", "%s%s", message,
	    source->used != NULL ? source->used : "");
}

void
lex_fail_token(struct lexer *p, const char *wanted)
{
	const struct token *t = &p->token;

	if (lex_is_word(t, "and") || lex_is_word(t, "or"))
		lex_fail(p, t->start, t->length, LEX_ONE_COMPARISON);
	else if (lex_is_word(t, "within") || lex_is_word(t, "for"))
		lex_fail(p, t->start, t->length, "`%.*s:` is a key of its own, in a line of its "
		    "own below the expectation", (int)t->length, t->start);
	else if (t->kind == TOKEN_END)
		lex_fail(p, t->start, 1, "%s is expected at the end of \"%s\"", wanted,
		    p->text);
	else
		lex_fail(p, t->start, t->length, "%s is expected instead of \"%.*s\"", wanted,
		    (int)t->length, t->start);
}

/* ---- tokens ---- */

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_';
}

/* Dots and dashes belong to a word only inside it. */
static size_t
word_length(const char *s)
{
	size_t n = 0;

	if (!is_word_char(*s))
		return 0;
	while (is_word_char(s[n]) || ((s[n] == '.' || s[n] == '-') && is_word_char(s[n + 1])))
		n++;
	return n;
}

static size_t
letters_length(const char *s)
{
	size_t n = 0;

	while (is_word_char(s[n]))
		n++;
	return n;
}

static bool
lex_is_keyword(const char *word, size_t length)
{
	static const char *const keywords[] = {
		"in", "and", "or", "within", "for",
	};

	for (size_t i = 0; i < NELEM(keywords); i++)
		if (strlen(keywords[i]) == length && strncmp(word, keywords[i], length) == 0)
			return true;
	return false;
}

/* `1024`, `1024 pages`, `4MiB`; the word after a space is a unit unless it is a keyword. */
static void
lex_number(struct lexer *p)
{
	struct token *t = &p->token;
	struct text_why why;
	const char *end;

	t->kind = TOKEN_NUMBER;
	if (!text_scan_number(p->at, &t->number, &end, &why)) {
		lex_fail(p, p->at, 1, "%s", why.text);
		t->kind = TOKEN_BAD;
		return;
	}
	if (text_explain_number(p->at, end, &why)) {
		lex_fail(p, p->at, word_length(p->at), "%s", why.text);
		t->kind = TOKEN_BAD;
		return;
	}
	t->unit = *end == ' ' ? end + 1 : end;
	t->unit_length = *t->unit >= '0' && *t->unit <= '9' ? 0 : letters_length(t->unit);
	if (*end == ' ' && lex_is_keyword(t->unit, t->unit_length))
		t->unit_length = 0;
	if (t->unit_length > 0)
		end = t->unit + t->unit_length;
	p->at = end;
}

static void
lex_string(struct lexer *p)
{
	struct token *t = &p->token;
	char *out = arena_calloc(p->arena, strlen(p->at) + 1, 1);
	const char *s = p->at + 1;

	t->kind = TOKEN_STRING;
	t->string = out;
	for (; *s != '"' && *s != '\0'; s++) {
		if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
		*out++ = *s;
	}
	if (*s == '\0') {
		lex_fail(p, p->at, 1, "the text is not closed by a quote");
		t->kind = TOKEN_BAD;
		return;
	}
	p->at = s + 1;
}

static bool
lex_operator(struct lexer *p)
{
	static const struct { const char *text; enum token_kind kind; enum expect_op op; }
	    operators[] = {
		{ "==", TOKEN_OP, EXPECT_EQ }, { "!=", TOKEN_OP, EXPECT_NE },
		{ "<=", TOKEN_OP, EXPECT_LE }, { ">=", TOKEN_OP, EXPECT_GE },
		{ "<", TOKEN_OP, EXPECT_LT }, { ">", TOKEN_OP, EXPECT_GT },
		{ "..", TOKEN_RANGE, EXPECT_IN }, { "+", TOKEN_PLUS, EXPECT_EQ },
		{ "-", TOKEN_MINUS, EXPECT_EQ }, { "~", TOKEN_TILDE, EXPECT_LOG },
		{ "(", TOKEN_OPEN, EXPECT_EQ }, { ")", TOKEN_CLOSE, EXPECT_EQ },
	};

	for (size_t i = 0; i < NELEM(operators); i++) {
		size_t n = strlen(operators[i].text);

		if (strncmp(p->at, operators[i].text, n) != 0)
			continue;
		p->token.kind = operators[i].kind;
		p->token.op = operators[i].op;
		p->at += n;
		return true;
	}
	return false;
}

static void
lex_stray(struct lexer *p)
{
	p->token.kind = TOKEN_BAD;
	if (*p->at == '=')
		lex_fail(p, p->at, 1, "equality is written ==");
	else if (*p->at == '$')
		lex_fail(p, p->at, 1, "a parameter replaces a whole value, "
		    "it cannot stand inside an expectation");
	else if (*p->at == '&' || *p->at == '|' || *p->at == '!')
		lex_fail(p, p->at, 1, LEX_ONE_COMPARISON);
	else
		lex_fail(p, p->at, 1, "this character has no meaning in an expectation");
}

void
lex_next(struct lexer *p)
{
	struct token *t = &p->token;

	while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n')
		p->at++;
	*t = (struct token){ .kind = TOKEN_END, .start = p->at };
	if (*p->at >= '0' && *p->at <= '9') {
		lex_number(p);
	} else if (word_length(p->at) > 0) {
		t->kind = TOKEN_WORD;
		p->at += word_length(p->at);
	} else if (*p->at == '"') {
		lex_string(p);
	} else if (*p->at != '\0' && !lex_operator(p)) {
		lex_stray(p);
	}
	t->length = (size_t)(p->at - t->start);
}

bool
lex_is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && t->length == strlen(word) &&
	    strncmp(t->start, word, t->length) == 0;
}

bool
lex_take(struct lexer *p, enum token_kind kind, const char *wanted)
{
	if (p->token.kind != kind) {
		lex_fail_token(p, wanted);
		return false;
	}
	lex_next(p);
	return !p->failed;
}
