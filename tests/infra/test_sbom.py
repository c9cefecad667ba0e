"""The list of components names what the locks pin, with the hashes that set-up checks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.local.jars import FETCHED_BY, locked
from infra.sbom import LOCKS, sbom

pytestmark = pytest.mark.check

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def components() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(sbom())["components"]
    return found


def test_every_pinned_package_is_listed_once_with_every_hash(components: list[dict[str, Any]]) -> None:
    pinned: dict[str, set[str]] = {}
    for lock in LOCKS:
        text = (ROOT / "requirements" / f"{lock}.txt").read_text()
        for part in re.split(r"\n(?=[A-Za-z0-9])", text):
            name, version = re.split(
                r"==|[\s;\\]", part.partition("[")[0] + "==" + part.partition("==")[2], maxsplit=2
            )[:2]
            pinned.setdefault(f"pkg:pypi/{name.lower()}@{version}", set()).update(
                re.findall(r"sha256:(\w{64})", part)
            )
    listed = {each["purl"]: _hashes(each) for each in components if each["purl"].startswith("pkg:pypi/")}
    assert {url.replace("%2B", "+"): hashes for url, hashes in listed.items()} == pinned
    assert {"pyspark", "delta-spark", "kafka-python", "apache-airflow"} <= {
        each["name"] for each in components
    }


def test_every_jar_is_listed_with_the_hash_that_set_up_asks_for(components: list[dict[str, Any]]) -> None:
    listed = sorted(
        (f"{each['name']}-{each['version']}.jar", *_hashes(each))
        for each in components
        if each["purl"].startswith("pkg:maven/")
    )
    assert listed == sorted((name, digest) for one in FETCHED_BY for name, digest in locked(one).items())


def test_the_same_locks_make_the_same_bytes() -> None:
    assert sbom() == sbom()


def _hashes(component: dict[str, Any]) -> set[str]:
    told = {each["content"] for each in component.get("hashes", ())}
    return told | {each["value"] for each in component["properties"] if each["name"] == "retail:sha256"}
