# SPDX-License-Identifier: Apache-2.0
#
# The front door: every target installs what is missing, gets CAF, configures
# and builds, and does nothing twice. CMake can be used directly as well, see
# CONTRIBUTING.md.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
export JOBS
TIME ?= 20
ARGS ?=
CTEST := ctest --output-on-failure --no-tests=error --no-label-summary -j $(JOBS)

.PHONY: help demo test bench bench-peers format lint docs package asan tsan fuzz interop clean \
	build-release build-asan build-tsan

help: ## Show this list
	@echo "Troupe: peer-to-peer networking out of CAF actors. Targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' $(firstword $(MAKEFILE_LIST)) \
	  | while read -r name text; do printf '  make %-11s %s\n' "$$name" "$$text"; done
	@echo "Variables: JOBS (now $(JOBS)), CXX, CMAKE_PREFIX_PATH, TROUPE_CACHE_DIR;"
	@echo "cmake/bootstrap, which all of them run, explains what it installs."

demo: ## Build the command, then run a small network of nodes in one process
	@cmake/configure release
	@echo "== building build/release, the troupe command"
	@cmake --build build/release --target troupe_command -j $(JOBS)
	@echo "== build/release/bin/troupe demo"
	@build/release/bin/troupe demo

test: build-release interop ## Run all tests, interop with CometBFT included
	@echo "== running all tests"
	@$(CTEST) --test-dir build/release

interop: build-release ## Build the CometBFT nodes and the Rust peer that tests talk to
	@echo "== building the interop peers (minutes the first time)"
	@cmake --build build/release --target interop_peers

bench: build-release ## Run the benchmarks
	@echo "== benchmarks"
	@build/release/bin/troupe_bench
	@echo "== a node under siege"
	@build/release/bin/troupe_siege_bench
	@echo "== benchmarks of the simulation"
	@build/release/bin/troupe_bench_sim

bench-peers: ## Compare with CometBFT v0.38 and v0.40, 10 minutes (ARGS=quick: 3)
	@cmake/configure release
	@echo "== building build/release, one end of the comparison"
	@cmake --build build/release --target perf_troupe perf_tcp -j $(JOBS)
	@echo "== building CometBFT's end (minutes the first time)"
	@cmake --build build/release --target interop_perf
	@echo "== comparing"
	@python3 tests/bench/versus/compare --build build/release $(ARGS)

asan: build-asan ## The tests under AddressSanitizer and UBSan, without interop
	@echo "== tests under AddressSanitizer and UndefinedBehaviorSanitizer"
	@$(CTEST) --test-dir build/asan -LE interop

tsan: build-tsan ## The same under ThreadSanitizer, with a CAF built for it
	@echo "== tests under ThreadSanitizer"
	@$(CTEST) --test-dir build/tsan -LE interop

fuzz: ## Run each fuzzer for TIME seconds (20); built with clang, as for asan
	@cmake/configure asan
	@echo "== building the fuzzers in build/asan"
	@cmake --build build/asan --target troupe_fuzzers -j $(JOBS)
	@echo "== fuzzers, $(TIME) s each"
	@tests/fuzz/run build/asan $(TIME)

format: ## Rewrite all sources in the house style
	@cmake/bootstrap --packages lint >/dev/null
	@.ci/format --fix

lint: ## Check formatting and run clang-tidy on everything
	@cmake/bootstrap --packages lint >/dev/null
	@.ci/format
	@.ci/tidy --all

docs: ## The documentation site in build/docs; warnings are errors
	@cmake/bootstrap --packages docs
	@cmake/configure release
	@cmake --build build/release --target troupe_command -j $(JOBS)
	@.ci/docs build/release/bin/troupe

package: ## Debian packages in build/release/packages
	@cmake/configure release
	@echo "== building build/release, what is installed of it"
	@cmake --build build/release --target troupe_installed -j $(JOBS)
	@echo "== packing"
	@cd build/release && cpack

clean: ## Remove build/ (CAF stays in its cache)
	rm -rf build

build-release build-asan build-tsan: build-%:
	@cmake/configure $*
	@echo "== building build/$*"
	@cmake --build build/$* -j $(JOBS)
