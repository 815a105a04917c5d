#!/usr/bin/env bash
# Compiles everything and runs tests; what was skipped is said at the end.
#
#   scripts/run-tests.sh [ARGUMENTS OF cargo nextest run]
set -euo pipefail
cd "$(dirname "$0")/.."
export SKIPPED_TESTS=$PWD/target/skipped-tests
rm -f "$SKIPPED_TESTS"

# Programs and tests at once: otherwise what they depend on would be compiled for each of them.
cargo build --workspace --bins --tests --examples --locked
status=0
cargo nextest run --workspace --locked ${CI:+--profile ci} "$@" || status=$?
if [ -s "$SKIPPED_TESTS" ]; then
  # A line for each thing that is missing.
  sed -E 's/^SKIPPED [^ ]+: //' "$SKIPPED_TESTS" | sort | uniq -c | sed -E 's/^ *([0-9]+) /SKIPPED tests: \1. /' >&2
fi
exit $status
