/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expectations: from text to terms, with positions.
 *
 *	expectation = log ~ "text" | sum op sum | sum in sum..sum
 *	sum         = term { (+|-) term }
 *	term        = number [unit] | [device.]observable | count(log ~ "text")
 *
 * A state (thread.state) is compared, by == or !=, with one of its words.
 */
#include <string.h>

#include "arena.h"
#include "base/sbuf.h"
#include "base/utf8.h"
#include "expect.h"
#include "scenario.h"
#include "table.h"
#include "text.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* ---- words ---- */

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
	bool told;		/* the latest error was the first, and so reported */
};

#define LEX_ONE_COMPARISON "an expectation is one comparison; write two for two"

/* ---- errors ---- */

static bool
lex_is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && text_is(t->start, t->length, word);
}

/* The place of a character of the text. */
static struct loc
lex_loc(const struct lexer *p, const char *at)
{
	struct loc loc = p->source->loc;

	if (p->source->exact)
		loc.col += (unsigned)utf8_count(p->text, at);
	return loc;
}

/* The first error is reported; what follows from it is not. */
static void __attribute__((format(printf, 4, 5)))
lex_fail_at(struct lexer *p, struct loc loc, size_t width, const char *fmt, ...)
{
	const struct expect_source *source = p->source;
	char message[400];

	p->told = !p->failed;
	if (p->failed)
		return;
	p->failed = true;
	FORMAT_INTO(message, fmt);
	diag_add(p->diags, loc, source->exact ? (unsigned)width : 1, source->source,
	    source->source_size, "scenario.expectation", "%s%s", message,
	    source->used != NULL ? source->used : "");
}

/* The same at a character of the text. */
#define lex_fail(p, at, width, ...) lex_fail_at(p, lex_loc(p, at), width, __VA_ARGS__)

/* After that: what is meant. */
static void
lex_repair(struct lexer *p, const char *from, const char *to)
{
	if (p->told && p->source->exact && to[0] != '\0')
		diag_repair(p->diags, from, to);
}

static void
lex_repair_near(struct lexer *p, const struct text_nearest *near)
{
	if (text_nearest_is_sure(near))
		lex_repair(p, near->word, near->best);
}

/* `wanted` stands in the message: what should be here instead of this token. */
static void
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

static size_t
letters_length(const char *s)
{
	return strspn(s, TEXT_LETTERS TEXT_DIGITS "_");
}

/* Dots and dashes belong to a word only inside it. */
static size_t
word_length(const char *s)
{
	size_t n = letters_length(s), more;

	while (n > 0 && (s[n] == '.' || s[n] == '-') && (more = letters_length(s + n + 1)) > 0)
		n += 1 + more;
	return n;
}

static bool
lex_is_keyword(const char *word, size_t length)
{
	static const char *const keywords[] = {
		"in", "and", "or", "within", "for",
	};

	for (size_t i = 0; i < NELEM(keywords); i++)
		if (text_is(word, length, keywords[i]))
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
		lex_repair(p, why.from, why.to);
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
	if (*p->at == '=') {
		lex_fail(p, p->at, 1, "equality is written ==");
		if (p->at > p->text && p->at[-1] == ' ' && p->at[1] == ' ')
			lex_repair(p, "=", "==");
	}
	else if (*p->at == '$')
		lex_fail(p, p->at, 1, "a parameter replaces a whole value, "
		    "it cannot stand inside an expectation");
	else if (*p->at == '&' || *p->at == '|' || *p->at == '!')
		lex_fail(p, p->at, 1, LEX_ONE_COMPARISON);
	else
		lex_fail(p, p->at, 1, "this character has no meaning in an expectation");
}

/* Look at the next token. */
static void
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

/* The token must be of this kind; then the next one is looked at. */
static bool
lex_take(struct lexer *p, enum token_kind kind, const char *wanted)
{
	if (p->token.kind != kind) {
		lex_fail_token(p, wanted);
		return false;
	}
	lex_next(p);
	return !p->failed;
}

/* ---- observables ---- */

bool
observable_fits(const char *pattern, const char *word, const char **arg, size_t *length)
{
	const char *close = strchr(pattern, '>');
	size_t before = strcspn(pattern, "<"), after = close != NULL ? strlen(++close) : 0;

	*arg = word + before;
	*length = 0;
	if (close == NULL)
		return strcmp(pattern, word) == 0;
	if (strlen(word) <= before + after || strncmp(word, pattern, before) != 0)
		return false;
	*length = strlen(word) - before - after;
	return strcmp(*arg + *length, close) == 0;
}

