/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's time.
 */
#ifndef VIOSIM_BASE_HOSTIO_H
#define VIOSIM_BASE_HOSTIO_H

#include <stdint.h>

/* The host's time, from an arbitrary start, never back.  No run may depend on it. */
uint64_t host_ns(void);

#endif /* VIOSIM_BASE_HOSTIO_H */
