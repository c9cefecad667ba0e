"""A dashboard over the small served lake, as a process of its own, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakehouse.settings import Settings
from tests.warehouse.servers import running_dashboard


@pytest.fixture(scope="session")
def dashboard(shop: Settings) -> Iterator[str]:
    """Address of the dashboard over the shop's database."""
    with running_dashboard(shop, shop.home / "dashboard.log") as address:
        yield address
