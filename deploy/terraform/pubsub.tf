resource "google_pubsub_topic" "events" {
  # checkov:skip=CKV_GCP_83: Google encrypts what rests in Pub/Sub; a key of one's own is the organization's choice.
  for_each = local.events

  name       = each.value.topic
  depends_on = [google_project_service.needed]
}

resource "google_pubsub_subscription" "events" {
  for_each = local.events

  name  = each.value.subscription
  topic = google_pubsub_topic.events[each.key].id

  # The interceptor answers within 2 s, also when it cannot help.
  ack_deadline_seconds       = 20
  message_retention_duration = "604800s"

  push_config {
    push_endpoint = "${google_cloud_run_v2_service.interceptor.uri}/${each.key}"

    oidc_token {
      service_account_email = google_service_account.invoker.email
      audience              = google_cloud_run_v2_service.interceptor.uri
    }
  }

  # A message that is late is of little use, so the first attempts come soon.
  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "60s"
  }

  # Only what cannot be recorded for hours gets there: malformed messages are acknowledged and quarantined.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 100
  }

  # Never, also without calls for a month.
  expiration_policy {
    ttl = ""
  }

  depends_on = [google_cloud_run_v2_service_iam_member.interceptor_invoker]
}

resource "google_pubsub_topic" "dead_letters" {
  # checkov:skip=CKV_GCP_83: Google encrypts what rests in Pub/Sub; a key of one's own is the organization's choice.
  name       = "aa-dead-letter-topic"
  depends_on = [google_project_service.needed]
}

# A dead-letter topic without a subscription loses what it gets.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "aa-dead-letter-sub"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.current.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  topic  = google_pubsub_topic.dead_letters.id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = local.events

  subscription = google_pubsub_subscription.events[each.key].id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
