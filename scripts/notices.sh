#!/usr/bin/env bash
# Keeps docs/THIRD-PARTY.md, the licences of all that is linked into the services.
#
#   scripts/notices.sh --check    fails if it names other libraries than are linked
#   scripts/notices.sh            writes it; installs cargo-about when it is missing
set -euo pipefail
cd "$(dirname "$0")/.."
readonly NOTICES=docs/THIRD-PARTY.md

# What the console is made of, by its lock; not what socket.io-client needs in Node.js only.
in_console() {
  python3 -c '
import json
packages = json.load(open("ui-connector/console/package-lock.json"))["packages"]
for path, package in packages.items():
    name = path.rsplit("node_modules/", 1)[-1]
    if path and not package.get("dev") and name not in ("ws", "xmlhttprequest-ssl"):
        print(name, package["version"])'
}

linked() {
  {
    in_crates
    in_console
  } | sort -u
}

in_crates() {
  cargo tree --locked --package ui-connector --package cloud-pubsub-interceptor --edges normal --prefix none \
    --target x86_64-unknown-linux-gnu --format '{p}' | grep -v -e '(/' -e '^$' | sed 's/ (.*//; s/ v/ /'
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
# The simulator has both services in it, and nothing more.
cargo about generate --offline --locked --manifest-path crates/simulator/Cargo.toml --config scripts/notices/about.toml \
  scripts/notices/third-party.hbs --output-file $NOTICES
scripts/build-console.sh
in_console | while read -r name version; do
  folder=ui-connector/console/node_modules/$name
  licence=$(find "$folder" -maxdepth 1 -iname 'licen[cs]e*' | head -n 1)
  printf '## MIT License: %s %s\n\n~~~text\n%s\n~~~\n\n' "$name" "$version" "$(cat "$licence")"
  grep -q '"license": *"MIT"' "$folder/package.json" || {
    echo "notices: $name is not under the MIT licence; look at it" >&2
    exit 1
  }
done >>$NOTICES
scripts/notices.sh --check
