"""Silver receipts: the columns that differ between the plain line (v1) and the receipt (v2)."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.contracts import Column as ContractColumn
from lakehouse.contracts import load_contract
from lakehouse.schema.spark_ddl import typed
from lakehouse.settings import Settings
from lakehouse.silver.customer_key import customer_key
from lakehouse.silver.store_time import of_store

UNKNOWN = "UNKNOWN"
_ONLY_OF_RECEIPTS = (
    "till_session_id",
    "transaction_seq",
    "produced_at",
    "operator_id",
    "original_transaction_id",
)


def event_columns(settings: Settings, clocks: Column | None = None) -> Mapping[str, Column]:
    """Columns of silver.receipts over a parsed event; the others carry the event's own column of that name.

    ``clocks`` as in lakehouse.silver.store_time; ``is_undated`` is no column of the table.

    A plain line becomes a one-line receipt of store UNKNOWN in the default currency, tax 0, net_amount =
    quantity × price rounded half up to 4 digits; negative quantity makes it a return. What else it carries is
    unknown to its contract and stays in bronze.
    """
    plain = F.coalesce(F.col("schema_version"), F.lit(1)) == 1
    occurred = F.when(plain, F.col("sales_time")).otherwise(F.col("occurred_at"))
    plain_date = of_store(F.col("sales_time"), settings.default_zone, None)
    local_date = of_store(F.col("occurred_at"), settings.default_zone, clocks)
    returned = F.col("quantity") < 0
    return {
        "event_id": F.when(plain, F.concat(F.lit("v1:"), F.col("id").cast("string"))).otherwise(
            F.col("event_id")
        ),
        "schema_version": F.when(plain, F.lit(1)).otherwise(F.col("schema_version")),
        "transaction_id": F.when(plain, F.col("id").cast("string")).otherwise(F.col("transaction_id")),
        "transaction_type": F.when(
            plain, F.when(returned, F.lit("RETURN")).otherwise(F.lit("SALE"))
        ).otherwise(F.col("transaction_type")),
        "store_id": F.when(plain, F.lit(UNKNOWN)).otherwise(F.col("store_id")),
        "register_id": F.when(plain, F.lit(UNKNOWN)).otherwise(F.col("register_id")),
        "business_date": F.when(plain, plain_date).otherwise(F.coalesce(F.col("business_date"), local_date)),
        "is_undated": ~plain & F.col("business_date").isNull(),
        "occurred_at": occurred,
        "customer_key": customer_key(
            F.when(~plain, F.col("customer_id")), settings.customer_secret.get_secret_value()
        ),
        "currency": F.when(plain, F.lit(settings.default_currency)).otherwise(F.col("currency")),
        "channel": F.when(plain, F.lit(UNKNOWN)).otherwise(F.col("channel")),
        "totals": F.when(plain, _plain_totals()).otherwise(F.col("totals")),
        "lines": F.when(plain, F.array(_plain_line(returned))).otherwise(_lines()),
        "tenders": F.when(~plain, _tenders()),
    } | {name: F.when(~plain, F.col(name)) for name in _ONLY_OF_RECEIPTS}


def _plain_amount() -> Column:
    return (F.col("quantity") * F.col("price")).try_cast("DECIMAL(18,4)")


def _zero() -> Column:
    return F.lit(0).cast("DECIMAL(18,4)")


def _plain_totals() -> Column:
    amount = _plain_amount()
    parts = {"gross": amount, "discount": _zero(), "net": amount, "tax": _zero(), "total": amount}
    return _as_type("totals", parts)


def _plain_line(returned: Column) -> Column:
    parts = {
        "line_seq": F.lit(1),
        "line_type": F.when(returned, F.lit("RETURN")).otherwise(F.lit("ITEM")),
        "product_id": F.col("product"),
        "quantity": F.col("quantity"),
        "uom": F.lit("EA"),
        "unit_price": F.col("price"),
        "discount": _zero(),
        "tax": _zero(),
        "net_amount": _plain_amount(),
        "is_void": F.lit(False),
    }
    return _as_type("lines", parts)


def _lines() -> Column:
    """Lines of a receipt with the contract's defaults in place of what is absent."""
    return F.transform(
        "lines",
        lambda line: _as_type(
            "lines",
            {field.name: line.getField(field.name) for field in _fields("lines")}
            | {
                "uom": F.coalesce(line.getField("uom"), F.lit("EA")),
                "discount": F.coalesce(line.getField("discount"), _zero()),
                "tax": F.coalesce(line.getField("tax"), _zero()),
                "is_void": F.coalesce(line.getField("is_void"), F.lit(False)),
            },
        ),
    )


def _tenders() -> Column:
    return F.transform(
        "tenders",
        lambda tender: _as_type(
            "tenders",
            {field.name: tender.getField(field.name) for field in _fields("tenders")}
            | {"currency": F.coalesce(tender.getField("currency"), F.col("currency"))},
        ),
    )


def _fields(column: str) -> tuple[ContractColumn, ...]:
    return load_contract("silver", "receipts").table.column(column).fields


def _as_type(column: str, parts: Mapping[str, Column]) -> Column:
    """A struct with the fields of silver's column in the contract's order; a part not given is null."""
    fields = _fields(column)
    return F.struct(*[parts.get(f.name, F.lit(None)).cast(typed(f)).alias(f.name) for f in fields])
