#!/usr/bin/env bash
# Looks at a deployment, says what is wrong with it and how to mend it. Changes nothing.
#
#   deploy/gcloud/doctor.sh [PROFILE_ID]
#
# With the id of a conversation profile it looks at its topics and message formats too. Ends with 1 if something is wrong.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

WRONG=0

good() { say "  ok     $*"; }
odd() { say "  look   $1" "         $2"; }
wrong() {
  WRONG=$((WRONG + 1))
  say "  WRONG  $1" "         mend it: $2"
}
heading() { say '' "$*"; }

# A field of what a command describes; empty if it does not exist.
field() {
  local format=$1
  shift
  cloud "$@" "--format=value($format)" 2>/dev/null || true
}

# Compares a field: what it is called, what it is, what it should be, how to mend it.
compare() {
  if [ "$2" = "$3" ]; then good "$1: $2"; else wrong "$1 is '$2', not '$3'" "$4"; fi
}

look_at_secret() {
  heading "Secret $JWT_SECRET_NAME"
  local length
  length=$(cloud secrets versions access latest "--secret=$JWT_SECRET_NAME" 2>/dev/null | head -n 1 | tr -d '\n' | wc -c)
  if [ "$length" -eq 0 ]; then
    wrong 'it does not exist, is empty, or may not be read by you' \
      "openssl rand -hex 32 | gcloud secrets versions add $JWT_SECRET_NAME --data-file=-"
  elif [ "$length" -lt 32 ]; then
    wrong "its first line has $length bytes only: Google's script makes keys that can be guessed" \
      "see Changing the secret in docs/AUTHENTICATION.md"
  else good "its first line has $length bytes"; fi
}

look_at_redis() {
  heading "Redis $REDIS_INSTANCE_ID"
  local describe=(redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION") tier network
  if [ "$(field state "${describe[@]}")" != READY ]; then
    wrong "it is not ready: '$(field state "${describe[@]}")'" "$HERE/deploy.sh creates it; or wait, if it is being maintained"
    return
  fi
  good "ready, $(field redisVersion "${describe[@]}"), $(field memorySizeGb "${describe[@]}") GiB"
  tier=$(field tier "${describe[@]}")
  [ "$tier" = STANDARD_HA ] || odd "its tier is $tier: every maintenance empties it, and events that wait in it are lost" \
    'a standard instance has a replica; the tier of an instance cannot be changed'
  [ "$(field transitEncryptionMode "${describe[@]}")" = SERVER_AUTHENTICATION ] || odd 'it speaks without TLS' \
    'it can be chosen only when an instance is made'
  network=$(field authorizedNetwork "${describe[@]}")
  compare 'its network' "${network##*/}" "$VPC_NETWORK" 'services must be in the network of Redis: set VPC_NETWORK and deploy'
}

# What both services have in common: name, and a description of the service.
look_at_service() {
  local name=$1 describe=(run services describe "$1" "--region=$SERVICE_REGION") secrets
  heading "Service $name"
  if [ "$(field 'status.conditions.filter("type:Ready").extract(status).flatten()' "${describe[@]}")" != True ]; then
    wrong 'its last revision does not run' "gcloud run services logs read $name --region=$SERVICE_REGION; a line of exit code 78 names the setting"
    return 1
  fi
  good "runs $(field 'spec.template.spec.containers[0].image' "${describe[@]}")"
  secrets=$(field 'spec.template.spec.containers[0].env[].name' "${describe[@]}")
  [[ $secrets == *REDIS_URL* || $secrets == *REDISHOST* ]] ||
    wrong 'it is not told where Redis is: neither REDIS_URL nor REDISHOST' "$HERE/deploy.sh"
}

look_at_connector() {
  look_at_service "$CONNECTOR_SERVICE_NAME" || return 0
  local describe=(run services describe "$CONNECTOR_SERVICE_NAME" "--region=$SERVICE_REGION") url status
  compare 'longest request' "$(field spec.template.spec.timeoutSeconds "${describe[@]}")" 3600 \
    "gcloud run services update $CONNECTOR_SERVICE_NAME --region=$SERVICE_REGION --timeout=3600"
  compare 'desktops on one instance' "$(field spec.template.spec.containerConcurrency "${describe[@]}")" 1000 \
    "gcloud run services update $CONNECTOR_SERVICE_NAME --region=$SERVICE_REGION --concurrency=1000"
  url=$(field status.url "${describe[@]}")
  status=$(curl --silent --max-time 30 --output /dev/null --write-out '%{http_code}' "$url/ready" || true)
  case $status in
    200) good "$url/ready: events can arrive" ;;
    503) wrong "$url/ready: Redis is out of reach" 'are service and Redis in one network, and are REDIS_URL and the certificates right?' ;;
    403) wrong "$url answers 403: browsers cannot reach it" \
      "gcloud run services add-iam-policy-binding $CONNECTOR_SERVICE_NAME --region=$SERVICE_REGION --member=allUsers --role=roles/run.invoker" ;;
    *) wrong "$url/ready answers '$status'" "gcloud run services logs read $CONNECTOR_SERVICE_NAME --region=$SERVICE_REGION" ;;
  esac
}

