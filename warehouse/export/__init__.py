"""The append-only export of sale lines that Snowpipe loads."""
