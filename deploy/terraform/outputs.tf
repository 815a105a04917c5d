output "connector_url" {
  description = "Where the agents' desktops connect to."
  value       = google_cloud_run_v2_service.connector.uri
}

output "interceptor_url" {
  description = "URL that Pub/Sub pushes to. It answers no other caller."
  value       = google_cloud_run_v2_service.interceptor.uri
}

output "topics" {
  description = "Topics for the conversation profile, by kind of event."
  value       = { for kind, topic in google_pubsub_topic.events : kind => topic.id }
}

output "next_steps" {
  description = "What is left to do."
  value       = <<-EOT
    1. Look whether it runs:   curl ${google_cloud_run_v2_service.connector.uri}/status
    2. Bind the conversation profile to the topics, with the message format JSON:
         deploy/gcloud/profile.sh --project ${var.project_id} --profile PROFILE_ID --apply
    3. Point the desktops at ${google_cloud_run_v2_service.connector.uri}
  EOT
}
