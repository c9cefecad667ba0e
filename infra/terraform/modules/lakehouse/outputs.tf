output "settings" {
  description = "RETAIL_… settings of this environment, for commands given by hand; no secrets."
  value       = merge(local.settings, local.warehouse_settings)
}

output "stream_job_run" {
  description = "Request that starts the continuous application."
  value       = module.spark.stream_job_run
}

output "hourly_job_run" {
  description = "Request that starts the hourly check by hand."
  value       = module.spark.hourly_job_run
}

output "topics" {
  description = "Settings that each topic must have."
  value       = module.kafka.topics
}

output "jars" {
  description = "Jars that belong into jars/ of the release."
  value       = local.jars
}

output "code_bucket" {
  description = "Where releases are uploaded."
  value       = module.code_bucket.name
}

output "airflow_instance_id" {
  description = "For Session Manager; null without Airflow."
  value       = one(module.airflow_host[*].instance_id)
}

output "notified_queue_arn" {
  description = "Queue that hears of exported files; null until the pipe stands."
  value       = one(module.pipe_notification[*].queue_arn)
}

output "snowflake_reader_role_arn" {
  description = "RETAIL_SNOWFLAKE_AWS_ROLE_ARN."
  value       = module.snowflake_access.reader_role_arn
}
