# The front of the project: every target does the set-up it needs. `make help` lists them.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# Targets that run things in a fixed order; parallelism is inside them (JOBS=N sets it).
.NOTPARALLEL:
.PHONY: help setup build demo run test test-long test-asan test-tsan bench lint format clean

help: ## this list
	@printf 'Leasehold: short-lived, policed, recorded use of secrets for agents.\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nNew here? `make demo` shows the whole thing, `make run` leaves a server to try.\n'

setup: ## install the Debian packages that are missing (asks sudo only then)
	@tools/setup.sh

build: setup ## compile everything; programs land in build/bin
	@tools/build.sh release

demo: build ## run the main job from end to end on this machine
	@tools/demo.sh

run: build ## start a server to play with and say what to type next
	@tools/run.sh

test: build ## build and run all tests but the long ones
	@tools/test.sh release -LE '^long$$'

test-long: build ## run the long tests too: hundreds of kills, millions of operations
	@tools/test.sh release

test-asan: setup ## the tests under the address and undefined behaviour sanitizers
	@tools/build.sh asan
	@tools/test.sh asan -LE '^long$$'

test-tsan: setup ## the tests of leases, ledger, policy, vault and storage under the thread sanitizer
	@tools/build.sh tsan tsan_tests
	@tools/test.sh tsan -L '^tsan$$' -LE '^long$$'

bench: build ## measure, and write build/bench/results.json
	@mkdir -p build/bench
	@build/bin/leasehold-bench --output build/bench/results.json

lint: setup ## formatting, the API's rules, thread annotations, forbidden things
	@tools/lint.sh

format: setup ## format our C++ in place
	@tools/sources.sh | xargs -0 clang-format -i

clean: ## remove what was built
	@rm -rf build
