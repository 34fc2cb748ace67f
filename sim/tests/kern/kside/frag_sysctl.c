/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about sysctl(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/sysctl.h>

#include "frag.h"

static int frag_int;
static int64_t frag_quad;
static bool frag_bool;
static struct sysctllog *frag_log;

/* hw.test with hw.test.value under it; out: errors, number, and what the value is now. */
FRAG(sysctl_tree)
{
	const struct sysctlnode *node = NULL;

	frag_log = NULL;
	f->out[0] = sysctl_createv(&frag_log, 0, NULL, &node, 0, CTLTYPE_NODE, "test",
	    SYSCTL_DESCR("a test"), NULL, 0, NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[1] = node != NULL ? node->sysctl_num : -1;
	frag_int = 7;
	f->out[2] = sysctl_createv(&frag_log, 0, NULL, NULL, 0, CTLTYPE_INT, "value",
	    NULL, NULL, 0, &frag_int, 0, CTL_HW, node->sysctl_num, CTL_CREATE, CTL_EOL);
	frag_int = 8;
	if (f->in[0] != 0)
		sysctl_teardown(&frag_log);
	f->out[3] = frag_log == NULL;
}

FRAG(sysctl_types)
{
	frag_quad = INT64_C(1) << 40;
	frag_bool = true;
	f->out[0] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_QUAD, "quad", NULL,
	    NULL, 0, &frag_quad, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[1] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_BOOL, "bool", NULL,
	    NULL, 0, &frag_bool, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[2] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "fixed", NULL,
	    NULL, 0, &frag_int, sizeof(int), CTL_HW, 77, CTL_EOL);
}

/* The same node again, with the same function: the old one. */
FRAG(sysctl_again)
{
	const struct sysctlnode *first = NULL, *second = NULL;

	f->out[0] = sysctl_createv(NULL, 0, NULL, &first, 0, CTLTYPE_NODE, "test", NULL,
	    NULL, 0, NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[1] = sysctl_createv(NULL, 0, NULL, &second, 0, CTLTYPE_NODE, "test", NULL,
	    NULL, 0, NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[2] = first == second && first != NULL;
}

/* One read-only int below hw; out: error, is the node there. */
FRAG(sysctl_one)
{
	const struct sysctlnode *node = (const void *)f;

	f->out[0] = sysctl_createv(NULL, 0, NULL, &node, 0, CTLTYPE_INT, "one", NULL,
	    NULL, 0, &frag_int, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[1] = node != NULL;
}

static int
named(const char *name)
{
	const struct sysctlnode *node;
	int error;

	error = sysctl_createv(NULL, 0, NULL, &node, 0, CTLTYPE_INT, name, NULL, NULL, 0,
	    &frag_int, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	return node != NULL && error != 0 ? -1 : error;
}

static int
numbered(struct sysctllog **log, const char *name, int num)
{
	const struct sysctlnode *node;

	sysctl_createv(log, 0, NULL, &node, 0, CTLTYPE_INT, name, NULL, NULL, 0, &frag_int,
	    0, CTL_HW, num, CTL_EOL);
	return node != NULL ? node->sysctl_num : -1;
}

/* The kernel picks the lowest number that is free; out: relative to the first. */
FRAG(sysctl_numbers)
{
	struct sysctllog *log = NULL, *other = NULL;
	int first = numbered(&log, "first", CTL_CREATE);

	f->out[0] = numbered(&log, "explicit", first + 2) - first;
	f->out[1] = numbered(&other, "second", CTL_CREATE) - first;
	f->out[2] = numbered(&other, "fourth", CTL_CREATE) - first;
	sysctl_teardown(&other);
	f->out[3] = numbered(&other, "again", CTL_CREATE) - first;
	f->out[4] = numbered(&other, "last", CTL_CREATE) - first;
}

/* out[i]: the i-th way to be wrong. */
FRAG(sysctl_errors)
{
	f->out[0] = named("9lives");
	f->out[1] = named("two words");
	f->out[2] = named("");
	f->out[3] = named("a234567890123456789012345678901");	/* 31: fits */
	f->out[4] = named("a2345678901234567890123456789012");	/* 32 */
	f->out[5] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "orphan", NULL,
	    NULL, 0, &frag_int, 0, CTL_HW, 4711, CTL_CREATE, CTL_EOL);
	f->out[6] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "leaf", NULL,
	    NULL, 0, &frag_int, 0, CTL_HW, 78, CTL_EOL);
	f->out[7] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "below", NULL,
	    NULL, 0, &frag_int, 0, CTL_HW, 78, CTL_CREATE, CTL_EOL);
	f->out[8] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "taken", NULL,
	    NULL, 0, &frag_int, 0, CTL_HW, 78, CTL_EOL);
	f->out[9] = sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "short", NULL,
	    NULL, 0, &frag_int, 2, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[10] = sysctl_createv(NULL, 0xff0000, NULL, NULL, 0, CTLTYPE_INT, "flags",
	    NULL, NULL, 0, &frag_int, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	f->out[11] = named("dash-and_9");
}
