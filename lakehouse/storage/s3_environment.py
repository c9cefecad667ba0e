"""How the S3 store and its keys reach a Spark driver and delta-rs; keys stand on no command line and in no Spark setting."""

from __future__ import annotations

from lakehouse.settings import Settings


def s3_environment(settings: Settings) -> dict[str, str]:
    """Environment of a driver (and of local executors) that carries the S3 keys, if there are any."""
    if not settings.s3_access_key:
        return {}
    return {
        "AWS_ACCESS_KEY_ID": settings.s3_access_key,
        "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key.get_secret_value(),
        "AWS_REGION": settings.s3_region,
    }


# delta-rs on its own would try for three minutes; a command that shows numbers rather says what is wrong.
_PATIENCE = {"connect_timeout": "3s", "timeout": "60s", "max_retries": "3", "retry_timeout": "5s"}


def storage_options(settings: Settings) -> dict[str, str]:
    """Where delta-rs finds the store, and the keys."""
    options = {"AWS_REGION": settings.s3_region, **_PATIENCE}
    if settings.s3_url:
        options |= {
            "AWS_ENDPOINT_URL": settings.s3_url,
            "AWS_ALLOW_HTTP": str(settings.s3_url.startswith("http:")).lower(),
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        }
    return options | {name: value for name, value in s3_environment(settings).items() if name != "AWS_REGION"}
