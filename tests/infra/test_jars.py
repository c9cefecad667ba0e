"""Jars are exactly those that were reviewed; an interrupted or altered fetch never becomes the classpath."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from infra.local import jars
from infra.local.errors import StackError

GOOD, BAD = b"reviewed", b"altered"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    digest = hashlib.sha256(GOOD).hexdigest()
    monkeypatch.setattr(jars, "_root", lambda: tmp_path)
    monkeypatch.setattr(jars, "locked", lambda _name: {"a-1.jar": digest, "b-2.jar": digest})
    return tmp_path


class Registry:
    """Stands in for Ivy: copies what its cache holds, and serves ``contents`` where the cache lacks it."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = list(contents)

    def __call__(self, cache: Path, _name: str, target: Path, _progress: jars.Progress) -> None:
        target.mkdir(parents=True)
        cache.mkdir(exist_ok=True)
        for jar in ("a-1.jar", "b-2.jar"):
            if not (cache / jar).exists():
                (cache / jar).write_bytes(self.contents.pop(0))
            (target / jar).write_bytes((cache / jar).read_bytes())


@pytest.mark.usefixtures("root")
def test_a_jar_that_differs_from_the_lock_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_retrieve", Registry(GOOD, BAD, BAD))
    with pytest.raises(
        StackError, match=r"b-2\.jar of the set 'lake' was refused: seen sha256 .*expected sha256"
    ):
        jars.fetch_jars(["lake"], print)
    with pytest.raises(StackError, match="make setup"):
        jars.jar_folder("lake")


@pytest.mark.usefixtures("root")
def test_a_damaged_download_is_fetched_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_retrieve", Registry(GOOD, BAD, GOOD))
    jars.fetch_jars(["lake"], print)
    assert jars.wrong_jars("lake") == []


def test_an_interrupted_fetch_leaves_no_set_and_the_next_one_finishes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_cache: Path, _name: str, target: Path, _progress: jars.Progress) -> None:
        target.mkdir(parents=True)
        (target / "a-1.jar").write_bytes(GOOD)
        raise KeyboardInterrupt

    monkeypatch.setattr(jars, "_retrieve", interrupted)
    with pytest.raises(KeyboardInterrupt):
        jars.fetch_jars(["lake"], print)
    assert not (root / "jars" / "lake").exists()
    monkeypatch.setattr(jars, "_retrieve", Registry(GOOD, GOOD))
    jars.fetch_jars(["lake"], print)
    assert sorted(path.name for path in jars.jar_folder("lake").iterdir()) == ["a-1.jar", "b-2.jar"]


def test_a_jar_too_many_is_no_whole_set(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_retrieve", Registry(GOOD, GOOD))
    jars.fetch_jars(["lake"], print)
    (root / "jars" / "lake" / "old-0.jar").write_bytes(GOOD)
    with pytest.raises(StackError, match="old-0"):
        jars.jar_folder("lake")


def test_a_missing_download_names_the_jar_the_set_and_the_way_on() -> None:
    output = ["-- artifact org.hdrhistogram#HdrHistogram;9.9.9!HdrHistogram.jar:"]
    assert re.search(
        r"'kafka' .*HdrHistogram-9\.9\.9\.jar.*registry does not have it.*make setup",
        jars._failure("kafka", output),
    )
    assert "disk" in jars._failure("kafka", ["java.io.IOException: No space left on device"])


@pytest.mark.usefixtures("root")
def test_a_full_disk_is_told_before_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.files.free_space", lambda _folder: 1 << 20)
    with pytest.raises(StackError, match="1 MiB free, at least 300 MiB"):
        jars.fetch_jars(["lake"], print)


def test_set_up_does_not_fetch_the_jars_of_the_yarn_test() -> None:
    assert set(jars.FETCHED_BY) - set(jars.SETS) == {"yarn"}
    with pytest.raises(StackError, match="no jar set 'hive'; expected one of lake, kafka, s3proxy, yarn"):
        jars.locked("hive")


@pytest.mark.parametrize("name", jars.FETCHED_BY)
def test_each_pinned_module_has_its_sha256_and_no_address(name: str) -> None:
    text = (Path(jars.__file__).with_name("jars") / f"{name}.xml").read_text()
    pinned = {f"{artifact}-{rev}.jar" for artifact, rev in re.findall(r'name="([^"]+)" rev="([^"]+)"', text)}
    assert pinned == set(jars.locked(name))
    assert "://" not in text