static void
offer_pattern(struct lexer *p, struct text_nearest *near, const char *pattern)
{
	const char *hole = strstr(pattern, "<q>");

	if (hole == NULL) {
		text_nearest_offer(near, pattern);
		return;
	}
	for (const char *const *q = p->vocab->vqs; *q != NULL; q++)
		text_nearest_offer(near, arena_printf(p->arena, "%.*s%s%s",
		    (int)(hole - pattern), pattern, *q, hole + 3));
}

static void
fail_unknown_word(struct lexer *p, const struct token *t, const char *word)
{
	const struct observable *o;
	struct text_nearest near = text_nearest(word);
	const char *tail;

	for (size_t i = 0; (o = scenario_observable(p->vocab, i)) != NULL; i++) {
		offer_pattern(p, &near, o->pattern);
		/* `wakeups` is the end of `thread.wakeups`. */
		tail = strrchr(o->pattern, '.');
		if (tail != NULL && strcmp(tail + 1, word) == 0) {
			lex_fail(p, t->start, t->length, "nothing called \"%s\" can be observed; "
			    "did you mean \"%s\"?", word, o->pattern);
			return;
		}
	}
	lex_fail(p, t->start, t->length, "nothing called \"%s\" can be observed%s%s", word,
	    text_nearest_hint(&near, ""),
	    near.best == NULL && strchr(word, '-') != NULL ?
	    " (a minus has spaces around it)" : "");
	lex_repair_near(p, &near);
}

/* The part in brackets must be a name that exists; ids and paths are not known here. */
static bool
check_arg(struct lexer *p, const struct token *t, const struct observable *o, const char *arg)
{
	const struct { const char *hole, *what; const char *const *names; } parts[] = {
		{ "<q>", "queue", p->vocab->vqs }, { "<fn>", "kernel call", p->vocab->calls },
		{ "<feature>", "feature", p->vocab->features },
		{ "<fault>", "fault", p->vocab->faults },
	};
	struct text_nearest near;
	size_t i = 0;

	while (i < NELEM(parts) && strstr(o->pattern, parts[i].hole) == NULL)
		i++;
	if (i == NELEM(parts) || text_list_has(parts[i].names, arg))
		return true;
	near = text_nearest(arg);
	text_nearest_offer_all(&near, parts[i].names);
	lex_fail(p, t->start, t->length, "there is no %s \"%s\"%s", parts[i].what, arg,
	    text_nearest_hint(&near, ""));
	lex_repair_near(p, &near);
	return false;
}

/* The word behind the name of a device, if there is one, and which device. */
static const char *
parse_device(const char *word, unsigned *device)
{
	for (const struct field_word *name = scenario_device_words; name->word != NULL; name++) {
		size_t length = strlen(name->word);

		if (strncmp(word, name->word, length) == 0 && word[length] == '.') {
			*device = (unsigned)name->value;
			return word + length + 1;
		}
	}
	return word;
}

static void
parse_observable(struct lexer *p, struct expect_term *term)
{
	const struct token t = p->token;
	const char *word = parse_device(term->text, &term->device);
	const struct observable *o;
	const char *arg;
	size_t length;

	for (size_t i = 0; (o = scenario_observable(p->vocab, i)) != NULL; i++) {
		if (!observable_fits(o->pattern, word, &arg, &length))
			continue;
		if (length > 0)
			term->arg = arena_copy(p->arena, arg, length);
		if (word != term->text && !(o->flags & EXPECT_DEVICE))
			lex_fail(p, t.start, t.length, "\"%s\" is not of one device", word);
		term->kind = EXPECT_OBSERVE;
		term->obs = o;
		term->type = o->type;
		if (!check_arg(p, &t, o, term->arg))
			return;
		if (o->value == NULL)
			lex_fail(p, t.start, t.length,
			    "the log is asked by `log ~ \"text\"` or `count(log ~ \"text\")`");
		lex_next(p);
		return;
	}
	fail_unknown_word(p, &t, word);
}

/* ---- terms and sums ---- */

static void
parse_number(struct lexer *p, struct expect_term *term)
{
	const struct token *t = &p->token;
	struct scenario_time time;
	struct text_why why;
	uint64_t pages;
	bool ok;

	if (t->unit_length > 0 && text_is_time_unit(t->unit, t->unit_length)) {
		ok = text_scale_time(t->number, t->unit, t->unit_length, &time, &why);
		term->kind = EXPECT_SPAN;
		term->type = EXPECT_TIME;
		term->ticks = time.unit == SCENARIO_TICKS;
		term->value = (int64_t)time.value;
	} else {
		ok = text_scale_amount(t->number, t->unit, t->unit_length, &pages, &why);
		term->kind = EXPECT_NUMBER;
		term->type = t->unit_length > 0 ? EXPECT_PAGES : EXPECT_ANY;
		term->value = (int64_t)pages;
	}
	if (!ok) {
		lex_fail(p, t->start, t->length, "%s", why.text);
		lex_repair(p, why.from, why.to);
	} else {
		lex_next(p);
	}
}

