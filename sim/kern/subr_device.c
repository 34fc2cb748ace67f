/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accessors of a device_t, after sys/kern/subr_device.c 1.13.
 */
#include "kernel.h"

void *
device_private(device_t dev)
{

	return dev != NULL ? dev->dv_private : NULL;
}

const char *
device_xname(device_t dev)
{

	return dev->dv_xname;
}

device_t
device_parent(device_t dev)
{

	return dev->dv_parent;
}

int
device_unit(device_t dev)
{

	return dev->dv_unit;
}

cfdata_t
device_cfdata(device_t dev)
{

	return dev->dv_cfdata;
}

bool
device_is_active(device_t dev)
{

	return (dev->dv_flags & DVF_ACTIVE) != 0;
}
