"""Append-only streams and the tasks that consume them: which rows were taken, and taking them exactly once.

A stream is a view over the rows of its table from a row number on. A DML that reads it moves that number in its own
transaction, so the change and the taking stand or fall together.
"""

from __future__ import annotations

import logging
import re
import time
from datetime import UTC, datetime

from sqlglot import exp

from warehouse.local_snowflake.answers import Answer, told
from warehouse.local_snowflake.catalogue import HIDDEN, Catalogue, Key, Recorded, quoted
from warehouse.local_snowflake.errors import SnowflakeError, not_known_here
from warehouse.local_snowflake.sessions import Session
from warehouse.local_snowflake.statements import Statement, options

_ON_TABLE = re.compile(r"ON\s+TABLE\s+(?P<table>\S+)", re.IGNORECASE)
_TASK = re.compile(r"(?P<head>.*?)(?:\bWHEN\s+(?P<when>\S.*?)\s*)?\bAS\s+(?P<body>(?:MERGE|INSERT|DELETE|UPDATE|ALTER)\b.*)$",
                   re.IGNORECASE | re.DOTALL)  # fmt: skip
_SCHEDULE = re.compile(r"(?P<count>\d+)\s*(?P<unit>SECOND|MINUTE|HOUR)S?$", re.IGNORECASE)
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600}
_log = logging.getLogger(__name__)


class Streams:
    """The streams of this server. Its callers hold the lock of writers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def create(self, session: Session, statement: Statement) -> Answer:
        """CREATE STREAM … ON TABLE t APPEND_ONLY = TRUE [SHOW_INITIAL_ROWS = TRUE]."""
        return self._catalogue.create(session, statement, self._fill)

    def drop(self, session: Session, statement: Statement) -> Answer:
        """DROP STREAM: what it had not given away is only in the table then."""
        key = self._catalogue.key(session, "STREAM", statement.name)
        said = self._catalogue.drop(session, statement)
        session.duck.execute(f"DROP VIEW IF EXISTS {_view(key)}")
        return said

    def has_data(self, session: Session, name: str) -> bool:
        """SYSTEM$STREAM_HAS_DATA."""
        stream = self._catalogue.find(session, "STREAM", name)
        return bool(session.duck.execute(f"SELECT 1 FROM {_view(stream.key)} LIMIT 1").fetchone())

    def read_by(self, session: Session, parsed: exp.Expr) -> list[Recorded]:
        """The streams that a statement reads; their names in it now point to where their rows are."""
        known, read = {stream.key: stream for stream in self._catalogue.of_kind("STREAM")}, []
        for table in parsed.find_all(exp.Table) if known else ():
            parts = [exp.Identifier(this=part.name, quoted=part.quoted).sql("snowflake") for part in table.parts
                     if isinstance(part, exp.Identifier)]  # fmt: skip
            if len(parts) == 3 or (
                parts and session.fake.database and (len(parts) == 2 or session.fake.schema)
            ):
                key = self._catalogue.key(session, "STREAM", ".".join(parts))
                if key in known:
                    read.append(known[key])
                    hidden = exp.to_table(_view(key), dialect="snowflake")
                    table.set("this", hidden.this)
                    table.set("db", hidden.args["db"])
                    table.set("catalog", hidden.args["catalog"])
        return read

    def consume(self, session: Session, dml: str, read: list[Recorded]) -> Answer:
        """Run the DML and move the streams it reads, together or not at all."""
        with session.transaction() as ours:
            if not ours:
                raise not_known_here("reading a stream inside a transaction of the client")
            ends = {stream.key: self._end(session, stream) for stream in read}
            said = session.run(dml)
            for stream in read:
                self._define(session, stream, ends[stream.key])
        for stream in read:
            stream.state["next_row"] = ends[stream.key]
        return said

    def follow(self, session: Session) -> None:
        """After a table got another column its streams have it too."""
        for stream in self._catalogue.of_kind("STREAM"):
            self._move(session, stream, stream.state["next_row"])

    def _fill(self, session: Session, stream: Recorded, statement: Statement) -> None:
        table, given = _ON_TABLE.match(statement.rest), stream.options
        if table is None or given.get("APPEND_ONLY", "").upper() != "TRUE":
            raise not_known_here("a stream other than ON TABLE … APPEND_ONLY = TRUE")
        stream.state["table_name"] = quoted(*self._catalogue.key(session, "TABLE", table["table"])[1:])
        from_start = given.get("SHOW_INITIAL_ROWS", "").upper() == "TRUE"
        self._move(session, stream, 0 if from_start else self._end(session, stream))

    def _end(self, session: Session, stream: Recorded) -> int:
        found = session.duck.execute(f"SELECT max(rowid) + 1 FROM {stream.state['table_name']}").fetchone()
        return int(found[0] or 0) if found else 0

    def _move(self, session: Session, stream: Recorded, next_row: int) -> None:
        self._define(session, stream, next_row)
        stream.state["next_row"] = next_row

    def _define(self, session: Session, stream: Recorded, next_row: int) -> None:
        session.duck.execute(
            f"CREATE OR REPLACE VIEW {_view(stream.key)} AS SELECT *, 'INSERT' AS \"METADATA$ACTION\", "
            f'false AS "METADATA$ISUPDATE", printf(\'%040x\', rowid) AS "METADATA$ROW_ID" '
            f"FROM {stream.state['table_name']} WHERE rowid >= {next_row}"
        )


def _view(key: Key) -> str:
    """Where the rows of a stream are read; hidden, for Snowflake's INFORMATION_SCHEMA knows no streams either."""
    return quoted(key[1], HIDDEN, f"{key[2]}.{key[3]}")


