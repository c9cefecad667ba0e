# Managed Kafka: three brokers in three zones. Topics come from the contracts; AWS has no resource for a topic, so
# `retail up` makes them with var.topics' settings, and the brokers refuse to make any by a typing error.

locals {
  # Room above the largest value of a topic for key, headers and batch.
  largest_value   = max([for topic in values(var.topics) : tonumber(topic["max.message.bytes"])]...)
  largest_message = local.largest_value + 1048576
  replication     = min(3, var.broker_count)

  brokers = [for number in range(1, var.broker_count + 1) : tostring(number)]
}

resource "aws_msk_configuration" "this" {
  name           = var.name
  kafka_versions = [var.kafka_version]

  server_properties = <<-PROPERTIES
    auto.create.topics.enable=false
    default.replication.factor=${local.replication}
    min.insync.replicas=${max(1, local.replication - 1)}
    message.max.bytes=${local.largest_message}
    replica.fetch.max.bytes=${local.largest_message}
    unclean.leader.election.enable=false
  PROPERTIES

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "brokers" {
  #checkov:skip=CKV_AWS_338:A year of broker logs answers no question; the ledger keeps what happened to each record.
  name              = "/${var.name}/kafka"
  kms_key_id        = var.key_arn
  retention_in_days = 30
}

resource "aws_security_group" "brokers" {
  name        = "${var.name}-kafka"
  description = "Kafka brokers of ${var.name}"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = toset(var.client_ports)

  security_group_id            = aws_security_group.brokers.id
  referenced_security_group_id = var.clients_security_group_id
  description                  = "Clients of the house"
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
}

resource "aws_msk_cluster" "this" {
  #checkov:skip=CKV_AWS_291:Brokers stand in private subnets; unauthenticated access is confined by the security group above.
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = var.broker_count
  enhanced_monitoring    = "PER_BROKER"

  broker_node_group_info {
    instance_type   = var.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [aws_security_group.brokers.id]

    storage_info {
      ebs_storage_info {
        volume_size = var.volume_gib
      }
    }
  }

  client_authentication {
    unauthenticated = true
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.key_arn

    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  open_monitoring {
    prometheus {
      jmx_exporter {
        enabled_in_broker = true
      }

      node_exporter {
        enabled_in_broker = true
      }
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.brokers.name
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "disk" {
  for_each = toset(local.brokers)

  alarm_name          = "${var.name}-kafka-disk-${each.value}"
  alarm_description   = "A broker's disk is nearly full: lengthen it (volume_gib) or shorten the retention of a topic."
  namespace           = "AWS/Kafka"
  metric_name         = "KafkaDataLogsDiskUsed"
  dimensions          = { "Cluster Name" = var.name, "Broker ID" = each.value }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 75
  period              = 300
  evaluation_periods  = 2
  alarm_actions       = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "offline" {
  alarm_name          = "${var.name}-kafka-offline-partitions"
  alarm_description   = "Partitions without a leader: producers cannot write. See the broker logs."
  namespace           = "AWS/Kafka"
  metric_name         = "OfflinePartitionsCount"
  dimensions          = { "Cluster Name" = var.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 3
  alarm_actions       = [var.alarm_topic_arn]
}
