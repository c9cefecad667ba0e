variable "name" {
  description = "Begins the names of all that belongs to this environment."
  type        = string
}

variable "key_arn" {
  description = "KMS key of lake, logs and secrets."
  type        = string
}

variable "release_label" {
  description = "EMR Serverless release. It must carry the Spark that the jars are made for (4.2); see docs/deploy_aws.md."
  type        = string

  validation {
    condition     = can(regex("^emr-", var.release_label))
    error_message = "Expected a release label of EMR Serverless, such as emr-spark-8.0.0."
  }
}

variable "release" {
  description = "Folder of the code bucket that holds retail.zip, environment.tar.gz, jars/ and the scripts of one version of the house."
  type        = string
}

variable "code_bucket" {
  description = "Name of the bucket of the code."
  type        = string
}

variable "code_bucket_arn" {
  description = "ARN of the bucket of the code."
  type        = string
}

variable "lake_bucket_arn" {
  description = "ARN of the bucket of the lake."
  type        = string
}

variable "state_bucket_arn" {
  description = "ARN of the bucket of the checkpoints."
  type        = string
}

variable "jars" {
  description = "File names of the jars that EMR does not bring."
  type        = list(string)
}

variable "stream_script" {
  description = "Script of the continuous application."
  type        = string
}

variable "hourly_script" {
  description = "Script of the hourly check."
  type        = string
}

variable "hourly_by_schedule" {
  description = "Whether the schedule starts the hourly job; false where Airflow does."
  type        = bool
  default     = true
}

variable "settings" {
  description = "RETAIL_… settings of the jobs; no secrets."
  type        = map(string)
}

variable "secret_settings" {
  description = "RETAIL_… settings that are secrets: name to ARN of the secret."
  type        = map(string)
}

variable "subnet_ids" {
  description = "Private subnets of the workers."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the workers."
  type        = string
}

variable "alarm_topic_arn" {
  description = "Where alarms go."
  type        = string
}

variable "stream_workers" {
  description = "Workers of the stream: cores and memory of driver and executors."
  type        = object({ executors = number, cores = number, memory = string })
  default     = { executors = 2, cores = 4, memory = "12g" }
}

variable "hourly_workers" {
  description = "Workers of the hourly job."
  type        = object({ executors = number, cores = number, memory = string })
  default     = { executors = 2, cores = 4, memory = "12g" }
}

variable "maximum_cpus" {
  description = "Most virtual CPUs of one application; with 4 GB each. The limit of the bill."
  type        = number
  default     = 24
}

variable "freshness_seconds" {
  description = "Alarm when p95 from till to gold is above this for five minutes."
  type        = number
  default     = 60
}

variable "quarantine_limit" {
  description = "Alarm when more records than this are refused in 15 minutes."
  type        = number
  default     = 100
}
