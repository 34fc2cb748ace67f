/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Catalogue rows of area attach.
 */
#include "rules/area.h"

const struct rule rules_attach[] = {
	{ "attach.leak", SEVERITY_ERROR,
	  "a failed attach and a detach give everything back",
	  "autoconf(9); NetBSD sys/dev/pci/virtio.c, virtio_child_attach_failed()",
	  "attach returns nothing: the device stays in the tree and nobody cleans up later.",
	  "if (virtio_alloc_vq(vsc, &vq[1], 1, ...) != 0)\n\tgoto fail;\t/* vq[0] stays */",
	  "if (virtio_alloc_vq(vsc, &vq[1], 1, ...) != 0)\n\tgoto fail_vq0;" },
	{ "attach.again", SEVERITY_ERROR,
	  "an attach after one that failed can succeed",
	  "autoconf(9); module(9)",
	  "Static variables keep their values; a mark set before the failure blocks every later "
	  "attempt until the module is loaded again.",
	  "if (initialized++)\n\treturn;",
	  "if (initialized)\n\treturn;\n...\ninitialized = 1;\t/* at the very end */" },
	{ "attach.undo-order", SEVERITY_ERROR,
	  "the device is reset before the queues, maps and locks it leads to are released",
	  "virtio 1.2 clause 3.3.1; NetBSD virtio.c, virtio_child_attach_failed()",
	  "After DRIVER_OK interrupts come at any time; a handler that finds its mutex or ring "
	  "gone uses memory that is not its own.",
	  "fail:\n\tmutex_destroy(&sc->sc_lock);\n\tvirtio_child_attach_failed(vsc);",
	  "fail:\n\tvirtio_reset(vsc);\n\tmutex_destroy(&sc->sc_lock);\n"
	  "\tvirtio_child_attach_failed(vsc);" },
	{ "attach.call-order", SEVERITY_ERROR,
	  "attach_start, then attach_finish or attach_failed, each once",
	  "NetBSD sys/dev/pci/virtiovar.h, virtio_child_attach_*()",
	  "The parent sets up and frees interrupts in these calls and keeps what it was told.",
	  "virtio_child_attach_start(vsc, ...);\nif (error)\n\treturn;",
	  "virtio_child_attach_start(vsc, ...);\nif (error) {\n"
	  "\tvirtio_child_attach_failed(vsc);\n\treturn;\n}" },
	{ "attach.features", SEVERITY_ERROR,
	  "features are used after negotiation, among those offered, with all they bring; none is "
	  "no error",
	  "virtio 1.2 clauses 2.2, 3.1.1 and 5.5.2",
	  "A legacy device that offers none of the optional features is a legal device.",
	  "if (virtio_features(vsc) == 0)\n\tgoto fail;",
	  "tell = virtio_features(vsc) & VIRTIO_BALLOON_F_MUST_TELL_HOST;" },
	{ "attach.match", SEVERITY_ERROR,
	  "a driver matches its own kind of device only",
	  "autoconf(9), ca_match; virtio 1.2 clause 5",
	  "It would take other devices away from their drivers, and drive them as what they "
	  "are not.",
	  "return 1;",
	  "return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON;" },
	{ "attach.must-tell-host", SEVERITY_LINT,
	  "a driver accepts MUST_TELL_HOST where it is offered",
	  "virtio 1.2 clause 5.5.3.1 (SHOULD)",
	  "A host that offers it wants to know before pages are used again; it can do less for a "
	  "driver that uses them first.",
	  "virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, change, virtio_vq_intr, 0,\n"
	  "    0, BITS);",
	  "virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, change, virtio_vq_intr, 0,\n"
	  "    VIRTIO_BALLOON_F_MUST_TELL_HOST, BITS);" },
	{ "attach.refused", SEVERITY_ERROR,
	  "attach succeeds on a healthy device when nothing fails",
	  "autoconf(9)",
	  "The guest boots without the device, and nothing says why.",
	  NULL, NULL },
	{ "attach.sysctl", SEVERITY_ERROR,
	  "sysctl nodes are checked, made once, removed with the device, and not open to any write",
	  "sysctl(9), sysctl_createv()",
	  "After a failure the node pointer is NULL; a node that stays points into freed memory; "
	  "what users write changes the driver's own numbers under its feet.",
	  "sysctl_createv(NULL, 0, NULL, &node, ...);\n"
	  "sysctl_createv(NULL, 0, NULL, NULL, ..., node->sysctl_num, ...);",
	  "if (sysctl_createv(&log, 0, NULL, &node, ...) == 0)\n"
	  "\tsysctl_createv(&log, 0, NULL, NULL, ..., node->sysctl_num, ...);" },
};
const size_t rules_attach_count = sizeof(rules_attach) / sizeof(rules_attach[0]);
