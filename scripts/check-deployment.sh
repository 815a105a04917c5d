#!/usr/bin/env bash
# Looks for what is insecure in the Terraform configuration, the Dockerfiles and the build, with checkov. An exception
# stands with its reason where it is made.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly VERSION=3.3.30
readonly VENV=target/checkov-$VERSION

if ! [ -x $VENV/bin/checkov ]; then
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "python3-venv is missing, so the deployment goes unchecked; 'make test-tools' installs it" >&2
    exit 0
  fi
  echo "deployment: installing checkov, about a minute"
  python3 -m venv --clear $VENV
  $VENV/bin/python -m pip install --quiet --disable-pip-version-check "checkov==$VERSION"
fi

check() { $VENV/bin/checkov --quiet --compact --skip-download --skip-results-upload "$@" >target/checkov.log 2>&1 || {
  cat target/checkov.log >&2
  exit 1
}; }

check --framework terraform --directory deploy/terraform
check --framework dockerfile --file Dockerfile.connector Dockerfile.interceptor deploy/compose/Dockerfile.player
check --framework secrets --directory deploy
echo "deployment: checkov finds nothing"
