/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim: the program.
 */
#include "cli/cli.h"
#include "cli/output.h"

int
main(int argc, char **argv)
{
	cli_output_begin();
	return cli_output_end(cli_main(argc, argv));
}
