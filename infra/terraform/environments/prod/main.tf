# Real sales: three copies of every record, a longer memory, a protected clock.
locals {
  name = "retail-prod"
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      environment = local.name
      project     = "retail-lakehouse"
    }
  }
}

# User and key come from SNOWFLAKE_USER, SNOWFLAKE_AUTHENTICATOR and SNOWFLAKE_PRIVATE_KEY.
provider "snowflake" {
  organization_name = var.snowflake_organization
  account_name      = var.snowflake_account
  role              = "ACCOUNTADMIN"

  preview_features_enabled = [
    "snowflake_notification_integration_resource",
    "snowflake_storage_integration_resource",
  ]
}

module "house" {
  source = "../../modules/lakehouse"

  name                 = local.name
  bucket_prefix        = "${var.organisation}-${local.name}"
  vpc_id               = var.vpc_id
  subnet_ids           = var.subnet_ids
  release              = var.release
  emr_release_label    = var.emr_release_label
  default_currency     = var.default_currency
  default_zone         = var.default_zone
  alarm_mail_addresses = var.alarm_mail_addresses
  has_alert_webhook    = var.has_alert_webhook
  pipe_queue_arn       = var.pipe_queue_arn

  monthly_budget      = 4000
  keep_removed_days   = 30
  is_protected        = true
  kafka_instance_type = "kafka.m7g.large"
  kafka_volume_gib    = 600
  spark_maximum_cpus  = 48
  stream_workers      = { executors = 3, cores = 4, memory = "14g" }

  snowflake_account      = "${var.snowflake_organization}-${var.snowflake_account}"
  snowflake_prefix       = "RETAIL"
  snowflake_database     = "RETAIL_ANALYTICS"
  snowflake_credit_quota = 100

  snowflake_service_users = {
    MACHINE = {
      comment    = "Airflow host: deploys, refreshes external tables."
      role       = "ENGINEER"
      warehouse  = "LOAD_WH"
      public_key = var.machine_public_key
    }
  }
}
