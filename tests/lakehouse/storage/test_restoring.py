"""What may be taken back, and what is refused with the way that leads on."""

from __future__ import annotations

import datetime as dt

import pytest

from lakehouse.contracts import contract_names
from lakehouse.storage.restoring import BY_DAY, CannotRestore, Commit, check_restorable, target_version

pytestmark = pytest.mark.check
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
BY_HAND = [Commit(2, NOON + dt.timedelta(hours=2), False), Commit(1, NOON, True), Commit(0, NOON, False)]
BATCHES = [Commit(2, NOON + dt.timedelta(hours=2), True), Commit(1, NOON, True), Commit(0, NOON, False)]


@pytest.mark.parametrize(
    ("given", "version"),
    [
        ({"version": "1"}, 1),
        ({"to": "2026-11-23T13:00:00+00:00"}, 1),
        ({"to": "2026-11-23T12:00:00+00:00"}, 1),
    ],
)
def test_a_time_names_the_version_that_stood_then(given: dict[str, str], version: int) -> None:
    assert target_version(BY_HAND, given) == version


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"version": "2"}, "newest"),
        ({"version": "7"}, "versions 0 to 2, not 7"),
        ({"to": "2020-01-01T00:00:00+00:00"}, "the log begins after"),
    ],
)
def test_a_version_that_is_not_there_is_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(CannotRestore, match=told):
        target_version(BY_HAND, given)


@pytest.mark.parametrize(
    "name", ["bronze.sales_data", "silver.receipts", "ops.ledger", "gold.dim_product", *BY_DAY]
)
def test_what_was_done_by_hand_can_be_taken_back_in_every_table_of_the_stream(name: str) -> None:
    check_restorable(name, BY_HAND, 1, None)


@pytest.mark.parametrize("name", ["bronze.sales_data", "silver.receipts", "ops.ledger", "gold.dim_product"])
def test_a_batch_is_taken_back_in_no_table_alone(name: str) -> None:
    with pytest.raises(
        CannotRestore, match=r"1 commits of batches came after version 1 .* never be read again"
    ):
        check_restorable(name, BATCHES, 1, None)


@pytest.mark.parametrize("name", BY_DAY)
def test_facts_may_go_back_past_batches_for_their_days_are_made_again(name: str) -> None:
    check_restorable(name, BATCHES, 1, None)


def test_nobody_who_was_erased_comes_back_by_a_restore() -> None:
    with pytest.raises(CannotRestore, match="would bring them back"):
        check_restorable("gold.fct_receipts", BY_HAND, 1, NOON + dt.timedelta(hours=1))
    check_restorable("gold.fct_receipts", BY_HAND, 1, NOON - dt.timedelta(hours=1))


def test_tables_that_others_write_or_make_are_never_restored() -> None:
    for name in ("ops.gates", "ops.erasures", "gold.inventory_now", "gold.customer_rfm"):
        with pytest.raises(CannotRestore, match=r"retail process|writer of its own"):
            check_restorable(name, BY_HAND, 1, None)
    assert {name.partition(".")[2] for name in BY_DAY} <= set(contract_names("gold"))
