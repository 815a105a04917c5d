#!/usr/bin/env bash
# Puts the whole system into a Google Cloud project. What exists already is left as it is, so it can be run again:
# after an error, to change settings, or to deploy new images.
#
#   deploy/gcloud/deploy.sh [--dry-run] [--skip-test]
#
# Settings: deploy/gcloud/.env, see .env.sample. --dry-run shows every command and carries out none.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$HERE/steps/accounts.sh"
. "$HERE/steps/redis.sh"
. "$HERE/steps/services.sh"
. "$HERE/steps/pubsub.sh"

STEPS=9
SKIP_TEST=false

usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

read_arguments() {
  local argument
  for argument in "$@"; do
    case $argument in
      --dry-run) DRY_RUN=true ;;
      --skip-test) SKIP_TEST=true ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "What is $argument? $(usage)" ;;
    esac
  done
}

# One event through everything: published, pushed, recorded, delivered to a desktop.
try_it() {
  step 'Test'
  CONNECTOR_URL=$(service_url "$CONNECTOR_SERVICE_NAME")
  if "$DRY_RUN" || "$SKIP_TEST"; then
    say '  left out'
    return
  fi
  say "  $CONNECTOR_URL/status: $(curl --silent --show-error --fail --max-time 30 "$CONNECTOR_URL/status")"
  "$HERE/send-test-event.sh"
}

main() {
  read_arguments "$@"
  need_gcloud
  need openssl 'It makes the key that signs tokens.'
  read_settings
  enable_apis
  create_accounts
  create_redis
  create_secrets
  build_images
  deploy_interceptor
  deploy_connector
  create_pubsub
  try_it
  say '' 'Done. What is left:' \
    "  1. Bind the conversation profile to the topics: $HERE/profile.sh PROFILE_ID --apply" \
    "  2. Point the desktops at $CONNECTOR_URL" \
    "  3. Now and then: $HERE/doctor.sh"
}

main "$@"
