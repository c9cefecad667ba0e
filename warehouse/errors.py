"""What can go wrong between us and Snowflake; each says by its exit code what a caller can do about it."""

from __future__ import annotations


class WarehouseUnreachable(ConnectionError):
    """Snowflake does not answer or does not let us in; worth retrying, or the settings are wrong."""

    exit_code = 3


class StatementFailed(RuntimeError):
    """Snowflake refused a statement; ``number`` is its error number, 0 where it gave none."""

    exit_code = 1

    def __init__(self, message: str, number: int = 0) -> None:
        super().__init__(message)
        self.number = number


class DeploymentError(RuntimeError):
    """The account does not fit what is to be deployed, or a script of ours cannot be read."""

    exit_code = 1


class UnknownWorksheet(ValueError):
    """No worksheet of that name."""

    exit_code = 2