/* `~ "text"` after the word log. */
static const char *
parse_log_text(struct lexer *p)
{
	const char *string;

	if (!lex_take(p, TOKEN_TILDE, "~"))
		return NULL;
	string = p->token.string;
	if (p->token.kind == TOKEN_STRING && string[0] == '\0')
		lex_fail(p, p->token.start, p->token.length, "every line has this text");
	return lex_take(p, TOKEN_STRING, "a text in quotes") ? string : NULL;
}

static void
parse_log_count(struct lexer *p, struct expect_term *term)
{
	const char *start = p->token.start;

	lex_next(p);
	if (!lex_take(p, TOKEN_OPEN, "("))
		return;
	if (!lex_is_word(&p->token, "log")) {
		lex_fail_token(p, "log");
		return;
	}
	lex_next(p);
	term->kind = EXPECT_LOG_COUNT;
	term->type = EXPECT_COUNT;
	term->arg = parse_log_text(p);
	if (term->arg == NULL)
		return;
	term->text = arena_copy(p->arena, start, (size_t)(p->token.start + 1 - start));
	(void)lex_take(p, TOKEN_CLOSE, ")");
}

static void
parse_term(struct lexer *p, struct expect_sum *sum, bool minus)
{
	struct expect_term *term = &arena_add(p->arena, sum->terms, sum->count);

	term->minus = minus;
	term->loc = lex_loc(p, p->token.start);
	term->text = arena_copy(p->arena, p->token.start, p->token.length);
	if (p->token.kind == TOKEN_NUMBER)
		parse_number(p, term);
	else if (lex_is_word(&p->token, "count"))
		parse_log_count(p, term);
	else if (p->token.kind == TOKEN_WORD)
		parse_observable(p, term);
	else
		lex_fail_token(p, "an amount, a time or something to observe");
}

static void
parse_sum(struct lexer *p, struct expect_sum *sum)
{
	bool minus = false;

	for (;;) {
		parse_term(p, sum, minus);
		if (p->failed ||
		    (p->token.kind != TOKEN_PLUS && p->token.kind != TOKEN_MINUS))
			return;
		minus = p->token.kind == TOKEN_MINUS;
		lex_next(p);
	}
}

/* ---- the whole ---- */

/* `asleep` and `sleeping`: most letters of the one stand in the other, in one piece. */
static bool
have_much_in_common(const char *word, const char *state)
{
	size_t need = strlen(word) * 2 / 3;

	if (need < 4)
		return false;
	for (const char *s = word; strlen(s) >= need; s++)
		for (const char *t = state; strlen(t) >= need; t++)
			if (strncmp(s, t, need) == 0)
				return true;
	return false;
}

/* `thread.state == sleeping`: the right side is a word of the left side's set. */
static void
parse_state_word(struct lexer *p, struct expect *e)
{
	const struct expect_term *left = &e->left.terms[0];
	const char *const *words = left->obs->words, *word;
	struct expect_term *term;
	struct text_nearest near;
	char list[120] = "";

	if (e->op != EXPECT_EQ && e->op != EXPECT_NE) {
		lex_fail(p, p->text, 1, "%s is compared by == or != only", left->text);
		return;
	}
	term = &arena_add(p->arena, e->right.terms, e->right.count);
	term->kind = EXPECT_WORD;
	term->type = EXPECT_STATE;
	term->obs = left->obs;
	term->loc = lex_loc(p, p->token.start);
	term->text = arena_copy(p->arena, p->token.start, p->token.length);
	word = p->token.kind == TOKEN_STRING ? p->token.string : term->text;
	for (term->value = 0; words[term->value] != NULL; term->value++)
		if (strcmp(words[term->value], term->text) == 0) {
			lex_next(p);
			return;
		}
	if (text_list_has(words, word)) {
		lex_fail(p, p->token.start, p->token.length, "a state is written without quotes: "
		    "%s", word);
		lex_repair(p, term->text, word);
		return;
	}
	near = text_nearest(word);
	text_nearest_offer_all(&near, words);
	for (size_t i = 0; words[i] != NULL; i++) {
		if (near.best == NULL && have_much_in_common(word, words[i]))
			near.best = words[i];
		strncat(list, i > 0 ? " " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, words[i], sizeof(list) - strlen(list) - 1);
	}
	lex_fail(p, p->token.start, p->token.length > 0 ? p->token.length : 1,
	    "%s is never \"%s\" (%s)%s", left->text, word, list,
	    text_nearest_hint(&near, ""));
	lex_repair_near(p, &near);
}

