/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of recorded values, by the letters of door.h.
 */
#include <stdbool.h>
#include <stddef.h>

#include "machine/trace.h"

/* sys/intr.h */
static const char *const ipl[] = {
	"IPL_NONE", "IPL_PREEMPT", "IPL_SOFTCLOCK", "IPL_SOFTBIO", "IPL_SOFTNET",
	"IPL_SOFTSERIAL", "IPL_VM", "IPL_SCHED", "IPL_HIGH", NULL
};
static const char *const vector[] = {
	[HW_VEC_INTX] = "INTx", [HW_VEC_MSIX_CONFIG] = "MSI-X config",
	[HW_VEC_MSIX_QUEUE] = "MSI-X queue", "MSI-X queue 1", "MSI-X queue 2", "MSI-X queue 3",
	"MSI-X queue 4", "MSI-X queue 5", "MSI-X queue 6", "MSI-X queue 7", [HW_VECTORS] = NULL
};
static const char *const region[] = {
	[HW_REG_LEGACY] = "legacy", [HW_REG_COMMON] = "common", [HW_REG_NOTIFY] = "notify",
	[HW_REG_ISR] = "isr", [HW_REG_DEVICE] = "device", NULL
};
static const char *const slot_state[] = {
	"", "prepared", "reserved", "committed", "freed", NULL
};
static const char *const callback[] = {
	[HW_CB_CONFIG_CHANGE] = "config_change", [HW_CB_VQ_DONE] = "vq_done",
	[HW_CB_INTRHAND] = "intrhand", [HW_CB_SOFTINT] = "softint handler", NULL
};
static const char *const attach_step[] = {
	[HW_ATTACH_MATCH] = "match", [HW_ATTACH_BEGIN] = "begin",
	[HW_ATTACH_STARTED] = "started", [HW_ATTACH_FINISHED] = "finished",
	[HW_ATTACH_FAILED] = "failed", [HW_ATTACH_END] = "end", NULL
};
static const char *const edge[] = { "", "enter", "leave", NULL };
/* bus_dma(9): BUS_DMASYNC_... */
static const char *const sync_ops[] = {
	"", "PREREAD", "POSTREAD", "PREWRITE", "POSTWRITE", NULL
};
/* virtio 1.2 clause 2.1 */
static const char *const status[] = {
	"RESET", "ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK", "", "", "NEEDS_RESET",
	"FAILED", NULL
};

const char *const *
trace_words(char letter, bool *bits)
{
	static const struct { char letter; bool bits; const char *const *words; } tables[] = {
		{ 'P', false, ipl }, { 'V', false, vector }, { 'R', false, region },
		{ 'Z', false, slot_state }, { 'B', false, callback }, { 'A', false, attach_step },
		{ 'G', false, edge }, { 'y', true, sync_ops }, { 'U', true, status },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].letter == letter) {
			*bits = tables[i].bits;
			return tables[i].words;
		}
	return NULL;
}
