variable "region" {
  description = "AWS region; Snowflake's account should stand in the same one."
  type        = string
}

variable "organisation" {
  description = "Begins the names of the buckets, which are unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,30}$", var.organisation))
    error_message = "Expected small letters, digits and dashes."
  }
}

variable "vpc_id" {
  description = "VPC of the house."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one per zone."
  type        = list(string)
}

variable "release" {
  description = "Version of the house to run: a folder of the code bucket."
  type        = string
}

variable "emr_release_label" {
  description = "EMR Serverless release; it must carry Spark 4.2 (docs/deploy_aws.md)."
  type        = string
}

variable "alarm_mail_addresses" {
  description = "Who hears alarms."
  type        = list(string)
}

variable "default_currency" {
  description = "Currency of plain (v1) lines."
  type        = string
  default     = "GBP"
}

variable "default_zone" {
  description = "Time zone of stores that are not in the master data."
  type        = string
  default     = "Europe/London"
}

variable "snowflake_organization" {
  description = "Snowflake organisation."
  type        = string
}

variable "snowflake_account" {
  description = "Snowflake account within the organisation."
  type        = string
}

variable "machine_public_key" {
  description = "Public key of the Airflow host's Snowflake user, without its header lines."
  type        = string
}

variable "pipe_queue_arn" {
  description = "notification_channel of LANDING.SALES_LINES_PIPE; empty until the pipe stands."
  type        = string
  default     = ""
}

variable "has_alert_webhook" {
  description = "Whether Airflow posts failures to a webhook (secret alert-webhook)."
  type        = bool
  default     = false
}
