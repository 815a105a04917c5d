resource "google_project_service" "needed" {
  for_each = toset([
    "compute.googleapis.com",
    "dialogflow.googleapis.com",
    "iam.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "redis.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
  ])

  service = each.key
  # Others may use it too.
  disable_on_destroy = false
}

data "google_project" "current" {
  project_id = var.project_id
}
