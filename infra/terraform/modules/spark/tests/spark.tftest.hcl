variables {
  name              = "retail-test"
  key_arn           = "arn:aws:kms:eu-west-1:111122223333:key/test"
  release_label     = "emr-spark-8.0.0"
  release           = "1.2.3"
  code_bucket       = "retail-test-code"
  code_bucket_arn   = "arn:aws:s3:::retail-test-code"
  lake_bucket_arn   = "arn:aws:s3:::retail-test-lake"
  state_bucket_arn  = "arn:aws:s3:::retail-test-state"
  jars              = ["delta-spark_4.2_2.13-4.4.0.jar", "kafka-clients-3.9.2.jar"]
  stream_script     = "orchestration/jobs/run_medallion.py"
  hourly_script     = "quality/jobs/check_table.py"
  subnet_ids        = ["subnet-a", "subnet-b"]
  security_group_id = "sg-house"
  alarm_topic_arn   = "arn:aws:sns:eu-west-1:111122223333:alarms"
  settings          = { RETAIL_BUCKET = "retail-test-lake" }
  secret_settings   = { RETAIL_CUSTOMER_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:customer" }
}

run "the_stream_runs_for_ever_and_is_started_again" {
  command = apply

  assert {
    condition     = jsondecode(output.stream_job_run).mode == "STREAMING"
    error_message = "a batch job run ends after 12 hours"
  }

  assert {
    condition     = jsondecode(output.stream_job_run).jobDriver.sparkSubmit.entryPointArguments == ["--trigger", "continuous"]
    error_message = "the stream must be continuous"
  }

  assert {
    condition     = jsondecode(output.stream_job_run).retryPolicy.maxFailedAttemptsPerHour > 0
    error_message = "a failed stream must be started again"
  }
}

run "a_secret_is_named_and_never_told" {
  command = apply

  assert {
    condition     = startswith(jsondecode(output.stream_job_run).configurationOverrides.applicationConfiguration[0].properties["spark.emr-serverless.driverEnv.RETAIL_CUSTOMER_SECRET"], "EMR.secret@arn:")
    error_message = "the job must fetch the secret itself"
  }
}

run "the_hourly_check_starts_once_an_hour" {
  command = apply

  assert {
    condition     = jsondecode(one(aws_scheduler_schedule.hourly.target).input).ClientToken == "<aws.scheduler.execution-id>"
    error_message = "a repeated call of the scheduler must not start a second job"
  }

  assert {
    condition     = jsondecode(one(aws_scheduler_schedule.hourly.target).input).JobDriver.SparkSubmit.EntryPoint == "s3://retail-test-code/1.2.3/quality/jobs/check_table.py"
    error_message = "the hourly job is the check of the tables, from the released code"
  }

  assert {
    condition     = jsondecode(one(aws_scheduler_schedule.hourly.target).input).ApplicationId == aws_emrserverless_application.this["hourly"].id
    error_message = "the check must not take the workers of the stream"
  }
}

run "jobs_write_the_lake_and_only_read_the_code" {
  command = apply

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.job.policy).Statement :
      !contains(flatten([statement.Resource]), "arn:aws:s3:::retail-test-code/*") || statement.Action == ["s3:GetObject"]
    ])
    error_message = "a job that can write code can become another job"
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.job.policy).Statement : !contains(flatten([statement.Resource]), "*")])
    error_message = "no permission over everything"
  }
}

run "a_silent_stream_raises_the_alarm" {
  command = apply

  assert {
    condition     = aws_cloudwatch_metric_alarm.stream_down.treat_missing_data == "breaching"
    error_message = "no figure at all is the worst figure"
  }
}
