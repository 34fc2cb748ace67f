/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own limits: see host.h.
 */
#include "machine/host.h"

#include <stdio.h>
#include <stdlib.h>

void
host_no_memory(void)
{
	fputs("viosim: the host has no memory left for this run\n", stderr);
	exit(3);
}
