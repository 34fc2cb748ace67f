/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the files that come with viosim are.
 */
#include "base/share.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/host.h"

/* The Makefile's: where `make install` puts them. */
#ifndef VIOSIM_DATADIR
#define VIOSIM_DATADIR "/usr/local/share/viosim"
#endif

char *
share_program(void)
{
	char path[PATH_MAX];

	if (!host_program(path, sizeof(path)))
		return NULL;
	return xstrdup(path);
}

/* The folder that the program is in, heap; NULL when the host does not say. */
static char *
program_folder(void)
{
	char *path = share_program();

	if (path != NULL)
		*strrchr(path, '/') = '\0';
	return path;
}

/* folder[0..length)/name, if it exists; heap. */
static char *
in_folder(const char *folder, size_t length, const char *name)
{
	char *path = xasprintf("%.*s%s%s", (int)length, folder, length > 0 ? "/" : "", name);

	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *
in_search_path(const char *name)
{
	const char *folder = getenv("VIOSIM_PATH");
	char *found = NULL;
	size_t length;

	for (; found == NULL && folder != NULL && *folder != '\0'; folder += length) {
		folder += strspn(folder, ":");
		length = strcspn(folder, ":");
		if (length > 0)
			found = in_folder(folder, length, name);
	}
	return found;
}

static char *
near_program(const char *name)
{
	char *program = program_folder(), *share, *found;
	size_t length = 0;

	if (program == NULL)
		return NULL;
	found = in_folder(program, strlen(program), name);
	if (strrchr(program, '/') != NULL)
		length = (size_t)(strrchr(program, '/') - program);
	if (found == NULL)
		found = in_folder(program, length, name);
	if (found == NULL) {
		share = xasprintf("%.*s/share/viosim", (int)length, program);
		found = in_folder(share, strlen(share), name);
		free(share);
	}
	free(program);
	return found;
}

char *
share_installed(const char *name)
{
	char *found = near_program(name);

	return found != NULL ? found :
	    in_folder(VIOSIM_DATADIR, strlen(VIOSIM_DATADIR), name);
}

char *
share_path(const char *name)
{
	char *found;

	if (name[0] == '/' || name[0] == '\0')
		return NULL;
	found = in_search_path(name);
	if (found == NULL)
		found = in_folder("", 0, name);
	return found != NULL ? found : share_installed(name);
}
