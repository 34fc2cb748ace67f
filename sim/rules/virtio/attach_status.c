/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach: the device status, at the first start of a device and at every later one.
 */
#include <string.h>

#include "rules/area.h"

/* virtio 1.2 clause 2.1 */
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define STATUS_FAILED 128u

struct status {
	uint8_t now;
	uint32_t seq;			/* since then */
};

static const struct rule rule_status = {
	"attach.status", SEVERITY_ERROR,
	"DRIVER_OK comes after FEATURES_OK, which the device keeps, and never after FAILED",
	"virtio 1.2 clauses 2.1.1 and 3.1.1; NetBSD sys/dev/pci/virtio_pci.c, negotiation of 1.0",
	"A device that refuses the features, or was not asked, is not usable: it may do anything "
	"or nothing.  On 1.0 virtio_features() is 0 then.",
	"virtio_reset(vsc);\nvirtio_reinit_start(vsc);\nvirtio_reinit_end(vsc);",
	"virtio_reset(vsc);\nvirtio_reinit_start(vsc);\n"
	"virtio_negotiate_features(vsc, features);\nvirtio_reinit_end(vsc);"
};

HOOK(on_status, struct status *status)
{
	uint8_t next = (uint8_t)event->dev_status.status, before = status->now;
	struct finding *finding = NULL;

	if ((next & ~before & STATUS_DRIVER_OK) != 0) {
		if ((before & STATUS_FAILED) != 0)
			finding = rules_report(core, &rule_status, event, site,
			    "DRIVER_OK is set on a device that was given up (FAILED)%s",
			    rules_look(core)->legacy || (before & STATUS_FEATURES_OK) != 0 ? "" :
			    ": it does not accept the features");
		else if (!rules_look(core)->legacy && (next & STATUS_FEATURES_OK) == 0)
			finding = rules_report(core, &rule_status, event, site,
			    "DRIVER_OK is set without FEATURES_OK: no features were negotiated");
		finding_because(finding, status->seq, "the status before");
	}
	*status = (struct status){ .now = next, .seq = event->seq };
}

HOOK(on_reboot, void *state)
{
	memset(state, 0, sizeof(struct status));
}

static const struct hook_row hooks[] = {
	ON_EVENT(DEV_STATUS, on_status),
	ON_EVENT(HOST_REBOOT, on_reboot),
	HOOKS_END
};

const struct area area_attach_status = {
	.name = "attach",
	.rules = RULES(&rule_status),
	.hooks = hooks,
	.state_bytes = sizeof(struct status),
};
