#!/usr/bin/env bash
# Runs each target of crates/socketio/fuzz for the given number of seconds. Needs a nightly Rust.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly SECONDS_EACH=$1

rustup toolchain list | grep -q '^nightly-' || rustup toolchain install --profile minimal --no-self-update nightly
fuzz=$(scripts/install-cargo-tool.sh cargo-fuzz --debug)
PATH=$(dirname "$fuzz"):$PATH
cd crates/socketio
mapfile -t targets < <(cargo +nightly fuzz list)
for target in "${targets[@]}"; do
  echo "fuzz: $target, $SECONDS_EACH seconds"
  cargo +nightly fuzz run "$target" -- -max_total_time="$SECONDS_EACH"
done
