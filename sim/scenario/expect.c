/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expectations: evaluation and words.  expect_parse.c reads them.
 */
#include "expect.h"
#include "text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* ---- evaluation ---- */

static int64_t
expect_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return b > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t
expect_negate(int64_t a)
{
	return a == INT64_MIN ? INT64_MAX : -a;
}

/* A tick is a whole part of a second, rounded down: the clock's own resolution. */
static int64_t
expect_ticks_ns(int64_t ticks, unsigned hz)
{
	int64_t ns;

	assert(hz > 0);
	if (__builtin_mul_overflow(ticks, (int64_t)(1000000000 / hz), &ns))
		return INT64_MAX;
	return ns;
}

static bool
expect_term_value(const struct expect_term *t, const struct expect_env *env, int64_t *value)
{
	switch (t->kind) {
	case EXPECT_NUMBER:
	case EXPECT_WORD:
		*value = t->value;
		return true;
	case EXPECT_SPAN:
		*value = t->ticks ? expect_ticks_ns(t->value, env->hz) : t->value;
		return true;
	case EXPECT_OBSERVE:
		return t->obs->value(env, t, value);
	case EXPECT_LOG_COUNT:
		*value = env->log_count(env->arg, t->arg);
		return true;
	}
	return false;
}

/*
 * The value of a sum in its own unit; false if a term cannot be observed.  Overflow stops at the
 * end of the number range.
 */
static bool
expect_sum_value(const struct expect_sum *sum, const struct expect_env *env, int64_t *value)
{
	int64_t total = 0, v;

	for (size_t i = 0; i < sum->count; i++) {
		if (!expect_term_value(&sum->terms[i], env, &v))
			return false;
		total = expect_add(total, sum->terms[i].minus ? expect_negate(v) : v);
	}
	*value = total;
	return true;
}

bool
expect_holds(const struct expect *e, const struct expect_env *env)
{
	int64_t left, right, high = 0;

	if (e->op == EXPECT_LOG)
		return env->log_count(env->arg, e->left.terms[0].arg) > 0;
	if (!expect_sum_value(&e->left, env, &left) || !expect_sum_value(&e->right, env, &right))
		return false;
	switch (e->op) {
	case EXPECT_EQ:
		return left == right;
	case EXPECT_NE:
		return left != right;
	case EXPECT_LT:
		return left < right;
	case EXPECT_LE:
		return left <= right;
	case EXPECT_GT:
		return left > right;
	case EXPECT_GE:
		return left >= right;
	case EXPECT_IN:
		return expect_sum_value(&e->high, env, &high) && left >= right && left <= high;
	case EXPECT_LOG:
		break;
	}
	return false;
}

/* ---- words ---- */

static const char *
expect_state_word(const struct observable *obs, int64_t value)
{
	for (int64_t i = 0; obs->words[i] != NULL; i++)
		if (i == value)
			return obs->words[i];
	return "unknown";
}

void
expect_print_value(const struct expect_term *t, int64_t value, FILE *f)
{
	char span[48];

	switch (t->type) {
	case EXPECT_PAGES:
		fprintf(f, "%" PRId64 "%s", value, value == 1 ? " page" : " pages");
		break;
	case EXPECT_COUNT:
	case EXPECT_ANY:
		fprintf(f, "%" PRId64, value);
		break;
	case EXPECT_TIME:
		text_duration(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, span, sizeof(span));
		fprintf(f, "%s%s", value < 0 ? "-" : "", value != 0 ? span : "0ns");
		break;
	case EXPECT_STATE:
		fputs(expect_state_word(t->obs, value), f);
		break;
	}
}

static bool
expect_is_observed(const struct expect_term *t)
{
	return t->kind == EXPECT_OBSERVE || t->kind == EXPECT_LOG_COUNT;
}

const struct expect_term *
expect_term_at(const struct expect *e, size_t n)
{
	const struct expect_sum *sums[] = { &e->left, &e->right, &e->high };

	for (size_t i = 0; i < NELEM(sums); n -= sums[i]->count, i++)
		if (n < sums[i]->count)
			return &sums[i]->terms[n];
	return NULL;
}

static bool
expect_was_printed(const struct expect *e, size_t n)
{
	const struct expect_term *t = expect_term_at(e, n), *u;

	for (size_t i = 0; i < n; i++) {
		u = expect_term_at(e, i);
		if (expect_is_observed(u) && strcmp(u->text, t->text) == 0)
			return true;
	}
	return false;
}

/* A node that is not there, with the one that was probably meant. */
static void
expect_print_absent(const struct expect_term *t, const struct expect_env *env, FILE *f)
{
	struct text_nearest near = text_nearest(t->arg);
	const char *dot = strrchr(t->arg, '.');

	/* That both are below one node makes no node like another. */
	near.distance = text_nearest(dot != NULL ? dot + 1 : t->arg).distance;
	if (env->offer_sysctl != NULL)
		env->offer_sysctl(&near);
	if (near.best != NULL)
		fprintf(f, "(there is no such thing; did you mean sysctl.%s?)", near.best);
	else
		fputs("(there is no such thing)", f);
}

void
expect_print_actual(const struct expect *e, const struct expect_env *env, FILE *f)
{
	const struct expect_term *t;
	const char *comma = "";
	int64_t value;

	for (size_t n = 0; (t = expect_term_at(e, n)) != NULL; n++) {
		if (!expect_is_observed(t) || expect_was_printed(e, n))
			continue;
		fprintf(f, "%s%s = ", comma, t->text);
		if (expect_term_value(t, env, &value))
			expect_print_value(t, value, f);
		else
			expect_print_absent(t, env, f);
		comma = ", ";
	}
}

bool
expect_observes(const struct expect *e, const char *pattern)
{
	const struct expect_term *t;

	for (size_t n = 0; (t = expect_term_at(e, n)) != NULL; n++)
		if (t->kind == EXPECT_OBSERVE && strcmp(t->obs->pattern, pattern) == 0)
			return true;
	return false;
}
