# Spark without servers of ours: one application for the stream and one for the hourly work, so that a check never
# takes the stream's workers. A job run is started by its request (output stream_job_run) or by the schedule below.

locals {
  code = "s3://${var.code_bucket}/${var.release}"

  # The driver alone runs code of the house, so only it gets settings and secrets.
  driver_environment = merge(
    { for key, value in var.settings : "spark.emr-serverless.driverEnv.${key}" => value },
    { for key, arn in var.secret_settings : "spark.emr-serverless.driverEnv.${key}" => "EMR.secret@${arn}" },
    {
      "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON" = "./environment/bin/python"
      "spark.emr-serverless.driverEnv.PYSPARK_PYTHON"        = "./environment/bin/python"
      "spark.executorEnv.PYSPARK_PYTHON"                     = "./environment/bin/python"
    },
  )

  runtime = merge(local.driver_environment, {
    "spark.submit.pyFiles" = "${local.code}/retail.zip"
    "spark.archives"       = "${local.code}/environment.tar.gz#environment"
    "spark.jars"           = join(",", [for jar in var.jars : "${local.code}/jars/${jar}"])
  })

  applications = {
    stream = { description = "The continuous application", stops_when_idle = false }
    hourly = { description = "Checks of tables", stops_when_idle = true }
  }

  # The shape of StartJobRun's request, once in the spelling of the CLI and once in that of the scheduler.
  jobs = {
    stream = {
      name      = "${var.name}-stream"
      script    = var.stream_script
      arguments = ["--trigger", "continuous"]
      workers   = var.stream_workers
    }
    hourly = {
      name      = "${var.name}-hourly"
      script    = var.hourly_script
      arguments = []
      workers   = var.hourly_workers
    }
  }

  properties = { for key, job in local.jobs : key => merge(local.runtime, {
    "spark.driver.cores"              = tostring(job.workers.cores)
    "spark.driver.memory"             = job.workers.memory
    "spark.executor.cores"            = tostring(job.workers.cores)
    "spark.executor.memory"           = job.workers.memory
    "spark.executor.instances"        = tostring(job.workers.executors)
    "spark.dynamicAllocation.enabled" = "false"
  }) }

  log_groups = { for key in keys(local.jobs) : key => "/${var.name}/spark/${key}" }
}

resource "aws_emrserverless_application" "this" {
  for_each = local.applications

  name          = "${var.name}-${each.key}"
  type          = "spark"
  release_label = var.release_label
  architecture  = "X86_64"

  auto_start_configuration {
    enabled = true
  }

  auto_stop_configuration {
    enabled              = each.value.stops_when_idle
    idle_timeout_minutes = 15
  }

  maximum_capacity {
    cpu    = "${var.maximum_cpus} vCPU"
    memory = "${var.maximum_cpus * 4} GB"
    disk   = "${var.maximum_cpus * 20} GB"
  }

  network_configuration {
    subnet_ids         = var.subnet_ids
    security_group_ids = [var.security_group_id]
  }
}

resource "aws_cloudwatch_log_group" "jobs" {
  #checkov:skip=CKV_AWS_338:Logs of 90 days explain a fault; what happened to each record stands in the ledger for ever.
  for_each = local.log_groups

  name              = each.value
  kms_key_id        = var.key_arn
  retention_in_days = 90
}

locals {
  requests = { for key, job in local.jobs : key => {
    applicationId    = aws_emrserverless_application.this[key].id
    executionRoleArn = aws_iam_role.job.arn
    name             = job.name
    jobDriver = {
      sparkSubmit = {
        entryPoint          = "${local.code}/${job.script}"
        entryPointArguments = job.arguments
      }
    }
    configurationOverrides = {
      applicationConfiguration = [{ classification = "spark-defaults", properties = local.properties[key] }]
      monitoringConfiguration = {
        cloudWatchLoggingConfiguration = {
          enabled          = true
          logGroupName     = local.log_groups[key]
          encryptionKeyArn = var.key_arn
        }
      }
    }
  } }

  stream_request = merge(local.requests.stream, {
    # EMR starts it again on another worker or zone; the lease keeps two of them from writing at once.
    mode        = "STREAMING"
    retryPolicy = { maxFailedAttemptsPerHour = 10 }
  })
}

resource "aws_scheduler_schedule" "hourly" {
  name        = "${var.name}-hourly"
  description = "Starts ${var.hourly_script}: Great Expectations over what changed; opens and closes the gates"
  kms_key_arn = var.key_arn
  state       = var.hourly_by_schedule ? "ENABLED" : "DISABLED"

  schedule_expression          = "cron(5 * * * ? *)"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${data.aws_partition.here.partition}:scheduler:::aws-sdk:emrserverless:startJobRun"
    role_arn = aws_iam_role.scheduler.arn

    # The scheduler spells parameters with a capital and fills in the id of its own run, so a repeated call starts one job.
    input = jsonencode({
      ClientToken             = "<aws.scheduler.execution-id>"
      ApplicationId           = local.requests.hourly.applicationId
      ExecutionRoleArn        = local.requests.hourly.executionRoleArn
      ExecutionTimeoutMinutes = 55
      Name                    = local.requests.hourly.name
      JobDriver = {
        SparkSubmit = {
          EntryPoint          = local.requests.hourly.jobDriver.sparkSubmit.entryPoint
          EntryPointArguments = local.requests.hourly.jobDriver.sparkSubmit.entryPointArguments
        }
      }
      ConfigurationOverrides = {
        ApplicationConfiguration = [{ Classification = "spark-defaults", Properties = local.properties.hourly }]
        MonitoringConfiguration = {
          CloudWatchLoggingConfiguration = {
            Enabled          = true
            LogGroupName     = local.log_groups.hourly
            EncryptionKeyArn = var.key_arn
          }
        }
      }
    })

    retry_policy {
      maximum_event_age_in_seconds = 1800
      maximum_retry_attempts       = 3
    }
  }
}
