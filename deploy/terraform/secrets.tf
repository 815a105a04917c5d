# The key that signs the desktops' tokens: made here, written once, and in no state. To change it, see docs/OPERATIONS.md.

ephemeral "random_password" "jwt" {
  length  = 64
  special = false
}

resource "google_secret_manager_secret" "jwt" {
  secret_id  = var.jwt_secret_name
  depends_on = [google_project_service.needed]

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "jwt" {
  secret                 = google_secret_manager_secret.jwt.id
  secret_data_wo         = ephemeral.random_password.jwt.result
  secret_data_wo_version = 1
}

resource "google_secret_manager_secret_iam_member" "jwt" {
  secret_id = google_secret_manager_secret.jwt.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.connector.member
}

# Where Redis is, with its password. Memorystore makes the password, so Terraform's state has it in the instance; guard
# the state.

resource "google_secret_manager_secret" "redis_url" {
  secret_id  = "${var.redis_name}-url"
  depends_on = [google_project_service.needed]

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "redis_url" {
  secret      = google_secret_manager_secret.redis_url.id
  secret_data = "rediss://:${google_redis_instance.events.auth_string}@${google_redis_instance.events.host}:${google_redis_instance.events.port}"
}

resource "google_secret_manager_secret_iam_member" "redis_url" {
  for_each = local.service_accounts

  secret_id = google_secret_manager_secret.redis_url.id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}

# The authorities that vouch for Redis. They are no secret; Cloud Run mounts files from secrets only.

resource "google_secret_manager_secret" "redis_ca" {
  secret_id  = "${var.redis_name}-ca"
  depends_on = [google_project_service.needed]

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "redis_ca" {
  secret      = google_secret_manager_secret.redis_ca.id
  secret_data = join("\n", google_redis_instance.events.server_ca_certs[*].cert)
}

resource "google_secret_manager_secret_iam_member" "redis_ca" {
  for_each = local.service_accounts

  secret_id = google_secret_manager_secret.redis_ca.id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}

# Secrets that exist already.

resource "google_secret_manager_secret_iam_member" "auth" {
  for_each = var.auth_secrets

  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.connector.member
}

locals {
  service_accounts = {
    connector   = google_service_account.connector.member
    interceptor = google_service_account.interceptor.member
  }
}
