/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/module.h>: module(9).
 *
 * MODULE() describes a module.  Its record is reached through a pointer of the link set
 * `modules'; here that pointer is a global symbol, so that a loader finds it by the name
 * of the module: __link_set_modules_sym_<name>_modinfo.
 */
#ifndef _SYS_MODULE_H_
#define	_SYS_MODULE_H_

#include <sys/types.h>
#include <sys/param.h>
#include <sys/cdefs.h>
#include <sys/queue.h>
#include <sys/mutex.h>

#define	MAXMODNAME	32

typedef enum modclass {
	MODULE_CLASS_ANY, MODULE_CLASS_MISC, MODULE_CLASS_VFS,
	MODULE_CLASS_DRIVER, MODULE_CLASS_EXEC, MODULE_CLASS_SECMODEL
} modclass_t;

/*
 * module(9): commands to <name>_modcmd.  INIT's argument is a property dictionary or
 * NULL.  ENOTTY answers a command that is not known; any other error from FINI or
 * AUTOUNLOAD keeps the module.
 */
typedef enum modcmd {
	MODULE_CMD_INIT, MODULE_CMD_FINI, MODULE_CMD_STAT, MODULE_CMD_AUTOUNLOAD
} modcmd_t;

typedef struct modinfo {
	u_int		mi_version;	/* __NetBSD_Version__ */
	modclass_t	mi_class;
	int		(*mi_modcmd)(modcmd_t, void *);
	const char	*mi_name;
	const char	*mi_required;	/* names separated by commas, or NULL */
} const modinfo_t;

/* The macro ends in a complete declaration; the user's semicolon does no harm. */
#define	MODULE(class, name, required)					\
static int name##_modcmd(modcmd_t, void *);				\
static const modinfo_t name##_modinfo = {				\
	.mi_version = __NetBSD_Version__,				\
	.mi_class = (class),						\
	.mi_modcmd = name##_modcmd,					\
	.mi_name = #name,						\
	.mi_required = (required)					\
};									\
extern const modinfo_t * const						\
    __link_set_modules_sym_##name##_modinfo;				\
const modinfo_t * const							\
    __link_set_modules_sym_##name##_modinfo __used = &name##_modinfo;

#endif /* !_SYS_MODULE_H_ */
