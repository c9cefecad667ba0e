output "stream_job_run" {
  description = "Request that starts the continuous application: aws emr-serverless start-job-run --cli-input-json."
  value       = jsonencode(local.stream_request)
}

output "hourly_job_run" {
  description = "Request that starts the hourly check by hand."
  value       = jsonencode(local.requests.hourly)
}

output "job_role_arn" {
  description = "Role of the jobs."
  value       = aws_iam_role.job.arn
}

output "application_arns" {
  description = "ARN of each application."
  value       = { for key, application in aws_emrserverless_application.this : key => application.arn }
}
