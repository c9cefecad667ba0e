"""The page on what is verified says what the kept results say, failures and gaps included."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.verified import ROOT, TARGET, lines_of, page, taken_in

pytestmark = pytest.mark.check
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.infra.test_a" name="test_one" time="1.0"/>
<testcase classname="tests.infra.test_a" name="test_two[x]"><failure message="no"/></testcase>
<testcase classname="tests.infra.test_b" name="test_three"><skipped/></testcase>
<testcase classname="tests.infra.test_b" name="test_four"><error/></testcase>
</testsuite></testsuites>"""
TEXT = """commit 0123456789, 2026-11-24T21:17Z
failed           tests/a/test_x.py::test_one
passed  105.12s  tests/a/test_x.py::test_two
commit abcdef0123, 2026-11-25T21:17Z
passed  1.00s    tests/a/test_x.py::test_one
"""


def rows(text: str) -> dict[str, str]:
    """Test file -> what the page tells of its results."""
    found = (line.rstrip(" |").rpartition(" | ") for line in text.splitlines() if line.startswith("| "))
    return {left.rpartition("`")[0].rpartition("`")[2]: told for left, _, told in found if left.endswith("`")}


def test_the_page_claims_what_the_results_of_this_checkout_say() -> None:
    """A test file that came since the page was written is no fault: the page claims nothing of it."""
    claimed, held = rows((ROOT / TARGET).read_text(encoding="utf-8")), rows(page(ROOT))
    assert len(claimed) > 50
    wrong = [name for name, told in claimed.items() if told not in (held.get(name, told), "*no result*")]
    assert not wrong, "run `python -m infra.verified` and commit"


def test_a_failure_an_error_and_a_skip_are_no_pass() -> None:
    assert taken_in(JUNIT) == {
        "tests/infra/test_a.py": {"failed": 1, "passed": 1},
        "tests/infra/test_b.py": {"failed": 1, "skipped": 1},
    }


def test_the_last_word_on_a_test_counts_with_its_commit() -> None:
    held = {each.test: (each.outcome, each.run) for each in lines_of(TEXT, "long.txt")}
    assert held == {
        "::test_one": ("passed", "long.txt, commit abcdef0, 2026-11-25"),
        "::test_two": ("passed", "long.txt, commit 0123456, 2026-11-24"),
    }


def test_a_file_without_a_result_is_told_as_such(tmp_path: Path) -> None:
    for folder in ("tests/infra", "docs/evidence"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/infra/test_new.py").write_text('"""A new promise."""\n')
    (tmp_path / "docs/evidence/never_run.txt").write_text("- the moon\n")
    told = page(tmp_path)
    assert "| A new promise. | `tests/infra/test_new.py` | *no result* |" in told
    assert told.endswith("## Never run\n\n- the moon\n")
