# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # what is set here is used by others, and the other way round
# The images, and the two services. To be sourced.

build_images() {
  step 'Images (about 10 minutes if they are built)'
  if [ -n "$CONNECTOR_IMAGE" ] && [ -n "$INTERCEPTOR_IMAGE" ]; then
    say "  $CONNECTOR_IMAGE and $INTERCEPTOR_IMAGE are given"
    return
  fi
  local commit tag
  commit=$(git -C "$ROOT" rev-parse --short=12 HEAD 2>/dev/null || true)
  tag=${commit:-$(date -u +%Y%m%d%H%M%S)}
  CONNECTOR_IMAGE=$REGISTRY/ui-connector:$tag INTERCEPTOR_IMAGE=$REGISTRY/cloud-pubsub-interceptor:$tag
  ensure "repository $ARTIFACT_REPOSITORY" artifacts repositories describe "$ARTIFACT_REPOSITORY" "--location=$SERVICE_REGION" -- \
    artifacts repositories create "$ARTIFACT_REPOSITORY" --repository-format=docker "--location=$SERVICE_REGION"
  change builds submit "$ROOT" "--config=$ROOT/deploy/cloudbuild.yaml" \
    "--substitutions=_REGISTRY=$REGISTRY,_TAG=$tag,_COMMIT=$commit,_DEPLOY=false,_TEST=false"
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
  if [ -n "$REDIS_AUTHORITIES" ]; then printf '%sREDIS_CA_CERT=/redis-ca/server-ca.pem' "$1"; fi
}

# A secret setting of the identity provider: the name of a secret that exists already.
provider_secret() {
  if [ "$AUTH_OPTION" = Five9 ]; then printf ',FIVE9_TRUST_TOKEN=%s:latest' "$FIVE9_TRUST_TOKEN_SECRET"; fi
}

mounted_secrets() {
  printf 'REDIS_URL=%s:latest' "$REDIS_URL_SECRET"
  if [ -n "$REDIS_AUTHORITIES" ]; then printf ',/redis-ca/server-ca.pem=%s:latest' "$REDIS_CA_SECRET"; fi
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
    "--set-secrets=/secret/jwt_secret_key=$JWT_SECRET_NAME:latest,$(mounted_secrets)$(provider_secret)"
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
  grant run services add-iam-policy-binding "$INTERCEPTOR_SERVICE_NAME" "--region=$SERVICE_REGION" \
    --member="serviceAccount:$INVOKER_ACCOUNT" --role=roles/run.invoker
}

service_url() {
  if "$DRY_RUN"; then printf 'https://%s.example' "$1"; else
    cloud run services describe "$1" "--region=$SERVICE_REGION" '--format=value(status.url)'
  fi
}
