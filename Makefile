# Every command of the project; `make` alone lists them. Nothing here is done twice: tools and clients are installed once,
# into .tools, tests/clients/node_modules and the user's cache, under names that carry a hash of what pins them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

CARGO_DENY := 0.20.2
CARGO_FUZZ := 0.13.2
FUZZ_SECONDS ?= 10
PYTHON ?= python3

export TOOLS := $(CURDIR)/.tools
export TEST_LOGS := $(CURDIR)/target/test-logs
export PATH := $(TOOLS)/bin:$(PATH)

RELEASE := $(or $(CARGO_TARGET_DIR),target)/release
SCRIPTS := tests/scripts
STEP := $(SCRIPTS)/step
hash = $(firstword $(shell sha256sum $(1)))
PYTHON_CLIENTS := .tools/venv/.installed-$(call hash,tests/clients/requirements.txt)
ENVOY := .tools/envoy/.installed-$(call hash,tests/bench/requirements.txt)
NODE_CLIENTS := tests/clients/node_modules/.installed-$(call hash,tests/clients/package-lock.json)

##@ Use

.PHONY: demo
demo: build-tools ## Simulator, sidecar and every verdict in one table; no cluster needed
	cargo run --locked --package riskgate -- demo

##@ Check

.PHONY: test
test: check unit fuzz-short process cluster ## Everything that CI runs, quick checks first
	@$(SCRIPTS)/count $(TEST_LOGS)/unit $(TEST_LOGS)/process $(TEST_LOGS)/cluster

.PHONY: check
check: fmt-check clippy rustdoc deny generate-check boundaries sizes ## All that is not a test

.PHONY: fmt-check
fmt-check:
	@$(STEP) fmt $(SCRIPTS)/fmt --check

.PHONY: clippy
clippy: build-tools
	@$(STEP) clippy cargo clippy --locked --workspace --all-targets -- -D warnings

.PHONY: rustdoc
rustdoc: build-tools
	@RUSTDOCFLAGS="-D warnings" $(STEP) rustdoc cargo doc --locked --workspace --no-deps

.PHONY: deny
deny: build-tools ## Dependencies: bans, licences, sources; advisories where a database is at hand
	@$(SCRIPTS)/cargo-tool cargo-deny $(CARGO_DENY)
	@$(STEP) deny $(SCRIPTS)/deny

.PHONY: generate-check
generate-check: build-tools
	@$(STEP) generated cargo xtask generate --check

.PHONY: boundaries
boundaries: build-tools ## No crate depends on what design section 2 forbids it
	@$(STEP) boundaries cargo xtask boundaries

.PHONY: sizes
sizes: build-tools
	@$(STEP) sizes cargo xtask sizes

.PHONY: unit
unit: build-tools ## Unit, property and golden tests
	@$(SCRIPTS)/need redis-server=redis-server
	@$(STEP) --tests unit cargo test --locked --workspace --no-fail-fast \
		--exclude riskgate-tests --exclude riskgate-cluster

.PHONY: process
process: build-tools clients ## Real processes and real clients over loopback
	@$(SCRIPTS)/need redis-server=redis-server tinyproxy=tinyproxy
	@$(STEP) binaries cargo build --locked --quiet --bins --package riskgate --package riskgate-operator \
		--package riskgate-sidecar --package riskgate-simulator
	@$(STEP) --tests process cargo test --locked --package riskgate-tests --no-fail-fast

.PHONY: soak
soak: build-tools clients ## Ten thousand logins over two sidecars that are restarted, and killed, throughout (RISKGATE_LOGINS)
	@$(SCRIPTS)/need redis-server=redis-server
	RISKGATE_LOGINS=$(or $(RISKGATE_LOGINS),10000) cargo test --locked --package riskgate-tests --test shared -- --nocapture logins

.PHONY: valkey
valkey: build-tools ## The tests of the shared store on Valkey: Debian 13's, or that of bookworm-backports
	@$(SCRIPTS)/need valkey-server=valkey-server
	RISKGATE_REDIS_SERVER=valkey-server cargo test --locked --package riskgate-tests --test store --test shared -- --skip logins::

.PHONY: cluster
cluster: build-tools clients cluster-assets ## A real Kubernetes control plane over loopback
	@$(STEP) --tests cluster cargo test --locked --package riskgate-cluster --no-fail-fast

.PHONY: fuzz-short
fuzz-short: build-tools ## Every fuzz target for FUZZ_SECONDS (default 10); make fuzz-short FUZZ_SECONDS=600
	@$(SCRIPTS)/cargo-tool cargo-fuzz $(CARGO_FUZZ)
	@$(STEP) fuzz $(SCRIPTS)/fuzz $(FUZZ_SECONDS)

