variable "name" {
  description = "Begins the names of all AWS objects of this environment, such as retail-dev."
  type        = string
}

variable "bucket_prefix" {
  description = "Begins the names of the buckets; they are unique in the world, so put your organisation in front."
  type        = string
}

variable "vpc_id" {
  description = "VPC of brokers, workers and Airflow."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, two or three, one per zone, with a way to S3 (gateway endpoint) and to the internet (NAT) or endpoints."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2 && length(var.subnet_ids) <= 3
    error_message = "Expected two or three private subnets, each in a zone of its own."
  }
}

variable "release" {
  description = "Version of the house to run: a folder of the code bucket (docs/deploy_aws.md, step 3)."
  type        = string
}

variable "emr_release_label" {
  description = "EMR Serverless release; it must carry Spark 4.2."
  type        = string
}

variable "lake_prefix" {
  description = "RETAIL_LAKE_PREFIX: folder of the lake in its bucket; usually empty."
  type        = string
  default     = ""
}

variable "default_currency" {
  description = "RETAIL_DEFAULT_CURRENCY: currency of plain (v1) lines."
  type        = string
}

variable "default_zone" {
  description = "RETAIL_DEFAULT_ZONE: time zone of stores that are not in the master data."
  type        = string
}

variable "alarm_mail_addresses" {
  description = "Who hears alarms."
  type        = list(string)
}

variable "monthly_budget" {
  description = "US dollars a month for AWS."
  type        = number
}

variable "keep_removed_days" {
  description = "Days for which removed objects of the lake can be brought back."
  type        = number
  default     = 14
}

variable "kafka_instance_type" {
  description = "Size of a broker."
  type        = string
}

variable "kafka_volume_gib" {
  description = "Disk of a broker."
  type        = number
}

variable "spark_maximum_cpus" {
  description = "Most virtual CPUs of one Spark application."
  type        = number
}

variable "stream_workers" {
  description = "Workers of the stream."
  type        = object({ executors = number, cores = number, memory = string })
}

variable "has_airflow" {
  description = "Whether an Airflow host keeps the clock; without it a schedule starts the hourly check, and nothing publishes to Snowflake."
  type        = bool
  default     = true
}

variable "has_alert_webhook" {
  description = "Whether Airflow posts failures to a webhook; its address is put into the secret alert-webhook by hand."
  type        = bool
  default     = false
}

variable "is_protected" {
  description = "Whether the Airflow host refuses to be terminated."
  type        = bool
  default     = false
}

variable "snowflake_account" {
  description = "RETAIL_SNOWFLAKE_ACCOUNT: organisation-account."
  type        = string
}

variable "snowflake_prefix" {
  description = "RETAIL_SNOWFLAKE_PREFIX."
  type        = string
}

variable "snowflake_database" {
  description = "RETAIL_SNOWFLAKE_DATABASE."
  type        = string
}

variable "snowflake_credit_quota" {
  description = "Credits a month of all warehouses."
  type        = number
}

variable "snowflake_service_users" {
  description = "Users of machines; MACHINE is the Airflow host's."
  type = map(object({
    comment         = string
    role            = string
    warehouse       = string
    public_key      = string
    next_public_key = optional(string)
  }))
}

variable "pipe_queue_arn" {
  description = "notification_channel of LANDING.SALES_LINES_PIPE; empty until `retail warehouse apply` has made the pipe."
  type        = string
  default     = ""
}
