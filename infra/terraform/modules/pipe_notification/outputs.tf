output "queue_arn" {
  description = "Queue that is told."
  value       = one(aws_s3_bucket_notification.export.queue).queue_arn
}
