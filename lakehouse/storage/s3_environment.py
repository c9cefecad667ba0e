"""How S3 keys reach a Spark driver without standing on its command line or in its settings."""

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
