/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about constants, types, assertions and module(9).
 *
 * Compiled twice: frag_param_plain.c includes this file without DIAGNOSTIC and with
 * FRAG_PLAIN, which leaves only what differs then.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/intr.h>

#include <dev/pci/virtioreg.h>
#include <machine/vmparam.h>

#include "frag.h"

/* The effect of the expression in a KASSERT. */
FRAG(kassert_effect)
{
	int evaluated __diagused = 0;

	KASSERT(++evaluated == 1);
	KASSERTMSG(++evaluated == 2, "with a number %d", 7);
	KDASSERT(++evaluated == 3);
	f->out[0] = evaluated;
}

FRAG(kassert_fails)
{
	KASSERT(f->in[0] == 1 + 1);
	frag_mark(f, '!');
}

#ifndef FRAG_PLAIN

CTASSERT(sizeof(PAGE_SIZE) == sizeof(int)); CTASSERT(PAGE_SIZE == 4096);

#define IS(expression, type)						\
	__builtin_types_compatible_p(__typeof__(expression), type)

FRAG(constants)
{
	static const int64_t values[] = {
		PAGE_SHIFT, PAGE_SIZE, PAGE_MASK, VIRTIO_PAGE_SIZE,
		PRI_USER, PRI_KERNEL, PRI_KTHREAD, PRI_COUNT, PRI_NONE, PRI_IDLE,
		IPL_NONE, IPL_SOFTCLOCK, IPL_SOFTBIO, IPL_SOFTNET, IPL_SOFTSERIAL,
		IPL_VM, IPL_SCHED, IPL_HIGH, IPL_BIO, IPL_NET, IPL_TTY, MAXCOMLEN,
		MUTEX_SPIN, MUTEX_ADAPTIVE, MUTEX_DEFAULT,
		MODULE_CMD_INIT, MODULE_CMD_FINI, MODULE_CMD_STAT, MODULE_CMD_AUTOUNLOAD,
		MODULE_CLASS_DRIVER,
	};

	memcpy(f->out, values, sizeof(values));
}

/* The bytes of 0x01020304, stored at an odd address, as a number; and what comes back. */
FRAG(byte_orders)
{
	uint8_t b[8];

	le32enc(b + 1, 0x01020304);
	f->out[0] = b[1] << 24 | b[2] << 16 | b[3] << 8 | b[4];
	f->out[1] = le32dec(b + 1);
	be32enc(b + 1, 0x01020304);
	f->out[2] = b[1] << 24 | b[2] << 16 | b[3] << 8 | b[4];
	f->out[3] = be32dec(b + 1);
	be16enc(b + 1, 0x0102);
	f->out[4] = le16dec(b + 1);
	le64enc(b, 0x0102030405060708);
	f->out[5] = be64dec(b) == 0x0807060504030201;
}

FRAG(types)
{
	f->out[0] = IS(PAGE_SIZE, int);
	f->out[1] = IS(VIRTIO_PAGE_SIZE, int);
	f->out[2] = sizeof(paddr_t);
	f->out[3] = IS(UINT32_MAX * PAGE_SIZE, unsigned int);
	f->out[4] = (int64_t)(paddr_t)(UINT32_MAX * PAGE_SIZE);
	f->out[5] = (int64_t)ptoa(UINT32_MAX);
	f->out[6] = (int64_t)round_page(4097);
	f->out[7] = (int64_t)trunc_page(8191);
	f->out[8] = (int64_t)roundup2((uint64_t)5, 4);
	f->out[9] = IS(mstohz(1), unsigned int);
	f->out[10] = IS(VIRTIO_F_RING_EVENT_IDX, int);
	f->out[11] = IS(VIRTIO_F_VERSION_1, unsigned long long);
	f->out[12] = (paddr_t)-1 > 0;
}

/* in[i] in milliseconds. */
FRAG(mstohz)
{
	for (int i = 0; i < FRAG_IN; i++)
		f->out[i] = mstohz((int)f->in[i]);
	f->out[FRAG_IN] = hz;
	f->out[FRAG_IN + 1] = tick;
}

FRAG(errnos)
{
	static const int64_t values[] = {
		EPERM, ENOENT, ESRCH, EIO, ENOMEM, EBUSY, EEXIST, ENODEV, ENOTDIR, EINVAL,
		ENOTTY, EFBIG, ERANGE, EAGAIN, EWOULDBLOCK, EOPNOTSUPP, ENAMETOOLONG,
		ENOTSUP, ERESTART,
	};

	memcpy(((struct frag *)f)->out, values, sizeof(values));
}

/* ---- a module ---- */

MODULE(MODULE_CLASS_DRIVER, fragmodule, "virtio");

static int
fragmodule_modcmd(modcmd_t cmd, void *opaque)
{
	return cmd == MODULE_CMD_INIT ? 0 : ENOTTY;
}

FRAG(module)
{
	const modinfo_t *info = __link_set_modules_sym_fragmodule_modinfo;

	f->out[0] = info->mi_class;
	f->out[1] = info->mi_modcmd(MODULE_CMD_INIT, NULL);
	f->out[2] = info->mi_modcmd(MODULE_CMD_AUTOUNLOAD, NULL);
	strlcpy(f->text, info->mi_name, sizeof(f->text));
	strlcpy(f->text + 100, info->mi_required, 100);
}

#endif /* !FRAG_PLAIN */
