# How Snowflake comes to the bucket, and how nobody else does. The integration is told the role's ARN (made from
# names, so that neither waits for the other); the role then trusts the integration's own user and external id.

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}

locals {
  reader_name = "${var.name}-snowflake-reader"
  errors_name = "${var.name}-snowflake-pipe-errors"
  role_arn    = "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:role"

  # The served folders; bronze and the rest of silver are not among them.
  folders = ["gold/", "ops/", "silver/quarantine/", "export/"]
}

resource "snowflake_storage_integration" "lake" {
  name                      = var.storage_integration
  type                      = "EXTERNAL_STAGE"
  storage_provider          = "S3"
  enabled                   = true
  storage_aws_role_arn      = "${local.role_arn}/${local.reader_name}"
  storage_allowed_locations = [for folder in local.folders : "s3://${var.bucket}/${var.lake_prefix}${folder}"]
  comment                   = "Read access to the served folders of the lake; bronze and the rest of silver are not among them."
}

resource "aws_iam_role" "reader" {
  name        = local.reader_name
  description = "Snowflake reads the served folders of ${var.bucket}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = snowflake_storage_integration.lake.storage_aws_iam_user_arn }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = snowflake_storage_integration.lake.storage_aws_external_id } }
    }]
  })
}

resource "aws_iam_role_policy" "reader" {
  name = "read-served-folders"
  role = aws_iam_role.reader.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = [for folder in local.folders : "arn:${data.aws_partition.here.partition}:s3:::${var.bucket}/${var.lake_prefix}${folder}*"]
      },
      {
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = ["arn:${data.aws_partition.here.partition}:s3:::${var.bucket}"]
        Condition = { StringLike = { "s3:prefix" = [for folder in local.folders : "${var.lake_prefix}${folder}*"] } }
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation"]
        Resource = ["arn:${data.aws_partition.here.partition}:s3:::${var.bucket}"]
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = [var.key_arn]
      },
    ]
  })
}

# A file that the pipe skipped is said here, beside the other alarms.
resource "snowflake_notification_integration" "pipe_errors" {
  name                  = var.error_integration
  type                  = "QUEUE"
  notification_provider = "AWS_SNS"
  direction             = "OUTBOUND"
  enabled               = true
  aws_sns_topic_arn     = var.alarm_topic_arn
  aws_sns_role_arn      = "${local.role_arn}/${local.errors_name}"
  comment               = "Errors of pipes."
}

resource "aws_iam_role" "pipe_errors" {
  name        = local.errors_name
  description = "Snowflake tells which files a pipe skipped"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = snowflake_notification_integration.pipe_errors.aws_sns_iam_user_arn }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = snowflake_notification_integration.pipe_errors.aws_sns_external_id } }
    }]
  })
}

resource "aws_iam_role_policy" "pipe_errors" {
  name = "publish"
  role = aws_iam_role.pipe_errors.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [var.alarm_topic_arn]
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.key_arn]
      },
    ]
  })
}

resource "snowflake_grant_privileges_to_account_role" "storage" {
  account_role_name = var.engineer_role
  privileges        = ["USAGE"]

  on_account_object {
    object_type = "INTEGRATION"
    object_name = snowflake_storage_integration.lake.name
  }
}

resource "snowflake_grant_privileges_to_account_role" "errors" {
  account_role_name = var.loader_role
  privileges        = ["USAGE"]

  on_account_object {
    object_type = "INTEGRATION"
    object_name = snowflake_notification_integration.pipe_errors.name
  }
}
