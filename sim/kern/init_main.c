/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel as a whole: its state, its beginning and its end; after sys/kern/init_main.c.
 */
#include "kernel.h"

struct kernel *kernel;

int hz;
int tick;
int cold;
const char *panicstr;

/*
 * The machine is past cold boot: clocks tick and interrupts are on while drivers attach,
 * as when a module is loaded.
 */
void
kern_boot(const struct hw_driver *drivers, unsigned count)
{

	kernel = hw_table(sizeof(*kernel));
	kernel->kn_machine = hw_machine();
	hz = kernel->kn_machine.hz;
	tick = 1000000 / hz;
	cold = 0;
	panicstr = NULL;
	hw_memory(HW_MEMORY_PUBLIC, &hz, sizeof(hz), 0);
	hw_memory(HW_MEMORY_PUBLIC, &tick, sizeof(tick), 0);
	hw_memory(HW_MEMORY_PUBLIC, &cold, sizeof(cold), 0);
	hw_memory(HW_MEMORY_PUBLIC, &panicstr, sizeof(panicstr), 0);
	mutex_boot();
	uvm_boot();
	sysctl_boot();
	autoconf_boot(drivers, count);
}

void
kern_halt(void)
{

	kernel = NULL;
	panicstr = NULL;
}

int
kern_fault(enum hw_call call, int queue, bool waits, int otherwise)
{
	int error;

	while ((error = hw_fault(call, queue)) == HW_FAULT_BLOCK) {
		if (!waits)
			return otherwise;
		uvm_wait_healed();
	}
	return error;
}
