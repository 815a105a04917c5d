#!/usr/bin/env bash
# Puts the whole system into a Google Cloud project. What exists already is left as it is, so it can be run again:
# after an error, to change settings, or to bring out new images.
#
#   deploy/gcloud/deploy.sh [--dry-run] [--skip-test]
#
# Settings: deploy/gcloud/.env, see .env.sample. --dry-run shows every command and carries out none.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

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

enable_apis() {
  step 'APIs'
  change services enable artifactregistry.googleapis.com cloudbuild.googleapis.com compute.googleapis.com \
    dialogflow.googleapis.com iam.googleapis.com pubsub.googleapis.com redis.googleapis.com run.googleapis.com \
    secretmanager.googleapis.com
}

create_account() {
  local name=$1 address=$2 title=$3
  ensure "service account $address" iam service-accounts describe "$address" -- \
    iam service-accounts create "$name" --display-name="$title"
}

create_accounts() {
  step 'Service accounts'
  create_account "$CONNECTOR_SERVICE_ACCOUNT_NAME" "$CONNECTOR_ACCOUNT" 'Agent Assist UI connector'
  create_account "$INTERCEPTOR_SERVICE_ACCOUNT_NAME" "$INTERCEPTOR_ACCOUNT" 'Agent Assist Pub/Sub interceptor'
  create_account "$CLOUD_RUN_PUBSUB_INVOKER_NAME" "$INVOKER_ACCOUNT" 'Agent Assist Pub/Sub push'
  change projects add-iam-policy-binding "$GCP_PROJECT_ID" --member="serviceAccount:$CONNECTOR_ACCOUNT" \
    --role=roles/dialogflow.agentAssistClient --condition=None --format=none
}

create_redis() {
  step 'Redis (about 10 minutes if it is new)'
  # With a replica, as the basic tier is emptied by every maintenance; and full memory must refuse events, not forget them.
  ensure "Redis $REDIS_INSTANCE_ID" redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" -- \
    redis instances create "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" "--size=$REDIS_SIZE_GIB" --tier=standard \
    --redis-version=redis_7_2 "--network=$VPC_NETWORK" --enable-auth --transit-encryption-mode=SERVER_AUTHENTICATION \
    --redis-config=maxmemory-policy=noeviction
}

redis_field() {
  "$DRY_RUN" || cloud redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" "--format=value($1)"
}

# The URL of the instance as it is: one that Google's scripts have made has neither a password nor TLS.
redis_url() {
  local scheme=redis password=''
  [ "$(redis_field transitEncryptionMode)" != SERVER_AUTHENTICATION ] || scheme=rediss
  if [ "$(redis_field authEnabled)" = True ]; then
    password=:$(cloud redis instances get-auth-string "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" '--format=value(authString)')@
  fi
  printf '%s://%s%s:%s' "$scheme" "$password" "$(redis_field host)" "$(redis_field port)"
}

redis_authorities() {
  "$DRY_RUN" || cloud redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" \
    '--flatten=serverCaCerts[]' '--format=value(serverCaCerts.cert)'
}

create_secret() {
  ensure "secret $1" secrets describe "$1" -- \
    secrets create "$1" --replication-policy=user-managed "--locations=$SERVICE_REGION"
}

# Adds a version with what comes on standard input, unless the latest one is the same.
update_secret() {
  local wanted
  wanted=$(cat)
  if ! "$DRY_RUN" && [ "$(cloud secrets versions access latest "--secret=$1" 2>/dev/null || true)" = "$wanted" ]; then
    say "  secret $1: up to date"
  else
    change_with_secret secrets versions add "$1" --data-file=- <<<"$wanted"
  fi
}

# Who may read a secret: its name, then accounts.
allow_secret() {
  local secret=$1 address
  shift
  for address in "$@"; do
    change secrets add-iam-policy-binding "$secret" --member="serviceAccount:$address" \
      --role=roles/secretmanager.secretAccessor --format=none
  done
}

create_secrets() {
  step 'Secrets'
  create_secret "$JWT_SECRET_NAME"
  # A key that is there stays: another one would log everybody out. docs/OPERATIONS.md tells how to change it.
  if "$DRY_RUN" || ! cloud secrets versions describe latest "--secret=$JWT_SECRET_NAME" >/dev/null 2>&1; then
    openssl rand -hex 32 | change_with_secret secrets versions add "$JWT_SECRET_NAME" --data-file=-
  fi
  allow_secret "$JWT_SECRET_NAME" "$CONNECTOR_ACCOUNT"
  create_secret "$REDIS_URL_SECRET"
  redis_url | update_secret "$REDIS_URL_SECRET"
  allow_secret "$REDIS_URL_SECRET" "$CONNECTOR_ACCOUNT" "$INTERCEPTOR_ACCOUNT"
  if "$DRY_RUN" || [ -n "$(redis_authorities)" ]; then
    create_secret "$REDIS_CA_SECRET"
    redis_authorities | update_secret "$REDIS_CA_SECRET"
    allow_secret "$REDIS_CA_SECRET" "$CONNECTOR_ACCOUNT" "$INTERCEPTOR_ACCOUNT"
  fi
}

