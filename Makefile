# Everything that is done with Greenroom, by name. `make` alone lists it.
#
# Needed: Rust (stable, with rustfmt and clippy), a C compiler, make. Only two ask for more: `asan` for a nightly,
# `instructions` for valgrind.

CARGO ?= cargo
ARGS ?=
SECONDS ?= 60
MINUTES ?= 3
SEED ?= 20260
SEEDS ?= 10000

# The benches' rivals are compiled by `lint` and `bench` alone, and the models have a run of their own.
TESTED := --workspace --exclude greenroom-benches --exclude greenroom-loom-tests

# Every step of the main job that a small machine finishes in seconds and half a GiB.
SMOKE := --actors 10000 \
	--steps spawn,message_all,pingpong_async,pingpong_sync,ring_1k,ring_100k,skynet,idle_memory,suspended_100k

# Models explore many thousands of schedules, so they are compiled with optimisation; their assertions stay in,
# and link-time optimisation, which costs a model run more than it gives, stays out. The `loom` crate's types
# work without `--cfg loom`: the models mount the production files beside a `sync` made of them.
LOOM := CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true $(CARGO) test --release -p greenroom-loom-tests

ASAN_TOOLCHAIN ?= nightly
ASAN_TARGET ?= x86_64-unknown-linux-gnu
# 0 where the leak check cannot run: it needs the right to trace its own process, which some containers deny.
LEAKS ?= 1
# Faults and alternate signal stacks belong to Greenroom's own overflow handling, so AddressSanitizer keeps its
# hands off both (it would also unmap, at a thread's end, an alternate stack that it did not install). Fake stacks
# for the detection of use after return do not follow a coroutine.
ASAN_SETTINGS := handle_segv=0:handle_sigbus=0:use_sigaltstack=0:detect_stack_use_after_return=0:detect_leaks=$(LEAKS)

.DEFAULT_GOAL := help
# Two cargos at once only wait for each other's lock.
.NOTPARALLEL:
.PHONY: help run test bench savina latency scale loom stress soak simulate instructions asan lint doc

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## the main job on all cores; flags as ARGS="--actors 10000000 --steps spawn,skynet"
	$(CARGO) run --release -p greenroom-examples --bin greenroom-run -- $(ARGS)

test: lint doc ## all that must pass: lint, doc, tests, examples, bounded models, a small main job
	$(CARGO) test --no-fail-fast $(TESTED)
	$(CARGO) test -p greenroom --features tracing --test traced
	LOOM_BOUND=quick $(LOOM)
	$(CARGO) run --release -p greenroom-examples --bin greenroom-run -- $(SMOKE)

bench: ## side by side with other actor systems; flags as ARGS="--quick --json"
	$(CARGO) run --release -p greenroom-benches --bin side-by-side -- $(ARGS)

savina: ## the Savina suite beside other actor systems; flags as ARGS="--quick --problems banking banking.accounts=500"
	$(CARGO) run --release -p greenroom-benches --bin savina -- $(ARGS)

latency: ## how long requests take at 50, 70, 90 and 200 % of capacity; flags as ARGS="--quick --systems greenroom,tokio"
	$(CARGO) run --release -p greenroom-benches --bin latency -- $(ARGS)

scale: ## what one more actor, worker, timer, message, member, machine costs; flags as ARGS="--most 10000000"
	$(CARGO) run --release -p greenroom-benches --bin scale -- $(ARGS)

loom: ## every model of the lock-free files, explored in full
	LOOM_BOUND=full $(LOOM)

# The second part looks for lost wake-ups around suspensions, which no count of messages shows. It has no seed, so a run
# with flags of its own does without.
stress: ## random load that checks itself: SECONDS=60 long, repeatable by SEED=20260; ARGS="--simulate 10000"
	@echo "stress: SECONDS=$(SECONDS) SEED=$(SEED)"
	$(CARGO) run --release -p greenroom-examples --bin greenroom-stress -- --seconds $(SECONDS) --seed $(SEED) $(ARGS)
	$(if $(ARGS),,GREENROOM_SOAK_SECONDS=$(SECONDS) $(CARGO) test --release -p greenroom --test wake -- --test-threads 6)

soak: ## 100,000 actors who come and go, for MINUTES=3: memory flat, and nothing leaked; flags as ARGS="--seed 7"
	$(CARGO) run --release -p greenroom-examples --bin greenroom-soak -- --minutes $(MINUTES) $(ARGS)

simulate: ## Paxos and two-phase commit in a simulated network that loses, repeats and crashes: SEEDS=10000 each
	$(CARGO) run --release -p greenroom-examples --bin paxos -- --simulate $(SEEDS)
	$(CARGO) run --release -p greenroom-examples --bin two_phase_commit -- --simulate $(SEEDS)

# Without a clock, and repeatable to an instruction: what `bench` cannot see, this does.
instructions: ## how many instructions the hot paths take, held against a table (needs valgrind); UPDATE=1 writes it anew
	$(CARGO) run --release -p greenroom-instructions -- $(if $(UPDATE),--update)

asan: ## the library crates' tests under AddressSanitizer (needs a nightly toolchain)
	@$(CARGO) +$(ASAN_TOOLCHAIN) --version >/dev/null 2>&1 || { \
		echo "make asan: AddressSanitizer needs a nightly Rust, and there is no toolchain '$(ASAN_TOOLCHAIN)'." >&2; \
		echo "Install one with: rustup toolchain install nightly --profile minimal" >&2; exit 1; }
	ASAN_OPTIONS=$(ASAN_SETTINGS) RUSTFLAGS=-Zsanitizer=address \
		$(CARGO) +$(ASAN_TOOLCHAIN) test --no-fail-fast --target $(ASAN_TARGET) --lib --tests \
		-p greenroom-stackful -p greenroom-scheduler -p greenroom -p greenroom-trace -p greenroom-simulation \
		--features greenroom-stackful/sanitizer,greenroom/sanitizer
	@echo "Rounds of the conservation scenario leak their towns, and its planted bug leaks messages: no leak check here."
	ASAN_OPTIONS=$(ASAN_SETTINGS):detect_leaks=0 RUSTFLAGS=-Zsanitizer=address \
		$(CARGO) +$(ASAN_TOOLCHAIN) test --no-fail-fast --target $(ASAN_TARGET) -p greenroom-examples \
		--test conservation --test stress --features greenroom/sanitizer

lint: ## formatting, and clippy with warnings denied, over every target
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy -p greenroom --features tracing --lib --test traced -- -D warnings

doc: ## the documentation of Greenroom's own crates, warnings denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps
