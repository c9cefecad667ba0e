"""The ground: a real Kafka broker and a real S3 server on this machine, supervised, their state in one folder."""
