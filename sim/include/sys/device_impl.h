/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/device_impl.h>: the inside of a device_t, for autoconf(9) itself.  Drivers use the
 * accessors of <sys/device.h>.
 */
#ifndef _SYS_DEVICE_IMPL_H_
#define	_SYS_DEVICE_IMPL_H_

#include <sys/device.h>

struct device {
	devclass_t	dv_class;
	cfdata_t	dv_cfdata;	/* the line that configured it */
	cfdriver_t	dv_cfdriver;
	cfattach_t	dv_cfattach;
	int		dv_unit;
	int		dv_flags;	/* DVF_ACTIVE */
	device_t	dv_parent;	/* NULL for the root */
	void		*dv_private;	/* softc of dv_cfattach->ca_devsize bytes */
	char		dv_xname[DEVICE_XNAME_SIZE];
};

#define	DVF_ACTIVE	0x0001		/* attached and not deactivated */

#endif /* !_SYS_DEVICE_IMPL_H_ */
