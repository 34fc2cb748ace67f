/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl(9), after sys/kern/kern_sysctl.c.
 *
 * A node keeps the pointer to the creator's value and reads it when asked, without any
 * lock of the creator.  Functions of nodes (sysctlfn) are kept but never called: nobody
 * here asks for a value but kern_sysctl().
 */
#include "kernel.h"

struct sysctl_entry {
	struct sysctlnode	 se_node;	/* first: what drivers see */
	uint32_t		 se_ordinal;	/* 0: the kernel's own */
	uint64_t		 se_value;	/* of CTLFLAG_IMMEDIATE */
	struct sysctl_entry	*se_parent;
	struct sysctl_entry	*se_children;
	struct sysctl_entry	*se_next;
	struct sysctl_entry	*se_same;	/* in its bucket of names */
	int			 se_free;	/* of its children no number from CREATE_BASE to
						   below this is free, */
	int			 se_fresh;	/* and all from this up are */
};

struct sysctllog {
	struct sysctl_entry	*sl_entry;
	struct sysctllog	*sl_next;	/* made earlier */
};

/* One call of sysctl_createv(9). */
struct sysctl_request {
	struct sysctllog	**log;
	const struct sysctlnode	**rnode, **cnode;
	int			 cflags, flags, type;
	const char		*name, *descr;
	sysctlfn		 func;
	uint64_t		 qv;
	void			*data;
	size_t			 size;
	int			 path[CTL_MAXNAME];
	unsigned		 path_count;
};

/* ---- The tree ---- */

static struct sysctl_entry *
sysctl_child_by_number(const struct sysctl_entry *parent, int num)
{
	struct sysctl_entry *e = parent->se_children;

	while (e != NULL && e->se_node.sysctl_num != num)
		e = e->se_next;
	return e;
}

/* Names of all nodes: a driver can have many, each of which is looked for among the others. */
static struct sysctl_entry **
sysctl_bucket(const char *name, size_t n)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < n; i++)
		hash = hash * 31 + (unsigned char)name[i];
	return &kernel->kn_sysctl.ks_named[hash % SYSCTL_BUCKETS];
}

static struct sysctl_entry *
sysctl_child_by_name(const struct sysctl_entry *parent, const char *name, size_t n)
{
	struct sysctl_entry *e = *sysctl_bucket(name, n);

	while (e != NULL && (e->se_parent != parent || strlen(e->se_node.sysctl_name) != n ||
	    strncmp(e->se_node.sysctl_name, name, n) != 0))
		e = e->se_same;
	return e;
}

static struct sysctl_entry *
sysctl_insert(struct sysctl_entry *parent, const char *name, int num, int type)
{
	struct sysctl_entry *e = kmem_take(sizeof(*e));
	struct sysctl_entry **bucket = sysctl_bucket(name, strlen(name));

	e->se_free = e->se_fresh = CREATE_BASE;
	e->se_same = *bucket;
	*bucket = e;
	e->se_node.sysctl_flags = SYSCTL_VERSION | (uint32_t)type;
	e->se_node.sysctl_num = num;
	(void)strlcpy(e->se_node.sysctl_name, name, sizeof(e->se_node.sysctl_name));
	e->se_parent = parent;
	if (parent == NULL)
		return e;
	e->se_node.sysctl_parent = &parent->se_node;
	e->se_next = parent->se_children;
	parent->se_children = e;
	parent->se_node.sysctl_clen++;
	if (num >= parent->se_fresh && num != INT_MAX)
		parent->se_fresh = num + 1;
	return e;
}

static void	sysctl_expose(const struct sysctl_entry *, enum hw_memory);

static void
sysctl_remove(struct sysctl_entry *e)
{
	struct sysctl_entry *parent = e->se_parent, **link = &parent->se_children;
	const char *name = e->se_node.sysctl_name;

	while (*link != e)
		link = &(*link)->se_next;
	*link = e->se_next;
	for (link = sysctl_bucket(name, strlen(name)); *link != e; )
		link = &(*link)->se_same;
	*link = e->se_same;
	parent->se_node.sysctl_clen--;
	if (e->se_node.sysctl_num >= CREATE_BASE && e->se_node.sysctl_num < parent->se_free)
		parent->se_free = e->se_node.sysctl_num;
	KNOTE(SYSCTL_GONE, e->se_ordinal);
	sysctl_expose(e, HW_MEMORY_HIDDEN);
	kmem_give(e, sizeof(*e));
}

