/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * autoconf(9) and config(9), after sys/kern/subr_autoconf.c 1.301.
 *
 * The tree is pci0, on it virtio0 and its like, one for each device at the door, and on these
 * the instances of the drivers.  An attach
 * that fails leaves its instance in the tree with its softc: ca_attach has no result.
 */
#include "kernel.h"

/* A device with what only autoconf knows of it. */
struct autoconf_device {
	struct device		 ad_dev;	/* first: a device_t points to it */
	uint64_t		*ad_pfns;	/* frames of the softc */
	size_t			 ad_pfn_count;
	void			*ad_map;	/* where they are mapped */
	size_t			 ad_size;	/* of the softc */
	int			 ad_pending;	/* what must be over before a detach */
	bool			 ad_is_detaching, ad_is_gone;
	unsigned		 ad_waiting;	/* contexts in config_detach() */
	void			(*ad_deferred)(device_t);
	struct autoconf_device	*ad_next;
};

/* ---- Softc memory ---- */

/*
 * n frames that are neighbours but for one gap: frame `at` is no neighbour of the one
 * before it.  Takes one frame more, and gives back the one in the gap.
 */
static int
autoconf_take_frames_apart(size_t n, size_t at, uint64_t *pfns)
{
	uint64_t *run = kmem_take((n + 1) * sizeof(run[0]));
	int error = uvm_frames_take(n + 1, true, run);

	if (error == 0) {
		for (size_t i = 0; i < n; i++)
			pfns[i] = run[i < at ? i : i + 1];
		uvm_frames_give(&run[at], 1);
	}
	kmem_give(run, (n + 1) * sizeof(run[0]));
	return error;
}

/*
 * The softc has a physical address like any kernel memory.  Straddling: a page boundary,
 * between two frames that are not neighbours, lies in its middle.
 */
static void
autoconf_softc_new(struct autoconf_device *ad, size_t size)
{
	bool straddles = kernel->kn_machine.softc_straddles && size > 1;
	size_t half = straddles ? rounddown2(size / 2, (size_t)16) : 0;
	size_t before = howmany(half, PAGE_SIZE);
	size_t offset = before * PAGE_SIZE - half;
	size_t n = howmany(offset + size, PAGE_SIZE);
	int error;

	if (size == 0)
		return;
	if (n > kernel->kn_uvm.ku_total)
		kern_panic("config_devalloc: no memory for the softc");
	ad->ad_pfns = kmem_take(n * sizeof(ad->ad_pfns[0]));
	ad->ad_pfn_count = n;
	/* Too small to cut in the middle at 16 bytes: the boundary stays outside. */
	if (before > 0)
		error = autoconf_take_frames_apart(n, before, ad->ad_pfns);
	else
		error = uvm_frames_take(n, true, ad->ad_pfns);
	if (error != 0)
		kern_panic("config_devalloc: no memory for the softc");
	ad->ad_map = hw_map(ad->ad_pfns, n);
	if (ad->ad_map == NULL)
		kern_panic("config_devalloc: no memory for the softc");
	ad->ad_dev.dv_private = memset((uint8_t *)ad->ad_map + offset, 0, size);
	ad->ad_size = size;
	hw_memory(HW_MEMORY_SOFTC, ad->ad_dev.dv_private, size, 0);
	hw_redzone((uint8_t *)ad->ad_map + offset + size,
	    (uint8_t *)ad->ad_map + n * PAGE_SIZE);
}

static void
autoconf_softc_free(struct autoconf_device *ad)
{

	if (ad->ad_map == NULL)
		return;
	hw_redzone(NULL, NULL);
	hw_memory(HW_MEMORY_GONE, ad->ad_dev.dv_private, ad->ad_size, 0);
	hw_unmap(ad->ad_map, ad->ad_pfn_count);
	uvm_frames_give(ad->ad_pfns, ad->ad_pfn_count);
	kmem_give(ad->ad_pfns, ad->ad_pfn_count * sizeof(ad->ad_pfns[0]));
}

/* ---- Devices ---- */

/* The lowest unit that no device of that driver has, from first on. */
static int
autoconf_pick_unit(const char *name, int first)
{
	const struct autoconf_device *ad = kernel->kn_autoconf.ka_devices;
	int unit = first;

	while (ad != NULL) {
		if (ad->ad_dev.dv_unit == unit &&
		    strcmp(ad->ad_dev.dv_cfdata->cf_name, name) == 0) {
			unit++;
			ad = kernel->kn_autoconf.ka_devices;
			continue;
		}
		ad = ad->ad_next;
	}
	return unit;
}

