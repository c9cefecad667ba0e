"""How the house is kept, checked on every file (no JVM, seconds). test_house_fails.py shows each check failing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.house import code_checks, tree_checks
from tests.house.sources import ROOMS, ROOT, Source, all_files, all_sources, python_in

pytestmark = pytest.mark.check

PURE = ("lakehouse/silver/", "lakehouse/gold/", "lakehouse/rules/")
Check = Callable[[Source], list[str]]


def faults(check: Check, sources: tuple[Source, ...]) -> str:
    return "\n".join(fault for source in sources for fault in check(source))


@pytest.mark.parametrize(
    "check",
    [
        code_checks.work_at_import,
        code_checks.environment,
        code_checks.swallowed,
        code_checks.loose_spark,
        code_checks.oversize,
        code_checks.nameless,
        code_checks.undocumented,
        code_checks.not_a_job,
    ],
)
def test_rooms_are_kept(check: Check) -> None:
    assert not (seen := faults(check, python_in(*ROOMS))), seen


@pytest.mark.parametrize("check", [code_checks.swallowed, code_checks.oversize, code_checks.nameless])
def test_tests_are_kept_too(check: Check) -> None:
    assert not (seen := faults(check, python_in("tests"))), seen


def test_transformations_touch_nothing() -> None:
    pure = tuple(source for source in python_in("lakehouse") if source.path.startswith(PURE))
    assert not (seen := faults(code_checks.impurity, pure)), seen


@pytest.mark.parametrize("check", [tree_checks.registry_hosts, tree_checks.machine_paths])
def test_no_file_knows_a_registry_or_a_machine(check: Check) -> None:
    assert not (seen := faults(check, all_sources())), seen


def test_requirements_are_exact_and_hashed() -> None:
    files = tuple(source for source in all_sources() if source.parts[0] == "requirements")
    assert files
    assert not (seen := faults(tree_checks.loose_requirements, files)), seen


def test_the_locks_hold_what_the_project_asks_for() -> None:
    locks = {
        source.stem: tree_checks.pins(source) for source in all_sources() if source.parts[0] == "requirements"
    }
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    seen = tree_checks.unlocked(project, locks) + tree_checks.drifted(locks)
    assert not seen, "\n".join(seen)


@pytest.mark.parametrize(
    "check", [tree_checks.astray_tests, tree_checks.broken_thread, tree_checks.misnamed_dags]
)
def test_names_meet(check: Callable[[list[str]], list[str]]) -> None:
    seen = check([path.as_posix() for path in all_files()])
    assert not seen, "\n".join(seen)


def test_exceptions_that_nobody_uses_are_removed() -> None:
    readers = {source.path for source in python_in(*ROOMS) if code_checks.environment_reads(source)}
    assert set(code_checks.MAY_READ_ENVIRONMENT) <= readers
