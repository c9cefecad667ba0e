"""Kafka records parsed once: the JSON text as raw fields and as typed columns of the topic's contract."""

from __future__ import annotations

from pyspark.sql import Column as SparkColumn
from pyspark.sql import functions as F

from lakehouse.contracts import Column, Contract, Shape
from lakehouse.contracts.physical_types import literal
from lakehouse.rules.record_rules import names_array
from lakehouse.schema.spark_ddl import columns_ddl

BYTES = ("key", "value", "headers")
RECORD = ("topic", "partition", "offset", "received_at", *BYTES)
_ESCAPE = "\\"
_STRICT = {
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": "corrupt",
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
}


Select = tuple[SparkColumn | str, ...]
"""What one ``select`` takes."""


def parse_steps(contract: Contract, mark: str) -> tuple[Select, ...]:
    """The selects, one after the other, that read the JSON of one topic's records; nothing is judged yet.

    Columns then: those of RECORD; ``text``; ``object_count`` (null if the text could not be read), ``is_closed``,
    ``is_corrupt`` and ``field_names`` for the record rules; ``raw`` (struct); and each column of the contract's
    shapes, typed, null where it does not have the form of its type. ``mark`` is a text that no producer can know (see
    lakehouse.rules.record_rules).
    """
    columns = event_columns(contract)
    envelope = f"`{mark}` MAP<STRING, ARRAY<STRUCT<{columns_ddl(columns, as_raw=True)}>>>, corrupt STRING"
    wrapped = F.concat(F.lit(f'{{"{mark}":{{"r":['), F.col("text"), F.lit(f'],"{mark}":[]}}}}'))
    body = F.col("envelope").getField(mark)
    objects = body["r"]
    tombstone = F.expr(contract.tombstone or "CAST(NULL AS STRING)")
    return (
        (*RECORD, F.coalesce(F.col("value").cast("string"), tombstone).alias("text")),
        ("*", F.from_json(wrapped, envelope, _STRICT).alias("envelope")),
        (
            *RECORD,
            "text",
            F.when(objects.isNotNull(), F.size(objects)).alias("object_count"),
            # As a CASE it is made once and passed on. A mere path would be walked again for each field, and within
            # transform() by Spark's interpreter, which takes longer than to parse the text.
            F.when(objects.isNotNull(), F.get(objects, F.lit(0))).alias("raw"),
            (F.coalesce(F.size(body), F.lit(0)).eqNullSafe(2) & body[mark].isNotNull()).alias("is_closed"),
            F.col("envelope.corrupt").isNotNull().alias("is_corrupt"),
        ),
        ("*", F.expr(_field_names(contract)).alias("field_names")),
        ("*", *[_typed(F.col(f"raw.`{column.name}`"), column).alias(column.name) for column in columns]),
    )


def _field_names(contract: Contract) -> str:
    """SQL of the names of the object's fields.

    To ask for them is to parse the text again. Of the usual record that is not needed: it has all fields of a flat shape,
    and no colon is left over for another one. Each name brings a colon, and what else the text has of them stands in the
    values, if nothing is escaped.
    """
    cases = " ".join(
        f"WHEN {_has_exactly(shape)} THEN {names_array(shape)}"
        for shape in contract.shapes
        if _is_flat(shape)
    )
    return f"CASE {cases} ELSE json_object_keys(text) END" if cases else "json_object_keys(text)"


def _is_flat(shape: Shape) -> bool:
    return not any(column.logical_type in ("array", "object") for column in shape.columns)


def _has_exactly(shape: Shape) -> str:
    values = ", ".join(f"raw.`{column.name}`" for column in shape.columns)
    names = f"{_colons('text')} - {_colons(f'concat({values})')} = {len(shape.columns)}"
    return f"{names} AND NOT contains(text, {literal(_ESCAPE)})"


def _colons(text: str) -> str:
    return f"(octet_length({text}) - octet_length(replace({text}, ':', '')))"


def event_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns of all shapes of a topic, each name once."""
    by_name = {column.name: column for shape in contract.shapes for column in shape.columns}
    return tuple(by_name.values())


def _typed(source: SparkColumn, column: Column) -> SparkColumn:
    if column.logical_type == "array":
        # Spark generates no code for transform(): without the question it would start its interpreter for nulls too.
        return F.when(source.isNotNull(), F.transform(source, lambda item: _typed_struct(item, column)))
    if column.logical_type == "object":
        return F.when(source.isNotNull(), _typed_struct(source, column))
    if column.physical_type == "BOOLEAN":
        return F.when(source.isin("true", "false"), source == F.lit("true"))
    return source if column.physical_type == "STRING" else source.try_cast(column.physical_type)


def _typed_struct(source: SparkColumn, column: Column) -> SparkColumn:
    return F.struct(
        *[_typed(source.getField(field.name), field).alias(field.name) for field in column.fields]
    )
