variables {
  name                   = "retail-test"
  bucket_prefix          = "example-retail-test"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-a", "subnet-b", "subnet-c"]
  release                = "1.2.3"
  emr_release_label      = "emr-spark-8.0.0"
  default_currency       = "GBP"
  default_zone           = "Europe/London"
  alarm_mail_addresses   = ["duty@example.com"]
  monthly_budget         = 1500
  kafka_instance_type    = "kafka.m7g.large"
  kafka_volume_gib       = 100
  spark_maximum_cpus     = 24
  stream_workers         = { executors = 2, cores = 4, memory = "12g" }
  snowflake_account      = "EXAMPLE-RETAIL"
  snowflake_prefix       = "RETAIL"
  snowflake_database     = "RETAIL_ANALYTICS"
  snowflake_credit_quota = 20

  snowflake_service_users = {
    MACHINE = { comment = "Airflow host.", role = "ENGINEER", warehouse = "LOAD_WH", public_key = "MIIBtest" }
  }
}

run "topics_are_those_of_the_contracts" {
  command = plan

  assert {
    condition     = alltrue([for name in ["sales_data", "inventory_movements"] : contains(keys(output.topics), name)])
    error_message = "sales_data and inventory_movements must be among the topics"
  }

  assert {
    condition     = output.topics["sales_data"]["partitions"] == "3" && output.topics["sales_data"]["message.timestamp.type"] == "LogAppendTime"
    error_message = "settings of a topic come from its contract"
  }
}

run "the_jars_of_the_lock_are_those_of_the_job" {
  command = plan

  assert {
    condition     = length([for jar in output.jars : jar if startswith(jar, "delta-spark_4.2_2.13-")]) == 1
    error_message = "Delta for Spark 4.2 must be among the jars"
  }

  assert {
    condition     = length([for jar in output.jars : jar if startswith(jar, "hadoop-")]) == 0
    error_message = "EMR brings its own Hadoop"
  }
}

run "before_the_pipe_stands_nobody_is_told" {
  command = plan

  assert {
    condition     = output.notified_queue_arn == null
    error_message = "there is no queue yet"
  }
}

run "once_the_pipe_stands_its_queue_is_told" {
  command = plan

  variables {
    pipe_queue_arn = "arn:aws:sqs:eu-west-1:444455556666:sf-snowpipe-AIDATEST-abc"
  }

  assert {
    condition     = output.notified_queue_arn == "arn:aws:sqs:eu-west-1:444455556666:sf-snowpipe-AIDATEST-abc"
    error_message = "the bucket must tell the pipe's queue"
  }
}

run "no_setting_is_a_secret" {
  command = apply

  assert {
    condition     = length([for name in keys(output.settings) : name if can(regex("SECRET|PASSWORD|TOKEN|PRIVATE_KEY", name))]) == 0
    error_message = "secrets go by Secrets Manager only"
  }
}
