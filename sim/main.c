/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim: the program.
 */
#include "base/cleanup.h"
#include "cli/cli.h"

int
main(int argc, char **argv)
{
	cleanup_install();
	cli_output_begin();
	return cli_output_end(cli_main(argc, argv));
}
