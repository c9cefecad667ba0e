variable "name" {
  description = "Begins the names of all that belongs to this environment, such as retail-dev."
  type        = string
}
