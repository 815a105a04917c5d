#!/usr/bin/env bash
# Checks what is in .github: its syntax by the published schemas, and its security by zizmor.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/target/tools/python/bin:$PATH

schema() { check-jsonschema --quiet --builtin-schema "vendor.$1" "${@:2}"; }

schema github-workflows .github/workflows/*.yml
schema github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
schema github-issue-config .github/ISSUE_TEMPLATE/config.yml
schema dependabot .github/dependabot.yml
zizmor --offline --quiet --no-progress .
