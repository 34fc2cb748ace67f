/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_sysctl.c: sysctl(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

static const struct krig_row rows[] = {
	/* The lowest that is free is picked. */
	RUN(sysctl_numbers, OUT(2, 1, 3, 1, 3)),
	/* The same node again is the old one. */
	RUN(sysctl_again, OUT(0, 0, 1)),
	RUN(sysctl_errors, .says = "sysctl_createv: sysctl_locate(orphan) returned 2\n",
	    OUT(K_EINVAL, K_EINVAL, K_EINVAL, 0, K_ENAMETOOLONG, K_ENOENT, 0, K_ENOTDIR,
	    K_EEXIST, K_EINVAL, K_EINVAL, 0)),
	RUN(sysctl_errors, .says = "sysctl_createv: sysctl_create(9lives) returned 22\n"),
};

KRIG_ROWS(one_fragment, rows)

KRIG_TEST(nodes_read_the_creators_memory)
{
	int64_t value = -1;
	char path[64];

	krig_run_well(rig, frag_sysctl_tree);
	ck_assert_int_eq(rig->frag.out[0], 0);
	ck_assert_int_ge(rig->frag.out[1], 1024);
	ck_assert_int_eq(rig->frag.out[2], 0);
	ck_assert(kern_sysctl("hw.test.value", &value));
	/* As it is now, not as it was. */
	ck_assert_int_eq(value, 8);
	ck_assert(!kern_sysctl("hw.test", &value));
	ck_assert(!kern_sysctl("hw.test.values", &value));
	ck_assert(!kern_sysctl("hw.tes", &value));
	ck_assert(!kern_sysctl("", &value));
	/* The nodes above it have no value. */
	ck_assert(kern_sysctl_path(0, path, sizeof(path)));
	ck_assert_str_eq(path, "hw.test.value");
	ck_assert(!kern_sysctl_path(1, path, sizeof(path)));
	ck_assert(!kern_sysctl_path(0, path, strlen("hw.test.value")));
}

KRIG_TEST(teardown_removes_what_the_log_has)
{
	int64_t value;

	rig->frag.in[0] = 1;
	krig_run_well(rig, frag_sysctl_tree);
	ck_assert(!kern_sysctl("hw.test.value", &value));
	ck_assert_int_eq(rig->frag.out[3], 1);
	ck_assert_uint_eq(krig_count(rig, EV_NOTE, HW_NOTE_SYSCTL_GONE), 2);
}

KRIG_TEST(types_of_values)
{
	int64_t value;

	krig_run(rig, frag_sysctl_types);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rig->frag.out[i], 0);
	ck_assert(kern_sysctl("hw.quad", &value));
	ck_assert_int_eq(value, INT64_C(1) << 40);
	ck_assert(kern_sysctl("hw.bool", &value));
	ck_assert_int_eq(value, 1);
	ck_assert(kern_sysctl("hw.fixed", &value));
}

/* And at any time; *cnode is NULL then, whatever it was. */
KRIG_TEST(lie26_injected_failure_leaves_cnode_null)
{
	int64_t value;

	krig_fault(rig, "sysctl_createv.enomem", 1);
	krig_run(rig, frag_sysctl_one);
	krig_assert_out(rig, K_ENOMEM, 0);
	ck_assert(!kern_sysctl("hw.one", &value));
	krig_run(rig, frag_sysctl_one);
	krig_assert_out(rig, 0, 1);
}

SUITE(kern_sysctl)
