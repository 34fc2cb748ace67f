/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's time and descriptors.
 */
#ifndef VIOSIM_BASE_HOSTIO_H
#define VIOSIM_BASE_HOSTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The host's time, from an arbitrary start, never back.  No run may depend on it. */
uint64_t host_ns(void);

/* All bytes, however often write(2) takes a part; false with errno when it cannot. */
bool write_all(int fd, const void *bytes, size_t length);

#endif /* VIOSIM_BASE_HOSTIO_H */
