#!/usr/bin/env bash
# Removes what deploy.sh has created, including undelivered events in Redis and Pub/Sub, and ends all sessions.
#
#   deploy/gcloud/teardown.sh [--dry-run] --yes
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

STEPS=5
sure=false

# Removes something if it exists: what it is called, the command that describes it, --, the command that removes it.
remove() {
  take_apart "$@"
  if "$DRY_RUN" || exists "${DESCRIBE[@]}"; then change "${COMMAND[@]}" --quiet; else say "  $WHAT: is gone"; fi
}

for argument in "$@"; do
  case $argument in
    --dry-run) DRY_RUN=true ;;
    --yes) sure=true ;;
    *) fail "What is $argument? $(sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}")" ;;
  esac
done
need_gcloud
read_settings
"$DRY_RUN" || "$sure" || fail "This removes everything from $GCP_PROJECT_ID. Say --yes, or --dry-run to see what it would do."

step 'Subscriptions and topics'
for event in "${EVENTS[@]}" "- $DEAD_LETTER_TOPIC $DEAD_LETTER_SUBSCRIPTION"; do
  read -r _ topic subscription <<<"$event"
  remove "subscription $subscription" pubsub subscriptions describe "$subscription" -- pubsub subscriptions delete "$subscription"
  remove "topic $topic" pubsub topics describe "$topic" -- pubsub topics delete "$topic"
done

step 'Services'
for service in "$INTERCEPTOR_SERVICE_NAME" "$CONNECTOR_SERVICE_NAME"; do
  remove "service $service" run services describe "$service" "--region=$SERVICE_REGION" -- \
    run services delete "$service" "--region=$SERVICE_REGION"
done

step 'Redis (some minutes)'
remove "Redis $REDIS_INSTANCE_ID" redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" -- \
  redis instances delete "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION"

step 'Secrets'
for secret in "$JWT_SECRET_NAME" "$REDIS_URL_SECRET" "$REDIS_CA_SECRET"; do
  remove "secret $secret" secrets describe "$secret" -- secrets delete "$secret"
done

step 'Service accounts'
"$DRY_RUN" || change projects remove-iam-policy-binding "$GCP_PROJECT_ID" --member="serviceAccount:$CONNECTOR_ACCOUNT" \
  --role=roles/dialogflow.agentAssistClient --condition=None --format=none || say '  the role was not bound'
for account in "$CONNECTOR_ACCOUNT" "$INTERCEPTOR_ACCOUNT" "$INVOKER_ACCOUNT"; do
  remove "service account $account" iam service-accounts describe "$account" -- iam service-accounts delete "$account"
done
say '' "Left alone: APIs, images in $REGISTRY, and the conversation profiles, whose topics are gone."
