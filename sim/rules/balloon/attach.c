/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach: what of negotiation is the balloon's.
 */
#include "rules/balloon/balloon.h"

#define FEATURE_MUST_TELL_HOST (UINT64_C(1) << 0)

static const struct rule rule_must_tell_host = {
	"attach.must-tell-host", SEVERITY_LINT,
	"a driver accepts MUST_TELL_HOST where it is offered",
	"virtio 1.2 clause 5.5.3.1 (SHOULD)",
	"A host that offers it wants to know before pages are used again; it can do less for a "
	"driver that uses them first.",
	"virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, change, virtio_vq_intr, 0,\n"
	"    0, BITS);",
	"virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, change, virtio_vq_intr, 0,\n"
	"    VIRTIO_BALLOON_F_MUST_TELL_HOST, BITS);"
};

void
balloon_attaching(struct rules_core *core, uint64_t features, const struct event *event,
    uint32_t site)
{
	if ((rules_look(core)->device.features_offered & ~features & FEATURE_MUST_TELL_HOST) != 0)
		rules_report(core, &rule_must_tell_host, event, site,
		    "MUST_TELL_HOST is offered, and the driver does not accept it");
}

const struct area area_balloon_attach = {
	.name = "attach",
	.rules = RULES(&rule_must_tell_host),
	.state_bytes = 1,
};