static device_t
autoconf_device_new(device_t parent, cfdata_t cf, struct cfattach *ca)
{
	struct autoconf_device *ad = kmem_take(sizeof(*ad));
	device_t dev = &ad->ad_dev;

	dev->dv_parent = parent;
	dev->dv_cfdata = cf;
	dev->dv_cfattach = ca;
	dev->dv_unit = autoconf_pick_unit(cf->cf_name, (int)cf->cf_unit);
	dev->dv_flags = DVF_ACTIVE | (ca != NULL ? ca->ca_flags : 0);
	(void)snprintf(dev->dv_xname, sizeof(dev->dv_xname), "%s%d", cf->cf_name,
	    dev->dv_unit);
	if (ca != NULL)
		autoconf_softc_new(ad, ca->ca_devsize);
	ad->ad_next = kernel->kn_autoconf.ka_devices;
	kernel->kn_autoconf.ka_devices = ad;
	return dev;
}

static struct autoconf_device *
autoconf_device(device_t dev)
{
	return container_of(dev, struct autoconf_device, ad_dev);
}

/* Its memory stays as long as somebody waits to detach it too. */
static void
autoconf_device_free(struct autoconf_device *ad)
{
	struct autoconf_device **link = &kernel->kn_autoconf.ka_devices;

	while (*link != NULL && *link != ad)
		link = &(*link)->ad_next;
	if (*link != NULL) {
		*link = ad->ad_next;
		autoconf_softc_free(ad);
		ad->ad_is_gone = true;
	}
	if (ad->ad_waiting == 0)
		kmem_give(ad, sizeof(*ad));
}

static cfdata_t
autoconf_cfdata_new(const char *name, int unit)
{
	struct cfdata *cf = kmem_take(sizeof(*cf));
	size_t size = strlen(name) + 1;
	char *copy = kmem_take(size);

	memcpy(copy, name, size);
	cf->cf_name = copy;
	cf->cf_atname = copy;
	cf->cf_unit = (unsigned)unit & 0xffffff;
	cf->cf_fstate = FSTATE_STAR;
	return cf;
}

/* ---- Drivers ---- */

static int
autoconf_driver_add(struct cfattach *ca, cfdata_t cf, bool is_module)
{
	struct kern_autoconf *ka = &kernel->kn_autoconf;

	for (unsigned i = 0; i < ka->ka_driver_count; i++) {
		if (ka->ka_drivers[i].ad_cfattach == ca ||
		    strcmp(ka->ka_drivers[i].ad_cfattach->ca_name,
		    ca->ca_name) == 0)
			return EEXIST;
	}
	if (ka->ka_driver_count == HW_DRIVERS)
		return ENOMEM;
	ka->ka_drivers[ka->ka_driver_count++] = (struct autoconf_driver){
		.ad_cfattach = ca, .ad_cfdata = cf, .ad_is_module = is_module,
	};
	return 0;
}

/* The unit at the end of a device name, and where it begins. */
static int
autoconf_split_name(const char *name, char *base, size_t size)
{
	size_t n = strlcpy(base, name, size);
	int unit = 0, digit = 1;

	for (; n > 1 && base[n - 1] >= '0' && base[n - 1] <= '9'; digit *= 10) {
		unit += digit * (base[--n] - '0');
		base[n] = '\0';
	}
	return unit;
}

void
autoconf_boot(const struct hw_driver *drivers, unsigned count)
{
	struct kern_autoconf *ka = &kernel->kn_autoconf;

	ka->ka_pci = autoconf_device_new(NULL, autoconf_cfdata_new("pci", 0), NULL);
	for (unsigned i = 0; i < count; i++) {
		char base[DEVICE_XNAME_SIZE];
		int unit;

		if (strlen(drivers[i].name) >= sizeof(base))
			kern_panic("autoconf: device name \"%s\" is too long", drivers[i].name);
		unit = autoconf_split_name(drivers[i].name, base, sizeof(base));
		if (autoconf_driver_add(__UNCONST(drivers[i].cfattach),
		    autoconf_cfdata_new(base, unit), false) != 0)
			kern_panic("autoconf: more than one driver is called \"%s\"", base);
	}
}

