/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/device_if.h>: the opaque handle of a device, driver(9). */
#ifndef _SYS_DEVICE_IF_H_
#define	_SYS_DEVICE_IF_H_

struct device;
typedef struct device *device_t;

#endif /* !_SYS_DEVICE_IF_H_ */
