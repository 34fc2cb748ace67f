/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened in a run that can be behind a finding, and when it first did: what the
 * circumstances of a known defect (manifest.h) are held against.
 */
#ifndef VIOSIM_RUN_FACTS_H
#define VIOSIM_RUN_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/trace.h"

/* What either was or was not. */
enum fact {
	FACT_WAITS_FOR_MEMORY,		/* an allocation waited for memory */
	FACT_ATTACH_FAILED,
	FACT_NO_FEATURES,		/* the device offers none */
	FACT_CONFIG_DIFFERS,		/* the driver reads another value than it wrote */
	FACT_TARGET_BEFORE_LIVE,	/* the host's target changed before DRIVER_OK */
	FACT_TARGET_WHILE_OUT,		/* the same while a request was out */
	FACTS
};

#define FACTS_NEVER UINT32_MAX
#define FACTS_COUNTED_MAX 64		/* targets and requests that are kept one by one */
#define FACTS_BEHAVIOURS 64		/* codes of behaviours */
#define FACTS_CONFIG_WORDS 16		/* of the configuration */
#define FACTS_CONTEXTS 65

/* Each member of type uint32_t: number of the event, FACTS_NEVER: none. */
struct run_facts {
	uint64_t memory_end;		/* bytes: where the machine's memory ends */
	uint32_t fact[FACTS];
	uint32_t failed[HW_CALLS];	/* the call failed */
	/*
	 * An interrupt for a configuration change (0), of a queue (1) came while a thread or
	 * attach was awake, and that was the newest call of it; HW_CALLS: any.
	 */
	uint32_t awake[2][HW_CALLS + 1];
	uint32_t behaviour[FACTS_BEHAVIOURS];	/* by code */
	struct { uint32_t seq; uint64_t pages; } target[FACTS_COUNTED_MAX];
	unsigned targets;
	uint32_t request[FACTS_COUNTED_MAX];	/* that were sent */
	unsigned requests;
	/* while the run goes on */
	struct {
		uint16_t newest[FACTS_CONTEXTS];	/* call of a context, HW_CALL_NONE */
		bool is_thread[FACTS_CONTEXTS], awake[FACTS_CONTEXTS];	/* autoconf too */
		uint64_t offset[FACTS_CONTEXTS];	/* of a configuration read */
		uint32_t written[FACTS_CONFIG_WORDS];
		unsigned out;			/* requests */
		uint8_t status;
	} now;
};

/* Begin a run; *facts follows the trace until that ends. */
void facts_watch(struct run_facts *facts, struct trace *trace, uint64_t memory_end);

#endif /* VIOSIM_RUN_FACTS_H */
