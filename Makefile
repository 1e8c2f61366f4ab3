# Shoal's commands. Each one works by itself, in any order, from a clean clone on Debian 12.
.DEFAULT_GOAL := build
.PHONY: build demo demo-single test soak sanitize fuzz lint format bench install clean bootstrap help

BUILD ?= build/release
JOBS  ?= $(shell nproc)
# Small fleets in `make soak`.
SOAK_SEEDS ?= 20000
# Tests wait more than they compute, and those that only compute step back for the others (cmake/rooms.cmake): with five a core the
# processors are always busy, and who has a deadline still gets one when it needs it.
TEST_JOBS ?= $(shell expr 5 \* $(JOBS))

help:            ## Says what there is.
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

bootstrap:       ## Installs the Debian packages that are missing.
	@tools/bootstrap

$(BUILD)/build.ninja:
	@cmake -S . -B $(BUILD) -G Ninja $(CMAKE_FLAGS) --log-level=WARNING

build: bootstrap ## Builds the library, the programs and the tests.
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS)

demo: bootstrap  ## Runs 16 shards on a coordinator and three workers against the simulator, loses a worker, audits.
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS) --target shoal_demo_programs
	@tools/demo $(BUILD)

demo-single: bootstrap ## The same in one process, which is killed and started again in mid-traffic.
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS) --target shoal_demo_programs
	@tools/demo-single $(BUILD)

test: build lint ## Builds and runs every test.
	@cd $(BUILD) && ctest --output-on-failure --timeout 300 -j $(TEST_JOBS)

lint: bootstrap  ## Checks include directions, format and the clang-tidy allow-list.
	@tools/lint $(BUILD)

format: bootstrap ## Formats every source file.
	@git ls-files -co --exclude-standard '*.cpp' '*.hpp' | xargs clang-format-19 -i

sanitize: bootstrap ## Runs the tests under ASan+UBSan, then under TSan.
	@$(MAKE) --no-print-directory BUILD=build/asan CMAKE_FLAGS=-DSHOAL_SANITIZE=address,undefined sanitized
	@TSAN_OPTIONS="ignore_noninstrumented_modules=1 suppressions=$(CURDIR)/tests/support/tsan.supp" \
		$(MAKE) --no-print-directory BUILD=build/tsan CMAKE_FLAGS=-DSHOAL_SANITIZE=thread sanitized

fuzz: bootstrap  ## Runs each target of tests/fuzz for FUZZ_SECONDS (60) with coverage and ASan+UBSan; FUZZ_KEEP=yes keeps what is new.
	@$(MAKE) --no-print-directory BUILD=build/fuzz CMAKE_FLAGS=-DSHOAL_FUZZ=ON build/fuzz/build.ninja
	@cmake --build build/fuzz -j $(JOBS) --target shoal_fuzz_targets
	@tools/fuzz build/fuzz

.PHONY: sanitized
sanitized: build
	@cd $(BUILD) && ctest --output-on-failure --timeout 900 -j $(TEST_JOBS)

bench: build     ## Measures Shoal beside the floor (12 minutes) and writes docs/performance.md's tables.
	@/usr/bin/python3 -B bench/run.py $(BUILD) --write docs/performance.md

soak: build      ## Runs the random tests at length: SOAK_SEEDS (20000) small fleets and a hundredth of them large and of shards, behind those of CI.
	@SHOAL_SOAK_EVENTS=1000000 $(BUILD)/test_cache_twin
	@SHOAL_FIRST_SEED=991 SHOAL_SEEDS=$$((990 + $(SOAK_SEEDS))) $(BUILD)/test_fleet --source-file='*simulation_test*'
	@SHOAL_FIRST_LARGE_SEED=11 SHOAL_LARGE_SEEDS=$$((10 + $(SOAK_SEEDS) / 100)) $(BUILD)/test_fleet --source-file='*large_fleets*'
	@SHOAL_FIRST_SEED=31 SHOAL_SEEDS=$$((30 + $(SOAK_SEEDS) / 100)) $(BUILD)/test_simulation --test-case='from every seed*'

install: build   ## Installs to PREFIX (default /usr/local).
	@cmake --install $(BUILD) --prefix $(or $(PREFIX),/usr/local)

clean:           ## Removes what was built.
	@rm -rf build
