#!/usr/bin/env bash
# Checks the dependencies against deny.toml: duplicates, licences, sources and known vulnerabilities.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "dependencies: $*"; }

if ! cargo deny --version >/dev/null 2>&1; then
  say "installing cargo-deny, which takes some minutes"
  # Unoptimised: it is built more often than it runs, and its work is small.
  cargo install --locked --debug --quiet cargo-deny
fi

cargo deny --locked check bans licenses sources

# The advisories are not in the registry but in a repository, which a closed network may not reach.
if timeout 60 cargo deny --locked fetch db >/dev/null 2>&1; then
  cargo deny --locked check --disable-fetch advisories
elif [ -n "${REQUIRE_ADVISORIES:-}" ]; then
  say "https://github.com/rustsec/advisory-db cannot be reached, and REQUIRE_ADVISORIES is set" >&2
  exit 1
else
  say "https://github.com/rustsec/advisory-db cannot be reached: KNOWN VULNERABILITIES ARE NOT CHECKED" >&2
fi
