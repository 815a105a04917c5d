#!/usr/bin/env bash
# Compiles everything and runs tests; what was skipped is said at the end.
#
#   scripts/run-tests.sh [ARGUMENTS OF cargo nextest run]
set -euo pipefail
cd "$(dirname "$0")/.."
export SKIPPED_TESTS=$PWD/target/skipped-tests
rm -f "$SKIPPED_TESTS"

# Programs and tests at once: otherwise what they depend on would be compiled for each of them.
cargo build --workspace --all-targets --locked
status=0
cargo nextest run --workspace --locked "$@" || status=$?
[ ! -s "$SKIPPED_TESTS" ] || sort -u "$SKIPPED_TESTS" >&2
exit $status
