# SPDX-License-Identifier: BSD-2-Clause
#
# viosim: run an unchanged NetBSD virtio driver on a fake kernel and a scripted device.
# `make help` lists what can be made.  Everything made lies below $(BUILD).

MAKEFLAGS += --no-builtin-rules
# As many jobs as there are processors; the command line may say otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
BUILD ?= build
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
BINDIR ?= $(prefix)/bin
MANDIR ?= $(prefix)/share/man
DATADIR ?= $(prefix)/share/viosim
PYTHON ?= python3
V ?= 0

ifeq ($(V),0)
Q := @
say = @printf '  %-4s %s\n' '$(1)' '$(2)'
else
Q :=
say = @:
endif

# ---- the driver on the bench ----

DRIVER ?= driver/viomb.c
ifeq ($(wildcard $(DRIVER)),)
$(error there is no file DRIVER=$(DRIVER))
endif
DRIVER_NAME := $(basename $(notdir $(DRIVER)))
ifeq ($(DRIVER),driver/viomb.c)
MODULE := $(BUILD)/$(DRIVER_NAME).so
else
MODULE := $(BUILD)/bench/$(DRIVER_NAME).so
endif
# Its manifest lies beside it; a driver without one is judged by ours of the same name.
MANIFEST := $(firstword $(wildcard $(basename $(DRIVER)).yaml driver/$(DRIVER_NAME).yaml))
VIOSIM := $(BUILD)/viosim
RUN := $(VIOSIM) run --driver $(MODULE) $(if $(MANIFEST),--manifest $(MANIFEST))

# ---- sources ----