build_images() {
  step 'Images (about 10 minutes if they are built)'
  if [ -n "$CONNECTOR_IMAGE" ] && [ -n "$INTERCEPTOR_IMAGE" ]; then
    say "  $CONNECTOR_IMAGE and $INTERCEPTOR_IMAGE are given"
    return
  fi
  local tag
  tag=$(git -C "$ROOT" rev-parse --short=12 HEAD 2>/dev/null || date -u +%Y%m%d%H%M%S)
  CONNECTOR_IMAGE=$REGISTRY/ui-connector:$tag INTERCEPTOR_IMAGE=$REGISTRY/cloud-pubsub-interceptor:$tag
  ensure "repository $ARTIFACT_REPOSITORY" artifacts repositories describe "$ARTIFACT_REPOSITORY" "--location=$SERVICE_REGION" -- \
    artifacts repositories create "$ARTIFACT_REPOSITORY" --repository-format=docker "--location=$SERVICE_REGION"
  change builds submit "$ROOT" "--config=$ROOT/deploy/cloudbuild.yaml" \
    "--substitutions=_REGISTRY=$REGISTRY,_TAG=$tag,_DEPLOY=false,_TEST=false"
}

# The environment of the connector, as gcloud takes it, with another separator than the comma.
connector_environment() {
  local name list="GCP_PROJECT_ID=$GCP_PROJECT_ID"
  for name in AUTH_OPTION APP_AUTH_OPTION SALESFORCE_DOMAIN SALESFORCE_ORGANIZATION_ID GENESYS_CLOUD_ENVIRONMENT \
    GENESYS_CLOUD_ORGANIZATION_ID TWILIO_FLEX_ENVIRONMENT TWILIO_ACCOUNT_SID OIDC_ISSUER OIDC_AUDIENCE AUTH_WEBHOOK_URL \
    CORS_ALLOWED_ORIGINS; do
    [ -z "${!name}" ] || list+="|$name=${!name}"
  done
  printf '^|^%s%s' "$list" "$(authorities_file '|')"
}

# Where the certificates are mounted, if Redis has some.
authorities_file() {
  if "$DRY_RUN" || [ -n "$(redis_authorities)" ]; then printf '%sREDIS_CA_CERT=/redis-ca/server-ca.pem' "$1"; fi
}

mounted_secrets() {
  printf 'REDIS_URL=%s:latest' "$REDIS_URL_SECRET"
  if "$DRY_RUN" || [ -n "$(redis_authorities)" ]; then printf ',/redis-ca/server-ca.pem=%s:latest' "$REDIS_CA_SECRET"; fi
}

readonly PROBE='timeoutSeconds=1,periodSeconds=1,failureThreshold=60'

deploy_connector() {
  step 'Connector'
  change run deploy "$CONNECTOR_SERVICE_NAME" "--image=$CONNECTOR_IMAGE" "--region=$SERVICE_REGION" \
    "--service-account=$CONNECTOR_ACCOUNT" --allow-unauthenticated --timeout=3600 --concurrency=1000 --session-affinity \
    --cpu=1 --memory=512Mi --no-cpu-throttling --cpu-boost \
    "--min-instances=$CONNECTOR_MIN_INSTANCES" "--max-instances=$CONNECTOR_MAX_INSTANCES" \
    "--network=$VPC_NETWORK" "--subnet=$VPC_SUBNET" --vpc-egress=private-ranges-only \
    "--startup-probe=httpGet.path=/ready,$PROBE" --liveness-probe=httpGet.path=/live,timeoutSeconds=3 \
    "--set-env-vars=$(connector_environment)" \
    "--set-secrets=/secret/jwt_secret_key=$JWT_SECRET_NAME:latest,$(mounted_secrets)"
}

deploy_interceptor() {
  step 'Interceptor'
  change run deploy "$INTERCEPTOR_SERVICE_NAME" "--image=$INTERCEPTOR_IMAGE" "--region=$SERVICE_REGION" \
    "--service-account=$INTERCEPTOR_ACCOUNT" --no-allow-unauthenticated --ingress=internal --timeout=30 --concurrency=500 \
    --cpu=1 --memory=512Mi --no-cpu-throttling --cpu-boost \
    "--min-instances=$INTERCEPTOR_MIN_INSTANCES" "--max-instances=$INTERCEPTOR_MAX_INSTANCES" \
    "--network=$VPC_NETWORK" "--subnet=$VPC_SUBNET" --vpc-egress=private-ranges-only \
    "--startup-probe=httpGet.path=/live,$PROBE" --liveness-probe=httpGet.path=/live,timeoutSeconds=3 \
    "--set-env-vars=GCP_PROJECT_ID=$GCP_PROJECT_ID$(authorities_file ,)" "--set-secrets=$(mounted_secrets)"
  change run services add-iam-policy-binding "$INTERCEPTOR_SERVICE_NAME" "--region=$SERVICE_REGION" \
    --member="serviceAccount:$INVOKER_ACCOUNT" --role=roles/run.invoker --format=none
}

service_url() {
  if "$DRY_RUN"; then printf 'https://%s.example' "$1"; else
    cloud run services describe "$1" "--region=$SERVICE_REGION" '--format=value(status.url)'
  fi
}

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
  change pubsub topics add-iam-policy-binding "$DEAD_LETTER_TOPIC" "--member=$agent" --role=roles/pubsub.publisher --format=none
  for event in "${EVENTS[@]}"; do
    read -r route topic subscription <<<"$event"
    create_subscription "$route" "$topic" "$subscription"
    change pubsub subscriptions add-iam-policy-binding "$subscription" "--member=$agent" --role=roles/pubsub.subscriber --format=none
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
