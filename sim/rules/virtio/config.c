/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area config: the configuration space (virtio 1.2 clause 2.5), by the fields of the device.
 */
#include <inttypes.h>

#include "base/sbuf.h"
#include "rules/area.h"
#include "rules/device.h"

struct last_read {
	const struct rules_field *field;	/* NULL: none */
	uint32_t seq;
};

struct config_state {
	struct last_read read[SHADOW_CONTEXTS];
	bool changed;			/* ever; at `change_seq` last */
	uint32_t change_seq;
};

/* The field that is exactly this, or NULL. */
static const struct rules_field *
field_at(const struct rules_device *device, uint64_t offset, uint64_t width)
{
	for (const struct rules_field *field = device->fields;
	    field != NULL && field->name != NULL; field++)
		if (field->offset == offset && field->width == width)
			return field;
	return NULL;
}

/* Is each byte one of a field that is there? */
static bool
is_within(struct rules_core *core, uint64_t offset, uint64_t width)
{
	uint64_t offered = rules_look(core)->device.features_offered, found = 0;

	for (const struct rules_field *field = core->device->fields; field->name != NULL; field++)
		for (uint64_t i = 0; i < width; i++)
			found += (offered & field->feature) == field->feature &&
			    offset + i >= field->offset &&
			    offset + i < field->offset + field->width;
	return found == width;
}

/* Does this touch a field that the driver writes? */
static bool
is_drivers(const struct rules_device *device, uint64_t offset, uint64_t width)
{
	for (const struct rules_field *field = device->fields;
	    field != NULL && field->name != NULL; field++)
		if (field->driver_writes && offset < field->offset + field->width &&
		    offset + width > field->offset)
			return true;
	return false;
}

/* ---- access ---- */

RULE_ROW(rule_field_access) = {
	"config.field-access", SEVERITY_ERROR,
	"a field is accessed whole, at its offset, and written only if it is the driver's; an "
	"optional one only if its feature is offered",
	"virtio 1.2 clauses 2.5.1, 4.1.3.1, 5.5.4",
	"Anything else is undefined on some device, and a field of the device is not the driver's "
	"to write.",
	"virtio_read_device_config_1(vsc, 0)", "virtio_read_device_config_le_4(vsc, 0)"
};

static void
check_access(struct rules_core *core, bool write, const struct rules_field *field)
{
	uint64_t offset = core->event->call.virtio_write_device_config_le.offset;
	uint64_t width = core->event->call.virtio_write_device_config_le.width;

	if (field != NULL && (rules_look(core)->device.features_offered & field->feature) !=
	    field->feature) {
		rules_report(core, &rule_field_access,
		    "%s is %s, which is there only with %s, and that is not offered", field->name,
		    write ? "written" : "read", field->feature_name);
		return;
	}
	if (write && is_drivers(core->device, offset, width))
		return;		/* for the device's rules */
	/* On the legacy interface any width will do (clause 4.1.4.10). */
	if (field == NULL && !write && rules_look(core)->legacy &&
	    is_within(core, offset, width))
		return;
	if (field == NULL)
		rules_report(core, &rule_field_access, "a %s of %" PRIu64 " byte%s at offset %"
		    PRIu64 " is no field of this device", write ? "write" : "read", width,
		    plural(width), offset);
	else if (write)
		rules_report(core, &rule_field_access, "%s is the device's, the driver wrote %"
		    PRIu64, field->name, core->event->call.virtio_write_device_config_le.value);
}

RULE_ROW(rule_byte_order) = {
	"config.byte-order", SEVERITY_ERROR,
	"little-endian fields are read and written by the _le accessors",
	"virtio 1.2 clause 5.5.4.0.0.1; NetBSD virtio.c",
	"On the legacy interface the plain accessors use the guest's byte order, these fields "
	"are little endian there too: wrong on a big-endian machine.",
	"virtio_read_device_config_4(vsc, 0)", "virtio_read_device_config_le_4(vsc, 0)"
};

static void
check_byte_order(struct rules_core *core, bool write, const struct rules_field *field)
{
	if (field != NULL && rules_look(core)->legacy &&
	    (core->event->code == HW_CALL_VIRTIO_READ_DEVICE_CONFIG ||
	    core->event->code == HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG))
		rules_report(core, &rule_byte_order, "%s of the little-endian field %s in the "
		    "guest's byte order", write ? "write" : "read", field->name);
}

static void
check_call(struct rules_core *core, bool write)
{
	const struct rules_device *device = core->device;
	const struct rules_field *field = field_at(device,
	    core->event->call.virtio_write_device_config_le.offset,
	    core->event->call.virtio_write_device_config_le.width);

	if (device->fields == NULL)
		return;
	check_access(core, write, field);
	check_byte_order(core, write, field);
}

HOOK(config, call_read, void *state, ON_CALL(VIRTIO_READ_DEVICE_CONFIG),
    ON_CALL(VIRTIO_READ_DEVICE_CONFIG_LE))
{
	check_call(core, false);
}

HOOK(config, call_write, void *state, ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG),
    ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG_LE))
{
	check_call(core, true);
}

/* ---- torn reads ---- */

RULE_ROW(rule_torn_read) = {
	"config.torn-read", SEVERITY_LINT,
	"fields read one after the other belong to one state of the device",
	"virtio 1.2 clauses 2.5.1, 2.5.4",
	"Two reads are no snapshot: the device may change one field between them."
};

HOOK(config, ret_read, struct config_state *state, ON_RET(VIRTIO_READ_DEVICE_CONFIG),
    ON_RET(VIRTIO_READ_DEVICE_CONFIG_LE))
{
	const struct rules_field *field = field_at(core->device,
	    core->call->args.virtio_read_device_config_le.offset,
	    core->call->args.virtio_read_device_config_le.width);
	struct last_read *last = &state->read[event->ctx];

	if (field == NULL)
		return;
	if (last->field != NULL && last->field != field && state->changed &&
	    state->change_seq > last->seq) {
		rules_report(core, &rule_torn_read, "%s was read, then the configuration changed, "
		    "then %s was read", last->field->name, field->name);
		rules_because(core, last->seq, "%s read", last->field->name);
		rules_because(core, state->change_seq, "changed");
	}
	*last = (struct last_read){ .field = field, .seq = event->seq };
}

/* Any other call, or a sleep: what was read before is no part of what is read now. */
HOOK(config, on_other, struct config_state *state, ON_EVENT(CALL), ON_EVENT(CTX_SLEEP))
{
	if (event->kind != EV_CALL || (event->code != HW_CALL_VIRTIO_READ_DEVICE_CONFIG &&
	    event->code != HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE))
		state->read[event->ctx].field = NULL;
}

void
config_changed(struct rules_core *core)
{
	struct config_state *state = rules_state(core, &area_config);

	state->changed = true;
	state->change_seq = core->event->seq;
}

const struct area area_config = {
	.state_bytes = sizeof(struct config_state),
	.each_device = true,
};
