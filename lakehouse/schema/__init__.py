"""From contract columns to Spark types, written as DDL text (no engine is imported here)."""
