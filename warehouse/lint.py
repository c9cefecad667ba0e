"""What Snowflake refuses, or takes and then loses or doubles rows, and sqlfluff cannot know. Pure: text in, faults out.

Sources: docs.snowflake.com, CREATE EXTERNAL TABLE, CREATE PIPE, CREATE DYNAMIC TABLE, Reserved keywords.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from warehouse.ddl_statements import TEXT, Statement, statements

_PIPE_REFUSED = ("FILES", "SIZE_LIMIT", "PURGE", "FORCE", "RETURN_FAILED_ONLY", "VALIDATION_MODE")
_HOLDS_ROWS = ("TABLE", "EXTERNAL TABLE", "STREAM", "SCHEMA", "DATABASE")
_DELTA_STAGES = r"/(?:bronze|silver|gold|ops)/|\b(?:GOLD|SILVER|OPS)_STAGE\b"
# https://docs.snowflake.com/en/sql-reference/reserved-keywords: those that cannot be names without quotes.
_RESERVED = re.compile(
    r"ACCOUNT|ALL|ALTER|AND|ANY|AS|BETWEEN|BY|CASE|CAST|CHECK|COLUMN|CONNECT|CONNECTION|CONSTRAINT|CREATE|CROSS|"
    r"CURRENT|CURRENT_DATE|CURRENT_TIME|CURRENT_TIMESTAMP|CURRENT_USER|DATABASE|DELETE|DISTINCT|DROP|ELSE|EXISTS|"
    r"FALSE|FOLLOWING|FOR|FROM|FULL|GRANT|GROUP|GSCLUSTER|HAVING|ILIKE|IN|INCREMENT|INNER|INSERT|INTERSECT|INTO|IS|"
    r"ISSUE|JOIN|LATERAL|LEFT|LIKE|LOCALTIME|LOCALTIMESTAMP|MINUS|NATURAL|NOT|NULL|OF|ON|OR|ORDER|ORGANIZATION|"
    r"QUALIFY|REGEXP|REVOKE|RIGHT|RLIKE|ROW|ROWS|SAMPLE|SCHEMA|SELECT|SET|SOME|START|TABLE|TABLESAMPLE|THEN|TO|"
    r"TRIGGER|TRUE|TRY_CAST|UNION|UNIQUE|UPDATE|USING|VALUES|VIEW|WHEN|WHENEVER|WHERE|WITH",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Fault:
    """A refused statement: the rule by name, what was seen, and what to do instead."""

    rule: str
    seen: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.seen}; {self.remedy}"


@dataclass(frozen=True)
class Sources:
    """What the statements around one say: names of external tables, and folders that hold Delta tables."""

    external_tables: frozenset[str] = frozenset()
    delta_folders: frozenset[str] = frozenset()


Rule = Callable[[Statement, Sources], Iterator[Fault]]


def lint(text: str, template: str = "", sources: Sources | None = None) -> list[Fault]:
    """Faults of the statements of ``text``. ``template``: the same before its variables were filled in.

    ``sources``: what other files define, from ``sources_of``; without it, what the text itself defines.
    """
    found = list(statements(text))
    around = sources or sources_of([text])
    faults = [fault for each in found for rule in RULES for fault in rule(each, around)]
    return faults + list(pasted_identifier(template))


def sources_of(texts: Iterable[str]) -> Sources:
    """What all the texts together define."""
    external = [each for text in texts for each in statements(text) if each.created == "EXTERNAL TABLE"]
    located = (re.search(r"\bLOCATION\s*=\s*(@\S+)", each.sql, re.IGNORECASE) for each in external)
    return Sources(
        frozenset(each.name for each in external), frozenset(_folder(found[1]) for found in located if found)
    )


def auto_refresh_on_delta(statement: Statement, _: Sources) -> Iterator[Fault]:
    """Delta external tables refresh by hand only."""
    for option in ("AUTO_REFRESH", "REFRESH_ON_CREATE") if _is_delta_table(statement) else ():
        if not statement.has(rf"\b{option}\s*=\s*FALSE\b"):
            yield Fault(
                "auto_refresh_on_delta", f"no {option} = FALSE", "Snowflake refuses it (001425): write it"
            )


def delta_table_option(statement: Statement, _: Sources) -> Iterator[Fault]:
    """Options that external tables over Delta do not take."""
    for option in ("PATTERN", "AWS_SNS_TOPIC") if _is_delta_table(statement) else ():
        if statement.has(rf"\b{option}\s*="):
            yield Fault("delta_table_option", option, "TABLE_FORMAT = DELTA does not take it: remove it")


def partition_not_from_filename(statement: Statement, _: Sources) -> Iterator[Fault]:
    """A partition column is an expression over METADATA$FILENAME."""
    parted = re.search(r"\bPARTITION\s+BY\s*\(([^)]*)\)", statement.bare, re.IGNORECASE)
    if statement.created != "EXTERNAL TABLE" or parted is None:
        return
    for name in (part.strip() for part in parted[1].split(",")):
        defined = re.search(
            rf"{re.escape(name)}\s+\w+[^,\n]*?\bAS\s*\(([^\n]*)", statement.sql, re.IGNORECASE
        )
        if defined is None or "METADATA$FILENAME" not in defined[1].upper():
            remedy = "read it from the path with SPLIT_PART(METADATA$FILENAME, …)"
            yield Fault("partition_not_from_filename", f"partition column {name}", remedy)


def pipe_over_delta(statement: Statement, sources: Sources) -> Iterator[Fault]:
    """MERGE and OPTIMIZE write rows again into new files: a pipe would load them twice."""
    stage = re.search(r"\bFROM\s+(@\S+)", statement.sql, re.IGNORECASE)
    if statement.created != "PIPE" or stage is None:
        return
    folder = _folder(stage[1])
    overlaps = any(folder.startswith(each) or each.startswith(folder) for each in sources.delta_folders)
    if overlaps or re.search(_DELTA_STAGES, folder, re.IGNORECASE):
        yield Fault("pipe_over_delta", stage[1], "point it at the append-only export")


def pipe_option(statement: Statement, _: Sources) -> Iterator[Fault]:
    """Copy options that pipes refuse."""
    if statement.created != "PIPE":
        return
    for option in _PIPE_REFUSED:
        if statement.has(rf"\b{option}\s*="):
            yield Fault("pipe_option", option, "a pipe does not take this copy option: remove it")
    if statement.has(r"\bON_ERROR\s*=\s*'?ABORT_STATEMENT\b"):
        yield Fault("pipe_option", "ON_ERROR = ABORT_STATEMENT", "a pipe skips: write SKIP_FILE")


def silent_pipe(statement: Statement, _: Sources) -> Iterator[Fault]:
    """A pipe that loads by itself and tells nobody of skipped files loses them in silence."""
    loads = statement.created == "PIPE" and statement.has(r"\bAUTO_INGEST\s*=\s*TRUE\b")
    if loads and not statement.has(r"\bERROR_INTEGRATION\s*="):
        yield Fault("silent_pipe", "AUTO_INGEST without ERROR_INTEGRATION", "name a notification integration")


def dynamic_over_external(statement: Statement, sources: Sources) -> Iterator[Fault]:
    """Dynamic tables cannot read external tables."""
    for name in statement.read_names() if statement.created == "DYNAMIC TABLE" else ():
        if any(name in (known, known.partition(".")[2]) for known in sources.external_tables):
            yield Fault("dynamic_over_external", name, "read a native table, or use a view or a task")


def unquoted_name(statement: Statement, _: Sources) -> Iterator[Fault]:
    """Names in DDL are quoted; a reserved word without quotes is named as such."""
    for name in statement.defined_names():
        if not name.startswith('"'):
            rule = "reserved_name" if _RESERVED.fullmatch(name) else "unquoted_name"
            yield Fault(rule, name, f'write "{name.upper()}"')


def unrepeatable(statement: Statement, _: Sources) -> Iterator[Fault]:
    """A deployment that stopped goes on by running its script again."""
    if statement.created and not (statement.replaces or statement.is_once):
        yield Fault("unrepeatable", statement.head, "write OR REPLACE or IF NOT EXISTS")


def replaced_store(statement: Statement, _: Sources) -> Iterator[Fault]:
    """OR REPLACE of what holds rows, or a place among them, empties it."""
    if statement.replaces and statement.created in _HOLDS_ROWS:
        yield Fault("replaced_store", statement.head, "write IF NOT EXISTS; add columns by ALTER TABLE")


def no_logical_types(statement: Statement, _: Sources) -> Iterator[Fault]:
    """Without logical types, instants and decimals of parquet come as bare integers."""
    is_parquet = re.search(r"\bTYPE\s*=\s*'?PARQUET\b", statement.sql, re.IGNORECASE)
    if is_parquet and not statement.has(r"\bUSE_LOGICAL_TYPE\s*=\s*TRUE\b"):
        remedy = "add USE_LOGICAL_TYPE = TRUE, or name LANDING.PARQUET_LOGICAL"
        yield Fault("no_logical_types", is_parquet[0], remedy)


def select_star(statement: Statement, _: Sources) -> Iterator[Fault]:
    """A list of columns is a contract; a star is whatever stands there today."""
    if statement.has(r'\bSELECT\s+(?:DISTINCT\s+)?(?:[\w"]+\.)*\*|,\s*(?:[\w"]+\.)*\*\s*(?:,|\bFROM\b)'):
        yield Fault("select_star", "SELECT *", "name the columns")


def insecure_view(statement: Statement, _: Sources) -> Iterator[Fault]:
    """Views that readers see are secure: neither their text nor the optimizer tells of hidden rows."""
    if statement.created == "VIEW":
        yield Fault("insecure_view", statement.head, "write SECURE VIEW")


def pasted_identifier(template: str) -> Iterator[Fault]:
    """A variable of a template stands in quotes, or is a number."""
    bare = re.sub(r"--[^\n]*|\{%.*?%\}", "", template)
    for match in re.finditer(r"\{\{\s*(\w+)\s*\}\}", re.sub(rf'"[^"]*"|{TEXT}', "", bare)):
        if not match[1].endswith("_quota"):
            yield Fault("pasted_identifier", match[0], f"write \"{match[0]}\" or '{match[0]}'")


RULES: tuple[Rule, ...] = (
    auto_refresh_on_delta, delta_table_option, partition_not_from_filename, pipe_over_delta, pipe_option, silent_pipe,
    dynamic_over_external, unquoted_name, unrepeatable, replaced_store, no_logical_types, select_star, insecure_view,
)  # fmt: skip


def _is_delta_table(statement: Statement) -> bool:
    is_delta = re.search(r"\bTABLE_FORMAT\s*=\s*'?DELTA\b", statement.sql, re.IGNORECASE)
    return statement.created == "EXTERNAL TABLE" and is_delta is not None


def _folder(stage: str) -> str:
    return stage.replace('"', "").strip("()';").rstrip("/") + "/"
