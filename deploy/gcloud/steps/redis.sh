# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # what is set here is used by others, and the other way round
# Redis, and the secrets. To be sourced.

# In a dry run: as it will be.
REDIS_HOST=HOST REDIS_PORT=6378 REDIS_ENCRYPTION=SERVER_AUTHENTICATION REDIS_AUTH=False REDIS_AUTHORITIES=CERTIFICATES

create_redis() {
  step 'Redis (about 10 minutes if it is new)'
  # With a replica, as the basic tier is emptied by every maintenance; and full memory must refuse events, not forget them.
  ensure "Redis $REDIS_INSTANCE_ID" redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" -- \
    redis instances create "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" "--size=$REDIS_SIZE_GIB" --tier=standard \
    --redis-version=redis_7_2 "--network=$VPC_NETWORK" --enable-auth --transit-encryption-mode=SERVER_AUTHENTICATION \
    --redis-config=maxmemory-policy=noeviction
  read_redis
}

# What the instance is like, as it may have been made by others: one that Google's scripts have made has neither a password
# nor TLS.
read_redis() {
  "$DRY_RUN" && return
  local describe=(redis instances describe "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION") fields
  fields=$(cloud "${describe[@]}" '--format=value(host,port,transitEncryptionMode,authEnabled)')
  IFS=$'\t' read -r REDIS_HOST REDIS_PORT REDIS_ENCRYPTION REDIS_AUTH <<<"$fields"
  REDIS_AUTHORITIES=$(cloud "${describe[@]}" '--flatten=serverCaCerts[]' '--format=value(serverCaCerts.cert)')
}

# Its URL, with the password.
redis_url() {
  local scheme=redis password=''
  [ "$REDIS_ENCRYPTION" != SERVER_AUTHENTICATION ] || scheme=rediss
  if [ "$REDIS_AUTH" = True ]; then
    password=$(cloud redis instances get-auth-string "$REDIS_INSTANCE_ID" "--region=$SERVICE_REGION" '--format=value(authString)')
    password=:$password@
  fi
  printf '%s://%s%s:%s' "$scheme" "$password" "$REDIS_HOST" "$REDIS_PORT"
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

# Lets accounts read a secret: its name, then the accounts.
allow_secret() {
  local secret=$1 address
  shift
  for address in "$@"; do
    grant secrets add-iam-policy-binding "$secret" --member="serviceAccount:$address" \
      --role=roles/secretmanager.secretAccessor
  done
}

create_secrets() {
  step 'Secrets'
  local key url
  create_secret "$JWT_SECRET_NAME"
  # A key that is there stays: another one would log out all agents. docs/OPERATIONS.md describes how to change it.
  if "$DRY_RUN" || ! cloud secrets versions describe latest "--secret=$JWT_SECRET_NAME" >/dev/null 2>&1; then
    key=$(openssl rand -hex 32)
    change_with_secret secrets versions add "$JWT_SECRET_NAME" --data-file=- <<<"$key"
  fi
  allow_secret "$JWT_SECRET_NAME" "$CONNECTOR_ACCOUNT"
  create_secret "$REDIS_URL_SECRET"
  url=$(redis_url)
  update_secret "$REDIS_URL_SECRET" <<<"$url"
  allow_secret "$REDIS_URL_SECRET" "$CONNECTOR_ACCOUNT" "$INTERCEPTOR_ACCOUNT"
  [ "$AUTH_OPTION" != Five9 ] || allow_secret "$FIVE9_TRUST_TOKEN_SECRET" "$CONNECTOR_ACCOUNT"
  if [ -n "$REDIS_AUTHORITIES" ]; then
    create_secret "$REDIS_CA_SECRET"
    update_secret "$REDIS_CA_SECRET" <<<"$REDIS_AUTHORITIES"
    allow_secret "$REDIS_CA_SECRET" "$CONNECTOR_ACCOUNT" "$INTERCEPTOR_ACCOUNT"
  fi
}
