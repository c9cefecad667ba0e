"""Secrets are made once, belong to their owner alone and are never overwritten."""

from __future__ import annotations

from pydantic import SecretStr

from infra.local.secrets_file import ensure_secrets, is_private, secrets_path
from lakehouse.settings import Settings, load_settings


def test_the_first_start_makes_secrets_that_only_the_owner_can_read(settings: Settings) -> None:
    filled = ensure_secrets(settings)
    assert is_private(secrets_path(settings))
    assert filled.s3_access_key
    assert len(filled.s3_secret_key.get_secret_value()) >= 32
    assert len(filled.customer_secret.get_secret_value()) >= 32
    assert len(filled.warehouse_password.get_secret_value()) >= 32
    assert load_settings().customer_secret == filled.customer_secret


def test_the_second_start_keeps_the_secrets_of_the_first(settings: Settings) -> None:
    first = ensure_secrets(settings)
    text = secrets_path(settings).read_text()
    second = ensure_secrets(settings)
    assert second == first
    assert secrets_path(settings).read_text() == text


def test_a_secret_in_the_file_stays_and_only_what_lacks_is_added(settings: Settings) -> None:
    path = secrets_path(settings)
    path.parent.mkdir(parents=True)
    path.write_text("# mine\nRETAIL_CUSTOMER_SECRET=carved in stone")
    filled = ensure_secrets(settings)
    assert filled.customer_secret.get_secret_value() == "carved in stone"
    assert path.read_text().startswith(
        "# mine\nRETAIL_CUSTOMER_SECRET=carved in stone\nRETAIL_S3_ACCESS_KEY="
    )
    assert is_private(path)


def test_secrets_given_by_the_environment_are_written_nowhere(settings: Settings) -> None:
    given = {"s3_access_key": "a", "s3_secret_key": SecretStr("b"), "customer_secret": SecretStr("c"),
             "warehouse_password": SecretStr("d")}  # fmt: skip
    given_settings = settings.model_copy(update=given)
    assert ensure_secrets(given_settings) == given_settings
    assert not secrets_path(settings).exists()


def test_an_s3_elsewhere_gets_no_keys_of_ours(settings: Settings) -> None:
    filled = ensure_secrets(settings.model_copy(update={"s3_endpoint": "aws"}))
    assert not filled.s3_access_key
    assert "S3" not in secrets_path(settings).read_text()
