#!/usr/bin/env bash
# Lints the shell scripts of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

# By their first line, because not every script has an extension.
mapfile -t scripts < <(git grep --untracked --files-with-matches -E '^#!.*\b(ba)?sh$')
target/tools/python/bin/shellcheck "${scripts[@]}"
