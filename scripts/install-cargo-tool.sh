#!/usr/bin/env bash
# Installs a program of scripts/cargo-tools.txt in the version given there, if this machine lacks it, and prints its path.
#
#   scripts/install-cargo-tool.sh cargo-deny --debug
#   scripts/install-cargo-tool.sh cargo-about --features cli
set -euo pipefail
cd "$(dirname "$0")/.."
readonly NAME=$1 ROOT=$PWD/target/tools
shift
VERSION=$(awk -v name="$NAME" '$1 == name { print $2 }' scripts/cargo-tools.txt)
[ -n "$VERSION" ] || {
  echo "tools: scripts/cargo-tools.txt does not list $NAME" >&2
  exit 1
}

is_installed() { cargo install --list "$@" | grep -qFx "$NAME v$VERSION:"; }

if is_installed; then
  command -v "$NAME"
  exit 0
fi
if ! is_installed --root "$ROOT"; then
  echo "tools: compiling $NAME $VERSION into target/tools, one to three minutes" >&2
  CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --quiet --root "$ROOT" "$@" "$NAME@$VERSION"
fi
echo "$ROOT/bin/$NAME"
