"""The door: from the till through Kafka to bronze."""
