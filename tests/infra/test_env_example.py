"""The example file says of each setting what the code says, and changes nothing as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.env_example import TARGET, env_example
from lakehouse.settings import Settings

pytestmark = pytest.mark.check

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^#(RETAIL_[A-Z0-9_]+)=(.*)$", re.MULTILINE)


def test_the_file_says_what_the_settings_are() -> None:
    committed = (ROOT / TARGET).read_text(encoding="utf-8")
    assert committed == env_example(), "write it anew: python -m infra.env_example"


def test_every_setting_stands_in_it_once_with_its_meaning() -> None:
    names = [name for name, _ in LINE.findall(env_example())]
    assert names == [f"RETAIL_{name.upper()}" for name in Settings.model_fields]
    assert all(field.description for field in Settings.model_fields.values())


def test_uncommented_as_it_stands_it_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "retail.env"
    file.write_text(LINE.sub(r"\1=\2", env_example()), encoding="utf-8")
    read = Settings(_env_file=file)  # type: ignore[call-arg]
    assert read == Settings()  # type: ignore[call-arg]


def test_it_holds_no_secret() -> None:
    secrets = {
        f"RETAIL_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr
    }
    told = {name: value for name, value in LINE.findall(env_example()) if name in secrets}
    assert told == dict.fromkeys(secrets, "")
