# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # what is set here is used by others, and the other way round
# APIs and service accounts. To be sourced.

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
  grant projects add-iam-policy-binding "$GCP_PROJECT_ID" --member="serviceAccount:$CONNECTOR_ACCOUNT" \
    --role=roles/dialogflow.agentAssistClient --condition=None
}
