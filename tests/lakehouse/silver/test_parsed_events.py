"""The names of a record's fields are those that parsing its text again would give, however they are found."""

from __future__ import annotations

import json
import random

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.silver.judged_events import judged_by
from lakehouse.silver.parsed_events import parse_steps
from tests.lakehouse.sales_events import kafka_records, plain_line, rows_of

NAMES = ("id", "product", "quantity", "price", "sales_time")
PLAIN = plain_line()
STRANGE = (
    PLAIN,
    PLAIN.replace(b'"product"', b'"colour":"red","product"'),
    PLAIN.replace(b'"product"', b'"id":2,"product"'),
    PLAIN.replace(b'"product"', b'"a:b":null,"product"'),
    PLAIN.replace(b'"product"', b'"\\u0069d":2,"product"'),
    PLAIN.replace(b"}", b',"schema_version":1}'),
    PLAIN.replace(b"}", b',"note":{"a":1}}'),
    PLAIN.replace(b":", b" : "),
    b'{"id":1,"product":"a:b","quantity":1,"price":1,"sales_time":"2026-11-23T10:00:00+00:00"}',
    b'{"id":1,"product":"a\\u003ab","quantity":1,"price":1,"sales_time":"2026-11-23T10:00:00Z","x":1}',
    b'{"id":1,"product":{"p":"q:r"},"quantity":1,"price":1,"sales_time":"2026-11-23T10:00:00Z"}',
    b'{"id":1,"product":{"p":1},"quantity":1,"price":1,"sales_time":"2026-11-23T10:00:00Z","x":1}',
    b'{"id":1,"product":null,"quantity":1,"price":1,"sales_time":"2026-11-23T10:00:00Z"}',
    b'{"id":1,"product":["a:b"],"quantity":1,"price":1,"sales_time":"10:00","x":[{"y:":":"}]}',
    b'{"sales_time":"2026-11-23","price":"1:2","quantity":"3","product":"p","id":"7"}',
)


def random_record(rng: random.Random) -> bytes:
    """A record with most of the fields, sometimes others, whose texts are full of colons and quotes."""
    texts = ("", ":", "a:b", '"', "\\", "::", "x\u003ay")
    names = [name for name in NAMES if rng.random() > 0.1] + rng.choices(
        ["x", "a:b", "id"], k=rng.randint(0, 2)
    )
    rng.shuffle(names)
    pairs = (f"{json.dumps(name)}:{json.dumps(rng.choice([*texts, 1, None, {'k': ':'}]))}" for name in names)
    return ("{" + ",".join(pairs) + "}").encode()


@pytest.mark.parametrize("topic", ["sales_data", "stores", "products"])
def test_names_are_those_of_the_text(spark: SparkSession, topic: str) -> None:
    rng = random.Random(7)
    values = [*STRANGE, *(random_record(rng) for _ in range(300))]
    parsed = judged_by(kafka_records(spark, values), parse_steps(load_contract("topics", topic), "m"))
    both = parsed.where("is_closed").select("field_names", F.json_object_keys("text").alias("asked"))
    rows = rows_of(both)
    assert len(rows) == len(values)
    assert [sorted(row["field_names"]) for row in rows] == [sorted(row["asked"]) for row in rows]
