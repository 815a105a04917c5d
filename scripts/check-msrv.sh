#!/usr/bin/env bash
# Compiles the workspace with the oldest Rust that `rust-version` in Cargo.toml allows.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
# Its first release: later ones of the same minor version have fixes that we must not need.
[[ $version == *.*.* ]] || version+=.0
rustup toolchain list | grep -q "^$version-" || rustup toolchain install --profile minimal --no-self-update "$version"
echo "msrv: compiling with Rust $version"
cargo "+$version" check --workspace --all-targets --locked --target-dir target/msrv
