variable "name" {
  description = "Begins the names of the secrets."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the secrets."
  type        = string
}

variable "secrets" {
  description = "What each secret holds, by its name."
  type        = map(string)
}
