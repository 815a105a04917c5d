#!/bin/sh
# Copies Cargo's manifests of a tree, with empty sources, so that its dependencies can be built without it.
#
#   deploy/images/manifests.sh TREE TARGET
set -eu
tree=$1
target=$2

cd "$tree"
mkdir -p "$target"
cp Cargo.toml Cargo.lock "$target"
find . -name Cargo.toml -not -path './Cargo.toml' -not -path '*/target/*' -not -path '*/fuzz/*' | while read -r manifest; do
  crate=$(dirname "$manifest")
  mkdir -p "$target/$crate/src"
  cp "$manifest" "$target/$crate/"
  echo '//! Empty.' >"$target/$crate/src/lib.rs"
  # Programs: src/main.rs, and what a manifest names.
  {
    [ ! -f "$crate/src/main.rs" ] || echo src/main.rs
    sed -n 's/^path = "\(src\/.*\.rs\)"$/\1/p' "$manifest"
  } | while read -r source; do
    mkdir -p "$(dirname "$target/$crate/$source")"
    [ "$source" = src/lib.rs ] || printf '//! Empty.\nfn main() {}\n' >"$target/$crate/$source"
  done
done