look_at_interceptor() {
  look_at_service "$INTERCEPTOR_SERVICE_NAME" || return 0
  local invokers
  invokers=$(cloud run services get-iam-policy "$INTERCEPTOR_SERVICE_NAME" "--region=$SERVICE_REGION" \
    '--flatten=bindings[].members[]' '--filter=bindings.role=roles/run.invoker' '--format=value(bindings.members)' 2>/dev/null || true)
  [[ $invokers == *"serviceAccount:$INVOKER_ACCOUNT"* ]] || wrong "Pub/Sub may not call it: $INVOKER_ACCOUNT is no invoker" "$HERE/deploy.sh"
  if [[ $invokers == *allUsers* ]]; then
    wrong 'everybody may push events into it' \
      "gcloud run services remove-iam-policy-binding $INTERCEPTOR_SERVICE_NAME --region=$SERVICE_REGION --member=allUsers --role=roles/run.invoker"
  else good 'only those may call it who are named'; fi
}

look_at_subscription() {
  local route=$1 topic=$2 subscription=$3 describe=(pubsub subscriptions describe "$3") deadline url
  url=$(field status.url run services describe "$INTERCEPTOR_SERVICE_NAME" "--region=$SERVICE_REGION")
  if [ -z "$(field name "${describe[@]}")" ]; then
    wrong "subscription $subscription does not exist" "$HERE/deploy.sh"
    return
  fi
  compare "$subscription: topic" "$(field topic "${describe[@]}")" "projects/$GCP_PROJECT_ID/topics/$topic" "delete it, and $HERE/deploy.sh"
  compare "$subscription: endpoint" "$(field pushConfig.pushEndpoint "${describe[@]}")" "$url/$route" "$HERE/deploy.sh"
  compare "$subscription: pushes as" "$(field pushConfig.oidcToken.serviceAccountEmail "${describe[@]}")" "$INVOKER_ACCOUNT" "$HERE/deploy.sh"
  deadline=$(field ackDeadlineSeconds "${describe[@]}")
  [ "${deadline:-0}" -ge 10 ] || wrong "$subscription: its deadline is '$deadline' s" "$HERE/deploy.sh"
  [ -z "$(field expirationPolicy.ttl "${describe[@]}")" ] || wrong "$subscription expires when nobody calls for a month" "$HERE/deploy.sh"
  [ -n "$(field deadLetterPolicy.deadLetterTopic "${describe[@]}")" ] || odd "$subscription has no dead-letter topic" "$HERE/deploy.sh"
}

look_at_pubsub() {
  heading 'Topics and subscriptions'
  local event route topic subscription
  for event in "${EVENTS[@]}"; do
    read -r route topic subscription <<<"$event"
    if [ -n "$(field name pubsub topics describe "$topic")" ]; then
      look_at_subscription "$route" "$topic" "$subscription"
    else wrong "topic $topic does not exist" "$HERE/deploy.sh"; fi
  done
}

look_at_profile() {
  local name=$1 json location=${PROFILE_LOCATION:-global} host=dialogflow.googleapis.com
  heading "Conversation profile $name"
  [[ $name == projects/* ]] || name=projects/$GCP_PROJECT_ID/locations/$location/conversationProfiles/$name
  [ "$location" = global ] || host=$location-dialogflow.googleapis.com
  json=$(curl --silent --fail --max-time 30 --header "x-goog-user-project: $GCP_PROJECT_ID" \
    --header @<(printf 'Authorization: Bearer %s\n' "$(cloud auth print-access-token)") "https://$host/v2/$name" || true)
  if [ -z "$json" ]; then
    wrong 'it cannot be read' 'is the id right, and PROFILE_LOCATION, if it is not global?'
    return
  fi
  python3 -c '
import json, sys
profile = json.load(sys.stdin)
wanted = zip(sys.argv[1::2], sys.argv[2::2])
for path, topic in wanted:
    found = profile
    for part in path.split("."):
        found = found.get(part, {})
    print(path, "ok" if found == {"topic": topic, "messageFormat": "JSON"} else json.dumps(found), sep="\t")
' notificationConfig "projects/$GCP_PROJECT_ID/topics/$CONVERSATION_LIFECYCLE_NOTIFICATIONS_TOPIC_ID" \
    newMessageEventNotificationConfig "projects/$GCP_PROJECT_ID/topics/$NEW_MESSAGE_NOTIFICATIONS_TOPIC_ID" \
    newRecognitionResultNotificationConfig "projects/$GCP_PROJECT_ID/topics/$NEW_RECOGNITION_RESULT_NOTIFICATION_TOPIC_ID" \
    humanAgentAssistantConfig.notificationConfig "projects/$GCP_PROJECT_ID/topics/$AGENT_ASSIST_NOTIFICATIONS_TOPIC_ID" \
    <<<"$json" >"$FINDINGS"
  local path finding
  while IFS=$'\t' read -r path finding; do
    if [ "$finding" = ok ]; then good "$path"; else
      wrong "$path is $finding: another topic, or not the message format JSON" "$HERE/profile.sh $1 --apply"
    fi
  done <"$FINDINGS"
}

need_gcloud
need curl 'It asks the services.'
read_settings
FINDINGS=$(mktemp)
trap 'rm -f "$FINDINGS"' EXIT
look_at_secret
look_at_redis
look_at_connector
look_at_interceptor
look_at_pubsub
[ $# -eq 0 ] || look_at_profile "$1"
say ''
[ "$WRONG" -eq 0 ] || fail "$WRONG things are wrong."
say 'Nothing is wrong. send-test-event.sh sends an event through all of it.'
