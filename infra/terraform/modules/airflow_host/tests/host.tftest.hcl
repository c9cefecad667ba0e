variables {
  name              = "retail-test"
  key_arn           = "arn:aws:kms:eu-west-1:111122223333:key/test"
  subnet_id         = "subnet-a"
  security_group_id = "sg-house"
  release           = "1.2.3"
  code_bucket       = "retail-test-code"
  code_bucket_arn   = "arn:aws:s3:::retail-test-code"
  lake_bucket_arn   = "arn:aws:s3:::retail-test-lake"
  state_bucket_arn  = "arn:aws:s3:::retail-test-state"
  settings          = { RETAIL_BUCKET = "retail-test-lake" }
  secret_settings   = { RETAIL_CUSTOMER_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:customer" }
  secret_files      = { RETAIL_SNOWFLAKE_PRIVATE_KEY_PATH = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key" }
  application_arns  = { stream = "arn:aws:emr-serverless:eu-west-1:111122223333:/applications/1" }
  job_role_arn      = "arn:aws:iam::111122223333:role/job"
  alarm_topic_arn   = "arn:aws:sns:eu-west-1:111122223333:alarms"
}

run "the_host_cannot_be_reached_from_outside" {
  command = plan

  assert {
    condition     = !aws_instance.this.associate_public_ip_address
    error_message = "no public address: the way in is Session Manager"
  }

  assert {
    condition     = one(aws_instance.this.metadata_options).http_tokens == "required"
    error_message = "IMDSv2 only"
  }
}

run "the_boot_script_names_secrets_and_tells_none" {
  command = apply

  assert {
    condition     = strcontains(aws_instance.this.user_data, "value=$(fetch 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:customer')")
    error_message = "the host fetches secrets at each start"
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, "fetch 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:key' > '/run/retail/RETAIL_SNOWFLAKE_PRIVATE_KEY_PATH'")
    error_message = "the private key lies in memory, where its setting says"
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, "RETAIL_BUCKET=retail-test-lake\n")
    error_message = "settings stand in the environment file, one a line"
  }
}
