output "settings" {
  description = "RETAIL_… settings, for commands given by hand; no secrets."
  value       = module.house.settings
}

output "stream_job_run" {
  description = "Request that starts the continuous application."
  value       = module.house.stream_job_run
}

output "hourly_job_run" {
  description = "Request that starts the hourly check by hand."
  value       = module.house.hourly_job_run
}

output "jars" {
  description = "Jars that belong into jars/ of the release."
  value       = module.house.jars
}

output "code_bucket" {
  description = "Where releases are uploaded."
  value       = module.house.code_bucket
}

output "airflow_instance_id" {
  description = "For Session Manager."
  value       = module.house.airflow_instance_id
}

output "notified_queue_arn" {
  description = "Queue that hears of exported files."
  value       = module.house.notified_queue_arn
}
