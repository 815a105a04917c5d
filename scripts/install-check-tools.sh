#!/usr/bin/env bash
# Installs what `make check` checks with, in the versions that scripts/cargo-tools.txt, scripts/python-tools.txt and
# ui-connector/package-lock.json give. Quick when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v npm >/dev/null || scripts/install-packages.sh "nodejs: lints the TypeScript" "npm: installs what lints it"

# Side by side: compiling keeps the processors busy, the others wait for the network.
scripts/install-python-tools.sh &
python=$!
scripts/install-web.sh &
web=$!
scripts/install-cargo-tool.sh cargo-deny --debug >/dev/null
wait $python
wait $web