/* ---- Matching ---- */

/* mapply(): the highest positive answer wins, the first among equals. */
static const struct autoconf_driver *
autoconf_search(device_t parent, void *aux, bool is_foreign)
{
	const struct kern_autoconf *ka = &kernel->kn_autoconf;
	const struct autoconf_driver *best = NULL;
	int best_match = 0;

	for (unsigned i = 0; i < ka->ka_driver_count; i++) {
		const struct autoconf_driver *ad = &ka->ka_drivers[i];
		int match = ad->ad_cfattach->ca_match(parent, ad->ad_cfdata, aux);

		hw_at((const void *)(uintptr_t)ad->ad_cfattach->ca_match);
		KNOTE(ATTACH, HW_ATTACH_MATCH, match, is_foreign);
		if (match > best_match) {
			best = ad;
			best_match = match;
		}
	}
	return best;
}

void
autoconf_ask(device_t parent, void *aux)
{

	(void)autoconf_search(parent, aux, true);
}

/* The place of one that is the parent of drivers; NULL if it is none. */
static struct kern_bus *
autoconf_bus(device_t virtio)
{
	struct kern_bus *bus = kernel->kn_autoconf.ka_bus;

	for (unsigned i = 0; i < hw_devices(); i++, bus++) {
		if (bus->kb_virtio == virtio)
			return bus;
	}
	return NULL;
}

/* ---- config_defer(9) and its like ---- */

void
config_pending_incr(device_t dev)
{

	autoconf_device(dev)->ad_pending++;
}

void
config_pending_decr(device_t dev)
{

	KERN_ASSERT(autoconf_device(dev)->ad_pending > 0);
	autoconf_device(dev)->ad_pending--;
}

void
config_defer(device_t dev, void (*func)(device_t))
{

	KCALL(CONFIG_DEFER);
	if (dev->dv_parent == NULL)
		kern_panic("config_defer: can't defer config of a root device");
	KERN_PANICIF(autoconf_device(dev)->ad_deferred != NULL,
	    "config_defer: deferred twice");
	config_pending_incr(dev);
	autoconf_device(dev)->ad_deferred = func;
	KRET(CONFIG_DEFER, 0);
}

/* config_deferred(): what the children of the device put off. */
static void
autoconf_run_deferred(device_t parent)
{
	struct autoconf_device *ad = kernel->kn_autoconf.ka_devices;

	while (ad != NULL) {
		void (*func)(device_t) = ad->ad_deferred;

		if (func == NULL || ad->ad_dev.dv_parent != parent) {
			ad = ad->ad_next;
			continue;
		}
		ad->ad_deferred = NULL;
		func(&ad->ad_dev);
		config_pending_decr(&ad->ad_dev);
		ad = kernel->kn_autoconf.ka_devices;	/* which may have changed */
	}
}

void
config_interrupts(device_t dev, void (*func)(device_t))
{

	KCALL(CONFIG_INTERRUPTS);
	func(dev);	/* `cold' is 0 */
	KRET(CONFIG_INTERRUPTS, 0);
}

void
config_mountroot(device_t dev, void (*func)(device_t))
{

	KCALL(CONFIG_MOUNTROOT);
	func(dev);
	KRET(CONFIG_MOUNTROOT, 0);
}

int
config_finalize_register(device_t dev, int (*fn)(device_t))
{

	KCALL(CONFIG_FINALIZE_REGISTER);
	kern_lock_take(1);
	while (fn(dev) != 0)
		continue;
	kern_lock_drop();
	KRETURN(CONFIG_FINALIZE_REGISTER, 0);
}

/* ---- config_found(9) ---- */

/* config_attach_internal() ends no line: what it prints, ca_attach continues. */
static device_t
autoconf_attach(device_t parent, const struct autoconf_driver *ad, void *aux,
    cfprint_t print)
{
	device_t dev = autoconf_device_new(parent, ad->ad_cfdata, ad->ad_cfattach);
	struct kern_bus *bus = autoconf_bus(parent);

	KERN_ASSERT(kern_lock_is_held());
	if (bus != NULL)
		bus->kb_child = dev;
	kprint(HW_CON_NORMAL, "%s at %s", dev->dv_xname, parent->dv_xname);
	if (print != NULL)
		(void)print(aux, NULL);
	KNOTE(ATTACH, HW_ATTACH_BEGIN);
	config_pending_incr(dev);
	ad->ad_cfattach->ca_attach(parent, dev, aux);
	config_pending_decr(dev);
	autoconf_run_deferred(dev);
	return dev;
}

