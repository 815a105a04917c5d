# shellcheck shell=bash
# shellcheck disable=SC2034 # the images are used by the script that sources this
# What the images are built and run on. To be sourced.

# The defaults of the Dockerfiles.
BUILD_IMAGE=$(sed -n 's/^ARG BUILD_IMAGE=//p' Dockerfile.connector)
NODE_IMAGE=$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile.connector)
RUNTIME_IMAGE=$(sed -n 's/^ARG RUNTIME_IMAGE=//p' Dockerfile.connector)

choose_bases() {
  if timeout 120 buildah pull --quiet "$RUNTIME_IMAGE" >/dev/null 2>&1 && timeout 300 buildah pull --quiet "$BUILD_IMAGE" >/dev/null 2>&1 &&
    timeout 300 buildah pull --quiet "$NODE_IMAGE" >/dev/null 2>&1; then
    say "pulled $BUILD_IMAGE, $NODE_IMAGE and $RUNTIME_IMAGE"
    return
  fi
  say "$RUNTIME_IMAGE cannot be pulled: making stand-ins for the bases"
  BUILD_IMAGE=localhost/base-build NODE_IMAGE=localhost/base-node RUNTIME_IMAGE=localhost/base-runtime
  buildah inspect --type=image "$NODE_IMAGE" >/dev/null 2>&1 || make_node_base
  buildah inspect --type=image "$RUNTIME_IMAGE" >/dev/null 2>&1 || make_runtime_base
  buildah inspect --type=image "$BUILD_IMAGE" >/dev/null 2>&1 || make_build_base
}

# An image of a folder.
import() {
  local container
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$2" / >/dev/null
  [ $# -eq 2 ] || buildah config "${@:3}" "$container"
  buildah commit --quiet --rm "$container" "$1" >/dev/null
}

# What distroless/cc has: the libraries that a Rust program needs, certificates, and a user without rights.
make_runtime_base() {
  local folder
  folder=$(mktemp --directory)
  mmdebstrap --quiet --variant=extract --include=libc6,libgcc-s1,ca-certificates,tzdata,netbase bookworm "$folder/root"
  cat "$folder"/root/usr/share/ca-certificates/mozilla/*.crt >"$folder/root/etc/ssl/certs/ca-certificates.crt"
  # Only those packages' files: no shell, no package manager.
  rm -rf "$folder"/root/{bin,sbin,usr/bin,usr/sbin,var/lib/apt,var/cache/apt} "$folder"/root/usr/share/{doc,man,locale}
  mkdir -p "$folder"/root/{tmp,proc,dev,sys,etc}
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$folder/root/etc/passwd"
  import "$RUNTIME_IMAGE" "$folder/root" --user nonroot
  rm -rf "$folder"
}

# What the official Rust image has: a toolchain, a C compiler, certificates.
make_build_base() {
  local folder toolchain
  folder=$(mktemp --directory)
  mmdebstrap --quiet --variant=minbase --include=build-essential,ca-certificates bookworm "$folder/root"
  toolchain=$(rustc --print sysroot)
  mkdir -p "$folder/root/usr/local/lib/rustlib"
  cp --recursive "$toolchain"/bin/{cargo,rustc} "$folder/root/usr/local/bin/"
  find "$toolchain/lib" -maxdepth 1 -type f -exec cp {} "$folder/root/usr/local/lib/" \;
  cp --recursive "$toolchain"/lib/rustlib/*-unknown-linux-gnu "$folder/root/usr/local/lib/rustlib/"
  # This machine's authorities, in case that a proxy stands between it and the registry.
  cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/"
  import "$BUILD_IMAGE" "$folder/root" --env PATH=/usr/local/bin:/usr/bin:/bin
  rm -rf "$folder"
}

# What the official Node.js image has.
make_node_base() {
  local folder
  folder=$(mktemp --directory)
  mmdebstrap --quiet --variant=minbase --include=nodejs,npm,ca-certificates bookworm "$folder/root"
  cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/"
  import "$NODE_IMAGE" "$folder/root" --env PATH=/usr/local/bin:/usr/bin:/bin --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
  rm -rf "$folder"
}
