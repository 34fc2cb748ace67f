/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/device.h>: driver(9), autoconf(9) and config(9).
 *
 * A driver describes an attachment with CFATTACH_DECL*_NEW, which defines the global
 * `struct cfattach <name>_ca`; autoconf finds it by that name.
 */
#ifndef _SYS_DEVICE_H_
#define	_SYS_DEVICE_H_

#include <sys/types.h>
#include <sys/device_if.h>
#include <sys/queue.h>
#include <sys/mutex.h>
#include <sys/condvar.h>

#define	DEVICE_XNAME_SIZE	16	/* driver name and unit, with the NUL */

typedef enum devclass {
	DV_DULL, DV_CPU, DV_DISK, DV_IFNET, DV_TAPE, DV_TTY, DV_AUDIODEV,
	DV_DISPLAYDEV, DV_BUS, DV_VIRTUAL
} devclass_t;

typedef enum devact {
	DVACT_DEACTIVATE
} devact_t;

typedef struct cfdata *cfdata_t;
typedef struct cfdriver *cfdriver_t;
typedef struct cfattach *cfattach_t;

/* An interface attribute, what children attach to, with its locators. */
struct cflocdesc {
	const char	*cld_name;
	const char	*cld_defaultstr;
	int		cld_default;
};
struct cfiattrdata {
	const char	*ci_name;
	int		ci_loclen;
	const struct cflocdesc ci_locdesc[];
};

/* Where an instance may attach. */
struct cfparent {
	const char	*cfp_iattr;	/* attribute of the parent */
	const char	*cfp_parent;	/* a certain parent, or NULL */
	int		cfp_unit;	/* a certain unit, or DVUNIT_ANY */
};
#define	DVUNIT_ANY	-1

/* One line of the configuration. */
struct cfdata {
	const char	*cf_name;	/* driver */
	const char	*cf_atname;	/* attachment */
	unsigned int	cf_unit:24;
	unsigned char	cf_fstate;	/* FSTATE_* */
	int		*cf_loc;	/* locators */
	int		cf_flags;	/* `flags' of the line */
	const struct cfparent *cf_pspec;
};
#define	FSTATE_NOTFOUND		0
#define	FSTATE_FOUND		1
#define	FSTATE_STAR		2	/* any number of units */
#define	FSTATE_DSTAR		3
#define	FSTATE_DNOTFOUND	4

/* driver(9): one attachment of a driver. */
struct cfattach {
	const char	*ca_name;
	LIST_ENTRY(cfattach) ca_list;
	size_t		ca_devsize;	/* bytes of the softc, zeroed at attach */
	int		ca_flags;	/* DVF_* */
	int		(*ca_match)(device_t, cfdata_t, void *);
	void		(*ca_attach)(device_t, device_t, void *);
	int		(*ca_detach)(device_t, int);
	int		(*ca_activate)(device_t, devact_t);
	int		(*ca_rescan)(device_t, const char *, const int *);
	void		(*ca_childdetached)(device_t, device_t);
};
LIST_HEAD(cfattachlist, cfattach);

#define	DVF_PRIV_ALLOC		0x0002	/* the softc is not part of the device */
#define	DVF_DETACH_SHUTDOWN	0x0080	/* detach at shutdown */

#define	CFATTACH_DECL3_NEW(name, ddsize, matfn, attfn, detfn, actfn,	\
	rescanfn, chdetfn, flags)					\
struct cfattach __CONCAT(name, _ca) = {					\
	.ca_name = ___STRING(name),					\
	.ca_devsize = (ddsize),						\
	.ca_flags = (flags) | DVF_PRIV_ALLOC,				\
	.ca_match = (matfn),						\
	.ca_attach = (attfn),						\
	.ca_detach = (detfn),						\
	.ca_activate = (actfn),						\
	.ca_rescan = (rescanfn),					\
	.ca_childdetached = (chdetfn),					\
}
#define	CFATTACH_DECL2_NEW(name, ddsize, matfn, attfn, detfn, actfn,	\
	rescanfn, chdetfn)						\
	CFATTACH_DECL3_NEW(name, ddsize, matfn, attfn, detfn, actfn,	\
	    rescanfn, chdetfn, 0)
