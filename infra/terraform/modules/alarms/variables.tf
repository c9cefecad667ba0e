variable "name" {
  description = "Begins the names of all that belongs to this environment."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the topic."
  type        = string
}

variable "mail_addresses" {
  description = "Who is told. Each must confirm the mail that AWS sends first."
  type        = list(string)

  validation {
    condition     = length(var.mail_addresses) > 0
    error_message = "An alarm that nobody hears is none: give at least one address."
  }
}

variable "monthly_budget" {
  description = "US dollars a month for AWS; a forecast above it raises an alarm."
  type        = number
}
