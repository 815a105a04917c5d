#!/usr/bin/env bash
# Keeps docs/THIRD-PARTY.md, the licences of all that is linked into the services.
#
#   scripts/notices.sh --check    fails if it names other libraries than are linked
#   scripts/notices.sh            writes it; installs cargo-about when it is missing
set -euo pipefail
cd "$(dirname "$0")/.."
readonly NOTICES=docs/THIRD-PARTY.md

linked() {
  cargo tree --locked --package ui-connector --package cloud-pubsub-interceptor --edges normal --prefix none \
    --target x86_64-unknown-linux-gnu --format '{p}' | grep -v -e '(/' -e '^$' | sed 's/ (.*//; s/ v/ /' | sort -u
}

named() { sed -n 's/^## [^:]*: //p' $NOTICES | tr ',' '\n' | sed 's/^ *//' | sort -u; }

if [ "${1:-}" = --check ]; then
  diff <(named) <(linked) || {
    echo "$NOTICES names other libraries than are linked (<: named only, >: linked only). Run: make notices" >&2
    exit 1
  }
  exit 0
fi

if ! cargo about --version >/dev/null 2>&1; then
  echo "notices: installing cargo-about, which takes some minutes"
  cargo install --locked --quiet cargo-about --features cli
fi
echo "notices: reading the licences, about a minute"
# The connector has all that the interceptor has.
cargo about generate --offline --locked --manifest-path ui-connector/Cargo.toml --config scripts/notices/about.toml \
  scripts/notices/third-party.hbs --output-file $NOTICES
scripts/notices.sh --check
