/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about autoconf(9), config(9).
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "child.h"

FRAG(device_accessors)
{
	device_t dev = child->sc_dev;

	f->out[0] = device_private(NULL) == NULL;
	f->out[1] = device_private(dev) == child;
	f->out[2] = device_unit(dev);
	f->out[3] = device_is_active(dev);
	strlcpy(f->text, device_xname(dev), sizeof(f->text));
	strlcpy(f->text + 100, device_xname(device_parent(dev)), 100);
	/* All of the softc that attach did not touch. */
	for (size_t i = 0; i < sizeof(child->sc_tail); i++)
		f->out[4] |= child->sc_tail[i] | child->sc_pad[i];
	f->out[4] |= child->sc_value;
}

FRAG(detach_force)
{
	config_detach(child->sc_dev, DETACH_FORCE);
	frag_mark(f, '!');
}

/* ---- what is put off ---- */

static int
mark_config(device_t dev, char letter)
{
	frag_mark(child_plan.frag, letter);
	return child_plan.frag->out[10]++ < 2;
}

static void
deferred(device_t dev)
{
	mark_config(dev, 'd');
}

static int
finalized(device_t dev)
{
	return mark_config(dev, 'z');
}

FRAG(config_defer)
{
	config_defer(child->sc_dev, deferred);
	frag_mark(f, 'x');
}

FRAG(config_defer_twice)
{
	config_defer(child->sc_dev, deferred);
	config_defer(child->sc_dev, deferred);
}

FRAG(config_at_once)
{
	config_interrupts(child->sc_dev, deferred);
	config_mountroot(child->sc_dev, deferred);
	config_finalize_register(child->sc_dev, finalized);
}

/* In three contexts; the attachment is over with the third. */
FRAG(detach_twice)
{
	device_t dev = child->sc_dev;
	int64_t which = ++f->in[0];

	if (which == 1)
		config_pending_incr(dev);
	else if (which == 3)
		config_pending_decr(dev);
	f->out[which] = config_detach(dev, 0);
}

/* ---- a component ---- */

CFDRIVER_DECL(other, DV_DULL, NULL);

static int
other_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	if (va->sc_childdevid != 0xffff)
		frag_mark(child_plan.frag, 'o');
	return 0;
}

static void
other_attach(device_t parent, device_t self, void *aux)
{
	frag_mark(child_plan.frag, 'O');
}

extern struct cfattach other_ca;
CFATTACH_DECL_NEW(other, 8, other_match, other_attach, NULL, NULL);

static struct cfdriver * const other_drivers[] = { &other_cd, NULL };
static struct cfattach * const other_list[] = { &other_ca, NULL };
static const struct cfattachinit other_attachs[] = {
	{ .cfai_name = "other", .cfai_list = other_list },
	{ .cfai_name = NULL }
};
static struct cfdata other_cfdata[] = {
	{ .cf_name = "other", .cf_atname = "other", .cf_fstate = FSTATE_STAR },
	{ .cf_name = NULL }
};

FRAG(component_twice)
{
	f->out[0] = config_init_component(other_drivers, other_attachs, other_cfdata);
	f->out[1] = config_init_component(other_drivers, other_attachs, other_cfdata);
}

FRAG(component_fini)
{
	f->out[0] = config_init_component(other_drivers, other_attachs, other_cfdata);
	f->out[1] = config_fini_component(other_drivers, other_attachs, other_cfdata);
	f->out[2] = config_init_component(other_drivers, other_attachs, other_cfdata);
}
