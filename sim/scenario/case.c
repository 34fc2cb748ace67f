/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases and their ids, both ways; small questions about plain data.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/vec.h"
#include "load.h"
#include "text.h"

/* ---- plain data ---- */

bool
scenario_time_is_given(struct scenario_time t)
{
	return t.unit != SCENARIO_NO_TIME;
}

int64_t
scenario_time_ns(struct scenario_time t, uint64_t hz)
{
	uint64_t ns = t.value;

	assert(hz > 0);
	if (t.unit == SCENARIO_NO_TIME)
		return 0;
	/* A tick lasts a whole number of ns, as the clock of the machine has it. */
	if (t.unit == SCENARIO_TICKS &&
	    __builtin_mul_overflow(t.value, UINT64_C(1000000000) / hz, &ns))
		return INT64_MAX;
	return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

uint64_t
scenario_machine_pages(const struct scenario_machine *m)
{
	uint64_t pages = 0;

	if (m->segments.count == 0)
		return m->memory_pages;
	for (size_t i = 0; i < m->segments.count; i++)
		pages += m->segments.segment[i].size_pages;
	return pages;
}

size_t
scenario_names_at(const struct scenario_names *names, const char *name)
{
	size_t i = 0;

	while (i < names->count && strcmp(names->name[i], name) != 0)
		i++;
	return i;
}

bool
scenario_names_has(const struct scenario_names *names, const char *name)
{
	return scenario_names_at(names, name) < names->count;
}

bool
scenario_step_judges(const struct scenario_step *step)
{
	return step->verb == SCENARIO_STEP_EXPECT || step->verb == SCENARIO_STEP_WAIT ||
	    step->verb == SCENARIO_STEP_EXPECT_TRACE || step->verb == SCENARIO_STEP_SETTLE;
}

bool
scenario_observes(const struct scenario *sc, const char *pattern)
{
	const struct scenario_claims *claims[] = {
		&sc->always, &sc->never, &sc->finally, &sc->needs
	};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		for (size_t j = 0; j < claims[i]->count; j++)
			if (expect_observes(claims[i]->claim[j].that, pattern))
				return true;
	for (size_t i = 0; i < sc->steps.count; i++)
		if ((sc->steps.step[i].verb == SCENARIO_STEP_EXPECT ||
		    sc->steps.step[i].verb == SCENARIO_STEP_WAIT) &&
		    expect_observes(sc->steps.step[i].expect, pattern))
			return true;
	return false;
}

/* ---- the name of a machine ---- */

static void
name_segments(const struct scenario_segments *segments, FILE *f)
{
	for (size_t i = 0; i < segments->count; i++) {
		fputs(i > 0 ? "+" : "", f);
		text_print_bytes(segments->segment[i].size_pages, f);
		fputc('@', f);
		text_print_bytes(segments->segment[i].at_pages, f);
	}
}

const char *
machine_name(const struct scenario_machine *m, const struct scenario_machine *base,
    struct arena *arena)
{
	static const char *const keys[] = {
		"interrupts", "softc", "byte_order", "diagnostic", "cpus", "interrupt_cpu", "hz",
		"reserve", "memory", "segments",
	};
	struct sbuf buf;
	FILE *f = sbuf_open(&buf);

	fprintf(f, "%s,%s", m->transport == SCENARIO_LEGACY ? "legacy" : "1.0",
	    m->dma == SCENARIO_COHERENT ? "coherent" : "bounce");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct field *key = map_find(&map_machine, keys[i]);
		const void *value = field_value(key, m);

		if (field_equal(key, value, field_value(key, base)) ||
		    /* Of memory and segments one is there. */
		    (key->kind == FIELD_SEGMENTS ? m->segments.count == 0 :
		    key->offset == offsetof(struct scenario_machine, memory_pages) &&
		    m->segments.count > 0))
			continue;
		if (key->kind == FIELD_WORD) {
			fprintf(f, ",%s", field_word_of(key->words, *(const int *)value));
			continue;
		}
		fprintf(f, ",%s=", key->kind == FIELD_SEGMENTS ? "memory" : key->key);
		if (key->kind == FIELD_SEGMENTS)
			name_segments(value, f);
		else
			field_print(key, value, false, f);
	}
	return arena_take(arena, &buf);
}

/* ---- ids ---- */

static void
print_param(const struct scenario_param *p, FILE *f)
{
	fprintf(f, "%s=", p->name);
	for (const char *s = p->value; *s != '\0'; s++)
		if (*s != ' ')
			fputc(*s, f);
}

void
scenario_case_init(struct scenario_case *c, const struct scenario *sc,
    const struct scenario_machine *m, bool has_seed, uint64_t seed)
{
	struct sbuf buf;
	FILE *f = sbuf_open(&buf);

	*c = (struct scenario_case){
		.scenario = sc, .machine = m, .has_seed = has_seed, .seed = seed,
	};
	fputs(sc->id, f);
	for (size_t i = 0; i < sc->nparams; i++) {
		fputc(i == 0 ? '[' : ',', f);
		print_param(&sc->params[i], f);
	}
	fputs(sc->nparams > 0 ? "]" : "", f);
	if (has_seed)
		fprintf(f, "@%" PRIu64, seed);
	fprintf(f, "#%s", m->name);
	c->id = sbuf_close(&buf);
}

void
scenario_case_fini(struct scenario_case *c)
{
	free(c->id);
	c->id = NULL;
}

