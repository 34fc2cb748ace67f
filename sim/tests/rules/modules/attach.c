/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area attach.
 */
#include "probe.h"

/* ---- attach.leak ---- */

static void
leave_first_queue(struct probe *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;

	virtio_child_attach_start(vsc, sc->sc_dev, IPL_VM, sc->sc_vq,
	    probe_config_change, virtio_vq_intr, 0, PROBE_F_MUST_TELL_HOST,
	    VIRTIO_COMMON_FLAG_BITS);
	if (virtio_alloc_vq(vsc, &sc->sc_vq[0], 0, PROBE_BYTES, 1, "first") != 0) /* BREAKS */
		goto fail;
	if (virtio_alloc_vq(vsc, &sc->sc_vq[1], 1, PROBE_BYTES, 1, "second") != 0)
		goto fail;
	virtio_free_vq(vsc, &sc->sc_vq[1]);
	virtio_free_vq(vsc, &sc->sc_vq[0]);
fail:
	virtio_child_attach_failed(vsc);
}
FRAGMENT(attach_leak_bad, .attach = leave_first_queue);

static void
keep_pages(struct probe *sc)
{

	if (uvm_pglistalloc(3 * PAGE_SIZE, 0, PROBE_HIGH, 0, 0, &sc->sc_pages2, 3, /* BREAKS */
	    0) != 0)
		TAILQ_INIT(&sc->sc_pages2);
}
FRAGMENT(attach_leak_bad2, .in_live = keep_pages);

static void
make_cv2(struct probe *sc)
{

	cv_init(&sc->sc_cv2, "second"); /* BREAKS */
}
FRAGMENT(attach_leak_bad3, .in_attach = make_cv2);

static void
destroy_cv2(struct probe *sc)
{

	cv_destroy(&sc->sc_cv2);
}

static void
init_cv2(struct probe *sc)
{

	cv_init(&sc->sc_cv2, "second");
}
FRAGMENT(attach_leak_ok2, .in_attach = init_cv2, .in_detach = destroy_cv2);

/* Detached and attached again, many times over: nothing is used up. */
FRAGMENT(attach_leak_ok3, NULL);

/* The second queue cannot be made, and the first is given back. */
FRAGMENT(attach_leak_ok, NULL);

/* ---- attach.again ---- */

static void
attach_once(struct probe *sc)
{
	static int attaches;

	if (attaches++ > 0) {
		aprint_normal_dev(sc->sc_dev, "there is one\n"); /* BREAKS */
		return;
	}
	probe_attach(sc);
}
FRAGMENT(attach_again_bad, .attach = attach_once);

static bool is_attached;

static void
set_attached(struct probe *sc)
{

	is_attached = true;
}

static void
attach_until_attached(struct probe *sc)
{

	if (is_attached) {
		aprint_normal_dev(sc->sc_dev, "there is one\n");
		return;
	}
	probe_attach(sc);
}
FRAGMENT(attach_again_ok, .attach = attach_until_attached, .in_thread = set_attached);

/* ---- attach.undo-order ---- */

static void
undo_live(struct probe *sc)
{

	cv_destroy(&sc->sc_cv2); /* BREAKS */
}
FRAGMENT(attach_undo_order_bad, .in_attach = init_cv2, .in_undo = undo_live);

/* The same with the device reset before; and what nobody has heard of yet may go. */
static void
init_lock2(struct probe *sc)
{

	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_VM);
}

static void
undo_reset(struct probe *sc)
{

	mutex_destroy(&sc->sc_lock2);
	virtio_reset(sc->sc_virtio);
	cv_destroy(&sc->sc_cv2);
}
FRAGMENT(attach_undo_order_ok, .in_attach = init_cv2, .in_live = init_lock2,
    .in_undo = undo_reset);

/* ---- attach.call-order ---- */

static void
give_up_silently(struct probe *sc)
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
FRAGMENT(attach_call_order_bad, .attach = give_up_silently);

static void
fail_before_free(struct probe *sc)
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
FRAGMENT(attach_call_order_bad2, .attach = fail_before_free);

static void
finish_twice(struct probe *sc)
{

	if (virtio_child_attach_finish(sc->sc_virtio) != 0) /* BREAKS */
		aprint_error_dev(sc->sc_dev, "not again\n");
}
FRAGMENT(attach_call_order_bad3, .in_live = finish_twice);

static void
attach_and_reset(struct probe *sc)
{

	virtio_reset(sc->sc_virtio); /* BREAKS */
}
FRAGMENT(attach_call_order_bad4, .in_live = attach_and_reset);

static void
alloc_before_start(struct probe *sc)
{

	if (virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[0], 0, PROBE_BYTES, 1, /* BREAKS */
	    "first") == 0)
		virtio_free_vq(sc->sc_virtio, &sc->sc_vq[0]);
	probe_attach(sc);
}
FRAGMENT(attach_call_order_bad5, .attach = alloc_before_start);

