/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Template, style and script of the page, as they stand in their files; each ends with a NUL.  The
 * compiler runs at the top of the tree.
 */
#include "report/page_embed.h"

#define EMBED(name, path) \
	__asm__(".pushsection .rodata\n" \
	    ".globl " #name "\n" #name ":\n" \
	    ".incbin \"sim/report/page/" path "\"\n.byte 0\n" \
	    ".popsection\n")

EMBED(page_template, "page.html");
EMBED(page_style, "page.css");
EMBED(page_script, "page.js");
