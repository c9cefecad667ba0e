output "bootstrap" {
  description = "RETAIL_KAFKA_BOOTSTRAP: the TLS listeners, reachable inside the VPC only."
  value       = aws_msk_cluster.this.bootstrap_brokers_tls
}

output "replication" {
  description = "RETAIL_TOPIC_REPLICATION: copies of each partition."
  value       = local.replication
}

output "topics" {
  description = "Settings that each topic must have; `retail up` makes what is missing and reports what differs."
  value       = var.topics
}

output "security_group_id" {
  description = "Security group of the brokers."
  value       = aws_security_group.brokers.id
}
