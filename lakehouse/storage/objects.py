"""Small objects beside the tables, through the S3 API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from lakehouse.settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def s3_client(settings: Settings) -> S3Client:
    """A client of the S3 API that the settings name."""
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=settings.s3_url,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key or None,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value() or None,
        config=Config(
            s3={"addressing_style": "path" if settings.s3_url else "auto"},
            retries={"max_attempts": 5, "mode": "standard"},
            connect_timeout=5,
            read_timeout=20,
        ),
    )
    return client
