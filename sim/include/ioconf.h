/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "ioconf.h": the drivers of this kernel, as config(1) would list them: the children of
 * the virtio bus.
 */
#ifndef _IOCONF_H_
#define	_IOCONF_H_

#include <sys/device.h>

extern struct cfdriver virtio_cd;
extern struct cfdriver ld_cd;
extern struct cfdriver vioif_cd;
extern struct cfdriver viomb_cd;
extern struct cfdriver viornd_cd;
extern struct cfdriver vioscsi_cd;

#endif /* !_IOCONF_H_ */
