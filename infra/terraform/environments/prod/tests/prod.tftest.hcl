variables {
  region                 = "eu-west-1"
  organisation           = "example"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-a", "subnet-b", "subnet-c"]
  release                = "1.2.3"
  emr_release_label      = "emr-spark-8.0.0"
  alarm_mail_addresses   = ["duty@example.com"]
  snowflake_organization = "EXAMPLE"
  snowflake_account      = "RETAIL"
  machine_public_key     = "MIIBtest"
}

run "the_first_step_needs_no_pipe" {
  command = plan

  assert {
    condition     = output.notified_queue_arn == null
    error_message = "the pipe does not stand yet"
  }
}

run "the_whole_environment_can_be_made" {
  command = apply

  variables {
    pipe_queue_arn = "arn:aws:sqs:eu-west-1:444455556666:sf-snowpipe-AIDATEST-abc"
  }

  assert {
    condition     = output.notified_queue_arn == var.pipe_queue_arn
    error_message = "exported files must be told to the pipe's queue"
  }

  assert {
    condition     = output.settings["RETAIL_SNOWFLAKE_PREFIX"] == "RETAIL"
    error_message = "dev and prod must not share roles or warehouses"
  }

  assert {
    condition     = output.settings["RETAIL_SNOWFLAKE_ACCOUNT_OBJECTS"] == "false"
    error_message = "roles and integrations are Terraform's here"
  }
}
