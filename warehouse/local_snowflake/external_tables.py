"""Delta external tables: a view over exactly the files that the Delta log named at the last REFRESH.

Between two REFRESHes they are stale, as in Snowflake. Two views make one table: the outer one has the declared
columns and never changes; the inner one, hidden from clients, reads the files.
"""

from __future__ import annotations

import logging
import re

from warehouse.local_snowflake.answers import Answer, answer, told
from warehouse.local_snowflake.catalogue import HIDDEN, Catalogue, Recorded, literal, quoted
from warehouse.local_snowflake.errors import compilation_error, invalid_combination, not_known_here
from warehouse.local_snowflake.lake_files import LakeFiles
from warehouse.local_snowflake.row_paths import column_expression, paths_read
from warehouse.local_snowflake.sessions import Session
from warehouse.local_snowflake.stages import stage_url
from warehouse.local_snowflake.statements import Statement, group, listed, name_parts, options
from warehouse.local_snowflake.tables import remember_comments

_COLUMN = re.compile(r'(?P<name>"(?:[^"]|"")+"|\w+)\s+(?P<type>.+?)\s+AS\s*(?P<expression>\(.*\))\s*(?:NOT\s+NULL)?$',
                     re.IGNORECASE | re.DOTALL)  # fmt: skip
# The functions that a partition expression may use; from Snowflake's page on CREATE EXTERNAL TABLE.
_IN_PARTITIONS = {"ARRAY_CONSTRUCT", "CAST", "CONCAT", "ENDSWITH", "IFF", "IFNULL", "IN", "LOWER", "NULLIF", "NVL2",
                  "SPLIT_PART", "STARTSWITH", "SUBSTR", "SUBSTRING", "UPPER", "ZEROIFNULL", "NUMBER", "VARCHAR",
                  "AS"}  # fmt: skip
_NESTED = ("ARRAY", "OBJECT", "VARIANT")  # they stay JSON
_METADATA = {"METADATA$FILENAME": '"METADATA$FILENAME"'}
_log = logging.getLogger(__name__)


class ExternalTables:
    """The external tables of this server. Its callers hold the lock of writers."""

    def __init__(self, catalogue: Catalogue, files: LakeFiles) -> None:
        self._catalogue, self._files = catalogue, files

    def create(self, session: Session, statement: Statement) -> Answer:
        """CREATE EXTERNAL TABLE … TABLE_FORMAT = DELTA: empty until it is refreshed."""
        return self._catalogue.create(session, statement, self._fill)

    def alter(self, session: Session, statement: Statement) -> Answer:
        """ALTER EXTERNAL TABLE … REFRESH, or ADD COLUMN."""
        found = self._catalogue.find(session, statement.kind, statement.name)
        if re.match(r"REFRESH$", statement.rest, re.IGNORECASE):
            return self._refresh(session, found)
        added = re.match(
            r"ADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?(.+)$", statement.rest, re.IGNORECASE | re.DOTALL
        )
        if added is None:
            raise not_known_here(f"ALTER EXTERNAL TABLE {statement.rest[:40]}")
        if _column(added[1])[0] not in [_column(column)[0] for column in found.state["columns"]]:
            found.state["columns"] = [*found.state["columns"], added[1]]
            self._define(session, found)
        return told("Statement executed successfully.")

    def drop(self, session: Session, statement: Statement) -> Answer:
        """DROP EXTERNAL TABLE; the files stay."""
        key = self._catalogue.key(session, statement.kind, statement.name)
        said = self._catalogue.drop(session, statement)
        session.duck.execute(f"DROP VIEW IF EXISTS {quoted(*key[1:])}")
        session.duck.execute(f"DROP VIEW IF EXISTS {quoted(key[1], HIDDEN, f'{key[2]}.{key[3]}')}")
        return said

    def leave_out_lost_files(self, session: Session) -> None:
        """Files that are gone from the lake: Snowflake skips them in silence; ours says so in the log."""
        for table in self._catalogue.of_kind("EXTERNAL TABLE"):
            there = (
                {file.url for file in self._files.files(table.state["location_url"])}
                if table.state["files"]
                else set()
            )
            if lost := [url for url in table.state["files"] if url not in there]:
                self._leave_out(table, lost)
                self._read_files(session, table)

    def _fill(self, session: Session, table: Recorded, statement: Statement) -> None:
        inside, tail = group(statement.rest)
        table.options, columns = options(tail), listed(inside)
        _refuse_options(table.options)
        _refuse_partitions(columns, tail)
        url = stage_url(self._catalogue, session, table.options["LOCATION"])
        table.state |= {"location_url": url, "columns": columns, "delta_version": None, "files": ()}
        self._define(session, table)

    def _refresh(self, session: Session, table: Recorded) -> Answer:
        now, before = self._files.snapshot(table.state["location_url"]), set(table.state["files"])
        changed = [
            (url, "REGISTERED_NEW", "File registered successfully.") for url in now.files if url not in before
        ]
        changed += [
            (url, "UNREGISTERED", "File unregistered successfully.") for url in sorted(before - {*now.files})
        ]
        lost = self._files.fetch(now.files)
        table.state |= {"files": now.files, "delta_version": now.version, "own": now.columns}
        if lost:
            self._leave_out(table, lost)
        self._read_files(session, table)
        self._files.leave(before - {*now.files})
        return answer(["file", "status", "description"], changed)

    def _leave_out(self, table: Recorded, lost: list[str]) -> None:
        _log.warning(
            "%s: %d files are gone and skipped until REFRESH, first %s", table.name, len(lost), lost[0]
        )
        table.state["files"] = tuple(url for url in table.state["files"] if url not in lost)

    def _define(self, session: Session, table: Recorded) -> None:
        """Make both views. The outer one casts every column, so its types hold whatever the files bring."""
        self._read_files(session, table)
        selected = ['"VALUE"']
        for name, type_, expression in map(_column, table.state["columns"]):
            own = {path: quoted(f"c:{path}") for path in paths_read(expression)}
            cast = expression if type_ in _NESTED else f"CAST({expression} AS {type_})"
            selected.append(f"{column_expression(cast, own, _METADATA)} AS {quoted(name)}")
        session.duck.execute(
            f"CREATE OR REPLACE VIEW {table.quoted} AS SELECT {', '.join(selected)} FROM {_inner(table)}"
        )
        session.duck.execute(f"COMMENT ON VIEW {table.quoted} IS 'EXTERNAL TABLE'")
        remember_comments(session, table.key[1:], table.options.get("COMMENT", ""), {})

    def _read_files(self, session: Session, table: Recorded) -> None:
        paths = sorted(set().union(*(paths_read(_column(c)[2]) for c in table.state["columns"])))
        own = table.state.get("own", ())
        reads = [f"{quoted(path) if path in own else 'NULL'} AS {quoted(f'c:{path}')}" for path in paths]
        if table.state["files"]:
            copies = [self._files.copy_path(url) for url in table.state["files"]]
            bucket = self._files.folder / copies[0].relative_to(self._files.folder).parts[0]
            names = f"substr(filename, {len(str(bucket)) + 2})"
            row = ", ".join(f"{literal(column)}: {quoted(column)}" for column in own)
            listed_files = ", ".join(map(literal, copies))
            source = (
                f'to_json({{{row}}}) AS "VALUE", {names} AS "METADATA$FILENAME", {", ".join(reads)} '
                f"FROM read_parquet([{listed_files}], filename=true, union_by_name=true, hive_partitioning=false)"
            )
        else:
            reads = [f"NULL AS {quoted(f'c:{path}')}" for path in paths]
            source = (
                ", ".join(['NULL::JSON AS "VALUE"', 'NULL::VARCHAR AS "METADATA$FILENAME"', *reads])
                + " WHERE false"
            )
        session.duck.execute(f"CREATE OR REPLACE VIEW {_inner(table)} AS SELECT {source}")


