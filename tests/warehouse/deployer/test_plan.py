"""What an apply would do, told before anything is done: on scripts and accounts made up here."""

from __future__ import annotations

import pytest

from warehouse.deployer.plan import Account, Deployed, SeenColumn, plan
from warehouse.deployer.scripts import Script, in_order, script_of
from warehouse.errors import DeploymentError
from warehouse.render.expected_objects import ExpectedColumn, ExpectedObject

pytestmark = pytest.mark.check

SCHEMAS = script_of("V1.0.0__schemas.sql", "SELECT 1;")
TEAS = script_of("R__teas.sql", "SELECT 2;")
ALWAYS = script_of("A__grants.sql", "SELECT 3;")
TABLE = ExpectedObject(
    "LANDING",
    "TEAS",
    "R__teas.sql",
    False,
    {
        "TEA": ExpectedColumn("VARCHAR", "", ""),
        "PRICE": ExpectedColumn(
            "NUMBER(18, 4)", "", '"PRICE" NUMBER(18, 4) AS (VALUE:"price"::NUMBER(18, 4))'
        ),
    },
)
VIEW = ExpectedObject("GOLD", "TEAS", "R__teas.sql", True, {"TEA": ExpectedColumn("VARCHAR", "Tea.")})
GOOD = {
    "LANDING.TEAS": {
        "VALUE": SeenColumn("VARIANT"),
        "TEA": SeenColumn("TEXT"),
        "PRICE": SeenColumn("NUMBER(18, 4)"),
    },
    "GOLD.TEAS": {"TEA": SeenColumn("TEXT", "Tea.")},
}


def ran(*scripts: Script) -> tuple[Deployed, ...]:
    return tuple(Deployed(s.name, ".".join(map(str, s.version)), s.checksum) for s in scripts)


def names(scripts: tuple[Script, ...]) -> list[str]:
    return [script.name for script in scripts]


def test_an_empty_account_gets_every_script_in_order() -> None:
    scripts = in_order([ALWAYS, TEAS, SCHEMAS])
    made = plan(scripts, Account(), (TABLE, VIEW))
    assert names(made.scripts) == ["V1.0.0__schemas.sql", "R__teas.sql", "A__grants.sql"]
    assert (made.additions, made.drift, made.refused) == ((), (), ())


def test_versions_are_numbers_not_text() -> None:
    late, early = script_of("V1.10.0__b.sql", "SELECT 1;"), script_of("V1.9.0__a.sql", "SELECT 1;")
    assert names(in_order([late, early])) == ["V1.9.0__a.sql", "V1.10.0__b.sql"]


def test_a_second_apply_has_nothing_to_do() -> None:
    made = plan((SCHEMAS, TEAS), Account(ran(SCHEMAS, TEAS), GOOD), (TABLE, VIEW))
    assert made.is_empty
    assert (made.drift, made.refused) == ((), ())


def test_a_changed_repeatable_script_runs_again_and_one_that_runs_always_always_does() -> None:
    changed = script_of("R__teas.sql", "SELECT 22;")
    made = plan((SCHEMAS, changed, ALWAYS), Account(ran(SCHEMAS, TEAS, ALWAYS), GOOD), (TABLE, VIEW))
    assert names(made.scripts) == ["R__teas.sql", "A__grants.sql"]


def test_a_script_that_was_changed_back_runs_again() -> None:
    other = script_of("R__teas.sql", "SELECT 22;")
    assert names(plan((TEAS,), Account(ran(TEAS, other), GOOD), ()).scripts) == ["R__teas.sql"]


def test_a_versioned_script_that_was_changed_after_it_ran_is_reported_and_not_run() -> None:
    changed = script_of("V1.0.0__schemas.sql", "SELECT 11;")
    made = plan((changed,), Account(ran(SCHEMAS)), ())
    assert made.is_empty
    assert "V1.0.0__schemas.sql was changed after it ran" in made.drift[0]