void
sysctl_boot(void)
{
	static const struct {
		const char	*name;
		int		 num;
	} top[] = {
		{ "kern", CTL_KERN }, { "vm", CTL_VM }, { "vfs", CTL_VFS },
		{ "net", CTL_NET }, { "debug", CTL_DEBUG }, { "hw", CTL_HW },
		{ "machdep", CTL_MACHDEP }, { "user", CTL_USER },
		{ "ddb", CTL_DDB }, { "proc", CTL_PROC },
		{ "vendor", CTL_VENDOR }, { "emul", CTL_EMUL },
		{ "security", CTL_SECURITY },
	};
	struct sysctl_entry *root;

	root = sysctl_insert(NULL, "", CTL_EOL, CTLTYPE_NODE);
	kernel->kn_sysctl.ks_root = root;
	for (size_t i = 0; i < __arraycount(top); i++)
		(void)sysctl_insert(root, top[i].name, top[i].num, CTLTYPE_NODE);
}

/* ---- sysctl_createv(9) ---- */

static bool
sysctl_is_name_char(char c, bool is_first)
{

	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
		return true;
	return !is_first && ((c >= '0' && c <= '9') || c == '-');
}

static int
sysctl_check_name(const char *name)
{

	if (name == NULL || *name == '\0')
		return EINVAL;
	for (size_t i = 0; name[i] != '\0'; i++) {
		if (i + 1 >= SYSCTL_NAMELEN)
			return ENAMETOOLONG;
		if (!sysctl_is_name_char(name[i], i == 0))
			return EINVAL;
	}
	return 0;
}

/* Bytes of a value of that type; 0: as the creator says. */
static size_t
sysctl_type_size(int type)
{

	switch (type) {
	case CTLTYPE_INT:
		return sizeof(int);
	case CTLTYPE_QUAD:
		return sizeof(uint64_t);
	case CTLTYPE_BOOL:
		return sizeof(bool);
	default:
		return 0;
	}
}

static int
sysctl_check_value(struct sysctl_request *r)
{
	size_t size = sysctl_type_size(r->type);

	if (r->type < CTLTYPE_NODE || r->type > CTLTYPE_BOOL)
		return EINVAL;
	if (r->type == CTLTYPE_NODE)
		return r->data != NULL || r->size != 0 ? EINVAL : 0;
	if (size != 0 && r->size == 0)
		r->size = size;
	if (size != 0 && r->size != size)
		return EINVAL;
	if (r->type == CTLTYPE_STRUCT && r->size == 0)
		return EINVAL;
	if (r->data == NULL && r->func == NULL &&
	    (r->flags & CTLFLAG_IMMEDIATE) == 0)
		return EINVAL;
	return 0;
}

static int
sysctl_check(struct sysctl_request *r)
{
	int error;

	if ((r->cflags & ~CTLFLAG_PERMANENT) != 0 || r->path_count == 0)
		return EINVAL;
	error = sysctl_check_name(r->name);
	return error != 0 ? error : sysctl_check_value(r);
}

/* The node above the new one: all of the path but its last number. */
static int
sysctl_locate(const struct sysctl_request *r, struct sysctl_entry **parent)
{
	struct sysctl_entry *e = kernel->kn_sysctl.ks_root;

	if (r->rnode != NULL && *r->rnode != NULL)
		e = __UNCONST(*r->rnode);
	for (unsigned i = 0; i + 1 < r->path_count; i++) {
		e = sysctl_child_by_number(e, r->path[i]);
		if (e == NULL)
			return ENOENT;
		if (SYSCTL_TYPE(e->se_node.sysctl_flags) != CTLTYPE_NODE)
			return ENOTDIR;
	}
	*parent = e;
	return 0;
}

