variable "name" {
  description = "Begins the names of the AWS roles."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the lake and of the alarm topic."
  type        = string
}

variable "bucket" {
  description = "Bucket of the lake."
  type        = string
}

variable "lake_prefix" {
  description = "Folder of the lake in its bucket, empty or ending in a slash."
  type        = string
  default     = ""

  validation {
    condition     = var.lake_prefix == "" || endswith(var.lake_prefix, "/")
    error_message = "Expected nothing or a folder that ends in a slash."
  }
}

variable "alarm_topic_arn" {
  description = "Topic that is told of files that a pipe skipped."
  type        = string
}

variable "storage_integration" {
  description = "RETAIL_SNOWFLAKE_STORAGE_INTEGRATION."
  type        = string
}

variable "error_integration" {
  description = "RETAIL_SNOWFLAKE_ERROR_INTEGRATION."
  type        = string
}

variable "engineer_role" {
  description = "Role that makes the stages."
  type        = string
}

variable "loader_role" {
  description = "Role that owns the pipe."
  type        = string
}