/* ---- replay ids ---- */

/* `name=value` up to `,` or `]`; s moves behind it. */
static bool
ref_param(struct scenario_ref *ref, const char **s, struct text_why *why)
{
	size_t name = strcspn(*s, "=,]"), value;

	if (name == 0 || (*s)[name] != '=')
		return text_fail(why, "name=value is expected inside [ ]");
	value = strcspn(*s + name + 1, ",]");
	arena_add(ref->arena, ref->params, ref->nparams) = (struct scenario_param){
		arena_copy(ref->arena, *s, name), arena_copy(ref->arena, *s + name + 1, value),
	};
	*s += name + 1 + value;
	return **s != '\0' || text_fail(why, "the [ is not closed by ]");
}

static bool
ref_params(struct scenario_ref *ref, const char **s, struct text_why *why)
{
	if (**s != '[')
		return true;
	do {
		(*s)++;
		if (!ref_param(ref, s, why))
			return false;
	} while (**s == ',');
	(*s)++;
	return true;
}

static bool
ref_seed(struct scenario_ref *ref, const char **s, struct text_why *why)
{
	if (**s != '@')
		return true;
	(*s)++;
	ref->has_seed = true;
	return text_scan_number(*s, &ref->seed, s, why) || text_fail(why, "a seed is a number");
}

static bool
ref_machine(struct scenario_ref *ref, const char **s, struct text_why *why)
{
	size_t length;

	if (**s != '#')
		return true;
	do {
		(*s)++;
		length = strcspn(*s, ",");
		if (length == 0)
			return text_fail(why, "a part of the machine after # is empty");
		arena_add(ref->arena, ref->machine, ref->nmachine) =
		    arena_copy(ref->arena, *s, length);
		*s += length;
	} while (**s == ',');
	return true;
}

bool
scenario_ref_parse(struct scenario_ref *ref, const char *text, char *why, size_t why_size)
{
	size_t length = strcspn(text, "[@#");
	const char *s = text + length;
	struct text_why reason;
	bool ok;

	*ref = (struct scenario_ref){ .arena = arena_new() };
	ref->path = arena_copy(ref->arena, text, length);
	ok = ref_params(ref, &s, &reason) && ref_seed(ref, &s, &reason) &&
	    ref_machine(ref, &s, &reason);
	if (ok && length == 0)
		ok = text_fail(&reason, "the path is missing");
	if (ok && *s != '\0')
		ok = text_fail(&reason,
		    "after the path come [param=value], @seed and #machine, in this order");
	if (ok)
		return true;
	snprintf(why, why_size, "%s", reason.text);
	scenario_ref_fini(ref);
	return false;
}

void
scenario_ref_fini(struct scenario_ref *ref)
{
	arena_free(ref->arena);
	*ref = (struct scenario_ref){ .path = NULL };
}

/* ---- which cases ---- */

bool
text_equals_but_spaces(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (*a != *b || *a == '\0')
			return *a == *b;
	}
}

static bool
ref_fits_params(const struct scenario_ref *ref, const struct scenario *sc)
{
	for (size_t i = 0; i < ref->nparams; i++) {
		bool found = false;

		for (size_t j = 0; j < sc->nparams && !found; j++)
			found = strcmp(ref->params[i].name, sc->params[j].name) == 0 &&
			    text_equals_but_spaces(ref->params[i].value, sc->params[j].value);
		if (!found)
			return false;
	}
	return true;
}

static bool
machine_has_part(const struct scenario_machine *m, const char *part)
{
	const char *s = m->name;
	size_t length;

	for (; *s != '\0'; s += length + (s[length] == ',')) {
		length = strcspn(s, ",");
		if (text_is(s, length, part))
			return true;
	}
	return false;
}

static bool
ref_fits_machine(const struct scenario_ref *ref, const struct scenario_machine *m)
{
	for (size_t i = 0; i < ref->nmachine; i++)
		if (!machine_has_part(m, ref->machine[i]))
			return false;
	return true;
}

struct case_list {
	VEC_MEMBERS(struct scenario_case);
};

static void
list_push_seeds(struct case_list *list, const struct scenario_ref *ref,
    const struct scenario *sc, const struct scenario_machine *m)
{
	if (ref != NULL && ref->has_seed)
		scenario_case_init(vec_add(list), sc, m, true, ref->seed);
	else if (sc->seeds.count == 0)
		scenario_case_init(vec_add(list), sc, m, false, 0);
	else
		for (size_t i = 0; i < sc->seeds.count; i++)
			scenario_case_init(vec_add(list), sc, m, true, sc->seeds.seed[i]);
}

struct scenario_case *
scenario_cases(const struct scenario_doc *doc, const struct scenario_ref *ref, size_t *count)
{
	struct case_list list = { 0 };

	for (size_t i = 0; i < doc->count; i++) {
		const struct scenario *sc = doc->scenario[i];

		if (ref != NULL && (!ref_fits_params(ref, sc) ||
		    (ref->has_seed && sc->seeds.count == 0)))
			continue;
		for (size_t j = 0; j < sc->machines.count; j++)
			if (ref == NULL || ref_fits_machine(ref, &sc->machines.machine[j]))
				list_push_seeds(&list, ref, sc, &sc->machines.machine[j]);
	}
	*count = list.count;
	return list.item;
}

void
scenario_cases_free(struct scenario_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		scenario_case_fini(&cases[i]);
	free(cases);
}
