output "roles" {
  description = "Names of the roles by their short names."
  value       = { for key, role in snowflake_account_role.this : key => role.name }
}

output "warehouses" {
  description = "Names of the warehouses by their short names."
  value       = { for key, warehouse in snowflake_warehouse.this : key => warehouse.name }
}

output "database" {
  description = "Name of the database."
  value       = snowflake_database.this.name
}

output "users" {
  description = "Names of the service users."
  value       = { for key, user in snowflake_service_user.this : key => user.name }
}
