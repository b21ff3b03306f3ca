# All that one does with this tree. `make` lists it; CI calls it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/target/tools/bin:$(PATH):$(HOME)/.cargo/bin

# How many power cuts `make crash` simulates.
N ?= 1000000

# How many random lives `make model` lives through.
L ?= 1000

# Which targets `make fuzz` fuzzes, and for how many seconds each; those of `make miri`, `make races`.
T ?= $(patsubst fuzz/fuzz_targets/%.rs,%,$(wildcard fuzz/fuzz_targets/*.rs))
S ?= 60

# How many minutes `make attack` attacks.
M ?= 60

# The seed of the random cases of `make test`, so that CI tries the same ones on every machine:
# `make test R=` draws others.
R ?= 1126

# Of which files `make mutants` makes mutants: those of tests/completeness/judges, if none is named.
F ?=

# How many updates `make size` makes.
U ?= 10000000

# The engine with all that is off by default. What is built without them, everything else tests.
FEATURES := keycask/axum,keycask/metrics,keycask/tracing,keycask-cli/tower

.DEFAULT_GOAL := help
# Where `make install` puts the C library, and what is written before that path.
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help demo test web crash model models shuttle coverage mutants bench count peers fuzz \
    attack miri races check fmt clippy deny advisories layers doc clean header abi install install-command \
    snapshots fixture size python wheel go

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: ## walk through the five products of profiles/
	@.ci/prepare build
	cargo run --release --locked -p keycask-cli -- demo

test: ## format, lints, then all tests
	@.ci/prepare build lint c trace screen web python go browser
	@$(MAKE) --no-print-directory fmt clippy
	$(if $(R),PROPTEST_RNG_SEED=$(R)) cargo test --locked --workspace --no-fail-fast
	@$(MAKE) --no-print-directory web python go

web: ## test what is off by default: middleware, events, metrics; the examples
	@.ci/prepare build web
	cargo test --locked --workspace --features $(FEATURES) \
	    --test web --test told --test middleware --test verify --test residue \
	    --example journeys --example stackguardian --example tower
	cargo test --locked --workspace --features $(FEATURES) --doc -- KeyLayer

python: ## test the Python binding: a wheel, in an environment of its own
	@.ci/prepare build python
	bindings/python/check

wheel: ## the Python package, in target/wheels
	@.ci/prepare build python
	bindings/python/wheel

go: ## test the Go binding: plainly, for races, and for pointers that C may not have
	@.ci/prepare build go
	bindings/go/check

crash: ## simulate N=1000000 power cuts, every fault, damage; kill processes
	@.ci/prepare build trace
	KEYCASK_IMAGES=$(N) KEYCASK_FAULTS=1000000 KEYCASK_DAMAGES=100000 \
	    cargo test --locked --release -p keycask --lib -- crash::
	KEYCASK_KILLS=500 cargo test --locked --release -p keycask --test kills --test creating

model: ## live through L=1000 random lives of keys beside a plain model
	@.ci/prepare build
	KEYCASK_MODEL_SEEDS=$(L) cargo test --locked --release -p keycask --test model

models: ## try the orders of events in small worlds of the table in memory; SKIP=... leaves some out
	@.ci/prepare build
	RUSTFLAGS="--cfg loom" cargo test --locked --profile models -p keycask --lib index::models $(if $(SKIP),-- $(addprefix --skip ,$(SKIP)))

shuttle: ## try the table in memory under N=10000 random schedules of each of its larger worlds
	@.ci/prepare build
	RUSTFLAGS="--cfg shuttle" KEYCASK_SCHEDULES=$(if $(filter file,$(origin N)),10000,$(N)) \
	    cargo test --locked --profile models -p keycask --lib index::tests::schedules

coverage: ## which lines and branches of the engine its tests run
	@.ci/prepare build trace coverage
	tests/completeness/coverage

mutants: ## change one thing at a time in what verifies, revokes and opens (two hours); F=FILE that one, SINCE=COMMIT what changed since
	@.ci/prepare build trace mutants
	tests/completeness/mutants $(F)

bench: ## measure verify, and what is durable, beside their floors (half an hour, 10 GB)
	@.ci/prepare build python go
	cargo bench --locked -p keycask
	cargo build --locked --release -p keycask-c
	cargo bench --locked -p keycask-c
	bindings/python/bench
	bindings/go/bench

count: ## the instructions of a verify, beside those that are expected
	@.ci/prepare build count
	benches/count/run

peers: ## measure beside maps, caches and stores that do the same; builds SQLite and LMDB
	@.ci/prepare build peers
	cargo bench --locked --manifest-path benches/peers/Cargo.toml

attack: ## every attack for M=60 minutes beside what is built (some 60 more, 25 GB), then one table
	@.ci/prepare build c trace fuzz
	@.ci/prepare go || echo "keycask: the attack go-residue will fail"
	@.ci/prepare python || echo "keycask: the attack python-residue will fail"
	@.ci/prepare nightly || echo "keycask: the attacks miri, races and c-races will fail"
	tests/attack/run $(M)

miri: ## what is unsafe or shared by threads, under Miri for S=60 seconds; needs a nightly toolchain
	KEYCASK_ATTACK_SECONDS=$(S) tests/attack/miri miri

races: ## tests with threads, and random C calls, under ThreadSanitizer for S=60 seconds each; needs a nightly toolchain
	for attack in races c-races; do KEYCASK_ATTACK_SECONDS=$(S) tests/attack/races $$attack || exit; done

fuzz: ## fuzz each target for S=60 seconds; T=token that one
	@.ci/prepare build c fuzz
	@trap 'exit 130' INT; failed=; for target in $(T); do fuzz/run $$target $(S) || failed+=" $$target"; done; \
	    [ -z "$$failed" ] || { echo "keycask: of the fuzz targets failed:$$failed" >&2; exit 1; }

check: ## every check but the tests: format, lints, layers, dependencies, docs
	@.ci/prepare build lint deny
	@$(MAKE) --no-print-directory fmt clippy layers deny doc

fmt:
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo fmt --manifest-path benches/peers/Cargo.toml --check

clippy:
	cargo clippy --locked --workspace --features $(FEATURES) --all-targets -- -D warnings

layers: ## only the rules of docs/architecture.md and of deny.toml, and that pages name what is there
	cargo test --locked --test layers --test supply --test pages

deny:
	@.ci/prepare build deny
	cargo deny --locked check bans licenses sources

advisories: ## known flaws of what we depend on (fetches the RustSec database)
	@.ci/prepare build deny
	cargo deny --locked check advisories

doc: ## the engine's documentation, in target/doc
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --features $(FEATURES) --no-deps

header: ## write include/keycask.h from bindings/c
	@.ci/prepare build
	KEYCASK_HEADER=write cargo test --locked --quiet -p keycask-c --test header the_header_is_the_one

abi: ## take a change of the C ABI that only adds into its baseline
	@.ci/prepare build c
	KEYCASK_ABI=write cargo test --locked --quiet -p keycask-c --test abi

install: ## the C library, to PREFIX=/usr/local behind DESTDIR
	@.ci/prepare build
	bindings/c/install "$(PREFIX)" "$(DESTDIR)"

install-command: ## the command, its manual pages and completions, to PREFIX=/usr/local behind DESTDIR
	@.ci/prepare build
	bindings/cli/install "$(PREFIX)" "$(DESTDIR)"

snapshots: ## write the command's help texts and JSON shapes of bindings/cli/tests/snapshots anew
	@.ci/prepare build
	SNAPSHOTS=overwrite cargo test --locked --quiet -p keycask-cli --test snapshots

fixture: ## write the files of tests/format anew, until the first release
	@.ci/prepare build
	KEYCASK_FIXTURE=write cargo test --locked --quiet -p keycask --test format

size: ## how long a file is for its rows after U=10000000 updates
	@.ci/prepare build
	KEYCASK_UPDATES=$(U) cargo test --release --locked -p keycask --lib \
	    storage::tests::size -- --nocapture

clean: ## take out all that was built or installed here
	cargo clean
	rm -rf benches/peers/target fuzz/target
