# SPDX-License-Identifier: BSD-2-Clause
#
# For makes other than GNU make, such as BSD make: passes targets, variables and -j to GNU make,
# installed as gmake.  GNU make itself reads GNUmakefile instead of this file.

GMAKE ?= gmake

.PHONY: all hand-over ${.TARGETS}
all ${.TARGETS}: hand-over
	@:

hand-over:
	@if ! command -v ${GMAKE} >/dev/null 2>&1; then \
		echo 'viosim needs GNU make, and ${GMAKE} is not installed: install' \
		    'GNU make (package gmake; on Debian, make), or set GMAKE= to its name' >&2; \
		exit 1; \
	fi; \
	echo 'viosim: this is not GNU make; running ${GMAKE}'; \
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
