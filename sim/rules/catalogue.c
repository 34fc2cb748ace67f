/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalogue: every area's rules and those the runner itself reports, in order of id.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rules/area.h"

/* Rules without an area: what only the runner can see. */
static const struct rule rules_run[] = {
	{ "live.endless-loop", SEVERITY_ERROR,
	  "the driver does not loop without letting time pass",
	  "NetBSD kthread(9), condvar(9); spl(9)",
	  "A thread that never sleeps keeps its CPU for ever, at raised level the whole machine.",
	  "while (!sc->sc_done) continue;",
	  "while (!sc->sc_done) cv_wait(&sc->sc_cv, &sc->sc_lock);" },
	{ "live.panic", SEVERITY_ERROR,
	  "the kernel does not panic, and no assertion fails",
	  "NetBSD panic(9), KASSERT(9)",
	  "A panic takes the whole guest down; an assertion names a contract that was broken.",
	  NULL, NULL },
	{ "live.trap", SEVERITY_ERROR,
	  "no instruction of the driver traps",
	  "NetBSD panic(9): a trap in the kernel; Intel 64 manual, volume 3, chapter 6",
	  "An integer division by zero, a breakpoint, an instruction that there is not: the "
	  "processor stops at it, and the kernel with it.",
	  "n = size / sc->sc_unit;",
	  "if (sc->sc_unit == 0)\n\treturn EINVAL;\nn = size / sc->sc_unit;" },
	{ "mem.stack-overflow", SEVERITY_ERROR,
	  "the driver's functions find room on the kernel stack",
	  "NetBSD sys/arch/amd64/include/param.h, UPAGES; kthread(9)",
	  "A thread of the kernel has 12 KiB of stack on amd64, and what lies below is a page that "
	  "faults, or somebody else's.  What counts is what an optimised build needs.",
	  "uint32_t pfns[16384];",
	  "uint32_t *pfns = kmem_alloc(16384 * sizeof(*pfns), KM_SLEEP);" },
	{ "mem.wild-access", SEVERITY_ERROR,
	  "the driver touches only memory that is there",
	  "NetBSD memoryallocators(9)",
	  "A stray pointer is a page fault in the kernel, that is, a panic, or it destroys what "
	  "belongs to somebody else.",
	  "p = TAILQ_FIRST(&list); uvm_pglistfree(&list); TAILQ_NEXT(p, pageq.queue);",
	  "n = TAILQ_NEXT(p, pageq.queue); /* before the list is freed */" },
	{ "ring.device-abuse", SEVERITY_LINT,
	  "the guest survives a device that breaks the specification",
	  "virtio 1.2 clauses 2.7.8, 2.7.14",
	  "The kernel's virtio code trusts ids that the device writes; a lying device can bring "
	  "the guest down.  The device is at fault, not the driver.",
	  NULL, NULL },
	{ "scenario.impossible-fault", SEVERITY_LINT,
	  "a scenario makes calls fail only as the kernel can",
	  "`viosim explain FAULT`: when the kernel can, and where it says so",
	  "What a driver does after a failure that no kernel produces says little about it.  "
	  "The scenario is at fault, not the driver.",
	  NULL, NULL },
	{ "scenario.expect", SEVERITY_ERROR,
	  "an expectation of the scenario holds",
	  "the scenario itself",
	  "The scenario says what a correct driver does; this one did something else.",
	  NULL, NULL },
};
static const size_t rules_run_count = sizeof(rules_run) / sizeof(rules_run[0]);

#define X(name) \
	extern const struct rule rules_##name[]; \
	extern const size_t rules_##name##_count;
RULE_AREAS(X)
#undef X

static int
compare(const void *one, const void *other)
{
	const struct rule *a = one, *b = other;

	return strcmp(a->id, b->id);
}

static void
add(struct rule *to, size_t *count, size_t max, const struct rule *rules, size_t n)
{
	assert(*count + n <= max);
	memcpy(to + *count, rules, n * sizeof(rules[0]));
	*count += n;
}

#define CATALOGUE_MAX 160

/*
 * Put together once, from constants, and never changed: a constant in all but name.
 */
const struct rule *
rules_catalogue(size_t *count)
{
	static struct rule table[CATALOGUE_MAX];
	static size_t rows;

	if (rows == 0) {
		add(table, &rows, CATALOGUE_MAX, rules_run, rules_run_count);
#define X(name) add(table, &rows, CATALOGUE_MAX, rules_##name, rules_##name##_count);
		RULE_AREAS(X)
#undef X
		qsort(table, rows, sizeof(table[0]), compare);
		for (size_t i = 1; i < rows; i++)
			assert(strcmp(table[i - 1].id, table[i].id) < 0);
	}
	*count = rows;
	return table;
}

const struct rule *
rule_by_id(const char *id)
{
	size_t count;
	const struct rule *table = rules_catalogue(&count);
	struct rule key = { .id = id };

	return bsearch(&key, table, count, sizeof(table[0]), compare);
}
