resource "google_cloud_run_v2_service" "connector" {
  name                = var.connector_name
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = var.deletion_protection

  template {
    service_account = google_service_account.connector.email
    # The longest that Cloud Run lets a WebSocket live; connections are recycled a little earlier.
    timeout = "3600s"
    # Every WebSocket is a request. Cloud Run allows no more.
    max_instance_request_concurrency = 1000
    # Spares desktops that poll round trips through Redis; any instance can serve each of their requests.
    session_affinity = true

    scaling {
      min_instance_count = var.connector_instances.min
      max_instance_count = var.connector_instances.max
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"

      network_interfaces {
        network    = data.google_compute_network.shared.id
        subnetwork = data.google_compute_subnetwork.services.id
      }
    }

    containers {
      image = var.connector_image

      dynamic "env" {
        for_each = local.connector_environment

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = merge(var.auth_secrets, { REDIS_URL = google_secret_manager_secret.redis_url.secret_id })

        content {
          name = env.key

          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = "1"
          memory = "512Mi"
        }
        # Desktops are pinged, and events come from Redis, also when no request is under way.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 60

        http_get {
          path = "/ready"
        }
      }

      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 3
        failure_threshold = 3

        http_get {
          path = "/live"
        }
      }

      volume_mounts {
        name       = "jwt-secret"
        mount_path = "/secret"
      }

      volume_mounts {
        name       = "redis-ca"
        mount_path = local.redis_ca_folder
      }
    }

    volumes {
      name = "jwt-secret"

      secret {
        secret = google_secret_manager_secret.jwt.secret_id

        items {
          version = "latest"
          path    = "jwt_secret_key"
        }
      }
    }

    volumes {
      name = "redis-ca"

      secret {
        secret = google_secret_manager_secret.redis_ca.secret_id

        items {
          version = "latest"
          path    = local.redis_ca_file
        }
      }
    }
  }

  depends_on = [
    google_secret_manager_secret_iam_member.auth,
    google_secret_manager_secret_iam_member.jwt,
    google_secret_manager_secret_iam_member.redis_ca,
    google_secret_manager_secret_iam_member.redis_url,
    google_secret_manager_secret_version.jwt,
    google_secret_manager_secret_version.redis_ca,
    google_secret_manager_secret_version.redis_url,
  ]
}

# Desktops are browsers anywhere. What they may do is decided by their tokens.
resource "google_cloud_run_v2_service_iam_member" "connector_public" {
  name     = google_cloud_run_v2_service.connector.name
  location = google_cloud_run_v2_service.connector.location
  role     = "roles/run.invoker"
  member   = "allUsers"
}
