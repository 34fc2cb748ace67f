/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area attach.
 */
#include "probe.h"

/* ---- attach.leak ---- */

FRAGMENT_IN(attach_leak_bad, attach, leave_first_queue)
{
	struct virtio_softc *vsc = sc->sc_virtio;

	probe_start(sc);
	if (virtio_alloc_vq(vsc, &sc->sc_vq[0], 0, PROBE_BYTES, 1, "first") == 0 && /* BREAKS */
	    virtio_alloc_vq(vsc, &sc->sc_vq[1], 1, PROBE_BYTES, 1, "second") == 0)
		probe_release_queues(sc);
	probe_fail(sc);
}

FRAGMENT_IN(attach_leak_bad2, in_live, keep_pages)
{
	if (uvm_pglistalloc(3 * PAGE_SIZE, 0, PROBE_HIGH, 0, 0, &sc->sc_pages2, 3, /* BREAKS */
	    0) != 0)
		TAILQ_INIT(&sc->sc_pages2);
}

FRAGMENT_IN(attach_leak_bad3, in_attach, init_cv2)
{
	cv_init(&sc->sc_cv2, "second"); /* BREAKS */
}

FRAGMENT_IN(attach_leak_ok2, in_detach, destroy_cv2, .in_attach = init_cv2)
{
	cv_destroy(&sc->sc_cv2);
}

/* Given up, and then started again half way. */
FRAGMENT_IN(attach_leak_bad4, attach, give_up_and_start)
{
	probe_start(sc);
	probe_only_queues(sc);
	virtio_reset(sc->sc_virtio);
	virtio_reinit_start(sc->sc_virtio); /* BREAKS */
}

/* Detached and attached again, many times over: nothing is used up. */
FRAGMENT(attach_leak_ok3, NULL);

/* The second queue cannot be made, and the first is given back. */
FRAGMENT(attach_leak_ok, NULL);

/* ---- attach.again ---- */

FRAGMENT_IN(attach_again_bad, attach, attach_once)
{
	static int attaches;

	if (attaches++ > 0) {
		aprint_normal_dev(sc->sc_dev, "there is one\n"); /* BREAKS */
		return;
	}
	probe_attach(sc);
}

/* The second of two devices, after the first could not be attached. */
FRAGMENT(attach_again_bad2, .attach = attach_once);

/* After one that works, a second may be refused. */
FRAGMENT(attach_again_ok2, .attach = attach_once);

static bool is_attached;

static void
set_attached(struct probe *sc)
{
	is_attached = true;
}

FRAGMENT_IN(attach_again_ok, attach, attach_until_attached, .in_thread = set_attached)
{
	if (is_attached) {
		aprint_normal_dev(sc->sc_dev, "there is one\n");
		return;
	}
	probe_attach(sc);
}

/* ---- attach.undo-order ---- */

FRAGMENT_IN(attach_undo_order_bad, in_undo, undo_live, .in_attach = init_cv2)
{
	cv_destroy(&sc->sc_cv2); /* BREAKS */
}

/* The same with the device reset before; and what nobody has heard of yet may go. */
FRAGMENT_IN(attach_undo_order_ok, in_undo, undo_reset, .in_attach = init_cv2, .in_live = probe_spin)
{
	mutex_destroy(&sc->sc_lock2);
	virtio_reset(sc->sc_virtio);
	cv_destroy(&sc->sc_cv2);
}

/* ---- attach.call-order ---- */

FRAGMENT_IN(attach_call_order_bad, attach, give_up_silently)
{
	probe_start(sc);
	if (!probe_make_queues(sc))
		goto fail;
	virtio_child_attach_failed(sc->sc_virtio);
	probe_release_queues(sc);
	return;

fail:
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock); /* BREAKS */
}

FRAGMENT_IN(attach_call_order_bad2, attach, fail_before_free)
{
	probe_start(sc);
	if (!probe_make_queues(sc))
		goto fail;
	if (!probe_make(sc))
		goto fail_queues;
	probe_release(sc);
fail_queues:
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[1]);
	virtio_child_attach_failed(sc->sc_virtio);
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[0]); /* BREAKS */
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
	return;

fail:
	probe_fail(sc);
}

FRAGMENT_IN(attach_call_order_bad3, in_live, finish_twice)
{
	if (virtio_child_attach_finish(sc->sc_virtio) != 0) /* BREAKS */
		aprint_error_dev(sc->sc_dev, "not again\n");
}

FRAGMENT_IN(attach_call_order_bad4, in_live, attach_and_reset)
{
	virtio_reset(sc->sc_virtio); /* BREAKS */
}

/* The bus keeps a child that is gone. */
FRAGMENT_IN(attach_call_order_bad6, detach, detach_from_no_bus)
{
	probe_end_thread(sc);
	virtio_reset(sc->sc_virtio);
	probe_release(sc);
	probe_release_queues(sc);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock); /* BREAKS */
	return 0;
}

