#!/usr/bin/env bash
# Installs what the console and the desktop client are built, checked and tested with, as their lock has it. Quick when
# nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/../ui-connector"

cmp -s package-lock.json node_modules/.made-from && exit 0
echo "web: installing the packages of ui-connector/package-lock.json, some seconds"
npm ci --no-audit --no-fund --silent
cp package-lock.json node_modules/.made-from
