# Each service has an account of its own with what it needs and nothing else. Redis has no roles: who reaches it and
# knows its password is in.

resource "google_service_account" "connector" {
  account_id   = var.connector_name
  display_name = "Agent Assist UI connector"
  description  = "Calls Dialogflow for the agents' desktops."
  depends_on   = [google_project_service.needed]
}

resource "google_service_account" "interceptor" {
  account_id   = var.interceptor_name
  display_name = "Agent Assist Pub/Sub interceptor"
  description  = "Needs no rights on anything but its own secrets."
  depends_on   = [google_project_service.needed]
}

resource "google_service_account" "invoker" {
  account_id   = "cloud-run-pubsub-invoker"
  display_name = "Agent Assist Pub/Sub push"
  description  = "The account as which Pub/Sub calls the interceptor."
  depends_on   = [google_project_service.needed]
}

resource "google_project_iam_member" "connector_dialogflow" {
  project = var.project_id
  role    = "roles/dialogflow.agentAssistClient"
  member  = google_service_account.connector.member
}
