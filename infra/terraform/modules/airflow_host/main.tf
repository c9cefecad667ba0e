# One machine for the clock: Airflow from the released code, in a private subnet, reached through Session Manager only.
# It holds nothing that cannot be made again: its runs stand in its own database on the disk, the data in the lake.

data "aws_partition" "here" {}
data "aws_caller_identity" "here" {}
data "aws_region" "here" {}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

locals {
  log_group = "/${var.name}/airflow"
}

resource "aws_instance" "this" {
  #checkov:skip=CKV2_AWS_41:The instance has its role by the profile in iam.tf.
  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [var.security_group_id]
  iam_instance_profile        = aws_iam_instance_profile.this.name
  associate_public_ip_address = false
  ebs_optimized               = true
  monitoring                  = true
  disable_api_termination     = var.is_protected
  user_data_replace_on_change = true

  user_data = templatefile("${path.module}/boot.sh.tftpl", {
    code         = "s3://${var.code_bucket}/${var.release}"
    region       = data.aws_region.here.region
    settings     = var.settings
    secrets      = var.secret_settings
    secret_files = var.secret_files
  })

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop: a container on the machine cannot take its role.
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted   = true
    kms_key_id  = var.key_arn
    volume_size = 60
    volume_type = "gp3"
  }

  tags = { Name = "${var.name}-airflow" }

  lifecycle {
    # A newer image is taken at the next change of ours, not whenever Amazon publishes one.
    ignore_changes = [ami]
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs of 90 days explain a fault; what happened to each record stands in the ledger for ever.
  name              = local.log_group
  kms_key_id        = var.key_arn
  retention_in_days = 90
}

resource "aws_cloudwatch_metric_alarm" "unwell" {
  alarm_name          = "${var.name}-airflow-unwell"
  alarm_description   = "The Airflow host fails its checks: reboot it, or replace it with terraform apply -replace."
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed"
  dimensions          = { InstanceId = aws_instance.this.id }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
}
