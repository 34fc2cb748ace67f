/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bring a driver module into this process.
 */
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/host.h"
#include "run/module_file.h"

#define TRIAL_SECONDS	10
/* Exit codes of the trial; a constructor that calls exit() has another. */
#define TRIAL_GOOD	77
#define TRIAL_REFUSED	78

static void *
refuse(const struct module_file *file, FILE *why, const char *reason)
{
	fprintf(why, "%s: %s\n", file->path, reason);
	return NULL;
}

/* dlopen() searches elsewhere for a name without a slash. */
static void *
load(const char *path)
{
	char *here = NULL;
	void *handle;

	if (strchr(path, '/') == NULL)
		here = xasprintf("./%s", path);
	handle = dlopen(here == NULL ? path : here, RTLD_NOW | RTLD_LOCAL);
	free(here);
	return handle;
}

static void
be_trial(const char *path)
{
	const struct rlimit no_core = { 0, 0 };

	host_die_with_parent();
	alarm(TRIAL_SECONDS);
	setrlimit(RLIMIT_CORE, &no_core);
	/* The dynamic linker's last words are no help. */
	if (freopen("/dev/null", "w", stderr) == NULL || freopen("/dev/null", "w", stdout) == NULL)
		_exit(TRIAL_REFUSED);
	_exit(load(path) != NULL ? TRIAL_GOOD : TRIAL_REFUSED);
}

static bool
can_be_loaded(const struct module_file *file, FILE *why)
{
	char reason[160];
	pid_t child;
	int status = 0;

	fflush(NULL);
	child = fork();
	if (child == 0)
		be_trial(file->path);
	if (child == -1) {
		snprintf(reason, sizeof(reason), "cannot be tried: %s", strerror(errno));
		refuse(file, why, reason);
		return false;
	}
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == TRIAL_GOOD ||
	    WEXITSTATUS(status) == TRIAL_REFUSED))
		return true;
	if (!WIFSIGNALED(status))
		snprintf(reason, sizeof(reason), "loading the module ends the process (exit "
		    "code %d): the file is damaged, or has a constructor, which no driver has",
		    WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGALRM)
		snprintf(reason, sizeof(reason), "the module was not loaded after %d seconds; "
		    "make it again with viosim-cc", TRIAL_SECONDS);
	else
		snprintf(reason, sizeof(reason), "loading the module dies of signal %d (%s): "
		    "the file is damaged; make it again with viosim-cc", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	refuse(file, why, reason);
	return false;
}

static bool
is_same_file(const struct module_file *file)
{
	struct stat now;

	return stat(file->path, &now) == 0 && now.st_dev == file->st.st_dev &&
	    now.st_ino == file->st.st_ino && now.st_size == file->st.st_size &&
	    now.st_mtim.tv_sec == file->st.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == file->st.st_mtim.tv_nsec;
}

/* Put memory of our own with the same contents in the place of mapped pages. */
static void
own_pages(uintptr_t start, uintptr_t end, int prot)
{
	size_t size = end - start;
	void *copy;

	if (size == 0)
		return;
	copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		err(3, "loading a driver");
	memcpy(copy, (const void *)start, size);
	if (mprotect(copy, size, prot) != 0 || mremap(copy, size, size,
	    MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED)
		err(3, "loading a driver");
}

static void
own_memory(const struct module_file *file, uintptr_t base)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct module_segment segment;

	for (size_t i = 0; module_file_segment(file, i, &segment); i++) {
		uintptr_t start = (base + segment.range.start) & ~(page - 1);
		uintptr_t end = (base + segment.range.end + page - 1) & ~(page - 1);
		/* What the loader has made read-only stays so. */
		uintptr_t sealed = (base + segment.sealed_end) & ~(page - 1);

		if (!segment.is_readable)
			continue;
		if (sealed > start)
			own_pages(start, sealed, PROT_READ);
		own_pages(sealed > start ? sealed : start, end, PROT_READ |
		    (segment.is_writable ? PROT_WRITE : 0) |
		    (segment.is_code ? PROT_EXEC : 0));
	}
}

void *
module_file_load(const struct module_file *file, FILE *why, uintptr_t *base)
{
	struct link_map *map;
	void *handle;

	if (!can_be_loaded(file, why))
		return NULL;
	handle = load(file->path);
	if (handle == NULL) {
		fprintf(why, "%s: cannot be loaded: %s\n", file->path, dlerror());
		return NULL;
	}
	if (!is_same_file(file)) {
		dlclose(handle);
		return refuse(file, why, "the file was changed while it was loaded; try again");
	}
	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
		errx(3, "%s: %s", file->path, dlerror());
	*base = map->l_addr;
	own_memory(file, *base);
	return handle;
}
