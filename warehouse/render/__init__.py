"""Snowflake SQL from contracts: pure functions from a contract to the text of a file under ``warehouse/sql``."""

from warehouse.render.sql_files import rendered_files

__all__ = ["rendered_files"]