def test_a_new_column_is_added_to_the_table_that_lacks_it() -> None:
    older = {"LANDING.TEAS": {"TEA": SeenColumn("TEXT")}, "GOLD.TEAS": {"TEA": SeenColumn("TEXT", "Tea.")}}
    changed = script_of("R__teas.sql", "SELECT 22;")
    made = plan((changed,), Account(ran(TEAS), older), (TABLE, VIEW))
    assert [addition.statement for addition in made.additions] == [
        'ALTER TABLE "LANDING"."TEAS" ADD COLUMN "PRICE" NUMBER(18, 4) AS (VALUE:"price"::NUMBER(18, 4))'
    ]
    assert names(made.scripts) == ["R__teas.sql"]
    assert made.drift == ()


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (
            {"TEA": SeenColumn("NUMBER(3, 0)"), "PRICE": SeenColumn("NUMBER(18, 4)")},
            "types do not change in place",
        ),
        (
            {"TEA": SeenColumn("TEXT"), "PRICE": SeenColumn("NUMBER(18, 2)")},
            "is NUMBER(18, 2), the contract says",
        ),
        ({"PRICE": SeenColumn("NUMBER(18, 4)")}, "write a new version of the contract beside the old"),
    ],
)
def test_any_other_change_of_a_table_is_refused_with_the_remedy(
    seen: dict[str, SeenColumn], told: str
) -> None:
    made = plan((TEAS,), Account(ran(TEAS), GOOD | {"LANDING.TEAS": seen}), (TABLE, VIEW))
    assert len(made.refused) == 1
    assert told in made.refused[0]


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ({"LANDING.TEAS": GOOD["LANDING.TEAS"]}, "GOLD.TEAS is gone"),
        (
            GOOD | {"GOLD.TEAS": {"TEA": SeenColumn("TEXT", "Coffee.")}},
            "has the comment 'Coffee.', expected 'Tea.'",
        ),
        (
            GOOD | {"GOLD.TEAS": {"TEA": SeenColumn("DATE", "Tea.")}},
            "GOLD.TEAS.TEA is DATE, expected VARCHAR",
        ),
        (GOOD | {"GOLD.TEAS": {}}, "GOLD.TEAS.TEA is missing in the view"),
        (GOOD | {"GOLD.MINE": {"A": SeenColumn("TEXT")}}, "GOLD.MINE was made by hand"),
        (
            GOOD | {"GOLD.TEAS": GOOD["GOLD.TEAS"] | {"X": SeenColumn("TEXT")}},
            "GOLD.TEAS.X is in no contract",
        ),
    ],
)
def test_what_was_changed_by_hand_is_reported(objects: dict[str, dict[str, SeenColumn]], told: str) -> None:
    made = plan((TEAS,), Account(ran(TEAS), objects), (TABLE, VIEW))
    assert made.is_empty
    assert [told in line for line in made.drift] == [True]


def test_repair_runs_the_script_of_what_was_changed_by_hand() -> None:
    account = Account(ran(SCHEMAS, TEAS), {"LANDING.TEAS": GOOD["LANDING.TEAS"]})
    assert names(plan((SCHEMAS, TEAS), account, (TABLE, VIEW), repair=True).scripts) == ["R__teas.sql"]


@pytest.mark.parametrize("name", ["teas.sql", "V__teas.sql", "V1.0__.sql", "X1__teas.sql", "V1.0_teas.sql"])
def test_a_name_that_schemachange_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(DeploymentError, match=r"expected V<version>__<description>\.sql"):
        script_of(name, "SELECT 1;")


def test_two_scripts_of_one_version_are_refused() -> None:
    with pytest.raises(DeploymentError, match="have one version; give the later one a higher"):
        in_order([SCHEMAS, script_of("V1.0.0__others.sql", "SELECT 1;")])


def test_a_script_without_statements_is_left_out() -> None:
    assert in_order([script_of("R__nothing.sql", "-- only a comment\n")]) == ()
