output "reader_role_arn" {
  description = "RETAIL_SNOWFLAKE_AWS_ROLE_ARN."
  value       = aws_iam_role.reader.arn
}
