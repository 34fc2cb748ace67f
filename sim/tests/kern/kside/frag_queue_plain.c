/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fragments of frag_queue.c as a driver without DIAGNOSTIC has them.
 */
#undef DIAGNOSTIC
#define FRAG_PLAIN
#include "frag_queue.c"