/* attach_finish fails, attach_failed follows: each once, in order. */
FRAGMENT(attach_call_order_ok, NULL);

/* ---- attach.features ---- */

static void
demand_features(struct probe *sc)
{

	probe_start(sc);
	if (virtio_features(sc->sc_virtio) == 0) { /* BREAKS */
		probe_fail(sc);
		return;
	}
	/* the rest of attach is left out: this device has no features */
	probe_fail(sc);
}
FRAGMENT(attach_features_bad, .attach = demand_features);

static void
read_features_early(struct probe *sc)
{

	if ((virtio_features(sc->sc_virtio) & PROBE_F_MUST_TELL_HOST) != 0) /* BREAKS */
		sc->sc_n = 1;
	probe_attach(sc);
}
FRAGMENT(attach_features_bad2, .attach = read_features_early);

static void
attach_with_stats(struct probe *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;

	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sc_cv, "probe");
	virtio_child_attach_start(vsc, sc->sc_dev, IPL_VM, sc->sc_vq,
	    probe_config_change, virtio_vq_intr, 0, 1 << 1,
	    VIRTIO_COMMON_FLAG_BITS);
	if (!probe_make_queues(sc))
		goto fail;
	if (virtio_child_attach_finish(vsc) != 0) /* BREAKS */
		goto fail_queues;
	virtio_reset(vsc);
fail_queues:
	probe_release_queues(sc);
fail:
	probe_fail(sc);
}
FRAGMENT(attach_features_bad3, .attach = attach_with_stats);

static void
prefer_features(struct probe *sc)
{

	if ((virtio_features(sc->sc_virtio) & PROBE_F_MUST_TELL_HOST) == 0)
		aprint_normal_dev(sc->sc_dev, "pages are free at once\n");
}
FRAGMENT(attach_features_ok, .in_attach = prefer_features);

/* ---- attach.must-tell-host ---- */

static void
attach_with_nothing(struct probe *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;

	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sc_cv, "probe");
	virtio_child_attach_start(vsc, sc->sc_dev, IPL_VM, sc->sc_vq,
	    probe_config_change, virtio_vq_intr, 0, 0, VIRTIO_COMMON_FLAG_BITS);
	if (!probe_make_queues(sc))
		goto fail;
	if (virtio_child_attach_finish(vsc) != 0) /* BREAKS */
		goto fail_queues;
	virtio_reset(vsc);
fail_queues:
	probe_release_queues(sc);
fail:
	probe_fail(sc);
}
FRAGMENT(attach_must_tell_host_bad, .attach = attach_with_nothing);

FRAGMENT(attach_must_tell_host_ok, .in_attach = prefer_features);

/* ---- attach.match ---- */

static int
match_all(device_t parent, cfdata_t cf, void *aux)
{

	return 1;
}
FRAGMENT(attach_match_bad, .match = match_all);

static int
match_none(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON + 1;
}
FRAGMENT(attach_match_bad2, .match = match_none);

/* No other kind than its own, at a better priority than others. */
static int
match_own_well(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON ? 10 : 0;
}
FRAGMENT(attach_match_ok, .match = match_own_well);

/* ---- attach.refused ---- */

static void
refuse_small(struct probe *sc)
{

	probe_start(sc);
	if (!probe_make_queues(sc))
		goto fail;
	if (sc->sc_vq[0].vq_num < 1024) {
		aprint_normal_dev(sc->sc_dev, "too small\n"); /* BREAKS */
		goto fail_queues;
	}
fail_queues:
	probe_release_queues(sc);
fail:
	probe_fail(sc);
}
FRAGMENT(attach_refused_bad, .attach = refuse_small);

static void
refuse_at_once(struct probe *sc)
{

	aprint_normal_dev(sc->sc_dev, "not today\n"); /* BREAKS */
}
FRAGMENT(attach_refused_bad2, .attach = refuse_at_once);

/* A call failed: then it may. */
FRAGMENT(attach_refused_ok, NULL);

/* ---- attach.sysctl ---- */

static void
create_unchecked(struct probe *sc)
{
	const struct sysctlnode *node;

	sysctl_createv(NULL, 0, NULL, &node, 0, CTLTYPE_NODE, "probe", NULL,
	    NULL, 0, NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "n", NULL, NULL, 0, /* BREAKS */
	    &sc->sc_n, 0, CTL_HW, node->sysctl_num, CTL_CREATE, CTL_EOL);
}
FRAGMENT(attach_sysctl_bad, .in_live = create_unchecked);

