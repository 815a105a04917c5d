#!/usr/bin/env bash
# Checks the dependencies against deny.toml: duplicates, licences, sources and known vulnerabilities.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "dependencies: $*"; }

# Unoptimized: it takes longer to compile than it ever runs.
deny=$(scripts/install-cargo-tool.sh cargo-deny --debug)
"$deny" --locked check bans licenses sources

# The advisories are not in the registry but in a repository, which a closed network may not reach.
if timeout 60 "$deny" --locked fetch db >/dev/null 2>&1; then
  "$deny" --locked check --disable-fetch advisories
elif [ -n "${REQUIRE_ADVISORIES:-}" ]; then
  say "https://github.com/rustsec/advisory-db cannot be reached, and REQUIRE_ADVISORIES is set" >&2
  exit 1
else
  say "https://github.com/rustsec/advisory-db cannot be reached: KNOWN VULNERABILITIES ARE NOT CHECKED" >&2
fi
