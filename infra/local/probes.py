"""Ask the servers as their clients do: Kafka for its metadata, S3 with a signed request."""

from __future__ import annotations

import logging
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.local.ports import port_answers
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

_SILENT = logging.getLogger("infra.local.librdkafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


def kafka_answers(settings: Settings) -> bool:
    """Whether a broker tells its metadata within two seconds. The port is asked first: librdkafka floods stderr."""
    if not any(port_answers(port, host) for host, port in _addresses(settings.bootstrap)):
        return False
    client = AdminClient({"bootstrap.servers": settings.bootstrap, "socket.timeout.ms": 2000}, logger=_SILENT)
    try:
        return bool(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def s3_client(settings: Settings) -> S3Client:
    """An S3 client that gives up within seconds: a probe asks again rather than wait."""
    config = Config(
        s3={"addressing_style": "path" if settings.s3_url else "auto"},
        retries={"total_max_attempts": 1},
        connect_timeout=2,
        read_timeout=5,
    )
    given = bool(settings.s3_access_key)
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=settings.s3_url,
        region_name=settings.s3_region,
        config=config,
        aws_access_key_id=settings.s3_access_key if given else None,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value() if given else None,
    )
    return client


def s3_refusal(settings: Settings) -> str:
    """Why S3 does not answer a signed question about our bucket; empty if it does, with or without the bucket."""
    try:
        bucket_exists(settings)
    except ClientError as error:
        return f"{error.response['Error'].get('Code')}: {error.response['Error'].get('Message')}"
    except (BotoCoreError, OSError) as error:
        return str(error)
    return ""


def bucket_exists(settings: Settings) -> bool:
    """Whether the lake's bucket is there. Raises botocore's errors when S3 refuses or does not answer."""
    try:
        s3_client(settings).head_bucket(Bucket=settings.bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def s3_clock(settings: Settings) -> datetime | None:
    """The time that S3 states in its answer, refusals included; None if it does not answer."""
    try:
        headers = s3_client(settings).head_bucket(Bucket=settings.bucket)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        headers = error.response["ResponseMetadata"]["HTTPHeaders"]
    except (BotoCoreError, OSError):
        return None
    return parsedate_to_datetime(headers["date"]) if "date" in headers else None


def _addresses(bootstrap: str) -> list[tuple[str, int]]:
    parsed = [urlsplit(f"//{address.strip()}") for address in bootstrap.split(",")]
    return [(part.hostname or "127.0.0.1", part.port or 9092) for part in parsed]