FRAGMENT_IN(attach_call_order_bad5, attach, alloc_before_start)
{
	if (virtio_alloc_vq(sc->sc_virtio, sc->sc_vq, 0, PROBE_BYTES, 1, "first") == 0) /* BREAKS */
		virtio_free_vq(sc->sc_virtio, &sc->sc_vq[0]);
	probe_attach(sc);
}

FRAGMENT_IN(attach_call_order_bad7, attach, start_twice)
{
	probe_start(sc);
	virtio_child_attach_start(sc->sc_virtio, sc->sc_dev, IPL_VM, sc->sc_vq, /* BREAKS */
	    probe_config_change, virtio_vq_intr, 0, 0, VIRTIO_COMMON_FLAG_BITS);
	probe_only_queues(sc);
}

FRAGMENT_IN(attach_call_order_bad8, attach, finish_without_start)
{
	if (virtio_child_attach_finish(sc->sc_virtio) != 0) /* BREAKS */
		aprint_error_dev(sc->sc_dev, "not started\n");
}

FRAGMENT_IN(attach_call_order_bad9, attach, fail_twice)
{
	probe_start(sc);
	if (probe_make_queues(sc))
		probe_release_queues(sc);
	virtio_child_attach_failed(sc->sc_virtio);
	virtio_child_attach_failed(sc->sc_virtio); /* BREAKS */
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
}

FRAGMENT_IN(attach_call_order_bad10, attach, forget_failure)
{
	probe_start(sc);
	if (!probe_make_queues(sc) || virtio_child_attach_finish(sc->sc_virtio) == 0)
		return;
	probe_release_queues(sc);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock); /* BREAKS */
}

FRAGMENT_IN(attach_call_order_bad11, attach, finish_without_queue)
{
	probe_start(sc);
	if (!probe_make_queues(sc) &&
	    virtio_child_attach_finish(sc->sc_virtio) == 0) /* BREAKS */
		virtio_reset(sc->sc_virtio);
	probe_fail(sc);
}

/* attach_finish fails, attach_failed follows: each once, in order. */
FRAGMENT(attach_call_order_ok, NULL);

/* ---- attach.features ---- */

/* The rest of attach is left out: this device has no features. */
FRAGMENT_IN(attach_features_bad, attach, demand_features)
{
	probe_start(sc);
	if (virtio_features(sc->sc_virtio) == 0) /* BREAKS */
		probe_fail(sc);
}

FRAGMENT_IN(attach_features_bad2, attach, read_features_early)
{
	if ((virtio_features(sc->sc_virtio) & PROBE_F_MUST_TELL_HOST) != 0) /* BREAKS */
		sc->sc_n = 1;
	probe_attach(sc);
}

FRAGMENT_IN(attach_features_bad3, attach, attach_with_stats)
{
	probe_start_with(sc, IPL_VM, 1 << 1);
	probe_give_up(sc);
}

FRAGMENT_IN(attach_features_ok, in_attach, prefer_features)
{
	if ((virtio_features(sc->sc_virtio) & PROBE_F_MUST_TELL_HOST) == 0)
		aprint_normal_dev(sc->sc_dev, "pages are free at once\n");
}

/* ---- attach.must-tell-host ---- */

FRAGMENT_IN(attach_must_tell_host_bad, attach, attach_with_nothing)
{
	probe_start_with(sc, IPL_VM, 0);
	probe_give_up(sc);
}

FRAGMENT(attach_must_tell_host_ok, .in_attach = prefer_features);

/* ---- attach.match ---- */

FRAGMENT_IN(attach_match_bad, match, match_all)
{
	return 1;
}

FRAGMENT_IN(attach_match_bad2, match, match_none)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON + 1;
}

/* No other kind than its own, at a better priority than others. */
FRAGMENT_IN(attach_match_ok, match, match_own_well)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON ? 10 : 0;
}

/* ---- attach.refused ---- */

FRAGMENT_IN(attach_refused_bad, attach, refuse_small)
{
	probe_start(sc);
	if (probe_make_queues(sc)) {
		if (sc->sc_vq[0].vq_num < 1024)
			aprint_normal_dev(sc->sc_dev, "too small\n"); /* BREAKS */
		probe_release_queues(sc);
	}
	probe_fail(sc);
}

FRAGMENT_IN(attach_refused_bad2, attach, refuse_at_once)
{
	aprint_normal_dev(sc->sc_dev, "not today\n"); /* BREAKS */
}

/* The child that it finds is itself. */
FRAGMENT_IN(attach_refused_bad3, attach, refuse_itself)
{
	probe_start(sc);
	if (virtio_child(sc->sc_virtio) != NULL)
		aprint_normal_dev(sc->sc_dev, "taken\n"); /* BREAKS */
	probe_fail(sc);
}

