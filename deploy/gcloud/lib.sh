# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # what is set here is used by the scripts, and the other way round
# What the scripts of this folder have in common. To be sourced.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
DRY_RUN=false
STEP=0
export CLOUDSDK_CORE_DISABLE_PROMPTS=1

# Each argument is a line.
say() { printf '%s\n' "$@"; }
complain() { say "$@" >&2; }
fail() {
  complain "$@"
  exit 1
}

# A heading, with how far we are.
step() {
  STEP=$((STEP + 1))
  printf '\n[%d/%d] %s\n' "$STEP" "$STEPS" "$*"
}

# Shows a command as it can be typed.
show() {
  local word line=''
  for word in "$@"; do line+=$(printf '%q ' "$word"); done
  say "  ${line% }"
}

# Every call of gcloud goes through here.
cloud() {
  local account=()
  [ -z "$ADMIN_ACCOUNT" ] || account=("--account=$ADMIN_ACCOUNT")
  gcloud "$@" "--project=$GCP_PROJECT_ID" "${account[@]}"
}

# A command that changes something; shown, and carried out unless this is a dry run.
change() {
  show gcloud "$@" "--project=$GCP_PROJECT_ID"
  "$DRY_RUN" || cloud "$@"
}

# The same for a command that reads a secret from standard input, which is never shown.
change_with_secret() {
  show gcloud "$@" "--project=$GCP_PROJECT_ID"
  if "$DRY_RUN"; then cat >/dev/null; else cloud "$@"; fi
}

# A command that grants a role. An account that was made a moment ago is not known everywhere yet, so it is tried again.
grant() {
  local left=${GRANT_ATTEMPTS:-6}
  until change "$@" --format=none; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "The role could not be granted. Run this again; if it stays so, you may lack the right to."
    complain "  it will be tried again in ${GRANT_PAUSE:-5} s"
    sleep "${GRANT_PAUSE:-5}"
  done
}

# Whether something exists. In a dry run nothing does, so that every command is shown.
exists() {
  ! "$DRY_RUN" && cloud "$@" --format='value(name)' >/dev/null 2>&1
}

# Takes apart: what something is called, the command that describes it, --, another command.
take_apart() {
  WHAT=$1 DESCRIBE=()
  shift
  while [ "$1" != -- ]; do
    DESCRIBE+=("$1")
    shift
  done
  shift
  COMMAND=("$@")
}

# Creates what does not exist: what it is called, the command that describes it, --, the command that creates it.
ensure() {
  take_apart "$@"
  if exists "${DESCRIBE[@]}"; then say "  $WHAT: exists"; else change "${COMMAND[@]}"; fi
}

# Sets the variables of a file that are not set yet. An empty value counts as none. Nothing in it is executed.
read_file() {
  local line name value
  while IFS= read -r line || [ -n "$line" ]; do
    [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Z][A-Z0-9_]*)=(.*)$ ]] || continue
    name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
    case $value in
      \'*) value=${value#\'} value=${value%%\'*} ;;
      \"*) value=${value#\"} value=${value%%\"*} ;;
      *) value=${value%%[[:space:]#]*} ;;
    esac
    [ -n "${!name:-}" ] || printf -v "$name" '%s' "$value"
  done <"$1"
}

# Values from the environment, then from .env, then the defaults.
read_settings() {
  local file=${ENV_FILE:-$HERE/.env}
  if [ -f "$file" ]; then
    read_file "$file"
    say "settings: $file"
  fi
  read_file <(grep -v '^GCP_PROJECT_ID=' "$HERE/.env.sample")
  check_settings
  name_things
}

check_settings() {
  [[ ${GCP_PROJECT_ID:-} =~ ^[a-z][a-z0-9-]{4,28}[a-z0-9]$ ]] ||
    fail "GCP_PROJECT_ID: '${GCP_PROJECT_ID:-}' is no project id. Set it in $HERE/.env, or in the environment."
  [[ $SERVICE_REGION =~ ^[a-z]+-[a-z]+[0-9]+$ ]] || fail "SERVICE_REGION: '$SERVICE_REGION' is no region such as us-central1."
  case $AUTH_OPTION in
    '' | Salesforce | SalesforceLWC | GenesysCloud | Twilio | Five9 | OIDC | Webhook) ;;
    *) fail "AUTH_OPTION: '$AUTH_OPTION' is none of Salesforce, SalesforceLWC, GenesysCloud, Twilio, Five9, OIDC, Webhook." ;;
  esac
  [ "$AUTH_OPTION" != Five9 ] || [ -n "$FIVE9_TRUST_TOKEN_SECRET" ] ||
    fail 'FIVE9_TRUST_TOKEN_SECRET: Five9 needs the name of a secret that holds the token.'
}

