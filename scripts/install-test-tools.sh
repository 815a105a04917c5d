#!/usr/bin/env bash
# Installs what the tests need and the machine lacks. Quick when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly CLIENTS=crates/testkit/clients
readonly NEXTEST=0.9.143

say() { echo "test tools: $*"; }

has() { command -v "$1" >/dev/null 2>&1; }

# A Python that can make virtual environments; Debian keeps that part in a package of its own.
has_venv() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

has_browser() { has chromium || has chromium-browser || has google-chrome; }

# Chromium comes as a Debian package on Debian only; elsewhere apt would fetch a snap.
chromium_is_packaged() { grep -qs '^ID=debian' /etc/os-release; }

missing_packages() {
  has cc || echo "build-essential: the C compiler that some Rust crates need"
  has redis-server || echo "redis-server: the tests start their own Redis servers"
  has node || echo "nodejs: runs the JavaScript desktops"
  has npm || echo "npm: installs the JavaScript desktops"
  has_venv || echo "python3-venv: runs the Python desktop"
  if ! has_browser; then
    if chromium_is_packaged; then
      echo "chromium: opens the console"
    else
      say "no Chromium or Chrome found: install one, or the tests with a browser are skipped" >&2
    fi
  fi
}

# The oldest Node.js that the tests of the console run on.
require_node() {
  local major
  major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  if [ "$major" -lt 20 ]; then
    say "Node.js $(node --version) is too old; please install version 20 or newer (https://nodejs.org)" >&2
    exit 1
  fi
}

# Whether $2 was made from the file $1 as it is now.
is_made_from() { cmp -s "$1" "$2/.made-from"; }

# The packages of a folder, which has a lock: the folder, and what is in it.
install_node_packages() {
  is_made_from "$1/package-lock.json" "$1/node_modules" && return 0
  say "installing $2 into $1/node_modules"
  (cd "$1" && npm ci --no-audit --no-fund)
  cp "$1/package-lock.json" "$1/node_modules/.made-from"
}

install_python_client() {
  local venv=$CLIENTS/.venv
  is_made_from $CLIENTS/requirements.txt $venv && return 0
  say "installing python-socketio into $venv"
  python3 -m venv --clear $venv
  $venv/bin/python -m pip install --disable-pip-version-check --requirement $CLIENTS/requirements.txt
  cp $CLIENTS/requirements.txt $venv/.made-from
}

# Any version will do that .config/nextest.toml allows.
install_nextest() {
  cargo nextest --version >/dev/null 2>&1 && return 0
  say "compiling cargo-nextest $NEXTEST, which takes some minutes; https://nexte.st/docs/installation has it compiled"
  # Unoptimised: it compiles sooner, and its work is small.
  cargo install --locked --debug --quiet --version $NEXTEST cargo-nextest
}

mapfile -t missing < <(missing_packages)
scripts/install-packages.sh "${missing[@]}"
require_node
install_nextest
install_node_packages $CLIENTS 'several versions of socket.io-client, playwright-core and axe-core'
scripts/install-web.sh
install_python_client
say "all there"