/* A call failed: then it may. */
FRAGMENT(attach_refused_ok, NULL);

/* ---- attach.sysctl ---- */

/* "probe" below the machine's node: a node, a number; and a number below such a node. */
#define	CREATE_NODE(log, node)						\
	sysctl_createv(log, 0, NULL, node, 0, CTLTYPE_NODE, "probe", NULL, NULL, 0, NULL, 0,	\
	    CTL_HW, CTL_CREATE, CTL_EOL)
#define	CREATE_INT(log, data)						\
	sysctl_createv(log, 0, NULL, NULL, CTLFLAG_READWRITE, CTLTYPE_INT, "probe", NULL,	\
	    NULL, 0, data, 0, CTL_HW, CTL_CREATE, CTL_EOL)
#define	CREATE_IN(log, node, name, data)				\
	sysctl_createv(log, 0, NULL, NULL, 0, CTLTYPE_INT, name, NULL, NULL, 0, data, 0,	\
	    CTL_HW, (node)->sysctl_num, CTL_CREATE, CTL_EOL)

FRAGMENT_IN(attach_sysctl_bad, in_live, create_unchecked)
{
	const struct sysctlnode *node;

	CREATE_NODE(NULL, &node);
	CREATE_IN(NULL, node, "n", &sc->sc_n); /* BREAKS */
}

FRAGMENT_IN(attach_sysctl_bad2, in_live, create_twice)
{
	const struct sysctlnode *node;

	if (CREATE_NODE(NULL, &node) != 0)
		return;
	CREATE_IN(NULL, node, "n", &sc->sc_n);
	CREATE_IN(NULL, node, "n", &sc->sc_count); /* BREAKS */
}

FRAGMENT_IN(attach_sysctl_bad3, in_live, create_for_good)
{
	CREATE_NODE(NULL, NULL); /* BREAKS */
}

/* What is left by the first of two devices may be the other's. */
FRAGMENT(attach_sysctl_ok3, .in_live = create_for_good);

/* A number that the driver keeps itself is no knob. */
FRAGMENT_IN(attach_sysctl_bad4, in_live, create_writable)
{
	CREATE_INT(NULL, &sc->sc_n);
	sc->sc_n = 1; /* BREAKS */
}

/* One that it only reads is. */
FRAGMENT_IN(attach_sysctl_ok2, in_live, create_knob)
{
	static int knob;
	static struct sysctllog *log;

	CREATE_INT(&log, &knob);
	sc->sc_n = knob;
	sysctl_teardown(&log);
	knob = 1;
}

/* The same name in two places, checked, and all gone with the device. */
static struct sysctllog *sysctl_log;

static void
create_checked(struct probe *sc)
{
	const struct sysctlnode *node;

	/* An inner node is shared by all who ask for it. */
	if (CREATE_NODE(&sysctl_log, &node) == 0 && CREATE_NODE(&sysctl_log, NULL) == 0)
		CREATE_IN(&sysctl_log, node, "probe", &sc->sc_n);
}

FRAGMENT_IN(attach_sysctl_ok, in_detach, remove_nodes, .in_live = create_checked)
{
	sysctl_teardown(&sysctl_log);
}

/* ---- attach.poison ---- */

#define	PROBE_F_PAGE_POISON	(1 << 4)
#define	PROBE_CFG_POISON	12

FRAGMENT_IN(attach_poison_ok, in_attach, say_poison, .features = PROBE_F_PAGE_POISON)
{
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_POISON, 0);
}
FRAGMENT(attach_poison_bad, .features = PROBE_F_PAGE_POISON);

FRAGMENT_IN(attach_poison_bad2, in_live, say_poison_late,
    .in_attach = say_poison, .features = PROBE_F_PAGE_POISON)
{
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_POISON, 1); /* BREAKS */
}

/* ---- attach.status ---- */

FRAGMENT_IN(attach_status_bad, in_live, restart_without_features)
{
	virtio_reset(sc->sc_virtio);
	virtio_reinit_start(sc->sc_virtio);
	virtio_reinit_end(sc->sc_virtio); /* BREAKS */
}
FRAGMENT(attach_status_ok, .in_live = probe_restart);

/* The device refuses the features, and the driver does not look. */
FRAGMENT_IN(attach_status_bad2, attach, attach_whatever_features)
{
	probe_start(sc);
	probe_give_up(sc);
}
/* It does look. */
FRAGMENT(attach_status_ok2, NULL);

FRAGMENT_IN(attach_status_bad3, in_live, negotiate_again)
{
	virtio_negotiate_features(sc->sc_virtio, 0); /* BREAKS */
}

/* Before the features are settled: on the legacy interface it may. */
FRAGMENT_IN(attach_status_bad4, attach, write_before_start)
{
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, 0); /* BREAKS */
	probe_attach(sc);
}
FRAGMENT(attach_status_ok3, .attach = write_before_start);
