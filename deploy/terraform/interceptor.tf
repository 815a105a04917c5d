resource "google_cloud_run_v2_service" "interceptor" {
  name                = var.interceptor_name
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  deletion_protection = var.deletion_protection

  template {
    service_account = google_service_account.interceptor.email
    # Pub/Sub's deadline is below that.
    timeout                          = "30s"
    max_instance_request_concurrency = 500

    scaling {
      min_instance_count = var.interceptor_instances.min
      max_instance_count = var.interceptor_instances.max
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"

      network_interfaces {
        network    = data.google_compute_network.shared.id
        subnetwork = data.google_compute_subnetwork.services.id
      }
    }

    containers {
      image = var.interceptor_image

      dynamic "env" {
        for_each = local.interceptor_environment

        content {
          name  = env.key
          value = env.value
        }
      }

      env {
        name = "REDIS_URL"

        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.redis_url.secret_id
            version = "latest"
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
        # Its connection to Redis is looked after between the pushes too.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 60

        http_get {
          path = "/live"
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
        name       = "redis-ca"
        mount_path = local.redis_ca_folder
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
    google_secret_manager_secret_iam_member.redis_ca,
    google_secret_manager_secret_iam_member.redis_url,
    google_secret_manager_secret_version.redis_ca,
    google_secret_manager_secret_version.redis_url,
  ]
}

# No other account may push.
resource "google_cloud_run_v2_service_iam_member" "interceptor_invoker" {
  name     = google_cloud_run_v2_service.interceptor.name
  location = google_cloud_run_v2_service.interceptor.location
  role     = "roles/run.invoker"
  member   = google_service_account.invoker.member
}
