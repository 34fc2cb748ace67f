/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's time and descriptors: see hostio.h.
 */
#include "base/hostio.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

uint64_t
host_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool
write_all(int fd, const void *bytes, size_t length)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		length -= (size_t)n;
	}
	return true;
}
