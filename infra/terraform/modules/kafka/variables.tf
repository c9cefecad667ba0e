variable "name" {
  description = "Name of the cluster and of all that belongs to it."
  type        = string
}

variable "key_arn" {
  description = "KMS key of disks and logs."
  type        = string
}

variable "vpc_id" {
  description = "VPC of the brokers."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one per zone; the number of brokers is a multiple of theirs."
  type        = list(string)
}

variable "clients_security_group_id" {
  description = "Security group of those who may speak to the brokers."
  type        = string
}

variable "client_ports" {
  description = "9094 is TLS, the only one that the brokers offer."
  type        = list(string)
  default     = ["9094"]
}

variable "kafka_version" {
  description = "A version that MSK offers; clients of the house are 3.9."
  type        = string
  default     = "3.9.x"
}

variable "broker_count" {
  description = "Brokers; a multiple of the subnets."
  type        = number
  default     = 3
}

variable "instance_type" {
  description = "Size of a broker."
  type        = string
  default     = "kafka.m7g.large"
}

variable "volume_gib" {
  description = "Disk of each broker. 1,000 records of 1 kB a second, kept seven days in three copies, are 600 GB on each of three."
  type        = number
  default     = 200
}

variable "topics" {
  description = "Settings of each topic as its contract has them (kafka.…)."
  type        = map(map(string))
}

variable "alarm_topic_arn" {
  description = "Where alarms go."
  type        = string
}
