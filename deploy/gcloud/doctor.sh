#!/usr/bin/env bash
# Checks a deployment, and reports problems and how to fix them. Changes nothing.
#
#   deploy/gcloud/doctor.sh [PROFILE_ID]
#
# With the id of a conversation profile it looks at its topics and message formats too. Ends with 1 if something is wrong.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

WRONG=0
INTERCEPTOR_URL=''

good() { say "  ok     $*"; }
odd() { say "  look   $1" "         $2"; }
wrong() {
  WRONG=$((WRONG + 1))
  say "  WRONG  $1" "         fix: $2"
}
heading() { say '' "$*"; }

# Fields of what a command describes, separated by bars; fails if it does not exist.
fields() {
  local names=$1
  shift
  cloud "$@" "--format=csv[no-heading,separator='|']($names)" 2>/dev/null
}

# The roles in an IAM policy: a line for each role and member.
grants() { cloud "$@" '--flatten=bindings[].members' '--format=value(bindings.role,bindings.members)' 2>/dev/null || true; }

# Whether an account has a role: what that is good for, the account, the role, what grants says.
may() {
  if grep -q "^$3[[:space:]]serviceAccount:$2\$" <<<"$4"; then good "$1: $2"; else
    wrong "$1: $2 has not $3" "$HERE/deploy.sh"
  fi
}

# Compares a field: what it is called, what it is, what it should be, how to fix it.
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
  local found state version size tier encryption network
  found=$(fields state,redisVersion,memorySizeGb,tier,transitEncryptionMode,authorizedNetwork \
    redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" || true)
  IFS='|' read -r state version size tier encryption network <<<"$found"
  if [ "$state" != READY ]; then
    wrong "it is not ready: '$state'" "$HERE/deploy.sh creates it; or wait, if it is being maintained"
    return
  fi
  good "ready, $version, $size GiB"
  [ "$tier" = STANDARD_HA ] || odd "its tier is $tier: every maintenance empties it, and events that wait in it are lost" \
    'a standard instance has a replica; the tier of an instance cannot be changed'
  [ "$encryption" = SERVER_AUTHENTICATION ] || odd 'it speaks without TLS' 'it can be chosen only when an instance is made'
  compare 'its network' "${network##*/}" "$VPC_NETWORK" 'services must be in the network of Redis: set VPC_NETWORK and deploy'
}

# What both services have in common; sets URL, TIMEOUT and CONCURRENCY.
look_at_service() {
  local name=$1 found ready image variables
  heading "Service $name"
  found=$(fields 'status.conditions[0].status,spec.template.spec.containers[0].image,spec.template.spec.containers[0].env[].name,status.url,spec.template.spec.timeoutSeconds,spec.template.spec.containerConcurrency' \
    run services describe "$name" "--region=$SERVICE_REGION" || true)
  IFS='|' read -r ready image variables URL TIMEOUT CONCURRENCY <<<"$found"
  if [ "$ready" != True ]; then
    wrong 'its last revision does not run' "gcloud run services logs read $name --region=$SERVICE_REGION; a line of exit code 78 names the setting"
    return 1
  fi
  good "runs $image"
  [[ $variables == *REDIS_URL* || $variables == *REDISHOST* ]] ||
    wrong 'it has no address of Redis: neither REDIS_URL nor REDISHOST' "$HERE/deploy.sh"
}

look_at_connector() {
  look_at_service "$CONNECTOR_SERVICE_NAME" || return 0
  local status update="gcloud run services update $CONNECTOR_SERVICE_NAME --region=$SERVICE_REGION"
  compare 'longest request' "$TIMEOUT" 3600 "$update --timeout=3600"
  compare 'desktops on one instance' "$CONCURRENCY" 1000 "$update --concurrency=1000"
  status=$(curl --silent --max-time 30 --output /dev/null --write-out '%{http_code}' "$URL/ready" || true)
  case $status in
    200) good "$URL/ready: events can arrive" ;;
    503) wrong "$URL/ready: Redis is out of reach" 'are service and Redis in one network, and are REDIS_URL and the certificates right?' ;;
    403) wrong "$URL answers 403: browsers cannot reach it" \
      "gcloud run services add-iam-policy-binding $CONNECTOR_SERVICE_NAME --region=$SERVICE_REGION --member=allUsers --role=roles/run.invoker" ;;
    *) wrong "$URL/ready answers '$status'" "gcloud run services logs read $CONNECTOR_SERVICE_NAME --region=$SERVICE_REGION" ;;
  esac
}

