"""Files and settings of strangers are read or refused in our own words: nothing else ever comes of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from lakehouse.settings import Settings, SettingsError, load_settings
from tests.chaos.hostile_files import broken_bytes, fuzzed_environment, kinds, outcome

KINDS = {kind.name: kind for kind in kinds()}


def settings_outcome() -> str:
    """What becomes of the settings as they are now."""
    try:
        load_settings()
    except SettingsError as error:
        return "refused" if "RETAIL_" in str(error) or "retail.env" in str(error) else f"unclear: {error}"
    except Exception as error:  # noqa: BLE001 - all others are what is looked for
        return f"{type(error).__name__}: {error!s:.200}"
    return "taken"


@pytest.mark.check
@pytest.mark.parametrize("name", KINDS)
def test_a_fuzzed_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    found = Counter(outcome(KINDS[name], tmp_path, seed) for seed in range(40))
    assert found.keys() == {"read", "refused"}, "\n".join(found)


@pytest.mark.long
@pytest.mark.timeout(3600)  # ten thousand files and more
@pytest.mark.parametrize("name", KINDS)
def test_two_thousand_fuzzed_files_of_a_kind_are_read_or_refused(name: str, tmp_path: Path) -> None:
    found = Counter(outcome(KINDS[name], tmp_path, seed) for seed in range(1_000, 3_000))
    assert found.keys() == {"read", "refused"}, "\n".join(found)


@pytest.mark.check
def test_fuzzed_settings_are_taken_or_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, found = Random(3), Counter[str]()
    for _ in range(300):
        environment = fuzzed_environment(rng, Settings.model_fields) | {"RETAIL_HOME": str(tmp_path)}
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            found[settings_outcome()] += 1
    assert found.keys() == {"taken", "refused"}, "\n".join(found)


@pytest.mark.check
def test_a_fuzzed_settings_file_is_taken_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_HOME", str(tmp_path))
    found: Counter[str] = Counter()
    for seed in range(300):
        rng, file = Random(seed), tmp_path / "retail.env"
        lines = [f"{k}={v}\n" for k, v in fuzzed_environment(rng, Settings.model_fields).items()]
        file.write_text("".join(lines), encoding="utf-8")
        broken_bytes(file, rng)
        found[settings_outcome()] += 1
    assert found.keys() == {"taken", "refused"}, "\n".join(found)


@pytest.mark.check
@pytest.mark.parametrize("zone", ["Europe", "A" * 5_000, "../../etc/passwd", "Europe/London\n"])
def test_a_zone_that_is_none_is_refused(zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_HOME", str(tmp_path))
    monkeypatch.setenv("RETAIL_DEFAULT_ZONE", zone)
    with pytest.raises(SettingsError, match="RETAIL_DEFAULT_ZONE"):
        load_settings()
