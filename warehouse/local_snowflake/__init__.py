"""A stand-in for Snowflake on this machine: the real wire protocol over DuckDB, so that our SQL can be tried.

It keeps nothing: at each start it is empty, and the deployer, REFRESH and the pipe fill it again.
docs/local_snowflake.md says what it does, refuses, and records without enforcing.
"""
