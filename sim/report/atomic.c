/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output files that are complete or not there: see atomic.h.
 */
#include "report/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define TRIES_MAX 100		/* names for the new file */

struct atomic {
	FILE *stream;
	char *path;		/* as given, for messages */
	char *target;		/* behind symbolic links; NULL: nothing to rename */
	char *temp;
};

static void
complain(const char *path, int error)
{
	fprintf(stderr, "viosim: cannot write %s: %s\n",
	    strcmp(path, "-") == 0 ? "standard output" : path, strerror(error));
}

static void
release(struct atomic *atomic)
{
	if (atomic->temp != NULL)
		cleanup_file_done(atomic->temp);
	free(atomic->path);
	free(atomic->target);
	free(atomic->temp);
	free(atomic);
}

/* A new file beside the target; the permissions are those of any new file. */
static int
open_temp(struct atomic *atomic)
{
	size_t size = strlen(atomic->target) + 48;
	int fd = -1;

	atomic->temp = xmalloc(size);
	for (unsigned try = 0; try < TRIES_MAX; try++) {
		snprintf(atomic->temp, size, "%s.%ld.%u.tmp", atomic->target,
		    (long)getpid(), try);
		fd = cleanup_create(atomic->temp);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd;
}

static int
open_target(struct atomic *atomic)
{
	struct stat st;
	bool exists = stat(atomic->path, &st) == 0;

	if (!exists && errno != ENOENT)
		return -1;
	/* A rename would replace the device or pipe itself. */
	if (exists && !S_ISREG(st.st_mode))
		return open(atomic->path, O_WRONLY | O_CLOEXEC);
	if (exists && access(atomic->path, W_OK) != 0)
		return -1;
	atomic->target = exists ? realpath(atomic->path, NULL) : xstrdup(atomic->path);
	if (atomic->target == NULL)
		return -1;
	return open_temp(atomic);
}

static bool
open_stream(struct atomic *atomic)
{
	int fd;

	if (strcmp(atomic->path, "-") == 0) {
		atomic->stream = stdout;
		return true;
	}
	fd = open_target(atomic);
	if (fd < 0)
		return false;
	atomic->stream = fdopen(fd, "w");
	if (atomic->stream == NULL)
		close(fd);
	return atomic->stream != NULL;
}

struct atomic *
atomic_open(const char *path, bool *good)
{
	struct atomic *atomic;

	if (path == NULL)
		return NULL;
	atomic = xcalloc(1, sizeof(*atomic));
	atomic->path = xstrdup(path);
	if (open_stream(atomic))
		return atomic;
	complain(path, errno);
	release(atomic);
	*good = false;
	return NULL;
}

struct atomic *
atomic_append(const char *path, bool *good)
{
	struct stat st;
	bool is_file = stat(path, &st) == 0 && S_ISREG(st.st_mode);
	struct atomic *atomic = atomic_open(path, good);
	FILE *old = atomic != NULL && is_file ? fopen(path, "r") : NULL;
	char bytes[4096];
	size_t n;

	if (old == NULL)
		return atomic;
	while ((n = fread(bytes, 1, sizeof(bytes), old)) > 0)
		fwrite(bytes, 1, n, atomic->stream);
	fclose(old);
	return atomic;
}

FILE *
atomic_stream(struct atomic *atomic)
{
	return atomic->stream;
}

int
atomic_error(FILE *stream)
{
	bool failed = ferror(stream) != 0;

	/* The stream remembers an error without its errno: one byte more brings it back. */
	if (failed)
		putc('\n', stream);
	if (fflush(stream) != 0)
		return errno;
	return failed ? EIO : 0;
}

/* 0, or the errno of what went wrong. */
static int
finish_writing(struct atomic *atomic)
{
	int error;

	/* Whoever ends the program looks at standard output. */
	if (atomic->stream == stdout)
		return 0;
	error = atomic_error(atomic->stream);
	if (error == 0 && atomic->temp != NULL && fsync(fileno(atomic->stream)) != 0)
		error = errno;
	if (fclose(atomic->stream) != 0 && error == 0)
		error = errno;
	return error;
}

bool
atomic_end(struct atomic *atomic, bool keep)
{
	int error = 0;

	if (atomic == NULL)
		return true;
	if (keep)
		error = finish_writing(atomic);
	else if (atomic->stream != stdout)
		fclose(atomic->stream);
	if (keep && error == 0 && atomic->temp != NULL &&
	    rename(atomic->temp, atomic->target) != 0)
		error = errno;
	if (error != 0)
		complain(atomic->path, error);
	if ((!keep || error != 0) && atomic->temp != NULL)
		unlink(atomic->temp);
	release(atomic);
	return error == 0;
}
