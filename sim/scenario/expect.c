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

static bool
expect_term_value(const struct expect_term *t, const struct expect_env *env, int64_t *value)
{
	switch (t->kind) {
	case EXPECT_NUMBER:
	case EXPECT_WORD:
		*value = t->value;
		return true;
	case EXPECT_SPAN:
		*value = scenario_time_ns((struct scenario_time){ t->ticks ? SCENARIO_TICKS :
		    SCENARIO_NS, (uint64_t)t->value }, env->hz);
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
	int64_t v;

	*value = 0;
	for (size_t i = 0; i < sum->count; i++) {
		bool minus = sum->terms[i].minus;

		if (!expect_term_value(&sum->terms[i], env, &v))
			return false;
		if (minus ? __builtin_sub_overflow(*value, v, value) :
		    __builtin_add_overflow(*value, v, value))
			*value = (v > 0) != minus ? INT64_MAX : INT64_MIN;
	}
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
		text_duration(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, span,
		    sizeof(span));
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
