variable "name" {
  description = "Name of the bucket; unique in the world."
  type        = string
}

variable "key_arn" {
  description = "KMS key of its objects."
  type        = string
}

variable "keep_removed_days" {
  description = "Days for which overwritten and deleted objects can be brought back."
  type        = number
  default     = 14
}

variable "cooling" {
  description = "Folders that are read less with age: prefix to days until Intelligent-Tiering."
  type        = map(number)
  default     = {}
}

variable "expiring" {
  description = "Folders whose objects are removed: prefix to days. Never a folder of a Delta table."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for prefix in keys(var.expiring) : !can(regex("(^|/)(bronze|silver|gold|ops|export|checkpoints)(/|$)", prefix))])
    error_message = "A Delta table, the export and a checkpoint lose rows when their objects expire; VACUUM removes what is not needed."
  }
}
