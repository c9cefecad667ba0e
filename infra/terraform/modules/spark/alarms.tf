# The application prints one JSON line per batch; these filters read it. Without sales there is no batch and no line.

locals {
  namespace = "Retail/${var.name}"
  batch_metrics = {
    freshness_p95 = { unit = "Seconds", pattern = "{ $.event = \"batch\" && $.freshness_p95 = * }" }
    quarantined   = { unit = "Count", pattern = "{ $.event = \"batch\" }" }
    received      = { unit = "Count", pattern = "{ $.event = \"batch\" }" }
    seconds       = { unit = "Seconds", pattern = "{ $.event = \"batch\" }" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "batch" {
  for_each = local.batch_metrics

  name           = "${var.name}-batch-${each.key}"
  log_group_name = aws_cloudwatch_log_group.jobs["stream"].name
  pattern        = each.value.pattern

  metric_transformation {
    name      = each.key
    namespace = local.namespace
    value     = "$.${each.key}"
    unit      = each.value.unit
  }
}

resource "aws_cloudwatch_metric_alarm" "late" {
  alarm_name          = "${var.name}-stream-late"
  alarm_description   = "Sales reach gold later than ${var.freshness_seconds} s. See docs/runbook.md."
  namespace           = local.namespace
  metric_name         = "freshness_p95"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.freshness_seconds
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "quarantine" {
  alarm_name          = "${var.name}-quarantine"
  alarm_description   = "Many records were refused: `retail quarantine list` tells which and why."
  namespace           = local.namespace
  metric_name         = "quarantined"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.quarantine_limit
  period              = 900
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "stream_down" {
  alarm_name          = "${var.name}-stream-down"
  alarm_description   = "The continuous application does not run. Start it with the request in output stream_job_run."
  namespace           = "AWS/EMRServerless"
  metric_name         = "RunningJobs"
  dimensions          = { ApplicationId = aws_emrserverless_application.this["stream"].id }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${var.name}-job-failed"
  description = "A Spark job of ${var.name} failed"

  event_pattern = jsonencode({
    source        = ["aws.emr-serverless"]
    "detail-type" = ["EMR Serverless Job Run State Change"]
    detail = {
      state         = ["FAILED"]
      applicationId = [for application in aws_emrserverless_application.this : application.id]
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule = aws_cloudwatch_event_rule.failed.name
  arn  = var.alarm_topic_arn
}
