"""The contracts are good documents, keep the house's names and units, and each has its code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from lakehouse.contracts import Column, Contract, ContractError, all_contracts, parse_contract
from lakehouse.contracts.loader import SUFFIX
from lakehouse.contracts.physical_types import DECIMAL, INTEGERS
from lakehouse.rules.record_rules import record_rules
from lakehouse.rules.row_rules import element_rules, event_rules, table_rules

pytestmark = pytest.mark.check

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "lakehouse" / "contracts").glob(f"*/*{SUFFIX}"))
CONTRACTS = {f"{contract.layer}.{contract.name}": contract for contract in all_contracts()}
QUANTITY, SUM_OF_QUANTITY = "DECIMAL(12,3)", ("DECIMAL(18,3)", "DECIMAL(22,3)")
# Kimball's names of a version's validity, which the field knows.
VALIDITY = ("valid_from", "valid_to")
VERSION_KEYS = ("product_key", "store_key")
MONEY, SUM_OF_MONEY = "DECIMAL(18,4)", "DECIMAL(28,4)"
RATIO, RATIO_WORDS = "DECIMAL(18,6)", ("Share", "Ratio", "Average", "Days")
each_contract = pytest.mark.parametrize("name", CONTRACTS)


def standard() -> Any:
    """The official JSON schema of the Open Data Contract Standard."""
    return json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())


def columns(contract: Contract) -> Iterator[tuple[str, Column]]:
    """Every column and nested field with its path."""
    for shape in contract.shapes:
        for column in shape.columns:
            yield column.name, column
            yield from ((f"{column.name}.{field.name}", field) for field in column.fields)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.name}")
def test_a_contract_keeps_the_open_data_contract_standard(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    schema = standard()
    jsonschema.validators.validator_for(schema)(schema).validate(document)


def test_the_standard_refuses_what_it_does_not_know() -> None:
    document = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError, match="'Contract' is not one of"):
        jsonschema.validate(document | {"kind": "Contract"}, standard())


@pytest.mark.parametrize("text", ["version: 0000-01-01", "- a", "a: &b [*b]", "\x00", "name: x"])
def test_what_is_no_contract_is_refused_as_such(text: str) -> None:
    with pytest.raises(ContractError):
        parse_contract("silver", text)


def test_every_contract_is_loaded_under_the_name_of_its_file() -> None:
    assert set(CONTRACTS) == {f"{path.parent.name}.{path.name.removesuffix(SUFFIX)}" for path in FILES}
    for path in FILES:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        layer, name = path.parent.name, path.name.removesuffix(SUFFIX)
        assert (document["id"], document["name"]) == (f"urn:retail:{layer}:{name}", name)
        assert {schema["physicalName"] for schema in document["schema"]} == {name}


@each_contract
def test_every_column_says_what_it_holds_and_every_table_its_grain(name: str) -> None:
    contract = CONTRACTS[name]
    assert contract.description
    assert all(shape.grain.startswith("one r") and shape.description for shape in contract.shapes)
    assert not [path for path, column in columns(contract) if not column.description.strip()]


@each_contract
def test_every_table_has_a_primary_key_without_holes(name: str) -> None:
    for shape in CONTRACTS[name].shapes:
        positions = sorted(column.primary_key for column in shape.columns if column.primary_key is not None)
        assert positions == list(range(1, len(positions) + 1))
        assert positions
        # A key that came to a table later cannot be NOT NULL; a rule of the dimension asks for it.
        assert all(shape.column(key).required or key in VERSION_KEYS for key in shape.primary_key)


@each_contract
def test_a_table_is_partitioned_by_nothing_or_by_one_date_that_is_never_null(name: str) -> None:
    for shape in CONTRACTS[name].shapes:
        parted = [shape.column(column) for column in shape.partition_columns]
        assert len(parted) <= 1
        assert all(column.physical_type == "DATE" and column.required for column in parted)


@each_contract
def test_a_name_tells_the_type(name: str) -> None:
    for path, column in columns(CONTRACTS[name]):
        kind, last = column.physical_type, column.name
        assert last.endswith("_at") == (kind == "TIMESTAMP") or path in ("sales_time", *VALIDITY)
        assert last.endswith("_date") == (kind == "DATE"), path
        assert last.startswith(("is_", "has_")) == (kind == "BOOLEAN"), path
        assert not last.endswith("_count") or kind in INTEGERS, path
        assert (
            not last.endswith(("_id", "_key")) or kind == "STRING" or last in ("batch_id", *VERSION_KEYS)
        ), path


@each_contract
def test_money_and_quantity_have_one_type_and_their_sums_are_wider(name: str) -> None:
    for path, column in columns(CONTRACTS[name]):
        if DECIMAL.fullmatch(column.physical_type) and column.logical_type == "number":
            is_sum = column.description.startswith(("Sum of", "Part of"))
            if column.description.startswith(RATIO_WORDS):
                assert column.physical_type == RATIO, path
                continue
            if column.physical_type in (QUANTITY, *SUM_OF_QUANTITY):  # units under another name
                assert column.physical_type in (SUM_OF_QUANTITY if is_sum else (QUANTITY,)), path
                continue
            if column.name in ("quantity", "units"):
                assert column.physical_type in (SUM_OF_QUANTITY if is_sum else (QUANTITY,)), path
            else:
                assert column.physical_type == (SUM_OF_MONEY if is_sum else MONEY), path
        logical = {"integer": (*INTEGERS, "DECIMAL"), "number": ("DECIMAL",), "timestamp": ("TIMESTAMP",), "date": ("DATE",),
                   "boolean": ("BOOLEAN",), "string": ("STRING", "BINARY"), "array": ("ARRAY",),
                   "object": ("STRUCT",)}  # fmt: skip
        assert column.physical_type.split("(")[0] in logical[column.logical_type], path


@each_contract
def test_money_stands_beside_its_currency(name: str) -> None:
    for shape in CONTRACTS[name].shapes:
        fields = [field for column in shape.columns for field in (column, *column.fields)]
        has_money = any(field.physical_type in (MONEY, SUM_OF_MONEY) for field in fields)
        assert not has_money or "currency" in shape.column_names or shape.name == "sale_line_v1"


def test_gold_tables_are_facts_dimensions_or_aggregates() -> None:
    """… and what is made anew by a job from facts: the newest stock, and what is known of customers and baskets."""
    made_anew = {"inventory_now", "customer_rfm", "customer_cohorts", "basket_pairs"}
    gold = [contract for contract in CONTRACTS.values() if contract.layer == "gold"]
    assert all(c.name.startswith(("fct_", "dim_", "agg_")) or c.name in made_anew for c in gold)


@each_contract
def test_a_rule_id_names_one_rule(name: str) -> None:
    contract = CONTRACTS[name]
    compiled = [rule.id for rule in record_rules(contract.shapes)]
    for shape in contract.shapes:
        if contract.layer == "topics":
            compiled += [rule.id for rule in event_rules(shape)]
            compiled += [rule.id for array in element_rules(shape) for rule in array.rules]
        else:
            compiled += [rule.id for rule in table_rules(shape)]
            compiled += [rule.id for rule in shape.rules if rule.kind == "sql"]
    assert [rule_id for rule_id, count in Counter(compiled).items() if count > 1] == []


@each_contract
def test_every_written_rule_says_what_it_expects(name: str) -> None:
    assert all(rule.description for shape in CONTRACTS[name].shapes for rule in shape.rules)


@each_contract
def test_a_table_names_what_it_is_made_from(name: str) -> None:
    contract = CONTRACTS[name]
    assert set(contract.reads) <= set(CONTRACTS)
    assert contract.reads or contract.layer == "topics" or contract.name == "dim_date"


@each_contract
def test_a_table_has_code_of_its_name(name: str) -> None:
    contract = CONTRACTS[name]
    if contract.layer in ("silver", "gold"):
        assert (ROOT / "lakehouse" / contract.layer / f"{contract.name}.py").exists()
    if contract.layer == "ops":
        found = [
            path for room in ("lakehouse", "quality") for path in (ROOT / room).rglob(f"{contract.name}.py")
        ]
        assert len(found) == 1


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_names_mails_and_bytes_of_people_stand_in_few_tables(layer: str) -> None:
    """Gold holds nothing that is classified PII; silver only in customers, and in quarantine, where the bytes are."""
    classified = {
        contract.name
        for contract in CONTRACTS.values()
        if contract.layer == layer and any(column.classification == "PII" for _, column in columns(contract))
    }
    assert classified == ({"customers", "quarantine"} if layer == "silver" else set())


def test_a_topic_keeps_its_records_a_week_and_takes_values_of_8_mib() -> None:
    assert CONTRACTS["topics.sales_data"].kafka == {
        "partitions": "3",
        "replication_factor": "1",
        "max.message.bytes": str(8 * 1024 * 1024),
        "message.timestamp.type": "LogAppendTime",
        "cleanup.policy": "delete",
        "retention.ms": str(7 * 24 * 3600 * 1000),
    }


def test_master_data_are_compacted_by_member_and_read_before_they_are() -> None:
    """A topic of master data keeps the newest state of each member; a reader has six days before older ones go."""
    days = 24 * 3600 * 1000
    topics = [contract for contract in CONTRACTS.values() if contract.member]
    assert {contract.name for contract in topics} == {"products", "stores", "customers"}
    for contract in topics:
        kafka = contract.kafka
        assert contract.table.column(contract.member or "").required
        assert (kafka["cleanup.policy"], kafka["partitions"]) == ("compact", "1")
        assert int(kafka["segment.ms"]) <= days
        assert (int(kafka["min.compaction.lag.ms"]), int(kafka["max.compaction.lag.ms"])) == (
            6 * days,
            7 * days,
        )


def test_only_customers_are_erased_by_a_tombstone() -> None:
    assert [contract.name for contract in CONTRACTS.values() if contract.tombstone] == ["customers"]
