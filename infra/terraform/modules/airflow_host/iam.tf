resource "aws_iam_role" "this" {
  name        = "${var.name}-airflow"
  description = "The Airflow host of ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-airflow"
  role = aws_iam_role.this.name
}

# Session Manager: the way in, without an open port and without a key file.
resource "aws_iam_role_policy_attachment" "session" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "this" {
  name = "clock"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadCode"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${var.code_bucket_arn}/*"]
      },
      {
        Sid      = "FindObjects"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
        Resource = [var.code_bucket_arn, var.lake_bucket_arn, var.state_bucket_arn]
      },
      {
        # Gates, export and maintenance are written by jobs that the clock starts here.
        Sid      = "WriteLakeAndPositions"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = ["${var.lake_bucket_arn}/*", "${var.state_bucket_arn}/*"]
      },
      {
        Sid      = "UseTheKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.key_arn]
      },
      {
        Sid      = "ReadItsSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = concat(values(var.secret_settings), values(var.secret_files))
      },
      {
        Sid      = "StartJobs"
        Effect   = "Allow"
        Action   = ["emr-serverless:StartJobRun", "emr-serverless:ListJobRuns"]
        Resource = values(var.application_arns)
      },
      {
        Sid      = "WatchAndStopJobs"
        Effect   = "Allow"
        Action   = ["emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"]
        Resource = [for arn in values(var.application_arns) : "${arn}/jobruns/*"]
      },
      {
        Sid       = "JobsRunAsTheirRole"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [var.job_role_arn]
        Condition = { StringEquals = { "iam:PassedToService" = "emr-serverless.amazonaws.com" } }
      },
    ]
  })
}