def _inner(table: Recorded) -> str:
    return quoted(table.key[1], HIDDEN, f"{table.key[2]}.{table.key[3]}")


def _column(text: str) -> tuple[str, str, str]:
    """Name, type and expression of one declared column."""
    found = _COLUMN.match(text)
    if found is None:
        raise compilation_error(
            f"a column of an external table is `name type AS (expression)`, seen {text[:60]!r}"
        )
    return name_parts(found["name"])[0], found["type"].upper(), group(found["expression"])[0]


def _refuse_options(given: dict[str, str]) -> None:
    """What Snowflake refuses of TABLE_FORMAT = DELTA."""
    if given.get("TABLE_FORMAT", "").upper() != "DELTA":
        raise not_known_here("CREATE EXTERNAL TABLE without TABLE_FORMAT = DELTA")
    for name in ("REFRESH_ON_CREATE", "AUTO_REFRESH"):
        if given.get(name, "TRUE").upper() != "FALSE":
            raise invalid_combination(f"'{name}'='true'", "'TABLE_FORMAT'='DELTA'")
    for name in {"PATTERN", "AWS_SNS_TOPIC"} & given.keys():
        raise invalid_combination(f"'{name}'", "'TABLE_FORMAT'='DELTA'")
    if "LOCATION" not in given:
        raise compilation_error("missing property LOCATION", 1425, "22023")


def _refuse_partitions(columns: list[str], tail: str) -> None:
    """A partition column is computed from METADATA$FILENAME, by functions of a short list."""
    by = re.search(r"PARTITION\s+BY\s*(\(.*)", tail, re.IGNORECASE | re.DOTALL)
    partitions = {name_parts(name)[0] for name in listed(group(by[1])[0])} if by else set()
    for name, _, expression in map(_column, columns):
        if name not in partitions:
            continue
        if "METADATA$FILENAME" not in expression.upper():
            raise compilation_error(
                f"partition column {name} must be computed from METADATA$FILENAME", 1425, "22023"
            )
        used = {word.upper() for word in re.findall(r"([A-Za-z_]\w*)\s*\(", expression)}
        for function in sorted(used - _IN_PARTITIONS):
            raise compilation_error(
                f"function {function} is not allowed in partition column {name}", 1425, "22023"
            )
