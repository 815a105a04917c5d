#!/usr/bin/env bash
# Builds both images without Docker, by buildah, and looks at what comes out: size, user, files, start-up, memory.
#
#   scripts/test-images.sh
#
# Base images that cannot be pulled are made of Debian's packages and of this machine's Rust toolchain. Needs root and
# Debian; takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/images/bases.sh
. scripts/images/bases.sh
# shellcheck source=scripts/images/run.sh
. scripts/images/run.sh

say() { printf 'images: %s\n' "$*"; }
fail() {
  say "$*" >&2
  exit 1
}

install_tools() {
  local missing=()
  command -v buildah >/dev/null || missing+=(buildah)
  command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
  command -v redis-server >/dev/null || missing+=(redis-server)
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${missing[*]}"
  apt-get install --yes --no-install-recommends "${missing[@]}"
}

# Without a daemon, and without rights that containers lack.
build() {
  local name=$1 file=$2
  say "building $name"
  local node=()
  [ "$name" != ui-connector ] || node=(--build-arg "NODE_IMAGE=$NODE_IMAGE")
  buildah build --isolation=chroot --network=host --layers --quiet "${node[@]}" \
    --build-arg "BUILD_IMAGE=$BUILD_IMAGE" --build-arg "RUNTIME_IMAGE=$RUNTIME_IMAGE" --build-arg VERSION=test \
    --file "$file" --tag "localhost/$name" . >/dev/null
}

inspect() { buildah inspect --type=image --format "$2" "localhost/$1"; }

# What must hold of the image itself, whatever it is made of.
look_at() {
  local name=$1 folder=$2
  [ "$(inspect "$name" '{{.OCIv1.Config.User}}')" = 65532:65532 ] || fail "$name does not run as nonroot"
  [ "$(inspect "$name" '{{index .OCIv1.Config.Labels "org.opencontainers.image.version"}}')" = test ] || fail "$name has no version"
  local file
  for file in bin/sh usr/bin/sh bin/bash usr/bin/bash usr/bin/apt; do
    [ ! -e "$folder/$file" ] || fail "$name has /$file"
  done
  grep -q '^## ' "$folder/usr/share/doc/$name/THIRD-PARTY.md" || fail "$name does not name the licences of what it links"
  if find "$folder" -xdev -perm /6000 -type f | grep -q .; then fail "$name has programs that change the user"; fi
  if find "$folder" -xdev -type f \( -name '*.rs' -o -name '*.env' -o -name '*secret*' \) | grep -q .; then fail "$name has sources or secrets"; fi
}

test_image() {
  local name=$1 container folder
  container=$(buildah from "localhost/$name")
  folder=$(buildah mount "$container")
  look_at "$name" "$folder"
  run_and_measure "$name" "$folder"
  buildah rm "$container" >/dev/null
}

[ "$(id -u)" = 0 ] || fail 'run it as root: it makes file systems'
install_tools
choose_bases
build cloud-pubsub-interceptor Dockerfile.interceptor
build ui-connector Dockerfile.connector
start_redis
test_image cloud-pubsub-interceptor
test_image ui-connector
say 'both images do what they should'
