locals {
  # Alerts. Thresholds hold for all series of a policy.
  alerts = {
    events_wait = {
      title    = "Agent Assist: events wait in Pub/Sub"
      filter   = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = monitoring.regex.full_match(\"${join("|", [for event in local.events : event.subscription])}\")"
      aligner  = "ALIGN_MAX"
      above    = 60
      duration = "300s"
      text     = "Events have not been taken for a minute. Does the interceptor run, and does Redis answer? GET /status of the interceptor says."
    }
    dead_letters = {
      title    = "Agent Assist: events were dead-lettered"
      filter   = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"aa-dead-letter-sub\""
      aligner  = "ALIGN_MAX"
      above    = 0
      duration = "0s"
      text     = "Messages could not be recorded for hours and lie in aa-dead-letter-sub."
    }
    interceptor_errors = {
      title    = "Agent Assist: the interceptor refuses events"
      filter   = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"${var.interceptor_name}\" AND metric.labels.response_code_class = \"5xx\""
      aligner  = "ALIGN_RATE"
      above    = 1
      duration = "300s"
      text     = "503 means that Redis is not available or too slow. Pub/Sub keeps the events."
    }
    redis_memory = {
      title    = "Agent Assist: Redis is nearly full"
      filter   = "resource.type = \"redis_instance\" AND metric.type = \"redis.googleapis.com/stats/memory/usage_ratio\" AND resource.labels.instance_id = monitoring.regex.full_match(\".*/${var.redis_name}\")"
      aligner  = "ALIGN_MAX"
      above    = 0.8
      duration = "300s"
      text     = "A full Redis refuses events. Give it more memory, or keep fewer events."
    }
    connector_full = {
      title    = "Agent Assist: the connector's instances are nearly full"
      filter   = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/container/instance_count\" AND resource.labels.service_name = \"${var.connector_name}\" AND metric.labels.state = \"active\""
      aligner  = "ALIGN_MAX"
      above    = floor(var.connector_instances.max * 0.8)
      duration = "300s"
      text     = "Each instance holds 1,000 desktops. Raise connector_instances.max."
    }
  }
}

resource "google_monitoring_alert_policy" "alerts" {
  for_each = local.alerts

  display_name          = each.value.title
  combiner              = "OR"
  notification_channels = var.alert_channels

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = each.value.duration

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = each.value.aligner
      }
    }
  }

  documentation {
    content   = each.value.text
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.needed]
}

locals {
  # Two charts in a row.
  charts = [
    {
      title   = "Oldest event that waits in Pub/Sub, seconds"
      filter  = local.alerts.events_wait.filter
      aligner = "ALIGN_MAX"
      by      = "resource.label.subscription_id"
    },
    {
      title   = "Answers of the interceptor, each second"
      filter  = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"${var.interceptor_name}\""
      aligner = "ALIGN_RATE"
      by      = "metric.label.response_code"
    },
    {
      title   = "Instances of the connector"
      filter  = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/container/instance_count\" AND resource.labels.service_name = \"${var.connector_name}\""
      aligner = "ALIGN_MAX"
      by      = "metric.label.state"
    },
    {
      title   = "Processor of the connector, share of its limit"
      filter  = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/container/cpu/utilizations\" AND resource.labels.service_name = \"${var.connector_name}\""
      aligner = "ALIGN_PERCENTILE_99"
      by      = "resource.label.revision_name"
    },
    {
      title   = "Memory of Redis, share of what it has"
      filter  = local.alerts.redis_memory.filter
      aligner = "ALIGN_MAX"
      by      = "resource.label.instance_id"
    },
    {
      title   = "Dead-lettered events"
      filter  = local.alerts.dead_letters.filter
      aligner = "ALIGN_MAX"
      by      = "resource.label.subscription_id"
    },
  ]
}

resource "google_monitoring_dashboard" "overview" {
  dashboard_json = jsonencode({
    displayName = "Agent Assist backend"
    mosaicLayout = {
      columns = 12
      tiles = [for index, chart in local.charts : {
        xPos   = index % 2 * 6
        yPos   = floor(index / 2) * 4
        width  = 6
        height = 4
        widget = {
          title = chart.title
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = chart.filter
                  aggregation = {
                    alignmentPeriod    = "60s"
                    perSeriesAligner   = chart.aligner
                    crossSeriesReducer = "REDUCE_MAX"
                    groupByFields      = [chart.by]
                  }
                }
              }
            }]
          }
        }
      }]
    }
  })
  depends_on = [google_project_service.needed]
}
