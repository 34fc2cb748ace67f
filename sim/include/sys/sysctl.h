/* SPDX-License-Identifier: BSD-2-Clause */
/* <sys/sysctl.h>: sysctl(9). */
#ifndef _SYS_SYSCTL_H_
#define	_SYS_SYSCTL_H_

#include <sys/types.h>
#include <sys/proc.h>
#include <sys/systm.h>

#define	CTL_MAXNAME	12	/* deepest path */
#define	SYSCTL_NAMELEN	32	/* longest name with its NUL */
#define	CREATE_BASE	1024	/* first number that the kernel picks itself */

#define	CTLTYPE_NODE	1
#define	CTLTYPE_INT	2
#define	CTLTYPE_STRING	3
#define	CTLTYPE_QUAD	4
#define	CTLTYPE_STRUCT	5
#define	CTLTYPE_BOOL	6

#define	CTLFLAG_READONLY	0x00000000
#define	CTLFLAG_READWRITE	0x00000070
#define	CTLFLAG_ANYWRITE	0x00000080
#define	CTLFLAG_PRIVATE		0x00000100
#define	CTLFLAG_PERMANENT	0x00000200
#define	CTLFLAG_OWNDATA		0x00000400
#define	CTLFLAG_IMMEDIATE	0x00000800
#define	CTLFLAG_HEX		0x00001000
#define	CTLFLAG_ROOT		0x00002000
#define	CTLFLAG_ANYNUMBER	0x00004000
#define	CTLFLAG_HIDDEN		0x00008000
#define	CTLFLAG_ALIAS		0x00010000
#define	CTLFLAG_OWNDESC		0x00040000

#define	SYSCTL_TYPEMASK		0x0000000f
#define	SYSCTL_TYPE(x)		((x) & SYSCTL_TYPEMASK)
#define	SYSCTL_FLAGMASK		0x00fffff0
#define	SYSCTL_FLAGS(x)		((x) & SYSCTL_FLAGMASK)
#define	SYSCTL_VERSION		0x01000000

/* Numbers that are not nodes: the end of a path, and "pick a number". */
#define	CTL_EOL		-1
#define	CTL_QUERY	-2
#define	CTL_CREATE	-3
#define	CTL_CREATESYM	-4
#define	CTL_DESTROY	-5
#define	CTL_DESCRIBE	-7

/* The top of the tree. */
#define	CTL_KERN	1
#define	CTL_VM		2
#define	CTL_VFS		3
#define	CTL_NET		4
#define	CTL_DEBUG	5
#define	CTL_HW		6
#define	CTL_MACHDEP	7
#define	CTL_USER	8
#define	CTL_DDB		9
#define	CTL_PROC	10
#define	CTL_VENDOR	11
#define	CTL_EMUL	12
#define	CTL_SECURITY	13
#define	CTL_MAXID	14

#define	SYSCTL_DESCR(text)	(text)

struct sysctlnode;
struct sysctllog;

#define	SYSCTLFN_PROTO							\
	const int *, u_int, void *, size_t *, const void *, size_t,	\
	const int *, struct lwp *, const struct sysctlnode *
#define	SYSCTLFN_ARGS							\
	const int *name, u_int namelen, void *oldp, size_t *oldlenp,	\
	const void *newp, size_t newlen, const int *oname,		\
	struct lwp *l, const struct sysctlnode *rnode
#define	SYSCTLFN_CALL(node)						\
	name, namelen, oldp, oldlenp, newp, newlen, oname, l, node
typedef int (*sysctlfn)(SYSCTLFN_PROTO);

/* A node.  Drivers read sysctl_num and sysctl_data; the order is the fake kernel's own. */
struct sysctlnode {
	uint32_t	sysctl_flags;	/* version, CTLFLAG_*, CTLTYPE_* */
	int32_t		sysctl_num;	/* number among its siblings */
	char		sysctl_name[SYSCTL_NAMELEN];
	uint32_t	sysctl_ver;
	uint32_t	sysctl_csize;	/* children: room for, and how many */
	uint32_t	sysctl_clen;
	struct sysctlnode *sysctl_child;
	size_t		sysctl_size;	/* bytes of the value */
	void		*sysctl_data;	/* the value: the creator's memory */
	sysctlfn	sysctl_func;
	struct sysctlnode *sysctl_parent;
	const char	*sysctl_desc;
};

/*
 * sysctl_createv(9): make a node.  log: remembers it for sysctl_teardown, or NULL; rnode:
 * root of the path, or NULL for the top; cnode: the new node, NULL after any error, or
 * NULL; flags: CTLFLAG_*; type: CTLTYPE_* (a literal name); newp, newlen: the value and its
 * bytes (0: those of the type), kept by pointer; then the path, ended by CTL_EOL, with
 * CTL_CREATE last for a number that the kernel picks.
 * 0, or EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, ENOMEM, EEXIST.  Thread context.
 */
int	sysctl_createv(struct sysctllog **log, int cflags,
	    const struct sysctlnode **rnode, const struct sysctlnode **cnode,
	    int flags, int type, const char *name, const char *descr,
	    sysctlfn func, u_quad_t qv, void *newp, size_t newlen, ...);
/* sysctl_teardown(9): remove all that the log remembers; *log becomes NULL. */
void	sysctl_teardown(struct sysctllog **log);

/* newp has the C type that goes with the CTLTYPE. */
#define	__SYSCTL_VERIFY(type, ctype)					\
static inline __always_inline __unused void *				\
__sysctl_verify_##type##_arg(ctype *arg)				\
{									\
	return arg;							\
}
__SYSCTL_VERIFY(CTLTYPE_NODE, struct sysctlnode)
__SYSCTL_VERIFY(CTLTYPE_INT, int)
__SYSCTL_VERIFY(CTLTYPE_STRING, char)
__SYSCTL_VERIFY(CTLTYPE_QUAD, int64_t)
__SYSCTL_VERIFY(CTLTYPE_STRUCT, void)
__SYSCTL_VERIFY(CTLTYPE_BOOL, bool)
#undef __SYSCTL_VERIFY

#define	sysctl_createv(log, cflags, rnode, cnode, flags, type, name, descr, \
	func, qv, newp, ...)						\
	sysctl_createv(log, cflags, rnode, cnode, flags, type, name, descr, \
	    func, qv, __sysctl_verify_##type##_arg(newp), __VA_ARGS__)

#endif /* !_SYS_SYSCTL_H_ */
