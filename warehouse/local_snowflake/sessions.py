"""One client's session: its own connection to the shared DuckDB, with fakesnow's cursor over it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from duckdb import DuckDBPyConnection
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from fakesnow.instance import FakeSnow
from fakesnow.rowtype import describe_as_rowtype
from fakesnow.statement_type import MERGE, statement_type_id
from sqlglot import exp

from warehouse.local_snowflake.answers import Answer, answer

_MOST_KEPT_RESULTS = 50
_COUNTED = ("INSERT", "UPDATE", "DELETE")


class RecentResults(OrderedDict[str, tuple[Any, ...]]):
    """The last results, for RESULT_SCAN: fakesnow would keep every result for ever."""

    def __setitem__(self, key: str, value: tuple[Any, ...]) -> None:
        super().__setitem__(key, value)
        while len(self) > _MOST_KEPT_RESULTS:
            self.popitem(last=False)


class _Cursor(FakeSnowflakeCursor):
    """fakesnow's cursor with its Arrow result, and with DuckDB's own MERGE, which is one statement."""

    def run(self, sql: str, bindings: Sequence[Any] | None) -> Answer:
        parsed = parse_one(sql)
        if isinstance(parsed, exp.Merge):
            return self._merge(parsed)
        self.execute(sql, binding_params=bindings, server=True)
        described = [(d[0], str(d[1]), None, None, None, None) for d in self._duck_conn.description]
        return Answer(
            self._arrow_table, describe_as_rowtype(described), statement_type_id(parsed), self.sfqid or ""
        )

    def describe_only(self, sql: str) -> Answer | None:
        rows = self._describe_only(sql)
        if rows is None:
            return None
        columns = describe_as_rowtype(rows)
        return Answer(
            answer([c["name"] for c in columns], []).rows, columns, statement_type_id(parse_one(sql))
        )

    def _merge(self, merge: exp.Merge) -> Answer:
        for assignment in (e for when in merge.find_all(exp.When) for e in when.find_all(exp.EQ)):
            if isinstance(assignment.parent, exp.Update):
                assignment.this.set("table", None)
        merge.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))
        sql = self._transform(merge, None).sql(dialect="duckdb")
        actions = [action for (action,) in self._duck_conn.execute(sql).fetchall()]
        counts = [actions.count(action) for action in _COUNTED]
        return answer([f"number of rows {a.lower().rstrip('e')}ed" for a in _COUNTED], [counts], MERGE)


@dataclass
class Session:
    """A logged-in client. Hold ``lock`` while you use it: a DuckDB connection serves one thread at a time."""

    fake: FakeSnowflakeConnection
    duck: DuckDBPyConnection
    user: str = ""
    role: str = "PUBLIC"
    warehouse: str | None = None
    last_query_id: str = ""
    in_transaction: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    used_at: float = field(default_factory=time.monotonic)

    @classmethod
    def opened(cls, account: FakeSnow, database: str | None = None, schema: str | None = None) -> Session:
        """A new session; a database that does not exist (yet) is no error, as in Snowflake."""
        duck = account.duck_conn.cursor()
        fake = FakeSnowflakeConnection(
            duck, account.results_cache, database, schema, create_database=False, create_schema=False
        )
        return cls(fake, duck)

    def run(self, sql: str, bindings: Sequence[Any] | None = None) -> Answer:
        """Run Snowflake SQL as fakesnow translates it."""
        made = _Cursor(self.fake, self.duck).run(sql, bindings)
        self.last_query_id = made.query_id
        return made

    def described(self, sql: str) -> Answer | None:
        """The columns that a statement would give; None where only running it can tell."""
        return _Cursor(self.fake, self.duck).describe_only(sql)

    @contextmanager
    def transaction(self) -> Iterator[bool]:
        """All or nothing. False inside a client's own transaction: then that one decides."""
        if self.in_transaction:
            yield False
            return
        self.duck.execute("BEGIN")
        try:
            yield True
        except BaseException:
            self.duck.execute("ROLLBACK")
            raise
        self.duck.execute("COMMIT")
