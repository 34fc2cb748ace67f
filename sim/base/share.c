/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the files that come with viosim are.
 */
#include "base/share.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/host.h"
#include "base/sbuf.h"
#include "base/vec.h"

struct places {
	VEC_MEMBERS(char *);		/* folders, heap; "" is the root */
};

/* A folder, heap, that is searched after the others. */
static void
add(struct places *places, char *folder)
{
	for (size_t i = 0; folder != NULL && i < places->count; i++)
		if (strcmp(places->item[i], folder) == 0) {
			free(folder);
			folder = NULL;
		}
	if (folder != NULL)
		*vec_add(places) = folder;
}

static void
add_search_path(struct places *places)
{
	const char *folder = getenv("VIOSIM_PATH");
	size_t length;

	for (; folder != NULL && *folder != '\0'; folder += length) {
		folder += strspn(folder, ":");
		length = strcspn(folder, ":");
		if (length > 0)
			add(places, xasprintf("%.*s", (int)length, folder));
	}
}

/* None when the host does not say where the program is. */
static void
add_near_program(struct places *places, bool is_module)
{
	char path[PATH_MAX], *slash;

	if (!host_program(path, sizeof(path)))
		return;
	for (int i = 0; i < 2; i++) {
		slash = strrchr(path, '/');
		if (slash != NULL)
			*slash = '\0';
		add(places, xstrdup(path));
	}
	add(places, xasprintf("%s/%s/viosim", path, is_module ? "lib" : "share"));
}

static struct places
places_of(const char *name)
{
	size_t length = strlen(name);
	bool is_module = length > 3 && strcmp(name + length - 3, ".so") == 0;
	struct places places = { 0 };

	add_search_path(&places);
	add_near_program(&places, is_module);
	/* The Makefile's. */
	add(&places, xstrdup(is_module ? VIOSIM_LIBDIR : VIOSIM_DATADIR));
	return places;
}

static void
places_fini(struct places *places)
{
	vec_each(place, places)
		free(*place);
	vec_fini(places);
}

char *
share_installed(const char *name)
{
	struct places places = places_of(name);
	char *found = NULL;

	for (size_t i = 0; found == NULL && i < places.count; i++) {
		found = xasprintf("%s/%s", places.item[i], name);
		if (name[0] == '/' || name[0] == '\0' || access(found, F_OK) != 0) {
			free(found);
			found = NULL;
		}
	}
	places_fini(&places);
	return found;
}

char *
share_path(const char *name)
{
	if (name[0] != '/' && access(name, F_OK) == 0)
		return xstrdup(name);
	return share_installed(name);
}

char *
share_searched(const char *name)
{
	struct places places = places_of(name);
	char *text = SBUF_TEXT(stream,
	    for (size_t i = 0; i < places.count; i++)
		fprintf(stream, "%s%s", i == 0 ? "" : i + 1 < places.count ? ", " : " and ",
		    places.item[i][0] != '\0' ? places.item[i] : "/"));

	places_fini(&places);
	return text;
}

char *
share_program(void)
{
	char path[PATH_MAX];

	return host_program(path, sizeof(path)) ? xstrdup(path) : NULL;
}
