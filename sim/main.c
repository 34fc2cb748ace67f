/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim: the program.
 */
#include "base/cleanup.h"
#include "cli/cli.h"

int
main(int argc, char **argv)
{
	int code;

	cleanup_install();
	cli_output_begin();
	code = cli_output_end(cli_main(argc, argv));
	cleanup_obey();
	return code;
}