device_t
config_found(device_t parent, void *aux, cfprint_t print, const struct cfargs *args)
{
	const struct autoconf_driver *ad = autoconf_search(parent, aux, false);
	static const char *const msgs[] = {
		[QUIET] = "", [UNCONF] = " not configured\n",
		[UNSUPP] = " unsupported\n",
	};

	(void)args;	/* there is one interface attribute and no locator */
	if (ad != NULL)
		return autoconf_attach(parent, ad, aux, print);
	if (print != NULL)
		kprint(HW_CON_NORMAL, "%s", msgs[print(aux, parent->dv_xname)]);
	return NULL;
}

/* ---- config_detach(9) ---- */

/* config_detach_enter(): until it is attached, and nobody else detaches it. */
static bool
autoconf_detach_enter(struct autoconf_device *ad)
{

	ad->ad_waiting++;
	while (ad->ad_pending > 0 || ad->ad_is_detaching)
		kern_sleep(HW_SLEEP_PAUSE, 0, 1);
	ad->ad_waiting--;
	ad->ad_is_detaching = !ad->ad_is_gone;
	return ad->ad_is_detaching;
}

static int
autoconf_detach(device_t dev, int flags)
{
	const struct cfattach *ca = dev->dv_cfattach;

	if ((flags & (DETACH_SHUTDOWN | DETACH_FORCE)) == DETACH_SHUTDOWN &&
	    (dev->dv_flags & DVF_DETACH_SHUTDOWN) == 0)
		return EOPNOTSUPP;
	return ca->ca_detach != NULL ? ca->ca_detach(dev, flags) : EOPNOTSUPP;
}

static void
autoconf_detached(device_t dev, int flags)
{
	const struct autoconf_device *ad = kernel->kn_autoconf.ka_devices;
	device_t parent = dev->dv_parent;
	struct kern_bus *bus = autoconf_bus(parent);

	dev->dv_flags &= ~DVF_ACTIVE;
	for (; ad != NULL; ad = ad->ad_next)
		KERN_PANICIF(ad->ad_dev.dv_parent == dev, "config_detach: detached device "
		    "%s has children %s", dev->dv_xname, ad->ad_dev.dv_xname);
	if (parent->dv_cfattach != NULL && parent->dv_cfattach->ca_childdetached != NULL)
		parent->dv_cfattach->ca_childdetached(parent, dev);
	if ((flags & DETACH_QUIET) == 0)
		kprint(HW_CON_NORMAL, "%s: detached\n", dev->dv_xname);
	if (bus != NULL && bus->kb_child == dev)
		bus->kb_child = NULL;
}

int
config_detach(device_t dev, int flags)
{
	struct autoconf_device *ad = autoconf_device(dev);
	const struct kern_bus *bus = autoconf_bus(dev->dv_parent);
	int error = ENOENT;

	if (bus != NULL)
		hw_on((unsigned)(bus - kernel->kn_autoconf.ka_bus));
	kern_lock_take(1);
	if (autoconf_detach_enter(ad)) {
		error = autoconf_detach(dev, flags);
		if (error != 0 && (flags & DETACH_FORCE) != 0)
			kern_panic("config_detach: forced detach of %s failed (%d)",
			    dev->dv_xname, error);
		if (error == 0)
			autoconf_detached(dev, flags);
		ad->ad_is_detaching = false;
	}
	if (error == 0 || ad->ad_is_gone)
		autoconf_device_free(ad);
	kern_lock_drop();
	return error;
}

/* ---- config_init_component(9), for drivers built as modules ---- */

static cfdata_t
component_cfdata(struct cfdata *cfdatas, const struct cfattach *ca)
{

	for (; cfdatas != NULL && cfdatas->cf_name != NULL; cfdatas++) {
		if (strcmp(cfdatas->cf_atname, ca->ca_name) == 0)
			return cfdatas;
	}
	return NULL;
}

