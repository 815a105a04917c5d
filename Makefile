# The commands of this repository. The workflows in .github call nothing else.

CARGO ?= cargo
# Arguments for the chaos program, such as CHAOS="--minutes 30 --seed 7"; see CHAOS="--help".
CHAOS ?=
# Arguments for the benchmark, such as BENCH="--quick"; see BENCH="--help".
BENCH ?=

# Set, `make test-slow` leaves out what takes more than two minutes.
SHORT ?=
# How long each target is fuzzed.
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help check check-tools msrv format deny test test-slow test-web test-tools test-images fuzz notices console demo bench chaos

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: check-tools ## Run all static checks: format, lints, types, documents, licences, scripts, workflows, deployment
	$(CARGO) fmt --all --check
	npm run check --silent --prefix ui-connector
	target/tools/python/bin/rumdl check --no-cache --quiet
	scripts/check-scripts.sh
	scripts/check-workflows.sh
	scripts/check-deployment.sh
	scripts/check-dependencies.sh
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

check-tools: ## Install the tools of `make check`
	scripts/install-check-tools.sh

msrv: ## Compile with the oldest Rust that Cargo.toml allows; installs it with rustup if it is missing
	scripts/check-msrv.sh

format: check-tools ## Format Rust, TypeScript and Markdown
	$(CARGO) fmt --all
	npm run format --silent --prefix ui-connector
	target/tools/python/bin/rumdl fmt --no-cache --quiet

deny: ## Check licences, sources, duplicates and advisories of the dependencies
	scripts/check-dependencies.sh

chaos: test-tools ## Inject random faults for some minutes; fails if an event is lost; CHAOS="--minutes 30"
	$(CARGO) build --release --locked -p ui-connector -p cloud-pubsub-interceptor
	$(CARGO) run --release --locked -p agent-assist-chaos -- $(CHAOS)

test: test-tools test-web ## Run the tests, except the slow ones; installs missing tools, and prints them
	scripts/run-tests.sh
	$(CARGO) test --workspace --locked --doc

test-slow: test-tools ## Run the slow tests: network loss, leases, chaos, and as root images; SHORT=1 for two minutes of them
	scripts/run-tests.sh --run-ignored only
ifeq ($(SHORT),)
	$(MAKE) chaos CHAOS="--minutes 3"
	$(MAKE) chaos CHAOS="--minutes 3 --cluster"
	$(MAKE) test-images
endif

test-web: ## Test the console and the desktop client
	scripts/install-web.sh
	npm test --prefix ui-connector

test-tools: ## Install what the tests need: Redis, Node.js, Python, Chromium and client libraries
	scripts/install-test-tools.sh
	scripts/build-console.sh

test-images: ## Build both images without Docker and check them; needs root and Debian, some minutes
	scripts/test-images.sh

fuzz: ## Fuzz the parsers of the protocol, each for FUZZ_SECONDS; needs a nightly Rust
	scripts/fuzz.sh $(FUZZ_SECONDS)

notices: ## Write the licences of all linked libraries to target/notices
	scripts/notices.sh cloud-pubsub-interceptor target/notices/cloud-pubsub-interceptor.md
	scripts/notices.sh ui-connector target/notices/ui-connector.md
	scripts/install-web.sh
	npm run notices --silent --prefix ui-connector/console >target/notices/console.md

console: ## Build the agent desktop console, which the connector embeds; needs Node.js
	scripts/build-console.sh

demo: ## Run the demo on http://localhost:8080, without Redis or Google Cloud
	@echo "demo: building the console and both services into target/demo; about 2 minutes the first time"
	@scripts/build-console.sh
	@$(CARGO) run --profile demo --locked -p agent-assist-simulator --bin demo

bench: ## Compare the services with a bare relay and nginx; BENCH="--quick" for a rough result
	@echo "bench: compiling takes about ten minutes at first; measuring takes fifteen, or two with BENCH=--quick"
	$(CARGO) build --release --locked -p ui-connector -p cloud-pubsub-interceptor -p agent-assist-simulator --bins
	$(CARGO) build --release --locked -p agent-assist-bench --bins --examples
	@# Not by cargo run, which would compile it once more, with the features that it has without its examples.
	$${CARGO_TARGET_DIR:-target}/release/agent-assist-bench $(BENCH)