# What follows from the settings.
name_things() {
  local domain=$GCP_PROJECT_ID.iam.gserviceaccount.com
  CONNECTOR_ACCOUNT=$CONNECTOR_SERVICE_ACCOUNT_NAME@$domain
  INTERCEPTOR_ACCOUNT=$INTERCEPTOR_SERVICE_ACCOUNT_NAME@$domain
  INVOKER_ACCOUNT=$CLOUD_RUN_PUBSUB_INVOKER_NAME@$domain
  REDIS_URL_SECRET=$REDIS_INSTANCE_ID-url
  REDIS_CA_SECRET=$REDIS_INSTANCE_ID-ca
  REGISTRY=$SERVICE_REGION-docker.pkg.dev/$GCP_PROJECT_ID/$ARTIFACT_REPOSITORY
  # Route of the interceptor, topic, subscription.
  EVENTS=(
    "human-agent-assistant-event $AGENT_ASSIST_NOTIFICATIONS_TOPIC_ID $AGENT_ASSIST_NOTIFICATIONS_SUBSCRIPTION_ID"
    "new-message-event $NEW_MESSAGE_NOTIFICATIONS_TOPIC_ID $NEW_MESSAGE_NOTIFICATIONS_SUBSCRIPTION_ID"
    "conversation-lifecycle-event $CONVERSATION_LIFECYCLE_NOTIFICATIONS_TOPIC_ID $CONVERSATION_LIFECYCLE_NOTIFICATIONS_SUBSCRIPTION_ID"
    "new-recognition-result-notification-event $NEW_RECOGNITION_RESULT_NOTIFICATION_TOPIC_ID $NEW_RECOGNITION_RESULT_NOTIFICATION_SUBSCRIPTION_ID"
  )
  DEAD_LETTER_TOPIC=aa-dead-letter-topic
  DEAD_LETTER_SUBSCRIPTION=aa-dead-letter-sub
}

need() {
  command -v "$1" >/dev/null || fail "$1 is missing. $2"
}

need_gcloud() { need gcloud 'Install it: https://cloud.google.com/sdk/docs/install, or use Cloud Shell.'; }

# The whole name of a conversation profile of which only the id may be given.
profile_name() {
  case $1 in
    projects/*) printf '%s' "$1" ;;
    *) printf 'projects/%s/locations/%s/conversationProfiles/%s' "$GCP_PROJECT_ID" "${PROFILE_LOCATION:-global}" "$1" ;;
  esac
}

# Calls Dialogflow: the name of a resource, with a query if need be; then arguments for curl.
dialogflow() {
  local name=$1 location endpoint=https://dialogflow.googleapis.com
  shift
  location=$(sed -n 's|^projects/[^/]*/locations/\([^/]*\)/.*|\1|p' <<<"$name")
  case $location in
    '' | global) ;;
    *) endpoint=https://$location-dialogflow.googleapis.com ;;
  esac
  # The token goes by a file descriptor, so that it does not appear in the list of processes.
  curl --silent --show-error --fail-with-body --max-time 60 --header "x-goog-user-project: $GCP_PROJECT_ID" \
    --header @<(printf 'Authorization: Bearer %s\n' "$(cloud auth print-access-token)") \
    "$@" "${DIALOGFLOW_ENDPOINT:-$endpoint}/v2/$name"
}
