/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "ioconf.c": what config(1) makes of the module's line `viomb* at virtio?'.  The driver
 * includes it in builds with -D_MODULE, after its own CFATTACH_DECL*_NEW.
 */
CFDRIVER_DECL(viomb, DV_DULL, NULL);

static struct cfdriver * const cfdriver_ioconf_viomb[] = {
	&viomb_cd,
	NULL
};

static struct cfattach * const cfattach_ioconf_viomb_list[] = {
	&viomb_ca,
	NULL
};

static const struct cfattachinit cfattach_ioconf_viomb[] = {
	{ .cfai_name = "viomb", .cfai_list = cfattach_ioconf_viomb_list },
	{ .cfai_name = NULL, .cfai_list = NULL }
};

static const struct cfparent cfparent_ioconf_viomb = {
	.cfp_iattr = "virtio",
	.cfp_parent = "virtio",
	.cfp_unit = DVUNIT_ANY
};

static struct cfdata cfdata_ioconf_viomb[] = {
	{
		.cf_name = "viomb",
		.cf_atname = "viomb",
		.cf_unit = 0,
		.cf_fstate = FSTATE_STAR,
		.cf_pspec = &cfparent_ioconf_viomb
	},
	{ .cf_name = NULL }
};