H_ROOMS := base machine device fault rules scenario run explore report cli
H_SRC := sim/main.c $(foreach room,$(H_ROOMS),$(wildcard sim/$(room)/*.c))
K_SRC := $(wildcard sim/kern/*.c)
T_SRC := $(wildcard sim/tests/*.c sim/tests/*/*.c)
# K-side fragments of the tests are drivers in the small: they see what a driver sees.
TK_SRC := $(wildcard sim/tests/*/kside/*.c)
# Fragments for the rules are driver modules.
FRAGMENT_SRC := $(wildcard sim/tests/rules/modules/*.c)
FRAGMENTS := $(FRAGMENT_SRC:sim/tests/rules/modules/%.c=$(BUILD)/tests/rules/%.so)

H_OBJ := $(H_SRC:%.c=$(BUILD)/%.o)
K_OBJ := $(K_SRC:%.c=$(BUILD)/%.o)
T_OBJ := $(T_SRC:%.c=$(BUILD)/%.o)
TK_OBJ := $(TK_SRC:%.c=$(BUILD)/%.o)
DEPFILES := $(H_OBJ:.o=.d) $(K_OBJ:.o=.d) $(T_OBJ:.o=.d) $(TK_OBJ:.o=.d)

PKGS := libfyaml libdw libelf jansson libxml-2.0 libxxhash
# Asked by the first recipe that compiles, after deps-check: `make help` needs nothing.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(shell pkg-config --libs $(PKGS))
CC_INCLUDE = $(eval CC_INCLUDE := $$(shell $(CC) -print-file-name=include))$(CC_INCLUDE)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
ifeq ($(WERROR),1)
WARN += -Werror
endif
MAP := -ffile-prefix-map=$(CURDIR)/=
H_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) $(CFLAGS) $(MAP) -fno-omit-frame-pointer \
	-Isim $(PKG_CFLAGS) $(CPPFLAGS)
K_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(MAP) -ffreestanding -nostdinc \
	-isystem $(CC_INCLUDE) -Isim/include -I$(BUILD)/include -Isim \
	-D_KERNEL -DDIAGNOSTIC -Wno-pointer-sign -Wno-unused-parameter \
	-fno-strict-aliasing -fno-omit-frame-pointer -fno-optimize-sibling-calls $(CPPFLAGS)

BSD_HEADERS := $(BUILD)/include/bsd/sys/queue.h $(BUILD)/include/bsd/sys/cdefs.h
SHIM_HEADERS := $(shell find sim/include -name '*.h' -o -name '*.c' 2>/dev/null)

# ---- building ----

.PHONY: all
all: $(VIOSIM) $(MODULE) $(MODULE:.so=.nodiag.so) ## build viosim and the driver module (default)

# Flags that change rebuild what they touch.
FLAGS_NOW = $(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(WARN) $(VIOSIM_CFLAGS)
$(BUILD)/flags: FORCE | deps-check
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@
.PHONY: FORCE
FORCE:

# What is missing for the targets that were asked for; installed where that is possible.
DEPS_FOR = $(if $(filter check check-% test,$(MAKECMDGOALS)),check) \
	$(filter coverage,$(MAKECMDGOALS))
.PHONY: deps-check
deps-check:
	$(if $(DEPS_SEEN),,@sim/tools/deps $(DEPS_FOR))

.PHONY: deps
deps: ## install what is missing (as root), or say what to install
	@sim/tools/deps all

$(BUILD)/include/bsd/sys/%.h: | deps-check
	@mkdir -p $(@D)
	$(Q)cp "$$(pkg-config --variable=includedir libbsd)/bsd/sys/$*.h" $@

$(BUILD)/sim/kern/%.o: sim/kern/%.c $(BUILD)/flags $(BSD_HEADERS)
	$(call say,KCC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K_CFLAGS) -MMD -MP -c $< -o $@

$(TK_OBJ): $(BUILD)/%.o: %.c $(BUILD)/flags $(BSD_HEADERS)
	$(call say,KCC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K_CFLAGS) -MMD -MP -c $< -o $@

# Tests are compiled more often than run.
$(T_OBJ): H_CFLAGS += -O0
$(BUILD)/sim/%.o: sim/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(H_CFLAGS) -MMD -MP -c $< -o $@

# The version names the revision, if this is the top of a repository.
REVISION := $(shell [ -e .git ] && git describe --always --dirty --abbrev=12 2>/dev/null)
$(BUILD)/revision: FORCE
	@mkdir -p $(@D)
	@echo '$(REVISION)' | cmp -s - $@ || echo '$(REVISION)' > $@
$(BUILD)/sim/cli/commands.o: $(BUILD)/revision
$(BUILD)/sim/cli/commands.o: H_CFLAGS += $(if $(REVISION),-DVIOSIM_REVISION='" ($(REVISION))"')

# What runs twenty times a page needs no frame of its own.
$(BUILD)/sim/machine/access.o: H_CFLAGS += -momit-leaf-frame-pointer

# The program exports the fake kernel to the driver modules.  Its own symbols are looked up
# once, not in the process of each case.
$(VIOSIM): $(H_OBJ) $(K_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -Wl,-z,now -o $@ $^ $(PKG_LIBS) -ldl

VIOSIM_CC = CC='$(CC)' VIOSIM_INCLUDE='$(BUILD)/include' sim/tools/viosim-cc
# Each makes two: for a kernel with DIAGNOSTIC, and .nodiag.so for one without.
$(MODULE) $(MODULE:.so=.nodiag.so) &: $(DRIVER) sim/tools/viosim-cc $(SHIM_HEADERS) \
    $(BUILD)/flags $(BSD_HEADERS)
	$(call say,DRV,$(MODULE))
	@mkdir -p $(@D)
	$(Q)$(VIOSIM_CC) $< -o $(MODULE)

-include $(wildcard $(DEPFILES))

# Our driver with all known defects repaired.
FIXES := $(sort $(wildcard driver/fixes/*.patch))
FIXED := $(BUILD)/viomb-fixed
.PHONY: fixed
fixed: $(FIXED).so $(FIXED).nodiag.so ## build the repaired driver: $(BUILD)/viomb-fixed.so
$(FIXED).c: driver/viomb.c $(FIXES) sim/tools/apply-patches
	$(call say,FIX,$@)
	@mkdir -p $(@D)
	$(Q)sim/tools/apply-patches driver/viomb.c $@ $(FIXES)
$(FIXED).so $(FIXED).nodiag.so &: $(FIXED).c sim/tools/viosim-cc $(SHIM_HEADERS) \
    $(BUILD)/flags $(BSD_HEADERS)
	$(call say,DRV,$(FIXED).so)
	$(Q)$(VIOSIM_CC) $< -o $(FIXED).so

# ---- running ----

STORY ?= inflate/exact-request
.PHONY: run
run: all ## run all scenarios, with the timeline of one of them (STORY=area/situation)
	$(Q)$(RUN) --timeline scenarios/$(STORY).yaml --quiet-verdict
	$(Q)$(RUN) scenarios

# ---- checking ----

CHECK := $(BUILD)/tests/check
$(CHECK): $(T_OBJ) $(TK_OBJ) $(filter-out $(BUILD)/sim/main.o,$(H_OBJ)) $(K_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(shell pkg-config --libs check) \
	    $(PKG_LIBS) -ldl

# One after the other, so that each may use all processors and the output stays in order.
CHECKS := check-layers check-unit check-format check-scenarios check-fixes check-mutants \
	check-explore check-determinism check-docs
.PHONY: check test
check: all $(CHECK) ## unit tests, scenarios and self-checks (also: make check-layers ...)
	$(Q)+failed=; for check in $(CHECKS); do \
	    $(MAKE) --no-print-directory DEPS_SEEN=yes $$check || failed="$$failed $$check"; \
	done; \
	if [ -n "$$failed" ]; then echo "make check: failed:$$failed"; exit 1; fi; \
	echo 'make check: all checks passed'
test: check ## the same as check
# `make run check` is done in that order.
check: | $(filter run,$(MAKECMDGOALS))

# Each must point at its line, whatever the drivers are compiled with.
$(FRAGMENTS): $(BUILD)/tests/rules/%.so: sim/tests/rules/modules/%.c \
    $(wildcard sim/tests/rules/modules/*.h) sim/tools/viosim-cc $(SHIM_HEADERS) $(BUILD)/flags \
    $(BSD_HEADERS)
	$(call say,DRV,$@)
	@mkdir -p $(@D)
	$(Q)$(VIOSIM_CC) --diag $< -o $@ -O0

SMALL := $(patsubst sim/tests/explore/modules/%.c,$(BUILD)/tests/explore/%.so,\
    $(wildcard sim/tests/explore/modules/*.c))
$(SMALL): $(BUILD)/tests/explore/%.so: sim/tests/explore/modules/%.c \
    sim/tests/rules/modules/probe.h sim/tools/viosim-cc $(SHIM_HEADERS) $(BUILD)/flags \
    $(BSD_HEADERS)
	$(call say,DRV,$@)
	@mkdir -p $(@D)
	$(Q)$(VIOSIM_CC) $< -o $@

.PHONY: check-unit
check-unit: $(CHECK) $(MODULE) $(FRAGMENTS) $(SMALL)
	$(call say,TEST,unit tests)
	$(Q)CC='$(CC)' BUILD='$(BUILD)' VIOSIM_MODULE='$(MODULE)' $(CHECK)

.PHONY: check-layers
check-layers:
	$(call say,TEST,who includes whom)
	$(Q)sim/tools/check-layers --self-test
	$(Q)sim/tools/check-layers --build $(BUILD)

.PHONY: check-format
check-format: all
	$(call say,TEST,scenario files and schema)
	$(Q)$(VIOSIM) check scenarios

.PHONY: check-scenarios
check-scenarios: all
	$(call say,TEST,scenarios)
	$(Q)$(RUN) scenarios

# Nothing may be said of the repaired driver, not even a lint; and each repair is needed.
.PHONY: check-fixes
check-fixes: $(VIOSIM) fixed
	$(call say,TEST,repaired driver)
	$(Q)$(VIOSIM) run --driver $(FIXED).so --manifest driver/viomb-fixed.yaml --lints-fail \
	    --quiet scenarios
	$(Q)CC='$(CC)' sim/tools/check-fixes $(BUILD)

# Do the patches still fit, and are the rules named there real?  `make mutants` runs them.
.PHONY: check-mutants
check-mutants: $(VIOSIM)
	$(call say,TEST,patches of seeded bugs)
	$(Q)sim/tools/mutants $(BUILD) --check

# Bounded: seconds, not minutes.
.PHONY: check-explore
check-explore: all fixed $(SMALL)
	$(call say,TEST,sweeps)
	$(Q)sim/tools/check-sweep $(BUILD) $(MODULE) $(MANIFEST)
	$(call say,TEST,exploration)
	$(Q)sim/tools/check-explore $(BUILD) $(MODULE)

.PHONY: check-determinism
check-determinism: all
	$(call say,TEST,determinism)
	$(Q)+MAKE='$(MAKE)' sim/tools/check-determinism $(BUILD) $(DRIVER)

.PHONY: check-docs
check-docs: all
	$(call say,TEST,documents)
	$(Q)sim/tools/check-docs $(BUILD)

# ---- seeded bugs ----

.PHONY: mutants
mutants: all ## run the scenarios on drivers with one bug each: the score of the rules
	$(Q)CC='$(CC)' sim/tools/mutants $(BUILD)

.PHONY: mutants-mechanical
mutants-mechanical: all ## the same with conditions forced, calls and assignments dropped
	$(Q)CC='$(CC)' sim/tools/mutants $(BUILD) --mechanical

# ---- coverage, bench ----

# The long one: the repaired driver, of which nothing is to be heard, then the one at hand.
EXPLORE_SECONDS ?= 600
.PHONY: explore
explore: all fixed ## explore all scenarios for EXPLORE_SECONDS: what else could happen
	$(Q)$(VIOSIM) explore --driver $(FIXED).so --manifest driver/viomb-fixed.yaml \
	    --seconds $(EXPLORE_SECONDS) scenarios
	$(Q)$(VIOSIM) explore --driver $(MODULE) $(if $(MANIFEST),--manifest $(MANIFEST)) \
	    --seconds $(EXPLORE_SECONDS) --save scenarios

.PHONY: coverage
coverage: $(VIOSIM) $(BSD_HEADERS) ## line and branch coverage of the driver into reports/coverage/
	$(Q)sim/tools/deps coverage
	$(Q)CC='$(CC)' sim/tools/coverage $(BUILD) $(DRIVER) $(MANIFEST)

# The floor: the driver's object, made as the module's is, linked to kernel functions that
# do nothing.
FLOOR := $(BUILD)/bench/floor.so
DRV_CFLAGS = -std=gnu99 -ffreestanding -nostdinc \
	-isystem $(CC_INCLUDE) -Isim/include -I$(BUILD)/include -Isim \
	-D_KERNEL -DDIAGNOSTIC -fno-strict-aliasing -fno-optimize-sibling-calls \
	-fno-omit-frame-pointer -fno-stack-protector -g -fPIC -Wno-pointer-sign
$(BUILD)/bench/driver.o: $(DRIVER) $(SHIM_HEADERS) $(BUILD)/flags $(BSD_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DRV_CFLAGS) -O0 $(VIOSIM_CFLAGS) \
	    -fsanitize=thread,bounds,shift,signed-integer-overflow \
	    -fsanitize=integer-divide-by-zero -c $< -o $@
$(FLOOR): $(BUILD)/bench/driver.o sim/bench/floor.c sim/bench/floor.h
	$(call say,LD,$@)
	$(Q)$(CC) $(DRV_CFLAGS) -O2 -c sim/bench/floor.c -o $(BUILD)/bench/floor.o
	$(Q)$(CC) -shared -nostdlib -Wl,-Bsymbolic -o $@ $(BUILD)/bench/driver.o \
	    $(BUILD)/bench/floor.o

# A driver that may use all memory: the limit of the allocation, written so that it holds.
LARGE := $(BUILD)/bench/large.so
$(LARGE): $(DRIVER) sim/tools/viosim-cc $(SHIM_HEADERS) $(BUILD)/flags $(BSD_HEADERS)
	@mkdir -p $(@D)
	$(Q)sed 's/UINT32_MAX *\* *PAGE_SIZE/(paddr_t)UINT32_MAX * PAGE_SIZE/' $< \
	    > $(BUILD)/bench/large.c
	$(Q)! cmp -s $< $(BUILD)/bench/large.c
	$(Q)$(VIOSIM_CC) --diag $(BUILD)/bench/large.c -o $@

BENCH := $(BUILD)/bench/bench
$(BENCH): $(BUILD)/sim/bench/bench.o $(filter-out $(BUILD)/sim/main.o,$(H_OBJ)) $(K_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -Wl,-z,now -o $@ $^ $(PKG_LIBS) -ldl

.PHONY: bench
bench: $(BENCH) $(MODULE) $(FLOOR) $(LARGE) ## costs beside a floor, runs a second, large guests
	$(Q)$(BENCH) $(MODULE) $(FLOOR) $(LARGE)

# ---- fuzzing ----

FUZZ ?= driver loader
FUZZ_SECONDS ?= 60
FUZZ_ENGINE ?= libfuzzer
.PHONY: fuzz
fuzz: all ## fuzz for a minute each (FUZZ='driver loader' FUZZ_SECONDS=60 FUZZ_ENGINE=afl)
	$(Q)sim/tools/deps fuzz
	$(Q)sim/tools/fuzz -e '$(FUZZ_ENGINE)' -s '$(FUZZ_SECONDS)' -d '$(MODULE)' \
	    $(if $(MANIFEST),-m '$(MANIFEST)') '$(BUILD)' $(FUZZ)

# Built by sim/tools/fuzz with the fuzzer's compiler, in a folder of its own.
FUZZERS := $(BUILD)/fuzz-driver $(BUILD)/fuzz-loader
FUZZ_OBJ := $(filter-out $(BUILD)/sim/main.o $(BUILD)/sim/report/% $(BUILD)/sim/cli/%,$(H_OBJ)) \
	$(BUILD)/sim/cli/cli.o $(BUILD)/sim/cli/options.o \
	$(BUILD)/sim/cli/collect.o $(BUILD)/sim/cli/suggest.o $(K_OBJ)
$(FUZZERS): $(BUILD)/fuzz-%: $(BUILD)/sim/fuzz/%.o $(FUZZ_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -rdynamic -Wl,-z,now -o $@ $^ \
	    $(PKG_LIBS) -ldl
-include $(wildcard $(BUILD)/sim/fuzz/*.d)

# ---- the rest ----

.PHONY: update
update: all ## write anew what is quoted: the schema of scenarios, output shown in guides
	$(Q)$(VIOSIM) describe --schema > $(BUILD)/schema
	$(Q)mv $(BUILD)/schema scenarios/scenario.schema.json
	$(Q)sim/tools/check-docs --update $(BUILD)

.PHONY: compile_commands.json
compile_commands.json: | deps-check ## $(BUILD)/compile_commands.json, for editors and clang tools
	$(call say,GEN,$(BUILD)/$@)
	@mkdir -p $(BUILD)
	$(Q)sim/tools/compile-commands '$(CURDIR)' '$(CC) $(H_CFLAGS)' $(H_SRC) $(T_SRC) \
	    -- '$(CC) $(K_CFLAGS)' $(K_SRC) $(TK_SRC) $(FRAGMENT_SRC) > $(BUILD)/$@

.PHONY: install
install: all ## install below DESTDIR and prefix
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(DATADIR)
	install -m 755 $(VIOSIM) sim/tools/viosim-cc $(DESTDIR)$(BINDIR)
	install -m 644 sim/viosim.1 $(DESTDIR)$(MANDIR)/man1
	install -m 644 sim/run/manpage.def $(DESTDIR)$(DATADIR)
	cp -R sim/include $(DESTDIR)$(DATADIR)/
	cp -R $(BUILD)/include/bsd $(DESTDIR)$(DATADIR)/include/
	cp -R scenarios $(DESTDIR)$(DATADIR)/
	chmod -R u=rwX,go=rX $(DESTDIR)$(DATADIR)

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(BINDIR)/viosim $(DESTDIR)$(BINDIR)/viosim-cc \
	    $(DESTDIR)$(MANDIR)/man1/viosim.1
	rm -rf $(DESTDIR)$(DATADIR)

.PHONY: clean
clean: ## remove everything that was made
	rm -rf $(BUILD) reports/coverage

.PHONY: help
help: ## this list
	@echo 'usage: make [TARGET ...] [VARIABLE=value ...]'
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
	    sed 's,$$(BUILD),$(BUILD),' | while IFS="$$(printf '\t')" read -r target help; do \
	    printf '  %-22s %s\n' "$$target" "$$help"; done
	@echo 'variables:'
	@printf '  %-22s %s\n' \
	    DRIVER=driver.c 'the driver to build, run, check or measure' \
	    STORY=area/situation 'the scenario that `make run` tells' \
	    BUILD=dir 'where everything made goes (default: build)' \
	    'CC= CFLAGS= LDFLAGS=' 'compiler and flags (default: gcc, -O2 -g)' \
	    WERROR=1 'warnings are errors' \
	    V=1 'show the commands' \
	    'DESTDIR= prefix=' 'where to install (default: /usr/local)'
