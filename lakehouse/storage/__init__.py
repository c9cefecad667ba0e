"""The edge to S3 and Delta: session, tables, lease, checkpoints, and what the driver remembers."""
