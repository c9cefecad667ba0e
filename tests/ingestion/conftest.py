"""What the tests of the door share."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # kafka-python 3.0 reads its schemas by a function that Python 3.11 calls deprecated and 3.13 does not.
    warnings.simplefilter("ignore", DeprecationWarning)
    import kafka  # type: ignore[import-untyped] # noqa: F401 - imported here once, for all tests

REAL_FILE = Path(__file__).parents[2].parent / "shared" / "data" / "online_retail_2010-12_2011-05.csv.gz"


@pytest.fixture(scope="session")
def real_file() -> Path:
    """Six months of a real shop; the file lies beside the repository and is not part of it."""
    if not REAL_FILE.exists():
        pytest.skip(f"the real file is not there: {REAL_FILE}")
    return REAL_FILE
