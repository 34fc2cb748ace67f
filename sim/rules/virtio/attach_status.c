/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach: the device status, at the first start of a device and at every later one.
 */
#include "rules/area.h"

RULE_ROW(rule_status) = {
	"attach.status", SEVERITY_ERROR,
	"features are settled once, before the configuration is written and before DRIVER_OK, "
	"which never comes after FAILED",
	"virtio 1.2 clauses 2.1.1 and 3.1.1; NetBSD sys/dev/pci/virtio_pci.c, negotiation of 1.0",
	"A device that refuses the features, or was not asked, is not usable: it may do anything "
	"or nothing.  On 1.0 virtio_features() is 0 then.",
	"virtio_reset(vsc);\nvirtio_reinit_start(vsc);\nvirtio_reinit_end(vsc);",
	"virtio_reset(vsc);\nvirtio_reinit_start(vsc);\n"
	"virtio_negotiate_features(vsc, features);\nvirtio_reinit_end(vsc);"
};

HOOK(attach_status, on_status, void *state, ON_EVENT(DEV_STATUS))
{
	const struct rules_status *status = rules_status(core);
	unsigned next = (unsigned)event->dev_status.status, before = status->now;

	if ((next & ~before & STATUS_DRIVER_OK) == 0) {
		;
	} else if ((before & STATUS_FAILED) != 0) {
		rules_report(core, &rule_status,
		    "DRIVER_OK is set on a device that was given up (FAILED)%s",
		    rules_look(core)->legacy || (before & STATUS_FEATURES_OK) != 0 ? "" :
		    ": it does not accept the features");
		rules_because(core, status->seq, "the status before");
	} else if (!rules_look(core)->legacy && (next & STATUS_FEATURES_OK) == 0) {
		rules_report(core, &rule_status,
		    "DRIVER_OK is set without FEATURES_OK: no features were negotiated");
		rules_because(core, status->seq, "the status before");
	}
}

HOOK(attach_status, call_negotiate, void *state, ON_CALL(VIRTIO_NEGOTIATE_FEATURES))
{
	const struct rules_status *status = rules_status(core);
	unsigned settled = rules_look(core)->legacy ? STATUS_DRIVER_OK : STATUS_FEATURES_OK;

	if ((status->now & settled) == 0)
		return;
	rules_report(core, &rule_status, "features are negotiated again, and the device was not "
	    "reset since %s", rules_look(core)->legacy ? "DRIVER_OK" : "FEATURES_OK");
	rules_because(core, status->seq, "the status since");
}

/* A legacy device takes it (virtio 1.2 clause 3.1.2). */
HOOK(attach_status, call_config_write, void *state, ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG),
    ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG_LE))
{
	unsigned status = rules_status(core)->now;

	if (!rules_look(core)->legacy && (status & STATUS_DRIVER) != 0 &&
	    (status & (STATUS_FEATURES_OK | STATUS_DRIVER_OK | STATUS_FAILED)) == 0)
		rules_report(core, &rule_status,
		    "the configuration is written before the features are settled");
}

const struct area area_attach_status = {
};
