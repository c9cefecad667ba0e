"""Taking a customer out of the tables of a lake: the one exception to append-only.

Rows stay and only their values change, so the ledger still counts them; what stands in silver afterwards is what
`refine` makes of bronze as it stands afterwards. Predicates name columns and no values, since Delta keeps them in its
log. Every step may be repeated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType, StructType

from lakehouse.contracts import contract_names
from lakehouse.rules.person import Person, pattern, word_patterns
from lakehouse.rules.pseudonym import ERASED, erased_event_sql, pepper, suppression_hash
from lakehouse.rules.redaction import CUSTOMERS, Record, redacted
from lakehouse.settings import Settings
from lakehouse.silver.judged_events import content_hash
from lakehouse.silver.store_time import of_store
from lakehouse.storage.customer_tables import TABLES as ANALYSED
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.delta_tables import LakeTable, append_only, lake_table, rows_of
from lakehouse.storage.erasures import note_erasure
from lakehouse.storage.lake_position import lake_position
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.lease import CHECKER, Lease
from lakehouse.storage.requests import Arguments, Steps

ALWAYS = (
    "bronze.sales_data",
    "bronze.customers",
    "silver.quarantine",
    "gold.fct_sales_lines",
    "gold.fct_receipts",
    "gold.dim_customer",
)
"""Tables that hold customers by contract, beside the two that the first step writes; others only by mistake."""
FIRST = ("silver.receipts", "silver.customers")
_PLACE = ("topic", "partition", "offset", "received_at")
_RECORD = ("key", "value", "headers")
_CHECKED = "ops.quality_results"
BY_LAYER = "refine_silver"
_NOT_OURS = ("ops.freshness",)


def erase_steps(
    spark: SparkSession, settings: Settings, arguments: Arguments, forget: Callable[[], None]
) -> Steps:
    """The steps that write tables. ``person``: as Person.as_json; ``tables``: others that name the person.

    ``forget``: makes the stream forget what it remembers of the tables, and learn who is erased.
    """
    person = Person.of_json(arguments["person"])
    found = [name for name in arguments.get("tables", "").split(",") if name]
    own = {*FIRST, *(f"gold.{name}" for name in ANALYSED), *_NOT_OURS}
    names = [*ALWAYS, *(name for name in found if name not in {*own, *ALWAYS})]
    there = [name for name in names if _exists(spark, settings, name)]
    return {
        "silver": partial(_erase_first, spark, settings, person, forget),
        **{name: partial(_erase_table, spark, settings, person, name) for name in there},
        "customers": partial(_analyse, spark, settings),
    }


def _erase_first(spark: SparkSession, settings: Settings, person: Person, forget: Callable[[], None]) -> str:
    """Silver's tables, and from then on every event of the customer comes without the customer: one turn, for an event
    that comes in between would be in conflict with its own repetition."""
    queries = lake_reader(settings).rows("ops", "ledger", ("query",))
    if queries is not None and BY_LAYER in queries["query"].unique().to_pylist():
        # A job that lags would not find the files that go.
        lake_position(spark, settings).check_layers_agree()
    told = [
        f"{name}: {_erase_table(spark, settings, person, name)}"
        for name in FIRST
        if _exists(spark, settings, name)
    ]
    hashed = suppression_hash(person.pseudonym)
    begun = {
        "erasure_id": hashed[:16],
        "noted_at": dt.datetime.now(dt.UTC).isoformat(),
        "state": "BEGUN",
        "suppression_hash": hashed,
    }
    note_erasure(spark, settings, begun)
    forget()
    return "; ".join(told)


def _erase_table(spark: SparkSession, settings: Settings, person: Person, name: str) -> str:
    table = _table(settings, name)
    if name.startswith("bronze."):
        spark.sql(append_only(table, is_on=False))
        try:
            return _redact_records(spark, settings, person, table)
        finally:
            spark.sql(append_only(table, is_on=True))
    if name == "silver.quarantine":
        return "; ".join(
            (_redact_records(spark, settings, person, table), _rewrite(spark, settings, person, table))
        )
    if name == "gold.dim_customer":
        return _delete_member(spark, person, table)
    if name == _CHECKED:
        with Lease(settings, "erase", CHECKER):
            return _rewrite(spark, settings, person, table)
    return _rewrite(spark, settings, person, table)


def _redact_records(spark: SparkSession, settings: Settings, person: Person, table: LakeTable) -> str:
    """Rewrite the records that name the person. They are few, and JSON is told by Python."""
    rows = rows_of(spark, table)
    found = rows.where(_names(person)).select(*_PLACE, *_RECORD)
    topics = {settings.topic(name): name for name in contract_names("topics")}
    secret = settings.customer_secret.get_secret_value()
    changed = []
    for row in found.toArrow().to_pylist():
        headers = None if row["headers"] is None else tuple((h["key"], h["value"]) for h in row["headers"])
        record = Record(topics.get(row["topic"], row["topic"]), row["key"], row["value"], headers or ())
        now = redacted(record, person, secret)
        if now != record:
            again = None if headers is None else list(now.headers)
            changed.append((*(row[name] for name in _PLACE), now.key, now.value, again))
    if changed:
        source = spark.createDataFrame(changed, found.schema)
        same = " AND ".join(f"t.{name} = s.{name}" for name in _PLACE)
        merge = DeltaTable.forPath(spark, table.path).alias("t").merge(F.broadcast(source).alias("s"), same)
        merge.whenMatchedUpdate(set={name: F.col(f"s.{name}") for name in _RECORD}).execute()
    return f"{len(changed)} records"


def _names(person: Person) -> Column:
    """Whether a record may name the person; what stands there is looked at once more."""
    everywhere = pattern(person.sought, of_customers=True)
    text, key = F.col("value").cast("string"), F.col("key").cast("string")
    told = F.get_json_object(text, f"$.{CUSTOMERS[:-1]}_id") == person.customer_id
    in_headers = F.exists("headers", lambda header: header["value"].cast("string").rlike(everywhere))
    found = (text.rlike(everywhere), told, key.rlike(everywhere), key == person.customer_id, in_headers)
    held = F.lit(False)
    for each in found:
        held = held | F.coalesce(each, F.lit(False))
    return held


def _rewrite(spark: SparkSession, settings: Settings, person: Person, table: LakeTable) -> str:
    """Put ERASED in place of the person in every text of the table, and hash the content of its events again."""
    rows = rows_of(spark, table)
    source = spark.createDataFrame(
        [(person.pseudonym, list(word_patterns(person.sought)))], "erased_key STRING, words ARRAY<STRING>"
    )
    parts = rows.schema.fields
    fixed = set(table.contract.table.partition_columns)
    news = {
        field.name: new
        for field in parts
        if field.name not in fixed and (new := _without(F.col(f"t.{field.name}"), field.dataType)) is not None
    }
    if table.name == "silver.customers":
        news = _erased_state(settings)
        is_wrong = F.expr("t.customer_key = s.erased_key")
    else:
        old, new = (F.struct(*[frame[name].alias(name) for name in news]) for frame in (_now(news), news))
        is_wrong = ~old.eqNullSafe(new)
    if "content_hash" in rows.columns:
        news |= {"content_hash": _hash_again(settings, table, news)}
    merge = DeltaTable.forPath(spark, table.path).alias("t").merge(F.broadcast(source).alias("s"), is_wrong)
    told = merge.whenMatchedUpdate(set=dict[str, str | Column](news)).execute()
    return f"{_metric(told, 'num_affected_rows')} rows"


def _metric(told: DataFrame, name: str) -> int:
    row = told.first()
    assert row is not None, "a MERGE tells what it did"
    return int(row[name])


def _now(names: Iterable[str]) -> dict[str, Column]:
    return {name: F.col(f"t.{name}") for name in names}


def _without(held: Column, kind: DataType) -> Column | None:
    """The value with ERASED in place of the words of ``s.words``; None for a type that holds no text."""
    if isinstance(kind, StringType):
        return F.aggregate(
            F.col("s.words"), held, lambda text, word: F.regexp_replace(text, word, F.lit(f"$1{ERASED}"))
        )
    if isinstance(kind, ArrayType):
        if _without(F.lit(None), kind.elementType) is None:
            return None
        return F.transform(held, lambda each: _without(each, kind.elementType))  # type: ignore[arg-type, return-value]
    if isinstance(kind, StructType):
        fields = {field.name: _without(held[field.name], field.dataType) for field in kind.fields}
        if all(new is None for new in fields.values()):
            return None
        again = F.struct(
            *[held[name].alias(name) if new is None else new.alias(name) for name, new in fields.items()]
        )
        return F.when(held.isNotNull(), again)
    return None


def _erased_state(settings: Settings) -> dict[str, Column]:
    """Columns of silver.customers as ``refine`` makes them of a redacted state (lakehouse.rules.redaction)."""
    secret = pepper(settings.customer_secret.get_secret_value())
    nothing = F.lit(None).cast("string")
    return {
        "event_id": F.expr(erased_event_sql("t.event_id", secret)),
        "customer_id": F.lit(ERASED),
        "customer_key": F.lit(ERASED),
        **dict.fromkeys(("name", "email", "phone", "postcode", "segment"), nothing),
        "has_consent": F.lit(False),
        "is_erased": F.lit(True),
        "unknown_fields": F.array().cast("array<string>"),
    }


def _hash_again(settings: Settings, table: LakeTable, news: Mapping[str, Column]) -> Column:
    """The content hash with the new values. Which business date went into the old one is tried: that of the row, or
    the one by the clock of the default zone, where the till had told none (``judged_events``)."""
    names = table.contract.table.column_names
    before = _now(names)
    dates = [F.col("t.business_date")]
    if "occurred_at" in names:
        dates.append(of_store(F.col("t.occurred_at"), settings.default_zone, None))
    made = [content_hash(names, {**before, **news, "business_date": date}) for date in dates]
    again = made[0]
    for date, new in reversed(list(zip(dates, made, strict=True))):
        was = content_hash(names, {**before, "business_date": date})
        again = F.when(was == F.col("t.content_hash"), new).otherwise(again)
    return again


def _delete_member(spark: SparkSession, person: Person, table: LakeTable) -> str:
    source = spark.createDataFrame([(person.pseudonym,)], "customer_key STRING")
    opened = DeltaTable.forPath(spark, table.path).alias("t")
    told = opened.merge(source.alias("s"), "t.customer_key = s.customer_key").whenMatchedDelete().execute()
    return f"{_metric(told, 'num_deleted_rows')} members taken out"


def _analyse(spark: SparkSession, settings: Settings) -> str:
    """The tables of customers without the customer."""
    if not _exists(spark, settings, f"gold.{ANALYSED[0]}"):
        return "never made"
    return analyse_customers(spark, settings, is_whole=True)


def _table(settings: Settings, name: str) -> LakeTable:
    layer, _, table = name.partition(".")
    return lake_table(settings, layer, table)  # type: ignore[arg-type]


def _exists(spark: SparkSession, settings: Settings, name: str) -> bool:
    return DeltaTable.isDeltaTable(spark, _table(settings, name).path)
