resource "google_redis_instance" "events" {
  name           = var.redis_name
  display_name   = "Agent Assist events"
  region         = var.region
  redis_version  = "REDIS_7_2"
  memory_size_gb = var.redis_memory_gib

  # With a replica: the basic tier is emptied by every maintenance, and events with it.
  tier                    = "STANDARD_HA"
  auth_enabled            = true
  transit_encryption_mode = "SERVER_AUTHENTICATION"

  authorized_network = data.google_compute_network.shared.id
  connect_mode       = "DIRECT_PEERING"

  redis_configs = {
    # A full Redis refuses events, which Pub/Sub then keeps; it must not forget some.
    maxmemory-policy = "noeviction"
  }

  maintenance_policy {
    weekly_maintenance_window {
      day = "SUNDAY"

      start_time {
        hours   = 3
        minutes = 0
        seconds = 0
        nanos   = 0
      }
    }
  }

  deletion_protection = var.deletion_protection
  depends_on          = [google_project_service.needed]
}

data "google_compute_network" "shared" {
  name       = var.network
  depends_on = [google_project_service.needed]
}

data "google_compute_subnetwork" "services" {
  name       = var.subnetwork
  region     = var.region
  depends_on = [google_project_service.needed]
}
