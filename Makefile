# SPDX-License-Identifier: BSD-2-Clause
#
# For makes other than GNU make, a BSD's for example: what there is to make stands in
# GNUmakefile, which GNU make reads instead of this file.  Targets, variables and -j are handed
# over to GNU make, where it is installed as gmake.

GMAKE ?= gmake

.PHONY: all hand-over ${.TARGETS}
all ${.TARGETS}: hand-over
	@:

hand-over:
	@if ! command -v ${GMAKE} >/dev/null 2>&1; then \
		echo 'viosim is built by GNU make, which this is not, and there is no' \
		    '${GMAKE} here: install GNU make (package gmake; on Debian, make)' \
		    'and use it, or name it by GMAKE=' >&2; \
		exit 1; \
	fi; \
	echo 'viosim: this is not GNU make; handing over to ${GMAKE}'; \
	eval "set -- $$MAKEFLAGS"; \
	unset MAKEFLAGS MAKELEVEL; \
	count=$$#; \
	while [ $$count -gt 0 ]; do \
		case $$1 in \
		-j)	set -- "$$@" "-j$$2"; shift; count=$$((count - 1)) ;; \
		-J)	shift; count=$$((count - 1)) ;; \
		[A-Za-z]*=*) set -- "$$@" "$$1" ;; \
		esac; \
		shift; \
		count=$$((count - 1)); \
	done; \
	exec ${GMAKE} -C "${.CURDIR}" --no-print-directory "$$@" ${.TARGETS}
