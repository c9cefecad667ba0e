"""What is seen of a running house: metrics for Prometheus, ops.freshness, the canary."""
