/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's time: see hostio.h.
 */
#include "base/hostio.h"

#include <time.h>

uint64_t
host_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