class Tasks:
    """The tasks of this server: suspended when made, run when they are due. Its callers hold the lock of writers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def create(self, session: Session, statement: Statement) -> Answer:
        """CREATE TASK … [SCHEDULE = 'n MINUTE'] [WHEN …] AS one statement."""
        return self._catalogue.create(session, statement, self._fill)

    def alter(self, session: Session, statement: Statement) -> Answer:
        """ALTER TASK … RESUME or SUSPEND."""
        task = self._catalogue.find(session, "TASK", statement.name)
        word = statement.rest.split(" ", 1)[0].upper()
        if word not in ("RESUME", "SUSPEND"):
            raise not_known_here(f"ALTER TASK {statement.rest[:40]}")
        task.state["state"] = "started" if word == "RESUME" else "suspended"
        return told("Statement executed successfully.")

    def due(self) -> list[Recorded]:
        """Started tasks whose time has come. One that waits for a stream is asked at each tick, whatever its schedule."""
        now = time.monotonic()
        return [
            task
            for task in self._catalogue.of_kind("TASK")
            if task.state["state"] == "started"
            and (
                "STREAM_HAS_DATA" in task.state["condition"].upper()
                or now - task.state["last_run"] >= task.state["seconds"]
            )
        ]

    def ran(self, task: Recorded, error: SnowflakeError | None = None) -> None:
        """Note how a run of a task ended; the same failure again is not told again."""
        fault = error.message if error is not None else ""
        if fault and fault != task.state["last_error"]:
            _log.warning("task %s failed: %s", task.name, fault)
        task.state |= {"last_run": time.monotonic(), "last_error": fault,
                       "last_run_at": datetime.now(UTC).isoformat(" ", "seconds")}  # fmt: skip

    def _fill(self, _: Session, task: Recorded, statement: Statement) -> None:
        parts = _TASK.match(statement.rest)
        if parts is None:
            raise not_known_here("a task whose body is no single MERGE, INSERT, UPDATE, DELETE or ALTER")
        task.options = options(parts["head"])
        schedule = _SCHEDULE.match(task.options.get("SCHEDULE", "1 MINUTE"))
        if schedule is None:
            raise not_known_here(f"SCHEDULE = '{task.options['SCHEDULE']}'")
        task.state |= {"state": "suspended", "condition": parts["when"] or "", "definition": parts["body"],
                       "seconds": int(schedule["count"]) * _SECONDS[schedule["unit"].upper()], "last_run": 0.0,
                       "last_error": ""}  # fmt: skip