.PHONY: bench
bench: $(if $(filter operator,$(BENCH_ONLY)),,bench-sidecar) $(if $(filter shared,$(BENCH_ONLY)),,bench-operator) ## The sidecar beside nginx, HAProxy and Envoy, and the operator at its size; fifteen minutes, with BENCH_QUICK=1 three
	$(PYTHON) -B tests/bench --sidecar target/bench/bin/riskgate-sidecar --simulator $(RELEASE)/../debug/riskgate-simulator \
		--bench $(RELEASE)/riskgate-bench --envoy .tools/envoy/bin/envoy --operator target/bench/bin/riskgate-operator \
		--cluster $(RELEASE)/../debug/riskgate-bench-operator --out target/bench $(if $(BENCH_QUICK),--quick) $(addprefix --only ,$(BENCH_ONLY))

.PHONY: bench-sidecar
bench-sidecar: build-tools $(ENVOY)
	@$(SCRIPTS)/need nginx=nginx-light haproxy=haproxy wrk=wrk redis-server=redis-server
	cargo xtask binaries --out target/bench/bin riskgate-sidecar
	cargo build --locked --release --package riskgate-tests --bin riskgate-bench
	cargo build --locked --package riskgate-simulator

.PHONY: bench-operator
bench-operator: build-tools cluster-assets
	cargo xtask binaries --out target/bench/bin riskgate-operator
	cargo build --locked --package riskgate-cluster --bin riskgate-bench-operator

##@ Change

.PHONY: fmt
fmt: ## Format the Rust sources
	@$(SCRIPTS)/fmt

.PHONY: generate
generate: build-tools ## Write the generated files anew (crds/, what the chart has of them, reference pages, docs/schemas)
	cargo xtask generate

.PHONY: golden
golden: build-tools cluster-assets ## Write the golden files anew; then read the diff
	UPDATE_GOLDEN=1 cargo test --locked --workspace --exclude riskgate-tests --exclude riskgate-cluster
	UPDATE_GOLDEN=1 cargo test --locked --package riskgate-cluster --test chart

.PHONY: image
image: build-tools ## Sidecar and operator as OCI archives in target/images, without a daemon and without root
	cargo xtask image

.PHONY: image-twice
image-twice: build-tools ## The images from two copies of the committed tree in different places, compared byte by byte; two release builds
	@$(STEP) "images twice" $(SCRIPTS)/image-twice

.PHONY: profile
profile: build-tools ## Count anew what runs often in the sidecar, for the compiler; after changes of the hot path, of dependencies or the compiler
	@$(SCRIPTS)/need wrk=wrk llvm-profdata-22=llvm-22 # the LLVM of the pinned compiler: rustc -vV
	rm -rf target/profile
	cargo xtask binaries --out target/profile/bin --count target/profile/counts riskgate-sidecar
	cargo build --locked --release --package riskgate-tests --bin riskgate-bench
	cargo build --locked --package riskgate-simulator
	$(PYTHON) -B tests/bench/training.py --sidecar target/profile/bin/riskgate-sidecar --simulator $(RELEASE)/../debug/riskgate-simulator \
		--bench $(RELEASE)/riskgate-bench
	llvm-profdata-22 merge --output target/profile/riskgate-sidecar.profdata target/profile/counts/*.profraw
	gzip -9n <target/profile/riskgate-sidecar.profdata >crates/sidecar/profile/riskgate-sidecar.profdata.gz

.PHONY: refresh-pins
refresh-pins: ## Resolve what comes from PyPI and npm anew and pin it with hashes
	PYTHON=$(PYTHON) $(SCRIPTS)/refresh-pins

##@ Set up

.PHONY: build-tools
build-tools: ## What building needs beside Rust: a C and C++ compiler, cmake
	@command -v cargo >/dev/null || { echo "riskgate is built with Rust: install rustup first" >&2; exit 1; }
	@$(SCRIPTS)/need cc=build-essential c++=build-essential cmake=cmake

.PHONY: clients
clients: $(PYTHON_CLIENTS) $(NODE_CLIENTS) ## The independent clients that the process tests drive

$(PYTHON_CLIENTS):
	@$(STEP) "python clients" $(SCRIPTS)/python-packages $(PYTHON) tests/clients/requirements.txt $@

$(ENVOY):
	@$(STEP) envoy $(SCRIPTS)/python-packages $(PYTHON) tests/bench/requirements.txt $@

$(NODE_CLIENTS):
	@command -v npm >/dev/null || { echo "the Node client needs Node 20 or newer, with npm" >&2; exit 1; }
	@$(STEP) "node clients" npm ci --prefix tests/clients --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: cluster-assets
cluster-assets: ## The control plane and the helm of the cluster tests: built once, kept in the user's cache
	@$(SCRIPTS)/cluster-assets

.PHONY: clean
clean: ## Remove everything that was built or installed here
	rm -rf target .tools tests/clients/node_modules

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
