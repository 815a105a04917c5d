#!/usr/bin/env bash
# Lints the shell scripts of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null; then
  echo "shellcheck is missing, so the shell scripts go unchecked; 'make test-tools' installs it" >&2
  exit 0
fi
# By their first line, because not every script has an extension.
mapfile -t scripts < <(git grep --untracked --files-with-matches -E '^#!.*\b(ba)?sh$')
shellcheck "${scripts[@]}"
