# Required.

variable "project_id" {
  description = "The Google Cloud project that is deployed into, and that all conversations belong to."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter. It is not the project's number."
  }
}

variable "connector_image" {
  description = "Image of ui-connector, with its registry and its tag or digest."
  type        = string

  validation {
    condition     = can(regex("^[^/ ]+/.+(:[^:/@]+|@sha256:[0-9a-f]{64})$", var.connector_image))
    error_message = "Name registry, path, and a tag or a digest: us-central1-docker.pkg.dev/PROJECT/agent-assist/ui-connector:TAG."
  }
}

variable "interceptor_image" {
  description = "Image of cloud-pubsub-interceptor, with its registry and its tag or digest."
  type        = string

  validation {
    condition     = can(regex("^[^/ ]+/.+(:[^:/@]+|@sha256:[0-9a-f]{64})$", var.interceptor_image))
    error_message = "Name registry, path, and a tag or a digest: us-central1-docker.pkg.dev/PROJECT/agent-assist/cloud-pubsub-interceptor:TAG."
  }
}

variable "auth_option" {
  description = "The identity provider for /register: Salesforce, SalesforceLWC, GenesysCloud, Twilio, Five9, OIDC or Webhook. Empty: none."
  type        = string

  validation {
    condition     = contains(["", "Salesforce", "SalesforceLWC", "GenesysCloud", "Twilio", "Five9", "OIDC", "Webhook"], var.auth_option)
    error_message = "Choose Salesforce, SalesforceLWC, GenesysCloud, Twilio, Five9, OIDC, Webhook, or the empty string for none."
  }
}

# Where.

variable "region" {
  description = "Region of everything that has one."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region looks like us-central1; a zone has one letter too many."
  }
}

variable "network" {
  description = "VPC network that Redis and the services share."
  type        = string
  default     = "default"
}

variable "subnetwork" {
  description = "Subnetwork of the services in that network and region. Cloud Run takes up to four addresses for each instance."
  type        = string
  default     = "default"
}

# Identity providers.

variable "auth_secrets" {
  description = "Settings of the identity provider that are secret: names of variables and of Secret Manager secrets that exist already, such as { FIVE9_TRUST_TOKEN = \"five9-trust-token\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.auth_secrets), ["FIVE9_TRUST_TOKEN"])) == 0
    error_message = "FIVE9_TRUST_TOKEN is the only setting that is secret."
  }
}

variable "cors_allowed_origins" {
  description = "Origins of the agents' pages, such as [\"https://desktop.example\"]. Other pages cannot call the HTTP routes."
  type        = list(string)

  validation {
    condition     = length(var.cors_allowed_origins) > 0 && alltrue([for origin in var.cors_allowed_origins : can(regex("^(\\*|https?://[^/]+)$", origin))])
    error_message = "Give at least one origin: scheme, host and port, without a path. [\"*\"] lets every page call."
  }
}

# How much.

variable "connector_instances" {
  description = "Fewest and most instances of the connector. Each holds up to 1,000 desktops: Cloud Run counts every WebSocket as a request."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 20 }

  validation {
    condition     = var.connector_instances.min >= 1 && var.connector_instances.max >= var.connector_instances.min
    error_message = "At least one instance must run, or the first desktop of the day waits, and not fewer at most than at least."
  }
}

variable "interceptor_instances" {
  description = "Fewest and most instances of the interceptor."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 10 }

  validation {
    condition     = var.interceptor_instances.min >= 0 && var.interceptor_instances.max >= max(1, var.interceptor_instances.min)
    error_message = "Not fewer instances at most than at least, and one at most at the least."
  }
}

variable "redis_memory_gib" {
  description = "Memory of Redis, GiB. A conversation with a full log takes about 0.7 MiB."
  type        = number
  default     = 5

  validation {
    condition     = var.redis_memory_gib >= 1 && var.redis_memory_gib <= 300
    error_message = "Memorystore has 1 to 300 GiB."
  }
}

variable "event_retention" {
  description = "How long, and how many events of each conversation, are kept for desktops that come back. Both services get the same."
  type        = object({ seconds = number, events = number })
  default     = { seconds = 900, events = 512 }

  validation {
    condition     = var.event_retention.seconds >= 1 && var.event_retention.seconds <= 86400 && var.event_retention.events >= 1 && var.event_retention.events <= 100000
    error_message = "1 to 86400 seconds and 1 to 100000 events."
  }
}

# Names, for existing deployments. The defaults are those of Google's scripts.

variable "connector_name" {
  description = "Name of the connector's service and service account."
  type        = string
  default     = "ui-connector"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.connector_name))
    error_message = "6 to 30 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "interceptor_name" {
  description = "Name of the interceptor's service and service account."
  type        = string
  default     = "cloud-pubsub-interceptor"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.interceptor_name))
    error_message = "6 to 30 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "redis_name" {
  description = "Name of the Redis instance."
  type        = string
  default     = "aa-integration-redis"
}

variable "jwt_secret_name" {
  description = "Name of the secret that signs the desktops' tokens."
  type        = string
  default     = "aa-integration-jwt-secret"
}

# When something is wrong.

variable "alert_channels" {
  description = "Notification channels of the alerts: projects/P/notificationChannels/N. None: the alerts are shown in the console only."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete Redis and the services."
  type        = bool
  default     = true
}
