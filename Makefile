# The commands of this repository. CI calls `check`, `test` and `test-slow`, nothing else.

CARGO ?= cargo
# Arguments for the chaos program, such as CHAOS="--minutes 30 --seed 7"; see CHAOS="--help".
CHAOS ?=
# Arguments for the benchmark, such as BENCH="--quick"; see BENCH="--help".
BENCH ?=

# Set, `make test-slow` leaves out what takes more than two minutes.
SHORT ?=

.DEFAULT_GOAL := help
.PHONY: help check deny test test-slow test-tools test-images notices console demo bench chaos

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## Look at the code without running it: format, lints, documentation, licences, scripts, deployment
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	scripts/check-scripts.sh
	scripts/check-deployment.sh
	scripts/check-dependencies.sh
	scripts/notices.sh --check

deny: ## Check licences, sources, duplicates and advisories of the dependencies; installs cargo-deny when it is missing
	scripts/check-dependencies.sh

chaos: test-tools ## Break everything at random for some minutes; fails if an event is lost; CHAOS="--minutes 30"
	$(CARGO) build --release --locked -p ui-connector -p cloud-pubsub-interceptor
	$(CARGO) run --release --locked -p agent-assist-chaos -- $(CHAOS)

test: test-tools ## Run the tests, except the slow ones; installs what they need when it is missing, and says so
	scripts/run-tests.sh
	$(CARGO) test --workspace --locked --doc

test-slow: test-tools ## Run what is slow: network loss, leases, chaos; images too, as root; SHORT=1 for two minutes of it
	scripts/run-tests.sh --run-ignored only
ifeq ($(SHORT),)
	$(MAKE) chaos CHAOS="--minutes 3"
	$(MAKE) chaos CHAOS="--minutes 3 --cluster"
	$(MAKE) test-images
endif

test-tools: ## Install what the tests need: Redis, Node.js, Python, Chromium and the clients they play
	scripts/install-test-tools.sh
	scripts/build-console.sh

test-images: ## Build both images without Docker and look at what comes out; needs root and Debian, some minutes
	scripts/test-images.sh

notices: ## Write the licences of what is linked into docs/THIRD-PARTY.md; installs cargo-about when it is missing
	scripts/notices.sh

console: ## Build the agent desktop console, which the connector embeds; needs Node.js
	scripts/build-console.sh

demo: ## Play a conversation on http://localhost:8080, without Redis or Google Cloud
	@echo "demo: building the console and both services into target/demo; about 2 minutes the first time"
	@scripts/build-console.sh
	@$(CARGO) run --profile demo --locked -p agent-assist-simulator --bin demo

bench: ## Measure the services beside a bare relay and nginx; BENCH="--quick" for a first impression
	@echo "bench: compiling takes about ten minutes at first; measuring takes fifteen, or two with BENCH=--quick"
	$(CARGO) build --release --locked -p ui-connector -p cloud-pubsub-interceptor -p agent-assist-simulator --bins
	$(CARGO) build --release --locked -p agent-assist-bench --bins --examples
	@# Not by cargo run, which would compile it once more, with the features that it has without its examples.
	$${CARGO_TARGET_DIR:-target}/release/agent-assist-bench $(BENCH)
