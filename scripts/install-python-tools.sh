#!/usr/bin/env bash
# Installs the programs of scripts/python-tools.txt into target/tools/python. Quick when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly VENV=target/tools/python LIST=scripts/python-tools.txt

cmp -s $LIST $VENV/.made-from && exit 0
# Debian keeps the part that makes virtual environments in a package of its own.
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 ||
  scripts/install-packages.sh "python3-venv: installs the programs that check workflows, documents and the deployment"
echo "tools: installing $(cut -d= -f1 $LIST | paste -sd ' '), about a minute" >&2
python3 -m venv --clear $VENV
$VENV/bin/python -m pip install --quiet --disable-pip-version-check --requirement $LIST
cp $LIST $VENV/.made-from
