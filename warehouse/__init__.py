"""The shop window: Snowflake, Snowpipe, Power BI and the dashboard."""
