variable "bucket" {
  description = "Bucket of the lake."
  type        = string
}

variable "export_prefix" {
  description = "Folder of the exported sale lines, as the pipe reads it. Never a Delta table: MERGE and OPTIMIZE write rows again."
  type        = string

  validation {
    condition     = endswith(var.export_prefix, "export/sales_lines/")
    error_message = "The pipe reads @LANDING.EXPORT_STAGE/sales_lines/ only; expected a prefix that ends in export/sales_lines/."
  }
}

variable "pipe_queue_arn" {
  description = "notification_channel of the pipe (SHOW PIPES)."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:sf-snowpipe-", var.pipe_queue_arn))
    error_message = "Expected the queue of a Snowflake pipe, arn:aws:sqs:<region>:<account>:sf-snowpipe-…; see notification_channel in SHOW PIPES."
  }
}