static const char *const type_names[] = {
	[EXPECT_PAGES] = "an amount of pages", [EXPECT_COUNT] = "a count", [EXPECT_TIME] = "a time",
	[EXPECT_ANY] = "a bare number", [EXPECT_STATE] = "a state",
};

static bool
type_fits(const struct expect_term *t, enum expect_type wanted)
{
	if (t->type == wanted || wanted == EXPECT_ANY)
		return true;
	/* Without a unit only zero is a time. */
	if (wanted == EXPECT_TIME)
		return t->kind == EXPECT_NUMBER && t->type == EXPECT_ANY && t->value == 0;
	return t->type == EXPECT_ANY && wanted != EXPECT_STATE;
}

/* All values of one kind, and at least one of them observed. */
static void
check_types(struct lexer *p, const struct expect *e)
{
	enum expect_type wanted = EXPECT_ANY;
	const struct expect_term *t, *first = NULL;
	bool observed = false;

	for (size_t n = 0; (t = expect_term_at(e, n)) != NULL; n++) {
		observed |= t->kind == EXPECT_OBSERVE || t->kind == EXPECT_LOG_COUNT;
		if (wanted == EXPECT_ANY && t->type != EXPECT_ANY) {
			wanted = t->type;
			first = t;
		}
	}
	for (size_t n = 0; (t = expect_term_at(e, n)) != NULL; n++)
		if (!type_fits(t, wanted))
			lex_fail_at(p, t->loc, strlen(t->text),
			    "\"%s\" is %s, but \"%s\" is %s", t->text, type_names[t->type],
			    first->text, type_names[wanted]);
	if (!observed)
		lex_fail(p, p->text, 1, "nothing is observed in \"%s\"", p->text);
}

static void
check_range(struct lexer *p, const struct expect *e)
{
	const struct expect_term *low = e->right.terms, *high = e->high.terms;

	if (e->right.count == 1 && e->high.count == 1 && low->kind == high->kind &&
	    (low->kind == EXPECT_NUMBER || low->kind == EXPECT_SPAN) &&
	    low->ticks == high->ticks && low->value > high->value)
		lex_fail_at(p, low->loc, low->loc.line == high->loc.line ?
		    high->loc.col - low->loc.col + strlen(high->text) : 1,
		    "the range %s..%s is empty", low->text, high->text);
}

static void
parse_comparison(struct lexer *p, struct expect *e)
{
	bool in = lex_is_word(&p->token, "in");
	bool state = e->left.terms[0].type == EXPECT_STATE;

	if (!in && p->token.kind != TOKEN_OP) {
		lex_fail_token(p, "a comparison (== != < <= > >= in)");
		return;
	}
	e->op = in ? EXPECT_IN : p->token.op;
	lex_next(p);
	if (state && e->left.count == 1) {
		parse_state_word(p, e);
		return;
	}
	parse_sum(p, &e->right);
	if (in && !p->failed && lex_take(p, TOKEN_RANGE, ".."))
		parse_sum(p, &e->high);
}

static void
parse_log(struct lexer *p, struct expect *e)
{
	struct expect_term *term;

	e->op = EXPECT_LOG;
	term = &arena_add(p->arena, e->left.terms, e->left.count);
	term->kind = EXPECT_LOG_COUNT;
	term->type = EXPECT_COUNT;
	term->loc = lex_loc(p, p->token.start);
	lex_next(p);
	term->arg = parse_log_text(p);
	term->text = arena_printf(p->arena, "count(%s)", p->text);
}

struct expect *
expect_parse(const char *text, const struct expect_source *source,
    const struct scenario_vocab *vocab, struct arena *arena, struct diag_list *diags)
{
	struct lexer p = {
		.source = source, .vocab = vocab, .arena = arena, .diags = diags,
	};
	struct expect *e = arena_calloc(arena, 1, sizeof(*e));

	p.text = p.at = e->text = arena_copy(arena, text, strlen(text));
	e->loc = source->loc;
	lex_next(&p);
	if (lex_is_word(&p.token, "log")) {
		parse_log(&p, e);
	} else {
		parse_sum(&p, &e->left);
		if (!p.failed)
			parse_comparison(&p, e);
		if (!p.failed)
			check_types(&p, e);
		if (!p.failed && e->op == EXPECT_IN)
			check_range(&p, e);
	}
	if (!p.failed && p.token.kind != TOKEN_END)
		lex_fail_token(&p, "the end");
	return p.failed ? NULL : e;
}
