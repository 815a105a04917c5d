# shellcheck shell=bash
# Runs what is in an image as Cloud Run would: as its user, on a file system that cannot be written. To be sourced.

REDIS_PORT=$((20000 + RANDOM % 20000))
SERVICE_PORT=$((REDIS_PORT + 1))
SECRET=$(mktemp --directory)
STARTED=()

stop_all() {
  [ ${#STARTED[@]} -eq 0 ] || kill "${STARTED[@]}" 2>/dev/null || true
  rm -rf "$SECRET"
}
trap stop_all EXIT

start_redis() {
  redis-server --port "$REDIS_PORT" --save '' --loglevel warning >/dev/null &
  STARTED+=($!)
}

# A process of its own, in name spaces of its own, with the image as its read-only root; the secret is mounted as a file.
enter() {
  local folder=$1
  # shellcheck disable=SC2016 # the inner shell expands it
  exec unshare --mount --pid --fork --kill-child bash -ceu '
    folder=$1 secret=$2
    shift 2
    mount --bind "$folder" "$folder"
    mkdir -p "$folder/secret"
    mount --bind "$secret" "$folder/secret"
    mount -o remount,bind,ro "$folder"
    mount -o remount,bind,ro "$folder/secret"
    mount -t proc proc "$folder/proc"
    exec chroot --userspec=65532:65532 "$folder" "$@"
  ' enter "$folder" "$SECRET" "${@:2}"
}

now() { date +%s%N; }

# Waits until GET answers 200, and prints how long that took since $1, in tenths of a millisecond.
wait_for() {
  local begin=$1 path=$2 deadline=$((SECONDS + 20))
  until curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$SERVICE_PORT$path"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "no answer at $path"
  done
  echo $((($(now) - begin) / 100000))
}

run_and_measure() {
  local name=$1 folder=$2 begin took outer inner
  printf '%064d' 7 >"$SECRET/jwt_secret_key"
  chmod -R a+rX "$SECRET"
  begin=$(now)
  env -i K_SERVICE="$name" PORT="$SERVICE_PORT" REDISHOST=127.0.0.1 REDISPORT="$REDIS_PORT" GCP_PROJECT_ID=my-project \
    PATH="$PATH" bash -c "$(declare -f enter); SECRET=$SECRET enter $folder /usr/local/bin/$name" >"$SECRET/log" &
  outer=$!
  STARTED+=("$outer")
  took=$(wait_for "$begin" /status)
  inner=$(pgrep --parent "$outer")
  [ "$(awk '/^Uid:/ { print $2 }' "/proc/$inner/status")" = 65532 ] || fail "$name runs as root"
  grep -q '^[^ ]* / [^ ]* ro' "/proc/$inner/mounts" || fail "$name can write its root"
  say "$name: image $(size "$name"), first /status after $((took / 10)).$((took % 10)) ms, resident $(awk '/^VmRSS/ { print $2 }' "/proc/$inner/status") kB"
  if [ "$name" = ui-connector ]; then
    curl --silent "http://127.0.0.1:$SERVICE_PORT/" | grep -q /console/assets/ || fail "$name has no console"
  fi
  kill -TERM "$inner"
  wait "$outer" || fail "$name ends with $? after SIGTERM: $(tail -n 3 "$SECRET/log")"
}

size() { buildah images --format '{{.Size}}' "localhost/$1"; }
