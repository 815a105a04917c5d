locals {
  # Topic and subscription of each kind of event. The keys are the interceptor's routes.
  events = {
    "human-agent-assistant-event"               = { topic = "aa-new-suggestion-topic", subscription = "aa-new-suggestion-sub" }
    "new-message-event"                         = { topic = "aa-new-message-topic", subscription = "aa-new-message-sub" }
    "conversation-lifecycle-event"              = { topic = "aa-conversation-event-topic", subscription = "aa-conversation-event-sub" }
    "new-recognition-result-notification-event" = { topic = "aa-intermediate-transcript-topic", subscription = "aa-intermediate-transcript-event-sub" }
  }

  # What both services must agree on.
  common_environment = {
    GCP_PROJECT_ID          = var.project_id
    EVENT_RETENTION_SECONDS = tostring(var.event_retention.seconds)
    EVENT_RETENTION_MAX     = tostring(var.event_retention.events)
    REDIS_CA_CERT           = "${local.redis_ca_folder}/${local.redis_ca_file}"
  }

  connector_environment = merge(var.connector_settings, local.common_environment, {
    AUTH_OPTION          = var.auth_option
    CORS_ALLOWED_ORIGINS = join(",", var.cors_allowed_origins)
  })

  interceptor_environment = merge(var.interceptor_settings, local.common_environment)

  redis_ca_folder = "/redis-ca"
  redis_ca_file   = "server-ca.pem"
}
