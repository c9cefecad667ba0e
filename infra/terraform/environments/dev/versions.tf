terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
    snowflake = {
      source  = "snowflakedb/snowflake"
      version = "~> 2.11"
    }
  }

  # Where the state lies is said at init: tofu init -backend-config=backend.hcl (bucket, key, region, kms_key_id,
  # use_lockfile = true).
  backend "s3" {}
}
