variables {
  name                      = "retail-test"
  key_arn                   = "arn:aws:kms:eu-west-1:111122223333:key/test"
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-a", "subnet-b", "subnet-c"]
  clients_security_group_id = "sg-clients"
  alarm_topic_arn           = "arn:aws:sns:eu-west-1:111122223333:alarms"
  topics = {
    sales_data          = { "partitions" = "3", "max.message.bytes" = "8388608" }
    inventory_movements = { "partitions" = "3", "max.message.bytes" = "1048576" }
  }
}

run "brokers_take_the_largest_value_that_a_contract_allows" {
  command = plan

  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "message.max.bytes=9437184")
    error_message = "message.max.bytes must be above the largest max.message.bytes of a topic"
  }

  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "auto.create.topics.enable=false")
    error_message = "a typing error must not make a topic"
  }
}

run "one_broker_can_fail_without_losing_or_stopping_anything" {
  command = plan

  assert {
    condition = (
      strcontains(aws_msk_configuration.this.server_properties, "default.replication.factor=3") &&
      strcontains(aws_msk_configuration.this.server_properties, "min.insync.replicas=2") &&
      strcontains(aws_msk_configuration.this.server_properties, "unclean.leader.election.enable=false")
    )
    error_message = "three copies, two of them written before a producer is told so"
  }

  assert {
    condition     = output.replication == 3
    error_message = "the house must be told to make topics with three copies"
  }
}

run "only_clients_of_the_house_reach_the_brokers" {
  command = plan

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.clients : rule.referenced_security_group_id == "sg-clients"])
    error_message = "a rule lets others in"
  }

  assert {
    condition = (
      aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS" &&
      alltrue([for rule in aws_vpc_security_group_ingress_rule.clients : rule.from_port == 9094 && rule.to_port == 9094])
    )
    error_message = "a plain listener is open"
  }
}

run "every_broker_has_a_disk_alarm" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.disk) == 3
    error_message = "one alarm per broker"
  }
}
