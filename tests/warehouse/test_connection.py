"""How a session is proven: by key pair, OAuth or browser; what is missing is named, and no secret is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lakehouse.settings import Settings, SettingsError, load_settings
from warehouse.connection import connect, connection_arguments
from warehouse.errors import WarehouseUnreachable

pytestmark = pytest.mark.check


def settings(home: Settings, **changes: Any) -> Settings:
    real = {"snowflake_account": "org-acc", "snowflake_user": "DEPLOYER"}
    return home.model_copy(update=real | changes)


def test_a_key_pair_is_the_usual_proof(home_settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "key.p8"
    key.write_text("x")
    found = connection_arguments(
        settings(
            home_settings,
            snowflake_private_key_path=str(key),
            snowflake_private_key_passphrase=SecretStr("open sesame"),
        )
    )
    assert (found["authenticator"], found["private_key_file"]) == ("SNOWFLAKE_JWT", str(key))
    assert found["private_key_file_pwd"] == "open sesame"
    assert found["session_parameters"]["TIMEZONE"] == "UTC"
    assert "password" not in found


def test_oauth_and_browser(home_settings: Settings) -> None:
    token = settings(home_settings, snowflake_authenticator="oauth", snowflake_token=SecretStr("t"))
    browser = settings(home_settings, snowflake_authenticator="externalbrowser")
    assert connection_arguments(token)["token"] == "t"
    assert connection_arguments(browser)["authenticator"] == "externalbrowser"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"snowflake_user": ""}, "needs RETAIL_SNOWFLAKE_USER, RETAIL_SNOWFLAKE_PRIVATE_KEY_PATH"),
        ({"snowflake_private_key_path": "nowhere.p8"}, "no file at nowhere.p8"),
        ({"snowflake_authenticator": "oauth"}, "needs RETAIL_SNOWFLAKE_TOKEN"),
    ],
)
def test_all_that_is_missing_is_named(home_settings: Settings, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        connection_arguments(settings(home_settings, **changes))


def test_a_password_is_for_the_local_warehouse_only(home_settings: Settings) -> None:
    local = home_settings.model_copy(update={"warehouse_password": SecretStr("p")})
    assert connection_arguments(local)["password"] == "p"
    assert connection_arguments(local)["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("snowflake_database", 'X"; DROP DATABASE Y'),
        ("snowflake_database", "retail"),
        ("snowflake_prefix", "R'"),
        ("snowflake_lake_url", "s3://a/' b/"),
        ("snowflake_lake_url", "s3://lake"),
        ("snowflake_aws_role_arn", "arn:aws:' OR"),
    ],
)
def test_a_name_that_could_end_its_quotes_is_no_setting(
    home_settings: Settings, name: str, wrong: str
) -> None:
    assert home_settings.home.is_dir()
    with pytest.raises(SettingsError, match=f"RETAIL_{name.upper()}"):
        load_settings(**{name: wrong})


def test_a_warehouse_that_is_not_there_is_told_with_the_remedy(home_settings: Settings) -> None:
    nobody = home_settings.model_copy(update={"warehouse_port": 9, "warehouse_password": SecretStr("hush")})
    with (
        pytest.raises(WarehouseUnreachable, match="no session with the local warehouse at port 9") as raised,
        connect(nobody),
    ):
        raise AssertionError("a session with nobody")
    assert "hush" not in str(raised.value)
    assert raised.value.exit_code == 3
