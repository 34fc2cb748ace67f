/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own limits.
 */
#ifndef VIOSIM_MACHINE_HOST_H
#define VIOSIM_MACHINE_HOST_H

/* The host has no memory left, so that no run can be judged: a sentence, and exit code 3. */
void host_no_memory(void) __attribute__((noreturn));

#endif /* VIOSIM_MACHINE_HOST_H */
