#!/usr/bin/env bash
# Looks for what is insecure in the Terraform configuration, the Dockerfiles and the build, with checkov. An exception
# stands with its reason where it is made.
set -euo pipefail
cd "$(dirname "$0")/.."

check() { target/tools/python/bin/checkov --quiet --compact --skip-download --skip-results-upload "$@" >target/checkov.log 2>&1 || {
  cat target/checkov.log >&2
  exit 1
}; }

check --framework terraform --directory deploy/terraform
check --framework dockerfile --file Dockerfile.connector Dockerfile.interceptor deploy/compose/Dockerfile.player
check --framework secrets --directory deploy
echo "deployment: checkov finds nothing"
