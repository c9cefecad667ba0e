variables {
  prefix       = "RETAIL"
  database     = "RETAIL_ANALYTICS"
  credit_quota = 20

  service_users = {
    MACHINE = { comment = "Refreshes and loads.", role = "LOADER", warehouse = "LOAD_WH", public_key = "MIIBtest" }
  }
}

run "readers_inherit_from_nobody_who_writes" {
  command = plan

  assert {
    condition = (
      snowflake_grant_account_role.parent["BI"].parent_role_name == "RETAIL_ANALYST" &&
      snowflake_grant_account_role.parent["ANALYST"].parent_role_name == "RETAIL_ENGINEER" &&
      snowflake_grant_account_role.parent["LOADER"].parent_role_name == "RETAIL_ENGINEER" &&
      snowflake_grant_account_role.parent["ENGINEER"].parent_role_name == "SYSADMIN"
    )
    error_message = "BI < ANALYST < ENGINEER < SYSADMIN, and LOADER < ENGINEER"
  }
}

run "no_warehouse_spends_without_the_monitor" {
  command = plan

  assert {
    condition     = alltrue([for warehouse in snowflake_warehouse.this : warehouse.resource_monitor == "RETAIL_MONITOR" && warehouse.auto_suspend == 60])
    error_message = "every warehouse stands under the monitor and sleeps after a minute"
  }

  assert {
    condition     = snowflake_resource_monitor.this.suspend_trigger == 100 && snowflake_resource_monitor.this.credit_quota == 20
    error_message = "at the quota the warehouses stop"
  }
}

run "machines_have_keys_and_the_least_role" {
  command = plan

  assert {
    condition     = snowflake_service_user.this["MACHINE"].rsa_public_key == "MIIBtest" && snowflake_grant_account_role.user["MACHINE"].role_name == "RETAIL_LOADER"
    error_message = "the machine is a loader that proves itself with its key"
  }
}

run "a_name_that_would_end_its_quotes_is_refused" {
  command = plan

  variables {
    prefix = "RETAIL\"; DROP"
  }

  expect_failures = [var.prefix]
}
