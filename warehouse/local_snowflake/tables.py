"""CREATE TABLE and VIEW: what DuckDB has no room for (comments, policies, keys that Snowflake does not enforce)
is taken out of the statement; comments are kept beside it."""

from __future__ import annotations

from sqlglot import exp

from warehouse.local_snowflake.catalogue import literal, quoted
from warehouse.local_snowflake.sessions import Session

_KEYS = (
    exp.PrimaryKey,
    exp.ForeignKey,
    exp.Constraint,
    exp.UniqueColumnConstraint,
    exp.PrimaryKeyColumnConstraint,
)
_KEPT = (exp.NotNullColumnConstraint, exp.DefaultColumnConstraint, exp.AutoIncrementColumnConstraint,
         exp.GeneratedAsIdentityColumnConstraint)  # fmt: skip


# fakesnow's list of tables leaves out views; ours marks an external table in the comment of its view.
_EVERY_TABLE = """CREATE OR REPLACE VIEW {database}._fs_information_schema._fs_tables AS
SELECT database_name AS TABLE_CATALOG, schema_name AS TABLE_SCHEMA, name AS TABLE_NAME, 'SYSADMIN' AS TABLE_OWNER,
  kind AS TABLE_TYPE, 'NO' AS IS_TRANSIENT, row_count AS ROW_COUNT, 0 AS BYTES, 1 AS RETENTION_TIME,
  to_timestamp(0) AS CREATED, to_timestamp(0) AS LAST_ALTERED, comment AS COMMENT
FROM (SELECT database_name, schema_name, table_name AS name, 'BASE TABLE' AS kind, estimated_size AS row_count
        FROM duckdb_tables()
      UNION ALL SELECT database_name, schema_name, view_name, coalesce(comment, 'VIEW'), NULL FROM duckdb_views())
LEFT JOIN _fs_global._fs_information_schema._fs_tables_ext
  ON (database_name, schema_name, name) = (ext_table_catalog, ext_table_schema, ext_table_name)
WHERE database_name = {name} AND schema_name NOT IN ('_fs_information_schema', 'main')"""


def list_every_table(session: Session, database: str) -> None:
    """INFORMATION_SCHEMA.TABLES of a new database, with views and external tables."""
    session.duck.execute(_EVERY_TABLE.format(database=quoted(database), name=literal(database)))


def bare(parsed: exp.Expr) -> tuple[exp.Expr, str, dict[str, str]]:
    """A CREATE or ALTER as DuckDB takes it, the comment of the object, and those of its columns."""
    comments: dict[str, str] = {}
    whole = ""
    if isinstance(parsed.this, exp.Schema):
        parsed.this.set("expressions", [e for e in parsed.this.expressions if not isinstance(e, _KEYS)])
    for column in parsed.find_all(exp.ColumnDef):
        constraints = column.args.get("constraints") or []
        comments |= {
            _name(column): c.kind.this.name
            for c in constraints
            if isinstance(c.kind, exp.CommentColumnConstraint)
        }
        column.set("constraints", [c for c in constraints if isinstance(c.kind, _KEPT)])
    if properties := parsed.args.get("properties"):
        whole = next(
            (p.this.name for p in properties.expressions if isinstance(p, exp.SchemaCommentProperty)), ""
        )
        kept = [p for p in properties.expressions if isinstance(p, exp.TemporaryProperty)]
        parsed.set("properties", exp.Properties(expressions=kept) if kept else None)
    return parsed, whole, comments


def remember_comments(
    session: Session, name: tuple[str, str, str], whole: str, columns: dict[str, str]
) -> None:
    """Keep comments where INFORMATION_SCHEMA and SHOW find them."""
    database, schema, table = name
    if whole:
        session.duck.execute(
            "INSERT INTO _fs_global._fs_information_schema._fs_tables_ext VALUES (?, ?, ?, ?) ON CONFLICT "
            "(ext_table_catalog, ext_table_schema, ext_table_name) DO UPDATE SET comment = excluded.comment",
            [database, schema, table, whole],
        )
    for column, comment in columns.items():
        session.duck.execute(f"COMMENT ON COLUMN {quoted(*name, column)} IS {literal(comment)}")


def _name(column: exp.Expr) -> str:
    identifier = column.find(exp.Identifier)
    assert identifier is not None
    return identifier.name if identifier.quoted else identifier.name.upper()
