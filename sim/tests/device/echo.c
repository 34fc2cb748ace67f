/* SPDX-License-Identifier: BSD-2-Clause */
/* A second type of device: it sends back what it is sent, as often as a scenario says. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"

struct echo {
	uint32_t wanted;		/* configuration space: so many echoes in all */
	uint64_t bytes;
};

static const char *const queues[] = { "echo", NULL }, *const none[] = { NULL };
static const struct device_feature features[] = { { NULL, 0, NULL } };

static const struct field device_fields[] = {
	FIELD_ROW("type", FIELD_VOCAB, FIELD_ALWAYS, scenario_device_common, type, "echo",
	    FIELD_NAMES_OF(devices)),
};
static const struct map map_device = MAP_OF("device", device_fields, scenario_device_common,
    (&(const struct scenario_device_common){ .type = "echo", .instances = 1 }));

struct echo_say { uint64_t times; };

static const struct field fields_say[] = {
	FIELD_ROW("times", FIELD_COUNT, FIELD_REQUIRED, echo_say, times, "so many echoes more",
	    FIELD_RANGE(1, 100)),
};
static const struct map map_say =
    MAP_OF("say", fields_say, echo_say, (&(const struct echo_say){ 1 }), .scalars = 1);

static void
act_say(struct device *device, const void *data)
{
	((struct echo *)device->self)->wanted += (uint32_t)((const struct echo_say *)data)->times;
	transport_notify_config(&device->transport);
}

static const struct device_verb verb_say = {
	.format = { .field = FIELD_ROW("say", FIELD_OWN, 0, scenario_step, own, "echoes wanted",
	    .map = &map_say), .id = SCENARIO_STEP_OWN, .code = 100 },
	.act = act_say,
};

static const struct verb *const verbs[] = {
	&verb_say.format, SCENARIO_VERB(FAIL), SCENARIO_VERB(HEAL),
	SCENARIO_VERB(IRQ), SCENARIO_VERB(DELIVER), SCENARIO_VERB(HOLD), SCENARIO_VERB(GUEST),
	SCENARIO_VERB(EXPECT), SCENARIO_VERB(EXPECT_TRACE), SCENARIO_VERB(WAIT),
	SCENARIO_VERB(SETTLE), SCENARIO_VERB(NOTE), NULL
};

static bool
observe_bytes(const struct expect_env *env, const struct expect_term *term, int64_t *value)
{
	*value = (int64_t)((struct echo *)expect_device(env, term)->self)->bytes;
	return true;
}

static const struct observable observables[] = {
	{ "echo.bytes", EXPECT_COUNT, NULL, "bytes sent back", 0, observe_bytes },
	{ .pattern = NULL }
};

static void
init(struct device *device, const void *options, uint64_t hz)
{
	(void)options, (void)hz;
	device->self = xcalloc(1, sizeof(struct echo));
	device_configure(device, &(struct device_config){ .queues = 1, .queue_size = { 8 } });
}

static void
fini(struct device *device)
{
	free(device->self);
}

static void
config_read(const struct device *device, uint8_t *to)
{
	memcpy(to, &((struct echo *)device->self)->wanted, sizeof(uint32_t));
}

static void
request(struct device *device, unsigned queue)
{
	const struct virtqueue_chain *chain = &device->chain;
	uint8_t bytes[64];
	size_t n = chain->readable < sizeof(bytes) ? chain->readable : sizeof(bytes);

	if (!device_read(device, queue, 0, bytes, n))
		return;
	device_taken(device, queue, 0, bytes);
	for (size_t i = 0; i < chain->buffers.count; i++) {
		const struct virtqueue_buffer *buffer = &chain->buffers.item[i];

		if (buffer->writable && buffer->length == n)
			memory_dma_write(&device->world->memory, buffer->address, bytes, n);
	}
	((struct echo *)device->self)->bytes += n;
	device_complete(device, queue, (uint32_t)n);
}

extern const struct device_class echo_class;
const struct device_class echo_class = {
	.language = {
		.name = "echo", .queues = queues, .features = none, .feature_texts = none,
		.device = &map_device, .verbs = verbs, .observables = observables,
	},
	.features = features, .queue_names = queues, .device_id = 63, .config_bytes = 4,
	.config_read = config_read, .init = init, .fini = fini, .request = request,
};
