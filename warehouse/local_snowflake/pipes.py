"""Pipes: COPY INTO a table from a stage, each file once. The stage is listed every few seconds, where Snowflake
hears of new files by notification.

The rows of a file and the record that it was loaded are one transaction, and a name that was seen is never loaded
again, even if the file changed or the pipe was made anew. (A new pipe of Snowflake forgets; ours would then load
the whole stage again by itself.) Only a new target table starts from nothing.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

import duckdb
import sqlglot

from lakehouse.storage.crash_points import reached
from warehouse.local_snowflake.answers import Answer, answer, told
from warehouse.local_snowflake.catalogue import HIDDEN, Catalogue, Recorded, literal, quoted
from warehouse.local_snowflake.errors import SnowflakeError, compilation_error, not_known_here
from warehouse.local_snowflake.lake_files import LakeFiles, StagedFile, path_in_bucket
from warehouse.local_snowflake.row_paths import column_expression
from warehouse.local_snowflake.sessions import Session
from warehouse.local_snowflake.stages import stage_url
from warehouse.local_snowflake.statements import Statement, group, listed, name_parts, options

# From Snowflake's page on CREATE PIPE: copy options that a pipe cannot have.
_REFUSED = ("FILES", "SIZE_LIMIT", "PURGE", "FORCE", "RETURN_FAILED_ONLY", "VALIDATION_MODE")
_KNOWN = ("FILE_FORMAT", "ON_ERROR")
_COPY = re.compile(
    r"INTO\s+(?P<table>[^\s(]+)\s*\((?P<columns>[^)]*)\)\s*FROM\s+(?P<source>\(.*)$",
    re.IGNORECASE | re.DOTALL,
)
_DELTA = ("{url} holds Delta tables: MERGE and OPTIMIZE write rows again into new files, which the pipe would load twice; "
          "export to a folder of its own")  # fmt: skip
_HISTORY = """CREATE TABLE IF NOT EXISTS {table} (FILE_NAME VARCHAR, STAGE_LOCATION VARCHAR, LAST_LOAD_TIME TIMESTAMPTZ,
ROW_COUNT BIGINT, ROW_PARSED BIGINT, FILE_SIZE BIGINT, FIRST_ERROR_MESSAGE VARCHAR, ERROR_COUNT BIGINT, STATUS VARCHAR,
TABLE_CATALOG_NAME VARCHAR, TABLE_SCHEMA_NAME VARCHAR, TABLE_NAME VARCHAR, PIPE_CATALOG_NAME VARCHAR,
PIPE_SCHEMA_NAME VARCHAR, PIPE_NAME VARCHAR)"""
_log = logging.getLogger(__name__)


class Pipes:
    """The pipes of this server. Its callers hold the lock of writers, save where ``pending`` only looks."""

    def __init__(self, catalogue: Catalogue, files: LakeFiles) -> None:
        self._catalogue, self._files = catalogue, files

    def create(self, session: Session, statement: Statement) -> Answer:
        """CREATE PIPE … AS COPY INTO t (…) FROM (SELECT $1:c::T … FROM @stage/path/)."""
        return self._catalogue.create(session, statement, self._fill)

    def alter(self, session: Session, statement: Statement) -> Answer:
        """ALTER PIPE … REFRESH (load what is there), or SET PIPE_EXECUTION_PAUSED = …"""
        pipe = self._catalogue.find(session, "PIPE", statement.name)
        if re.match(r"REFRESH\b", statement.rest, re.IGNORECASE):
            pipe.state["asked"] = True
            waiting = self.pending(session, pipe)
            return answer(["File", "Status"], [[path_in_bucket(file.url), "SENT"] for file in waiting])
        given = options(statement.rest)
        if "PIPE_EXECUTION_PAUSED" not in given:
            raise not_known_here(f"ALTER PIPE {statement.rest[:40]}")
        pipe.state["paused"] = given["PIPE_EXECUTION_PAUSED"].upper() == "TRUE"
        return told("Statement executed successfully.")

    def waiting(self) -> list[Recorded]:
        """Pipes that should look for files now."""
        return [
            pipe
            for pipe in self._catalogue.of_kind("PIPE")
            if not pipe.state["paused"]
            and (pipe.state["asked"] or pipe.options.get("AUTO_INGEST", "").upper() == "TRUE")
        ]

    def pending(self, session: Session, pipe: Recorded) -> list[StagedFile]:
        """Files of the stage that the pipe has not seen. Raises OSError when the store does not answer."""
        seen_sql = f"SELECT FILE_NAME FROM {_history(pipe)} WHERE (TABLE_SCHEMA_NAME, TABLE_NAME) = (?, ?)"
        seen = {name for (name,) in session.duck.execute(seen_sql, list(pipe.state["target"][1:])).fetchall()}
        return [file for file in self._files.files(pipe.state["url"]) if path_in_bucket(file.url) not in seen]

    def load(self, session: Session, pipe: Recorded, file: StagedFile) -> None:
        """One file, whole or not at all. What is wrong with it is remembered; a dead store is not: it is tried again."""
        if self._files.fetch([file.url]):
            return  # taken away again
        try:
            reached("before:pipe.load")
            with session.transaction():
                (count,) = session.duck.execute(self._insert(session, pipe, file)).fetchall()[0]
                self._remember(session, pipe, file, count)
            reached("after:pipe.load")
        except duckdb.OperationalError:
            raise  # disk, memory or another writer; no fault of the file
        except (duckdb.Error, SnowflakeError) as error:
            _log.warning("%s: %s skipped: %s", pipe.name, file.url, str(error).split("\n", 1)[0])
            self._remember(session, pipe, file, 0, str(error))
        finally:
            self._files.copy_path(file.url).unlink(missing_ok=True)

    def status(self, session: Session, name: str) -> dict[str, object]:
        """What SYSTEM$PIPE_STATUS tells."""
        pipe = self._catalogue.find(session, "PIPE", name)
        last_sql = f"SELECT FILE_NAME, LAST_LOAD_TIME FROM {_history(pipe)} WHERE PIPE_NAME = ? ORDER BY 2 DESC LIMIT 1"
        last = session.duck.execute(last_sql, [pipe.key[3]]).fetchone()
        return {
            "executionState": "PAUSED" if pipe.state["paused"] else "RUNNING",
            "pendingFileCount": len(self.pending(session, pipe)),
            **(
                {"lastIngestedFilePath": last[0], "lastIngestedTimestamp": last[1].isoformat()}
                if last
                else {}
            ),
        }

    def _fill(self, session: Session, pipe: Recorded, statement: Statement) -> None:
        head, _, copy = statement.rest.partition(" AS COPY ")
        parts = _COPY.match(copy)
        if parts is None:
            raise not_known_here(
                "a pipe other than AS COPY INTO table (columns) FROM (SELECT … FROM @stage/path/)"
            )
        source, tail = group(parts["source"])
        _refuse_options(options(tail))
        reference = re.search(r"@[^\s)]+", source)
        if reference is None:
            raise compilation_error("a pipe copies FROM @stage/path/", 1011, "42601")
        url = stage_url(self._catalogue, session, reference[0])
        if any("_delta_log" in file.url.split("/") for file in self._files.files(url)):
            raise compilation_error(_DELTA.format(url=url), 1425, "22023")
        columns = [name_parts(column)[0] for column in listed(parts["columns"])]
        target = self._catalogue.key(session, "TABLE", parts["table"])[1:]
        pipe.options = {**options(head), "definition": f"COPY {copy}"}
        pipe.state |= {"url": url, "target": target, "columns": columns, "select": source, "paused": False,
                       "asked": False, "fault": ""}  # fmt: skip
        session.duck.execute(_HISTORY.format(table=_history(pipe)))

    def _insert(self, session: Session, pipe: Recorded, file: StagedFile) -> str:
        source = f"read_parquet({literal(self._files.copy_path(file.url))}, file_row_number=true, hive_partitioning=false)"
        described = session.duck.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        own = {name: quoted(name) for name, *_ in described if name != "file_row_number"}
        metadata = {
            "METADATA$FILENAME": literal(path_in_bucket(file.url)),
            "METADATA$FILE_ROW_NUMBER": "file_row_number + 1",
            "METADATA$FILE_LAST_MODIFIED": f"{literal(file.modified_at.isoformat())}::TIMESTAMP",
            "METADATA$START_SCAN_TIME": f"{literal(datetime.now(UTC).isoformat())}::TIMESTAMPTZ",
        }
        select = sqlglot.parse_one(pipe.state["select"], read="snowflake")
        values = [column_expression(e.sql("snowflake"), own, metadata) for e in select.expressions]
        columns = ", ".join(map(quoted, pipe.state["columns"]))
        return f"INSERT INTO {quoted(*pipe.state['target'])} ({columns}) SELECT {', '.join(values)} FROM {source}"

    def _remember(
        self, session: Session, pipe: Recorded, file: StagedFile, rows: int, fault: str | None = None
    ) -> None:
        told_row = [path_in_bucket(file.url), pipe.state["url"], datetime.now(UTC), rows, rows, file.size, fault,
                    int(bool(fault)), "Load failed" if fault else "Loaded", *pipe.state["target"], *pipe.key[1:]]  # fmt: skip
        marks = ", ".join("?" * len(told_row))
        session.duck.execute(f"INSERT INTO {_history(pipe)} VALUES ({marks})", told_row)


def forget_table(session: Session, database: str, schema: str, table: str) -> None:
    """A new table has no load history."""
    history = quoted(database, HIDDEN, "pipe_files")
    if session.duck.execute("SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND table_name = 'pipe_files'",
                            [database]).fetchone():  # fmt: skip
        session.duck.execute(
            f"DELETE FROM {history} WHERE (TABLE_SCHEMA_NAME, TABLE_NAME) = (?, ?)", [schema, table]
        )


def _history(pipe: Recorded) -> str:
    return quoted(pipe.state["target"][0], HIDDEN, "pipe_files")


def _refuse_options(copied: dict[str, str]) -> None:
    """What Snowflake refuses of the COPY in a pipe, then what this server has not learnt."""
    for name in _REFUSED:
        if name in copied:
            raise compilation_error(f"copy option {name} is not supported in a pipe", 1425, "22023")
    if copied.get("ON_ERROR", "SKIP_FILE").upper() == "ABORT_STATEMENT":
        raise compilation_error(
            "copy option ON_ERROR = ABORT_STATEMENT is not supported in a pipe", 1425, "22023"
        )
    if copied.get("ON_ERROR", "SKIP_FILE").upper() != "SKIP_FILE":
        raise not_known_here("ON_ERROR other than SKIP_FILE")
    for name in copied.keys() - {*_KNOWN}:
        raise not_known_here(f"copy option {name}")