/* The lowest number that is free. */
static int
sysctl_pick_number(struct sysctl_entry *parent)
{

	while (parent->se_free < parent->se_fresh &&
	    sysctl_child_by_number(parent, parent->se_free) != NULL)
		parent->se_free++;
	return parent->se_free;
}

static void
sysctl_log(struct sysctllog **log, struct sysctl_entry *e)
{
	struct sysctllog *sl;

	if (log == NULL)
		return;
	sl = kmem_take(sizeof(*sl));
	sl->sl_entry = e;
	sl->sl_next = *log;
	*log = sl;
}

/* What users may write with no function of the driver's in between. */
static void
sysctl_expose(const struct sysctl_entry *e, enum hw_memory what)
{
	const struct sysctlnode *node = &e->se_node;

	if ((node->sysctl_flags & CTLFLAG_READWRITE) == 0 || node->sysctl_func != NULL ||
	    node->sysctl_data == NULL || node->sysctl_data == &e->se_value)
		return;
	hw_memory(what, node->sysctl_data, node->sysctl_size, e->se_ordinal);
}

static struct sysctl_entry *
sysctl_add(const struct sysctl_request *r, struct sysctl_entry *parent, int num)
{
	struct sysctl_entry *e = sysctl_insert(parent, r->name, num, r->type);

	e->se_node.sysctl_flags |= (uint32_t)SYSCTL_FLAGS(r->flags);
	e->se_node.sysctl_size = r->size;
	e->se_node.sysctl_data = r->data;
	e->se_node.sysctl_func = r->func;
	e->se_node.sysctl_desc = r->descr;
	e->se_value = r->qv;
	if ((r->flags & CTLFLAG_IMMEDIATE) != 0 && r->data == NULL)
		e->se_node.sysctl_data = &e->se_value;
	e->se_ordinal = hw_ordinal(HW_OBJ_SYSCTL);
	KNOTE(SYSCTL, e->se_ordinal, parent->se_ordinal);
	sysctl_expose(e, HW_MEMORY_EXPOSED);
	sysctl_log(r->log, e);
	return e;
}

/*
 * A node of the same name is handed back as if it were new when the number was the
 * kernel's to pick and both have the same function; else it is in the way.
 */
static int
sysctl_create(const struct sysctl_request *r, struct sysctl_entry *parent)
{
	int num = r->path[r->path_count - 1];
	struct sysctl_entry *e;

	e = sysctl_child_by_name(parent, r->name, strlen(r->name));
	if (e != NULL && (num != CTL_CREATE || e->se_node.sysctl_func != r->func))
		return EEXIST;
	if (e == NULL && num != CTL_CREATE &&
	    (num < 0 || sysctl_child_by_number(parent, num) != NULL))
		return num < 0 ? EINVAL : EEXIST;
	if (e == NULL)
		e = sysctl_add(r, parent,
		    num == CTL_CREATE ? sysctl_pick_number(parent) : num);
	if (r->cnode != NULL)
		*r->cnode = &e->se_node;
	return 0;
}

static int
sysctl_createv_inner(struct sysctl_request *r)
{
	struct sysctl_entry *parent = NULL;
	int error = kern_fault_waited(HW_CALL_SYSCTL_CREATEV);
	const char *step = "create";

	if (error == 0)
		error = sysctl_check(r);
	if (error == 0) {
		error = sysctl_locate(r, &parent);
		if (error != 0)
			step = "locate";
	}
	if (error == 0)
		error = sysctl_create(r, parent);
	if (error != 0)
		kprint(HW_CON_KERNEL, "sysctl_createv: sysctl_%s(%s) returned %d\n",
		    step, r->name != NULL ? r->name : "(null)", error);
	return error;
}

