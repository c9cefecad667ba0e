"""What our processes inherit. The one place on the ground, java.py aside, that looks at the environment."""

from __future__ import annotations

import os

from infra.local.processes import MARK
from lakehouse.settings import Settings


def inherited() -> dict[str, str]:
    """All of our environment: for children of ours that read settings as we do."""
    return dict(os.environ)


def without_ours() -> dict[str, str]:
    """Our environment without what a server has no business to know: settings and secrets of ours and of AWS."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("RETAIL_", "AWS_"))}


def own_mark() -> str:
    """The mark that this process was started with, or nothing."""
    return os.environ.get(MARK, "")


def with_settings(settings: Settings) -> dict[str, str]:
    """Our environment plus the settings of the servers as they are here, where some may come from arguments."""
    return {
        **os.environ,
        "RETAIL_HOME": str(settings.home),
        "RETAIL_KAFKA_PORT": str(settings.kafka_port),
        "RETAIL_S3_PORT": str(settings.s3_port),
        "RETAIL_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "RETAIL_S3_ENDPOINT": settings.s3_endpoint,
        "RETAIL_S3_ACCESS_KEY": settings.s3_access_key,
        "RETAIL_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
        "RETAIL_WAREHOUSE_PORT": str(settings.warehouse_port),
        "RETAIL_WAREHOUSE_PASSWORD": settings.warehouse_password.get_secret_value(),
    }
