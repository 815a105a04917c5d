#!/usr/bin/env bash
# Builds the agent desktop console, which the connector embeds. Quick when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "console: $*"; }

if ! command -v npm >/dev/null; then
  say "Node.js is missing, so the connector's page only says how to build it (https://nodejs.org, 20 or newer)" >&2
  [ -z "${CI:-}" ] || exit 1
  exit 0
fi
scripts/install-web.sh

cd ui-connector
if [ -f console/dist/index.html ] &&
  [ -z "$(find package-lock.json console desktop-client/src -path console/dist -prune -o -path console/test -prune -o -type f -newer console/dist/index.html -print)" ]; then
  exit 0
fi
say "building"
npm run build --silent --workspace console