#define	CFATTACH_DECL_NEW(name, ddsize, matfn, attfn, detfn, actfn)	\
	CFATTACH_DECL2_NEW(name, ddsize, matfn, attfn, detfn, actfn,	\
	    NULL, NULL)

/* One driver, with all its attachments and devices. */
struct cfdriver {
	LIST_ENTRY(cfdriver) cd_list;
	struct cfattachlist cd_attach;
	device_t	*cd_devs;	/* by unit */
	const char	*cd_name;
	enum devclass	cd_class;
	int		cd_ndevs;
	const struct cfiattrdata * const *cd_attrs;
};
LIST_HEAD(cfdriverlist, cfdriver);

#define	CFDRIVER_DECL(name, class, attrs)				\
struct cfdriver __CONCAT(name, _cd) = {					\
	.cd_name = ___STRING(name),					\
	.cd_class = (class),						\
	.cd_attrs = (attrs),						\
}

/* The attachments of one driver, as ioconf.c lists them; NULL ends each list. */
struct cfattachinit {
	const char	*cfai_name;
	struct cfattach * const *cfai_list;
};

/* Flags of config_detach(9) and ca_detach. */
#define	DETACH_FORCE	0x01
#define	DETACH_QUIET	0x02
#define	DETACH_SHUTDOWN	0x04
#define	DETACH_POWEROFF	0x08

/* What config_found(9) calls to print a child; name is NULL when it was configured. */
typedef int (*cfprint_t)(void *aux, const char *name);
#define	QUIET	0
#define	UNCONF	1
#define	UNSUPP	2

typedef int (*cfsubmatch_t)(device_t, cfdata_t, const int *, void *);
typedef int (*cfsearch_t)(device_t, cfdata_t, const int *, void *);

/* Optional arguments of config_found(9), made by CFARGS(.member = ..., ...). */
struct cfargs {
	uintptr_t	cfargs_version;
	cfsubmatch_t	submatch;
	cfsearch_t	search;
	const char	*iattr;
	const int	*locators;
};
#define	CFARGS_VERSION	1
#define	CFARGS_NONE	NULL
#define	CFARGS(...)							\
	(&((const struct cfargs){ .cfargs_version = CFARGS_VERSION,	\
	    __VA_ARGS__ }))

/*
 * config(9): a module's drivers, attachments and configuration; each list ends with NULL.
 * init registers them and looks for devices again; EEXIST for a duplicate.  fini detaches
 * the devices first and returns the first error of those detaches.
 */
int	config_init_component(struct cfdriver * const *cfdrivers,
	    const struct cfattachinit *cfattachs, struct cfdata *cfdatas);
int	config_fini_component(struct cfdriver * const *cfdrivers,
	    const struct cfattachinit *cfattachs, struct cfdata *cfdatas);

/*
 * config_found(9): a bus found something; match and attach its driver.  The device, or
 * NULL when no driver wants it.  args: CFARGS_NONE or CFARGS(...).
 */
device_t config_found(device_t parent, void *aux, cfprint_t print,
	    const struct cfargs *args);
/*
 * config_detach(9): 0, or EOPNOTSUPP for a driver without ca_detach, or what that says, or
 * ENOENT when somebody else detached it meanwhile.  Waits until the attachment is over.
 */
int	config_detach(device_t dev, int flags);
/*
 * config_defer(9): call func when all devices of the parent are attached.  The other three
 * call it at once, as when the system is up; config_finalize_register() until fn says 0.
 */
void	config_defer(device_t dev, void (*func)(device_t));
void	config_interrupts(device_t dev, void (*func)(device_t));
void	config_mountroot(device_t dev, void (*func)(device_t));
int	config_finalize_register(device_t dev, int (*fn)(device_t));
/* config_pending_incr(9): the attachment is not over until as many config_pending_decr(). */
void	config_pending_incr(device_t dev);
void	config_pending_decr(device_t dev);

/* device_private(9): the softc; NULL for NULL. */
void	*device_private(device_t dev);
/* device_xname(9): driver name and unit. */
const char *device_xname(device_t dev);
/* device_parent(9), device_unit(9), device_cfdata(9), device_is_active(9). */
device_t device_parent(device_t dev);
int	device_unit(device_t dev);
cfdata_t device_cfdata(device_t dev);
bool	device_is_active(device_t dev);

#endif /* !_SYS_DEVICE_H_ */