/* The name is in brackets because it is a macro too, see <sys/sysctl.h>. */
int
(sysctl_createv)(struct sysctllog **log, int cflags, const struct sysctlnode **rnode,
    const struct sysctlnode **cnode, int flags, int type, const char *name,
    const char *descr, sysctlfn func, u_quad_t qv, void *newp, size_t newlen, ...)
{
	struct sysctl_request r = {
		.log = log, .rnode = rnode, .cnode = cnode, .cflags = cflags,
		.flags = flags, .type = type, .name = name, .descr = descr,
		.func = func, .qv = qv, .data = newp, .size = newlen,
	};
	va_list ap;
	int num = 0, error;

	va_start(ap, newlen);
	while (r.path_count < CTL_MAXNAME && num != CTL_CREATE &&
	    (num = va_arg(ap, int)) != CTL_EOL)
		r.path[r.path_count++] = num;
	va_end(ap);
	KCALL(SYSCTL_CREATEV, flags, type, kern_text(name));
	if (cnode != NULL)
		*cnode = NULL;
	error = sysctl_createv_inner(&r);
	KRETURN(SYSCTL_CREATEV, error);
}

/* ---- sysctl_teardown(9) ---- */

/* Last made first, so children go before their parents. */
void
sysctl_teardown(struct sysctllog **log)
{
	struct sysctllog *sl, *next;

	KCALL(SYSCTL_TEARDOWN);
	for (sl = *log; sl != NULL; sl = next) {
		next = sl->sl_next;
		sysctl_remove(sl->sl_entry);
		kmem_give(sl, sizeof(*sl));
	}
	*log = NULL;
	KRET(SYSCTL_TEARDOWN, 0);
}

/* ---- Up from the machine ---- */

static const struct sysctl_entry *
sysctl_find(const char *path)
{
	const struct sysctl_entry *e = kernel->kn_sysctl.ks_root;
	size_t n;

	for (; e != NULL; path += n + 1) {
		for (n = 0; path[n] != '\0' && path[n] != '.'; )
			n++;
		e = sysctl_child_by_name(e, path, n);
		if (path[n] == '\0')
			break;
	}
	return e;
}

static bool
sysctl_has_value(const struct sysctl_entry *e)
{
	int type = SYSCTL_TYPE(e->se_node.sysctl_flags);

	return e->se_node.sysctl_data != NULL &&
	    (type == CTLTYPE_INT || type == CTLTYPE_QUAD || type == CTLTYPE_BOOL);
}

/* The path of a node, behind its parents'; how long it is. */
static size_t
sysctl_print_path(const struct sysctl_entry *e, char *path, size_t size)
{
	size_t n = 0;

	if (e->se_parent->se_parent != NULL)
		n = sysctl_print_path(e->se_parent, path, size);
	if (n < size)
		n += (size_t)snprintf(path + n, size - n, "%s%s", n > 0 ? "." : "",
		    e->se_node.sysctl_name);
	return n;
}

/* The n-th node below e that has a value; of those n counts down. */
static const struct sysctl_entry *
sysctl_nth(const struct sysctl_entry *e, unsigned *n)
{
	const struct sysctl_entry *found = NULL;

	for (e = e->se_children; e != NULL && found == NULL; e = e->se_next)
		if (sysctl_has_value(e) && (*n)-- == 0)
			found = e;
		else
			found = sysctl_nth(e, n);
	return found;
}

bool
kern_sysctl_path(unsigned n, char *path, size_t size)
{
	const struct sysctl_entry *e = sysctl_nth(kernel->kn_sysctl.ks_root, &n);

	return e != NULL && sysctl_print_path(e, path, size) < size;
}

bool
kern_sysctl(const char *path, int64_t *value)
{
	const struct sysctl_entry *e = sysctl_find(path);

	if (e == NULL || !sysctl_has_value(e))
		return false;
	switch (SYSCTL_TYPE(e->se_node.sysctl_flags)) {
	case CTLTYPE_INT:
		*value = *(const volatile int *)e->se_node.sysctl_data;
		return true;
	case CTLTYPE_QUAD:
		*value = *(const volatile int64_t *)e->se_node.sysctl_data;
		return true;
	case CTLTYPE_BOOL:
		*value = *(const volatile bool *)e->se_node.sysctl_data;
		return true;
	default:
		return false;
	}
}
