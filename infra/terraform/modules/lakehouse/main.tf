# The whole house of one environment. What the code knows already is read from the code: topics from their contracts,
# jars from their lock.

locals {
  root      = "${path.module}/../../../.."
  contracts = "${local.root}/lakehouse/contracts/topics"

  # Topic by name -> its settings: the kafka.… properties of its contract, and how long it keeps records.
  topic_contracts = { for file in fileset(local.contracts, "*.odcs.yaml") : yamldecode(file("${local.contracts}/${file}")).name => yamldecode(file("${local.contracts}/${file}")) }
  topics = { for name, contract in local.topic_contracts : name => {
    for property in contract.customProperties : trimprefix(property.property, "kafka.") => property.value if startswith(property.property, "kafka.")
  } }

  # EMR brings Hadoop, the AWS SDK and Jackson; Delta and the Kafka source are ours, in the versions of the lock.
  brought = "^(delta-|unitycatalog-|kafka-clients-|spark-sql-kafka-|spark-token-provider-kafka-|commons-pool2-)"
  locked  = [for line in split("\n", trimspace(file("${local.root}/infra/local/jars/lake.sha256"))) : element(split("  ", line), 1)]
  jars    = [for jar in local.locked : jar if can(regex(local.brought, jar))]

  lake_prefix = var.lake_prefix == "" ? "" : "${trim(var.lake_prefix, "/")}/"

  secrets = merge(
    {
      customer-secret       = "RETAIL_CUSTOMER_SECRET: makes pseudonyms of customer ids; the same one for ever."
      snowflake-private-key = "Private key (PEM, PKCS 8) of the Snowflake user of the Airflow host."
    },
    var.has_alert_webhook ? { alert-webhook = "RETAIL_ALERT_WEBHOOK: address that Airflow posts failed tasks to." } : {},
  )

  # Settings of every process of the house in this environment; names as in lakehouse/settings.py.
  settings = {
    RETAIL_KAFKA_BOOTSTRAP   = module.kafka.bootstrap
    RETAIL_KAFKA_SECURITY    = "SSL"
    RETAIL_TOPIC_REPLICATION = tostring(module.kafka.replication)
    RETAIL_S3_ENDPOINT       = "aws"
    RETAIL_S3_REGION         = data.aws_region.here.region
    RETAIL_BUCKET            = module.lake_bucket.name
    RETAIL_LAKE_PREFIX       = trim(var.lake_prefix, "/")
    RETAIL_CHECKPOINT_ROOT   = "s3a://${module.state_bucket.name}/checkpoints"
    RETAIL_DEFAULT_CURRENCY  = var.default_currency
    RETAIL_DEFAULT_ZONE      = var.default_zone
    RETAIL_WAREHOUSE         = "off"
  }

  # Those that speak to Snowflake.
  warehouse_settings = {
    RETAIL_SNOWFLAKE_ACCOUNT             = var.snowflake_account
    RETAIL_SNOWFLAKE_USER                = lookup(module.snowflake_account.users, "MACHINE", "")
    RETAIL_SNOWFLAKE_ROLE                = module.snowflake_account.roles["ENGINEER"]
    RETAIL_SNOWFLAKE_WAREHOUSE           = module.snowflake_account.warehouses["LOAD_WH"]
    RETAIL_SNOWFLAKE_DATABASE            = module.snowflake_account.database
    RETAIL_SNOWFLAKE_PREFIX              = var.snowflake_prefix
    RETAIL_SNOWFLAKE_ACCOUNT_OBJECTS     = "false"
    RETAIL_SNOWFLAKE_STORAGE_INTEGRATION = "${var.snowflake_prefix}_LAKE"
    RETAIL_SNOWFLAKE_ERROR_INTEGRATION   = "${var.snowflake_prefix}_PIPE_ERRORS"
    RETAIL_SNOWFLAKE_CREDIT_QUOTA        = tostring(var.snowflake_credit_quota)
  }
}

data "aws_region" "here" {}

module "encryption" {
  source = "../encryption"
  name   = var.name
}

module "alarms" {
  source         = "../alarms"
  name           = var.name
  key_arn        = module.encryption.key_arn
  mail_addresses = var.alarm_mail_addresses
  monthly_budget = var.monthly_budget
}

module "secrets" {
  source  = "../secrets"
  name    = var.name
  key_arn = module.encryption.key_arn
  secrets = local.secrets
}

module "lake_bucket" {
  source            = "../bucket"
  name              = "${var.bucket_prefix}-lake"
  key_arn           = module.encryption.key_arn
  keep_removed_days = var.keep_removed_days

  # Raw records are read again for a rebuild only.
  cooling = { "${local.lake_prefix}bronze/" = 60 }
}

module "state_bucket" {
  source            = "../bucket"
  name              = "${var.bucket_prefix}-state"
  key_arn           = module.encryption.key_arn
  keep_removed_days = 7
}

module "code_bucket" {
  source            = "../bucket"
  name              = "${var.bucket_prefix}-code"
  key_arn           = module.encryption.key_arn
  keep_removed_days = 90
}

