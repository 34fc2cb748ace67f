/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each operating system does in its own way, beside what is in POSIX and dlopen(3).  The
 * functions are in host_linux.c; for another system, its name in lower case (uname -s) is the end
 * of the name of such a file, which the Makefile takes.
 */
#ifndef VIOSIM_BASE_HOST_H
#define VIOSIM_BASE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The path of the program that runs, into path[0..size); false if that is not known. */
bool host_program(char *path, size_t size);

/* End this process when its parent ends, where the system can. */
void host_die_with_parent(void);

/* Most of these bytes will be used: in larger pages, where the system has them. */
void host_large_pages(void *memory, size_t bytes);

/* Of the third argument of a signal handler (sigaction(2), SA_SIGINFO). */
uintptr_t host_program_counter(const void *context);
uintptr_t host_frame_pointer(const void *context);

/*
 * Code in [low, high), which has the same upper 32 bits throughout, gets SIGSYS for a system call
 * from now on, where the system can; for as long as the process lives.
 */
void host_forbid_calls(uintptr_t low, uintptr_t high);

#endif /* VIOSIM_BASE_HOST_H */
