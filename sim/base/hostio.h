/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VIOSIM_BASE_HOSTIO_H
#define VIOSIM_BASE_HOSTIO_H

#include <stdint.h>
#include <time.h>

/* The host's time, from an arbitrary start, never back.  No run may depend on it. */
static inline uint64_t
host_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif /* VIOSIM_BASE_HOSTIO_H */
