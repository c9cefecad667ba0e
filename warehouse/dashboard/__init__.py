"""The dashboard: five pages over the Snowflake connector, local or real account by settings."""
