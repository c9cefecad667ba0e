variables {
  name                = "retail-test"
  key_arn             = "arn:aws:kms:eu-west-1:111122223333:key/test"
  bucket              = "retail-test-lake"
  alarm_topic_arn     = "arn:aws:sns:eu-west-1:111122223333:alarms"
  storage_integration = "RETAIL_LAKE"
  error_integration   = "RETAIL_PIPE_ERRORS"
  engineer_role       = "RETAIL_ENGINEER"
  loader_role         = "RETAIL_LOADER"
}

override_resource {
  target = snowflake_storage_integration.lake
  values = {
    storage_aws_iam_user_arn = "arn:aws:iam::444455556666:user/lake-reader"
    storage_aws_external_id  = "ORG_SFCRole=2_lake"
  }
}

override_resource {
  target = snowflake_notification_integration.pipe_errors
  values = {
    aws_sns_iam_user_arn = "arn:aws:iam::444455556666:user/pipe-errors"
    aws_sns_external_id  = "ORG_SFCRole=2_errors"
  }
}

run "the_trust_uses_the_external_id_of_the_integration" {
  command = apply

  assert {
    condition     = jsondecode(aws_iam_role.reader.assume_role_policy).Statement[0].Condition.StringEquals["sts:ExternalId"] == "ORG_SFCRole=2_lake"
    error_message = "the reader must trust the storage integration's external id"
  }

  assert {
    condition     = jsondecode(aws_iam_role.reader.assume_role_policy).Statement[0].Principal.AWS == "arn:aws:iam::444455556666:user/lake-reader"
    error_message = "the reader must trust the storage integration's own user and nobody else"
  }

  assert {
    condition     = jsondecode(aws_iam_role.pipe_errors.assume_role_policy).Statement[0].Condition.StringEquals["sts:ExternalId"] == "ORG_SFCRole=2_errors"
    error_message = "the publisher must trust the notification integration's external id"
  }
}

run "the_integration_assumes_the_role_that_is_made" {
  command = apply

  assert {
    condition     = endswith(snowflake_storage_integration.lake.storage_aws_role_arn, ":role/${aws_iam_role.reader.name}")
    error_message = "the integration must name the reader's ARN"
  }

  assert {
    condition     = endswith(snowflake_notification_integration.pipe_errors.aws_sns_role_arn, ":role/${aws_iam_role.pipe_errors.name}")
    error_message = "the integration must name the publisher's ARN"
  }
}

run "snowflake_sees_no_raw_records" {
  command = apply

  variables {
    lake_prefix = "shop/"
  }

  assert {
    condition = snowflake_storage_integration.lake.storage_allowed_locations == tolist([
      "s3://retail-test-lake/shop/gold/",
      "s3://retail-test-lake/shop/ops/",
      "s3://retail-test-lake/shop/silver/quarantine/",
      "s3://retail-test-lake/shop/export/",
    ])
    error_message = "bronze and the rest of silver must not be among the locations"
  }

  assert {
    condition     = alltrue([for resource in jsondecode(aws_iam_role_policy.reader.policy).Statement[0].Resource : !strcontains(resource, "bronze")])
    error_message = "the role must not read bronze"
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.reader.policy).Statement : length([for action in statement.Action : action if can(regex("Put|Delete|\\*", action))]) == 0])
    error_message = "Snowflake must not write the lake"
  }
}
