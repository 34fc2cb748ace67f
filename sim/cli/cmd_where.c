/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim where: the files that come with viosim, for viosim-cc, makefiles, editors and people.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/share.h"
#include "cli/cli.h"

static int
where_main(void *flags, char **names, size_t count)
{
	int code = CLI_OK;

	(void)flags;
	if (count == 0)
		return cli_usage_error(&cli_where, "say which files: scenarios, "
		    "scenarios/scenario.schema.json, driver/viomb.yaml, sim/include, README.md");
	for (size_t i = 0; i < count; i++) {
		char *path = share_installed(names[i]);

		if (path != NULL)
			puts(path);
		else {
			char *searched = share_searched(names[i]);

			fprintf(stderr, "viosim: there is no %s in %s\n", names[i], searched);
			free(searched);
			code = CLI_USAGE;
		}
		free(path);
	}
	return code;
}

const struct cli_command cli_where = {
	.name = "where",
	.summary = "print the paths of files that come with viosim",
	.operands = "FILE ...",
	.about =
	    "Prints where a file or folder is that comes with viosim: the first that exists in "
	    "the folders of VIOSIM_PATH, beside the program or in the folder above it, in "
	    "share/viosim there, and where `make install` has put it.  FILE is its path in the "
	    "source tree.",
	.after =
	    "examples:\n"
	    "  viosim where scenarios/scenario.schema.json README.md\n"
	    "  cp -R \"$(viosim where scenarios/examples/own-driver)\" my-driver\n",
	.main = where_main,
};
