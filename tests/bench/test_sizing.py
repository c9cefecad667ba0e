"""The sizing page says what the evidence says, and its numbers follow from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.s3_requests import kind_and_place
from tests.bench.sizing import TARGET, Assumed, Measured, page, size

pytestmark = pytest.mark.check

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_evidence_gives() -> None:
    told = (ROOT / TARGET).read_text(encoding="utf-8")
    assert told == page(ROOT), "write it anew: python -m tests.bench.sizing"


def test_ten_times_the_lines_need_ten_times_the_cores_and_a_reserve() -> None:
    found = Measured(
        bronze=20_000,
        chain=10_000,
        requests={"GET": 30.0, "PUT": 20.0, "LIST": 10.0, "DELETE": 5.0},
        bytes_per_line={"kafka": 200.0, "bronze": 100.0, "silver": 50.0, "gold": 50.0},
        bytes_per_line_joined={"kafka": 200.0, "bronze": 50.0, "silver": 25.0, "gold": 25.0},
        sources="",
    )
    small, large = (size(rate, found, Assumed(usable=0.5, executor_cores=4)) for rate in (10_000, 100_000))
    assert (small.cores, large.cores) == (4, 40)
    assert small.broker_mb_s == 2.0
    # 20 PUT, 10 LIST and three more cores with a file in each of four tables, every ten seconds of a month.
    assert small.put_month == (20 + 10 + 3 * 4) * 259_200
    assert small.get_month == 30 * 259_200


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("PUT /lake/x/bronze/sales_data/part-0.parquet HTTP/1.1", ("PUT", "bronze")),
        ("GET /lake?list-type=2&prefix=x%2Fgold%2Fdim_store%2F_delta_log HTTP/1.1", ("LIST", "gold")),
        ("GET /lake/x/ops/ledger/_delta_log/0.json HTTP/1.1", ("GET", "ops")),
        ("HEAD /lake/x/_lease.json HTTP/1.1", ("HEAD", "other")),
    ],
)
def test_a_request_is_counted_as_it_is_billed(request_line: str, expected: tuple[str, str]) -> None:
    assert kind_and_place(request_line) == expected
