/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux; see host.h.
 */
#include "base/host.h"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

bool
host_program(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	path[length > 0 ? length : 0] = '\0';
	return length > 0;
}

void
host_die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void
host_large_pages(void *memory, size_t bytes)
{
	madvise(memory, bytes, MADV_HUGEPAGE);
}

/* ---- signals ---- */

uintptr_t
host_program_counter(const void *context)
{
	const ucontext_t *uc = context;

#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.pc;
#else
#error "say where this platform keeps the program counter"
#endif
}

uintptr_t
host_frame_pointer(const void *context)
{
	const ucontext_t *uc = context;

#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RBP];
#else
	return (uintptr_t)uc->uc_mcontext.regs[29];
#endif
}

/* ---- system calls ---- */

void
host_forbid_calls(uintptr_t low, uintptr_t high)
{
	enum { PC = offsetof(struct seccomp_data, instruction_pointer) };
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PC + (big ? 0 : 4)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(low >> 32), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PC + (big ? 4 : 0)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)low, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)(high - 1), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		    &program);
}
