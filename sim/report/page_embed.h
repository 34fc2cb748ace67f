/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of sim/report/page/.
 */
#ifndef VIOSIM_REPORT_PAGE_EMBED_H
#define VIOSIM_REPORT_PAGE_EMBED_H

extern const char page_template[], page_style[], page_script[];

#endif /* VIOSIM_REPORT_PAGE_EMBED_H */
