#!/usr/bin/env bash
# Builds the agent desktop console, which the connector embeds. Quick when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/../ui-connector/console"

say() { echo "console: $*"; }

if ! command -v npm >/dev/null; then
  say "Node.js is missing, so the connector's page only says how to build it (https://nodejs.org, 18 or newer)" >&2
  exit 0
fi
if [ -f dist/index.html ] && [ -z "$(find . ../desktop-client/src -path ./node_modules -prune -o -path ./dist -prune -o -type f -newer dist/index.html -print)" ]; then
  exit 0
fi
if ! cmp -s package-lock.json node_modules/.made-from; then
  say "installing what it is built with"
  npm ci --no-audit --no-fund --silent
  cp package-lock.json node_modules/.made-from
fi
say "building"
npm run build --silent
