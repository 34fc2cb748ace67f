/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of an expectation, for expect_parse.c.
 */
#ifndef VIOSIM_SCENARIO_EXPECT_LEX_H
#define VIOSIM_SCENARIO_EXPECT_LEX_H

#include "arena.h"
#include "expect.h"
#include "scenario.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,		/* number, with its unit if it has one */
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_OP,		/* op */
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_TILDE,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_RANGE,		/* .. */
	TOKEN_BAD,		/* reported */
};

struct token {
	enum token_kind kind;
	const char *start;
	size_t length;
	uint64_t number;
	const char *unit;	/* within the text; unit_length 0 if there is none */
	size_t unit_length;
	enum expect_op op;
	const char *string;	/* unescaped */
};

struct lexer {
	const char *text;
	const char *at;
	const struct expect_source *source;
	const struct scenario_vocab *vocab;
	struct arena *arena;
	struct diag_list *diags;
	struct token token;	/* the one looked at */
	bool failed;
};

/* The place of a character of the text. */
struct loc lex_loc(const struct lexer *, const char *at);

/* The first error is reported; what follows from it is not. */
void	lex_fail_at(struct lexer *, struct loc, size_t width, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
/* The same at a character of the text. */
#define lex_fail(p, at, width, ...) lex_fail_at(p, lex_loc(p, at), width, __VA_ARGS__)

/* `wanted` stands in the message: what should be here instead of this token. */
void	lex_fail_token(struct lexer *, const char *wanted);

/* Look at the next token. */
void	lex_next(struct lexer *);

/* The token must be of this kind; then the next one is looked at. */
bool	lex_take(struct lexer *, enum token_kind, const char *wanted);
bool	lex_is_word(const struct token *, const char *word);

#endif
