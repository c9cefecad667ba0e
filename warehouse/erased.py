"""What the warehouse's side keeps of an erased customer: objects beside the tables, copies on this disk, served rows."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lakehouse.contracts import contract_names, load_contract
from lakehouse.rules.person import Person, without
from lakehouse.rules.pseudonym import suppression_hash
from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client
from lakehouse.storage.person_scan import Scan
from warehouse.connection import connect
from warehouse.render.snowflake_names import exact_identifier, identifier

Tell = Callable[[str], None]


def redact_objects(settings: Settings, person: Person, found: Scan, tell: Tell) -> None:
    """Put ERASED in place of the person in objects that belong to no table: pages, and files of an old export.

    Snowpipe loads no file of a name that it knows, so an export file that is written again is not loaded again.
    """
    client = s3_client(settings)
    for key in sorted({each.file for each in found.found if not each.table}):
        held = client.get_object(Bucket=settings.bucket, Key=key)["Body"].read()
        again = _without_rows(held, person) if key.endswith(".parquet") else without(held, person.sought)
        client.put_object(Bucket=settings.bucket, Key=key, Body=again)
        tell(f"{key}: rewritten")
    for name in ("data_docs", "reports"):
        for path in (settings.home / name).rglob("*"):
            if path.is_file() and (again := without(held := path.read_bytes(), person.sought)) != held:
                path.write_bytes(again)
                tell(f"{path}: rewritten")


def leave_lost_copies(settings: Settings) -> None:
    """Remove the local Snowflake's copies of files that the lake does not hold any more."""
    folder = settings.home / "warehouse" / "copies" / settings.bucket
    client = s3_client(settings)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=settings.bucket, Prefix=settings.lake_key)
    held = {entry["Key"] for page in pages for entry in page.get("Contents", ())}
    for path in (folder / settings.lake_key).rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in held:
            path.unlink(missing_ok=True)


def named_in_warehouse(settings: Settings, person: Person) -> list[str]:
    """Columns of pseudonyms in Snowflake's gold that still show the customer. Asked by hash: queries are kept."""
    if settings.warehouse == "off" and not settings.snowflake_account:
        return []
    found = []
    with connect(settings) as warehouse:
        warehouse.run(f"USE DATABASE {exact_identifier(settings.snowflake_database)}")
        for name in contract_names("gold"):
            for column in load_contract("gold", name).table.columns:
                if column.classification != "pseudonym":
                    continue
                rows = warehouse.rows(
                    f'SELECT COUNT(*) AS N FROM "GOLD".{identifier(name)} '
                    f"WHERE SHA2(CONCAT('erased|', {identifier(column.name)}), 256) = %s",
                    (suppression_hash(person.pseudonym),),
                )
                if rows and int(rows[0]["N"]):
                    found.append(f"Snowflake GOLD.{name}.{column.name}")
    return found


def _without_rows(held: bytes, person: Person) -> bytes:
    rows = pq.read_table(io.BytesIO(held))
    for number, name in enumerate(rows.column_names):
        if pa.types.is_string(rows.schema.field(name).type):
            texts = [
                None if text is None else without(text.encode(), person.sought).decode()
                for text in rows[name].to_pylist()
            ]
            rows = rows.set_column(number, name, pa.array(texts, pa.string()))
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd", coerce_timestamps="us")
    return sink.getvalue()