# Everything of ours in the VPC wears this group; the brokers let in nobody else.
resource "aws_security_group" "house" {
  #checkov:skip=CKV2_AWS_5:It is worn by workers and Airflow host, in modules spark and airflow_host.
  name        = "${var.name}-house"
  description = "Spark workers and Airflow of ${var.name}"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "kafka" {
  security_group_id            = aws_security_group.house.id
  referenced_security_group_id = module.kafka.security_group_id
  description                  = "Kafka"
  ip_protocol                  = "tcp"
  from_port                    = 9094
  to_port                      = 9094
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.house.id
  cidr_ipv4         = "0.0.0.0/0"
  description       = "S3, Secrets Manager, Session Manager, Snowflake, package registries"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Driver and executors of one job speak to each other on ports of their choice.
resource "aws_vpc_security_group_ingress_rule" "workers" {
  #checkov:skip=CKV_AWS_25:The range holds 3389, but the source is the group itself, not the internet.
  security_group_id            = aws_security_group.house.id
  referenced_security_group_id = aws_security_group.house.id
  description                  = "Between workers"
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "workers" {
  security_group_id            = aws_security_group.house.id
  referenced_security_group_id = aws_security_group.house.id
  description                  = "Between workers"
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
}

module "kafka" {
  source                    = "../kafka"
  name                      = var.name
  key_arn                   = module.encryption.key_arn
  vpc_id                    = var.vpc_id
  subnet_ids                = var.subnet_ids
  broker_count              = length(var.subnet_ids)
  clients_security_group_id = aws_security_group.house.id
  instance_type             = var.kafka_instance_type
  volume_gib                = var.kafka_volume_gib
  topics                    = local.topics
  alarm_topic_arn           = module.alarms.topic_arn
}

module "spark" {
  source             = "../spark"
  name               = var.name
  key_arn            = module.encryption.key_arn
  release_label      = var.emr_release_label
  release            = var.release
  code_bucket        = module.code_bucket.name
  code_bucket_arn    = module.code_bucket.arn
  lake_bucket_arn    = module.lake_bucket.arn
  state_bucket_arn   = module.state_bucket.arn
  jars               = local.jars
  stream_script      = "orchestration/jobs/run_medallion.py"
  hourly_script      = "quality/jobs/check_table.py"
  hourly_by_schedule = !var.has_airflow
  settings           = local.settings
  secret_settings    = { RETAIL_CUSTOMER_SECRET = module.secrets.arns["customer-secret"] }
  subnet_ids         = var.subnet_ids
  security_group_id  = aws_security_group.house.id
  maximum_cpus       = var.spark_maximum_cpus
  stream_workers     = var.stream_workers
  alarm_topic_arn    = module.alarms.topic_arn
}

module "airflow_host" {
  source            = "../airflow_host"
  count             = var.has_airflow ? 1 : 0
  name              = var.name
  key_arn           = module.encryption.key_arn
  subnet_id         = var.subnet_ids[0]
  security_group_id = aws_security_group.house.id
  is_protected      = var.is_protected
  release           = var.release
  code_bucket       = module.code_bucket.name
  code_bucket_arn   = module.code_bucket.arn
  lake_bucket_arn   = module.lake_bucket.arn
  state_bucket_arn  = module.state_bucket.arn
  settings          = merge(local.settings, local.warehouse_settings, { RETAIL_SPARK_MASTER = "local[*]" })
  secret_settings = merge(
    { RETAIL_CUSTOMER_SECRET = module.secrets.arns["customer-secret"] },
    var.has_alert_webhook ? { RETAIL_ALERT_WEBHOOK = module.secrets.arns["alert-webhook"] } : {},
  )
  secret_files     = { RETAIL_SNOWFLAKE_PRIVATE_KEY_PATH = module.secrets.arns["snowflake-private-key"] }
  application_arns = module.spark.application_arns
  job_role_arn     = module.spark.job_role_arn
  alarm_topic_arn  = module.alarms.topic_arn
}

module "snowflake_account" {
  source        = "../snowflake_account"
  prefix        = var.snowflake_prefix
  database      = var.snowflake_database
  credit_quota  = var.snowflake_credit_quota
  service_users = var.snowflake_service_users
}

module "snowflake_access" {
  source              = "../snowflake_access"
  name                = var.name
  key_arn             = module.encryption.key_arn
  bucket              = module.lake_bucket.name
  lake_prefix         = local.lake_prefix
  alarm_topic_arn     = module.alarms.topic_arn
  storage_integration = local.warehouse_settings.RETAIL_SNOWFLAKE_STORAGE_INTEGRATION
  error_integration   = local.warehouse_settings.RETAIL_SNOWFLAKE_ERROR_INTEGRATION
  engineer_role       = module.snowflake_account.roles["ENGINEER"]
  loader_role         = module.snowflake_account.roles["LOADER"]
}

# The pipe is made by `retail warehouse apply`; its queue is known only then.
module "pipe_notification" {
  source         = "../pipe_notification"
  count          = var.pipe_queue_arn == "" ? 0 : 1
  bucket         = module.lake_bucket.name
  export_prefix  = "${local.lake_prefix}export/sales_lines/"
  pipe_queue_arn = var.pipe_queue_arn
}
