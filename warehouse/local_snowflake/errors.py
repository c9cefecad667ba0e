"""What the local Snowflake answers when it refuses: Snowflake's own codes and SQL states.

Source of the codes: the messages of the service as the connector shows them, and Snowflake's documentation.
"""

from __future__ import annotations

import duckdb
import snowflake.connector.errors

# A failure of DuckDB, a part of its text, and what Snowflake would answer.
_FAULTS: tuple[tuple[type[Exception], str, tuple[int, str]], ...] = (
    (duckdb.Error, "Division by zero", (100051, "22012")),
    (duckdb.ConversionException, "", (100035, "22007")),
    (duckdb.ConstraintException, "NOT NULL", (100072, "22000")),
    (duckdb.TransactionException, "", (625, "57014")),
    (duckdb.InterruptException, "", (604, "57014")),
)


class SnowflakeError(Exception):
    """One error as a client sees it: a number of six digits, an SQL state and a message."""

    def __init__(self, message: str, code: int, state: str) -> None:
        super().__init__(message)
        self.message, self.code, self.state = message, code, state


def compilation_error(message: str, code: int = 1003, state: str = "42000") -> SnowflakeError:
    """A statement that Snowflake would not compile."""
    return SnowflakeError(f"SQL compilation error:\n{message}", code, state)


def does_not_exist(kind: str, name: str) -> SnowflakeError:
    """An object that is not there. Snowflake does not tell that apart from one that may not be seen."""
    return compilation_error(f"{kind.capitalize()} '{name}' does not exist or not authorized.", 2003, "02000")


def already_exists(name: str) -> SnowflakeError:
    """An object that is there and was not to be replaced."""
    return compilation_error(f"Object '{name}' already exists.", 2002, "42710")


def invalid_combination(first: str, second: str) -> SnowflakeError:
    """Two properties that do not go together, as AUTO_REFRESH and Delta."""
    return compilation_error(f"invalid property combination {first} and {second}", 1425, "22023")


def not_known_here(what: str) -> SnowflakeError:
    """A statement that Snowflake may know and the local one does not."""
    return SnowflakeError(
        f"{what} is not known to the local Snowflake: it runs what the SQL of this house and the tested clients "
        "send; use a real account for the rest (docs/local_snowflake.md)",
        2,
        "0A000",
    )


def as_snowflake_error(error: Exception) -> SnowflakeError:
    """Any failure as an error that clients show at once; an HTTP 500 they would retry for minutes."""
    if isinstance(error, SnowflakeError):
        return error
    if isinstance(error, snowflake.connector.errors.Error):
        return SnowflakeError(str(error.raw_msg or error.msg), error.errno or 2, error.sqlstate or "42000")
    text = str(error).split("\n\nLINE ", 1)[0]
    for kind, part, (code, state) in _FAULTS:
        if isinstance(error, kind) and part in text:
            return SnowflakeError(text, code, state)
    return SnowflakeError(
        f"the local Snowflake could not run this: {type(error).__name__}: {text}", 2, "0A000"
    )
