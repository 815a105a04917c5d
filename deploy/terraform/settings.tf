# Settings of the services that need no variable of their own here. docs/CONFIGURATION.md explains each.

locals {
  settings_of_both = [
    "HEADER_TIMEOUT_SECONDS", "LOG_FORMAT", "MAX_CONNECTIONS", "METRICS_PORT", "RUST_LOG", "TRUSTED_PROXIES", "WORKER_THREADS",
  ]
  settings_of_connector = concat(local.settings_of_both, [
    "APP_AUTH_OPTION", "AUTH_WEBHOOK_URL", "CONNECTION_LIFETIME_SECONDS", "CONSOLE",
    "DIALOGFLOW_ENDPOINT", "DIALOGFLOW_MAX_REQUESTS", "DIALOGFLOW_TIMEOUT_SECONDS", "GENESYS_CLOUD_BASE_URL",
    "GENESYS_CLOUD_ENVIRONMENT", "GENESYS_CLOUD_ORGANIZATION_ID", "JWT_SECRET_REFRESH_SECONDS",
    "JWT_TOKEN_LIFETIME_MINUTES", "MAX_LOGINS", "OIDC_AUDIENCE", "OIDC_ISSUER", "REFUSED_ATTEMPTS_PER_MINUTE",
    "SALESFORCE_BASE_URL", "SALESFORCE_DOMAIN", "SALESFORCE_ORGANIZATION_ID", "SESSION_GRACE_MINUTES",
    "SESSION_MAX_HOURS", "TWILIO_ACCOUNT_SID", "TWILIO_API_BASE_URL", "TWILIO_FLEX_BASE_URL",
    "TWILIO_FLEX_ENVIRONMENT",
  ])
  settings_of_interceptor = concat(local.settings_of_both, [
    "MALFORMED_MESSAGES", "PUBSUB_SUBSCRIPTIONS", "PUSH_AUTH_AUDIENCE", "PUSH_AUTH_KEYS_URL", "PUSH_AUTH_SERVICE_ACCOUNT",
    "PUSH_AUTH_TRUST_PLATFORM", "PUSH_ENDPOINTS", "REDIS_MIN_REPLICAS",
  ])
}

variable "connector_settings" {
  description = "Environment of the connector, such as { SALESFORCE_ORGANIZATION_ID = \"00D...\" }: the identity provider's settings, and all others of docs/CONFIGURATION.md. No secrets: they would be visible in the service."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.connector_settings), local.settings_of_connector)) == 0
    error_message = "Not a setting of the connector, or one that has a variable of its own: ${join(", ", setsubtract(keys(var.connector_settings), local.settings_of_connector))}."
  }
}

variable "interceptor_settings" {
  description = "The same for the interceptor, such as { MALFORMED_MESSAGES = \"reject\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.interceptor_settings), local.settings_of_interceptor)) == 0
    error_message = "Not a setting of the interceptor, or one that has a variable of its own: ${join(", ", setsubtract(keys(var.interceptor_settings), local.settings_of_interceptor))}."
  }
}