static int
component_add(const struct cfattachinit *cfai, struct cfdata *cfdatas)
{
	unsigned count = kernel->kn_autoconf.ka_driver_count;
	int error = 0;

	for (; cfai->cfai_name != NULL && error == 0; cfai++) {
		for (unsigned i = 0; cfai->cfai_list[i] != NULL && error == 0; i++) {
			struct cfattach *ca = cfai->cfai_list[i];
			cfdata_t cf = component_cfdata(cfdatas, ca);

			if (cf != NULL)
				error = autoconf_driver_add(ca, cf, true);
		}
	}
	if (error != 0)
		kernel->kn_autoconf.ka_driver_count = count;
	for (unsigned i = 0; i < hw_devices() && error == 0; i++) {
		device_t virtio = kernel->kn_autoconf.ka_bus[i].kb_virtio;

		if (virtio == NULL)
			break;
		virtio_pci_rescan(virtio);
		autoconf_run_deferred(virtio);
	}
	return error;
}

int
config_init_component(struct cfdriver *const *cfdrivers,
    const struct cfattachinit *cfattachs, struct cfdata *cfdatas)
{
	int error;

	(void)cfdrivers;
	KCALL(CONFIG_INIT_COMPONENT);
	error = kern_fault_waited(HW_CALL_CONFIG_INIT_COMPONENT);
	if (error == 0)
		error = component_add(cfattachs, cfdatas);
	KRETURN(CONFIG_INIT_COMPONENT, error);
}

static bool
component_owns(const struct cfdata *cfdatas, const struct device *dev)
{

	for (; cfdatas != NULL && cfdatas->cf_name != NULL; cfdatas++) {
		if (dev->dv_cfdata == cfdatas)
			return true;
	}
	return false;
}

static int
component_detach(const struct cfdata *cfdatas)
{
	struct autoconf_device *ad, *next;
	int error = 0;

	for (ad = kernel->kn_autoconf.ka_devices; ad != NULL && error == 0; ad = next) {
		next = ad->ad_next;
		if (component_owns(cfdatas, &ad->ad_dev))
			error = config_detach(&ad->ad_dev, 0);
	}
	return error;
}

int
config_fini_component(struct cfdriver *const *cfdrivers,
    const struct cfattachinit *cfattachs, struct cfdata *cfdatas)
{
	struct kern_autoconf *ka = &kernel->kn_autoconf;
	int error;

	(void)cfdrivers;
	(void)cfattachs;
	KCALL(CONFIG_FINI_COMPONENT);
	error = component_detach(cfdatas);
	/* The module's are the last in the table. */
	while (error == 0 && ka->ka_driver_count > 0 &&
	    ka->ka_drivers[ka->ka_driver_count - 1].ad_is_module)
		ka->ka_driver_count--;
	KRETURN(CONFIG_FINI_COMPONENT, error);
}

/* ---- Up from the machine ---- */

static void
autoconf_attach_bus(unsigned device)
{
	struct kern_autoconf *ka = &kernel->kn_autoconf;
	device_t *virtio = &ka->ka_bus[device].kb_virtio;

	hw_on(device);
	if (*virtio == NULL) {
		*virtio = autoconf_device_new(ka->ka_pci, autoconf_cfdata_new("virtio", 0), NULL);
		kprint(HW_CON_NORMAL, "%s at %s dev %u function 0", (*virtio)->dv_xname,
		    ka->ka_pci->dv_xname, 4 + device);
		virtio_pci_attach(*virtio, device);
	} else {
		virtio_pci_rescan(*virtio);
	}
	autoconf_run_deferred(*virtio);
	KNOTE(ATTACH, HW_ATTACH_END, virtio_pci_child_attached(*virtio));
}

/* Once more in the same boot: as after a rescan, with the driver's statics as they are. */
void
kern_attach(void)
{

	kern_lock_take(1);
	for (unsigned i = 0; i < hw_devices(); i++)
		autoconf_attach_bus(i);
	kern_lock_drop();
}

bool
kern_attached(unsigned device)
{
	device_t virtio = kernel->kn_autoconf.ka_bus[device].kb_virtio;

	return virtio != NULL && virtio_pci_child_attached(virtio);
}

int
kern_detach(unsigned device)
{
	device_t child = kernel->kn_autoconf.ka_bus[device].kb_child;

	return child != NULL ? config_detach(child, 0) : ENXIO;
}
