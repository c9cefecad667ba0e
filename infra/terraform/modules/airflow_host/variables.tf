variable "name" {
  description = "Begins the names of all that belongs to this environment."
  type        = string
}

variable "key_arn" {
  description = "KMS key of disk, logs and secrets."
  type        = string
}

variable "subnet_id" {
  description = "Private subnet with a way to S3, Secrets Manager, Session Manager, your package registries and Snowflake."
  type        = string
}

variable "security_group_id" {
  description = "Security group of the house: it reaches the brokers."
  type        = string
}

variable "instance_type" {
  description = "Size: Airflow takes about 1 GB, a Spark driver 3 GB."
  type        = string
  default     = "m7i.xlarge"
}

variable "is_protected" {
  description = "Whether the machine refuses to be terminated."
  type        = bool
  default     = false
}

variable "release" {
  description = "Folder of the code bucket of one version of the house."
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

variable "settings" {
  description = "RETAIL_… settings; no secrets."
  type        = map(string)
}

variable "secret_settings" {
  description = "RETAIL_… settings that are secrets: name to ARN of the secret."
  type        = map(string)
}

variable "secret_files" {
  description = "RETAIL_…_PATH settings whose file is a secret: name to ARN of the secret."
  type        = map(string)
  default     = {}
}

variable "application_arns" {
  description = "EMR Serverless applications that the clock may start jobs on."
  type        = map(string)
}

variable "job_role_arn" {
  description = "Role of the jobs."
  type        = string
}

variable "alarm_topic_arn" {
  description = "Where alarms go."
  type        = string
}
