"""One statement in, one answer out; and the ticker that feeds pipes and tasks.

Reading statements of different sessions run side by side. Everything that changes something holds one lock, so a
pipe, a task and a client never meet in the same table.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakesnow.dialect import parse_one
from fakesnow.instance import FakeSnow

from lakehouse.settings import Settings
from warehouse.local_snowflake.answers import Answer, told
from warehouse.local_snowflake.catalogue import NOT_ENFORCED, OF_A_SCHEMA, OF_THE_ACCOUNT, Catalogue, literal
from warehouse.local_snowflake.errors import (
    SnowflakeError,
    as_snowflake_error,
    compilation_error,
    not_known_here,
)
from warehouse.local_snowflake.exact_numbers import keep_numbers_exact
from warehouse.local_snowflake.external_tables import ExternalTables
from warehouse.local_snowflake.lake_files import LakeFiles
from warehouse.local_snowflake.pipes import Pipes, forget_table
from warehouse.local_snowflake.queries import Queries
from warehouse.local_snowflake.sessions import RecentResults, Session
from warehouse.local_snowflake.statements import Statement, name_parts, read_statement
from warehouse.local_snowflake.streams import Streams, Tasks
from warehouse.local_snowflake.tables import bare, list_every_table, remember_comments

_LOST_SECONDS = 30.0
Bindings = Sequence[Any] | None
Handler = Callable[[Session, Statement], Answer]
_READS = ("SELECT", "WITH", "VALUES", "")
_CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE")
_TRANSACTION = {"BEGIN": True, "START": True, "COMMIT": False, "ROLLBACK": False}
_SESSION = ("SET", "UNSET")
_KNOWN_TO_SNOWFLAKE = ("CREATE", "ALTER", "DROP", "DESC", "DESCRIBE", "SHOW", "EXECUTE", "UNDROP", "CALL", "COPY",
                       "PUT", "GET", "LIST", "LS", "REMOVE", "RM", "COMMENT", "EXPLAIN", "DECLARE")  # fmt: skip
_SHOWN_BY_FAKESNOW = ("TABLE", "VIEW", "OBJECTS", "COLUMNS", "SCHEMA", "DATABASE", "PRIMARY", "UNIQUE", "IMPORTED",
                      "PARAMETERS", "FUNCTIONS", "PROCEDURES", "SEQUENCES", "USER FUNCTIONS")  # fmt: skip
_log = logging.getLogger(__name__)


class Engine:
    """The whole server without its wire. Everything it holds is in memory."""

    def __init__(self, settings: Settings) -> None:
        keep_numbers_exact()
        self._account = FakeSnow()
        self._account.results_cache = RecentResults()
        self._files = LakeFiles(settings, settings.home / "warehouse" / "copies")
        self._limit_memory(settings.warehouse_memory, settings.home / "warehouse")
        self._writes = threading.RLock()
        self._catalogue = Catalogue()
        self._external = ExternalTables(self._catalogue, self._files)
        self._pipes = Pipes(self._catalogue, self._files)
        self._streams, self._tasks = Streams(self._catalogue), Tasks(self._catalogue)
        self._queries = Queries(self._pipes, self._streams)
        self._handlers = self._known_statements()
        self._own, self._looked_for_lost = self.login(), time.monotonic()
        _log.info(NOT_ENFORCED)

    def login(self, database: str | None = None, schema: str | None = None) -> Session:
        """A new session."""
        return Session.opened(self._account, database, schema)

    def execute(self, session: Session, sql: str, bindings: Bindings = None) -> Answer:
        """Run one statement. Raises SnowflakeError and nothing else."""
        try:
            statement = read_statement(sql)
            with session.lock, nullcontext() if statement.verb in _READS else self._writes:
                handler = self._handlers.get((statement.verb, statement.kind))
                return handler(session, statement) if handler else self._run(session, statement, bindings)
        except Exception as error:
            raise as_snowflake_error(error) from error

    def describe(self, session: Session, sql: str) -> Answer | None:
        """The columns of a statement without running it; None where that cannot be told."""
        try:
            with session.lock:
                is_query = read_statement(sql).verb in _READS
                return session.described(self._resolved(session, sql) if is_query else sql)
        except Exception as error:
            raise as_snowflake_error(error) from error

    def tick(self) -> None:
        """Feed every pipe that waits, then run every task that is due. A failure is told in the log and tried again."""
        with self._writes:
            pipes = self._pipes.waiting()
        for pipe in pipes:
            try:
                for file in self._pipes.pending(self._own, pipe):
                    with self._writes:
                        self._pipes.load(self._own, pipe, file)
                pipe.state |= {"asked": False, "fault": ""}
            except Exception as error:  # noqa: BLE001 - the ticker must outlive whatever one pipe meets
                if pipe.state["fault"] != str(error):  # the same failure again is not told again
                    _log.warning("pipe %s: %s; tried again", pipe.name, error)
                pipe.state["fault"] = str(error)
        if time.monotonic() - self._looked_for_lost > _LOST_SECONDS:
            self._look_for_lost()
        with self._writes:
            for task in self._tasks.due():
                try:
                    self._run_task(task.state["condition"], task.state["definition"], task.key[1:3])
                    self._tasks.ran(task)
                except Exception as error:  # noqa: BLE001 - as above
                    self._tasks.ran(task, as_snowflake_error(error))

    def _look_for_lost(self) -> None:
        self._looked_for_lost = time.monotonic()
        try:
            with self._writes:
                self._external.leave_out_lost_files(self._own)
        except OSError as error:
            _log.warning("external tables cannot be compared with the lake: %s", error)

    def _run_task(self, condition: str, body: str, place: tuple[str, ...]) -> None:
        session = self.login(*place)
        if not condition or self.execute(session, f"SELECT {condition}").rows.column(0)[0].as_py():
            self.execute(session, body)

    def _run(self, session: Session, statement: Statement, bindings: Bindings) -> Answer:
        if statement.verb in _READS:
            return self._query(session, statement.text, bindings)
        if statement.verb in _CHANGES:
            return self._change(session, statement.text, bindings)
        if statement.verb == "USE":
            return _use(session, statement)
        if statement.verb in _TRANSACTION:
            said, session.in_transaction = session.run(statement.text), _TRANSACTION[statement.verb]
            return said
        shown = statement.verb == "SHOW" and statement.kind in _SHOWN_BY_FAKESNOW
        if statement.verb not in _SESSION and not shown:
            raise _unknown(statement)
        return session.run(statement.text, bindings)

    def _change(self, session: Session, sql: str, bindings: Bindings) -> Answer:
        parsed = self._queries.resolved(session, parse_one(sql))
        read = self._streams.read_by(session, parsed)
        text = parsed.sql(dialect="snowflake")
        if read:
            return self._streams.consume(session, text, read)
        with session.transaction():
            return session.run(text, bindings)

    def _query(self, session: Session, sql: str, bindings: Bindings) -> Answer:
        return session.run(self._resolved(session, sql), bindings)

    def _resolved(self, session: Session, sql: str) -> str:
        parsed = self._queries.resolved(session, parse_one(sql))
        self._streams.read_by(session, parsed)
        return parsed.sql(dialect="snowflake")

    def _known_statements(self) -> dict[tuple[str, str], Handler]:
        catalogue = self._catalogue
        known: dict[tuple[str, str], Handler] = {}
        for kind in (*OF_THE_ACCOUNT, *OF_A_SCHEMA):
            known |= {("CREATE", kind): catalogue.create, ("ALTER", kind): catalogue.alter,
                      ("DROP", kind): catalogue.drop, ("DESC", kind): catalogue.describe,
                      ("SHOW", kind): catalogue.show}  # fmt: skip
        known |= {("GRANT", ""): catalogue.grant, ("REVOKE", ""): catalogue.grant,
                  ("SHOW", "GRANTS"): catalogue.show_grants}  # fmt: skip
        for room, kind in ((self._external, "EXTERNAL TABLE"), (self._pipes, "PIPE"), (self._streams, "STREAM"),
                           (self._tasks, "TASK")):  # fmt: skip
            known |= {(verb, kind): getattr(room, verb.lower()) for verb in ("CREATE", "ALTER", "DROP")
                      if hasattr(room, verb.lower())}  # fmt: skip
        for kind in ("DATABASE", "SCHEMA"):
            known |= {("CREATE", kind): self._create_place, ("DROP", kind): self._drop_place}
        for kind in ("TABLE", "VIEW"):
            known |= {("CREATE", kind): self._create_table, ("ALTER", kind): self._alter_table,
                      ("DROP", kind): _as_it_is, ("DESC", kind): _as_it_is}  # fmt: skip
        known["EXECUTE", "TASK"] = self._execute_task
        known["ALTER", "SESSION"] = lambda _, __: told("Statement executed successfully.")
        return known

    def _create_place(self, session: Session, statement: Statement) -> Answer:
        exists = "IF NOT EXISTS " if statement.exists else ""
        said = session.run(f"CREATE {statement.kind} {exists}{statement.name}")
        session.run(f"USE {statement.kind} {statement.name}")  # as Snowflake does
        if statement.kind == "DATABASE":
            list_every_table(session, name_parts(statement.name)[0])
        return said

    def _drop_place(self, session: Session, statement: Statement) -> Answer:
        said = session.run(statement.text)
        parts = name_parts(statement.name)
        if statement.kind == "DATABASE":
            self._catalogue.forget_all_in(parts[0])
        else:
            self._catalogue.forget_all_in(
                parts[0] if len(parts) > 1 else session.fake.database or "", parts[-1]
            )
        return said

    def _create_table(self, session: Session, statement: Statement) -> Answer:
        name = self._catalogue.key(session, statement.kind, statement.name)[1:]
        was_there = statement.exists and _exists(session, name)
        create, whole, comments = bare(self._queries.resolved(session, parse_one(statement.text)))
        said = session.run(create.sql(dialect="snowflake"))
        if not was_there:
            remember_comments(session, name, whole, comments)
            forget_table(session, *name)
        return said

    def _alter_table(self, session: Session, statement: Statement) -> Answer:
        name = self._catalogue.key(session, "EXTERNAL TABLE", statement.name)
        if any(table.key == name for table in self._catalogue.of_kind("EXTERNAL TABLE")):
            return self._external.alter(session, replace(statement, kind="EXTERNAL TABLE"))
        if " POLICY " in statement.rest.upper() or " TAG " in statement.rest.upper():
            return told("Statement executed successfully.")
        alter, _, comments = bare(parse_one(statement.text))
        said = session.run(alter.sql(dialect="snowflake"))
        remember_comments(session, name[1:], "", comments)
        self._streams.follow(session)
        return said

    def _execute_task(self, session: Session, statement: Statement) -> Answer:
        task = self._catalogue.find(session, "TASK", statement.name)
        self._run_task(task.state["condition"], task.state["definition"], task.key[1:3])
        self._tasks.ran(task)
        return told(f"Task {task.key[-1]} is scheduled to run immediately.")

    def _limit_memory(self, memory: str, folder: Path) -> None:
        spill = folder / "spill"
        spill.mkdir(parents=True, exist_ok=True)
        for name, value in {"memory_limit": memory, "temp_directory": str(spill)}.items():
            self._account.duck_conn.execute(f"SET GLOBAL {name} = {literal(value)}")


def _as_it_is(session: Session, statement: Statement) -> Answer:
    return session.run(statement.text)


def _unknown(statement: Statement) -> SnowflakeError:
    if statement.verb not in _KNOWN_TO_SNOWFLAKE:
        return compilation_error(f"syntax error line 1 at position 0 unexpected '{statement.verb}'.")
    return not_known_here(statement.title)


def _use(session: Session, statement: Statement) -> Answer:
    """USE; role and warehouse are only remembered."""
    kind, _, name = statement.text.partition(" ")[2].partition(" ")
    if kind.upper() == "ROLE":
        session.role = name_parts(name)[-1]
    elif kind.upper() == "WAREHOUSE":
        session.warehouse = name_parts(name)[-1]
    return session.run(statement.text)


def _exists(session: Session, name: tuple[str, ...]) -> bool:
    found = session.duck.execute(
        "SELECT 1 FROM information_schema.tables WHERE (table_catalog, table_schema, table_name) = (?, ?, ?)",
        [*name],
    )
    return found.fetchone() is not None
