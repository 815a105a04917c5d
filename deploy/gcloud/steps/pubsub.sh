# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # what is set here is used by others, and the other way round
# Topics and push subscriptions. To be sourced.

create_topic() { ensure "topic $1" pubsub topics describe "$1" -- pubsub topics create "$1"; }

create_subscription() {
  local route=$1 topic=$2 subscription=$3 settings
  # An answer comes within 2 s. What is late is of little use, so it is tried again soon; and it never expires.
  settings=("--push-endpoint=$INTERCEPTOR_URL/$route" "--push-auth-service-account=$INVOKER_ACCOUNT"
    "--push-auth-token-audience=$INTERCEPTOR_URL" --ack-deadline=20 --min-retry-delay=1s --max-retry-delay=60s
    "--dead-letter-topic=$DEAD_LETTER_TOPIC" --max-delivery-attempts=100 --expiration-period=never
    --message-retention-duration=7d)
  create_topic "$topic"
  if exists pubsub subscriptions describe "$subscription"; then
    change pubsub subscriptions update "$subscription" "${settings[@]}"
  else
    change pubsub subscriptions create "$subscription" "--topic=$topic" "${settings[@]}"
  fi
}

create_pubsub() {
  step 'Topics and subscriptions'
  local event route topic subscription agent number=PROJECT_NUMBER
  "$DRY_RUN" || number=$(cloud projects describe "$GCP_PROJECT_ID" '--format=value(projectNumber)')
  agent=serviceAccount:service-$number@gcp-sa-pubsub.iam.gserviceaccount.com
  INTERCEPTOR_URL=$(service_url "$INTERCEPTOR_SERVICE_NAME")
  create_topic "$DEAD_LETTER_TOPIC"
  ensure "subscription $DEAD_LETTER_SUBSCRIPTION" pubsub subscriptions describe "$DEAD_LETTER_SUBSCRIPTION" -- \
    pubsub subscriptions create "$DEAD_LETTER_SUBSCRIPTION" "--topic=$DEAD_LETTER_TOPIC" --expiration-period=never
  grant pubsub topics add-iam-policy-binding "$DEAD_LETTER_TOPIC" "--member=$agent" --role=roles/pubsub.publisher
  for event in "${EVENTS[@]}"; do
    read -r route topic subscription <<<"$event"
    create_subscription "$route" "$topic" "$subscription"
    grant pubsub subscriptions add-iam-policy-binding "$subscription" "--member=$agent" --role=roles/pubsub.subscriber
  done
}
