#!/usr/bin/env bash
# Installs Debian packages, each given as `name: what it is for`. Where apt-get is missing, says what is needed and fails.
set -euo pipefail
[ $# -gt 0 ] || exit 0

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if ! command -v apt-get >/dev/null; then
  echo "This machine has no apt-get. Please install:" >&2
  printf '  %s\n' "$@" >&2
  exit 1
fi
echo "Installing packages:"
printf '  %s\n' "$@"
as_root apt-get update
as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${@%%:*}"
