/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach: what of negotiation is the balloon's.
 */
#include "rules/balloon/balloon.h"

RULE_ROW(rule_must_tell_host) = {
	"attach.must-tell-host", SEVERITY_LINT,
	"a driver accepts MUST_TELL_HOST where it is offered",
	"virtio 1.2 clause 5.5.3.1 (SHOULD)",
	"A host that offers it wants to know before pages are used again; it can do less for a "
	"driver that uses them first.",
	"virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, change, virtio_vq_intr, 0,\n"
	"    0, BITS);",
	"virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, change, virtio_vq_intr, 0,\n"
	"    VIRTIO_BALLOON_F_MUST_TELL_HOST, BITS);",
	.distance = RULE_SUSPECT
};

void
balloon_attaching(struct rules_core *core, uint64_t features)
{
	if ((rules_look(core)->device.features_offered & ~features & FEATURE_MUST_TELL_HOST) != 0)
		rules_report(core, &rule_must_tell_host,
		    "MUST_TELL_HOST is offered, and the driver does not accept it");
}

/* ---- PAGE_POISON ---- */

RULE_ROW(rule_poison) = {
	"attach.poison", SEVERITY_ERROR,
	"with PAGE_POISON poison_val is written before DRIVER_OK, and not afterwards",
	"virtio 1.2 clauses 5.5.3.1, 5.5.6.6.1",
	"The device goes by that value; who accepts the feature promises to fill pages with it.",
	"virtio_child_attach_start(vsc, ..., VIRTIO_BALLOON_F_PAGE_POISON, BITS);\n"
	"virtio_child_attach_finish(vsc);",
	"virtio_write_device_config_le_4(vsc, 12, poison);\nvirtio_child_attach_finish(vsc);"
};

struct poison { bool written; };

HOOK(balloon_attach, call_write, struct poison *poison, ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG),
    ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG_LE))
{
	uint64_t offset = event->call.virtio_write_device_config_le.offset;

	if (offset + event->call.virtio_write_device_config_le.width <= CONFIG_POISON)
		return;
	poison->written = true;
	if (rules_status(core)->live &&
	    (rules_look(core)->device.features & FEATURE_PAGE_POISON) != 0)
		rules_report(core, &rule_poison, "poison_val is written while the device is live");
}

HOOK(balloon_attach, on_status, struct poison *poison, ON_EVENT(DEV_STATUS))
{
	bool live = (event->dev_status.status & STATUS_DRIVER_OK) != 0;

	if (live && !rules_status(core)->live && !poison->written &&
	    (rules_look(core)->device.features & FEATURE_PAGE_POISON) != 0)
		rules_report(core, &rule_poison,
		    "PAGE_POISON was accepted, and poison_val was not written before DRIVER_OK");
	if (event->dev_status.status == 0)
		poison->written = false;
}

const struct area area_balloon_attach = {
	.state_bytes = sizeof(struct poison),
	.each_device = true,
};