static void
create_twice(struct probe *sc)
{
	const struct sysctlnode *node;

	if (sysctl_createv(NULL, 0, NULL, &node, 0, CTLTYPE_NODE, "probe",
	    NULL, NULL, 0, NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL) != 0)
		return;
	sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "n", NULL, NULL, 0,
	    &sc->sc_n, 0, CTL_HW, node->sysctl_num, CTL_CREATE, CTL_EOL);
	sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "n", NULL, NULL, 0, /* BREAKS */
	    &sc->sc_count, 0, CTL_HW, node->sysctl_num, CTL_CREATE, CTL_EOL);
}
FRAGMENT(attach_sysctl_bad2, .in_live = create_twice);

static void
create_for_good(struct probe *sc)
{

	sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_NODE, "probe", NULL, NULL, 0, /* BREAKS */
	    NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL);
}
FRAGMENT(attach_sysctl_bad3, .in_live = create_for_good);

/* A number that the driver keeps itself is no knob. */
static void
create_writable(struct probe *sc)
{

	sysctl_createv(NULL, 0, NULL, NULL, CTLFLAG_READWRITE, CTLTYPE_INT,
	    "probe", NULL, NULL, 0, &sc->sc_n, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	sc->sc_n = 1; /* BREAKS */
}
FRAGMENT(attach_sysctl_bad4, .in_live = create_writable);

/* One that it only reads is. */
static void
create_knob(struct probe *sc)
{
	static int knob;
	static struct sysctllog *log;

	sysctl_createv(&log, 0, NULL, NULL, CTLFLAG_READWRITE, CTLTYPE_INT,
	    "probe", NULL, NULL, 0, &knob, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	sc->sc_n = knob;
	sysctl_teardown(&log);
	knob = 1;
}
FRAGMENT(attach_sysctl_ok2, .in_live = create_knob);

/* The same name in two places, checked, and all gone with the device. */
static struct sysctllog *sysctl_log;

static void
create_checked(struct probe *sc)
{
	const struct sysctlnode *node;

	if (sysctl_createv(&sysctl_log, 0, NULL, &node, 0, CTLTYPE_NODE,
	    "probe", NULL, NULL, 0, NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL) != 0)
		return;
	sysctl_createv(&sysctl_log, 0, NULL, NULL, 0, CTLTYPE_INT, "probe",
	    NULL, NULL, 0, &sc->sc_n, 0, CTL_HW, node->sysctl_num, CTL_CREATE,
	    CTL_EOL);
}

static void
remove_nodes(struct probe *sc)
{

	sysctl_teardown(&sysctl_log);
}
FRAGMENT(attach_sysctl_ok, .in_live = create_checked, .in_detach = remove_nodes);

/* ---- attach.poison ---- */

#define	PROBE_F_PAGE_POISON	(1 << 4)
#define	PROBE_CFG_POISON	12

static void
say_poison(struct probe *sc)
{

	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_POISON, 0);
}
FRAGMENT(attach_poison_ok, .in_attach = say_poison, .features = PROBE_F_PAGE_POISON);
FRAGMENT(attach_poison_bad, .features = PROBE_F_PAGE_POISON);

static void
say_poison_late(struct probe *sc)
{

	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_POISON, 1); /* BREAKS */
}
FRAGMENT(attach_poison_bad2, .in_attach = say_poison, .in_live = say_poison_late,
    .features = PROBE_F_PAGE_POISON);

/* ---- attach.status ---- */

static void
restart_without_features(struct probe *sc)
{

	virtio_reset(sc->sc_virtio);
	virtio_reinit_start(sc->sc_virtio);
	virtio_reinit_end(sc->sc_virtio); /* BREAKS */
}
FRAGMENT(attach_status_bad, .in_live = restart_without_features);
FRAGMENT(attach_status_ok, .in_live = probe_restart);

/* The device refuses the features, and the driver does not look. */
static void
attach_whatever_features(struct probe *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;

	probe_start(sc);
	if (!probe_make_queues(sc))
		goto fail;
	if (virtio_child_attach_finish(vsc) != 0) /* BREAKS */
		goto fail_queues;
	virtio_reset(vsc);
fail_queues:
	probe_release_queues(sc);
fail:
	probe_fail(sc);
}
FRAGMENT(attach_status_bad2, .attach = attach_whatever_features);
/* It does look. */
FRAGMENT(attach_status_ok2, NULL);

static void
negotiate_again(struct probe *sc)
{

	virtio_negotiate_features(sc->sc_virtio, 0); /* BREAKS */
}
FRAGMENT(attach_status_bad3, .in_live = negotiate_again);

/* Before the features are settled: on the legacy interface it may. */
static void
write_before_start(struct probe *sc)
{

	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, 0); /* BREAKS */
	probe_attach(sc);
}
FRAGMENT(attach_status_bad4, .attach = write_before_start);

static void
write_before_start_too(struct probe *sc)
{

	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL, 0);
	probe_attach(sc);
}
FRAGMENT(attach_status_ok3, .attach = write_before_start_too);