look_at_interceptor() {
  look_at_service "$INTERCEPTOR_SERVICE_NAME" || return 0
  INTERCEPTOR_URL=$URL
  local invokers
  invokers=$(grants run services get-iam-policy "$INTERCEPTOR_SERVICE_NAME" "--region=$SERVICE_REGION")
  may 'may push into it' "$INVOKER_ACCOUNT" roles/run.invoker "$invokers"
  if [[ $invokers == *allUsers* ]]; then
    wrong 'every caller may push events into it' \
      "gcloud run services remove-iam-policy-binding $INTERCEPTOR_SERVICE_NAME --region=$SERVICE_REGION --member=allUsers --role=roles/run.invoker"
  else good 'only named accounts may'; fi
}

look_at_roles() {
  heading 'Roles'
  local number agent
  may 'may call Dialogflow' "$CONNECTOR_ACCOUNT" roles/dialogflow.agentAssistClient "$(grants projects get-iam-policy "$GCP_PROJECT_ID")"
  may 'may read the key' "$CONNECTOR_ACCOUNT" roles/secretmanager.secretAccessor "$(grants secrets get-iam-policy "$JWT_SECRET_NAME")"
  number=$(cloud projects describe "$GCP_PROJECT_ID" '--format=value(projectNumber)' 2>/dev/null || true)
  agent=service-$number@gcp-sa-pubsub.iam.gserviceaccount.com
  may 'may put dead letters away' "$agent" roles/pubsub.publisher "$(grants pubsub topics get-iam-policy "$DEAD_LETTER_TOPIC")"
  fields name pubsub subscriptions describe "$DEAD_LETTER_SUBSCRIPTION" >/dev/null ||
    wrong "subscription $DEAD_LETTER_SUBSCRIPTION does not exist: dead letters are lost" "$HERE/deploy.sh"
}

look_at_subscription() {
  local route=$1 wanted=projects/$GCP_PROJECT_ID/topics/$2 name=$3 found topic endpoint account deadline expires dead_letters
  found=$(fields topic,pushConfig.pushEndpoint,pushConfig.oidcToken.serviceAccountEmail,ackDeadlineSeconds,expirationPolicy.ttl,deadLetterPolicy.deadLetterTopic \
    pubsub subscriptions describe "$name") || {
    wrong "subscription $name does not exist" "$HERE/deploy.sh"
    return
  }
  IFS='|' read -r topic endpoint account deadline expires dead_letters <<<"$found"
  compare "$name: topic" "$topic" "$wanted" "delete it, and $HERE/deploy.sh"
  compare "$name: endpoint" "$endpoint" "$INTERCEPTOR_URL/$route" "$HERE/deploy.sh"
  compare "$name: pushes as" "$account" "$INVOKER_ACCOUNT" "$HERE/deploy.sh"
  [ "${deadline:-0}" -ge 10 ] || wrong "$name: its deadline is '$deadline' s" "$HERE/deploy.sh"
  [ -z "$expires" ] || wrong "$name expires after a month without calls" "$HERE/deploy.sh"
  [ -n "$dead_letters" ] || odd "$name has no dead-letter topic" "$HERE/deploy.sh"
}

look_at_pubsub() {
  heading 'Topics and subscriptions'
  local event route topic subscription
  for event in "${EVENTS[@]}"; do
    read -r route topic subscription <<<"$event"
    if fields name pubsub topics describe "$topic" >/dev/null; then
      look_at_subscription "$route" "$topic" "$subscription"
    else wrong "topic $topic does not exist" "$HERE/deploy.sh"; fi
  done
}

look_at_profile() {
  local json
  heading "Conversation profile $1"
  if ! json=$(dialogflow "$(profile_name "$1")" 2>/dev/null); then
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
    print(path, "ok" if found == {"topic": topic, "messageFormat": "JSON"} else json.dumps(found, sort_keys=True), sep="\t")
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
look_at_roles
look_at_pubsub
[ $# -eq 0 ] || look_at_profile "$1"
say ''
[ "$WRONG" -eq 0 ] || fail "$WRONG things are wrong."
say 'Nothing is wrong. send-test-event.sh sends an event through all of it.'
