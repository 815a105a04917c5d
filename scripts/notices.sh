#!/usr/bin/env bash
# Writes the licences of the crates that a package links to a file. The Dockerfiles call it.
#
#   scripts/notices.sh ui-connector FILE
set -euo pipefail
cd "$(dirname "$0")/.."
readonly PACKAGE=$1 FILE=$2

about=$(scripts/install-cargo-tool.sh cargo-about --features cli)
mkdir -p "$(dirname "$FILE")"
cargo fetch --locked --quiet
"$about" generate --offline --locked --manifest-path "$PACKAGE/Cargo.toml" --config scripts/notices/about.toml \
  scripts/notices/third-party.hbs --output-file "$FILE"
echo "notices: $FILE names $(grep -c '^## ' "$FILE") licence texts of the crates in $PACKAGE"
