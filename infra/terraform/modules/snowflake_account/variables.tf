variable "prefix" {
  description = "RETAIL_SNOWFLAKE_PREFIX: begins the names of roles and warehouses."
  type        = string

  validation {
    condition     = can(regex("^[A-Z][A-Z0-9_]{0,99}$", var.prefix))
    error_message = "Expected capitals, digits and underscores, beginning with a letter."
  }
}

variable "database" {
  description = "RETAIL_SNOWFLAKE_DATABASE."
  type        = string

  validation {
    condition     = can(regex("^[A-Z][A-Z0-9_]{0,99}$", var.database))
    error_message = "Expected capitals, digits and underscores, beginning with a letter."
  }
}

variable "credit_quota" {
  description = "RETAIL_SNOWFLAKE_CREDIT_QUOTA: credits a month of all warehouses; then they are suspended."
  type        = number
}

variable "retention_days" {
  description = "Days for which a dropped or changed table can be brought back; more than 1 needs Enterprise Edition."
  type        = number
  default     = 1
}

variable "service_users" {
  description = "Users of machines: role and warehouse without the prefix, public key without its header lines; next_public_key while a key is changed."
  type = map(object({
    comment         = string
    role            = string
    warehouse       = string
    public_key      = string
    next_public_key = optional(string)
  }))
  default = {}
}
