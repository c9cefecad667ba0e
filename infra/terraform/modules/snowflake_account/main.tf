# Account objects of Snowflake: the same that warehouse/sql/account makes where Terraform does not
# (RETAIL_SNOWFLAKE_ACCOUNT_OBJECTS=false there). A test compares the two. Everything inside the database is SQL's.

locals {
  roles = {
    ENGINEER = { comment = "Owns the database and deploys it.", parent = null }
    LOADER   = { comment = "Machines: refreshes external tables, owns pipe and task.", parent = "ENGINEER" }
    ANALYST  = { comment = "Reads all views; sees pseudonyms.", parent = "ENGINEER" }
    BI       = { comment = "Reports: reads sales and gold; pseudonyms are hashed once more.", parent = "ANALYST" }
  }

  # One warehouse per kind of work: a slow report never holds up the loading.
  warehouses = {
    LOAD_WH    = { comment = "Refresh, merge and deployment.", timeout = 3600, role = "LOADER" }
    ANALYST_WH = { comment = "Worksheets.", timeout = 1800, role = "ANALYST" }
    BI_WH      = { comment = "Power BI and the dashboard.", timeout = 300, role = "BI" }
  }
}

resource "snowflake_account_role" "this" {
  for_each = local.roles

  name    = "${var.prefix}_${each.key}"
  comment = each.value.comment
}

resource "snowflake_grant_account_role" "parent" {
  for_each = local.roles

  role_name        = snowflake_account_role.this[each.key].name
  parent_role_name = each.value.parent == null ? "SYSADMIN" : snowflake_account_role.this[each.value.parent].name
}

resource "snowflake_resource_monitor" "this" {
  name                      = "${var.prefix}_MONITOR"
  credit_quota              = var.credit_quota
  frequency                 = "MONTHLY"
  start_timestamp           = "IMMEDIATELY"
  notify_triggers           = [80]
  suspend_trigger           = 100
  suspend_immediate_trigger = 110
}

resource "snowflake_warehouse" "this" {
  for_each = local.warehouses

  name                                = "${var.prefix}_${each.key}"
  warehouse_size                      = "XSMALL"
  auto_suspend                        = 60
  auto_resume                         = "true"
  initially_suspended                 = true
  resource_monitor                    = snowflake_resource_monitor.this.name
  statement_timeout_in_seconds        = each.value.timeout
  statement_queued_timeout_in_seconds = 300
  comment                             = each.value.comment
}

resource "snowflake_grant_privileges_to_account_role" "warehouse" {
  for_each = local.warehouses

  account_role_name = snowflake_account_role.this[each.value.role].name
  privileges        = ["USAGE"]

  on_account_object {
    object_type = "WAREHOUSE"
    object_name = snowflake_warehouse.this[each.key].name
  }
}

resource "snowflake_grant_privileges_to_account_role" "tasks" {
  account_role_name = snowflake_account_role.this["LOADER"].name
  privileges        = ["EXECUTE TASK"]
  on_account        = true
}

resource "snowflake_database" "this" {
  name                            = var.database
  comment                         = "Retail lakehouse: gold over the lake, sale lines loaded by Snowpipe."
  data_retention_time_in_days     = var.retention_days
  drop_public_schema_on_creation  = true
  suspend_task_after_num_failures = 10
}

resource "snowflake_grant_ownership" "database" {
  account_role_name   = snowflake_account_role.this["ENGINEER"].name
  outbound_privileges = "COPY"

  on {
    object_type = "DATABASE"
    object_name = snowflake_database.this.name
  }
}

# Users of machines prove themselves with a key pair; Snowflake takes no password of theirs.
resource "snowflake_service_user" "this" {
  for_each = var.service_users

  name              = "${var.prefix}_${each.key}"
  comment           = each.value.comment
  rsa_public_key    = each.value.public_key
  rsa_public_key_2  = each.value.next_public_key
  default_role      = snowflake_account_role.this[each.value.role].name
  default_warehouse = snowflake_warehouse.this[each.value.warehouse].name
}

resource "snowflake_grant_account_role" "user" {
  for_each = var.service_users

  role_name = snowflake_account_role.this[each.value.role].name
  user_name = snowflake_service_user.this[each.key].name
}
